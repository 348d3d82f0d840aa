"""Lag in seconds from looks at the ends of partitions."""

import random

from loanstream.eventlog.port import TopicPartition
from loanstream.runtime.lagging import Ends

A = TopicPartition("a", 0)


def looked(*looks: tuple[float, int], position: int = 0) -> Ends:
    """Ends seen at some times by a reader that stands at ``position``."""
    ends = Ends()
    for now, end in looks:
        ends.look(now, {A: end}, {A: position})
    return ends


def test_nothing_waits_for_a_reader_at_the_end() -> None:
    ends = looked((0, 5), (2, 9))
    assert (ends.events(A, 9), ends.seconds(A, 9, 3)) == (0, 0.0)


def test_nothing_is_known_of_a_partition_that_nobody_looked_at() -> None:
    assert (Ends().events(A, 0), Ends().seconds(A, 0, 9)) == (0, 0.0)


def test_a_record_waits_since_the_look_that_first_saw_it() -> None:
    ends = looked((0, 5), (2, 5), (4, 9), (6, 20), position=5)
    assert ends.events(A, 5) == 15
    assert ends.seconds(A, 5, 10) == 6
    assert ends.seconds(A, 8, 10) == 6
    assert ends.seconds(A, 9, 10) == 4
    assert ends.seconds(A, 19, 10) == 4


def test_what_waited_before_the_first_look_waits_since_then() -> None:
    assert looked((100, 5)).seconds(A, 0, 130) == 30


def test_a_reader_that_keeps_up_costs_no_memory_and_one_that_stands_still_little() -> None:
    keeping_up, standing = Ends(), Ends()
    for second in range(100_000):
        keeping_up.look(second, {A: second}, {A: second})
        standing.look(second, {A: second}, {A: 0})
    assert len(keeping_up._looks[A]) == 1
    assert len(standing._looks[A]) <= 240
    assert standing.seconds(A, 0, 100_000) == 99_999


def test_on_random_histories_the_age_is_right_to_one_interval() -> None:
    chance = random.Random(1)
    for _ in range(200):
        written: list[float] = []
        ends, position = Ends(), 0
        for now in range(0, 200, 2):
            written += sorted(now - 2 + 2 * chance.random() for _ in range(chance.choice([0, 0, 1, 5])))
            position = min(len(written), position + chance.choice([0, 1, 3]))
            ends.look(now, {A: len(written)}, {A: position})
            age = now - written[position] if position < len(written) else 0.0
            assert abs(ends.seconds(A, position, now) - age) <= 2.0


def test_a_partition_that_is_no_longer_read_is_forgotten() -> None:
    ends = looked((0, 5))
    ends.look(2, {}, {})
    assert ends.events(A, 0) == 0

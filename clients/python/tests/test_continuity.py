"""Repeats are dropped, gaps are errors."""

import pytest
from msgspec.structs import replace

from loanstream_client import Continuity, Event, Gap, Position, Remade
from loanstream_client.fakes import fake_events

EVENTS = list(fake_events(400, seed=4))
BEGINNING = {event.place: Position(0, 0) for event in EVENTS}
OF_ONE_PLACE = [event for event in EVENTS if event.place == EVENTS[0].place]
SOMEWHERE = 2


def renumbered(event: Event, sequence: int) -> Event:
    """The event under another number in its aggregate."""
    return replace(event, sequence=sequence)


def test_events_in_order_are_all_new() -> None:
    assert list(Continuity(BEGINNING).new(EVENTS)) == EVENTS


def test_an_event_that_comes_again_is_dropped_and_counted() -> None:
    continuity = Continuity(BEGINNING)
    assert list(continuity.new([*EVENTS, *EVENTS[7:], EVENTS[0]])) == EVENTS
    assert continuity.repeats == len(EVENTS[7:]) + 1


def test_a_missing_event_is_an_error_that_says_where() -> None:
    continuity = Continuity(BEGINNING)
    holed = OF_ONE_PLACE[:SOMEWHERE] + OF_ONE_PLACE[SOMEWHERE + 1 :]
    with pytest.raises(Gap, match=r"partition \d+ offset 4: event 4 of the partition came after 2"):
        list(continuity.new(holed))


def test_a_missing_first_event_is_an_error_when_nothing_was_handled() -> None:
    with pytest.raises(Gap, match="event 2 of the partition came after 0"):
        list(Continuity(BEGINNING).new(OF_ONE_PLACE[1:]))


def test_a_missing_event_of_an_aggregate_is_an_error() -> None:
    first, second, *_ = [event for event in EVENTS if event.subject == EVENTS[0].subject]
    later = replace(renumbered(second, 3), partitionseq=2)
    with pytest.raises(Gap, match=f"event 3 of {first.subject} came after 1"):
        list(Continuity({first.place: Position(0, 0)}).new([first, later]))
    assert list(Continuity({first.place: Position(0, 0)}, check_aggregates=False).new([first, later])) == [first, later]


def test_from_the_middle_the_first_event_of_a_partition_and_of_an_aggregate_is_taken_as_it_is() -> None:
    assert list(Continuity().new(OF_ONE_PLACE[3:])) == OF_ONE_PLACE[3:]


def test_from_a_stored_position_the_next_number_must_follow() -> None:
    stored = {OF_ONE_PLACE[1].place: OF_ONE_PLACE[1].position}
    assert list(Continuity(stored).new(OF_ONE_PLACE)) == OF_ONE_PLACE[2:]
    with pytest.raises(Gap):
        list(Continuity(stored).new(OF_ONE_PLACE[3:]))


def test_a_lower_number_behind_what_was_read_is_another_log_and_no_repeat() -> None:
    first, second = OF_ONE_PLACE[:2]
    stood = {first.place: Position(first.record.offset, 9_000)}
    with pytest.raises(Remade, match=r"event 1 of the partition came after 9000\. The topic was remade or restored"):
        list(Continuity(stood).new([first]))
    continuity = Continuity({first.place: first.position})
    with pytest.raises(Remade):
        list(continuity.new([second, replace(first, record=replace(first.record, offset=second.record.offset + 1))]))

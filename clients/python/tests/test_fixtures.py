"""Recordings hold records byte for byte; fakes are valid, in order, chained, and the same for the same seed."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from loanstream_client import Continuity, Gap, Generic, Position
from loanstream_client.chain import first_break
from loanstream_client.events import EVENTS
from loanstream_client.fakes import fake_events, fake_value
from loanstream_client.fixtures import BadFixture, line_of, records, replay, write

FAKES = list(fake_events(60, seed=1))


def test_a_recording_gives_back_the_same_events(tmp_path: Path) -> None:
    assert write(FAKES, tmp_path / "events.jsonl") == len(FAKES)
    assert list(replay(tmp_path / "events.jsonl", from_the_first=True)) == FAKES


def test_bytes_that_are_no_text_are_kept(tmp_path: Path) -> None:
    odd = replace(FAKES[0].record, value=b"\xff\x00")
    (tmp_path / "odd.jsonl").write_text(line_of(odd) + "\n\n")
    assert list(records(tmp_path / "odd.jsonl")) == [odd]
    [event] = replay(tmp_path / "odd.jsonl")
    assert isinstance(event.data, Generic)


def test_a_replay_drops_repeats_and_stops_at_a_gap(tmp_path: Path) -> None:
    write([*FAKES, *FAKES[5:9]], tmp_path / "repeated.jsonl")
    assert list(replay(tmp_path / "repeated.jsonl")) == FAKES
    place = FAKES[0].place
    of_one_place = [event for event in FAKES if event.place == place]
    write([of_one_place[0], *of_one_place[2:]], tmp_path / "holed.jsonl")
    with pytest.raises(Gap):
        list(replay(tmp_path / "holed.jsonl"))
    write(of_one_place[1:], tmp_path / "late.jsonl")
    assert list(replay(tmp_path / "late.jsonl")) == of_one_place[1:]
    with pytest.raises(Gap):
        list(replay(tmp_path / "late.jsonl", from_the_first=True))


@pytest.mark.parametrize("line", ["{", "[]", "7", '{"topic": "t"}', '{"topic":"t","value64":"="}'])
def test_a_line_that_is_no_record_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "bad.jsonl").write_text(f"{line_of(FAKES[0].record)}\n{line}\n")
    with pytest.raises(BadFixture, match=r"bad.jsonl, line 2 is no record"):
        list(replay(tmp_path / "bad.jsonl"))


def test_fakes_are_the_same_for_a_seed_and_others_for_another() -> None:
    assert list(fake_events(60, seed=1)) == FAKES
    assert list(fake_events(60, seed=2)) != FAKES
    assert fake_value("loanstream.risk.RiskAssessed.v1", 3) == fake_value("loanstream.risk.RiskAssessed.v1", 3)


def test_fakes_of_every_type_are_typed_gapless_and_chained() -> None:
    events = list(fake_events(4_000, seed=5))
    assert {event.type for event in events} == set(EVENTS)
    assert [event.data for event in events if isinstance(event.data, Generic)] == []
    beginning = {event.place: Position(0, 0) for event in events}
    assert list(Continuity(beginning).new(events)) == events
    assert first_break(events) is None
    record = events[17].record
    forged = replace(events[17], record=replace(record, value=record.value.replace(b"{", b"{ ", 1)))
    assert first_break([*events[:17], forged, *events[18:]]) is forged


def test_fakes_of_some_types_only() -> None:
    types = ["loanstream.servicing.LoanBooked.v1", "loanstream.funding.Funded.v1"]
    assert {event.type for event in fake_events(50, types=types)} == set(types)
    with pytest.raises(ValueError, match="no event type nothing"):
        list(fake_events(1, types=["nothing"]))

"""Stored events fold to the states they always folded to, or the version of the folding says that they no longer do."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loanstream.contract.golden import golden_events
from loanstream.contract.json_schemas import message_types
from loanstream.eventlog.port import Record
from loanstream.runtime.decider.fold import Fold
from loanstream.runtime.decider.snapshots import state_version
from schemas import envelope, upcasting
from schemas.platform import PARTITION_AGGREGATE
from schemas.topics import CONTEXTS, Role, topic
from tests.golden import folds


@pytest.mark.parametrize(("events", "states"), folds.HISTORIES, ids=lambda file: file.name)
def test_every_kind_of_aggregate_folds_stored_events_as_before(events: Path, states: Path) -> None:
    """When this fails: raise ``folds`` of the Decider in its service.py, then ``make golden``."""
    assert folds.folded(events) == folds.pinned(states)


def test_the_stored_events_reach_every_kind_of_aggregate() -> None:
    assert folds.folded().keys() == {f"{context}.{aggregate}" for context, aggregate in folds.deciders()}


def test_every_type_of_event_that_an_aggregate_folds_is_among_the_stored_ones() -> None:
    """When this fails: the new type is in no history; add a path to ``tests/golden/folds/paths.py``."""
    stored = {event.type for file, _ in folds.HISTORIES for event in folds.stored_events(file)}
    messages = [each for each in message_types() if each.kind == "event"]
    lacking = {each.ce_type for each in messages} - {upcasting.read_as(each) for each in stored} - stored
    of_aggregates = {each.ce_type for each in messages if each.aggregate != PARTITION_AGGREGATE}
    assert lacking & of_aggregates == set()
    # what a host folds itself, without a decider, is told of below
    assert {each.rpartition(".v")[0].split(".")[2] for each in lacking} <= {"AggregateHeld", "AggregateReleased"}


def golden_record(context: str, name: str, number: int) -> Record:
    """A golden event as the next record of the first partition of a context."""
    event = golden_events()[f"loanstream.{context}.{name}.v1"]
    headers = {envelope.PARTITION_SEQUENCE: str(number), envelope.SEQUENCE: str(number), envelope.CHAIN: "A" * 43}
    headers[envelope.SUBJECT] = "partition-0"
    now = datetime(2026, 1, 5, tzinfo=UTC)
    place = topic(context, Role.EVENTS)
    return Record(place, 0, number, "partition-0", event.ce_type, headers, event.value, now)


@pytest.mark.parametrize("context", CONTEXTS)
def test_a_host_folds_the_golden_events_of_its_days_and_holds(context: str) -> None:
    fold = Fold(context, 0, {})
    fold.apply_events([golden_record(context, "BusinessDayStarted", 1)])
    data = golden_events()[f"loanstream.{context}.BusinessDayStarted.v1"].data
    assert (str(fold.day.business_date), fold.day.calendar, fold.day.open) == (
        data["business_date"],
        data["calendar"],
        True,
    )
    fold.apply_events([golden_record(context, "AggregateHeld", 2)])
    assert fold.held == {"partition-0"}
    fold.apply_events([golden_record(context, "AggregateReleased", 3), golden_record(context, "BusinessDayClosed", 4)])
    assert (fold.held, fold.day.open, fold.partitionseq) == (set(), False, 4)


def test_a_new_version_of_a_folding_passes_over_older_snapshots() -> None:
    some = tuple(folds.deciders().values())
    newer = (replace(some[0], folds=some[0].folds + 1), *some[1:])
    assert state_version(some) != state_version(newer)

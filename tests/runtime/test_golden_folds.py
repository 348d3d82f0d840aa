"""Stored events fold to the states they always folded to, or the version of the folding says that they no longer do."""

from dataclasses import replace

from loanstream.runtime.decider.snapshots import state_version
from tests.golden import folds


def test_every_kind_of_aggregate_folds_stored_events_as_before() -> None:
    """When this fails: raise ``folds`` of the Decider in its service.py, then ``make golden``."""
    assert folds.folded() == folds.pinned()


def test_the_stored_events_reach_every_kind_of_aggregate() -> None:
    assert folds.folded().keys() == {f"{context}.{aggregate}" for context, aggregate in folds.deciders()}


def test_a_new_version_of_a_folding_passes_over_older_snapshots() -> None:
    some = tuple(folds.deciders().values())
    newer = (replace(some[0], folds=some[0].folds + 1), *some[1:])
    assert state_version(some) != state_version(newer)

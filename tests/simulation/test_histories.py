"""A thousand histories hold; each planted fault is found within them; a seed replays byte for byte."""

import os
from itertools import takewhile

import pytest

from loanstream.simulation.demands import lacks
from loanstream.simulation.histories import History, run_histories, run_history
from loanstream.simulation.planting import Planted
from schemas import registry
from schemas.funding.events import TransferCaptured
from schemas.origination.events import DisbursementFailed
from schemas.servicing.events import (
    AmountWaived,
    DelinquencyBucketChanged,
    InstallmentDue,
    Overdue,
    OverdueCured,
    PaymentReversed,
    PenaltyCharged,
    WrittenOff,
)

HISTORIES = 1_000 if not os.environ.get("LOANSTREAM_SOAK") else 20_000
FIRST_SEED = 1
SAMPLE = 100

_OCCUR = (
    InstallmentDue,
    Overdue,
    OverdueCured,
    PenaltyCharged,
    DelinquencyBucketChanged,
    WrittenOff,
    AmountWaived,
    PaymentReversed,
    TransferCaptured,
    DisbursementFailed,
)


@pytest.fixture(scope="module")
def histories() -> list[History]:
    """All histories of a run, without a planted fault."""
    return list(run_histories(FIRST_SEED, HISTORIES))


def test_every_history_keeps_every_rule(histories: list[History]) -> None:
    broken = [h for h in histories if not h.holds]
    assert not broken, "\n".join(f"seed {h.seed}: {finding}" for h in broken[:5] for finding in h.findings[:5])


@pytest.mark.parametrize("planted", [p for p in Planted if p is not Planted.NOTHING])
def test_a_planted_fault_is_found(planted: Planted) -> None:
    """By a broken rule: that a history lacks something does not count."""
    histories = (run_history(seed, planted) for seed in range(FIRST_SEED, FIRST_SEED + HISTORIES))
    found_after = sum(1 for _ in takewhile(lambda h: not _broken(h), histories))
    assert found_after < HISTORIES, f"{planted} was not found in {HISTORIES} histories"


def test_wrong_books_are_named_with_the_loan_and_both_sums() -> None:
    found = _broken(run_history(FIRST_SEED, Planted.BOOKS_WRONG))
    assert any("do not balance" in finding for finding in found), found
    assert any("repaid is" in finding for finding in found), found


def test_a_seed_replays_byte_for_byte() -> None:
    for seed in (3, 14, 15):
        assert run_history(seed) == run_history(seed)


def test_a_sample_of_histories_goes_through_arrears_write_off_waiver_and_failed_payouts(
    histories: list[History],
) -> None:
    found = frozenset().union(*(history.kinds for history in histories[:SAMPLE]))
    assert [kind.__name__ for kind in _OCCUR if registry.by_class(kind).ce_type not in found] == []


def test_a_history_without_what_it_must_contain_says_so() -> None:
    said = lacks((), (), captured=False)
    for what in ("commands: 0", "PaymentReversed", "TransferCaptured", "client's own", "business days of risk"):
        assert any(what in sentence for sentence in said), what


def _broken(history: History) -> tuple[str, ...]:
    return tuple(finding for finding in history.findings if not finding.startswith("the history lacks"))

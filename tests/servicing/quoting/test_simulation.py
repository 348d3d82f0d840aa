"""A simulated life: the state after each transaction, and transactions that cannot be refused by field."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.servicing.domain.terms import Component, TransactionKind
from services.servicing.domain.transactions import Status, run
from services.servicing.quoting.answers import state_answer
from services.servicing.quoting.documents import Unfit, read
from services.servicing.quoting.simulation import State, simulate
from services.servicing.quoting.transactions_document import SimulationDocument

TERMS: dict[str, Any] = {
    "family": "progressive",
    "method": "equal-instalment",
    "principal": "6000.00",
    "rate": {"percent": "12"},
    "instalments": 3,
    "day_count": {"year": 360, "month": 30},
    "recalculation": {},
}
DISBURSED = {"type": "disbursement", "date": "2026-03-01", "amount": "6000.00"}
EARLY = {"type": "repayment", "date": "2026-03-16", "amount": "2040.13"}


def lived(*transactions: dict[str, Any], **terms: Any) -> tuple[State, ...]:
    return simulate(read(SimulationDocument, {"terms": TERMS | terms, "transactions": list(transactions)}))[1]


def faults(*transactions: dict[str, Any], **terms: Any) -> dict[str, str]:
    with pytest.raises(Unfit) as unfit:
        lived(*transactions, **terms)
    return {fault.field: fault.reason for fault in unfit.value.faults}


def asked(state: State) -> list[tuple[int, int]]:
    return [(line.principal, line.interest) for line in state.position.lines if line.number]


def test_each_transaction_shows_its_allocation_and_the_rows_after_it():
    # the figures of the worked example of docs/reference/engine.md
    disbursed, early = lived(DISBURSED, EARLY)
    assert asked(disbursed) == [(198_013, 6_000), (199_993, 4_020), (201_994, 2_020)]
    assert asked(early) == [(201_110, 2_903), (197_965, 6_048), (200_925, 2_009)]
    [posting] = early.postings
    assert (posting.allocation[Component.PRINCIPAL], posting.allocation[Component.INTEREST]) == (201_110, 2_903)
    assert early.principal == 398_890
    assert [line.number for line in early.changed] == [1, 2, 3]


def test_an_extension_beyond_the_calendar_is_refused():
    longer = {"type": "extension", "date": "2026-04-02", "instalments": 12}
    days = {"business_days": {"adjustment": "following", "calendar": "china/2026a"}}
    assert "knows 2010-01-01 to 2026-12-31" in faults(DISBURSED, longer, **days)["transactions[1]"]
    assert len(lived(DISBURSED, longer | {"instalments": 3}, **days)[-1].position.lines) == 7


def test_the_end_of_a_day_lets_overdue_principal_bear_interest():
    _, ended = lived(DISBURSED, {"type": "end-of-day", "date": "2026-04-11"})
    assert asked(ended) == [(198_013, 6_000), (199_333, 4_680), (202_654, 2_027)]


def test_too_much_is_overpaid_and_goes_back():
    _, paid, refunded = lived(
        DISBURSED,
        {"type": "repayment", "date": "2026-03-01", "amount": "6100.00"},
        {"type": "credit-balance-refund", "date": "2026-03-02", "amount": "100.00"},
    )
    assert (paid.position.status, paid.position.overpaid) == (Status.OVERPAID, 10_000)
    assert (refunded.position.status, refunded.position.overpaid) == (Status.CLOSED, 0)


def test_a_reversed_payment_never_was():
    disbursed, _, reversed_ = lived(DISBURSED, EARLY, {"type": "reversal", "date": "2026-03-16", "of": 2})
    assert asked(reversed_) == asked(disbursed)
    assert reversed_.principal == 600_000


def test_a_back_dated_payment_names_what_it_allocates_anew():
    *_, last = lived(DISBURSED, EARLY, {**EARLY, "date": "2026-03-10", "recorded": "2026-03-20", "amount": "500.00"})
    assert last.corrected == (2,)


def test_charges_of_the_terms_and_later_ones_are_asked_for():
    disbursed, charged = lived(
        DISBURSED,
        {
            "type": "charge",
            "date": "2026-03-10",
            "charge": {"code": "late", "time": "due-date", "amount": "8.00", "due": "2026-03-20", "penalty": True},
        },
        charges=[{"code": "fee", "time": "disbursement", "amount": "10.00"}],
    )
    assert [posting.kind for posting in disbursed.postings] == [
        TransactionKind.DISBURSEMENT,
        TransactionKind.DISBURSEMENT_FEE,
    ]
    assert charged.position.lines[1].penalty == 800


def test_the_answer_states_amounts_as_decimals_in_strings():
    document = read(SimulationDocument, {"terms": TERMS, "transactions": [DISBURSED, EARLY]})
    terms, states = simulate(document)
    answer = state_answer(states[1], terms)
    assert answer["postings"] == [
        {"kind": "repayment", "amount": "2040.13", "allocation": {"interest": "29.03", "principal": "2011.10"}}
    ]
    assert (answer["status"], answer["principal_outstanding"], answer["overpaid"]) == ("active", "3988.90", "0.00")
    assert run(terms, ()).lines == ()


@pytest.mark.parametrize(
    ("then", "field", "said"),
    [
        ({"type": "x", "date": "2026-03-02"}, "transactions[1].type", "no type 'x'; there are disbursement, repayment"),
        ({"date": "2026-03-02"}, "transactions[1].type", "is missing"),
        ({**EARLY, "amount": "1.005"}, "transactions[1].amount", "more decimals"),
        ({**EARLY, "amount": "0"}, "transactions[1].amount", "must be positive"),
        ({**EARLY, "amount": 5}, "transactions[1].amount", "JSON string"),
        ({**EARLY, "to": 5}, "transactions[1].to", "no such field"),
        ({**EARLY, "date": "2026-02-28"}, "transactions[1].date", "before the transaction before it"),
        ({**EARLY, "date": "2026-02-28", "recorded": "2026-03-02"}, "transactions[1].date", "nothing is disbursed"),
        ({**EARLY, "recorded": "2026-03-02"}, "transactions[1].recorded", "before the value date"),
        ({**DISBURSED, "amount": "0.01"}, "transactions[1].amount", "than the agreed principal"),
        ({"type": "reversal", "date": "2026-03-02", "of": 2}, "transactions[1].of", "does not stand"),
        (
            {"type": "chargeback", "date": "2026-03-02", "payment": 1, "amount": "1"},
            "transactions[1].payment",
            "no payment",
        ),
        ({"type": "interest-pause", "date": "2026-03-02", "until": "2026-03-01"}, "transactions[1].until", "before"),
    ],
)
def test_a_transaction_that_cannot_be_is_refused_with_field_and_reason(then, field, said):
    assert said in faults(DISBURSED, then)[field]


def test_a_payment_is_not_claimed_back_twice_nor_reversed_while_it_is_claimed():
    claim = {"type": "chargeback", "date": "2026-03-17", "payment": 2, "amount": "2000.00"}
    assert "more would be claimed back" in faults(DISBURSED, EARLY, claim, claim)["transactions[3].amount"]
    reversal = {"type": "reversal", "date": "2026-03-18", "of": 2}
    assert "charged back by transaction 3" in faults(DISBURSED, EARLY, claim, reversal)["transactions[3].of"]


def test_a_disbursement_stays_while_payments_need_it():
    reversal = {"type": "reversal", "date": "2026-03-18", "of": 1}
    assert "before the first disbursement" in faults(DISBURSED, EARLY, reversal)["transactions[2].of"]


def test_changes_of_the_plan_need_the_progressive_family():
    change = {"type": "rate-change", "date": "2026-03-10", "percent": "10"}
    assert "progressive" in faults(DISBURSED, change, family="cumulative", recalculation=None)["transactions[1].type"]
    _, changed = lived(DISBURSED, change)
    assert changed.position.totals.interest < 12_040


def test_a_life_needs_a_disbursement_and_terms_that_can_be():
    assert faults(EARLY) == {"transactions": "there is no disbursement"}
    assert "terms.principal" in faults(DISBURSED, principal="0")


_HAPPENINGS = st.one_of(
    st.fixed_dictionaries({"type": st.just("repayment"), "cents": st.integers(1, 700_000), "back": st.integers(0, 20)}),
    st.fixed_dictionaries({"type": st.just("goodwill-credit"), "cents": st.integers(1, 90_000)}),
    st.fixed_dictionaries(
        {"type": st.just("chargeback"), "cents": st.integers(1, 90_000), "payment": st.integers(1, 8)}
    ),
    st.fixed_dictionaries({"type": st.just("reversal"), "of": st.integers(1, 8)}),
    st.fixed_dictionaries({"type": st.just("end-of-day")}),
)


@settings(max_examples=60, deadline=None)
@given(
    family=st.sampled_from(["progressive", "cumulative"]),
    happenings=st.lists(st.tuples(_HAPPENINGS, st.integers(0, 25)), max_size=7),
)
def test_any_life_is_told_or_refused_and_no_money_is_lost(family, happenings):
    day, transactions = date(2026, 3, 1), [DISBURSED]
    for happening, later in happenings:
        day += timedelta(days=later)
        one = {**happening, "date": day.isoformat(), "recorded": day.isoformat()}
        if "cents" in one:
            one["amount"] = f"{Decimal(one.pop('cents')) / 100:f}"
        if "back" in one:
            one["date"] = (day - timedelta(days=one.pop("back"))).isoformat()
        transactions.append(one)
    try:
        states = lived(*transactions, family=family, recalculation={} if family == "progressive" else None)
    except Unfit:
        return
    for state in states:
        held = [posting for posting in state.position.postings if not posting.reverted]
        received = sum(posting.amount for posting in held if posting.kind in _RECEIVED)
        settled = sum(line.paid for line in state.position.lines)
        assert settled + state.position.overpaid == received
        assert state.position.overpaid >= 0


_RECEIVED = (TransactionKind.REPAYMENT, TransactionKind.GOODWILL_CREDIT)

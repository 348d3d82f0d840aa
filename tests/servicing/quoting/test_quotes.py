"""A quote says what a loan costs, each figure under its name, and refuses what cannot be before it computes anything."""

import dataclasses
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.servicing.domain.cost.annuity import instalment
from services.servicing.domain.terms import Family, InterestBy, Method, Rest, RoundingMode, Terms
from services.servicing.domain.transactions.position import RowKind
from services.servicing.quoting.documents import Unfit, parsed, read
from services.servicing.quoting.quote import Quote, quote
from services.servicing.quoting.reading import read_terms
from services.servicing.quoting.terms_document import Part, QuoteDocument, TermsDocument
from services.servicing.quoting.transactions_document import Happening
from tests.golden.servicing.quotes import BASE, CASES, FOLDER, path, table

SIX = ("cost", "fee", "penalty", "compound", "interest", "principal")
WIDE = [f"{due} {part}" for due in ("past-due", "due", "in-advance") for part in SIX]


def quoted(**changes: Any) -> Quote:
    return quote(read(QuoteDocument, BASE | changes))


def faults(**changes: Any) -> dict[str, str]:
    with pytest.raises(Unfit) as unfit:
        quoted(**changes)
    return {fault.field: fault.reason for fault in unfit.value.faults}


def rates(found: Quote) -> dict[str, Decimal | None]:
    return {figure.code: figure.rate for figure in found.figures}


@pytest.mark.parametrize("name", CASES)
def test_a_quote_is_what_was_committed(name):
    assert path(name).read_text(encoding="utf-8") == table(CASES[name]), "run `make golden`, and look at the difference"


def test_every_committed_quote_has_its_case():
    assert {file.stem for file in FOLDER.glob("*.txt")} == CASES.keys()


def test_every_field_of_the_terms_has_its_place_in_the_document():
    fields = {field.name for field in dataclasses.fields(Terms)}
    assert fields == TermsDocument.model_fields.keys() - {"charges"}


def test_every_field_of_a_document_is_described():
    forms = Part.__subclasses__() + TermsDocument.__subclasses__() + Happening.__subclasses__()
    assert QuoteDocument in forms
    for form in forms:
        for name, field in form.model_fields.items():
            assert field.description, f"{form.__name__}.{name}"


def test_what_is_not_given_follows_the_family():
    for family, by, mode in (
        (Family.CUMULATIVE, InterestBy.PERIOD, RoundingMode.HALF_UP),
        (Family.PROGRESSIVE, InterestBy.DAY, RoundingMode.HALF_EVEN),
    ):
        terms, _ = read_terms(read(TermsDocument, _terms(family=family)), date(2025, 1, 31))
        assert (terms.interest_by, terms.rounding.mode) == (by, mode)


def test_a_rate_for_the_whole_term_is_that_of_its_months():
    whole = quoted(rate={"percent": "7.2", "whole_term": True})  # twelve months at 0.6 %
    assert whole.lines == quoted(rate={"percent": "0.6", "per": "month"}).lines


def test_rests_and_the_grace_of_flat_interest_are_read():
    document = _terms(
        recalculation={"rest": "weekly", "rest_every": 2}, grace={"interest_payment": 1, "averages": False}
    )
    terms, _ = read_terms(read(TermsDocument, document), date(2025, 1, 31))
    assert terms.recalculation is not None
    assert (terms.recalculation.rest, terms.recalculation.rest_every) == (Rest.WEEKLY, 2)
    assert not terms.grace.averages


def test_without_fees_the_periodic_rate_is_the_contract_rate_of_a_month():
    assert abs(rates(quoted())["periodic-irr"] - Decimal("0.006")) < Decimal("1e-7")


def test_figures_are_those_of_the_flows_that_the_borrower_sees():
    # 865 a month on 10,000 with 100 withheld: 3.8 % flat; the nominal rate is published as 8.82 (truncated)
    found = quoted(
        principal="10000.00",
        method="flat",
        rate={"percent": "3.8"},
        charges=[{"code": "fee", "time": "disbursement", "amount": "100.00"}],
    )
    assert round(rates(found)["nominal"] * 100, 2) == Decimal("8.83")


def test_the_level_instalment_is_the_annuity_to_the_cent():
    first = quoted().lines[1]
    assert first.due == round(instalment(Decimal(12_000_000), Decimal("0.006"), 12))


def test_several_disbursements_have_no_periodic_rate_and_say_so():
    found = quoted(**{k: v for k, v in CASES["two-tranches"].items() if k not in BASE})
    assert {code for code, rate in rates(found).items() if rate is None} == {"periodic-irr", "nominal", "effective"}
    assert all("several disbursements" in figure.why_not for figure in found.figures if figure.rate is None)


def test_the_cap_is_tested_with_the_headline_rate():
    asked = {"lender_type": "private", "signed": "2025-01-31", "rate": {"percent": "12.1"}}
    nominal, effective = quoted(**asked), quoted(**asked, headline="effective")
    assert nominal.signing is not None
    assert effective.signing is not None
    assert nominal.signing.cap.rate == Decimal("0.124")
    assert nominal.signing.exceeding == ()
    assert effective.signing.exceeding == ("total-cost",)
    assert effective.tested_figure == "effective"


def test_a_cap_that_nobody_knows_is_not_tested_and_the_reason_is_given():
    found = quoted(lender_type="private", signed="2026-03-01", start="2026-03-02")
    assert found.signing is None
    assert "LPR" in found.untested


def test_a_fee_as_large_as_the_loan_leaves_no_rate():
    found = quoted(charges=[{"code": "fee", "time": "disbursement", "amount": "120000.00"}])
    assert set(rates(found).values()) == {None}
    assert all(figure.why_not for figure in found.figures)


def test_a_rate_beyond_all_measure_is_not_stated():
    found = quoted(principal="0.01", charges=[{"code": "fee", "time": "instalment", "amount": "50.00"}])
    assert set(rates(found).values()) == {None}
    assert {figure.why_not for figure in found.figures} == {"more than 100000000 % a year"}


def test_what_falls_due_when_a_row_is_overdue_stands_apart_and_in_no_row():
    late = {"code": "late", "time": "overdue", "basis": "amount-and-interest", "percent": "5"}
    found = quoted(charges=[late])
    assert found.cost == quoted().cost
    (item,) = found.contingent
    assert (item.code, item.standard) == ("late", "5 % of principal and interest")
    assert [item.code for item in found.items] == ["interest"]


def test_rows_on_days_of_their_own_have_no_periodic_rate():
    found = quoted(method="interest-only", interest_by="day", settlement={"every": 3})
    assert {figure.why_not for figure in found.figures if figure.rate is None} == {
        "rows on days of their own: flows are not one period apart"
    }
    assert rates(found)["xirr"] is not None


def test_two_instalments_a_month_have_24_periods_a_year():
    found = rates(quoted(instalments=24, month_days=[15, 31]))
    assert found["nominal"] == 24 * found["periodic-irr"]
    assert abs(found["periodic-irr"] - Decimal("0.003")) < Decimal("1e-7")


def test_a_named_day_count_is_interest_by_day_unless_said_otherwise():
    terms, _ = read_terms(read(TermsDocument, _terms(day_count={"convention": "30E/360"})), date(2025, 1, 31))
    assert terms.interest_by is InterestBy.DAY


def test_fees_are_items_that_sum_to_what_the_rows_ask_for():
    found = quoted(**{k: v for k, v in CASES["equal-instalment-fees-private-lender"].items() if k not in BASE})
    assert sum(item.total for item in found.items) == found.cost
    assert [item.code for item in found.contingent] == ["penalty"]


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"principal": "1.001"}, "principal", "more decimals than the 2 of the currency"),
        ({"principal": 12000.5}, "principal", "JSON string"),
        ({"principal": "0"}, "principal", "must be positive"),
        ({"principal": "9" * 16}, "principal", "must be below"),
        ({"currency": "XXX"}, "currency", "unknown currency"),
        ({"rate": {"percent": "1000.1"}}, "rate.percent", "must lie between 0 and 1000"),
        ({"rate": {"percent": "-1"}}, "rate.percent", "must lie between"),
        ({"rate": {"percent": "NaN"}}, "rate.percent", "digits alone"),
        ({"first_due": "2025-01-31"}, "first_due", "must be after the disbursement on 2025-01-31"),
        ({"fixed_instalment": "700.00"}, "fixed_instalment", "would never be repaid"),
        ({"fixed_instalment": "700.00", "method": "bullet"}, "fixed_instalment", "equal instalments"),
        ({"allocations": [{"order": ["due penalty"]}]}, "allocations[default]", "the order misses past-due penalty"),
        ({"allocations": [{"order": ["due gold"]}]}, "allocations[0].order[0]", "no slot 'due gold'"),
        ({"method": "increasing"}, "method", "'flat'"),
        ({"method": "graded"}, "growth", "the method graded needs it"),
        ({"method": "graded", "growth": {"amount": "0.001"}}, "growth.amount", "more decimals"),
        (
            {"method": "graded", "growth": {"amount": "900.00", "every": 1}, "instalments": 36},
            "growth",
            "does not cover its interest of 720.00",
        ),
        ({"method": "balloon", "balloon": {"amount": "120000.00"}}, "balloon.amount", "below the principal"),
        (
            {"method": "custom", "plan": [{"due": "2025-06-30", "principal": "120000.00"}]},
            "plan",
            "12 instalments are agreed",
        ),
        (
            {"method": "custom", "instalments": 1, "plan": [{"due": "2025-01-31", "principal": "120000.00"}]},
            "plan",
            "not after the disbursement on 2025-01-31",
        ),
        (
            {"method": "custom", "instalments": 1, "plan": [{"due": "2025-06-30", "principal": "1.00"}]},
            "plan",
            "its principal sums to 1.00, and the loan is 120000.00",
        ),
        ({"settlement": {}}, "settlement", "principal of its own"),
        ({"matures": "2025-06-30"}, "instalments", "5 fall due up to the maturity agreed, not 12"),
        ({"business_days": {"adjustment": "following", "calendar": "moon/1"}}, "business_days.calendar", "china/2026a"),
        (
            {"business_days": {"adjustment": "following", "calendar": "china/2026a"}, "instalments": 48},
            "business_days.calendar",
            "choose a newer version",
        ),
        ({"day_count": {"convention": "ACT/ACT"}}, "day_count.convention", "ACT/ACT ISDA"),
        ({"rounding": {"multiple": "5000.00"}, "instalments": 240}, "rounding.multiple", "does not cover its interest"),
        ({"allocations": [{"order": WIDE[:-1]}]}, "allocations[0].order", "misses in-advance principal"),
        ({"allocations": [{"order": [*WIDE[1:6], WIDE[0], *WIDE[6:]]}]}, "allocations[0].order", "side by side"),
        ({"method": "bullet", "family": "progressive"}, "method", "progressive family"),
        ({"recalculation": {}, "method": "flat"}, "recalculation", "progressive family"),
        ({"ballon": "1"}, "ballon", "there is no such field"),
        ({"rate": {"percent": "1", "x": 1}}, "rate.x", "there is no such field"),
        ({"instalments": "12"}, "instalments", "integer"),
        ({"instalments": 1201}, "instalments", "between 1 and 1200"),
        ({"start": "2025-02-30"}, "start", "date"),
        ({"start": "0001-01-01"}, "start", "must lie between"),
        ({"instalments": 1200, "frequency": {"every": 10000, "unit": "year"}}, "instalments", "after the year 9999"),
        ({"tranches": [{"expected": "2025-01-31", "amount": "1.00"}]}, "tranches", "must sum to the principal"),
        ({"lender_type": "bank"}, "signed", "give both or neither"),
        ({"aprc_version": "eu/1900"}, "aprc_version", "unknown"),
        ({"charges": [{"code": "a", "time": "due-date", "amount": "1"}]}, "charges[0].due", "with a due date"),
        ({"charges": [{"code": "a", "time": "instalment"}]}, "charges[0].amount", "needs it"),
        ({"charges": [{"code": "interest", "time": "instalment", "amount": "1"}]}, "charges[0].code", "already"),
        ({"charges": [{"code": "a", "time": "instalment", "amount": "0.001"}]}, "charges[0].amount", "decimals"),
    ],
)
def test_terms_that_cannot_be_are_refused_with_field_and_reason(changes, field, said):
    assert said in faults(**changes)[field]


def test_every_fault_of_the_terms_is_named_at_once():
    assert faults(principal="0", rate={"percent": "-1"}, grace={"principal": 12}).keys() == {
        "principal",
        "rate.percent",
        "grace.principal",
    }


@pytest.mark.parametrize("text", ["", "{", "[1", '{"a": 1, "a": 2}', "[" * 100_000, "1" * 5_000])
def test_what_is_no_json_is_refused(text):
    with pytest.raises(Unfit):
        parsed(text)


@pytest.mark.parametrize("value", [None, [], "x", 1])
def test_what_is_no_object_is_refused(value):
    with pytest.raises(Unfit, match="must be an object"):
        read(QuoteDocument, value)


@settings(max_examples=60, deadline=None)
@given(
    method=st.sampled_from([method for method in Method if method is not Method.CUSTOM]),
    cents=st.integers(1, 10**9),
    percent=st.decimals(0, 36, places=2),
    months=st.integers(1, 48),
    fee=st.integers(0, 50),
)
def test_a_quote_repays_the_principal_exactly_and_its_cost_is_what_is_paid_beside(method, cents, percent, months, fee):
    found = quoted(
        method=method.value,
        principal=f"{Decimal(cents) / 100:f}",
        rate={"percent": f"{percent:f}"},
        instalments=months,
        charges=[{"code": "fee", "time": "instalment", "amount": f"{fee}"}] if fee else [],
        **{"graded": {"growth": {"percent": "1"}}, "balloon": {"balloon": {"over": 99}}}.get(method.value, {}),
    )
    paid = sum(line.due for line in found.lines)
    assert found.totals.principal == cents
    assert found.cost == paid - cents == sum(item.total for item in found.items)
    assert all(line.principal >= 0 for line in found.lines if line.kind is RowKind.INSTALMENT)


def _terms(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in BASE.items() if name != "start"} | changes


def test_an_order_of_eighteen_slots_is_kept_by_a_ledger_of_four_components():
    narrow = [name for name in WIDE if not name.endswith(("cost", "compound"))]
    wide, kept = (_orders_of(order) for order in (WIDE, narrow))
    assert wide == kept
    assert len(wide) == 12


def _orders_of(order):
    document = read(QuoteDocument, BASE | {"allocations": [{"order": order}]})
    terms, _ = read_terms(document, date(2026, 3, 1))
    return terms.allocations[0].order

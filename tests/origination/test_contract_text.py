"""The contract's text: figures, both languages, the same bytes at every rendering."""

import hashlib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.money import of_minor
from schemas.terms import Language, LoanTerms, RepaymentMethod
from services.origination.domain.contract import cost
from services.origination.domain.contract.text import digest, render
from services.origination.shipped import contract_templates
from services.servicing.domain.rules import cn_bank_1
from tests.origination.samples import DIGEST, FACTS, LOAN_TERMS, cny

GOLDEN = Path(__file__).parents[1] / "golden" / "origination"

terms_of_any_loan = st.builds(
    lambda principal, months, rate, method: replace(
        LOAN_TERMS, principal=of_minor(principal, "CNY"), months=months, annual_rate=rate, method=method
    ),
    st.integers(1, 10**9),
    st.integers(1, 120),
    st.decimals("0", "0.36", places=4),
    st.sampled_from(RepaymentMethod),
)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("method", list(RepaymentMethod))
def test_the_text_is_the_golden_one(language: Language, method: RepaymentMethod) -> None:
    facts = replace(FACTS, language=language, terms=replace(LOAN_TERMS, method=method))
    text = render(contract_templates()[f"personal-credit/{language}/1"], facts)
    golden = (GOLDEN / f"personal-credit-{language}-1-{method}.txt").read_text(encoding="utf-8")
    assert text == golden


def test_the_digest_is_the_sha_256_of_the_bytes() -> None:
    text = render(contract_templates()["personal-credit/zh/1"], FACTS)
    assert digest(text) == hashlib.sha256(text.encode()).hexdigest() == DIGEST


def test_every_fact_changes_the_digest() -> None:
    template = contract_templates()["personal-credit/zh/1"]
    changed = (
        replace(FACTS, contract_no="LS20260105-000000000000"),
        replace(FACTS, party_ref="party-2"),
        replace(FACTS, terms=replace(LOAN_TERMS, annual_rate=Decimal("0.145"))),
        replace(FACTS, terms=replace(LOAN_TERMS, principal=cny("1200.01"))),
        replace(FACTS, terms=replace(LOAN_TERMS, penalty_multiplier=Decimal("1.4"))),
        replace(FACTS, terms=replace(LOAN_TERMS, grace_days=4)),
    )
    digests = {digest(render(template, facts)) for facts in (FACTS, *changed)}
    assert len(digests) == len(changed) + 1


def test_the_spelling_of_a_rate_does_not_change_the_text() -> None:
    template = contract_templates()["personal-credit/en/1"]
    longer = replace(FACTS, terms=replace(LOAN_TERMS, annual_rate=Decimal("0.14400")))
    assert render(template, longer) == render(template, FACTS)


def test_both_languages_of_every_template_are_shipped() -> None:
    names = set(contract_templates())
    assert names == {"personal-credit/zh/1", "personal-credit/en/1"}


@given(terms=terms_of_any_loan)
def test_the_cost_table_is_the_schedule_that_servicing_will_book(terms: LoanTerms) -> None:
    rows = cost.cost_rows(terms)
    principal = int(terms.principal.amount.scaleb(2))
    booked = cn_bank_1.amounts(terms.method, principal, terms.months, terms.annual_rate)
    assert [(row.principal, row.interest) for row in rows] == booked
    assert sum(row.principal for row in rows) == principal
    assert rows[-1].balance == 0


@given(terms=terms_of_any_loan)
def test_the_totals_are_worth_the_principal_at_the_rate_of_return(terms: LoanTerms) -> None:
    totals = [row.total for row in cost.cost_rows(terms)]
    principal = int(terms.principal.amount.scaleb(2))
    rate = cost.periodic_irr(principal, totals)
    assert rate >= 0
    worth = sum(total / (1 + rate) ** number for number, total in enumerate(totals, 1))
    assert abs(worth - principal) < Decimal("1e-8") * principal


@given(st.integers(100_00, 10**9), st.integers(4, 72), st.decimals("0.01", "0.36", places=3))
@settings(max_examples=50)
def test_without_fees_the_rate_of_return_is_the_contract_rate(principal: int, months: int, rate: Decimal) -> None:
    terms = replace(LOAN_TERMS, principal=of_minor(principal, "CNY"), months=months, annual_rate=rate)
    irr = cost.periodic_irr(principal, [row.total for row in cost.cost_rows(terms)])
    # each row's interest is rounded by half a cent at most, on a balance of half the principal on average
    rounding = Decimal(1200) / principal
    assert abs(cost.nominal_percent(irr) - rate * 100) <= rounding + Decimal("0.005")


def test_simple_and_compound_figures_are_rounded_half_up() -> None:
    assert cost.nominal_percent(Decimal("0.012")) == Decimal("14.40")
    assert cost.effective_percent(Decimal("0.012")) == Decimal("15.39")
    assert cost.nominal_percent(Decimal("0.0100041666666")) == Decimal("12.00")
    assert cost.nominal_percent(Decimal("0.01000416666667")) == Decimal("12.01")

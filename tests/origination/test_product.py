"""Products: maker, checker, versions."""

from dataclasses import replace
from typing import Any

import pytest

from schemas.origination.commands import ProposeProduct, PublishProduct, WithdrawProduct
from schemas.origination.events import ProductProposed, ProductPublished, ProductWithdrawn
from schemas.terms import RepaymentMethod
from tests.origination.samples import CHECKER, MAKER, PRODUCT, TERMS, cny
from tests.support.deciding import Given, given

PROPOSED = ProductProposed(product_id="consumer-credit", version=1, terms=TERMS, maker=MAKER)
PUBLISHED = ProductPublished(product_id="consumer-credit", version=1, terms=TERMS, maker=MAKER, checker=CHECKER)
WITHDRAWN = ProductWithdrawn(product_id="consumer-credit", version=1, reason="repriced", withdrawn_by=CHECKER)
PROPOSE = ProposeProduct(terms=TERMS)
DEARER = replace(TERMS, annual_rate=TERMS.annual_rate * 2)


def product(*history: Any) -> Given:
    return given(PRODUCT, *history, aggregate_id="consumer-credit")


def test_a_maker_proposes_the_first_version() -> None:
    product().when(PROPOSE, by=MAKER).then(PROPOSED)


def test_a_checker_publishes_what_a_maker_proposed() -> None:
    product(PROPOSED).when(PublishProduct(version=1), by=CHECKER).then(PUBLISHED)


def test_a_maker_never_publishes_the_own_proposal() -> None:
    product(PROPOSED).when(PublishProduct(version=1), by=MAKER).then_refused("maker-is-checker")


def test_publishing_twice_changes_nothing() -> None:
    product(PROPOSED, PUBLISHED).when(PublishProduct(version=1), by=CHECKER).then()


def test_a_changed_price_is_the_next_version_and_leaves_the_first_as_it_is() -> None:
    proposed = ProductProposed(product_id="consumer-credit", version=2, terms=DEARER, maker=MAKER)
    history = product(PROPOSED, PUBLISHED).when(ProposeProduct(terms=DEARER), by=MAKER).then(proposed)
    published = replace(PUBLISHED, version=2, terms=DEARER)
    after = history.when(PublishProduct(version=2), by=CHECKER).then(published)
    assert after.state.versions[0].terms == TERMS


def test_the_same_terms_are_not_proposed_again() -> None:
    product(PROPOSED).when(PROPOSE, by=MAKER).then_refused("product-unchanged")


def test_terms_of_a_withdrawn_version_can_be_proposed_again() -> None:
    product(PROPOSED, PUBLISHED, WITHDRAWN).when(PROPOSE, by=MAKER).then(replace(PROPOSED, version=2))


def test_a_published_version_is_withdrawn_once() -> None:
    command = WithdrawProduct(version=1, reason="repriced")
    product(PROPOSED, PUBLISHED).when(command, by=CHECKER).then(WITHDRAWN).when(command, by=CHECKER).then()


def test_a_withdrawn_version_is_never_published() -> None:
    product(PROPOSED, WITHDRAWN).when(PublishProduct(version=1), by=CHECKER).then_refused("version-withdrawn")


@pytest.mark.parametrize("number", [-1, 0, 2])
def test_a_version_that_does_not_exist_is_named(number: int) -> None:
    product(PROPOSED).when(PublishProduct(version=number), by=CHECKER).then_refused("unknown-version")
    product(PROPOSED).when(WithdrawProduct(version=number, reason="x"), by=CHECKER).then_refused("unknown-version")


def test_an_unknown_product_cannot_be_published() -> None:
    product().when(PublishProduct(version=1), by=CHECKER).then_refused("unknown-product")


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("kind", {"kind": "mortgage"}),
        ("minimum, maximum", {"minimum": cny("0.00")}),
        ("minimum, maximum", {"minimum": cny("20000.01")}),
        ("minimum, maximum", {"minimum": cny("250.001")}),
        ("minimum, maximum", {"maximum": replace(TERMS.maximum, currency="EUR")}),
        ("minimum, maximum", {"maximum": cny("1E+400")}),
        ("minimum_months, maximum_months", {"minimum_months": 73}),
        ("minimum_months, maximum_months", {"maximum_months": 361}),
        ("annual_rate", {"annual_rate": TERMS.annual_rate + 1}),
        ("methods", {"methods": ()}),
        ("methods", {"methods": (RepaymentMethod.EQUAL_PRINCIPAL,) * 2}),
        ("penalty_multiplier", {"penalty_multiplier": TERMS.penalty_multiplier * 2}),
        ("day_basis", {"day_basis": 300}),
        ("grace_days", {"grace_days": 31}),
        ("allocation_order", {"allocation_order": ("penalty", "interest")}),
        ("allocation_order", {"allocation_order": ("penalty", "interest", "principal", "fee")}),
        ("rules", {"rules": "cn-bank/9"}),
        ("approval_valid_days, supplement_days, reapply_after_days", {"supplement_days": -1}),
    ],
)
def test_terms_that_make_no_sense_are_refused_by_field(field: str, changes: dict[str, Any]) -> None:
    decision = product().when(ProposeProduct(terms=replace(TERMS, **changes)), by=MAKER)
    decision.then_refused("product-terms-invalid")
    assert decision.decision.rule == field

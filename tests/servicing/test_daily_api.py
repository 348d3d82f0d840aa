"""The daily rules over HTTP: permissions, refusals, and views that say what a payment would post."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from schemas.agreement import AccrualTerms, Agreement, ClassTable, OverdueTerms, SettlementCycle, SignedCharge
from tests.servicing.branch import Branch, as_json, open_branch
from tests.servicing.examples import day
from tests.servicing.test_api import amount, pass_days

pytestmark = pytest.mark.postgres

AGREED = Agreement(
    overdue=OverdueTerms(misuse_multiplier=Decimal(2)),
    compound=SettlementCycle.MONTHLY,
    classification=ClassTable.GENERAL,
    accrual=AccrualTerms(),
    charges=(SignedCharge(code="dunning-letter", name="Dunning letter"),),
)
CALL = {"reason": "missed", "notice": "letter-1", "notified_on": "2026-02-20"}


@pytest.fixture
async def branch(fresh_database: str) -> AsyncIterator[Branch]:
    """A branch without loans."""
    async with open_branch(fresh_database) as branch:
        yield branch


async def test_views_show_class_status_and_what_has_accrued_by_component(branch: Branch) -> None:
    loan_id = await branch.disburse("1", agreement=AGREED)
    await pass_days(branch, day("02-22"))
    view = await branch.get(f"/loans/{loan_id}")
    assert (view["asset_class"], view["non_accrual_since"]) == ("special-mention", None)
    # since the posting of 19 February: 11,000 × 14.4 % ÷ 360 × 7; 1,000 × 21.6 % ÷ 360 × 3; 144 × 14.4 % ÷ 360 × 3
    assert view["accrued"] == {"interest": amount("30.80"), "penalty": amount("1.80"), "compound": amount("0.17")}
    assert view["compound_charged"] == amount("0.23")
    total = Decimal(view["past_due"]["total"]["amount"])
    assert total == Decimal("1144") + Decimal("2.40") + Decimal("1.80") + Decimal("0.23") + Decimal("0.17")
    (due,) = (await branch.get("/due?until=2026-02-22"))["due"]
    assert due["total"] == view["past_due"]["total"]
    await branch.receive("BANK-1", str(total), loan_id=loan_id)
    assert (await branch.get(f"/loans/{loan_id}"))["days_past_due"] == 0


async def test_income_stops_after_ninety_days(branch: Branch) -> None:
    loan_id = await branch.disburse("1", agreement=AGREED)
    await pass_days(branch, day("05-17"))
    view = await branch.get(f"/loans/{loan_id}")
    assert (view["asset_class"], view["non_accrual_since"]) == ("substandard", "2026-05-17")


async def test_a_loan_is_called_by_a_permitted_person_and_its_schedule_has_one_row_left(branch: Branch) -> None:
    loan_id = await branch.disburse("1", agreement=AGREED)
    await pass_days(branch, day("02-20"))
    assert (await branch.post(f"/loans/{loan_id}/acceleration", CALL, "finance-officer")).status_code == 403
    called = await branch.post(f"/loans/{loan_id}/acceleration", CALL, "credit-officer")
    assert called.status_code == 200, called.text
    view = await branch.get(f"/loans/{loan_id}")
    assert (view["accelerated_on"], view["maturity"]) == ("2026-02-20", "2026-02-20")
    rows = (await branch.get(f"/loans/{loan_id}/schedule"))["instalments"]
    assert [row["unpaid"]["principal"] for row in rows] == [amount("1000"), amount("11000")]


async def test_a_fee_of_the_signed_table_is_charged_and_any_other_refused(branch: Branch) -> None:
    loan_id = await branch.disburse("1", agreement=AGREED)
    body = {"code": "dunning-letter", "amount": as_json("30"), "reason": "second reminder"}
    assert (await branch.post(f"/loans/{loan_id}/fees", body, "operations-officer")).status_code == 403
    assert (await branch.post(f"/loans/{loan_id}/fees", body, "finance-officer")).status_code == 200
    refused = await branch.post(f"/loans/{loan_id}/fees", {**body, "code": "handling"}, "finance-officer")
    assert (refused.status_code, refused.json()["code"]) == (409, "charge-not-signed")
    view = await branch.get(f"/loans/{loan_id}")
    assert (view["fees_charged"], view["next_due"]["amount"]) == (amount("30"), amount("1174"))


async def test_a_class_is_set_and_the_heavier_rate_charged_by_permitted_people(branch: Branch) -> None:
    loan_id = await branch.disburse("1", agreement=AGREED)
    await pass_days(branch, day("02-20"))
    body = {"asset_class": "doubtful", "reason": "insolvent"}
    assert (await branch.post(f"/loans/{loan_id}/class", body, "finance-officer")).status_code == 403
    assert (await branch.post(f"/loans/{loan_id}/class", body, "credit-officer")).status_code == 200
    back = await branch.post(f"/loans/{loan_id}/class", {**body, "asset_class": "normal"}, "credit-officer")
    assert (back.status_code, back.json()["code"]) == (409, "class-below-floor")
    assert (await branch.get(f"/loans/{loan_id}"))["asset_class"] == "doubtful"
    misuse = {"since": "2026-02-20", "reference": "inspection-7"}
    assert (await branch.post(f"/loans/{loan_id}/misuse", misuse, "finance-officer")).status_code == 403
    assert (await branch.post(f"/loans/{loan_id}/misuse", misuse, "credit-officer")).status_code == 200
    await pass_days(branch, day("02-21"))
    (first, *_) = (await branch.get(f"/loans/{loan_id}/schedule"))["instalments"]
    assert first["penalty_not_posted"] == amount("0.80")  # 1,000 × 28.8 % ÷ 360 × 1

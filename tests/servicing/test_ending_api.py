"""The end of a loan, refunds and due lists over HTTP."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest

from schemas.terms import Language
from services.servicing.due_list_file import harmless, heading, line
from tests.servicing.branch import Branch, as_json, open_branch
from tests.servicing.examples import day
from tests.servicing.test_api import amount, pass_days

needs_database = pytest.mark.postgres

APPROVED = {"maker": "user:collector", "approvals": ["committee-7"], "reason": "illness"}


@pytest.fixture
async def branch(fresh_database: str) -> AsyncIterator[Branch]:
    """A branch without loans."""
    async with open_branch(fresh_database) as branch:
        yield branch


async def done(branch: Branch, path: str, body: Any, user: str = "finance-officer") -> None:
    response = await branch.post(path, body, user)
    assert response.status_code == 200, response.text


async def closing(branch: Branch) -> dict[str, Any]:
    """The books, which close whatever happened."""
    answer = await branch.get("/books")
    assert all(book["balanced"] for book in (*answer["books"], *answer["receipts"]))
    found: dict[str, Any] = answer
    return found


@needs_database
async def test_an_agreed_sum_paid_in_time_settles_and_its_surplus_is_refunded(branch: Branch) -> None:
    loan_id = await branch.disburse("1")
    await pass_days(branch, day("06-01"))
    await done(branch, f"/loans/{loan_id}/charge-off", {"reason": "no contact"})
    settlement = {**APPROVED, "amount": as_json("11000"), "by": "2026-06-30"}
    await done(branch, f"/loans/{loan_id}/settlements", settlement)
    await branch.receive("BANK-1", "5000", loan_id=loan_id)
    ending = await branch.get(f"/loans/{loan_id}/ending")
    assert ending["charge_off"] == {"on": "2026-06-01", "accrual": "claim-only"}
    assert ending["agreed_settlement"] == {
        "amount": amount("11000"),
        "by": "2026-06-30",
        "status": "agreed",
        "paid": amount("5000"),
    }
    await branch.receive("BANK-2", "6100", loan_id=loan_id)
    ending = await branch.get(f"/loans/{loan_id}/ending")
    assert ending["agreed_settlement"]["status"] == "met"
    assert ending["settlement"] == {
        "on": "2026-06-01",
        "kind": "discounted",
        "final": False,
        "waits_for": ["BANK-2"],
    }
    refund = {"amount": as_json("100"), "reason": "paid too much", "refund_reference": "OUT-1"}
    too_much = await branch.post("/receipts/BANK-2/refunds", {**refund, "amount": as_json("100.01")}, "finance-officer")
    assert (too_much.status_code, too_much.json()["code"]) == (409, "refund-exceeds-suspense")
    await done(branch, "/receipts/BANK-2/refunds", refund)
    receipt = await branch.get("/receipts/BANK-2")
    assert (receipt["refunded"], receipt["suspended"], receipt["not_yet_applied"]) == (
        amount("100"),
        amount("0"),
        amount("0"),
    )
    assert (await branch.get(f"/loans/{loan_id}/ending"))["settlement"]["final"] is True
    (books,) = (await closing(branch))["books"]
    assert (books["forgiven"], books["repaid"]) == (amount("1000"), amount("11000"))


@needs_database
async def test_an_agreement_that_is_not_paid_lapses_and_one_that_is_taken_back_revives(branch: Branch) -> None:
    unpaid, taken_back = await branch.disburse("1"), await branch.disburse("2")
    await pass_days(branch, day("06-01"))
    for loan_id in (unpaid, taken_back):
        settlement = {**APPROVED, "amount": as_json("11000"), "by": "2026-06-05"}
        await done(branch, f"/loans/{loan_id}/settlements", settlement)
    await branch.receive("BANK-1", "11000", loan_id=taken_back)
    await branch.post("/receipts/BANK-1/reversal", {"cause": "returned"})
    await pass_days(branch, day("06-06"))
    for loan_id in (unpaid, taken_back):
        assert (await branch.get(f"/loans/{loan_id}/ending"))["agreed_settlement"]["status"] == "lapsed"
        rows = (await branch.get(f"/loans/{loan_id}/schedule"))["instalments"]
        assert {row["waived"]["interest"]["amount"] for row in rows} == {"0.00"}
    one, two = [await branch.get(f"/loans/{loan_id}") for loan_id in (unpaid, taken_back)]
    assert one["settlement_amount"] == two["settlement_amount"]
    await closing(branch)


@needs_database
async def test_a_sold_claim_leaves_the_books_and_its_money_waits(branch: Branch) -> None:
    loan_id = await branch.disburse("1")
    await pass_days(branch, day("06-01"))
    sale = {**APPROVED, "buyer": "amc-1", "price": as_json("3000")}
    refused = await branch.post(f"/loans/{loan_id}/sale", sale, "finance-officer")
    assert refused.status_code == 403
    await done(branch, f"/loans/{loan_id}/sale", sale, "finance-director")
    await branch.receive("BANK-1", "10", loan_id=loan_id)
    receipt = await branch.get("/receipts/BANK-1")
    assert (receipt["status"], receipt["reason"]) == ("suspended", "claim-sold")
    assert (await branch.get(f"/loans/{loan_id}/ending"))["sale"] == {
        "on": "2026-06-01",
        "buyer": "amc-1",
        "price": amount("3000"),
        "principal": amount("12000"),
    }
    (books,) = (await closing(branch))["books"]
    assert (books["sold"], books["sale_proceeds"], books["outstanding"]) == (
        amount("12000"),
        amount("3000"),
        amount("0"),
    )
    assert [loan["loan_id"] for loan in (await branch.get("/loans?status=sold"))["loans"]] == [loan_id]


@needs_database
async def test_a_recovery_shows_by_component_until_it_is_taken_back(branch: Branch) -> None:
    loan_id = await branch.disburse("1")
    await pass_days(branch, day("06-01"))
    await done(branch, f"/loans/{loan_id}/write-off", {"reason": "no assets", "approvals": ["loss-4"]})
    await branch.receive("BANK-1", "12100", loan_id=loan_id)
    recovered = (await branch.get(f"/loans/{loan_id}/ending"))["write_off"]["recovered"]
    assert (recovered["principal"], recovered["interest"], recovered["penalty"], recovered["total"]) == (
        amount("12000"),
        amount("100"),
        amount("0"),
        amount("12100"),
    )
    claim = (await branch.get(f"/loans/{loan_id}/ending"))["write_off"]["claim"]
    assert (claim["principal"], claim["total"]) == (amount("0"), amount("605.45"))
    await branch.post("/receipts/BANK-1/reversal", {"cause": "returned"})
    claim = (await branch.get(f"/loans/{loan_id}/ending"))["write_off"]["claim"]
    assert (claim["on"], claim["interest"], claim["total"]) == ("2026-06-01", amount("556.65"), amount("12705.45"))
    recovered = (await branch.get(f"/loans/{loan_id}/ending"))["write_off"]["recovered"]
    assert {component["amount"] for component in recovered.values()} == {"0.00"}
    (books,) = (await closing(branch))["books"]
    assert (books["written_off"], books["recovered"]) == (amount("12000"), amount("0"))


@needs_database
async def test_a_due_list_tells_collected_and_outstanding_by_unit_and_officer(branch: Branch) -> None:
    north, south = await branch.disburse("1"), await branch.disburse("2")
    await done(branch, f"/loans/{north}/assignment", {"unit": "north", "officer": "=li"}, "operations-officer")
    await done(branch, f"/loans/{south}/assignment", {"unit": "south", "officer": "wang"}, "operations-officer")
    await branch.receive("BANK-1", "1144", loan_id=north)
    await branch.receive("BANK-2", "500", loan_id=south)
    answer = await branch.get("/due-lists?month=2026-02")
    assert answer["totals"] == [
        {
            "currency": "CNY",
            "instalments": 2,
            "maturing": 0,
            "due": amount("2288"),
            "collected": amount("1644"),
            "waived": amount("0"),
            "outstanding": amount("644"),
        }
    ]
    assert answer["next"] is None
    (row,) = (await branch.get("/due-lists?month=2026-02&unit=south&officer=wang"))["rows"]
    assert (row["loan_id"], row["number"], row["collected"], row["outstanding"]) == (
        south,
        1,
        amount("500"),
        amount("644"),
    )
    assert (await branch.get("/due-lists?month=2026-02&unit=north&officer=wang"))["rows"] == []
    (last, _other) = (await branch.get("/due-lists?month=2027-01"))["rows"]
    assert (last["number"], last["maturing"]) == (12, True)


@needs_database
async def test_a_due_list_is_paged_and_leaves_out_who_is_off_the_books(branch: Branch) -> None:
    loans = [await branch.disburse(name) for name in "123"]
    first = await branch.get("/due-lists?month=2026-03&limit=2")
    second = await branch.get(f"/due-lists?month=2026-03&limit=2&after={first['next']}")
    shown = [row["loan_id"] for page in (first, second) for row in page["rows"]]
    assert (sorted(shown), second["next"], first["totals"]) == (sorted(loans), None, second["totals"])
    await branch.get("/due-lists?month=2026-03&after=2026-03-15/nobody/1", status=400)
    await branch.get("/due-lists?month=2026-03&after=x", status=400)
    await branch.get("/due-lists?month=2026-13", status=400)
    await branch.get("/due-lists?month=2026-03", "borrower@somebody", status=403)
    await pass_days(branch, day("06-01"))
    await done(branch, f"/loans/{loans[0]}/write-off", {"reason": "no assets"})
    assert len((await branch.get("/due-lists?month=2026-03"))["rows"]) == 2


@needs_database
async def test_a_due_list_is_exported_as_csv(branch: Branch) -> None:
    loan_id = await branch.disburse("1")
    await done(branch, f"/loans/{loan_id}/assignment", {"unit": "north", "officer": "=li"}, "operations-officer")
    headers = {"Authorization": "Bearer auditor"}
    answer = await branch.client.get("/due-lists.csv?month=2026-02", headers=headers)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.startswith("\ufeff到期日,借据号,")
    answer = await branch.client.get("/due-lists.csv?month=2026-02&lang=en&bom=false", headers=headers)
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["Due date"], row["Loan"], row["Officer"], row["Due"], row["Outstanding"]) == (
        "2026-02-15",
        loan_id,
        "'=li",
        "1144.00",
        "1144.00",
    )


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert harmless(text) == "'" + text


def test_a_line_has_a_cell_for_each_heading_and_quotes_what_needs_it() -> None:
    row = {
        "due_date": day("02-15"),
        "loan_id": "l-1",
        "contract_no": 'LN "1", new',
        "party_ref": "p-1",
        "unit": "",
        "officer": "李",
        "number": 12,
        "maturing": True,
        "currency": "CNY",
        "due": 114400,
        "collected": 0,
        "waived": 5,
        "outstanding": 114395,
        "paid_on": None,
    }
    for language in Language:
        (read,) = csv.DictReader(io.StringIO(heading(language) + line(row)))
        assert list(read.values()) == [
            "2026-02-15",
            "l-1",
            'LN "1", new',
            "p-1",
            "",
            "李",
            "12",
            "1",
            "CNY",
            "1144.00",
            "0.00",
            "0.05",
            "1143.95",
            "",
        ]

"""Changes of loans over HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.servicing.branch import Branch, open_branch
from tests.servicing.examples import day
from tests.servicing.test_api import amount, pass_days

pytestmark = pytest.mark.postgres

PAPERS = {"supplement": "SUP-1", "approval": "APP-1"}


@pytest.fixture
async def branch(fresh_database: str) -> AsyncIterator[Branch]:
    """A branch without loans."""
    async with open_branch(fresh_database) as branch:
        yield branch


async def done(branch: Branch, path: str, body: dict[str, Any]) -> list[str]:
    """Post a change that is made; the names of its events."""
    response = await branch.post(path, body)
    assert response.status_code == 200, response.text
    return [event["type"].split(".")[2] for event in response.json()["events"]]


async def test_the_quoted_payoff_settles_the_loan(branch: Branch) -> None:
    loan_id = await branch.disburse("1")
    await pass_days(branch, day("01-30"))
    answered = await branch.get(f"/loans/{loan_id}/payoff")
    assert (answered["interest"], answered["total"]) == (amount("72"), amount("12072"))
    assert await done(branch, f"/loans/{loan_id}/payoff-quotes", {}) == ["PayoffQuoted"]
    await branch.receive("B1", "12072", loan_id=loan_id)
    assert (await branch.get(f"/loans/{loan_id}"))["status"] == "settled"
    assert (await branch.get("/receipts/B1"))["applied"] == amount("12072")
    await branch.get(f"/loans/{loan_id}/payoff", status=409)


async def test_a_prepayment_is_previewed_asked_for_and_carried_out_by_its_receipt(branch: Branch) -> None:
    loan_id = await branch.disburse("1")
    asked = {"mode": "lower-instalment", "principal": amount("6000")}
    response = await branch.post(f"/loans/{loan_id}/changes/preview", {"prepayment": asked})
    assert response.status_code == 200, response.text
    seen = response.json()
    assert (seen["before"]["next_instalment"], seen["after"]["next_instalment"]) == (amount("1144"), amount("572"))
    assert (await branch.get(f"/loans/{loan_id}"))["outstanding_principal"] == amount("12000")

    assert await done(branch, f"/loans/{loan_id}/prepayments", asked) == ["PrepaymentInstructed"]
    await branch.receive("B1", "6000", loan_id=loan_id)
    schedule = (await branch.get(f"/loans/{loan_id}/schedule"))["instalments"]
    assert [row["principal"] for row in schedule[:2]] == [amount("6000"), amount("500")]
    listed = (await branch.get(f"/loans/{loan_id}/changes"))["changes"]
    assert [change["kind"] for change in listed] == ["PrepaymentInstructed", "Prepaid"]

    response = await branch.post("/receipts/B1/reversal", {"cause": "returned"})
    assert response.status_code == 200, response.text
    schedule = (await branch.get(f"/loans/{loan_id}/schedule"))["instalments"]
    assert [row["unpaid"]["principal"] for row in schedule] == [amount("1000")] * 12


async def test_each_change_has_its_route_and_can_be_undone(branch: Branch) -> None:
    loan_id = await branch.disburse("1")
    bodies: dict[str, tuple[dict[str, Any], str]] = {
        "extensions": ({"months": 2, "asked_on": "2026-01-15", **PAPERS}, "LoanExtended"),
        "restructures": ({"finding": "F-1", "months": 20, "annual_rate": "0.1", **PAPERS}, "LoanRestructured"),
        "due-date-changes": ({"first": "2026-02-20", "supplement": "S"}, "DueDateChanged"),
        "holidays": (
            {
                "instalments": 1,
                "interest": "accrues",
                "interest_due": "capitalised",
                "extends_term": True,
                "bureau_flag": "relief",
                "supplement": "S",
            },
            "HolidayGranted",
        ),
        "re-amortisations": ({"approval": "A"}, "LoanReAmortised"),
    }
    before = (await branch.get(f"/loans/{loan_id}/schedule"))["instalments"]
    for path, (body, event) in bodies.items():
        assert await done(branch, f"/loans/{loan_id}/{path}", body) == [event, "ScheduleRevised"]
        assert await done(branch, f"/loans/{loan_id}/undo", {"reason": "wrong"}) == ["ChangeUndone", "ScheduleRevised"]
        assert (await branch.get(f"/loans/{loan_id}/schedule"))["instalments"] == before
    loan = await branch.get(f"/loans/{loan_id}")
    assert (loan["principal"], loan["terms"]["annual_rate"]) == (amount("12000"), "0.144")


async def test_what_cannot_be_is_refused_with_its_rule(branch: Branch) -> None:
    loan_id = await branch.disburse("1")
    extension = {"months": 13, "asked_on": "2026-01-15", **PAPERS}
    response = await branch.post(f"/loans/{loan_id}/extensions", extension)
    assert (response.status_code, response.json()["code"], response.json()["limit"]) == (
        409,
        "extension-too-long",
        "12",
    )
    response = await branch.post(f"/loans/{loan_id}/changes/preview", {"extension": extension})
    assert (response.status_code, response.json()["code"]) == (409, "extension-too-long")
    response = await branch.post(f"/loans/{loan_id}/changes/preview", {})
    assert (response.status_code, response.json()["code"]) == (422, "one-change")
    reset = {"tenor": "1y", "index": "0.03", "published": "2026-01-20", "source": "PBOC"}
    response = await branch.post(f"/loans/{loan_id}/rate-resets", reset)
    assert response.json()["code"] == "rate-fixed"
    response = await branch.post(f"/loans/{loan_id}/re-ages", {"approval": "A"})
    assert response.json()["code"] == "nothing-past-due"
    response = await branch.post(f"/loans/{loan_id}/undo", {"reason": "r"}, user="auditor")
    assert response.status_code == 403

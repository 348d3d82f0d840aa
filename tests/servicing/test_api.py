"""Servicing over HTTP, with its hosts and read models."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from loanstream.runtime.decider.host import DeciderHost
from schemas.topics import Role
from tests.servicing.branch import Branch, as_json, open_branch
from tests.servicing.examples import BOOKED_ON, PARTY, day, yuan

pytestmark = pytest.mark.postgres


@pytest.fixture
async def branch(fresh_database: str) -> AsyncIterator[Branch]:
    """A branch without loans."""
    async with open_branch(fresh_database) as branch:
        yield branch


async def pass_days(branch: Branch, until: date) -> None:
    """Every business day up to ``until``."""
    response = await branch.day(until)
    assert response.status_code == 200, response.text


def amount(text: str) -> dict[str, str]:
    return {"amount": str(yuan(text).amount), "currency": "CNY"}


# -- a loan's life ---------------------------------------------------------------------------------------------------------


async def test_a_disbursed_loan_is_booked_and_paid_by_a_receipt(branch: Branch) -> None:
    loan_id = await branch.disburse("1")
    view = await branch.get(f"/loans/{loan_id}")
    assert (view["status"], view["contract_no"], view["outstanding_principal"]) == ("active", "LN-1", amount("12000"))
    assert view["next_due"] == {"number": 1, "due_date": "2026-02-15", "amount": amount("1144")}

    response = await branch.receive("BANK-1", "1144", loan_id=loan_id, channel="bank-transfer")
    assert [event["type"] for event in response.json()["events"]] == ["loanstream.servicing.MoneyReceived.v1"]
    view = await branch.get(f"/loans/{loan_id}")
    assert (view["repaid_principal"], view["repaid_interest"]) == (amount("1000"), amount("144"))
    receipt = await branch.get("/receipts/BANK-1")
    assert (receipt["status"], receipt["applied"]) == ("applied", amount("1144"))
    rows = (await branch.get(f"/loans/{loan_id}/schedule"))["instalments"]
    assert [row["status"] for row in rows[:2]] == ["paid", "upcoming"]
    (payment,) = (await branch.get(f"/loans/{loan_id}/payments"))["payments"]
    assert (payment["receipt_id"], payment["principal"], payment["channel"]) == (
        "BANK-1",
        amount("1000"),
        "bank-transfer",
    )


async def test_a_client_reads_its_own_write(branch: Branch) -> None:
    loan_id = await branch.disburse("1")
    sequence = (await branch.get(f"/loans/{loan_id}"))["sequence"]
    assert (await branch.get(f"/loans/{loan_id}?at-least={sequence}"))["sequence"] == sequence


async def test_a_day_is_answered_as_it_is_known_now_and_as_it_was_known_then(branch: Branch) -> None:
    loan_id = await branch.disburse("1")
    await pass_days(branch, day("03-05"))
    before = branch.world.clock.now()
    branch.world.clock.advance(minutes=5)
    await branch.receive("BANK-1", "1144", loan_id=loan_id, value_date="2026-02-15")
    now = await branch.get(f"/loans/{loan_id}/standing?value_date=2026-02-28")
    then = await branch.get(f"/loans/{loan_id}/standing?value_date=2026-02-28&known_at={quote(before.isoformat())}")
    assert (now["outstanding_principal"], now["days_past_due"]) == (amount("11000"), 0)
    assert (then["outstanding_principal"], then["days_past_due"]) == (amount("12000"), 13)
    assert then["instalments"][0]["unpaid"]["penalty"] == amount("2.40")
    assert then["instalments"][0]["penalty_not_posted"] == amount("5.40")
    lines = (await branch.get(f"/loans/{loan_id}/statement?from_date=2026-02-01"))["lines"]
    assert [(line["kind"], line["total"]) for line in lines] == [
        ("instalment", amount("1144")),
        ("payment", amount("1144")),
    ]


async def test_a_day_to_come_or_before_the_disbursement_has_no_standing(branch: Branch) -> None:
    loan_id = await branch.disburse("1")
    for asked, status, code in (("2027-01-01", 400, "value-date-to-come"), ("2026-01-01", 404, "not-disbursed-yet")):
        answer = await branch.get(f"/loans/{loan_id}/standing?value_date={asked}", status=status)
        assert answer["code"] == code


async def test_unpaid_instalments_age_and_the_amount_due_pays_them_exactly(branch: Branch) -> None:
    loan_id = await branch.disburse("1")
    await pass_days(branch, day("03-20"))
    view = await branch.get(f"/loans/{loan_id}")
    assert (view["status"], view["bucket"], view["days_past_due"]) == ("overdue", "M2", 33)
    (first, second) = (await branch.get("/due?until=2026-03-31"))["due"]
    assert (first["penalty"], first["penalty_not_posted"], first["total"]) == (
        amount("18.60"),
        amount("1.20"),
        amount("1163.80"),
    )
    assert second["total"] == amount("1135.00")
    assert view["past_due"]["total"] == amount("2298.80")

    await branch.receive("BANK-1", "2298.80", loan_id=loan_id)
    view = await branch.get(f"/loans/{loan_id}")
    assert (view["status"], view["bucket"], view["past_due"]["total"]) == ("active", "M0", amount("0"))
    assert [row["number"] for row in (await branch.get("/due?until=2026-04-15"))["due"]] == [3]


async def test_paying_the_settlement_amount_settles_the_loan(branch: Branch) -> None:
    loan_id = await branch.disburse("1")
    await pass_days(branch, day("02-20"))
    owed = (await branch.get(f"/loans/{loan_id}"))["settlement_amount"]
    await branch.receive("BANK-1", owed["amount"], loan_id=loan_id)
    view = await branch.get(f"/loans/{loan_id}")
    assert (view["status"], view["settlement_kind"], view["ended_on"]) == ("settled", "paid", "2026-02-20")
    assert view["settlement_amount"] == amount("0")


async def test_a_receipt_that_the_bank_took_back_opens_the_loan_again(branch: Branch) -> None:
    loan_id = await branch.disburse("1")
    await branch.receive("BANK-1", "20000", loan_id=loan_id)
    assert (await branch.get(f"/loans/{loan_id}"))["status"] == "settled"
    response = await branch.post("/receipts/BANK-1/reversal", {"cause": "returned"})
    assert response.status_code == 200
    view = await branch.get(f"/loans/{loan_id}")
    assert (view["status"], view["outstanding_principal"]) == ("active", amount("12000"))
    assert (await branch.get("/receipts/BANK-1"))["status"] == "reversed"
    (payment,) = (await branch.get(f"/loans/{loan_id}/payments"))["payments"]
    assert (payment["reversed_on"], payment["reversal_cause"]) == ("2026-01-15", "returned")


async def test_long_arrears_are_written_off_and_money_after_it_is_a_recovery(branch: Branch) -> None:
    loan_id = await branch.disburse("1")
    early = await branch.post(f"/loans/{loan_id}/write-off", {"reason": "no assets"}, "finance-officer")
    assert (early.status_code, early.json()["code"], early.json()["limit"]) == (409, "arrears-too-short", "90")
    await pass_days(branch, day("06-01"))
    done = await branch.post(f"/loans/{loan_id}/write-off", {"reason": "no assets"}, "finance-officer")
    assert done.status_code == 200, done.text
    await branch.receive("BANK-1", "300", loan_id=loan_id)
    view = await branch.get(f"/loans/{loan_id}")
    assert (view["status"], view["written_off"]["principal"], view["recovered"]) == (
        "written-off",
        amount("12000"),
        amount("300"),
    )


async def test_a_waiver_is_for_permitted_people_and_shows_on_the_schedule(branch: Branch) -> None:
    loan_id = await branch.disburse("1")
    body = {"interest": as_json("44"), "reason": "hardship"}
    assert (await branch.post(f"/loans/{loan_id}/waivers", body, "operations-officer")).status_code == 403
    assert (await branch.post(f"/loans/{loan_id}/waivers", body, "finance-officer")).status_code == 200
    (first, *_) = (await branch.get(f"/loans/{loan_id}/schedule"))["instalments"]
    assert (first["waived"]["interest"], first["unpaid"]["interest"]) == (amount("44"), amount("100"))


async def test_a_loan_adopts_only_arithmetic_that_there_is(branch: Branch) -> None:
    loan_id = await branch.disburse("1")
    body = {"rules": "cn-bank/9", "reason": "ruling"}
    assert (await branch.post(f"/loans/{loan_id}/rules", body, "operations-officer")).status_code == 403
    refused = await branch.post(f"/loans/{loan_id}/rules", body, "finance-officer")
    assert (refused.status_code, refused.json()["code"]) == (409, "rules-unknown")
    same = await branch.post(f"/loans/{loan_id}/rules", {**body, "rules": "cn-bank/1"}, "finance-officer")
    assert (same.status_code, same.json()["events"]) == (200, [])


# -- receipts --------------------------------------------------------------------------------------------------------------


async def test_a_bank_file_is_imported_line_by_line_and_once(branch: Branch) -> None:
    one, two = await branch.disburse("1"), await branch.disburse("2")
    lines = [
        {"bank_reference": "F-1", "loan_id": one, "amount": as_json("10"), "channel": "direct-debit"},
        {"bank_reference": "F-2", "contract_no": "LN-2", "amount": as_json("20"), "channel": "direct-debit"},
        {"bank_reference": "F-3", "contract_no": "LN-unknown", "amount": as_json("30"), "channel": "direct-debit"},
        {"bank_reference": "F-1", "loan_id": two, "amount": as_json("40"), "channel": "direct-debit"},
    ]
    file = {"file_reference": "2026-01-15-A", "receipts": lines}
    first = (await branch.post("/receipt-files", file)).json()["results"]
    assert [line["status"] for line in first] == ["executed", "executed", "executed", "refused"]
    assert first[3]["code"] == "receipt-differs"
    again = (await branch.post("/receipt-files", file)).json()["results"]
    assert [line["status"] for line in again] == ["already-applied", "already-applied", "already-applied", "refused"]
    assert (await branch.get(f"/loans/{two}"))["repaid_interest"] == amount("20")
    (stray,) = (await branch.get("/receipts?status=suspended"))["receipts"]
    assert (stray["receipt_id"], stray["reason"], stray["suspended"]) == ("F-3", "loan-unknown", amount("30"))


async def test_money_for_a_loan_nobody_knows_is_suspended(branch: Branch) -> None:
    await branch.receive("BANK-1", "10", loan_id="00000000-0000-5000-8000-000000000000")
    receipt = await branch.get("/receipts/BANK-1")
    assert (receipt["status"], receipt["suspended"], receipt["reason"]) == ("suspended", amount("10"), "loan-unknown")


async def test_the_same_bank_reference_counts_once(branch: Branch) -> None:
    loan_id = await branch.disburse("1")
    assert (await branch.receive("BANK-1", "10", loan_id=loan_id)).status_code == 200
    repeat = await branch.receive("BANK-1", "10", loan_id=loan_id)
    assert (repeat.status_code, repeat.json()["events"]) == (200, [])
    other = await branch.receive("BANK-1", "11", loan_id=loan_id)
    assert (other.status_code, other.json()["code"]) == (409, "receipt-differs")
    assert (await branch.get(f"/loans/{loan_id}"))["repaid_interest"] == amount("10")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": as_json("-1")}, "amount"),
        ({"amount": {"amount": "1.001", "currency": "CNY"}}, "amount"),
        ({"amount": as_json("1"), "bank_reference": "with space"}, "bank_reference"),
        ({"amount": as_json("1"), "bank_reference": "partition-0"}, "bank_reference"),
        ({"amount": as_json("1"), "value_date": "2026-02-30"}, "value_date"),
        ({"amount": as_json("1"), "loan_id": "a", "contract_no": "b"}, "body"),
        ({"amount": as_json("1"), "colour": "red"}, "colour"),
    ],
    ids=["negative", "decimals", "space", "partition", "no-such-day", "two-names", "unknown-field"],
)
async def test_bad_input_is_named_and_nothing_is_written(branch: Branch, body: dict[str, Any], field: str) -> None:
    response = await branch.post("/receipts", {"bank_reference": "BANK-1", **body})
    assert response.status_code == 400, response.text
    assert response.json()["errors"][0]["field"].startswith(field)
    assert not [record for record in await branch.world.all_of(Role.COMMANDS, "servicing") if record.key == "BANK-1"]


async def test_a_receipt_of_a_day_to_come_is_refused(branch: Branch) -> None:
    response = await branch.receive("BANK-1", "10", value_date="2026-01-16")
    assert (response.status_code, response.json()["code"]) == (409, "value-date-in-future")


async def test_a_host_that_starts_anew_knows_the_same_loans_and_no_others(branch: Branch) -> None:
    loan_id = await branch.disburse("1")
    await branch.receive("BANK-1", "1144", loan_id=loan_id)
    await branch.receive("BANK-2", "10", loan_id="00000000-0000-5000-8000-000000000000")
    await pass_days(branch, day("03-20"))
    before = [states_of(host) for host in branch.deciders]
    for again in ("from the log", "from a snapshot"):
        hosts = branch.hosts_anew()
        for host in hosts:
            await host.open()
            await host.snapshot()
        assert [states_of(host) for host in hosts] == before, again


def states_of(host: DeciderHost) -> dict[str, Any]:
    """What a host holds."""
    assert host.fold is not None
    return {
        name: (aggregate.decider.aggregate if aggregate.decider else "", aggregate.state, aggregate.sequence)
        for name, aggregate in host.fold.aggregates.items()
    }


# -- business days ---------------------------------------------------------------------------------------------------------


async def test_a_day_is_opened_once_and_closes_when_every_partition_is_done(branch: Branch) -> None:
    assert (await branch.day(day("01-18"))).status_code == 200
    days = (await branch.get("/business-days"))["business_days"]
    assert [(row["business_date"], row["open"]) for row in days] == [
        ("2026-01-18", False),
        ("2026-01-17", False),
        ("2026-01-16", False),
        ("2026-01-15", False),
    ]


async def test_the_next_day_waits_until_the_open_one_is_closed(branch: Branch) -> None:
    await branch.reads.fetch("UPDATE business_days SET closed = false WHERE partition = 1")  # still at work
    response = await branch.day(day("01-21"))
    assert (response.status_code, response.json()["code"]) == (409, "day-open")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"business_date": "2036-01-15"}, 409, "day-too-far"),
        ({"business_date": "9999-12-31"}, 400, "invalid-input"),
        ({"business_date": "2026-01-17", "calendar": "china/2026a"}, 400, "invalid-input"),
        ({"business_date": "2026-01-16", "calendar": "moon/1"}, 400, "invalid-input"),
    ],
    ids=["too-far", "no-such-century", "weekend", "unknown-calendar"],
)
async def test_a_day_that_cannot_be_opened_is_refused(
    branch: Branch, body: dict[str, str], status: int, code: str
) -> None:
    response = await branch.post("/business-days", body)
    assert (response.status_code, response.json()["code"]) == (status, code)


async def test_only_the_permitted_open_a_day(branch: Branch) -> None:
    body = {"business_date": (BOOKED_ON + timedelta(days=1)).isoformat()}
    assert (await branch.post("/business-days", body, "auditor")).status_code == 403


# -- totals and lists ------------------------------------------------------------------------------------------------------


async def test_the_books_and_the_portfolio_add_up_over_loans_of_every_kind(branch: Branch) -> None:
    settled, overdue, lost = [await branch.disburse(name) for name in "123"]
    await branch.receive("BANK-1", "13000", loan_id=settled)
    await branch.receive("BANK-2", "500", loan_id=overdue)
    waiver = {"principal": as_json("100"), "reason": "hardship"}
    await branch.post(f"/loans/{overdue}/waivers", waiver, "finance-officer")
    await pass_days(branch, day("06-01"))
    await branch.post(f"/loans/{lost}/write-off", {"reason": "no assets"}, "finance-officer")
    answer = await branch.get("/books")
    (books,) = answer["books"]
    assert {
        name: books[name]["amount"] for name in ("disbursed", "repaid", "outstanding", "written_off", "forgiven")
    } == {
        "disbursed": "36000.00",
        "repaid": "12356.00",
        "outstanding": "11544.00",
        "written_off": "12000.00",
        "forgiven": "100.00",
    }
    assert books["balanced"]
    (receipts,) = answer["receipts"]
    assert (receipts["received"], receipts["applied"], receipts["suspended"]) == (
        amount("13500"),
        amount("13436"),
        amount("64"),
    )
    assert receipts["balanced"]
    groups = (await branch.get("/portfolio"))["portfolio"]
    assert [(group["status"], group["bucket"], group["loans"]) for group in groups] == [
        ("overdue", "M4", 1),
        ("settled", "M0", 1),
        ("written-off", "M4", 1),
    ]
    assert float(groups[0]["past_due"]["amount"]) > 4_000


async def test_lists_are_paged_and_filtered(branch: Branch) -> None:
    loans = sorted([await branch.disburse(str(number)) for number in range(5)])
    first = await branch.get("/loans?limit=3")
    rest = await branch.get(f"/loans?limit=3&after={first['next']}")
    assert [loan["loan_id"] for loan in first["loans"] + rest["loans"]] == loans
    assert rest["next"] is None
    assert (await branch.get("/loans?status=settled"))["loans"] == []
    due = await branch.get("/due?until=2026-03-15&limit=7")
    more = await branch.get(f"/due?until=2026-03-15&limit=7&after={due['next']}")
    assert [(row["loan_id"], row["number"]) for row in due["due"] + more["due"]] == [
        (loan_id, number) for loan_id in loans for number in (1, 2)
    ]


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("loans?status=bogus", "status", "'active', 'overdue'"),
        ("loans?statuss=active", "statuss", "did you mean status?; there are status, bucket"),
        ("loans?bucket=M9", "bucket", "'M0', 'M1'"),
        ("loans?after=zzz", "after", "'zzz' is no place of this list"),
        ("receipts?after=zzz", "after", "'zzz' is no place of this list"),
        ("receipts?status=bogus", "status", "'received', 'applied'"),
        ("due?until=2026-03-15&after=zzz/1", "after", "'zzz/1' is no place of this list"),
        ("due?until=1767571200", "until", "YYYY-MM-DD"),
        ("due?until=2026-03-15&value_date=0", "value_date", "YYYY-MM-DD"),
        ("events?type=Bogus", "type", "servicing has AggregateHeld"),
    ],
)
async def test_a_query_that_can_mean_nothing_is_refused_with_what_there_is(
    branch: Branch, query: str, field: str, said: str
) -> None:
    problem = await branch.get(f"/{query}", status=400)
    assert (problem["code"], problem["errors"][0]["field"]) == ("invalid-input", field)
    assert said in problem["errors"][0]["message"]


@pytest.mark.parametrize("value", [1767571200, 0, "1767571200", "2026-01-20T00:00:00", "20-01-2026", True])
async def test_a_date_is_an_iso_date_or_refused(branch: Branch, value: Any) -> None:
    receipt = {"bank_reference": "B-1", "amount": as_json("10"), "value_date": value}
    answer = await branch.post("/receipts", receipt)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "value_date")
    answer = await branch.post("/business-days", {"business_date": value})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "business_date")


async def test_a_borrower_sees_their_own_loans_and_no_totals(branch: Branch) -> None:
    mine = await branch.disburse("1", party="party-me")
    theirs = await branch.disburse("2", party=PARTY)
    await branch.receive("BANK-2", "10", loan_id=theirs)
    me = "borrower@party-me"
    assert [loan["loan_id"] for loan in (await branch.get("/loans", me))["loans"]] == [mine]
    assert {row["loan_id"] for row in (await branch.get("/due?until=2026-12-31", me))["due"]} == {mine}
    assert (await branch.get(f"/loans/{mine}", me))["party_ref"] == "party-me"
    for path in (f"/loans/{theirs}", f"/loans/{theirs}/schedule", f"/loans/{theirs}/payments", "/receipts/BANK-2"):
        await branch.get(path, me, status=404)
    assert (await branch.get("/receipts", me))["receipts"] == []
    await branch.get("/books", me, status=403)
    await branch.get("/portfolio", me, status=403)


async def test_what_is_not_there_is_a_404(branch: Branch) -> None:
    for path in ("/loans/none", "/loans/none/schedule", "/receipts/none"):
        assert (await branch.get(path, status=404))["code"] == "not-found"
    answer = await branch.post("/loans/none/write-off", {"reason": "lost"}, "finance-officer")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")

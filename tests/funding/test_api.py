"""Funding over HTTP, with its hosts, router, projector and read models."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from schemas import ids
from tests.funding.bank_hall import BankHall, open_hall, yuan
from tests.funding.examples import (
    APPLICATION,
    EXPIRY,
    LOAN,
    OWN,
    cny,
    contract_signed,
    disbursed,
    disbursement_failed,
    payment,
    payment_reversed,
)
from tests.support.deciding import A_DAY

pytestmark = pytest.mark.postgres

LOAN_ACCOUNT = f"loan:{LOAN}"


@pytest.fixture
async def hall(fresh_database: str) -> AsyncIterator[BankHall]:
    async with open_hall(fresh_database) as hall:
        yield hall


async def lend(hall: BankHall, amount: str = "1000.00") -> None:
    """A loan funded from own capital and paid out."""
    await hall.happen("contract", contract_signed(cny(amount)))
    await hall.happen("drawdown", disbursed(cny(amount)))


async def balances(hall: BankHall) -> dict[str, str]:
    """The books by kind of account."""
    (book,) = (await hall.read("/custody"))["books"]
    return {kind: money["amount"] for kind, money in book["balances"].items()}


async def test_a_deposit_shows_on_the_account_and_in_the_books(hall: BankHall) -> None:
    await hall.open(OWN, "5000.00")
    account = await hall.read(f"/accounts/{OWN}?at-least=2")
    assert account == {
        "account_id": OWN,
        "owner": "own-capital",
        "currency": "CNY",
        "opened_at": account["opened_at"],
        "opened_on": A_DAY.isoformat(),
        "available": yuan("5000.00"),
        "reserved": yuan("0.00"),
        "due_back": yuan("0.00"),
    }
    assert await hall.read("/custody") == {
        "books": [
            {
                "currency": "CNY",
                "balances": {
                    "bank": yuan("-5000.00"),
                    "lender": yuan("5000.00"),
                    "loan": yuan("0.00"),
                    "in-transit": yuan("0.00"),
                    "due-back": yuan("0.00"),
                },
                "sum": yuan("0.00"),
                "in_transit_total": yuan("0.00"),
                "in_transit_accounts": 0,
                "balanced": True,
            }
        ],
        "balanced": True,
    }


async def test_empty_books_are_balanced(hall: BankHall) -> None:
    assert await hall.read("/custody") == {"books": [], "balanced": True}


async def test_a_line_of_the_banks_statement_counts_once_on_one_account(hall: BankHall) -> None:
    await hall.open(OWN, "5000.00")
    await hall.open("reserve-CNY", owner="reserve")
    body = {"amount": yuan("5000.00"), "bank_reference": f"B-{OWN}"}
    again = await hall.post(f"/accounts/{OWN}/deposits", body)
    assert (again.status_code, again.json()["code"]) == (409, "deposit-already-booked")
    elsewhere = await hall.post("/accounts/reserve-CNY/deposits", body)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "bank-reference-used")
    assert (await balances(hall))["lender"] == "5000.00"


async def test_a_repeated_request_is_answered_once(hall: BankHall) -> None:
    await hall.open(OWN)
    body = {"amount": yuan("10.00"), "bank_reference": "B-1"}
    first = await hall.post(f"/accounts/{OWN}/deposits", body, key="same")
    second = await hall.post(f"/accounts/{OWN}/deposits", body, key="same")
    assert first.json()["events"] == second.json()["events"]
    assert (await balances(hall))["lender"] == "10.00"


async def test_a_transfer_moves_money_between_two_accounts(hall: BankHall) -> None:
    await hall.open(OWN, "100.00")
    await hall.open("reserve-CNY", owner="reserve")
    body = {"from_account": OWN, "to_account": "reserve-CNY", "amount": yuan("30.00"), "purpose": "risk reserve"}
    opened = (await hall.post("/transfers", body)).json()
    transfer = await hall.read(f"/transfers/{opened['transfer_id']}?at-least=4")
    assert (transfer["status"], transfer["reference"], transfer["expires_on"]) == (
        "captured",
        "risk reserve",
        EXPIRY.isoformat(),
    )
    assert (transfer["amount"], transfer["in_transit"]) == (yuan("30.00"), yuan("0.00"))
    accounts = (await hall.read("/accounts"))["accounts"]
    assert [(a["account_id"], a["available"]["amount"]) for a in accounts] == [
        (OWN, "70.00"),
        ("reserve-CNY", "30.00"),
    ]


@pytest.mark.parametrize(
    ("payer", "payee", "reason"),
    [
        (OWN, "nobody", "unknown-account"),
        ("nobody", OWN, "unknown-account"),
        ("reserve-CNY", OWN, "insufficient-money"),
    ],
)
async def test_a_transfer_that_cannot_be_made_leaves_everything_as_it_was(
    hall: BankHall, payer: str, payee: str, reason: str
) -> None:
    await hall.open(OWN, "100.00")
    await hall.open("reserve-CNY", owner="reserve")
    body = {"from_account": payer, "to_account": payee, "amount": yuan("30.00"), "purpose": "x"}
    opened = (await hall.post("/transfers", body)).json()
    transfer = await hall.read(f"/transfers/{opened['transfer_id']}")
    assert (transfer["status"], transfer["reason"]) == ("released", reason)
    assert (await hall.read(f"/accounts/{OWN}"))["available"] == yuan("100.00")
    assert (await hall.read("/custody"))["books"][0]["in_transit_accounts"] == 0


async def test_a_signed_contract_is_funded_and_its_payout_leaves_custody(hall: BankHall) -> None:
    await hall.open(OWN, "5000.00")
    await hall.happen("contract", contract_signed(cny("1000.00")))
    funding = await hall.read(f"/fundings/{APPLICATION}?at-least=2")
    assert (funding["status"], funding["attempts"], funding["amount"]) == ("funded", 1, yuan("1000.00"))
    assert (await hall.read(f"/accounts/{LOAN_ACCOUNT}"))["available"] == yuan("1000.00")
    own = (await hall.read(f"/accounts?owner={LOAN_ACCOUNT}"))["accounts"]
    assert [account["account_id"] for account in own] == [LOAN_ACCOUNT]
    await hall.happen("drawdown", disbursed(cny("1000.00")))
    assert await balances(hall) == {
        "bank": "-4000.00",
        "lender": "4000.00",
        "loan": "0.00",
        "in-transit": "0.00",
        "due-back": "0.00",
    }


async def test_the_money_of_a_loan_whose_payout_failed_goes_back_to_its_lender(hall: BankHall) -> None:
    await hall.open(OWN, "5000.00")
    await hall.happen("contract", contract_signed(cny("1000.00")))
    await hall.happen("drawdown", disbursement_failed(cny("1000.00")))
    assert (await balances(hall))["lender"] == "5000.00"
    assert (await hall.read(f"/accounts/{LOAN_ACCOUNT}"))["available"] == yuan("0.00")


async def test_a_funding_without_money_fails_and_a_finance_officer_tries_again(hall: BankHall) -> None:
    await hall.open(OWN, "10.00")
    await hall.happen("contract", contract_signed(cny("1000.00")))
    failed = await hall.read(f"/fundings/{APPLICATION}")
    assert (failed["status"], failed["reason"]) == ("failed", "insufficient-money")
    await hall.post(f"/accounts/{OWN}/deposits", {"amount": yuan("990.00"), "bank_reference": "B-2"})
    assert (await hall.post(f"/fundings/{APPLICATION}/retries", user="auditor")).status_code == 403
    assert (await hall.post(f"/fundings/{APPLICATION}/retries")).status_code == 200
    funded = await hall.read(f"/fundings/{APPLICATION}")
    assert (funded["status"], funded["reason"], funded["attempts"]) == ("funded", "", 2)
    again = await hall.post(f"/fundings/{APPLICATION}/retries")
    assert (again.status_code, again.json()["code"]) == (409, "already-funded")


async def test_a_repayment_reaches_the_lender_and_a_reversal_takes_it_back(hall: BankHall) -> None:
    await hall.open(OWN, "1000.00")
    await lend(hall)
    await hall.happen(LOAN, payment(cny("90.00")))
    assert await balances(hall) == {
        "bank": "-90.00",
        "lender": "90.00",
        "loan": "0.00",
        "in-transit": "0.00",
        "due-back": "0.00",
    }
    (shown,) = (await hall.read(f"/distributions?loan_id={LOAN}"))["distributions"]
    assert (shown["receipt_id"], shown["status"], shown["reversal"]) == ("R-1", "distributed", False)
    assert (shown["principal"], shown["in_transit"]) == (yuan("90.00"), yuan("0.00"))
    assert shown["shares"] == [{"account_id": OWN, "amount": yuan("90.00")}]
    await hall.happen(LOAN, payment_reversed(cny("90.00")))
    assert (await balances(hall))["lender"] == "0.00"
    assert len((await hall.read(f"/distributions?loan_id={LOAN}"))["distributions"]) == 2


async def test_what_a_lender_spent_before_the_reversal_is_owed_until_money_comes_in(hall: BankHall) -> None:
    await hall.open(OWN, "1000.00")
    await hall.open("reserve-CNY", owner="reserve")
    await lend(hall)
    await hall.happen(LOAN, payment(cny("90.00")))
    spend = {"from_account": OWN, "to_account": "reserve-CNY", "amount": yuan("80.00"), "purpose": "x"}
    await hall.post("/transfers", spend)
    await hall.happen(LOAN, payment_reversed(cny("90.00")))
    owing = await hall.read(f"/accounts/{OWN}")
    assert (owing["available"], owing["due_back"]) == (yuan("0.00"), yuan("80.00"))
    assert (await hall.read("/custody"))["balanced"]
    assert (await balances(hall))["due-back"] == "-80.00"
    await hall.happen(LOAN, payment(cny("100.00"), receipt="R-2"))
    settled = await hall.read(f"/accounts/{OWN}")
    assert (settled["available"], settled["due_back"]) == (yuan("20.00"), yuan("0.00"))


async def test_a_repayment_whose_shares_are_unknown_is_shown_as_pending(hall: BankHall) -> None:
    await hall.happen(LOAN, payment(cny("90.00")))
    (shown,) = (await hall.read(f"/distributions?loan_id={LOAN}"))["distributions"]
    assert (shown["status"], shown["shares"]) == ("pending", [])
    await hall.open(OWN, "1000.00")
    await lend(hall)
    (shown,) = (await hall.read(f"/distributions?loan_id={LOAN}"))["distributions"]
    assert shown["status"] == "distributed"
    assert (await balances(hall))["lender"] == "90.00"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/accounts", {"account_id": "loan:1", "owner": "x", "currency": "CNY"}, "account_id"),
        ("/accounts", {"account_id": "lender-1", "owner": "", "currency": "CNY"}, "owner"),
        ("/accounts", {"account_id": "lender-1", "owner": "x", "currency": "yuan"}, "currency"),
        ("/accounts", {"account_id": "lender-1", "owner": "x", "currency": "XXX"}, "currency"),
        (
            f"/accounts/{OWN}/deposits",
            {"amount": {"amount": "1e1", "currency": "CNY"}, "bank_reference": "B"},
            "amount",
        ),
        (f"/accounts/{OWN}/deposits", {"amount": {"amount": 1, "currency": "CNY"}, "bank_reference": "B"}, "amount"),
        (f"/accounts/{OWN}/deposits", {"amount": yuan("-1"), "bank_reference": "B"}, "amount"),
        (f"/accounts/{OWN}/deposits", {"amount": yuan("1.001"), "bank_reference": "B"}, "amount"),
        (f"/accounts/{OWN}/deposits", {"amount": yuan("1"), "bank_reference": "a b"}, "bank_reference"),
        (
            "/transfers",
            {"from_account": "in-transit/x", "to_account": OWN, "amount": yuan("1"), "purpose": "x"},
            "from_account",
        ),
    ],
)
async def test_bad_input_names_its_field_and_writes_nothing(hall: BankHall, path: str, body: Any, field: str) -> None:
    answer = await hall.post(path, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input")
    assert field in answer.json()["errors"][0]["field"]
    assert [target for target, _ in await hall.world.commands("funding") if not target.startswith("partition-")] == []


@pytest.mark.parametrize(
    "path", [f"/accounts/{OWN}", f"/transfers/{ids.derived('none')}", f"/fundings/{ids.derived('none')}"]
)
async def test_what_is_not_there_is_not_found(hall: BankHall, path: str) -> None:
    answer = await hall.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_reading_and_moving_money_need_their_permissions(hall: BankHall) -> None:
    for path in (f"/accounts/{OWN}", "/accounts", "/custody", f"/fundings/{APPLICATION}", "/distributions?loan_id=x"):
        assert (await hall.get(path, "borrower")).status_code == 403
    for path, body in (
        ("/accounts", {"account_id": OWN, "owner": "x", "currency": "CNY"}),
        (f"/accounts/{OWN}/deposits", {"amount": yuan("1.00"), "bank_reference": "B"}),
        ("/transfers", {"from_account": OWN, "to_account": "other", "amount": yuan("1.00"), "purpose": "x"}),
    ):
        assert (await hall.post(path, body, user="auditor")).status_code == 403

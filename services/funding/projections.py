"""Read models of funding: accounts, the custody books, deposits, transfers, fundings, distributions.

Balances are sums of the postings that the events carry, and of nothing else. All tables are written from funding's own events
alone; a transfer's row is written by its own events and, for the money in transit, by those of the two accounts.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from loanstream.runtime.definitions import Projection, Row
from schemas.envelope import EventMeta
from schemas.funding import events as happened
from schemas.funding.events import BANK, DUE_BACK, IN_TRANSIT
from schemas.money import Money, minor
from schemas.terms import Posting
from services.funding.domain.books import LOAN, due_back
from services.funding.domain.repayment import distribution_id
from services.funding.reactions import DISTRIBUTION

TRANSIT = "in-transit"
"""Under which the books sum all money in transit; transfers and distributions show each one's."""


def _opened(event: happened.AccountOpened, meta: EventMeta) -> Sequence[Row]:
    values = {
        "owner": event.owner,
        "currency": event.currency,
        "opened_at": meta.time,
        "opened_on": meta.business_date,
    }
    return [Row("accounts", {"account_id": event.account_id}, values)]


def _deposited(event: happened.MoneyDeposited, meta: EventMeta) -> Sequence[Row]:
    key = {"account_id": event.account_id, "bank_reference": event.bank_reference}
    values = {**_amount(event.amount), "deposited_at": meta.time, "business_date": meta.business_date}
    return [Row("deposits", key, values), _account(event), *_balances(event.postings, meta)]


def _withdrawn(event: happened.MoneyWithdrawn, meta: EventMeta) -> Sequence[Row]:
    return [_account(event), *_balances(event.postings, meta)]


def _reserved(event: happened.MoneyReserved, meta: EventMeta) -> Sequence[Row]:
    account = _account(event, reserved=minor(event.amount))
    return [account, _transit("transfers", event.transfer_id, event.postings), *_balances(event.postings, meta)]


def _released(event: happened.ReservationReleased, meta: EventMeta) -> Sequence[Row]:
    account = _account(event, reserved=-minor(event.amount))
    return [account, _transit("transfers", event.transfer_id, event.postings), *_balances(event.postings, meta)]


def _captured(event: happened.ReservationCaptured, _meta: EventMeta) -> Sequence[Row]:
    gone = {"reserved_minor": -minor(event.amount)}
    return [Row("accounts", {"account_id": event.account_id}, increments=gone)]


def _credited(event: happened.MoneyCredited, meta: EventMeta) -> Sequence[Row]:
    table = "distributions" if event.purpose == DISTRIBUTION else "transfers"
    transit = _transit(table, event.transfer_id, event.postings)
    return [_account(event), transit, *_balances(event.postings, meta)]


def _taken_back(event: happened.MoneyTakenBack, meta: EventMeta) -> Sequence[Row]:
    transit = _transit("distributions", event.transfer_id, event.postings)
    return [_account(event), transit, *_balances(event.postings, meta)]


def _transfer_opened(event: happened.TransferOpened, meta: EventMeta) -> Sequence[Row]:
    values = {
        "from_account": event.from_account,
        "to_account": event.to_account,
        **_amount(event.amount),
        "purpose": event.purpose,
        "reference": event.reference,
        "status": "opened",
        "reason": "",
        "opened_at": meta.time,
        "business_date": meta.business_date,
        "expires_on": event.expires_on,
    }
    return [Row("transfers", {"transfer_id": event.transfer_id}, values)]


_TRANSFER_STATUS: Mapping[type, str] = {
    happened.TransferReserved: "reserved",
    happened.TransferCredited: "credited",
    happened.TransferCaptured: "captured",
    happened.TransferCancelled: "cancelled",
    happened.TransferReleased: "released",
}


def _transfer_moved(event: Any, _meta: EventMeta) -> Sequence[Row]:
    values = {"status": _TRANSFER_STATUS[type(event)], "reason": getattr(event, "reason", "")}
    return [Row("transfers", {"transfer_id": event.transfer_id}, values)]


def _funding_requested(event: happened.FundingRequested, meta: EventMeta) -> Sequence[Row]:
    values = {
        "loan_id": event.loan_id,
        "contract_id": event.contract_id,
        "transfer_id": event.transfer_id,
        "lender_account": event.lender_account,
        "loan_account": event.loan_account,
        **_amount(event.amount),
        "status": "requested",
        "reason": "",
        "updated_at": meta.time,
    }
    return [Row("fundings", {"application_id": event.application_id}, values, {"attempts": 1})]


def _funded(event: happened.Funded, meta: EventMeta) -> Sequence[Row]:
    values = {"status": "funded", "updated_at": meta.time}
    return [Row("fundings", {"application_id": event.application_id}, values)]


def _funding_failed(event: happened.FundingFailed, meta: EventMeta) -> Sequence[Row]:
    values = {"status": "failed", "reason": event.reason, "updated_at": meta.time}
    return [Row("fundings", {"application_id": event.application_id}, values)]


def _pending(event: happened.RepaymentPending, meta: EventMeta) -> Sequence[Row]:
    distribution = distribution_id(event.loan_id, event.receipt_id, reversal=event.reversal)
    values = {**_repayment(event, meta), "status": "pending"}
    return [Row("distributions", {"distribution_id": distribution}, values)]


def _distributed(event: happened.RepaymentDistributed, meta: EventMeta) -> Sequence[Row]:
    transit = _transit("distributions", event.distribution_id, event.postings)
    values = {**_repayment(event, meta), "status": "distributed"}
    distribution = Row("distributions", transit.key, values, transit.increments)
    shares = [
        Row(
            "distribution_shares",
            {"distribution_id": event.distribution_id, "account_id": share.account_id},
            {"loan_id": event.loan_id, **_amount(share.amount)},
        )
        for share in event.shares
    ]
    return [distribution, *shares, *_balances(event.postings, meta)]


def _repayment(event: happened.RepaymentPending | happened.RepaymentDistributed, meta: EventMeta) -> dict[str, Any]:
    """What a receipt's distribution shows from the moment it is known."""
    return {
        "loan_id": event.loan_id,
        "receipt_id": event.receipt_id,
        "kind": event.kind,
        "reversal": event.reversal,
        **_amount(event.amount),
        "principal_minor": minor(event.components.principal),
        "interest_minor": minor(event.components.interest),
        "penalty_minor": minor(event.components.penalty),
        "updated_at": meta.time,
        "business_date": meta.business_date,
    }


def _account(event: Any, *, reserved: int = 0) -> Row:
    """The account after an event that moved its money."""
    owes = due_back(event.account_id)
    owed = -sum(minor(posting.amount) for posting in event.postings if posting.account == owes)
    changed = {"reserved_minor": reserved, "due_back_minor": owed}
    increments = {column: units for column, units in changed.items() if units}
    return Row("accounts", {"account_id": event.account_id}, {"available_minor": minor(event.balance)}, increments)


def _transit(table: str, transfer_id: str, postings: Sequence[Posting]) -> Row:
    """What stands in transit in one transfer or distribution."""
    units = sum(minor(posting.amount) for posting in postings if posting.account == f"{IN_TRANSIT}{transfer_id}")
    key = "transfer_id" if table == "transfers" else "distribution_id"
    return Row(table, {key: transfer_id}, {"currency": postings[0].amount.currency}, {"in_transit_minor": units})


def _balances(postings: Sequence[Posting], meta: EventMeta) -> list[Row]:
    return [_balance(posting, meta.partition) for posting in postings]


def _balance(posting: Posting, partition: int) -> Row:
    kind = _kind(posting.account)
    account = TRANSIT if kind == TRANSIT else posting.account
    key = {"account": account, "currency": posting.amount.currency, "part": partition}
    return Row("balances", key, {"kind": kind}, {"minor": minor(posting.amount)})


def _kind(account: str) -> str:
    """What an account of the books is for."""
    if account == BANK:
        return "bank"
    prefixes = {IN_TRANSIT: TRANSIT, DUE_BACK: "due-back", LOAN: "loan"}
    return next((kind for prefix, kind in prefixes.items() if account.startswith(prefix)), "lender")


def _amount(money: Money) -> dict[str, Any]:
    return {"amount_minor": minor(money), "currency": money.currency}


PROJECTION = Projection(
    migrations=Path(__file__).parent / "migrations",
    handlers={
        happened.AccountOpened: _opened,
        happened.MoneyDeposited: _deposited,
        happened.MoneyWithdrawn: _withdrawn,
        happened.MoneyReserved: _reserved,
        happened.ReservationReleased: _released,
        happened.ReservationCaptured: _captured,
        happened.MoneyCredited: _credited,
        happened.MoneyTakenBack: _taken_back,
        happened.TransferOpened: _transfer_opened,
        **dict.fromkeys(_TRANSFER_STATUS, _transfer_moved),
        happened.FundingRequested: _funding_requested,
        happened.Funded: _funded,
        happened.FundingFailed: _funding_failed,
        happened.RepaymentPending: _pending,
        happened.RepaymentDistributed: _distributed,
    },
)

"""The custody books 存管账: names of accounts, postings, and which amounts can be booked.

Every cent that the custody bank holds for somebody stands on exactly one account, and the bank's mirror account holds the
same sum negative, so all balances of a currency sum to zero after every event:

==========================  ==============================================================================
deposit 充值                bank −X, account +X (what the owner owes is settled first)
reserve 冻结                account −X, in-transit/<transfer> +X
credit                      in-transit/<transfer> −X, account +X
release 解冻                in-transit/<transfer> −X, account +X
payout of a loan 放款       account −X, bank +X
distribution of a receipt   bank −X, in-transit/<distribution> +X; then a credit per lender
reversal of a receipt       bank +X, in-transit/<distribution> −X; then, per lender, account −a, due-back −(X−a),
                            in-transit +X, where a is what is available
==========================  ==============================================================================

Incoming money enters these books when a receipt is applied to its loan, and only as much as was applied. What servicing
holds as surplus or in suspense 挂账 stands at the bank outside them, under servicing's receipts, until it is applied or
refunded: custody owes it to nobody whose account it could name.
"""

from collections.abc import Mapping
from re import compile as pattern

from schemas.decision import Refusal
from schemas.funding.events import BANK, DUE_BACK, IN_TRANSIT
from schemas.money import MINOR_DIGITS, Money, minor, of_minor
from schemas.terms import Posting

LOAN = "loan:"
"""Prefix of the account that holds a loan's money between funding and payout."""

LARGEST_UNITS = 10**15
"""Most minor units of one booking: sums of thousands of them still fit the read models' 64-bit columns."""

_ACCOUNT_ID = pattern(r"[A-Za-z0-9][A-Za-z0-9._-]{2,63}")
_RESERVED_ID = pattern(r"bank|partition-.*|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def own_capital(currency: str) -> str:
    """The account of the one lender for now 自有资金: ``own-capital-CNY``."""
    return f"own-capital-{currency}"


def loan_account(loan_id: str) -> str:
    """The account of a loan."""
    return f"{LOAN}{loan_id}"


def in_transit(transfer_id: str) -> str:
    """The account of money under way in a transfer or distribution."""
    return f"{IN_TRANSIT}{transfer_id}"


def due_back(account_id: str) -> str:
    """The account of what an account's owner must give back."""
    return f"{DUE_BACK}{account_id}"


def postings(currency: str, legs: Mapping[str, int]) -> tuple[Posting, ...]:
    """Postings of minor units by account, those of zero left out. Raises ``ValueError`` when they do not sum to zero."""
    if sum(legs.values()):
        raise ValueError(f"postings sum to {sum(legs.values())} {currency} minor units, not to zero: {legs}")
    return tuple(Posting(account=account, amount=of_minor(units, currency)) for account, units in legs.items() if units)


def moved(source: str, target: str, units: int, currency: str) -> tuple[Posting, ...]:
    """Postings of ``units`` from one account to another; negative units go the other way."""
    return postings(currency, {source: -units, target: units})


def from_bank(target: str, units: int, currency: str) -> tuple[Posting, ...]:
    """Postings of money that the bank took in for ``target``; negative units are paid out."""
    return moved(BANK, target, units, currency)


def bookable(money: Money, currency: str) -> int | Refusal:
    """The minor units of ``money`` when an account in ``currency`` can book it, else why not."""
    if money.currency != currency:
        return Refusal("currency-mismatch", f"The account is in {currency}, the amount in {money.currency}.")
    try:
        units = minor(money)
    except ValueError as error:
        return Refusal("bad-amount", f"{error}; send whole minor units.")
    if not 0 < units <= LARGEST_UNITS:
        return Refusal(
            "bad-amount",
            f"{money.amount} {money.currency} cannot be booked: the amount must be above 0 and within the limit.",
            rule="largest booking",
            limit=str(of_minor(LARGEST_UNITS, currency).amount),
            source="house rule: sums fit the read models",
        )
    return units


def account_id_refusal(account_id: str) -> Refusal | None:
    """Why no account of a person can have this id: its form, or a name that the books or other records use."""
    if _ACCOUNT_ID.fullmatch(account_id) and not _RESERVED_ID.fullmatch(account_id):
        return None
    return Refusal(
        "bad-account-id",
        f"{account_id!r} cannot name an account: use 3 to 64 letters, digits, '.', '_' or '-', starting with a letter or digit; "
        "'bank', 'partition-…' and identifiers of records (uuids) are taken.",
    )


def owner_refusal(account_id: str, owner: str) -> Refusal | None:
    """Why this owner cannot have an account of this id: a loan's account belongs to the loan, and nothing else does."""
    if account_id.startswith(LOAN) and owner == account_id:
        return None
    if owner.startswith(LOAN):
        return Refusal("bad-owner", f"Only the account of a loan belongs to a loan, not {account_id}; name the lender.")
    return account_id_refusal(account_id)


def currency_refusal(currency: str) -> Refusal | None:
    """Why there can be no account in ``currency``."""
    if currency in MINOR_DIGITS:
        return None
    return Refusal("unknown-currency", f"Unknown currency {currency!r}; known: {', '.join(sorted(MINOR_DIGITS))}.")

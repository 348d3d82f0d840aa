"""Where a loan stands besides what it owes: called, misused, its class, its accrual status. Most loans have none of it."""

from datetime import date

from schemas.state import State
from schemas.terms import AssetClass


class Standing(State, frozen=True):
    """What decisions and arrears left behind."""

    accelerated: date | None = None
    """When the loan was called 提前到期."""
    heavier_from: date | None = None
    """From when misused funds bear the heavier rate."""
    asset_class: AssetClass = AssetClass.NORMAL
    by_person: bool = False
    """Whether a person set the class: it does not return by itself then."""
    excepted: date | None = None
    """Arrears that count from this day have a technical cause: for seven days they are none for the class."""
    non_accrual: date | None = None
    """Since when the loan is in non-accrual status 非应计."""
    clean_since: date | None = None
    """When the last arrears ended, or a person set a worse class: punctual payments count from here."""
    clean_number: int = 0
    """Instalments that had become due by then."""
    accrued_until: date | None = None
    """The month's end up to which accrued interest was stated."""


NONE = Standing()
"""A loan of which nothing of the kind can be said."""

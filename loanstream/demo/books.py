"""The books as the demo checks them: every term from the service that knows it, summed on its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from loanstream.demo.borrowers import CURRENCY
from loanstream.demo.client import Api
from loanstream.demo.ledger import READER, pages

USES = ("repaid", "outstanding", "written_off", "forgiven", "sold")
"""What may have become of principal that was disbursed."""

_ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Books:
    """Principal by what became of it, and the custody accounts; CNY, of the whole system."""

    disbursed: Decimal
    """Sum of ``Disbursed``, from origination."""
    booked: Decimal
    """Principal of the loans on the books, from servicing."""
    uses: Mapping[str, Decimal]
    """By the names of :data:`USES`, from servicing: allocations and what the loans' states say is outstanding."""
    custody: Decimal
    """All custody accounts together."""
    in_transit: Decimal
    """Money between two accounts."""

    @property
    def balanced(self) -> bool:
        """Disbursed = booked = repaid + outstanding + written off + forgiven + sold; custody closes, nothing is under way."""
        closes = self.disbursed == self.booked == sum(self.uses.values(), _ZERO)
        return closes and self.custody == 0 and self.in_transit == 0

    def as_json(self) -> dict[str, Any]:
        """The terms as text in major units, and whether they close."""
        terms = {"disbursed": self.disbursed, **self.uses}
        return {
            "currency": CURRENCY,
            **{name: str(amount) for name, amount in terms.items()},
            "balanced": self.balanced,
        }


async def read_books(api: Api) -> Books:
    """The books as they stand; right when nothing is under way."""
    disbursed = _ZERO
    async for row in pages(api, "/api/origination/drawdowns", "drawdowns", state="disbursed"):
        if row["amount"]["currency"] == CURRENCY:
            disbursed += Decimal(row["amount"]["amount"])
    servicing = _of_currency((await api.get(READER, "/api/servicing/books"))["books"])
    custody = _of_currency((await api.get(READER, "/api/funding/custody"))["books"])
    return Books(
        disbursed=disbursed,
        booked=_amount(servicing, "disbursed"),
        uses={name: _amount(servicing, name) for name in USES},
        custody=_amount(custody, "sum"),
        in_transit=_amount(custody, "in_transit_total"),
    )


def _of_currency(books: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    return next((book for book in books if book["currency"] == CURRENCY), {})


def _amount(book: Mapping[str, Any], name: str) -> Decimal:
    return Decimal(book[name]["amount"]) if name in book else _ZERO

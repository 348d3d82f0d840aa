"""A life of a loan as JSON: terms, and what happens in the order in which it is recorded.

Transactions are numbered from 1 in their order; a later one names an earlier one by its number.
"""

from datetime import date as Day
from typing import Annotated, Literal

from pydantic import Field

from schemas.fields import IsoDate, whole
from services.servicing.domain.terms import TransactionKind
from services.servicing.quoting.terms_document import MOST, Amount, ChargeDocument, Flag, Part, Percent, TermsDocument

Number = Annotated[int, whole(1, MOST)]


class Happening(Part):
    """Something on a day."""

    date: IsoDate
    """Value date: from when it counts."""
    recorded: IsoDate | None = None
    """Business day on which it became known; the value date unless stated."""

    @property
    def known(self) -> Day:
        """The day on which it became known."""
        return self.recorded or self.date


class DisbursementDocument(Happening):
    """Money is paid out 放款."""

    type: Literal["disbursement"]
    """What happens."""
    amount: Amount
    """In the currency of the terms."""


class PaymentDocument(Happening):
    """Money or credit settles the debt, in the order agreed for its kind."""

    type: Literal[
        TransactionKind.REPAYMENT,
        TransactionKind.DOWN_PAYMENT,
        TransactionKind.MERCHANT_ISSUED_REFUND,
        TransactionKind.PAYOUT_REFUND,
        TransactionKind.GOODWILL_CREDIT,
        TransactionKind.INTEREST_PAYMENT_WAIVER,
        TransactionKind.CHARGE_ADJUSTMENT,
    ]
    """What happens."""
    amount: Amount
    """In the currency of the terms."""
    refund_interest: Flag = True
    """A refund gives back interest too, where the terms say so."""


class ChargebackDocument(Happening):
    """A payment is claimed again on its own date 拒付; the payment stays."""

    type: Literal["chargeback"]
    """What happens."""
    payment: Number
    """Number of the payment."""
    amount: Amount
    """What is claimed again."""


class CreditRefundDocument(Happening):
    """A credit balance is paid back; what exceeds it becomes principal."""

    type: Literal["credit-balance-refund"]
    """What happens."""
    amount: Amount
    """In the currency of the terms."""


class AddedChargeDocument(Happening):
    """A charge beside those of the terms."""

    type: Literal["charge"]
    """What happens."""
    charge: ChargeDocument
    """Which one."""


class ReversalDocument(Happening):
    """An earlier transaction never was 冲正."""

    type: Literal["reversal"]
    """What happens; its date is the day on which it is recorded."""
    of: Number
    """Number of the transaction."""


class DayEndDocument(Happening):
    """End of day: overdue principal bears interest up to it, where the terms say so."""

    type: Literal["end-of-day"]
    """What happens."""


class RateChangeDocument(Happening):
    """Another annual rate 重定价; progressive family."""

    type: Literal["rate-change"]
    """What happens."""
    percent: Percent
    """Percent a year."""


class InterestPauseDocument(Happening):
    """No interest arises; progressive family."""

    type: Literal["interest-pause"]
    """What happens."""
    until: IsoDate
    """Last day of it."""


class ExtensionDocument(Happening):
    """More instalments at the end 展期; progressive family."""

    type: Literal["extension"]
    """What happens."""
    instalments: Annotated[int, whole(1, 1200)]
    """How many more."""


class ReamortisationDocument(Happening):
    """What is unpaid in rows due by its date is asked for in the rows after it 重新摊还."""

    type: Literal["re-amortisation"]
    """What happens."""


Transaction = Annotated[
    DisbursementDocument
    | PaymentDocument
    | ChargebackDocument
    | CreditRefundDocument
    | AddedChargeDocument
    | ReversalDocument
    | DayEndDocument
    | RateChangeDocument
    | InterestPauseDocument
    | ExtensionDocument
    | ReamortisationDocument,
    Field(discriminator="type"),
]


class SimulationDocument(Part):
    """Terms and transactions."""

    terms: TermsDocument
    """What is agreed."""
    transactions: Annotated[tuple[Transaction, ...], Field(min_length=1, max_length=1000)]
    """What happens, in the order in which it is recorded."""

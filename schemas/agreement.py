"""What a contract may agree beyond the plain instalment loan. A part that is left out is not agreed: the plain rule holds."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import ConfigDict


class LenderType(StrEnum):
    """Who lends 出借人类型: decides which cap on the price of credit holds."""

    BANK = "bank"
    CONSUMER_FINANCE = "consumer-finance"
    SMALL_LOAN_COMPANY = "small-loan-company"
    PRIVATE = "private"
    """Natural persons, unlicensed firms, lenders on a P2P platform, an own book: the private-lending interpretation applies."""


class ChargedOffAccrual(StrEnum):
    """What a debtor's claim does once the loan is charged off; income stops either way."""

    CLAIM_ONLY = "claim-only"
    """Interest and penalty go on being owed, as a memorandum 表外."""
    STOPPED = "stopped"
    """No penalty any more, and no interest after the day of the charge-off 停息."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeOffTerms:
    """What a charge-off changes for the debtor."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    accrual: ChargedOffAccrual = ChargedOffAccrual.CLAIM_ONLY


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Agreed beyond the plain loan 特别约定; frozen with the terms."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    lender_type: LenderType = LenderType.BANK
    charge_off: ChargeOffTerms | None = None
    """What a charge-off changes; the claim goes on when nothing is agreed."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Agreed beyond the plain loan 特别约定; frozen with the terms."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    lender_type: LenderType = LenderType.BANK

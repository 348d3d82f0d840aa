"""Commands of risk."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from schemas.money import Money
from schemas.registry import command
from schemas.terms import ApplicantProfile, Rate


@command("risk", "assessment")
@dataclass(frozen=True, slots=True, kw_only=True)
class AssessApplicant:
    """Score an accepted application and apply the rules 评估申请人. Key: application; it is assessed once."""

    loan_id: str
    party_ref: str
    amount: Money
    """Asked for."""
    months: Annotated[int, Field(ge=1, le=360)]
    annual_rate: Rate
    """Contract rate of the product version, for the instalment."""
    purpose: str
    profile: ApplicantProfile

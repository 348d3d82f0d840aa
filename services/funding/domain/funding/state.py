"""State of a funding."""

from dataclasses import dataclass
from enum import StrEnum

from schemas import ids


class Status(StrEnum):
    """How far the money for a loan is."""

    REQUESTED = "requested"
    FAILED = "failed"
    FUNDED = "funded"


@dataclass(frozen=True, slots=True)
class Funding:
    """The money for one application's loan, in minor units."""

    status: Status
    contract_id: str
    loan_id: str
    units: int
    currency: str
    attempt: int
    """Number of the transfer under way or ended last, from 1."""


def transfer_of(application_id: str, attempt: int) -> str:
    """Id of the transfer of an attempt."""
    return ids.derived("funding-transfer", application_id, attempt)


def closed(funding: Funding) -> bool:
    """Whether the money is there: nothing follows."""
    return funding.status is Status.FUNDED

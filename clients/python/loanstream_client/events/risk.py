"""Events of risk. Made from the contract by `make contract`; do not edit."""

import datetime

from loanstream_client.events.values import Money, ReasonCode, RuleResult
from loanstream_client.payload import Payload


class AggregateHeld(Payload, frozen=True, kw_only=True):
    """An aggregate failed inside a day: its later commands are refused `on-hold` until it is released."""

    aggregate_id: str
    business_date: datetime.date
    error_id: str
    """Names the dead letter and the log line."""


class AggregateReleased(Payload, frozen=True, kw_only=True):
    """An operator took the aggregate off hold."""

    aggregate_id: str
    reason: str


class BusinessDayClosed(Payload, frozen=True, kw_only=True):
    """Everything due on a business date was done on one partition: how many aggregates, how many events."""

    business_date: datetime.date
    partition: int
    aggregates: int
    """Aggregates that had something due that day."""
    events: int
    """Events they emitted."""
    held: int
    """Aggregates that failed and were put on hold."""


class BusinessDayStarted(Payload, frozen=True, kw_only=True):
    """A business date opened on one partition; emitted by the partition itself, key `partition-<n>`."""

    business_date: datetime.date
    partition: int
    calendar: str


class RiskAssessed(Payload, frozen=True, kw_only=True):
    """An application was assessed: score, rating, reasons, limit, advice, versions 风险评估. Key: application."""

    application_id: str
    loan_id: str
    party_ref: str
    score: int
    rating: str
    """`A` (best) to `E`."""
    probability_of_default: str
    """PD = 1/(1+odds) of the scorecard's calibration."""
    reasons: tuple[ReasonCode, ...]
    """Attributes with the largest shortfall from their best points, and rules that refer or refuse."""
    rules: tuple[RuleResult, ...]
    limit: Money
    """The most that may be lent to this applicant; zero when the advice is to refuse."""
    advice: str
    """`approve`, `refer` (a person decides) or `refuse`."""
    scorecard: str
    """Scorecard and version, e.g. `consumer/1`."""

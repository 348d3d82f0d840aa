"""Events of risk. Made from the contract by `make contract`; do not edit."""

import datetime

from loanstream_client.events.values import Money, ReasonCode, RuleResult
from loanstream_client.payload import Payload


class AggregateHeld(Payload, frozen=True, kw_only=True):
    """An aggregate failed inside a day: its later commands are refused `on-hold` until it is released."""

    aggregate_id: str
    """Id of the aggregate: of the loan, application and so on that the other events name."""
    business_date: datetime.date
    """Business date 营业日."""
    error_id: str
    """Names the dead letter and the log line."""


class AggregateReleased(Payload, frozen=True, kw_only=True):
    """An operator took the aggregate off hold."""

    aggregate_id: str
    """Id of the aggregate: of the loan, application and so on that the other events name."""
    reason: str
    """Why, in the words of the operator."""


class BusinessDayClosed(Payload, frozen=True, kw_only=True):
    """Everything due on a business date was done on one partition: how many aggregates, how many events."""

    business_date: datetime.date
    """Business date 营业日."""
    partition: int
    """Number of the partition, counted from 0."""
    aggregates: int
    """Aggregates that had something due that day."""
    events: int
    """Events they emitted."""
    held: int
    """Aggregates that failed and were put on hold."""


class BusinessDayStarted(Payload, frozen=True, kw_only=True):
    """A business date opened on one partition; emitted by the partition itself, key `partition-<n>`."""

    business_date: datetime.date
    """Business date 营业日."""
    partition: int
    """Number of the partition, counted from 0."""
    calendar: str
    """Version of the calendar that says it is a business day, e.g. `every-day/1`."""


class RiskAssessed(Payload, frozen=True, kw_only=True):
    """An application was assessed: score, rating, reasons, limit, advice, versions 风险评估. Key: application."""

    application_id: str
    """Loan application 贷款申请, a UUID; the loan's, contract's and drawdown's ids follow from it."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    score: int
    """Points of the scorecard 评分, a whole number without unit: more points, less risk."""
    rating: str
    """`A` (best) to `E`."""
    probability_of_default: str
    """PD = 1/(1+odds) of the scorecard's calibration."""
    reasons: tuple[ReasonCode, ...]
    """Attributes with the largest shortfall from their best points, and rules that refer or refuse."""
    rules: tuple[RuleResult, ...]
    """Version of the arithmetic, e.g. `cn-bank/1`."""
    limit: Money
    """The most that may be lent to this applicant; zero when the advice is to refuse."""
    advice: str
    """`approve`, `refer` (a person decides) or `refuse`."""
    scorecard: str
    """Scorecard and version, e.g. `consumer/1`."""

"""Read model of risk: one row an assessment."""

from collections.abc import Sequence
from pathlib import Path

from loanstream.runtime.definitions import Projection, Row
from schemas.codec import encode
from schemas.envelope import EventMeta
from schemas.money import minor
from schemas.risk.events import RiskAssessed


def assessed(event: RiskAssessed, meta: EventMeta) -> Sequence[Row]:
    """The assessment with reasons and rule results as they were recorded."""
    return (
        Row(
            table="assessments",
            key={"application_id": event.application_id},
            values={
                "loan_id": event.loan_id,
                "party_ref": event.party_ref,
                "score": event.score,
                "rating": event.rating,
                "probability_of_default": event.probability_of_default,
                "advice": event.advice,
                "limit_minor": minor(event.limit),
                "currency": event.limit.currency,
                "scorecard": event.scorecard,
                "reasons": encode(event.reasons).decode(),
                "rules": encode(event.rules).decode(),
                "assessed_at": meta.time,
                "business_date": meta.business_date,
            },
        ),
    )


PROJECTION = Projection(migrations=Path(__file__).parent / "migrations", handlers={RiskAssessed: assessed})

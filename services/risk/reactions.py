"""Events of origination that risk acts on."""

from collections.abc import Sequence
from decimal import Decimal

from loanstream.runtime.definitions import Reaction, Send
from schemas.envelope import EventMeta
from schemas.origination.events import ApplicationAccepted
from schemas.risk.commands import AssessApplicant


def assess_accepted(event: ApplicationAccepted, _meta: EventMeta) -> Sequence[Send]:
    """An accepted application is assessed."""
    return (
        Send(
            event.application_id,
            AssessApplicant(
                loan_id=event.loan_id,
                party_ref=event.party_ref,
                amount=event.amount,
                months=event.months,
                annual_rate=Decimal(event.annual_rate),
                purpose=event.purpose,
                profile=event.profile,
            ),
        ),
    )


REACTIONS = (Reaction("assess-accepted", ApplicationAccepted, assess_accepted),)

"""State of a party, as far as origination must protect it."""

from dataclasses import dataclass
from datetime import date

from schemas.origination.events import ApplicationAdmitted, ApplicationBarred, PartyReleased
from services.origination.domain.deciding import folded_by


@dataclass(frozen=True, slots=True)
class Party:
    """Which application is open, and from when a new one is possible."""

    open_application: str = ""
    """Empty when none is open."""
    reapply_from: date | None = None


def _admitted(_state: Party | None, event: ApplicationAdmitted) -> Party:
    return Party(open_application=event.application_id)


def _barred(state: Party, _event: ApplicationBarred) -> Party:
    return state


def _released(_state: Party, event: PartyReleased) -> Party:
    return Party(reapply_from=event.reapply_from)


evolve = folded_by({ApplicationAdmitted: _admitted, ApplicationBarred: _barred, PartyReleased: _released})
"""Apply one event of a party."""

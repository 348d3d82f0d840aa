"""One open application a party, and none before the waiting time after a refusal is over."""

from datetime import date

from schemas.decision import Context
from schemas.origination.commands import AdmitApplication, ReleaseParty
from schemas.origination.events import ApplicationAdmitted, ApplicationBarred, PartyReleased
from services.origination.domain.deciding import Decision, decided_by
from services.origination.domain.party.state import Party


def _admit(state: Party | None, command: AdmitApplication, context: Context) -> Decision:
    party = state or Party()
    if party.open_application == command.application_id:
        return []
    if party.open_application:
        return [_barred(command, context, "duplicate", party.open_application, None)]
    if party.reapply_from is not None and context.business_date < party.reapply_from:
        return [_barred(command, context, "reapply-too-early", "", party.reapply_from)]
    return [ApplicationAdmitted(party_ref=context.aggregate_id, application_id=command.application_id)]


def _barred(
    command: AdmitApplication, context: Context, reason: str, open_application: str, reapply_from: date | None
) -> ApplicationBarred:
    return ApplicationBarred(
        party_ref=context.aggregate_id,
        application_id=command.application_id,
        reason=reason,
        open_application=open_application,
        reapply_from=reapply_from,
    )


def _release(state: Party, command: ReleaseParty, context: Context) -> Decision:
    if state.open_application != command.application_id:
        return []
    event = PartyReleased(
        party_ref=context.aggregate_id,
        application_id=command.application_id,
        reapply_from=command.reapply_from,
    )
    return [event]


decide = decided_by("party", {AdmitApplication: _admit}, {ReleaseParty: _release})
"""Decide one command on a party."""

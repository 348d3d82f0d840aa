"""A party has one open application, and waits after a refusal."""

from datetime import date
from typing import Any

from schemas.origination.commands import AdmitApplication, ReleaseParty
from schemas.origination.events import ApplicationAdmitted, ApplicationBarred, PartyReleased
from tests.origination.samples import PARTY
from tests.support.deciding import Given, given

REAPPLY = date(2026, 2, 4)


def party(*history: Any) -> Given:
    return given(PARTY, *history, aggregate_id="party-1")


def admitted(application: str = "app-1") -> ApplicationAdmitted:
    return ApplicationAdmitted(party_ref="party-1", application_id=application)


def barred(application: str, reason: str, open_application: str, reapply_from: date | None) -> ApplicationBarred:
    return ApplicationBarred(
        party_ref="party-1",
        application_id=application,
        reason=reason,
        open_application=open_application,
        reapply_from=reapply_from,
    )


def released(reapply_from: date | None = None) -> PartyReleased:
    return PartyReleased(party_ref="party-1", application_id="app-1", reapply_from=reapply_from)


def test_the_first_application_is_admitted() -> None:
    party().when(AdmitApplication(application_id="app-1")).then(admitted())


def test_the_same_application_is_admitted_once() -> None:
    party(admitted()).when(AdmitApplication(application_id="app-1")).then()


def test_a_second_application_is_a_duplicate_while_the_first_is_open() -> None:
    expected = barred("app-2", "duplicate", "app-1", None)
    after = party(admitted()).when(AdmitApplication(application_id="app-2")).then(expected)
    assert after.state.open_application == "app-1"


def test_after_its_end_another_application_is_admitted() -> None:
    history = party(admitted()).when(ReleaseParty(application_id="app-1")).then(released())
    history.when(AdmitApplication(application_id="app-2")).then(admitted("app-2"))


def test_a_refusal_makes_the_party_wait() -> None:
    command = ReleaseParty(application_id="app-1", reapply_from=REAPPLY)
    waiting = party(admitted()).when(command).then(released(REAPPLY))
    early = waiting.when(AdmitApplication(application_id="app-2"), on=date(2026, 2, 3))
    early.then(barred("app-2", "reapply-too-early", "", REAPPLY))
    waiting.when(AdmitApplication(application_id="app-2"), on=REAPPLY).then(admitted("app-2"))


def test_the_end_of_a_barred_application_frees_nothing() -> None:
    history = party(admitted(), barred("app-2", "duplicate", "app-1", None))
    history.when(ReleaseParty(application_id="app-2")).then()


def test_a_party_that_never_applied_cannot_be_released() -> None:
    party().when(ReleaseParty(application_id="app-1")).then_refused("unknown-party")

"""The demo from the command line on a fresh folder, and what can be seen and proven there afterwards."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from loanstream.runtime.embedded_postgres import EmbeddedPostgres
from schemas.topics import CONTEXTS
from tests.e2e.conftest import NewFolder
from tests.e2e.system import demo_arguments, good, run

pytestmark = pytest.mark.postgres

LOANS = 50
_LIFE = (
    *("LoanApplied", "ApplicationAccepted", "RiskAssessed", "LoanApproved", "LoanRefused", "ContractDrafted"),
    *("ContractSigned", "Funded", "DisbursementOrdered", "Disbursed", "LoanBooked", "InstallmentDue"),
    *(
        "PaymentReceived",
        "RepaymentDistributed",
        "Overdue",
        "PenaltyCharged",
        "NotificationSent",
        "Settled",
        "WrittenOff",
    ),
)
"""A loan's life, with what befalls some."""


@dataclass(frozen=True, slots=True)
class Lived:
    """A folder with a year of fifty loans in it, and what the demo said."""

    folder: Path
    shown: dict[str, Any]

    def prints(self, *arguments: str) -> str:
        """Output of a command on the folder, which must succeed."""
        return good(*arguments, "--data", str(self.folder))

    def newest(self, event: str) -> dict[str, Any]:
        """The newest event of a type."""
        found: dict[str, Any] = json.loads(self.prints("events", "tail", "--type", event, "-n", "1", "--json"))
        return found


@pytest.fixture(scope="module")
def lived(new_folder: NewFolder) -> Iterator[Lived]:
    folder = new_folder()
    # held, so that not every command has to start the database
    with EmbeddedPostgres(folder):
        yield Lived(folder, json.loads(good(*demo_arguments(folder, LOANS, "+12m"))))


def test_fifty_applicants_live_a_year_and_every_one_is_accounted_for(lived: Lived) -> None:
    loans = lived.shown["loans"]
    assert sum(loans.values()) == LOANS
    assert list(loans) == ["active", "overdue", "settled", "written-off", "refused", "withdrawn", "in-process"]
    assert loans["refused"] > 0, "refused applicants are counted apart from loans"
    assert loans["in-process"] == 0
    assert lived.shown["days"] == 366


def test_the_books_of_the_demo_balance(lived: Lived) -> None:
    books = lived.shown["books"]
    assert books["balanced"] is True
    uses = ("repaid", "outstanding", "written_off", "forgiven", "sold")
    assert sum(Decimal(books[use]) for use in uses) == Decimal(books["disbursed"]) > 0
    assert Decimal(books["written_off"]) > 0


def test_every_station_of_a_loans_life_left_its_event(lived: Lived) -> None:
    events = lived.shown["events"]
    assert [name for name in _LIFE if not events.get(name)] == []
    on_the_books = sum(lived.shown["loans"][state] for state in ("active", "overdue", "settled", "written-off"))
    assert events["LoanApplied"] == LOANS
    assert events["Disbursed"] == events["LoanBooked"] == on_the_books
    assert events["LoanRefused"] == lived.shown["loans"]["refused"]
    assert events["WrittenOff"] == lived.shown["loans"]["written-off"]
    assert events["PaymentReceived"] == events["RepaymentDistributed"]


def test_read_models_and_folds_rebuilt_from_the_streams_are_what_they_were(lived: Lived) -> None:
    printed = lived.prints("rebuild", "--check")
    assert "every table and every folded partition is what it was before" in printed
    assert [context for context in CONTEXTS if f"{context}: " not in printed] == []
    assert printed.count("6 partitions folded from 0 and from a snapshot at half way") == len(CONTEXTS)


def test_the_audit_finds_nothing(lived: Lived) -> None:
    printed = lived.prints("audit", "verify")
    assert "intact" in printed
    stored = sum(lived.shown["events"].values())
    assert f"{stored} events" in printed, "exactly the events that the demo counted were verified"


def test_doctor_finds_nothing_to_mend(lived: Lived) -> None:
    printed = lived.prints("doctor")
    assert "All well." in printed
    assert "✗" not in printed


def test_a_loan_can_be_looked_at_without_a_running_system(lived: Lived) -> None:
    loan_id = lived.newest("Settled")["data"]["loan_id"]
    shown = json.loads(lived.prints("loan", "show", loan_id, "--json"))
    assert shown["loan"]["loan_id"] == loan_id
    assert len(shown["instalments"]) > 1
    timeline = json.loads(lived.prints("loan", "timeline", loan_id, "--json"))
    names = [event["type"].split(".")[2] for event in timeline]
    life = ("LoanApplied", "LoanApproved", "ContractSigned", "Disbursed", "LoanBooked", "PaymentReceived")
    places = [names.index(name) for name in life]
    assert places == sorted(places), "a timeline tells a life in its order"
    assert "Schedule" in lived.prints("loan", "show", loan_id)


def test_a_loan_that_does_not_exist_is_said_to_be_unknown(lived: Lived) -> None:
    done = run("loan", "timeline", "no-such-loan", "--data", str(lived.folder))
    assert done.returncode == 1
    assert "✗ no event names loan no-such-loan" in done.stderr
    assert "Traceback" not in done.stderr


def test_events_dead_letters_and_topics_can_be_looked_at(lived: Lived) -> None:
    tail = lived.prints("events", "tail", "-n", "7", "--service", "servicing").splitlines()
    assert len(tail) == 7
    assert all("servicing" in line for line in tail)
    assert json.loads(lived.prints("deadletters", "list", "--json")) == []
    applied = lived.prints("topics", "apply")
    assert "loanstream.servicing.events.v1" in applied
    assert " new" not in applied, "the demo has made every topic"


def test_a_replay_without_a_running_system_is_refused(lived: Lived) -> None:
    done = run("deadletters", "replay", "servicing", "some-error", "--data", str(lived.folder))
    assert done.returncode == 1
    assert "start `loanstream up` first" in done.stderr

"""What a borrower sends: accepted by the real API's types, plausible, and without a trace of the outcome."""

import json
from collections import Counter
from decimal import Decimal

import pytest

from loanstream.demo import applications
from loanstream.demo.applications import Case
from loanstream.demo.borrowers import Borrower, age_band, application, borrowers, instalment, monthly_income
from loanstream.demo.options import START
from services.origination.routes.intake import ApplicationRequest

RATE = Decimal("0.144")


def bodies(seed: int = 1) -> list[bytes]:
    """The bodies of all 1,000 applications."""
    return [json.dumps(application(b, "consumer-credit", RATE)).encode() for b in borrowers(seed, 1000, START)]


def test_the_api_takes_every_application() -> None:
    for body in bodies():
        ApplicationRequest.model_validate_json(body)


def test_a_borrower_applies_with_the_same_words_whatever_the_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    as_it_was = bodies()
    flipped = tuple(Case(case.declared, not case.repaid) for case in applications.cases())
    monkeypatch.setattr("loanstream.demo.borrowers.cases", lambda: flipped)
    assert bodies() == as_it_was


def test_personal_status_sex_and_foreign_worker_are_never_sent() -> None:
    sent = b"\n".join(bodies()).lower()
    for word in (b"creditability", b"foreign", b"status_and_sex", b"male", b"single", b"divorced", b"married"):
        assert word not in sent


def test_the_declared_income_carries_the_instalment_as_the_declared_class_says() -> None:
    shares: dict[int, list[Decimal]] = {1: [], 2: [], 3: [], 4: []}
    for borrower in borrowers(1, 1000, START):
        income = monthly_income(borrower, RATE)
        assert income >= 800
        assert income % 10 == 0
        if income > 800:
            shares[borrower.declared.instalment_burden].append(_instalment(borrower) / income)
    for burden, (low, high) in {
        1: ("0.11", "0.205"),
        2: ("0.19", "0.255"),
        3: ("0.24", "0.355"),
        4: ("0.34", "0.59"),
    }.items():
        assert Decimal(low) < min(shares[burden]) <= max(shares[burden]) < Decimal(high)


def test_a_few_applicants_leave_a_document_out() -> None:
    kinds = Counter(len(json.loads(body)["documents"]) for body in bodies())
    assert 20 <= kinds[1] <= 70
    assert kinds[1] + kinds[2] == 1000


def test_age_bands_meet_without_gaps() -> None:
    assert [age_band(age) for age in (19, 24, 25, 34, 64, 65, 75)] == [
        "18-24",
        "18-24",
        "25-34",
        "25-34",
        "55-64",
        "65-",
        "65-",
    ]


def _instalment(borrower: Borrower) -> Decimal:
    return instalment(borrower.declared.amount, RATE, borrower.declared.months)

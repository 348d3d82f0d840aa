"""Golden quotes as readable text, one file a case; ``python -m tests.golden.servicing.quotes`` writes them anew."""

from pathlib import Path
from typing import Any

from loanstream.cli.quote_text import quote_text
from services.servicing.quoting.documents import read
from services.servicing.quoting.quote import quote
from services.servicing.quoting.terms_document import QuoteDocument

FOLDER = Path(__file__).parent / "quotes"

BASE: dict[str, Any] = {
    "method": "equal-instalment",
    "principal": "120000.00",
    "rate": {"percent": "7.2"},
    "instalments": 12,
    "start": "2025-01-31",
}

CASES: dict[str, dict[str, Any]] = {
    "equal-instalment-fees-private-lender": {
        **BASE,
        "charges": [
            {
                "code": "arrangement",
                "name": "Arrangement fee",
                "time": "disbursement",
                "basis": "amount",
                "percent": "1",
            },
            {
                "code": "guarantee",
                "time": "instalment",
                "basis": "amount",
                "percent": "0.5",
                "collected_by": "guarantor",
            },
        ],
        "contingent": [
            {"code": "penalty", "name": "Penalty 罚息", "method": "on overdue principal", "standard": "10.8 %"}
        ],
        "lender_type": "private",
        "signed": "2025-01-20",
    },
    "equal-principal-actual-360": {
        **BASE,
        "method": "equal-principal",
        "interest_by": "day",
        "day_count": {"year": 360},
        "lender_type": "bank",
        "signed": "2025-01-31",
        "headline": "effective",
    },
    "interest-only": {**BASE, "method": "interest-only", "instalments": 6},
    "bullet": {**BASE, "method": "bullet", "instalments": 6},
    "flat-above-the-cap": {
        **BASE,
        "method": "flat",
        "rate": {"percent": "1.1", "per": "month"},
        "lender_type": "small-loan-company",
        "signed": "2025-01-31",
        "charges": [{"code": "service", "time": "disbursement", "basis": "amount", "percent": "2"}],
    },
    "two-tranches": {
        **BASE,
        "family": "progressive",
        "tranches": [
            {"expected": "2025-01-31", "amount": "80000.00"},
            {"expected": "2025-04-15", "amount": "40000.00"},
        ],
    },
    "charge-after-maturity": {
        **BASE,
        "instalments": 3,
        "charges": [{"code": "release", "time": "due-date", "amount": "80.00", "due": "2025-05-15"}],
    },
    "graded-with-late-fee": {
        **BASE,
        "method": "graded",
        "growth": {"every": 6, "percent": "8"},
        "charges": [{"code": "late", "name": "Late fee", "time": "overdue", "amount": "30.00"}],
    },
    "balloon": {**BASE, "method": "balloon", "balloon": {"amount": "60000.00"}},
    "custom-plan-settled-quarterly": {
        **BASE,
        "method": "custom",
        "instalments": 2,
        "interest_by": "day",
        "day_count": {"year": 360},
        "plan": [{"due": "2025-08-15", "principal": "50000.00"}, {"due": "2026-01-31", "principal": "70000.00"}],
        "settlement": {"every": 3},
        "charges": [{"code": "agency", "time": "instalment", "amount": "20.00"}],
    },
    "third-fridays-on-business-days": {
        **BASE,
        "instalments": 6,
        "nth_weekday": {"nth": 3, "weekday": 5},
        "day_count": {"convention": "ACT/ACT ISDA"},
        "business_days": {"adjustment": "modified-following", "calendar": "china/2026a"},
    },
    "every-five-months-in-yen": {
        **BASE,
        "currency": "JPY",
        "principal": "120000",
        "instalments": 3,
        "frequency": {"every": 5, "unit": "month"},
    },
}


def table(case: dict[str, Any]) -> str:
    """The quote as text."""
    return quote_text(quote(read(QuoteDocument, case)))


def path(name: str) -> Path:
    """Where a case's text is committed."""
    return FOLDER / f"{name}.txt"


def regenerate() -> None:
    """Write every text."""
    for name, case in CASES.items():
        path(name).write_text(table(case), encoding="utf-8")


if __name__ == "__main__":
    regenerate()

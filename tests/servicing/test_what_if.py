"""Quotes and simulations over HTTP say what the command line says."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from typer.testing import CliRunner

from loanstream.cli.main import app
from services.servicing.routes.what_if import LARGEST_SIMULATION
from tests.servicing.branch import Branch, open_branch

pytestmark = pytest.mark.postgres

TERMS: dict[str, Any] = {
    "method": "equal-instalment",
    "principal": "12000.00",
    "rate": {"percent": "7.2"},
    "instalments": 12,
}
QUOTE = {**TERMS, "start": "2026-01-31"}
SIMULATION: dict[str, Any] = {
    "terms": TERMS,
    "transactions": [
        {"type": "disbursement", "date": "2026-01-31", "amount": "12000.00"},
        {"type": "repayment", "date": "2026-02-28", "amount": "1039.43"},
    ],
}


@pytest.fixture
async def branch(fresh_database: str) -> AsyncIterator[Branch]:
    """A branch without loans."""
    async with open_branch(fresh_database) as branch:
        yield branch


def said(command: str, document: dict[str, Any], *options: str) -> Any:
    """What the command line answers to a document on standard input."""
    done = CliRunner().invoke(app, [command, *options, "--format", "json"], input=json.dumps(document))
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


async def test_a_quote_is_that_of_the_command_line(branch: Branch) -> None:
    answer = await branch.post("/quotes", QUOTE, user="auditor")
    assert answer.status_code == 200, answer.text
    assert answer.json() == said("quote", QUOTE)
    assert answer.json()["rows"][1]["total"] == "1039.43"


async def test_a_simulation_is_that_of_the_command_line(branch: Branch) -> None:
    answer = await branch.post("/simulations", SIMULATION, user="auditor")
    assert answer.status_code == 200, answer.text
    assert answer.json() == said("simulate", SIMULATION, "-")


async def test_terms_that_cannot_be_are_refused_with_the_field_and_the_reason(branch: Branch) -> None:
    for change, field in (
        ({"principal": "12000.001"}, "principal"),
        ({"rate": {"percent": "-1"}}, "rate.percent"),
        ({"first_due": "2026-01-31"}, "first_due"),
        ({"surprise": 1}, "surprise"),
    ):
        answer = await branch.post("/quotes", {**QUOTE, **change}, user="auditor")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input")
        assert field in [error["field"] for error in answer.json()["errors"]]


async def test_a_simulation_that_would_keep_others_waiting_is_for_the_command_line(branch: Branch) -> None:
    (first, _) = SIMULATION["transactions"]
    long = {"terms": {**TERMS, "instalments": 360}, "transactions": [first] * (LARGEST_SIMULATION // 360 + 1)}
    answer = await branch.post("/simulations", long, user="auditor")
    assert answer.status_code == 400
    assert "loanstream simulate" in answer.json()["errors"][0]["message"]


async def test_whoever_may_not_read_loans_may_not_quote(branch: Branch) -> None:
    assert (await branch.post("/quotes", QUOTE, user="nobody")).status_code == 401

"""What the routes share: types of input, who sees what, rows as JSON, and figures as of a day."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Query
from pydantic import AfterValidator, Field

from loanstream.runtime.http.parameters import unknown_cursor
from loanstream.runtime.kit import Principal, ServiceKit
from schemas.money import of_minor
from schemas.terms import RepaymentMethod
from services.servicing.domain.loan.daily.overdue_interest import COMPOUND, Accruing, posting_cap
from services.servicing.domain.loan.money import COMPONENT_NAMES
from services.servicing.domain.loan.packing import Balance
from services.servicing.domain.loan.terms import Conditions, agreed

READ = "servicing:read"
ANY_PARTY = "*"

Limit = Annotated[int, Query(ge=1, le=1000)]
"""How many rows a page has."""

Cursor = Annotated[str, Query(max_length=200, description="`next` of an earlier answer")]
"""After which row a page begins; empty for the first."""

Filter = Annotated[str | None, Query(min_length=1, max_length=200)]
"""An id to filter by."""

References = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=200)], ...],
    Field(max_length=20, description="references of approvals, never their content"),
]
"""What was approved, by reference."""

Record = Mapping[str, Any]


def _no_partition(identifier: str) -> str:
    if identifier.startswith("partition-"):
        raise ValueError("is the name of a partition, not of a loan or a receipt")
    return identifier


Identifier = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$", description="letters, digits and . _ : -"),
    AfterValidator(_no_partition),
]
"""Id of a loan, or a bank's reference: it stands in paths and becomes a record's key."""


async def business_date(kit: ServiceKit) -> date | None:
    """The latest business day that was opened; ``None`` before the first."""
    rows = await kit.fetch("SELECT max(business_date) AS business_date FROM business_days")
    found: date | None = rows[0]["business_date"] if rows else None
    return found


async def visible_loan(kit: ServiceKit, principal: Principal, loan_id: str) -> Record:
    """The loan's row if the caller may see it; 404 else: who may not see a loan does not learn that it exists."""
    rows = await kit.fetch("SELECT * FROM loans WHERE loan_id = $1 AND status IS NOT NULL", loan_id)
    if not rows or not kit.owns(principal, rows[0]["party_ref"]):
        raise kit.problem(404, "not-found", f"There is no loan {loan_id} that you may see; check the id.")
    return rows[0]


def own_party(principal: Principal) -> str | None:
    """The party whose things alone the caller sees; ``None`` when they see everybody's."""
    return principal.party if principal.scoped and principal.party != ANY_PARTY else None


def staff_only(kit: ServiceKit, principal: Principal) -> None:
    """403 for callers who see their own party's things only: totals are everybody's."""
    if own_party(principal) is not None:
        raise kit.problem(403, "forbidden", "Totals over all loans are not for borrowers.")


def money(units: int, currency: str) -> dict[str, str]:
    """Minor units as the contract's money."""
    made = of_minor(units, currency)
    return {"amount": str(made.amount), "currency": currency}


def amounts(row: Record, currency: str, names: Iterable[str], prefix: str = "") -> dict[str, Any]:
    """Columns ``<prefix><name>`` as money by name."""
    return {name: money(row[prefix + name], currency) for name in names}


def conditions(row: Record) -> Conditions:
    """The conditions that a loan's row runs on."""
    return Conditions(
        currency=row["currency"],
        rules_name=row["rules"],
        annual_rate=Decimal(row["annual_rate"]),
        penalty_multiplier=Decimal(row["penalty_multiplier"]),
        day_basis=row["day_basis"],
        grace_days=row["grace_days"],
        allocation_order=tuple(row["allocation_order"].split(",")),
        method=RepaymentMethod(row["method"]),
        agreement=agreed(row["agreement"]),
    )


def accruing(row: Record) -> Accruing:
    """What the arrears of a loan bear, from its row."""
    terms = conditions(row)
    maturity = row["accelerated_on"] or row["maturity"]
    return Accruing(terms, maturity, row["heavier_from"], posting_cap(terms.agreement, row["value_date"]))


def not_posted(instalment: Record, rules: Accruing, day: date | None) -> dict[str, int]:
    """Penalty and compound interest of an instalment up to ``day``, exclusive, that a payment posts first, minor units."""
    amounts = {"penalty": 0, "compound": 0}
    if day is None:
        return amounts
    for charge in rules.charges(balance(instalment), day):
        amounts["compound" if charge.kind == COMPOUND else "penalty"] += charge.amount
    return amounts


def balance(instalment: Record) -> Balance:
    """What is unpaid of an instalment's row."""
    return Balance(
        number=instalment["number"],
        due_date=instalment["due_date"],
        through=instalment["penalty_through"],
        **{name: instalment[f"unpaid_{name}"] for name in COMPONENT_NAMES},
    )


async def check_cursor(kit: ServiceKit, sql: str, after: str, *values: Any) -> None:
    """Refuse an ``after`` that ``sql`` does not find with ``values``: a page from a place that is none would look like the end."""
    if after and not await kit.fetch(sql, *values):
        raise unknown_cursor(after)


def page(rows: Sequence[Record], limit: int, cursor: str) -> tuple[Sequence[Record], str | None]:
    """The page of ``limit`` rows and the cursor of the next one, from ``limit`` + 1 rows asked for."""
    shown = rows[:limit]
    return shown, shown[-1][cursor] if len(rows) > limit else None

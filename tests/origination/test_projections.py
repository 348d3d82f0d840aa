"""Read models: every event of origination shows, in the columns that the migrations make, whatever comes first."""

from collections.abc import AsyncIterator, Mapping
from datetime import date
from itertools import permutations
from typing import Any

import pytest

from loanstream.runtime.database import Pool, open_pool
from loanstream.runtime.migrations import migrate
from schemas.funding.events import FundingFailed
from schemas.origination import events
from schemas.platform import PARTITION_AGGREGATE
from schemas.registry import all_types
from services.origination.projections import PROJECTION
from tests.origination import samples
from tests.origination.office import upsert
from tests.origination.samples import DAY, TERMS, cny
from tests.origination.test_reactions import ADMITTED, ASSESSED, BARRED, META, REFUSED

pytestmark = pytest.mark.postgres

FAILED_FUNDING = FundingFailed(
    application_id="app-1",
    loan_id="loan-1",
    contract_id=samples.CONTRACT_ID,
    amount=cny("1200.00"),
    reason="balance-too-low",
)
PROPOSED = events.ProductProposed(product_id="p", version=1, terms=TERMS, maker="user:m")
PUBLISHED = events.ProductPublished(product_id="p", version=1, terms=TERMS, maker="user:m", checker="user:c")
WITHDRAWN = events.ProductWithdrawn(product_id="p", version=1, reason="old", withdrawn_by="user:c")
SUPPLEMENTED = events.ApplicationSupplemented(
    application_id="app-1",
    loan_id="loan-1",
    party_ref="party-1",
    purpose="car",
    repayment_source="rent",
    profile=samples.PROFILE,
    documents=(),
)


@pytest.fixture
async def pool(fresh_database: str) -> AsyncIterator[Pool]:
    """The empty tables."""
    async with await open_pool(fresh_database, schema="origination") as pool:
        async with pool.acquire() as connection:
            await migrate(connection, "origination", {"origination": PROJECTION.migrations}, "")
        yield pool


async def project(pool: Pool, *happened: Any) -> None:
    for event in happened:
        for row in PROJECTION.handlers[type(event)](event, META):
            await pool.execute(*upsert(row))


async def row_of(pool: Pool, table: str) -> Mapping[str, Any]:
    (row,) = await pool.fetch(f"SELECT * FROM {table}")
    return dict(row)


async def test_a_product_version_shows_who_did_what(pool: Pool) -> None:
    await project(pool, PROPOSED, PUBLISHED, WITHDRAWN)
    row = await row_of(pool, "products")
    assert (row["state"], row["maker"], row["checker"], row["reason"]) == ("withdrawn", "user:m", "user:c", "old")


@pytest.mark.parametrize(
    ("event", "state", "columns"),
    [
        (samples.returned("purpose-missing"), "returned", {"deadline": samples.DEADLINE}),
        (SUPPLEMENTED, "submitted", {"purpose": "car", "repayment_source": "rent"}),
        (samples.ACCEPTED, "accepted", {"reasons": "[]", "deadline": None}),
        (samples.review_requested("800.00"), "review", {"review_limit_minor": 80_000}),
        (samples.approved("900.00"), "approved", {"approved_minor": 90_000, "valid_until": samples.VALID_UNTIL}),
        (REFUSED, "refused", {"reapply_from": date(2026, 2, 4), "authority": "system"}),
        (samples.WITHDRAWAL, "withdrawing", {}),
        (samples.COMPLETED, "completed", {}),
        (samples.closed("withdrawn"), "closed", {"reasons": '[{"code":"withdrawn","message":"","rule":""}]'}),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_an_application_shows_where_it_stands(
    pool: Pool, event: Any, state: str, columns: Mapping[str, Any]
) -> None:
    await project(pool, samples.applied(), event)
    row = await row_of(pool, "applications")
    assert (row["state"], row["amount_minor"], row["opened_on"]) == (state, 120_000, DAY)
    assert {name: row[name] for name in columns} == columns


async def test_a_contract_shows_its_signatures_and_its_money(pool: Pool) -> None:
    await project(pool, samples.DRAFTED, samples.BORROWER_SIGNED)
    half = await row_of(pool, "contracts")
    assert (half["state"], half["borrower"], half["lender"]) == ("drafted", samples.BORROWER, None)
    await project(pool, samples.LENDER_SIGNED, samples.SIGNED, FAILED_FUNDING)
    signed = await row_of(pool, "contracts")
    assert (signed["state"], signed["effective_date"], signed["funding_failure"]) == ("signed", DAY, "balance-too-low")
    await project(pool, samples.FUNDED)
    assert (await row_of(pool, "contracts"))["state"] == "funded"


async def test_a_contract_that_ended_says_why(pool: Pool) -> None:
    await project(pool, samples.DRAFTED, samples.contract_closed("approval-lapsed"))
    row = await row_of(pool, "contracts")
    assert (row["state"], row["reason"]) == ("closed", "approval-lapsed")


async def test_a_drawdown_shows_releasers_checks_and_the_banks_answer(pool: Pool) -> None:
    await project(pool, samples.REQUESTED, samples.RELEASED)
    assert (await row_of(pool, "drawdowns"))["releasers"] == '["user:releaser-1"]'
    await project(pool, samples.ORDERED, samples.UNKNOWN)
    assert (await row_of(pool, "drawdowns"))["state"] == "unknown"
    await project(pool, samples.DISBURSED)
    row = await row_of(pool, "drawdowns")
    assert (row["state"], row["value_date"], row["bank_reference"]) == ("disbursed", DAY, "SBX1")
    await project(pool, samples.FAILED)
    assert (await row_of(pool, "drawdowns"))["reason"] == "account-closed"


async def test_topics_may_come_in_any_order(pool: Pool) -> None:
    """Columns of risk and funding never meet ours, so the rows end the same."""
    found = []
    for order in permutations([[samples.applied(), samples.ACCEPTED], [ASSESSED]]):
        await pool.execute("TRUNCATE applications")
        for happened in order:
            await project(pool, *happened)
        found.append(await row_of(pool, "applications"))
    assert found[0] == found[1]
    assert (found[0]["state"], found[0]["score"]) == ("accepted", 600)


def test_every_event_shows_except_those_of_parties() -> None:
    ours = {t.cls for t in all_types("event", "origination") if t.aggregate not in ("party", PARTITION_AGGREGATE)}
    assert ours <= set(PROJECTION.handlers)
    assert type(ADMITTED) not in PROJECTION.handlers
    assert type(BARRED) not in PROJECTION.handlers

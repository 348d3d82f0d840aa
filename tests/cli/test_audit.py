"""How an audit ended is kept for whoever watches, each service's own."""

import pytest

from loanstream.cli.streams import _keep
from loanstream.runtime.auditing import Finding, Verification
from loanstream.runtime.database import open_pool
from loanstream.runtime.postgres_store import open_store

pytestmark = pytest.mark.postgres


def found(topic: str) -> Finding:
    """Something that does not fit."""
    return Finding(topic, 0, 7, "loan-1", "broken-chain", "the hash differs")


async def test_findings_are_kept_by_service_and_the_next_audit_replaces_them(fresh_database: str) -> None:
    both = Verification(
        findings=[found("loanstream.servicing.events.v1"), found("loanstream.servicing.outcomes.v1")], partitions=2
    )
    await _keep(fresh_database, ("servicing", "risk"), both)
    assert await counts(fresh_database) == {"servicing": 2, "risk": 0}
    await _keep(fresh_database, ("servicing",), Verification())
    assert await counts(fresh_database) == {"servicing": 0, "risk": 0}


async def counts(dsn: str) -> dict[str, int]:
    """What the store has, by service."""
    pool = await open_pool(dsn)
    try:
        return {service: audit.findings for service, audit in (await (await open_store(pool)).audits()).items()}
    finally:
        await pool.close()

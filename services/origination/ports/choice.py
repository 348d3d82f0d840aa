"""Which bank an installation pays through."""

from pathlib import Path

import httpx

from services.origination.ports.bank import PayoutBank
from services.origination.ports.http_bank import HttpBank
from services.origination.ports.sandbox_bank import FileLedger, MemoryLedger, SandboxBank

TIMEOUT_SECONDS = 10.0


def make_bank(*, url: str = "", token: str = "", ledger: Path | None = None) -> PayoutBank:
    """The bank of an installation: the HTTP adapter when ``url`` is given, else the sandbox.

    ``ledger`` is the sandbox's file of what it paid; without it the sandbox forgets at the end of the process.
    """
    if url:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return HttpBank(httpx.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT_SECONDS))
    return SandboxBank(FileLedger(ledger) if ledger else MemoryLedger())

"""The pages on the real services: what the fake API of the other tests answers is what these answer."""

import re
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from loanstream.cli.process import Process, run_process
from loanstream.console.in_process import InProcess
from loanstream.demo.driver import run_demo
from loanstream.demo.options import DemoOptions
from loanstream.runtime.settings import Settings
from tests.console.test_pages import checked

pytestmark = pytest.mark.postgres

PAGES = ("/", "/loans", "/applications", "/worklists", "/events", "/fragments/events", "/operations", "/sign-in")
SMALL = DemoOptions(loans=4, until=date(2026, 2, 5), seed=1)


def browser(process: Process, user: str) -> httpx.AsyncClient:
    """A browser of a signed-in user, in this process."""
    assert process.installation.issuer is not None
    token = process.installation.issuer.issue(user)
    transport = InProcess(process.app)
    return httpx.AsyncClient(
        transport=transport, base_url="http://localhost", headers={"Authorization": f"Bearer {token}"}
    )


async def pages(visitor: httpx.AsyncClient, *paths: str) -> AsyncIterator[str]:
    """The text of each page."""
    for path in paths:
        answer = await visitor.get(path)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        checked(answer.text)
        yield answer.text


async def test_every_page_shows_what_the_services_answer(fresh_database: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url=fresh_database, port=0, partitions=1)

    async def look(process: Process) -> None:
        issuer = process.installation.issuer
        assert issuer is not None
        async with browser(process, "auditor") as auditor:
            empty = [text async for text in pages(auditor, *PAGES)]
            assert "Nothing has happened yet" in empty[0]
            await run_demo(SMALL, lambda: browser(process, "auditor"), issuer.issue, None)
            portfolio, loans, applications, *_ = [text async for text in pages(auditor, *PAGES)]
            assert portfolio.count("tone-balanced") == 3
            assert "2026-02-05" in portfolio
            of_loans = set(re.findall(r'href="(/loans/[^"?]+)"', loans))
            of_applications = set(re.findall(r'href="(/applications/[^"?]+)"', applications))
            assert len(of_loans) >= 2
            assert len(of_applications) == 4
            async for text in pages(auditor, *of_loans):
                assert "Loan booked" in text
                assert "Custody account opened" in text
                assert "Transfer completed" in text
                assert "Message sent" in text
            async for text in pages(auditor, *of_applications):
                assert "Risk assessed" in text
        for user in ("credit-officer", "releaser-1", "operations-officer", "operator", "finance-officer"):
            async with browser(process, user) as visitor:
                for path in (*PAGES, *of_loans):
                    assert (await visitor.get(path)).status_code in (200, 403)

    await run_process(settings, during=look)

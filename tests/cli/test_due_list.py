"""The due list from the command line: every page, a table that nothing marks up, CSV as the API writes it."""

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from rich.console import Console

from loanstream.cli import due_list
from loanstream.runtime.settings import Settings
from schemas.terms import Language

ASKED = due_list.Asked("2026-12", "north", None)


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


AMOUNTS = {"due": cny("10.00"), "collected": cny("4.00"), "waived": cny("1.00"), "outstanding": cny("5.00")}
TOTAL = {"currency": "CNY", "instalments": 3, "maturing": 1, **AMOUNTS}


def row(number: int) -> dict[str, Any]:
    names = {"loan_id": "l", "contract_no": "LN-1", "unit": "north", "officer": "[bold]li"}
    return {**names, "number": number, "due_date": "2026-12-15", "maturing": number == 3, **AMOUNTS}


class Service:
    """Three rows on three pages."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    async def get(self, path: str, **asked: Any) -> Any:
        """The page after the cursor."""
        assert path == "/api/servicing/due-lists"
        self.asked.append(asked)
        number = int(asked["after"] or 0) + 1
        return {
            "month": "2026-12",
            "rows": [row(number)],
            "totals": [TOTAL],
            "next": str(number) if number < 3 else None,
        }

    async def text(self, path: str, **asked: Any) -> str:
        """The file."""
        assert path == "/api/servicing/due-lists.csv"
        self.asked.append(asked)
        return "\ufeff到期日\r\n"


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    """What the command finds."""
    found = Service()

    @asynccontextmanager
    async def connected(_settings: Settings) -> AsyncIterator[Service]:
        yield found

    monkeypatch.setattr(due_list, "connected", connected)
    return found


async def test_the_table_has_every_page_and_the_totals(service: Service) -> None:
    file = io.StringIO()
    await due_list.show(Settings(), ASKED, False, Console(file=file, width=200))
    shown = file.getvalue()
    assert (shown.count("LN-1"), shown.count("[bold]li"), "3 instalments" in shown) == (3, 3, True)
    assert "3 *" in shown
    assert [asked["unit"] for asked in service.asked] == ["north"] * 3


async def test_json_is_one_document(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    await due_list.show(Settings(), ASKED, True, Console())
    read = json.loads(capsys.readouterr().out)
    assert ([each["number"] for each in read["rows"]], read["next"]) == ([1, 2, 3], None)
    assert len(service.asked) == 3


async def test_csv_is_written_as_it_comes(service: Service, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    await due_list.write_csv(Settings(), ASKED, Language.ZH, True)
    assert capsysbinary.readouterr().out == "\ufeff到期日\r\n".encode()
    assert service.asked == [{"month": "2026-12", "unit": "north", "officer": None, "lang": "zh", "bom": "true"}]

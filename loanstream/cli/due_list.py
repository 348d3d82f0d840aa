"""``due-list``: a month's instalments with what is collected and outstanding, as a table, JSON or CSV."""

import json
import sys
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from loanstream.cli.connection import connected
from loanstream.runtime.settings import Settings
from schemas.terms import Language

_PAGE = 1_000
_AMOUNTS = ("due", "collected", "waived", "outstanding")
_PATH = "/api/servicing/due-lists"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which month, and whose loans; ``None`` is everybody's."""

    month: str
    unit: str | None
    officer: str | None


async def show(settings: Settings, asked: Asked, as_json: bool, console: Console) -> int:
    """The list as a table with its totals, or as one JSON document."""
    rows: list[dict[str, Any]] = []
    after: str | None = ""
    async with connected(settings) as api:
        while after is not None:
            answer = await api.get(_PATH, **asdict(asked), after=after, limit=_PAGE)
            rows += answer["rows"]
            after = answer["next"]
    if as_json:
        print(json.dumps({**answer, "rows": rows, "next": None}, ensure_ascii=False, indent=2))
        return 0
    console.print(_table(asked.month, rows, answer["totals"]))
    return 0


async def write_csv(settings: Settings, asked: Asked, language: Language, bom: bool) -> int:
    """The list as CSV on standard output, in UTF-8 whatever the terminal speaks."""
    async with connected(settings) as api:
        text = await api.text(f"{_PATH}.csv", **asdict(asked), lang=language.value, bom=str(bom).lower())
    sys.stdout.buffer.write(text.encode())
    return 0


def _table(month: str, rows: list[dict[str, Any]], totals: list[dict[str, Any]]) -> Table:
    names = ("Due 到期", "Contract 合同号", "No 期次", "Unit 机构", "Officer 客户经理")
    amounts = ("Due 应还", "Collected 已还", "Waived 减免", "Outstanding 未还")
    table = Table(*names, title=f"Due list 到期台账 {month}", box=None)
    for name in amounts:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        number = f"{row['number']}{' *' if row['maturing'] else ''}"
        told = (row["due_date"], *(escape(text) for text in (row["contract_no"], number, row["unit"], row["officer"])))
        table.add_row(*told, *(row[name]["amount"] for name in _AMOUNTS))
    for total in totals:
        told = (total["currency"], f"{total['instalments']} instalments", f"{total['maturing']} *", "", "")
        table.add_row(*told, *(total[name]["amount"] for name in _AMOUNTS), style="bold")
    return table

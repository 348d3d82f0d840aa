"""``events tail``, ``loan show``, ``loan timeline``, ``deadletters``: look at the system through its API."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from loanstream.cli.connection import Api, RequestFailed, connected
from loanstream.runtime.settings import Settings
from schemas.contract import event_types
from schemas.money import MINOR_DIGITS
from schemas.topics import CONTEXTS

_FOLLOW_SECONDS = 0.5
_PAGE = 1_000
_FIRST = "0.0.0"
"""The cursor before every event."""

_EFFECTS = 20
_MOST_DIGITS = 60
"""Beyond it an amount is shown as it is written."""

_AMOUNTS = ("principal", "interest", "penalty")


async def tail_events(
    settings: Settings,
    console: Console,
    services: Sequence[str],
    types: Sequence[str],
    loan: str | None,
    count: int,
    follow: bool,
    as_json: bool,
) -> int:
    """Print the newest events, oldest of them first, then those that come; with ``as_json`` each whole, on a line.

    Raises :class:`RequestFailed` for a type that no service has.
    """
    show = _print_json if as_json else _print_event
    wanted = _known_types(types, services or CONTEXTS)
    async with connected(settings) as api:
        asked = {"loan_id": loan, "type": wanted or None}
        cursors: dict[str, str | None] = dict.fromkeys(services or CONTEXTS)
        newest = await _events(api, cursors, {**asked, "limit": count})
        for event in newest[-count:]:
            show(console, event)
        while follow:
            await asyncio.sleep(_FOLLOW_SECONDS)
            for event in await _events(api, cursors, {**asked, "limit": 500}):
                show(console, event)
    return 0


async def show_loan(settings: Settings, loan_id: str, as_json: bool, console: Console) -> int:
    """A loan as it stands, with its schedule."""
    async with connected(settings) as api:
        loan = await api.get(f"/api/servicing/loans/{loan_id}")
        schedule = await api.get(f"/api/servicing/loans/{loan_id}/schedule")
    if as_json:
        print(json.dumps({"loan": loan, **schedule}, ensure_ascii=False, indent=2))
        return 0
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="bold")
    facts.add_column()
    for name, value in loan.items():
        facts.add_row(name.replace("_", " "), _shown(value))
    console.print(facts)
    rows = Table(
        "No", "Due", "Principal 本金", "Interest 利息", "Unpaid 未还", "Paid on", title="Schedule 还款计划", box=None
    )
    for column in rows.columns[2:5]:
        column.justify = "right"
        column.no_wrap = True
    for row in schedule["instalments"]:
        unpaid = _shown(_sum(row.get("unpaid", "")))
        rows.add_row(
            str(row["number"]),
            row["due_date"],
            _shown(row["principal"]),
            _shown(row["interest"]),
            unpaid,
            row.get("paid_on") or "",
        )
    console.print(rows)
    return 0


async def show_timeline(settings: Settings, loan_id: str, as_json: bool, console: Console) -> int:
    """Every event of a loan's life over all services, in the order in which it was recorded."""
    async with connected(settings) as api:
        found: dict[str, Any] = {}
        for event in await _all_events(api, {"loan_id": loan_id}):
            found[event["id"]] = event
        application = next(
            (e["data"]["application_id"] for e in found.values() if e["data"].get("application_id")), None
        )
        if application:
            for event in await _all_events(api, {"application_id": application}):
                found[event["id"]] = event
    events = sorted(found.values(), key=lambda e: (e["time"], e["partitionseq"]))
    if not events:
        raise RequestFailed(f"no event names loan {loan_id}: is the id right, and the right data folder open?")
    if as_json:
        print(json.dumps(events, ensure_ascii=False, indent=2))
        return 0
    for event in events:
        _print_event(console, event, with_day=True)
    return 0


async def list_dead_letters(settings: Settings, services: Sequence[str], as_json: bool, console: Console) -> int:
    """What could not be decided or handled, and why."""
    letters: list[dict[str, Any]] = []
    async with connected(settings, "operator") as api:
        for service in services or CONTEXTS:
            answer = await api.get(f"/api/{service}/dead-letters")
            letters += [{"service": service, "of": "command", **letter} for letter in answer["commands"]]
            letters += [{"service": service, "of": "event", **letter} for letter in answer["events"]]
    if as_json:
        print(json.dumps(letters, ensure_ascii=False, indent=2))
        return 0
    if not letters:
        console.print("[bold green]✓[/] no dead letters")
        return 0
    table = Table("Service", "Id", "Reason", "Type", "Key", "Error", "State", box=None)
    for letter in letters:
        state = letter.get("status") or ("mended" if letter.get("mended") else "open")
        identifier = letter.get("error_id") or letter.get("id") or ""
        error = Text(str(letter.get("error", ""))[:80])
        table.add_row(letter["service"], str(identifier), letter["reason"], letter["type"], letter["key"], error, state)
    console.print(table)
    console.print("Replay one after its cause is mended: loanstream deadletters replay SERVICE ID", style="dim")
    return 0


async def replay_dead_letter(settings: Settings, service: str, error_id: str, console: Console) -> int:
    """Have a failed command decided, or an event handled, anew; needs a running system."""
    async with connected(settings, "operator") as api:
        if not api.is_running:
            raise RequestFailed(
                "no system runs on this data folder, so nobody would decide it: start `loanstream up` first"
            )
        answer = await api.post(f"/api/{service}/dead-letters/{error_id}/replay", {}, f"replay-{error_id}")
    console.print(f"[bold green]✓[/] {answer.get('status', 'sent')}")
    return 0


async def list_effects(
    settings: Settings, services: Sequence[str], status: str | None, as_json: bool, console: Console
) -> int:
    """What was sent to the outside, or waits: counts by state, and the newest."""
    asked = {"status": status, "limit": _EFFECTS}
    async with connected(settings, "operator") as api:
        found = [await api.get(f"/api/{service}/effects", **asked) for service in services or CONTEXTS]
    found = [answer for answer in found if answer["counts"]]
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return 0
    if not found:
        console.print("nothing was ever sent")
        return 0
    table = Table("Service", "Since", "Kind", "Recipient", "State", "Attempts", "Id", box=None)
    for answer in found:
        counts = ", ".join(f"{state} {count:,}" for state, count in sorted(answer["counts"].items()))
        console.print(f"[bold]{answer['service']}[/]  {counts}")
        for effect in answer["effects"]:
            row = (effect["created_at"][:19], effect["kind"], effect["recipient"], effect["status"])
            table.add_row(answer["service"], *row, str(effect["attempts"]), effect["id"])
    if table.row_count:
        console.print(table)
    return 0


async def skip_record(
    settings: Settings, service: str, topic: str, partition: int, position: int, reason: str, console: Console
) -> int:
    """Let stopped read models pass over a record; needs no running system."""
    body = {"topic": topic, "partition": partition, "position": position, "reason": reason}
    async with connected(settings, "operator") as api:
        await api.post(f"/api/{service}/projections/skips", body, f"skip-{topic}-{partition}-{position}")
    console.print(f"[bold green]✓[/] {service} passes over {topic} partition {partition} offset {position}")
    return 0


async def _all_events(api: Api, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every event of every service that is asked for, page by page."""
    found: list[dict[str, Any]] = []
    for service in CONTEXTS:
        cursors: dict[str, str | None] = {service: _FIRST}
        while page := await _events(api, cursors, {**asked, "limit": _PAGE}):
            found += page
    return found


def _known_types(types: Sequence[str], services: Sequence[str]) -> list[str]:
    """The types as they are asked for. Raises :class:`RequestFailed` for one that none of these services has."""
    names = sorted({each.name for each in event_types() if each.context in services})
    full = [each.ce_type for each in event_types() if each.context in services]
    for given in types:
        if given not in names and given not in full:
            near = get_close_matches(given.lower(), [name.lower() for name in names], n=1)
            meant = next((f" Did you mean {name}?" for name in names if near and name.lower() == near[0]), "")
            raise RequestFailed(
                f"--type {given}: {_whose(services)} no such event.{meant} There are {', '.join(names)}"
            )
    return list(types)


def _whose(services: Sequence[str]) -> str:
    return f"{services[0]} has" if len(services) == 1 else "these services have"


async def _events(api: Api, cursors: dict[str, str | None], asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Events of every service after its cursor, merged by recorded time; the cursors move on."""
    found: list[dict[str, Any]] = []
    for service, cursor in cursors.items():
        answer = await api.get(f"/api/{service}/events", after=cursor, **asked)
        cursors[service] = answer["after"] or cursor
        found += answer["events"]
    return sorted(found, key=lambda event: (event["time"], event["partitionseq"]))


def _print_json(_console: Console, event: Mapping[str, Any]) -> None:
    print(json.dumps(event, ensure_ascii=False), flush=True)


def _print_event(console: Console, event: Mapping[str, Any], *, with_day: bool = False) -> None:
    _, context, name, _ = event["type"].split(".")
    line = Text()
    line.append(str(event["business_date"] or "") + "  " if with_day else event["time"][11:23] + "  ", style="dim")
    line.append(f"{context:<12}")
    line.append(f"{name:<26}", style="bold")
    line.append(_facts(event["data"]))
    console.print(line, soft_wrap=True)


def _facts(data: Mapping[str, Any]) -> str:
    """The few facts of an event that fit a line: amounts, dates, numbers, reasons."""
    parts = []
    for name, value in data.items():
        if isinstance(value, dict) and value.keys() == {"amount", "currency"}:
            parts.append(f"{name} {_shown(value)}")
        elif name in (
            "number",
            "due_date",
            "days_past_due",
            "bucket",
            "reason",
            "value_date",
            "score",
            "rating",
            "category",
        ):
            parts.append(f"{name} {value}")
    return "  ".join(parts[:5])


def _sum(value: Any) -> Any:
    """Components of a debt as one amount; anything else as it is."""
    if isinstance(value, dict) and "currency" not in value and value:
        parts = list(value.values())
        total = sum((Decimal(part["amount"]) for part in parts), Decimal(0))
        return {"amount": f"{total:f}", "currency": parts[0]["currency"]}
    return value


def _shown(value: Any) -> str:
    if isinstance(value, dict) and value.keys() == {"amount", "currency"}:
        return f"{_grouped(value['amount'], value['currency'])} {value['currency']}"
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_shown(part)}" for name, part in value.items())
    if isinstance(value, list):
        return " → ".join(_shown(part) for part in value)
    return "" if value is None else str(value)


def _grouped(amount: Any, currency: Any) -> str:
    """An amount with thousands apart and the decimals of its currency, whatever its spelling in the log.

    Older data holds ``1E+1``; what is no number is shown as it is stored.
    """
    try:
        number = Decimal(str(amount))
    except InvalidOperation:
        return str(amount)
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        return str(amount)
    decimals = max(MINOR_DIGITS.get(str(currency), 0), len(f"{number:f}".partition(".")[2]))
    return f"{number:,.{decimals}f}"

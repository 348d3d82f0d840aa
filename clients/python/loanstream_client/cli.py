"""The command ``loanstream-client``: look at events, record them, replay a recording, make some up.

The cluster is named by ``--servers``, or with TLS and credentials by environment variables (``LOANSTREAM_KAFKA_…``).
"""

import argparse
import asyncio
import dataclasses
import datetime
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from loanstream_client import fixtures
from loanstream_client.connection import Connection, ConnectionRefused, from_environment
from loanstream_client.continuity import Gap
from loanstream_client.envelope import Event
from loanstream_client.events import EVENTS, TOPICS
from loanstream_client.fakes import fake_events
from loanstream_client.positions import FilePositions, PositionsUnreadable
from loanstream_client.reading import CannotRead, Start, Subscription


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code: 0, 1 for what cannot be done, 2 for a wrong command line."""
    options = _parser().parse_args(arguments)
    try:
        with suppress(KeyboardInterrupt, BrokenPipeError):
            options.run(options)
    except (CannotRead, ConnectionRefused, Gap, PositionsUnreadable, fixtures.BadFixture, ValueError, OSError) as error:
        print(f"loanstream-client: {error}", file=sys.stderr)
        return 1
    return 0


def shown(event: Event) -> str:
    """An event on one line."""
    value = event.record.value.decode(errors="replace")
    return f"{event.time.isoformat(timespec='seconds')} {event.type} {event.subject} #{event.sequence} {value}"


def _tail(options: argparse.Namespace) -> None:
    asyncio.run(_show(options))


async def _show(options: argparse.Namespace) -> None:
    left = options.count
    async with _subscription(options, until_end=not options.follow) as events:
        async for event in events:
            if options.type and not _is_one_of(event, options.type):
                continue
            print(shown(event), flush=True)
            left = None if left is None else left - 1
            if left == 0:
                events.handled(event)
                return


def _record(options: argparse.Namespace) -> None:
    print(f"{asyncio.run(_write(options))} events in {options.file}")


async def _write(options: argparse.Namespace) -> int:
    async with _subscription(options, until_end=True) as events:
        return await fixtures.record(events, options.file)


def _replay(options: argparse.Namespace) -> None:
    _print(shown(event) for event in fixtures.replay(options.file))


def _fake(options: argparse.Namespace) -> None:
    types = [name for name in EVENTS if any(_means(name, wanted) for wanted in options.type)] if options.type else None
    if types == []:
        raise ValueError(f"no event type {', '.join(options.type)}")
    events = fake_events(options.count, seed=options.seed, types=types)
    _print(fixtures.line_of(event.record) for event in events)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def _subscription(options: argparse.Namespace, *, until_end: bool) -> Subscription:
    connection = from_environment()
    if options.servers:
        connection = dataclasses.replace(connection, servers=options.servers)
    positions = FilePositions(options.positions) if options.positions else None
    return Subscription(
        _checked(connection), options.context or TOPICS, positions=positions, start=options.start, until_end=until_end
    )


def _checked(connection: Connection) -> Connection:
    connection.options()
    return connection


def _is_one_of(event: Event, wanted: Iterable[str]) -> bool:
    return any(_means(event.type, name) for name in wanted)


def _means(ce_type: str, wanted: str) -> bool:
    """Whether a type is meant by its whole name or the event's name alone."""
    return wanted in (ce_type, ce_type.split(".")[2] if ce_type.count(".") == 3 else "")


def _start(text: str) -> Start:
    if text in ("beginning", "end"):
        return "beginning" if text == "beginning" else "end"
    time = datetime.datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("a time needs its zone")
    return time


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="loanstream-client", description="Events of Loanstream on Kafka.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    reading = argparse.ArgumentParser(add_help=False)
    reading.add_argument(
        "context", nargs="*", choices=[*TOPICS, []], help="whose events; all without any", metavar="CONTEXT"
    )
    reading.add_argument("--servers", help="bootstrap addresses; else LOANSTREAM_KAFKA_SERVERS, else 127.0.0.1:9092")
    reading.add_argument(
        "--start", type=_start, default="beginning", help="beginning, end, or a time such as 2026-05-31T09:00+08:00"
    )
    reading.add_argument("--positions", type=Path, help="file of positions: go on where the last run ended")

    tail = commands.add_parser("tail", parents=[reading], help="print events, one a line")
    tail.add_argument("--follow", action="store_true", help="wait for more at the end")
    tail.add_argument("--type", action="append", help="only this type; may be given again")
    tail.add_argument("-n", "--count", type=int, help="end after so many")
    tail.set_defaults(run=_tail)

    record = commands.add_parser("record", parents=[reading], help="write all events to a file, a JSON object a line")
    record.add_argument("--file", "-o", type=Path, required=True)
    record.set_defaults(run=_record)

    replay = commands.add_parser("replay", help="print the events of a recording")
    replay.add_argument("file", type=Path)
    replay.set_defaults(run=_replay)

    fake = commands.add_parser("fake", help="print made-up events as a recording")
    fake.add_argument("-n", "--count", type=int, default=10)
    fake.add_argument("--seed", type=int, default=0)
    fake.add_argument("--type", action="append", help="only this type; may be given again")
    fake.set_defaults(run=_fake)
    return parser

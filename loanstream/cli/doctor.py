"""``loanstream doctor``: what is wrong with an installation, and what to do about it."""

import os
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
from rich.console import Console
from rich.text import Text

from loanstream.cli.connection import Api, connected
from loanstream.cli.installation import is_there, make_log, open_database, told_once, topic_definitions
from loanstream.cli.occupancy import occupants
from loanstream.eventlog.kafka.sign_in import check_sign_in
from loanstream.eventlog.port import EventLog, LogError
from loanstream.runtime.settings import Settings, unknown_variables, usable_folder
from schemas.topics import CONTEXTS

_ENOUGH_DISK = 2 * 1024**3
_LONG_LAG_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    good: bool
    found: str
    advice: str = ""


async def doctor(settings: Settings, console: Console) -> int:
    """Look at everything and print it; 1 when something is wrong."""
    wrong = 0
    async for check in _checks(settings):
        wrong += not check.good
        line = Text.assemble(
            ("✓ " if check.good else "✗ ", "bold green" if check.good else "bold red"), (check.name, "bold")
        )
        line.append(f"  {check.found}")
        console.print(line, soft_wrap=True)
        if not check.good:
            console.print(Text(f"    → {check.advice}"), soft_wrap=True)
    console.print("All well." if not wrong else f"{wrong} to mend.", style="bold")
    return 1 if wrong else 0


async def _checks(settings: Settings) -> AsyncIterator[Check]:
    for check in _of_the_machine(settings):
        yield check
    if not is_there(settings):
        yield Check("installation", True, "nothing here yet; start it with `make up` or `loanstream up`")
        away = await _no_kafka(settings)
        if away:
            yield away
        if not settings.database_url:
            return
        # Looked at, and nothing made in it.
        try:
            await (await asyncpg.connect(settings.database_url)).close()
        except Exception as error:
            yield _no_database(error, settings)
        return
    try:
        async with open_database(settings) as dsn:
            checked = await _no_kafka(settings) or await _topics_of(settings, dsn)
        yield checked
        if checked.name == "kafka":
            return
    except Exception as error:
        yield _no_database(error, settings)
        return
    async with connected(settings, "operator") as api:
        async for check in _of_the_system(api):
            yield check


def _of_the_machine(settings: Settings) -> list[Check]:
    data = usable_folder(settings.data_dir)
    mode = data.stat().st_mode & 0o777 if data.exists() else 0
    there = occupants(data)
    misspelt = unknown_variables(os.environ)
    return [
        Check("python", sys.version_info >= (3, 11), sys.version.split()[0], "install Python 3.11 or newer"),
        Check(
            "settings",
            not misspelt,
            ", ".join(misspelt) or "all known",
            "no setting has these names: mend the spelling",
        ),
        Check(
            "data folder",
            not mode & 0o066,
            f"{data} ({mode:o})" if mode else f"{data}, not made yet",
            f"others can read it: chmod 700 {data}",
        ),
        # a database elsewhere has a disk of its own, and a container's data folder may be a few MiB of memory
        *(() if settings.database_url else (_disk(data),)),
        Check(
            "system",
            True,
            "; ".join(map(str, there)) or "does not run; start it with `make up`",
        ),
    ]


def _disk(data: Path) -> Check:
    """Whether the embedded database has room to grow."""
    free = shutil.disk_usage(_nearest(data)).free
    return Check(
        "disk",
        free > _ENOUGH_DISK,
        f"{free / 1024**3:.1f} GiB free",
        "free space: a million events need about 1 GiB",
    )


def _nearest(folder: Path) -> Path:
    """The folder, or where it does not exist yet, the one above in which it would be made."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())


def _no_database(error: Exception, settings: Settings) -> Check:
    advice = "check LOANSTREAM_DATABASE_URL" if settings.database_url else "see the server's log in the data folder"
    return Check("database", False, f"{type(error).__name__}: {error}", advice)


async def _no_kafka(settings: Settings) -> Check | None:
    """What keeps this machine from the cluster; ``None`` where nothing does, or the log is not there."""
    if settings.kafka is None:
        return None
    try:
        await check_sign_in(settings.kafka)
    except LogError as error:
        return _kafka_trouble(error)
    return None


def _kafka_trouble(error: Exception) -> Check:
    return Check("kafka", False, str(error), "start the brokers, or mend the setting that is named; then look again")


async def _topics_of(settings: Settings, dsn: str) -> Check:
    log = make_log(settings, dsn)
    try:
        return await _topics(settings, log)
    except LogError as error:
        if settings.kafka is None:
            raise
        return _kafka_trouble(error)
    finally:
        await log.close()


async def _topics(settings: Settings, log: EventLog) -> Check:
    wanted = {definition.name: definition for definition in topic_definitions(settings)}
    states = await log.describe()
    missing = sorted(wanted.keys() - states.keys())
    if missing and not states and not settings.kafka_servers:
        return Check("topics", True, "none yet; the first start makes them")
    if settings.kafka_servers and missing:
        found = f"{missing[0]} is missing" + (f", and {len(missing) - 1} others" if missing[1:] else "")
        return Check("topics", False, found, "`loanstream topics apply` makes what is missing, and nothing else")
    differences = [f"{name} is missing" for name in missing]
    if not missing:
        differences = told_once(await log.check(wanted.values(), settings.installation_name))
    advice = "the folder belongs to another installation, or LOANSTREAM_PARTITIONS was changed: put it back"
    if settings.kafka_servers:
        advice = f"each sentence says what mends it; else {advice}"
    return Check("topics", not differences, "; ".join(differences) or f"{len(states)} as they must be", advice)


async def _of_the_system(api: Api) -> AsyncIterator[Check]:
    for service in CONTEXTS:
        try:
            lags = (await api.get(f"/api/{service}/lag"))["lag"]
            letters = await api.get(f"/api/{service}/dead-letters")
        except (httpx.HTTPError, RuntimeError) as error:
            yield Check(service, False, str(error), "see the log in the data folder")
            continue
        late = [lag for lag in lags if lag.get("error") or (api.is_running and lag["seconds"] > _LONG_LAG_SECONDS)]
        behind = sum(lag["records"] for lag in lags)
        found = f"{behind} records behind" + (
            f", {late[0]['consumer']}: {late[0].get('error') or 'late'}" if late else ""
        )
        yield Check(
            f"{service} lag",
            not late,
            found,
            "`loanstream rebuild` mends read models; a stopped host says why in the log",
        )
        open_letters = [x for x in letters["commands"] if not x.get("mended")]
        open_letters += [x for x in letters["events"] if x.get("status") == "open"]
        advice = f"look at them with `loanstream deadletters list --service {service}`, mend the cause, replay"
        yield Check(f"{service} dead letters", not open_letters, str(len(open_letters)), advice)

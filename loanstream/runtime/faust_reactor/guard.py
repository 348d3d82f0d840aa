"""Nothing leaves an agent body: every error is waited out, or laid to the record's charge.

An error that strikes everybody (no database, no broker) is waited out for as long as it lasts, with nothing acknowledged. One that
strikes a single record, whose budget of tries is used up while everything else answers, makes it a dead letter, so that other keys
of its partition go on within two seconds.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg

from loanstream.eventlog.port import RecordRefused
from loanstream.runtime.faust_reactor.sending import NotSent
from loanstream.runtime.faust_reactor.work import EXHAUSTED
from loanstream.runtime.reacting import Failure

_OF_THE_RECORD = (RecordRefused, asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
"""The same again would fail again, and only for this record."""

_OF_EVERYBODY = (
    NotSent,
    ConnectionError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.SyntaxOrAccessError,
    asyncpg.InternalClientError,
    asyncpg.ReadOnlySQLTransactionError,
)
"""No record is to blame, however often it is tried."""

_PASSING = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""May be the record's or everybody's: the store is asked something else when the budget is used up. A lock that is held is among
them (``LockNotAvailableError``, after :data:`LOCK_SECONDS`); a store that is merely slow is not, or a busy machine would park
records that have nothing wrong with them.
"""

LOCK_SECONDS = 0.4
"""How long a reactor's store waits for a lock."""
HURRIED_LOCK_SECONDS = 0.05
"""How long for a run of several records, and for one that follows one that was given up: keys that hang must not add up."""

_LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often, in seconds."""

    attempt: float = 10.0
    """After which an attempt counts as an outage: a lock, the trouble of a single key, is told much earlier."""
    budget: float = 0.9
    """For all tries of one record. With the run before and the question after, other keys wait less than two seconds."""
    hurried: float = 0.05
    """For all tries of a record that follows, in its run, one whose budget was used up."""
    answer: float = 0.4
    """For the question whether everything else works."""
    first_pause: float = 0.02
    longest_pause: float = 0.3
    outage_pause: float = 0.5
    """Between rounds while nothing works."""


async def guarded(
    attempt: Callable[[], Awaitable[None]],
    answers: Callable[[], Awaitable[object]],
    tell: Callable[[str], None],
    patience: Patience,
) -> Failure | None:
    """Attempt until it succeeds, or until the record is to blame: then why. Raises nothing but cancellation.

    ``answers`` is a question to the store that has nothing to do with the record; ``tell`` hears of trouble that is everybody's.
    """
    while True:
        error = await _tried(attempt, patience)
        if error is None:
            return None
        if _is_the_records(error):
            return Failure("poison", _sentence(error))
        if not isinstance(error, _OF_EVERYBODY) and await _tried_once(answers, patience.answer) is None:
            return Failure(EXHAUSTED, f"tried for {patience.budget} s: {_sentence(error)}")
        tell(_sentence(error))
        await asyncio.sleep(_jittered(patience.outage_pause))


async def _tried(attempt: Callable[[], Awaitable[None]], patience: Patience) -> Exception | None:
    """Attempt while the budget lasts; the last error, or ``None`` for success."""
    loop = asyncio.get_running_loop()
    until, pause = loop.time() + patience.budget, patience.first_pause
    while True:
        error = await _tried_once(attempt, patience.attempt)
        if error is None or _is_the_records(error) or loop.time() + pause >= until:
            return error
        await asyncio.sleep(_jittered(pause))
        pause = min(2 * pause, patience.longest_pause)


async def _tried_once(attempt: Callable[[], Awaitable[object]], timeout: float) -> Exception | None:
    try:
        async with asyncio.timeout(timeout):
            await attempt()
    except Exception as error:
        return error
    return None


def _is_the_records(error: Exception) -> bool:
    if isinstance(error, _OF_THE_RECORD):
        return True
    return not isinstance(error, (*_OF_EVERYBODY, *_PASSING))


def _sentence(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:_LONGEST_ERROR]


def _jittered(seconds: float) -> float:
    """Lanes of many processes must not all come back in the same instant."""
    return seconds * random.uniform(0.5, 1.0)  # noqa: S311

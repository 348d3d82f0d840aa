"""What every history must contain, besides keeping the rules: a history without it proves too little and is said so."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from loanstream.eventlog.port import Record
from schemas import registry
from schemas.funding.events import TransferCaptured
from schemas.platform import BUSINESS_DAY_CLOSED, CONTINUE_BUSINESS_DAY, START_BUSINESS_DAY
from schemas.servicing.events import PaymentReceived, PaymentReversed
from schemas.topics import CONTEXTS, Role, topic

FEWEST_COMMANDS = 60
"""Over all contexts, those of business days not counted."""
FEWEST_DAYS = 2
"""Business days closed in every context."""
_WANTED = (TransferCaptured, PaymentReceived, PaymentReversed)

_DAY_COMMANDS = frozenset(
    registry.by_class(cls).ce_type for kind in (START_BUSINESS_DAY, CONTINUE_BUSINESS_DAY) for cls in kind.values()
)


def lacks(commands: Iterable[Record], events: Iterable[Any], captured: bool) -> list[str]:
    """What the history lacks, as sentences. ``captured``: whether a transfer of the clients' own went all the way."""
    return [f"the history lacks {what}" for what in _lacking(commands, tuple(events), captured)]


def _lacking(commands: Iterable[Record], events: tuple[Any, ...], captured: bool) -> Iterator[str]:
    counts = Counter(record.topic for record in commands if record.type not in _DAY_COMMANDS)
    if counts.total() < FEWEST_COMMANDS:
        yield f"commands: {counts.total()}, at least {FEWEST_COMMANDS} are needed"
    yield from (f"commands of {c}" for c in CONTEXTS if not counts[topic(c, Role.COMMANDS)])
    kinds = {type(event) for event in events}
    yield from (kind.__name__ for kind in _WANTED if kind not in kinds)
    if not captured:
        yield "a transfer of a client's own"
    for context in CONTEXTS:
        days = {event.business_date for event in events if isinstance(event, BUSINESS_DAY_CLOSED[context])}
        if len(days) < FEWEST_DAYS:
            yield f"business days of {context}: {len(days)}, at least {FEWEST_DAYS} are needed"

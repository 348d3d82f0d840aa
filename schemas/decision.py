"""What a decider sees and answers: the vocabulary shared by every domain, free of any framework."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused a command: a subject (user id, ``service:<name>`` or ``system``) and the permissions it was given."""

    subject: str
    permissions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Context:
    """Everything but state and command that a decision may depend on."""

    aggregate_id: str
    business_date: date
    """The day that is open on the partition 营业日."""
    record_time: datetime
    """When we record the decision, UTC."""
    actor: Actor


@dataclass(frozen=True, slots=True)
class Refusal:
    """A decision not to do it: a stable code, a sentence, and the rule or limit with its value and source."""

    code: str
    """Stable, kebab-case: clients branch on it."""
    message: str
    """What was wrong and what to do next, in English."""
    rule: str = ""
    limit: str = ""
    source: str = ""

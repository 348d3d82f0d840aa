"""The outside in a simulation: a bank and a mail server that fail at random and keep books of what they really did."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from loanstream.eventlog.port import EventLog
from loanstream.runtime.clock import Clock
from loanstream.runtime.definitions import EffectResult, EffectStatus
from loanstream.runtime.stores import HostStore
from loanstream.simulation.faults import Crash
from loanstream.vault.port import Vault
from services.notify.ports.mail import Mail
from services.origination.ports.bank import BankAnswer, PaymentOrder, PaymentState


@dataclass(slots=True)
class Trouble:
    """How often a provider answers nothing, later, or kills the caller after its work; ``rate`` can be set to 0."""

    random: Random
    rate: float
    performed: Counter[str] = field(default_factory=Counter)

    def before(self) -> bool:
        """Whether it turns the caller away at the door."""
        return self.random.random() < self.rate / 2

    def after(self) -> bool:
        """Whether its answer is lost; now and then the caller dies of it."""
        chance = self.random.random()
        if chance < self.rate / 6:
            raise Crash
        return chance < self.rate / 2


class SimulatedBank:
    """Pays each key once, whatever it answers."""

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble
        self._paid: dict[str, BankAnswer] = {}

    async def pay(self, order: PaymentOrder) -> BankAnswer:
        """Pay, refuse one order in twelve, or lose the answer."""
        if self.trouble.before():
            return BankAnswer(PaymentState.NOT_SENT, reason="busy")
        self.trouble.performed[order.key] += 1
        rejected = self.trouble.random.random() < self.trouble.rate / 2
        state = PaymentState.REJECTED if rejected else PaymentState.SETTLED
        answer = BankAnswer(state, f"bank-{order.key[:8]}", order.value_date, "account closed" if rejected else "")
        answer = self._paid.setdefault(order.key, answer)
        return BankAnswer(PaymentState.UNKNOWN) if self.trouble.after() else answer

    async def ask(self, key: str) -> BankAnswer:
        """What became of a key."""
        return self._paid.get(key, BankAnswer(PaymentState.NOT_SENT))


class SimulatedMail:
    """A mail server: it knows no idempotency, so a letter handed over twice goes out twice."""

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble

    async def send(self, mail: Mail) -> EffectResult:
        """Take a letter, turn it away, or lose the answer."""
        if self.trouble.before():
            return EffectResult(EffectStatus.RETRY, {"reason": "greylisted"})
        self.trouble.performed[mail.id] += 1
        return EffectResult(EffectStatus.UNKNOWN if self.trouble.after() else EffectStatus.SUCCEEDED)

    async def ask(self, _mail_id: str) -> EffectResult:
        """SMTP cannot be asked."""
        return EffectResult(EffectStatus.RETRY)

    async def close(self) -> None:
        """Nothing is open."""


class AnybodysVault:
    """A vault that knows every simulated party: the simulation is about streams, not about personal data."""

    async def register(self, identity: str, fields: Mapping[str, str], *, by: str) -> str:
        """A reference derived from the identity."""
        return f"party-{identity}"

    async def read(self, subject: str, fields: Any, *, reader: str, purpose: str) -> Mapping[str, str]:
        """Made-up values of every field."""
        return {name: f"{subject}@mail.example" if name == "email" else f"{subject}/{name}" for name in fields}

    async def find(self, identity: str) -> str | None:
        """As registered."""
        return f"party-{identity}"

    async def erase(self, subject: str, *, by: str, reason: str) -> None:
        """Nothing is kept."""


@dataclass(slots=True)
class ServiceView:
    """What one service's effect handlers are given."""

    service: str
    log: EventLog
    store: HostStore
    clock: Clock
    vault: Vault
    ports: Mapping[str, Any]


class SimulatedKit:
    """Makes the view of each service; ``performed`` are the providers' own books."""

    def __init__(self, log: EventLog, store: HostStore, clock: Clock, random: Random, rate: float) -> None:
        self.trouble = Trouble(random, rate)
        self._shared = (log, store, clock, AnybodysVault())
        self._ports = {
            "bank": SimulatedBank(self.trouble),
            "smtp": SimulatedMail(self.trouble),
            "webhook": None,
        }

    @property
    def performed(self) -> Mapping[str, int]:
        """How often something was really done, by idempotency key."""
        return self.trouble.performed

    def of(self, service: str) -> ServiceView:
        """The view of a service."""
        return ServiceView(service, *self._shared, self._ports)

    def calm(self) -> None:
        """From now on every provider answers at once."""
        self.trouble.rate = 0.0

"""Loans as the benchmarks use them: the terms of a shipped product, amounts and dates that differ from loan to loan."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from loanstream.eventlog.port import NewRecord, TopicDefinition
from loanstream.runtime.definitions import Service
from loanstream.runtime.messages import command_record
from schemas import ids
from schemas.decision import Actor, Context, Refusal
from schemas.envelope import CommandMeta
from schemas.money import of_minor
from schemas.platform import START_BUSINESS_DAY
from schemas.servicing.commands import ApplyPayment, BookLoan, RecordReceipt
from schemas.servicing.events import LoanBooked
from schemas.terms import LoanTerms, RepaymentMethod
from schemas.topics import partition_key, topic_specs
from services.servicing.service import deciders, service

CONTEXT = "servicing"
CURRENCY = "CNY"
OFFICER = "user:operations-officer"
FIRST_DAY = date(2026, 1, 1)
SIX_O_CLOCK = datetime(2026, 1, 1, 6, tzinfo=UTC)
LOAN = next(decider for decider in deciders() if decider.aggregate == "loan")


class SteppedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = SIX_O_CLOCK) -> None:
        self.time = now

    def now(self) -> datetime:
        """The time it was set to."""
        return self.time

    def advance(self, by: timedelta) -> None:
        """Move on."""
        self.time += by


def servicing() -> Service:
    """The real service."""
    return service()


def topics(partitions: int, contexts: tuple[str, ...] = (CONTEXT,)) -> list[TopicDefinition]:
    """The topics of contexts, as an installation makes them."""
    specs = topic_specs(partitions, contexts)
    return [TopicDefinition(spec.name, spec.partitions, spec.retention, spec.identity) for spec in specs]


def loan_id(number: int) -> str:
    """Id of the benchmark's loan of that number."""
    return ids.derived("bench", "loan", number)


def booking(number: int, value_date: date = FIRST_DAY, months: int = 12) -> BookLoan:
    """A loan of 10,000 to 60,000 yuan; neighbours differ, so that no cache helps more than with real ones."""
    amount = of_minor(1_000_000 + number * 9_973 % 5_000_000, CURRENCY)
    terms = LoanTerms(
        product_id="personal-credit",
        product_version=1,
        principal=amount,
        months=months,
        annual_rate=Decimal("0.144"),
        method=RepaymentMethod.EQUAL_INSTALMENT,
        penalty_multiplier=Decimal("1.5"),
        day_basis=360,
        grace_days=3,
        allocation_order=("penalty", "interest", "principal"),
        rules="cn-bank/1",
    )
    return BookLoan(
        application_id=ids.derived("bench", "application", number),
        contract_no=f"C2026{number:08d}",
        party_ref=ids.derived("bench", "party", number),
        amount=amount,
        value_date=value_date,
        terms=terms,
    )


def booked(number: int, value_date: date, months: int) -> LoanBooked:
    """The event by which that loan is booked."""
    decided = LOAN.decide(None, booking(number, value_date, months), context(loan_id(number), value_date, SIX_O_CLOCK))
    if isinstance(decided, Refusal):
        raise RuntimeError(f"the benchmark's loan was refused: {decided.message}")
    event: LoanBooked = decided[0]
    return event


def instalment(number: int, months: int = 12) -> int:
    """The equal instalment of that loan, minor units."""
    first = booked(number, FIRST_DAY, months).schedule[0]
    return int((first.principal.amount + first.interest.amount) * 100)


def payment(number: int, nth: int, minor: int, value_date: date) -> ApplyPayment:
    """The ``nth`` payment of a loan."""
    receipt = f"B2026{number:08d}{nth:03d}"
    return ApplyPayment(
        receipt_id=receipt, amount=of_minor(minor, CURRENCY), value_date=value_date, channel="bank-transfer"
    )


def receipt(number: int) -> tuple[str, RecordReceipt]:
    """A bank reference and the money that came under it."""
    amount = of_minor(100_000 + number, CURRENCY)
    return f"R2026{number:08d}", RecordReceipt(loan_id=loan_id(number), amount=amount, channel="bank-transfer")


def context(target: str, day: date, time: datetime) -> Context:
    """What a decision is told."""
    return Context(target, day, time, Actor(OFFICER))


def record(target: str, command: Any, time: datetime, *parts: str | int, partition: int = 0) -> NewRecord:
    """A command record as a request would send it; ``parts`` make its id."""
    meta = CommandMeta(id=ids.derived("bench", target, *parts), type="", target=target, time=time, actor=OFFICER)
    made = command_record(meta, command, 1)
    return NewRecord(made.topic, partition, made.key, made.type, made.headers, made.value, made.time)


def start_day(day: date, time: datetime, partition: int = 0) -> NewRecord:
    """The command that opens a business day."""
    command = START_BUSINESS_DAY[CONTEXT](business_date=day, calendar="every-day/1")
    return record(partition_key(partition), command, time, "start", str(day), partition=partition)


def bookings(numbers: Iterable[int], time: datetime, months: int = 12) -> list[NewRecord]:
    """Commands that book loans."""
    return [record(loan_id(n), booking(n, months=months), time, "book") for n in numbers]

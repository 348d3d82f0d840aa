"""The paths that the first history does not take: refusals, write-offs, failed payouts; kept in ``paths-<n>.jsonl``.

Of histories of the simulation only the aggregates that have an event of a type which nothing before them had, from their first
event on; where the simulation takes no such path, a command decided on an aggregate of the first history.
"""

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from loanstream.runtime.definitions import Decider
from loanstream.runtime.roles import roles
from schemas import codec, registry, upcasting
from schemas.agreement import (
    AccrualTerms,
    Agreement,
    ClassTable,
    LprTenor,
    OverdueTerms,
    Repricing,
    SettlementCycle,
    SignedCharge,
)
from schemas.decision import Actor, Context, Refusal
from schemas.money import Money, of_minor
from schemas.notify.commands import DeliveryOutcome, RecordDelivery
from schemas.notify.events import NotificationSent
from schemas.origination.commands import (
    CancelContract,
    PayoutStatus,
    RecordPayout,
    WithdrawApplication,
    WithdrawProduct,
)
from schemas.origination.events import ContractDrafted, DisbursementOrdered, LoanApproved, ProductPublished
from schemas.servicing.changes import HolidayDue, HolidayInterest, PrepaymentMode
from schemas.servicing.commands import (
    AccelerateLoan,
    AgreeSettlement,
    ApplyPayment,
    AssignLoan,
    BookLoan,
    ChangeDueDate,
    ChargeFee,
    ChargeOffLoan,
    ExtendLoan,
    GrantHoliday,
    Prepay,
    QuotePayoff,
    RaisePenaltyRate,
    ReAge,
    ReAmortise,
    RecordReceipt,
    RefundReceipt,
    RestructureLoan,
    ReversePayment,
    SellClaim,
    SetAssetClass,
    UndoChange,
)
from schemas.servicing.events import LoanBooked, Overdue, RulesAdopted
from schemas.terms import AssetClass, LoanTerms, RepaymentMethod
from tests.golden.folds import EVENTS, HERE, HISTORIES, Stored, deciders, simulated, stored_events

SEEDS = (60, 61, 63, 73, 103, 110, 149, 179)
"""Histories that between them take the paths that the simulation knows."""

_DAY = date(2026, 1, 6)
_TIME = datetime(2026, 1, 6, 9, 0, tzinfo=UTC)
_CLERK = Actor("user:clerk-1", frozenset(roles().permissions))
"""May do everything: what somebody may not is no path."""


@dataclass(frozen=True, slots=True)
class Decided:
    """Commands on the first aggregate that ``after`` happened to, as it stood then; on a new one without it."""

    after: type[Any] | None
    command: Any
    then: tuple[Any, ...] = ()
    """Further commands on the same aggregate, one after the other."""
    on: date = _DAY


_PAYOUT = RecordPayout(status=PayoutStatus.UNKNOWN, payment_id="pay-1")
_DELIVERY = RecordDelivery(
    outcome=DeliveryOutcome.SENT,
    recipient="party-1",
    party_ref="party-1",
    channel="email",
    category="overdue",
    template="overdue/zh/1",
    cause="c27f230c-3ece-53ea-a964-bd063fcea61e",
    loan_id="8c6a58c2-e27f-5e65-b8d1-9f8ee633ed7d",
)
_LATE = date(2026, 12, 1)
_APPROVED: dict[str, Any] = {"reason": "illness", "maker": "user:clerk-2", "approvals": ("committee-7",)}
_SUM = of_minor(1_000_00, "CNY")
_AGREED = AgreeSettlement(amount=_SUM, by=_DAY, **_APPROVED)
_PAID = ApplyPayment(receipt_id="bank-agreed", amount=_SUM, value_date=_DAY, channel="bank-transfer")
_TAKEN_BACK = ReversePayment(receipt_id="bank-agreed", cause="chargeback")
_REFUND = RefundReceipt(amount=of_minor(1, "CNY"), reason="paid too much", refund_reference="out-1")

DECIDED = (
    Decided(DisbursementOrdered, _PAYOUT),
    Decided(DisbursementOrdered, replace(_PAYOUT, status=PayoutStatus.FAILED, reason="account-closed")),
    Decided(ContractDrafted, CancelContract(reason="withdrawn")),
    Decided(LoanApproved, WithdrawApplication()),
    Decided(ProductPublished, WithdrawProduct(version=1, reason="replaced")),
    Decided(NotificationSent, replace(_DELIVERY, uncertain=True)),
    Decided(None, replace(_DELIVERY, outcome=DeliveryOutcome.SUPPRESSED, reason="no-address")),
    Decided(Overdue, ChargeOffLoan(reason="no contact", approvals=("loss-3",)), on=_LATE),
    Decided(LoanBooked, _AGREED, (_PAID, _TAKEN_BACK)),
    Decided(LoanBooked, SellClaim(buyer="amc-1", price=_SUM, **_APPROVED)),
    Decided(LoanBooked, AssignLoan(unit="north", officer="clerk-3")),
    Decided(None, RecordReceipt(loan_id="", amount=_SUM, channel="bank-file", value_date=_DAY), (_REFUND,)),
)


@dataclass(frozen=True, slots=True)
class Lived:
    """A new aggregate on which commands are decided, each on its business day; the business days between run as they are due."""

    steps: tuple[tuple[date, Any], ...]


_AGREED = Agreement(
    overdue=OverdueTerms(misuse_multiplier=Decimal(2)),
    compound=SettlementCycle.MONTHLY,
    classification=ClassTable.GENERAL,
    accrual=AccrualTerms(),
    charges=(SignedCharge(code="dunning-letter", name="Dunning letter"),),
)
_TERMS = LoanTerms(
    product_id="personal-credit",
    product_version=1,
    principal=Money(Decimal("12000.00"), "CNY"),
    months=6,
    annual_rate=Decimal("0.144"),
    method=RepaymentMethod.EQUAL_PRINCIPAL,
    penalty_multiplier=Decimal("1.5"),
    day_basis=360,
    grace_days=3,
    allocation_order=("penalty", "interest", "principal"),
    rules="cn-bank/1",
    agreement=_AGREED,
)
_BOOKING = BookLoan(
    application_id="application-1",
    contract_no="LN-1",
    party_ref="party-1",
    amount=_TERMS.principal,
    value_date=_DAY,
    terms=_TERMS,
)
_SUPPLEMENT: dict[str, Any] = {"supplement": "supplement-2", "approval": "committee-8"}
_HOLIDAY = GrantHoliday(
    instalments=1,
    interest=HolidayInterest.ACCRUES,
    interest_due=HolidayDue.AT_END,
    extends_term=True,
    bureau_flag="holiday",
    supplement="supplement-3",
)


_ADOPTED = RulesAdopted(
    loan_id="lived-3",
    party_ref="party-1",
    previous="cn-bank/1",
    rules="cn-bank/1",
    adopted_on=date(2026, 6, 21),
    reason="ruling of the supervisor",
    authority="user:clerk-1",
)


def _floating(booking: BookLoan) -> BookLoan:
    """At a rate that is set anew every month."""
    agreed = Agreement(repricing=Repricing(tenor=LprTenor.ONE_YEAR, spread_bp=200, every_months=1))
    return replace(booking, terms=replace(booking.terms, agreement=agreed))


LIVED = (
    Lived(
        (
            (_DAY, _BOOKING),
            (
                date(2026, 2, 20),
                ChargeFee(code="dunning-letter", amount=Money(Decimal("30.00"), "CNY"), reason="letter"),
            ),
            (date(2026, 3, 20), RaisePenaltyRate(since=date(2026, 3, 2), reference="inspection-1")),
            (date(2026, 5, 20), AccelerateLoan(reason="missed", notice="letter-1", notified_on=date(2026, 5, 10))),
            (date(2026, 5, 21), SetAssetClass(asset_class=AssetClass.DOUBTFUL, reason="insolvent")),
        )
    ),
    Lived(
        (
            (_DAY, _floating(_BOOKING)),
            (date(2026, 1, 20), QuotePayoff()),
            (date(2026, 1, 21), Prepay(mode=PrepaymentMode.SHORTEN_TERM, principal=_SUM)),
            (date(2026, 1, 21), replace(_PAID, amount=of_minor(1_100_00, "CNY"), value_date=date(2026, 1, 21))),
            (date(2026, 1, 22), ChangeDueDate(first=date(2026, 2, 20), supplement="supplement-1")),
            (date(2026, 1, 22), UndoChange(reason="typed wrongly")),
            (date(2026, 1, 23), _HOLIDAY),
            (date(2026, 1, 24), ReAmortise(approval="committee-8")),
            (date(2026, 1, 25), ExtendLoan(months=2, asked_on=date(2026, 1, 24), **_SUPPLEMENT)),
            (date(2026, 2, 10), QuotePayoff()),
        )
    ),
    Lived(
        (
            (_DAY, replace(_BOOKING, terms=replace(_TERMS, annual_rate=Decimal(0)))),
            (date(2026, 3, 20), ReAge(approval="committee-9")),
            (date(2026, 3, 21), RestructureLoan(finding="hardship-1", months=24, **_SUPPLEMENT)),
            (date(2026, 6, 20), AssignLoan(unit="north", officer="clerk-3")),
            (date(2026, 6, 21), _ADOPTED),
        )
    ),
)


async def record_paths() -> None:
    """Keep, in a file of its own, a path to every type of event that no file has. Raises ``SystemExit`` when that adds none."""
    told = {each.type for file, _ in HISTORIES for each in stored_events(file)}
    kept: list[Stored] = []
    async for path in _paths(list(stored_events(EVENTS))):
        of_aggregates = [each for each in path if _kind(each) in deciders()]
        new = {each.subject for each in of_aggregates if each.type not in told}
        kept += (each for each in of_aggregates if each.subject in new)
        told |= {each.type for each in kept}
    if not kept:
        raise SystemExit("no type of event is lacking, or none of the paths here leads to it: add one")
    lines = [json.dumps(each.as_json(), ensure_ascii=False) for each in kept]
    (HERE / f"paths-{len(HISTORIES)}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


async def _paths(first: Sequence[Stored]) -> AsyncIterator[list[Stored]]:
    for seed in SEEDS:
        yield [replace(each, history=f"seed-{seed}") async for each in simulated(seed)]
    for number, path in enumerate(DECIDED, 1):
        yield [replace(each, history=f"decided-{number}") for each in _decided(path, first)]
    for number, life in enumerate(LIVED, 1):
        yield [replace(each, history=f"lived-{number}") for each in _lived(life, number)]


def _decided(path: Decided, first: Iterable[Stored]) -> Iterator[Stored]:
    before = list(_until(path.after, first)) if path.after else []
    message = registry.by_class(type(path.command))
    decider = deciders()[message.context, message.aggregate]
    subject = before[0].subject if before else _DELIVERY.cause
    state = None
    for each in before:
        state = decider.evolve(state, upcasting.decode(each.type, each.value))
    yield from before
    for command in (path.command, *path.then):
        decision = decider.decide(state, command, Context(subject, path.on, _TIME, _CLERK))
        if isinstance(decision, Refusal) or not decision:
            raise SystemExit(f"{type(command).__name__} decides nothing here: {decision}")
        for event in decision:
            state = decider.evolve(state, event)
            yield _stored(event, subject)


def _lived(life: Lived, number: int) -> Iterator[Stored]:
    (today, first), *_ = life.steps
    message = registry.by_class(type(first))
    decider, subject = deciders()[message.context, message.aggregate], f"lived-{number}"
    state = None
    for day, command in life.steps:
        while state is not None and (due := decider.due(state)) is not None and due <= day:
            today = max(today, due)
            for event in decider.business_day(state, Context(subject, today, _TIME, Actor("system"))):
                state = decider.evolve(state, event)
                yield _stored(event, subject)
        decision = _decision(decider, state, command, Context(subject, day, _TIME, _CLERK))
        for event in decision:
            state = decider.evolve(state, event)
            yield _stored(event, subject)


def _decision(decider: Decider, state: Any, asked: Any, context: Context) -> Sequence[Any]:
    """An event stands for itself where this release cannot decide it: it has one version of the arithmetic."""
    if isinstance(asked, RulesAdopted):
        return [asked]
    decision = decider.decide(state, asked, context)
    if isinstance(decision, Refusal) or not decision:
        raise SystemExit(f"{type(asked).__name__} decides nothing here: {decision}")
    return decision


def _stored(event: Any, subject: str) -> Stored:
    return Stored(registry.by_class(type(event)).ce_type, subject, json.loads(codec.encode(event)))


def _until(event: type[Any], first: Iterable[Stored]) -> Iterator[Stored]:
    """Every event of the first aggregate that this one happened to, up to it."""
    events = list(first)
    last = next(each for each in events if each.type == registry.by_class(event).ce_type)
    kind = _kind(last)
    for each in events:
        if each.subject == last.subject and _kind(each) == kind:
            yield each
            if each is last:
                return


def _kind(stored: Stored) -> tuple[str, str]:
    message = upcasting.message_type(stored.type)
    return message.context, message.aggregate

"""From the JSON form of terms to the engine's terms and charges, or every reason to refuse them before anything is computed."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from pydantic import BaseModel

from schemas.money import MINOR_DIGITS
from services.servicing.domain.schedule.checks import schedule_objections
from services.servicing.domain.schedule.recounted import DECLINING
from services.servicing.domain.terms import (
    Allocation,
    Balloon,
    BusinessDays,
    Charge,
    ChargeBasis,
    ChargeTime,
    Component,
    CreditOrder,
    DayCount,
    DownPayment,
    Due,
    Family,
    Grace,
    Growth,
    InterestBy,
    Method,
    NthWeekday,
    Planned,
    Rate,
    Recalculation,
    Rounding,
    RoundingMode,
    Settlement,
    Slot,
    Span,
    Terms,
    Tranche,
    objections,
)
from services.servicing.quoting.documents import Amounts, Fault, Unfit, path
from services.servicing.quoting.terms_document import (
    AllocationDocument,
    ChargeDocument,
    RecalculationDocument,
    SpanDocument,
    TermsDocument,
)

_Form = TypeVar("_Form")

EARLIEST, LATEST = date(1900, 1, 1), date(2200, 12, 31)
"""Days that a document may name: due dates that follow from them still are dates."""

_STATUTORY = (Component.FEE, Component.PENALTY, Component.INTEREST, Component.PRINCIPAL)
"""Costs, interest, principal (Civil Code 561; precise-rules 9)."""
_KEPT_WITH = {"cost": Component.FEE, "compound": Component.PENALTY}
"""Enforcement cost is charged as a fee, compound interest as a penalty: an order of six components is mapped so (rule 9)."""
_SLOTS = {f"{due} {part}": Slot(due, part) for due in Due for part in Component}
_WIDE = {f"{due} {name}": Slot(due, part) for due in Due for name, part in _KEPT_WITH.items()}


def read_terms(document: TermsDocument, start: date) -> tuple[Terms, tuple[Charge, ...]]:
    """Terms and charges of a loan that is disbursed on ``start`` at the earliest. Raises :class:`Unfit`."""
    if document.currency not in MINOR_DIGITS:
        raise Unfit([Fault("currency", f"unknown currency; known: {', '.join(sorted(MINOR_DIGITS))}")])
    amounts = Amounts(document.currency)
    faults = [*_orders(document), *_dates(document, start)]
    if faults:
        raise Unfit(faults)
    terms = _terms(document, amounts)
    charges = tuple(_charge(charge, path("charges", i), amounts) for i, charge in enumerate(document.charges))
    faults = [*amounts.faults, *_charges(document, start), *_combinations(document)]
    named = {fault.field for fault in faults}
    faults += [Fault(*flaw) for flaw in objections(terms) if flaw.field not in named]
    if not faults:
        faults += [Fault(*flaw) for flaw in schedule_objections(terms, start)]
    if faults:
        raise Unfit(faults)
    return terms, charges


def _terms(document: TermsDocument, amounts: Amounts) -> Terms:
    cumulative = document.family is Family.CUMULATIVE
    rounding, days, grace, down = document.rounding, document.day_count, document.grace, document.down_payment
    again, claims = document.recalculation, document.credit_order
    interest_by = document.interest_by or _interest_by(document)
    return Terms(
        family=document.family,
        method=document.method,
        currency=document.currency,
        principal=amounts.minor(document.principal, "principal"),
        rate=Rate(document.rate.percent, document.rate.per, document.rate.whole_term),
        instalments=document.instalments,
        frequency=Span(document.frequency.every, document.frequency.unit),
        anchor=document.anchor,
        applied=document.applied,
        counted_from=document.counted_from,
        first_due=document.first_due,
        fixed_length=_span(document.fixed_length),
        nth_weekday=_parts(NthWeekday, document.nth_weekday),
        month_days=document.month_days,
        matures=document.matures,
        stub=document.stub,
        business_days=_business_days(document, interest_by),
        month_end=document.month_end,
        day_count=DayCount(days.year, days.month, days.leap, days.new_year_on_first, days.convention, days.counting),
        interest_by=interest_by,
        partial_periods=document.partial_periods,
        rounding=Rounding(
            rounding.mode or (RoundingMode.HALF_UP if cumulative else RoundingMode.HALF_EVEN),
            rounding.digits,
            MINOR_DIGITS[document.currency],
            amounts.optional(rounding.multiple, "rounding.multiple"),
            rounding.remainder,
        ),
        grace=Grace(
            grace.principal, grace.interest_payment, grace.interest_charged, grace.arrears_days, grace.averages
        ),
        down_payment=None if down is None else DownPayment(down.percent, down.automatic),
        tranches=tuple(
            Tranche(part.expected, amounts.minor(part.amount, path("tranches", i, "amount")))
            for i, part in enumerate(document.tranches)
        ),
        full_term_tranches=document.full_term_tranches,
        fixed_instalment=amounts.optional(document.fixed_instalment, "fixed_instalment"),
        growth=_growth(document, amounts),
        balloon=_balloon(document, amounts),
        plan=tuple(
            Planned(row.due, amounts.minor(row.principal, path("plan", i, "principal"), positive=False))
            for i, row in enumerate(document.plan)
        ),
        settlement=_parts(Settlement, document.settlement),
        recalculation=None if again is None else _recalculation(again),
        processing=document.processing,
        allocations=tuple(map(_allocation, document.allocations)) or (Allocation(None, _default_order()),),
        credit_order=None if claims is None else CreditOrder(claims),
        interest_refund_for=frozenset(document.interest_refund_for),
    )


def _interest_by(document: TermsDocument) -> InterestBy:
    """By period in the cumulative family, but for a named day count."""
    by_period = document.family is Family.CUMULATIVE and document.day_count.convention is None
    return InterestBy.PERIOD if by_period else InterestBy.DAY


def _parts(form: Callable[..., _Form], document: BaseModel | None) -> _Form | None:
    """A part whose fields have the names of the document's."""
    return None if document is None else form(**document.model_dump())


def _business_days(document: TermsDocument, interest_by: InterestBy) -> BusinessDays | None:
    rule = document.business_days
    if rule is None:
        return None
    adjusts = interest_by is InterestBy.DAY if rule.adjusts_interest is None else rule.adjusts_interest
    return BusinessDays(rule.adjustment, rule.calendar, adjusts)


def _growth(document: TermsDocument, amounts: Amounts) -> Growth | None:
    growth = document.growth
    if growth is None:
        return None
    amount = growth.amount
    step = None if amount is None else amounts.minor(amount, "growth.amount", positive=False)
    return Growth(growth.every, growth.percent, step)


def _balloon(document: TermsDocument, amounts: Amounts) -> Balloon | None:
    balloon = document.balloon
    return None if balloon is None else Balloon(amounts.optional(balloon.amount, "balloon.amount"), balloon.over)


def _recalculation(document: RecalculationDocument) -> Recalculation:
    return Recalculation(
        document.rest, document.preclosure, document.on_past_due, document.prepaid, document.rest_every
    )


def _span(document: SpanDocument | None) -> Span | None:
    return None if document is None else Span(document.every, document.unit)


def _default_order() -> tuple[Slot, ...]:
    return tuple(Slot(due, part) for due in Due for part in _STATUTORY)


def _allocation(document: AllocationDocument) -> Allocation:
    return Allocation(document.kind, _merged(document.order), document.future)


def _merged(order: Sequence[str]) -> tuple[Slot, ...]:
    """Slots of an order; neighbours that the ledger keeps together become one."""
    slots = [(name, _SLOTS.get(name) or _WIDE[name]) for name in order]
    return tuple(
        slot
        for k, (name, slot) in enumerate(slots)
        if k == 0 or slots[k - 1][1] != slot or (name in _WIDE) == (slots[k - 1][0] in _WIDE)
    )


def _charge(document: ChargeDocument, field: str, amounts: Amounts) -> Charge:
    flat = amounts.optional(document.amount, f"{field}.amount") if document.basis is ChargeBasis.FLAT else None
    amount = Decimal(flat) if flat is not None else document.percent or Decimal(0)
    return Charge(document.time, document.basis, amount, document.penalty, document.due)


def read_charge(document: ChargeDocument, field: str, amounts: Amounts) -> Charge:
    """A charge that is not part of the terms; faults are kept in ``amounts``."""
    amounts.faults += _faults_of(document, field)
    return _charge(document, field, amounts)


def _orders(document: TermsDocument) -> Iterator[Fault]:
    for i, allocation in enumerate(document.allocations):
        known = {**_SLOTS, **_WIDE}
        field = path("allocations", i, "order")
        unknown = [k for k, name in enumerate(allocation.order) if name not in known]
        for k in unknown:
            yield Fault(f"{field}[{k}]", f"no slot {allocation.order[k]!r}; there are {', '.join(known)}")
        if not unknown and any(name in _WIDE for name in allocation.order):
            yield from _wide_order(field, allocation.order)


def _wide_order(field: str, order: Sequence[str]) -> Iterator[Fault]:
    """Whether an order of six components can be kept by a ledger of four: each pair it keeps as one stands side by side."""
    if missing := [name for name in (*_SLOTS, *_WIDE) if name not in order]:
        yield Fault(field, f"an order of eighteen slots misses {', '.join(missing)}")
        return
    for name, slot in _WIDE.items():
        other = f"{slot.due} {slot.component}"
        if abs(order.index(name) - order.index(other)) != 1:
            yield Fault(field, f"{name!r} and {other!r} are one claim of the ledger: they must stand side by side")


def _dates(document: TermsDocument, start: date) -> Iterator[Fault]:
    days = [("start", start), ("applied", document.applied), ("first_due", document.first_due)]
    days += [("counted_from", document.counted_from)]
    days += [("matures", document.matures)]
    days += [(path("plan", i, "due"), row.due) for i, row in enumerate(document.plan)]
    days += [(path("tranches", i, "expected"), part.expected) for i, part in enumerate(document.tranches)]
    days += [(path("charges", i, "due"), charge.due) for i, charge in enumerate(document.charges)]
    for field, day in days:
        if day is not None and not EARLIEST <= day <= LATEST:
            yield Fault(field, f"must lie between {EARLIEST} and {LATEST}")
    if document.first_due is not None and document.first_due <= start:
        yield Fault("first_due", f"must be after the disbursement on {start}")
    for field, day in (("applied", document.applied), ("counted_from", document.counted_from)):
        if day is not None and day > start:
            yield Fault(field, f"must not be after the disbursement on {start}")


def _charges(document: TermsDocument, start: date) -> Iterator[Fault]:
    codes = [charge.code for charge in document.charges]
    for i, charge in enumerate(document.charges):
        field = path("charges", i)
        yield from _faults_of(charge, field)
        if charge.code in codes[:i] or charge.code == "interest":
            yield Fault(f"{field}.code", "stands in the cost table already")
        if charge.due is not None and charge.due < start:
            yield Fault(f"{field}.due", f"must not be before the disbursement on {start}")


def _faults_of(charge: ChargeDocument, field: str) -> Iterator[Fault]:
    """What of a charge does not fit together."""
    wanted, other = ("amount", "percent") if charge.basis is ChargeBasis.FLAT else ("percent", "amount")
    if getattr(charge, wanted) is None:
        yield Fault(f"{field}.{wanted}", f"a charge of basis {charge.basis} needs it")
    if getattr(charge, other) is not None:
        yield Fault(f"{field}.{other}", f"a charge of basis {charge.basis} has none")
    if charge.percent is not None and not 0 < charge.percent <= 100:
        yield Fault(f"{field}.percent", "must be above 0 and at most 100")
    if (charge.due is None) == (charge.time is ChargeTime.DUE_DATE):
        yield Fault(f"{field}.due", "is the day of a charge with a due date, and of no other")


def _combinations(document: TermsDocument) -> Iterator[Fault]:
    """What the engine would pass over in silence is refused instead."""
    cumulative = document.family is not Family.PROGRESSIVE
    follows = document.method in DECLINING and document.settlement is None
    if document.recalculation is not None and cumulative and not follows:
        yield Fault("recalculation", "needs the progressive family, or a method on a balance without settlement days")
    if document.fixed_instalment is not None and document.method is not Method.EQUAL_INSTALMENT:
        yield Fault("fixed_instalment", "needs the method of equal instalments")

"""The plan of a progressive loan: periods, and inside them slices between two changes of the balance.

A plan is made for one calculation, changed in place there and never handed out; what leaves it are rows. Everything is in minor
units. A slice's interest counts from its opening balance; a change falls into the slice that *ends* on its date, so that it
bears interest from the next one on.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Context, Decimal
from itertools import pairwise
from typing import NamedTuple

from services.servicing.domain.schedule.arithmetic import context, units
from services.servicing.domain.schedule.dates import periods
from services.servicing.domain.schedule.factors import Factors
from services.servicing.domain.terms import Method, Rounding, Terms

_ZERO = Decimal(0)
_ONE = Decimal(1)


@dataclass(slots=True)
class Slice:
    """Days of a period between two changes of the balance."""

    begins: date
    ends: date
    disbursed: int = 0
    corrected: int = 0
    """Change of the bearing balance that is no new claim: a payment before or after its row's due date."""
    credited_principal: int = 0
    credited_interest: int = 0
    balance: int = 0
    """Opening balance."""
    silent: bool = False
    """Lies after the day up to which interest is asked for."""
    paused: bool = False
    known: int = -1
    """The bearing balance whose interest is ``interest``; negative when the dates have changed since."""
    interest: Decimal = _ZERO
    rounded: int = 0
    """``interest`` in minor units."""
    share: tuple[Decimal, Decimal, Decimal] | None = None
    """Factor to the due date, days to it, days of the slice; ``None`` when they have to be counted anew."""

    def end(self, day: date) -> None:
        """Let the slice end on ``day``."""
        self.ends = day
        self.forget()

    def forget(self) -> None:
        """Count days and rate anew."""
        self.known = -1
        self.share = None

    def copy(self) -> "Slice":
        return Slice(
            self.begins,
            self.ends,
            self.disbursed,
            self.corrected,
            self.credited_principal,
            self.credited_interest,
            self.balance,
            self.silent,
            self.paused,
            self.known,
            self.interest,
            self.rounded,
            self.share,
        )

    def closing(self) -> int:
        """The balance after the changes of this slice, before the principal of its period."""
        return self.balance + self.disbursed + self.corrected


@dataclass(slots=True)
class Period:
    """One instalment period of a plan."""

    begins: date
    due: date
    slices: list[Slice]
    instalment: int = 0
    agreed: int = 0
    """The instalment as last levelled, before a payment fixed another one."""
    paid_principal: int = 0
    paid_interest: int = 0
    ahead: int = 0
    """Interest of later, already paid periods that is collected here."""
    passed_up: bool = False
    """This period's interest is collected in an earlier one."""
    base: int = 0
    """Disbursed up to the beginning of the period: what flat interest counts from."""
    principal_grace: bool = False
    interest_grace: bool = False
    interest_free: bool = False
    claims: bool = False
    """Something was charged back in it."""

    def copy(self) -> "Period":
        return Period(
            self.begins,
            self.due,
            [part.copy() for part in self.slices],
            self.instalment,
            self.agreed,
            self.paid_principal,
            self.paid_interest,
            self.ahead,
            self.passed_up,
            self.base,
            self.principal_grace,
            self.interest_grace,
            self.interest_free,
            self.claims,
        )

    @property
    def span(self) -> tuple[date, date]:
        return self.begins, self.due

    @property
    def disbursed(self) -> int:
        return sum(part.disbursed for part in self.slices)

    @property
    def credited_principal(self) -> int:
        if not self.claims:
            return 0
        return max(0, sum(part.credited_principal for part in self.slices))

    @property
    def credited(self) -> int:
        """Principal and interest that a chargeback claimed in this period."""
        if not self.claims:
            return 0
        return self.credited_principal + max(0, sum(part.credited_interest for part in self.slices))

    @property
    def room(self) -> int:
        """What the row may take in: its instalment, what was charged back, and interest collected ahead."""
        return self.instalment + self.credited + self.ahead

    @property
    def paid(self) -> int:
        return self.paid_principal + self.paid_interest

    @property
    def settled(self) -> bool:
        return self.room == self.paid


class Figure(NamedTuple):
    """What a period comes to."""

    accrued: int
    interest: int
    principal: int

    @property
    def shifted(self) -> int:
        """Accrued interest for which the instalment has no room: it goes to the next period."""
        return self.accrued - self.interest if self.accrued > self.interest else 0


@dataclass(slots=True)
class Plan:
    """Periods of one loan, and what their figures follow from."""

    terms: Terms
    factors: Factors
    exact: Context
    periods: list[Period]
    overdue_until: date | None = None
    """The day up to which overdue principal was made to bear interest."""
    overdue: list[tuple[date, int, date]] = field(default_factory=list)
    """Corrections made for overdue principal: date, amount, due date of the period they fell into."""

    def copy(self) -> "Plan":
        return Plan(
            self.terms,
            self.factors,
            self.exact,
            [period.copy() for period in self.periods],
            self.overdue_until,
            list(self.overdue),
        )

    @property
    def rounding(self) -> Rounding:
        return self.terms.rounding

    @property
    def begins(self) -> date:
        return self.periods[0].begins

    @property
    def matures(self) -> date:
        return self.periods[-1].due

    @property
    def empty(self) -> bool:
        """Nothing was disbursed yet that has to be repaid."""
        return all(period.instalment == 0 for period in self.periods)

    @property
    def untouched(self) -> bool:
        """Nothing has happened in it yet."""
        return self.empty and not self.claimed and all(len(period.slices) == 1 for period in self.periods)

    @property
    def claimed(self) -> int:
        """Principal that was ever claimed: disbursed or charged back."""
        parts = (part for period in self.periods for part in period.slices)
        return max(0, sum(part.disbursed + part.credited_principal for part in parts))

    @property
    def paid_principal(self) -> int:
        return sum(period.paid_principal for period in self.periods)

    @property
    def paid_interest(self) -> int:
        return sum(period.paid_interest for period in self.periods)

    def on(self, day: date) -> Period | None:
        """The period ``day`` belongs to: after its beginning up to its due date; the first one from its beginning on."""
        if day == self.begins:
            return self.periods[0]
        return next((period for period in self.periods if period.begins < day <= period.due), None)

    def of(self, begins: date, due: date) -> Period | None:
        """The period with these dates."""
        return next((period for period in self.periods if period.begins == begins and period.due == due), None)

    def since(self, due: date) -> list[Period]:
        """Periods due on ``due`` or later."""
        return [period for period in self.periods if period.due >= due]


def new_plan(terms: Terms, start: date) -> Plan:
    """The plan of a loan of which nothing is disbursed yet."""
    free = terms.grace.interest_charged
    made = [
        Period(begins, due, [Slice(begins, due)], interest_free=number < free)
        for number, (begins, due) in enumerate(periods(terms, start))
    ]
    return Plan(terms, Factors(terms, start, made[-1].due), context(terms.rounding), made)


def figures(plan: Plan) -> list[Figure]:
    """What each period comes to, from the opening balances as they stand."""
    result = []
    shifted = 0
    for period in plan.periods:
        figure = _figure(plan, period, shifted)
        shifted = figure.shifted
        result.append(figure)
    return result


def settle(plan: Plan) -> list[Figure]:
    """Opening balances anew from front to back, and what each period then comes to."""
    result: list[Figure] = []
    shifted = 0
    closing: int | None = None
    for period in plan.periods:
        parts = period.slices
        if closing is not None and parts:
            parts[0].balance = closing
        if len(parts) > 1:
            for earlier, later in pairwise(parts):
                later.balance = max(0, earlier.closing())
        figure = _figure(plan, period, shifted)
        shifted = figure.shifted
        result.append(figure)
        closing = closing_balance(period, figure)
    return result


def closing_balance(period: Period, figure: Figure) -> int:
    """Principal outstanding after the row of ``period``; what is paid of it was taken off on the day it was paid."""
    if not period.slices:
        return 0
    return max(0, period.slices[-1].closing() + period.paid_principal - figure.principal)


def _figure(plan: Plan, period: Period, shifted: int) -> Figure:
    own = accrual(plan, period) + shifted
    accrued = own if own > 0 else 0
    room = period.instalment + period.ahead
    if period.claims:
        room += period.credited
    paid = period.paid_interest
    # More principal paid than the row had room for: the row asks for no more interest than was paid.
    full = period.paid_principal > (room - accrued if room > accrued else 0)
    interest = paid if full or period.interest_grace else max(min(accrued, room), paid)
    return Figure(accrued, interest, max(room - interest, period.paid_principal))


def accrual(plan: Plan, period: Period) -> int:
    """Interest of a period by itself, and what is collected ahead in it: nothing that another period shifts to it."""
    if period.passed_up:
        return period.ahead
    parts = period.slices
    if not parts:
        return period.ahead
    if len(parts) == 1:
        part = parts[0]
        if part.known == part.balance and _plain(plan, period, part):
            return part.rounded + period.ahead
        interest = _interest(plan, period, part)
    else:
        interest = sum((_interest(plan, period, part) for part in parts), _ZERO)
    return (units(interest, plan.terms.rounding) if interest else 0) + period.ahead


def _plain(plan: Plan, period: Period, part: Slice) -> bool:
    """Whether nothing but its balance decides what the slice bears."""
    return not (
        part.silent or part.paused or part.credited_interest or period.interest_free or plan.terms.method is Method.FLAT
    )


def _interest(plan: Plan, period: Period, part: Slice) -> Decimal:
    """Interest of a slice, unrounded: balance × factor to the due date ÷ days to it × days of the slice."""
    if part.paused or period.interest_free:
        return Decimal(part.credited_interest)
    bearing = part.balance if plan.terms.method is not Method.FLAT else flat_base(period, part)
    if part.silent or not bearing:
        return max(_ZERO, Decimal(part.credited_interest)) if period.claims else _ZERO
    if part.known != bearing:
        part.interest = _of_balance(plan, period, part, bearing)
        part.rounded = units(part.interest, plan.terms.rounding)
        part.known = bearing
    if part.credited_interest:
        return max(_ZERO, plan.exact.add(Decimal(part.credited_interest), part.interest))
    return part.interest


def _of_balance(plan: Plan, period: Period, part: Slice, bearing: int) -> Decimal:
    share = part.share
    if share is None:
        to_due = (period.due - part.begins).days
        factor = plan.factors.interest(period.span, part.begins) if to_due else _ZERO
        share = part.share = (factor, Decimal(to_due or 1), Decimal((part.ends - part.begins).days))
    exact = plan.exact
    return exact.multiply(exact.divide(exact.multiply(Decimal(bearing), share[0]), share[1]), share[2])


def flat_base(period: Period, until: Slice | None) -> int:
    """Disbursed before the slice ``until``, or before the end of the period."""
    total = period.base
    for part in period.slices:
        if part is until:
            break
        if part.ends != period.begins:
            total += part.disbursed
    return total


def growth(plan: Plan, period: Period) -> Decimal:
    """1 + the sum of the factors of a period's slices: by how much a balance grows in it."""
    if period.interest_grace or period.interest_free:
        return _ONE
    spans = ((part.begins, part.ends) for part in period.slices)
    return sum((plan.factors.level(period.span, *span) for span in spans), _ONE)


def change(
    plan: Plan, day: date, disbursed: int = 0, corrected: int = 0, principal: int = 0, interest: int = 0
) -> Period | None:
    """Change the balance on ``day``; the period it falls into, ``None`` when ``day`` is outside the plan."""
    period = plan.on(day)
    if period is None or not period.slices:
        return None
    part = _ending_on(plan, period, day)
    part.disbursed += disbursed
    part.corrected += corrected
    if principal or interest:
        _credit(plan, day, principal, interest)
    return period


def _ending_on(plan: Plan, period: Period, day: date) -> Slice:
    """The slice that ends on ``day``, cut from the one ``day`` falls into where there is none.

    On the day the loan matures it is followed by one of no length, for claims of that very day.
    """
    parts = period.slices
    if period is plan.periods[-1] and day == period.due:
        if parts[-1].begins == parts[-1].ends:
            return parts[-1]
    elif (found := next((part for part in parts if part.ends == day), None)) is not None:
        return found
    return cut(period, day)


def cut(period: Period, day: date) -> Slice:
    """Cut the slice ``day`` falls into; the one that now ends on it."""
    parts = period.slices
    inside = [part for part in parts if part.begins < day <= part.ends]
    part = inside[-1] if inside else parts[0]
    end = min(max(day, part.begins), part.ends)
    rest = Slice(end, part.ends, paused=part.paused)
    part.end(end)
    parts.insert(_position(parts, part) + 1, rest)
    return part


def _position(parts: list[Slice], wanted: Slice) -> int:
    return next(index for index, part in enumerate(parts) if part is wanted)


def _credit(plan: Plan, day: date, principal: int, interest: int) -> None:
    """Note a claim that came back in the slice beginning on ``day``."""
    for period in plan.periods:
        last = period is plan.periods[-1]
        if not (period.begins <= day < period.due or (last and period.begins <= day <= period.due)):
            continue
        beginning = [part for part in period.slices if part.begins == day]
        if beginning:
            period.claims = True
            beginning[-1].credited_principal += principal
            beginning[-1].credited_interest += interest
        return

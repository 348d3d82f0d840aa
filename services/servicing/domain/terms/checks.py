"""Terms that cannot be: each objection names the field, says why, and costs nothing to find."""

from collections.abc import Iterator

from services.servicing.domain.calendar.day_count import DAY_COUNTS
from services.servicing.domain.terms.day_checks import day_objections
from services.servicing.domain.terms.method_checks import method_objections
from services.servicing.domain.terms.objection import Objection
from services.servicing.domain.terms.terms import Allocation, DayCount, Recalculation, Terms
from services.servicing.domain.terms.words import Anchor, Component, Counting, Due, Family, InterestBy, Rest, Unit

MAX_INSTALMENTS = 1200
MAX_ANNUAL_PERCENT = 1000
_MAX_RATE_DIGITS = 9


def objections(terms: Terms) -> tuple[Objection, ...]:
    """Every reason to refuse ``terms``; none when a schedule can be made of them."""
    return (
        *_amounts(terms),
        *_rate(terms),
        *_days(terms.day_count, terms),
        *_time(terms),
        *method_objections(terms),
        *day_objections(terms),
        *_structure(terms),
        *_orders(terms),
    )


def _amounts(terms: Terms) -> Iterator[Objection]:
    if terms.principal <= 0:
        yield Objection("principal", "must be positive")
    if not 0 <= terms.rounding.currency_digits <= 4:
        yield Objection("rounding.currency_digits", "a currency has 0 to 4 decimals")
    if terms.rounding.digits < 12:
        yield Objection("rounding.digits", "fewer than 12 significant digits lose minor units")
    if terms.rounding.multiple is not None and terms.rounding.multiple <= 0:
        yield Objection("rounding.multiple", "must be positive")
    if terms.down_payment is not None and not 0 < terms.down_payment.percent < 100:
        yield Objection("down_payment.percent", "must lie between 0 and 100")
    if any(tranche.amount <= 0 for tranche in terms.tranches):
        yield Objection("tranches", "each tranche needs a positive amount")


def _rate(terms: Terms) -> Iterator[Objection]:
    percent = terms.rate.percent
    beyond = not percent.is_finite() or percent.adjusted() > _MAX_RATE_DIGITS
    if beyond or not 0 <= terms.annual_percent <= MAX_ANNUAL_PERCENT:
        yield Objection("rate.percent", f"must lie between 0 and {MAX_ANNUAL_PERCENT} % a year")
    if terms.day_count.year is not None and terms.day_count.year <= 0:
        yield Objection("day_count.year", "must be positive, or none for the actual days")
    if terms.day_count.month not in (None, 30):
        yield Objection("day_count.month", "must be 30, or none for the actual days")
    if terms.fixed_instalment is not None and not _amortises(terms):
        yield Objection(
            "fixed_instalment", "does not cover the interest of the first period: the loan would never be repaid"
        )


def _days(count: DayCount, terms: Terms) -> Iterator[Objection]:
    if count.convention is None:
        if count.counting is not Counting.FIRST_DAY:
            yield Objection("day_count.counting", "needs a named convention; a fixed year has the same days either way")
        return
    if count.convention not in DAY_COUNTS:
        yield Objection("day_count.convention", f"unknown; there are {', '.join(DAY_COUNTS)}")
    if count.year is not None or count.month is not None:
        yield Objection("day_count.convention", "takes the place of year and month: give it alone")
    if terms.interest_by is InterestBy.PERIOD:
        yield Objection("day_count.convention", "interest by period counts no days: agree interest by day")


def _amortises(terms: Terms) -> bool:
    """Whether a fixed instalment exceeds the interest of a first period of ordinary length."""
    periods_a_year = {Unit.DAY: 365, Unit.WEEK: 52, Unit.MONTH: 12, Unit.YEAR: 1}[terms.frequency.unit]
    interest = terms.principal * terms.annual_percent * terms.frequency.every / (100 * periods_a_year)
    return terms.fixed_instalment is not None and terms.fixed_instalment > interest


def _time(terms: Terms) -> Iterator[Objection]:
    if not 1 <= terms.instalments <= MAX_INSTALMENTS:
        yield Objection("instalments", f"must lie between 1 and {MAX_INSTALMENTS}")
    if terms.frequency.every < 1:
        yield Objection("frequency", "must be at least every one unit")
    if terms.anchor is Anchor.APPLICATION and terms.applied is None:
        yield Objection("applied", "due dates are counted from the application, and its date is not given")
    if (terms.anchor is Anchor.AGREED) != (terms.counted_from is not None):
        yield Objection(
            "counted_from", "is the day from which due dates are counted, with the anchor agreed and no other"
        )
    if terms.applied is not None and terms.first_due is not None and terms.first_due <= terms.applied:
        yield Objection("first_due", "must be after the application")
    if any(terms.first_due is not None and terms.first_due <= tranche.expected for tranche in terms.tranches[:1]):
        yield Objection("first_due", "must be after the first disbursement")
    if terms.fixed_length is not None and terms.fixed_length.unit is terms.frequency.unit:
        before_last = terms.frequency.every * (terms.instalments - 1)
        if terms.fixed_length.every <= before_last:
            yield Objection("fixed_length", "ends before the last but one instalment")


def _structure(terms: Terms) -> Iterator[Objection]:
    grace = terms.grace
    if min(grace.principal, grace.interest_payment, grace.interest_charged, grace.arrears_days) < 0:
        yield Objection("grace", "cannot be negative")
    if grace.principal >= terms.instalments > 0:
        yield Objection("grace.principal", "leaves no instalment in which principal falls due")
    if terms.full_term_tranches and terms.family is not Family.PROGRESSIVE:
        yield Objection("full_term_tranches", "needs the progressive family")
    if terms.recalculation is not None:
        yield from _rests(terms.recalculation, terms.family)


def _rests(rules: Recalculation, family: Family) -> Iterator[Objection]:
    if rules.rest_every < 1:
        yield Objection("recalculation.rest_every", "must be at least every one")
    elif rules.rest_every > 1 and rules.rest is Rest.PERIOD:
        yield Objection("recalculation.rest_every", "rests at due dates have no interval of their own")
    if family is Family.PROGRESSIVE and (rules.rest_every > 1 or rules.rest in (Rest.WEEKLY, Rest.MONTHLY)):
        yield Objection("recalculation.rest", "the progressive family rests daily or at due dates")


def _orders(terms: Terms) -> Iterator[Objection]:
    for allocation in terms.allocations:
        where = f"allocations[{allocation.kind or 'default'}]"
        if missing := _missing(allocation):
            yield Objection(where, f"the order misses {missing}")
        if len(set(allocation.order)) != len(allocation.order):
            yield Objection(where, "the order names a slot twice")
    kinds = [allocation.kind for allocation in terms.allocations]
    if len(set(kinds)) != len(kinds):
        yield Objection("allocations", "two orders for one kind of transaction")
    if terms.allocations and None not in kinds:
        yield Objection("allocations", "no default order")
    if terms.credit_order is not None and set(terms.credit_order.order) != set(Component):
        yield Objection("credit_order", "must name every component once")


def _missing(allocation: Allocation) -> str:
    """The slots an order leaves out, in words; empty when it names all."""
    named = set(allocation.order)
    left = [f"{due} {part}" for due in Due for part in Component if (due, part) not in named]
    return ", ".join(left)

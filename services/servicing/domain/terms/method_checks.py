"""Repayment methods: what each needs beside the common terms, and in which family it has a meaning."""

from collections.abc import Iterator
from itertools import pairwise

from services.servicing.domain.terms.objection import Objection
from services.servicing.domain.terms.terms import Balloon, Growth, Settlement, Terms
from services.servicing.domain.terms.words import Family, Method, Remainder

LEVELLED = (Method.EQUAL_INSTALMENT, Method.FLAT)
"""What the progressive family knows: its plan is levelled anew after a disbursement or a change, to one instalment for all rows."""
_EQUAL_PARTS = (Method.EQUAL_PRINCIPAL, Method.FLAT)
_SETTLED = (Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY, Method.CUSTOM)


def method_objections(terms: Terms) -> Iterator[Objection]:
    """What does not fit the method."""
    progressive = terms.family is Family.PROGRESSIVE
    if progressive and terms.method not in LEVELLED:
        yield Objection(
            "method",
            "the progressive family knows equal instalments and flat interest: every change levels its rows to one "
            "instalment, which no other method has",
        )
    for field, method in (("growth", Method.GRADED), ("balloon", Method.BALLOON), ("plan", Method.CUSTOM)):
        given = bool(getattr(terms, field))
        if given != (terms.method is method):
            yield Objection(field, f"belongs to the method {method}" if given else f"the method {method} needs it")
    if terms.growth is not None:
        yield from _growth(terms.growth)
    if terms.balloon is not None:
        yield from _balloon(terms.balloon, terms)
    if terms.plan:
        yield from _plan(terms)
    if terms.settlement is not None:
        yield from _settlement(terms.settlement, terms)
    if terms.rounding.remainder is Remainder.FIRST and (progressive or terms.method not in _EQUAL_PARTS):
        yield Objection(
            "rounding.remainder",
            "the first row can take it in of equal parts of principal; level instalments close last",
        )


def _growth(growth: Growth) -> Iterator[Objection]:
    if growth.every < 1:
        yield Objection("growth.every", "must be at least every instalment")
    if (growth.percent is None) == (growth.amount is None):
        yield Objection("growth", "needs a percent or an amount, one of the two")
    if growth.percent is not None and not -50 <= growth.percent <= 100:
        yield Objection("growth.percent", "must lie between -50 and 100")


def _balloon(balloon: Balloon, terms: Terms) -> Iterator[Objection]:
    if (balloon.amount is None) == (balloon.over is None):
        yield Objection("balloon", "needs an amount or a number of instalments, one of the two")
    if balloon.amount is not None and not 0 < balloon.amount < terms.principal:
        yield Objection("balloon.amount", "must be positive and below the principal")
    if balloon.over is not None and not terms.instalments < balloon.over <= 10 * max(terms.instalments, 120):
        yield Objection(
            "balloon.over", "must be more instalments than the loan has, and at most ten times as many or 1200"
        )


def _plan(terms: Terms) -> Iterator[Objection]:
    if len(terms.plan) != terms.instalments:
        yield Objection("plan", f"has {len(terms.plan)} rows, and {terms.instalments} instalments are agreed")
    dues = [planned.due for planned in terms.plan]
    if any(later <= earlier for earlier, later in pairwise(dues)):
        yield Objection("plan", "its days must follow each other")
    if any(planned.principal < 0 for planned in terms.plan):
        yield Objection("plan", "no row can ask for less than nothing")
    total = sum(planned.principal for planned in terms.plan)
    if total != terms.principal:
        yield Objection(
            "plan", f"its principal sums to {terms.major(total)}, and the loan is {terms.major(terms.principal)}"
        )
    if terms.down_payment is not None:
        yield Objection("down_payment", "a custom plan says itself what falls due first")
    if terms.grace.principal:
        yield Objection("grace.principal", "a custom plan says itself when principal falls due")


def _settlement(settlement: Settlement, terms: Terms) -> Iterator[Objection]:
    if terms.family is Family.PROGRESSIVE or terms.method not in _SETTLED:
        yield Objection(
            "settlement", f"needs a method of the cumulative family with principal of its own: {', '.join(_SETTLED)}"
        )
    if not 1 <= settlement.day <= 31:
        yield Objection("settlement.day", "must be a day of the month, 31 for the last")
    if not 1 <= settlement.payable_after <= 15:
        yield Objection("settlement.payable_after", "must lie between 1 and 15 days")
    if settlement.every not in (1, 2, 3, 4, 6, 12):
        yield Objection("settlement.every", "must divide the year: 1, 2, 3, 4, 6 or 12 months")
    if terms.grace.interest_payment or terms.grace.interest_charged:
        yield Objection("settlement", "a grace of interest counts instalments, and this interest has days of its own")

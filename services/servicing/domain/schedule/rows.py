"""The rows of a loan in normal performance: what was disbursed, repaid as agreed. No plan is kept, nothing can happen to it."""

from collections.abc import Sequence
from datetime import date

from services.servicing.domain.schedule.cumulative import Amounts, amounts
from services.servicing.domain.schedule.dates import periods
from services.servicing.domain.schedule.factors import Factors
from services.servicing.domain.schedule.movements import disburse
from services.servicing.domain.schedule.plain import plain_level, plain_rows
from services.servicing.domain.schedule.plan import figures, new_plan
from services.servicing.domain.terms import Family, Terms


def scheduled(terms: Terms, start: date, disbursed: Sequence[tuple[date, int]]) -> list[Amounts]:
    """The rows of a loan whose periods begin on ``start`` and of which ``disbursed`` (day, minor units) was paid out.

    A down payment is a row of its own, and no part of what stands here.
    """
    if terms.family is Family.CUMULATIVE:
        return amounts(terms, start, disbursed)
    if len(disbursed) == 1 and disbursed[0][0] == start:
        spans = periods(terms, start)
        found = plain_level(terms, Factors(terms, start, spans[-1][1]), spans, disbursed[0][1])
        if found is not None:
            return list(plain_rows(found, spans, disbursed[0][1]))
    plan = new_plan(terms, start)
    for day, amount in disbursed:
        disburse(plan, day, amount)
    return [
        Amounts(period.begins, period.due, figure.principal, figure.interest)
        for period, figure in zip(plan.periods, figures(plan), strict=True)
    ]

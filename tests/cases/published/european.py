"""Groups aprc-eu and the EC's schedules: the rate of an agreement, and every figure that the source prints with it."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from services.servicing.domain.cost.aprc import MORTGAGE_2014, Version, aprc
from services.servicing.domain.cost.credit_plan import Method, Plan, Row, rows
from services.servicing.domain.cost.roots import Flow
from tests.cases.published.agreements import BORROWING, Agreement, read
from tests.cases.published.charges import Recurring
from tests.cases.published.figures import Answer, Value, first_of, named, of_rows, rates, to, totals
from tests.cases.published.timed import rate_of_flows
from tests.cases.published.words import Inputs

ZERO = Decimal(0)


def answers(inputs: Inputs, _: Mapping[str, Any], version: Version = MORTGAGE_2014) -> Answer:
    """Every figure that the source publishes of an agreement."""
    if not any(name in inputs for name in BORROWING):
        return rate_of_flows(inputs, version)
    agreement = read(inputs)
    plan = agreement.plan()
    made = rows(plan)
    stated = agreement.payment
    paid = [(to(row.payment) if stated is None else stated) + _regular_cost(agreement, plan, made, row) for row in made]
    at_once = _at_once(agreement)
    drawn = agreement.credit + sum(agreement.drawdowns.values(), ZERO)
    flows = [Flow(Fraction(0), agreement.credit - at_once)]
    flows += [Flow(agreement.time(period), amount) for period, amount in agreement.drawdowns.items()]
    flows += [Flow(agreement.time(row.number), -amount) for row, amount in zip(made, paid, strict=True)]
    later = [(len(made) if period < 0 else period, amount) for period, amount in agreement.costs if period]
    flows += [Flow(agreement.time(period), -amount) for period, amount in later]
    between = _between(agreement, plan, made)
    flows += [Flow(agreement.moment(month), -amount) for month, amount in between]
    found = aprc(flows, version)
    paid_out = sum(paid, ZERO) + sum((amount for _, amount in (*later, *between)), ZERO) + at_once
    interest = sum((row.interest for row in made), ZERO)
    return first_of(
        rates(x=found.exact, apr=found.exact, aprc=found.exact, aprc_exact=found.exact),
        _levels(agreement, plan, made, paid),
        named(
            {
                "total_interest": interest,
                "interest": interest,
                "total_cost": paid_out - drawn,
                "total_cost_of_credit": paid_out - drawn,
                "total_amount": paid_out,
                "total_amount_payable": paid_out,
                "total_payable": paid_out,
                "total_payments": sum(paid, ZERO),
                "months": Decimal(len(made) * agreement.every),
                "periods": Decimal(len(made)),
                "payments": Decimal(len(made)),
                "number_of_payments": Decimal(len(made)),
            }
        ),
        of_rows(made, 12 // agreement.every),
        totals(made, drawn),
    )


def schedule(inputs: Inputs, case: Mapping[str, Any]) -> Answer:
    """The rows of an agreement, where nothing of its cost is asked for."""
    return answers(inputs, case)


def _levels(agreement: Agreement, plan: Plan, made: tuple[Row, ...], paid: list[Decimal]) -> Answer:
    """Instalments by phase: a phase begins with a stage or a rate; ``monthly_payment`` has the regular costs in it."""
    begins = [period for period, _ in plan.rates]
    at = 1
    for stage in plan.stages[:-1]:
        at += stage.periods
        begins.append(at)
    phases = [made[period - 1] for period in sorted(set(begins)) if period <= len(made)]
    before_last = made[-2] if len(made) > 1 else made[-1]
    figures: dict[str, Value] = {
        "instalment": _first_level(plan, made).payment,
        "monthly_payment": paid[0],
        "payment": paid[0],
        "monthly_interest": made[0].interest,
        "monthly_interest_before": made[0].interest,
        "monthly_interest_after": phases[1].interest if len(phases) > 1 else made[0].interest,
        "premium": agreement.financed,
        "insurance": agreement.financed,
        "owed": plan.principal,
        "balloon": made[-1].payment - _regular_part(plan, made),
        "final_payment": made[-1].payment,
        "last_instalment": made[-1].payment,
        "balance_before_last": before_last.balance,
    }
    if plan.stages[-1].method is Method.BULLET:
        figures["balances"] = [row.balance + row.payment for row in made]
    if len(phases) > 1:
        figures |= {f"instalment_{n}": row.payment for n, row in enumerate(phases, 1)}
        figures |= {f"monthly_payment_{n}": paid[row.number - 1] for n, row in enumerate(phases, 1)}
        figures |= {f"monthly_interest_{n}": row.interest for n, row in enumerate(phases, 1)}
        figures |= {"instalment_after": phases[1].payment}
    return named(figures)


def _first_level(plan: Plan, made: tuple[Row, ...]) -> Row:
    """The first row that repays principal, where stages with interest only or without payments come before it."""
    skipped = 0
    for stage in plan.stages[:-1]:
        if stage.method not in (Method.INTEREST_ONLY, Method.BULLET):
            break
        skipped += stage.periods
    return made[min(skipped, len(made) - 1)]


def _regular_part(plan: Plan, made: tuple[Row, ...]) -> Decimal:
    """What the last row would have been without what the stages left to it."""
    if plan.stages[-1].method is Method.EQUAL_INSTALMENT and len(made) > 1:
        return made[-2].payment
    return made[-1].interest if plan.stages[-1].method is Method.INTEREST_ONLY else ZERO


def _at_once(agreement: Agreement) -> Decimal:
    """What is paid with the first drawdown: costs at conclusion, and the first of those that are paid in advance."""
    owed = agreement.credit + agreement.financed
    cost = sum((amount for period, amount in agreement.costs if period == 0), ZERO)
    advanced = [one for one in agreement.regular if one.advance and one.due(0, one.every)]
    return cost + sum((one.amount + to(one.share * owed) for one in advanced), ZERO)


def _regular_cost(agreement: Agreement, plan: Plan, made: tuple[Row, ...], row: Row) -> Decimal:
    """Charges that recur, with a row."""
    month, end = row.number * agreement.every, len(made) * agreement.every
    due = [one for one in agreement.regular if one.due(month, end)]
    return sum((_charged(agreement, plan, made, one, month) for one in due), ZERO)


def _between(agreement: Agreement, plan: Plan, made: tuple[Row, ...]) -> list[tuple[int, Decimal]]:
    """(month, amount) of charges that are due more often than the rows."""
    end = len(made) * agreement.every
    return [
        (month, _charged(agreement, plan, made, one, month))
        for one in agreement.regular
        for month in range(1, end + 1)
        if month % agreement.every and one.due(month, end)
    ]


def _charged(agreement: Agreement, plan: Plan, made: tuple[Row, ...], one: Recurring, month: int) -> Decimal:
    """The amount, or the share of what was owed when the months that it is for began."""
    began = max(month if one.advance else month - one.every, 0) // agreement.every
    balance = made[began - 1].balance if began else plan.principal
    return one.amount + to(one.share * (balance if one.of_balance else plan.principal))

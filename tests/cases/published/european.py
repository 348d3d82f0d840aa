"""APRC of the European directives: agreements in words into a plan, costs and flows (groups aprc-eu and the EC's schedules).

The source's agreements are over 240 months by equal instalments unless they say otherwise, its lines of credit (effective borrowing
rate, no repayment named) five years of interest only and then 120 parts of principal: what is not said is that.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from services.servicing.domain.calendar.months import add_months, whole_months_back
from services.servicing.domain.cost.aprc import MORTGAGE_2014, Version, aprc, year_ending
from services.servicing.domain.cost.credit_plan import Method, Plan, Row, Stage, rows
from services.servicing.domain.cost.rates import periodic_of_effective
from services.servicing.domain.cost.roots import PRECISION, Flow
from tests.cases.published.figures import Answer, Value, first_of, named, of_rows, rates, to
from tests.cases.published.words import (
    ADVERBS,
    AMOUNT,
    NUMBER,
    Inputs,
    Text,
    Unreadable,
    day,
    first_amount,
    number,
    whole,
)

ZERO = Decimal(0)
STANDARD_TERM = 240
LINE_OF_CREDIT = (Stage(Method.INTEREST_ONLY, 60), Stage(Method.EQUAL_PRINCIPAL, 120))
COUNT = r"(?P<n>\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
UNIT = r"(?P<unit>month|quarter|half-year|year)s?"
FREQUENCY = "|".join(sorted(ADVERBS, key=len, reverse=True))
PER = r"(?:per|a|an|each|every|/)\s*(?P<unit>month|quarter|half-year|year|instalment|payment|annum)"
CHARGE = r"(?:costs?|fees?|premiums?|charges?|commission|insurance|account|maintenance)"
PERCENT = rf"(?P<percent>{NUMBER})\s*%"
UNITS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12, "annum": 12}


@dataclass
class Agreement:
    """What the words say, in periods of ``every`` months."""

    credit: Decimal
    every: int = 1
    stages: tuple[Stage, ...] = ()
    rates: tuple[tuple[int, Decimal], ...] = ()
    financed: Decimal = ZERO
    """Owed beside the credit, e.g. a premium paid from it."""
    drawdowns: dict[int, Decimal] = field(default_factory=dict)
    costs: list[tuple[int, Decimal]] = field(default_factory=list)
    """(period, amount); -1 is the last period."""
    regular: list[tuple[int, Decimal, bool]] = field(default_factory=list)
    """(every so many periods, amount, in advance)."""
    shares: list[tuple[int, Decimal, bool]] = field(default_factory=list)
    """(every so many periods, share, of the balance before the period rather than of the credit)."""
    start: date | None = None
    first: date | None = None

    def plan(self) -> Plan:
        """The plan, with the first interest simple over whole months and a stub of days where dates are given."""
        owed = self.credit + self.financed
        plan = Plan(owed, self.stages, self.rates, self.drawdowns)
        if self.start is None or self.first is None:
            return plan
        months, days, basis = self.stub()
        with localcontext(PRECISION):
            periodic = self.rates[0][1]
            return replace(
                plan,
                first_interest=periodic * (Decimal(months) / self.every + Decimal(12 * days) / (basis * self.every)),
            )

    def stub(self) -> tuple[int, int, int]:
        """(whole months, days, days of the year that ends with them) of the first period."""
        assert self.start is not None
        assert self.first is not None
        months = whole_months_back(self.first, self.start)
        end = add_months(self.first, -months)
        return months, (end - self.start).days, year_ending(end)

    def time(self, period: int) -> Fraction:
        """Years from the first drawdown to the end of a period."""
        if period == 0 or self.start is None or self.first is None:
            return Fraction(period * self.every, 12)
        months, days, basis = self.stub()
        return Fraction(months + (period - 1) * self.every, 12) + Fraction(days, basis)


def answers(inputs: Inputs, _: Mapping[str, Any], version: Version = MORTGAGE_2014) -> Answer:
    """Every figure that the source publishes of an agreement."""
    agreement = read(inputs)
    plan = agreement.plan()
    made = rows(plan)
    paid = [to(row.payment) + _regular_cost(agreement, plan, made, row) for row in made]
    at_once = _at_once(agreement)
    drawn = agreement.credit + sum(agreement.drawdowns.values(), ZERO)
    flows = [Flow(Fraction(0), agreement.credit - at_once)]
    flows += [Flow(agreement.time(period), amount) for period, amount in agreement.drawdowns.items()]
    flows += [Flow(agreement.time(row.number), -amount) for row, amount in zip(made, paid, strict=True)]
    later = [(len(made) if period < 0 else period, amount) for period, amount in agreement.costs if period]
    flows += [Flow(agreement.time(period), -amount) for period, amount in later]
    found = aprc(flows, version)
    paid_out = sum(paid, ZERO) + sum((amount for _, amount in later), ZERO) + at_once
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
        "instalment": made[0].payment,
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


def _regular_part(plan: Plan, made: tuple[Row, ...]) -> Decimal:
    """What the last row would have been without what the stages left to it."""
    if plan.stages[-1].method is Method.EQUAL_INSTALMENT and len(made) > 1:
        return made[-2].payment
    return made[-1].interest if plan.stages[-1].method is Method.INTEREST_ONLY else ZERO


def _at_once(agreement: Agreement) -> Decimal:
    regular = sum((amount for _, amount, advance in agreement.regular if advance), ZERO)
    return regular + sum((amount for period, amount in agreement.costs if period == 0), ZERO)


def _regular_cost(agreement: Agreement, plan: Plan, made: tuple[Row, ...], row: Row) -> Decimal:
    """Costs that recur, with a row; one paid in advance is not due with the last row any more."""
    cost = ZERO
    for every, amount, advance in agreement.regular:
        if row.number % every == 0 and not (advance and row.number == len(made)):
            cost += amount
    for every, share, of_balance in agreement.shares:
        if row.number % every == 0:
            base = made[row.number - every - 1].balance if row.number > every else plan.principal
            cost += to(share * (base if of_balance else plan.principal))
    return cost


def read(inputs: Inputs) -> Agreement:
    """The agreement that the words state."""
    agreement = Agreement(ZERO)
    drawn = inputs.get("drawdowns", "drawdown")
    credit = inputs.get("total_credit", "credit", "principal", "amount", "total_amount_of_credit")
    if drawn is not None:
        _drawdowns(agreement, Text(str(drawn).lower()))
    if credit is not None and not agreement.credit:
        agreement.credit = first_amount(credit)
    if not agreement.credit:
        raise Unreadable("no amount of credit")
    agreement.start = inputs.read(day, "agreement_date", "drawdown_date", "start_date", "first_drawdown")
    agreement.first = inputs.read(day, "first_payment", "first_payment_date", "first_instalment")
    rate_words = Text(str(inputs.need("borrowing_rate", "rate", "annual_rate", "nominal_rate")).lower())
    upfront = inputs.get("upfront_cost", "upfront_costs", "fee", "initial_cost")
    if upfront is not None:
        _upfront(agreement, Text(str(upfront).lower()))
    words = [rate_words, *(Text(f"{_hint(key)}{value}".lower()) for key, value in inputs.rest().items())]
    for text in words:
        _costs(agreement, text)
    for text in words:
        _repayment(agreement, text, text is rate_words)
    effective = _rates(agreement, rate_words)
    for text in words:
        text.done(
            (
                "nominal",
                "effective",
                "fixed",
                "variable",
                "payments?",
                "instalments?",
                "months?",
                "whole term",
                "term",
                "rate",
                "end",
            )
        )
    if not agreement.stages:
        agreement.stages = LINE_OF_CREDIT if effective else (Stage(Method.EQUAL_INSTALMENT, STANDARD_TERM),)
    return agreement


def _hint(key: str) -> str:
    """A key that says itself what its value is, e.g. ``monthly_cost``; keys of free text say nothing."""
    return (
        ""
        if key in ("other", "repayment", "note", "notes", "others", "instalments", "terms")
        else f"{key.replace('_', ' ')} "
    )


def _drawdowns(agreement: Agreement, text: Text) -> None:
    for match in text.all(
        rf"(?:{AMOUNT})\s*(?:at|on|in|after)?\s*(?:the start|(?:month |time )?(?P<at>\d+)(?:\s*months?)?)"
    ):
        period = int(match["at"] or 0)
        amount = number(match["amount"])
        if period:
            agreement.drawdowns[period] = agreement.drawdowns.get(period, ZERO) + amount
        else:
            agreement.credit += amount
    for match in text.all(r"(?:and|,)\s*(?:at\s*)?month (?P<at>\d+)"):
        agreement.drawdowns[int(match["at"])] = agreement.credit
    text.done(("drawn", "down"))


def _upfront(agreement: Agreement, text: Text) -> None:
    match = text.take(AMOUNT + r"(?!\s*%)(?![\d.,]*\s*%)")
    percent = text.take(
        rf"\(?\s*{PERCENT}(?:\s*of\s*(?:the\s*)?(?:total\s*)?(?:amount\s*of\s*)?(?:credit|loan|principal))?\s*\)?"
    )
    if match is None and percent is None:
        raise Unreadable(f"upfront cost {text.left!r}")
    agreement.costs.append(
        (0, number(match["amount"]) if match else agreement.credit * number(percent["percent"] + "%"))
    )
    text.done(("conclusion", "paid", "upfront", "up-front", "once", "agreement", "cost", "costs", "fee"))


def _costs(agreement: Agreement, text: Text) -> None:
    financed = text.take(
        rf"(?:single[- ]premium )?(?:payment protection )?insurance (?:premium )?(?:of )?(?:{PERCENT}|{AMOUNT})"
        rf" financed(?:\s*\(owed {NUMBER}\))?"
    )
    if financed:
        percent = financed["percent"]
        agreement.financed += agreement.credit * number(percent + "%") if percent else number(financed["amount"])
    for exit_cost in text.all(
        rf"(?:exit|closing|final|release|deregistration|cancellation) (?:cost|fee|charge)s? (?:of )?(?:{AMOUNT}|{PERCENT})"
        r"(?:,? ?(?:paid|due|payable))?(?: (?:with|at|on))?(?: the)?(?: (?:last|final) (?:instalment|payment)| end| maturity)?"
    ):
        amount = exit_cost["amount"]
        agreement.costs.append(
            (-1, number(amount) if amount else agreement.credit * number(exit_cost["percent"] + "%"))
        )
    for share in text.all(
        rf"(?:[a-z-]+ ){{0,4}}{PERCENT}\s*(?:{PER}\s*)?(?:of|on) (?:the )?(?P<base>initial |original |outstanding |remaining )?"
        rf"(?:balance|principal|capital|credit|loan|amount)(?: outstanding)?\s*"
        r"(?:(?:per|a|each|every) (?P<later>month|quarter|year|annum))"
    ):
        unit = share["later"] or share["unit"] or "month"
        of_balance = (share["base"] or "").strip() not in ("initial", "original")
        agreement.shares.append((UNITS[unit], number(share["percent"] + "%"), of_balance))
    for cost in text.all(
        rf"(?:(?:[a-z-]+ ){{0,5}}{CHARGE}(?: of)? )?{AMOUNT}(?!\s*%)\s*"
        rf"{PER}(?P<advance>,? ?in advance|,? ?at the (?:beginning|start)(?: of (?:the|each) (?:month|year|period))?)?"
    ):
        unit = (
            cost["unit"]
            or {"monthly": "month", "quarterly": "quarter", "annually": "year", "yearly": "year"}[cost["adverb"]]
        )
        agreement.regular.append((UNITS.get(unit, 1), number(cost["amount"]), bool(cost["advance"])))
    for cost in text.all(
        rf"(?P<adverb>monthly|quarterly|annual|yearly) (?:[a-z-]+ ){{0,3}}{CHARGE} (?:of )?{AMOUNT}(?!\s*%)"
        r"(?P<advance>,? ?in advance|,? ?at the (?:beginning|start))?"
    ):
        every = ADVERBS[cost["adverb"]]
        agreement.regular.append((every, number(cost["amount"]), bool(cost["advance"])))
    for cost in text.all(
        rf"(?:[a-z-]+ ){{0,3}}(?:costs?|fees?|charges?) (?:of )?{AMOUNT} (?:at|in|after) (?:month )?(?P<at>\d+)(?: months?)?"
    ):
        agreement.costs.append((int(cost["at"]), number(cost["amount"])))
    _overdraft(agreement, text)


def _overdraft(agreement: Agreement, text: Text) -> None:
    """Overdraft with capital at the end: interest as it accrues, a fee each month."""
    match = text.take(rf"overdraft(?: facility)?(?: for)? {COUNT} months?")
    if match:
        agreement.stages = (Stage(Method.INTEREST_ONLY, whole(match["n"])),)
        for cost in text.all(rf"{AMOUNT} per month"):
            agreement.regular.append((1, number(cost["amount"]), False))
        text.take(r"capital (?:repaid )?(?:at|in|after) (?:month )?\d+")


def _repayment(agreement: Agreement, text: Text, of_rate: bool) -> None:
    stages = list(agreement.stages)
    unit = text.take(
        r"(?:equal )?(?P<every>quarterly|four-monthly|half-yearly|semi-annual(?:ly)?|annual(?:ly)?|yearly|bimonthly)\b"
        r"(?= (?:payments|instalments|repayments|equal))"
    )
    if unit:
        agreement.every = ADVERBS[unit["every"]]
    per = agreement.every
    two = text.take(r"(?P<a>\d+) then (?P<b>\d+) equal principal(?: payments| parts)?")
    if two:
        stages += [Stage(Method.EQUAL_PRINCIPAL, int(two["a"])), Stage(Method.EQUAL_PRINCIPAL, int(two["b"]))]
    only = text.take(rf"interest[- ]only,? (?:for |during )?(?:the )?(?:first )?{COUNT} {UNIT}")
    if only is None:
        only = text.take(rf"{COUNT} {UNIT} (?:of )?interest[- ]only")
    if only:
        stages.append(Stage(Method.INTEREST_ONLY, whole(only["n"]) * UNITS[only["unit"]] // per))
        text.take(
            r"(?:(?:and|then),? )?(?:the )?(?:principal|capital)(?! (?:payments|parts|in))(?: at (?:the )?(?:end|maturity|term))?"
        )
    equal = text.take(rf"equal principal(?: payments| parts)?,? *(?:over |for |in )?{COUNT} {UNIT}") or text.take(
        rf"{COUNT}(?P<unit>)(?: monthly| quarterly| annual)? equal (?:principal|capital)(?: payments| parts| repayments)?"
    )
    if equal:
        stages.append(Stage(Method.EQUAL_PRINCIPAL, whole(equal["n"]) * UNITS.get(equal["unit"] or "", per) // per))
    bullet = text.take(
        rf"(?:bullet|single (?:re)?payment|one payment|repaid (?:in full|at once))(?: at| after| in)?(?: month)? "
        rf"{COUNT}(?: (?:months?|(?P<years>years?)))?"
    )
    if bullet:
        stages.append(Stage(Method.BULLET, whole(bullet["n"]) * (12 if bullet["years"] else 1) // per))
        text.take(r"(?:interest )?compounded monthly")
    stages += _revolving(text)
    stages += _annuity(agreement, text, of_rate)
    agreement.stages = tuple(stages)


def _revolving(text: Text) -> list[Stage]:
    match = text.take(
        rf"{PERCENT} of (?:the )?(?:outstanding )?(?:principal|balance|capital)(?:\s*(?:\+|and|plus)\s*interest)?"
        rf",? *(?:with )?(?:a )?minimum (?:of )?{AMOUNT}"
    )
    if match is None:
        return []
    return [Stage(Method.SHARE_OF_BALANCE, 1200, share=number(match["percent"] + "%"), minimum=number(match["amount"]))]


def _annuity(agreement: Agreement, text: Text, of_rate: bool) -> list[Stage]:
    per = agreement.every
    balloon = text.take(
        rf"{COUNT}[- ]{UNIT} (?:instalments?|amortisation|annuity),? balloon (?:after|at) (?:month )?(?P<at>\d+)(?: months?)?"
    )
    if balloon:
        over = whole(balloon["n"]) * UNITS[balloon["unit"]] // per
        return [Stage(Method.EQUAL_INSTALMENT, int(balloon["at"]) // per, amortised_over=over)]
    left = text.take(rf"balloon (?:of )?{AMOUNT}(?!\s*%)")
    growing = text.take(
        rf"(?:(?:instalments?|payments?) )?(?P<way>growing|increasing|rising|decreasing|falling)(?: by)? (?:{PERCENT}|{AMOUNT}),? "
        rf"(?:(?P<adverb>annually|yearly|monthly|quarterly)|(?:every|per|a|each) (?:(?P<n>\d+|two|three|five|six) )?{UNIT})"
    )
    count = text.take(
        rf"{COUNT} (?:equal )?(?P<adverb>{FREQUENCY})(?: instalments?| payments?| repayments?)?(?: on the \d+(?:st|nd|rd|th))?"
    )
    if count:
        agreement.every = per = ADVERBS[count["adverb"]]
    else:
        count = text.take(rf"{COUNT} (?:equal )?(?P<adverb>)(?:instalments|payments|repayments)")
    periods = whole(count["n"]) if count else 0
    term = None if count or of_rate else text.take(rf"(?:over |for |term of |duration of )?{COUNT}[- ]{UNIT}(?: term)?")
    if term:
        periods = whole(term["n"]) * UNITS[term["unit"]] // per
    if not periods and growing is None and left is None:
        return []
    stage = Stage(
        Method.EQUAL_INSTALMENT, periods or STANDARD_TERM // per, balloon=number(left["amount"]) if left else ZERO
    )
    return [_grown(stage, growing, per) if growing else stage]


def _grown(stage: Stage, growing: re.Match[str], per: int) -> Stage:
    every = ADVERBS[growing["adverb"]] if growing["adverb"] else whole(growing["n"] or 1) * UNITS[growing["unit"]]
    falls = -1 if growing["way"] in ("decreasing", "falling") else 1
    if growing["percent"]:
        return replace(stage, growth=1 + falls * number(growing["percent"] + "%"), grows_every=every // per)
    return replace(stage, step=falls * number(growing["amount"]), grows_every=every // per)


KINDS = (
    r"(?:nominal|effective|fixed|variable|p\.?a\.?|per annum|annual|a year|yearly"
    r"|compounded (?:monthly|quarterly|annually|half-yearly))"
)
RATE = (
    rf"(?P<rate>{NUMBER}\s*%|0?\.\d+)(?P<kinds>(?:,?\s*{KINDS})*)"
    rf"(?:,?\s*(?:monthly|periodic|per month|quarterly)(?: rate)?\s*(?:of )?{NUMBER}\s*%)?"
    rf"(?:,?\s*(?:for|during)\s*(?:the\s*)?(?:first\s*)?(?:{COUNT}\s*{UNIT}|(?P<rest>whole term(?:\s*\((?P<term>\d+) months\))?"
    r"|(?:rest|remaining|remainder)[a-z ]*)))?(?:,?\s*(?:from|after) month (?P<begin>\d+))?"
)


def _rates(agreement: Agreement, text: Text) -> bool:
    """The rates by period; returns whether they are effective annual rates."""
    effective = "effective" in text.left
    found = text.all(RATE)
    if not found:
        raise Unreadable(f"no borrowing rate in {text.left!r}")
    begin, rates = 1, []
    for match in found:
        begin = int(match["begin"]) if match["begin"] else begin
        annual = number(match["rate"])
        with localcontext(PRECISION):
            periodic = (
                periodic_of_effective(annual, Decimal(12) / agreement.every)
                if effective
                else annual * agreement.every / 12
            )
        rates.append((begin, periodic))
        if match["n"]:
            begin += whole(match["n"]) * UNITS[match["unit"]] // agreement.every
        if match["term"] and not agreement.stages:
            agreement.stages = (Stage(Method.EQUAL_INSTALMENT, int(match["term"]) // agreement.every),)
    agreement.rates = tuple(rates)
    return effective

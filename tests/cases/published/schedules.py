"""Groups schedule-…: plans from a few numbers, and the figures of their rows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from schemas.terms import RepaymentMethod
from services.servicing.domain.cost import annuity
from services.servicing.domain.cost.credit_plan import Method, Plan, Row, Stage, rows
from services.servicing.domain.cost.rates import effective_of_nominal, periodic_of_effective
from services.servicing.domain.cost.roots import PRECISION, Flow, rate
from services.servicing.domain.rules.cn_bank_1 import amounts
from tests.cases.published import agreements, european
from tests.cases.published.day_counts import named_basis
from tests.cases.published.figures import Answer, Value, first_of, named, nearest, of_rows, to, totals
from tests.cases.published.words import (
    NUMBER,
    PER_YEAR,
    Inputs,
    Text,
    Unreadable,
    annual_percentage,
    day,
    first_amount,
    months,
    number,
    per_year,
    percentage,
    whole,
)

ZERO = Decimal(0)
PRINCIPAL = ("principal", "pv", "amount", "loan", "loan_amount", "credit", "total_credit", "present_value")
TERM = (
    "months",
    "nper",
    "n",
    "periods",
    "term",
    "years",
    "term_months",
    "term_years",
    "instalments",
    "number_of_payments",
    "tenure",
    "tenor",
    "tenure_months",
    "tenure_years",
    "loan_term",
    "duration",
    "weeks",
    "amortisation",
    "amortization",
    "amortisation_months",
    "amortization_months",
    "amortisation_years",
    "amortization_years",
)
METHODS = (
    (r"equal[- ]principal|等额本金|linear|constant[- ]amortis|constant principal", Method.EQUAL_PRINCIPAL),
    (r"interest[- ]only|先息后本|按月付息", Method.INTEREST_ONLY),
    (r"bullet|一次还本付息|利随本清|at maturity", Method.BULLET),
    (r"annuity|equal[- ]instal|等额本息|emi|level|amorti[sz]", Method.EQUAL_INSTALMENT),
)


def schedule(inputs: Inputs, case: Mapping[str, Any]) -> Answer:
    """A plan: an agreement in words, or the arguments of a spreadsheet's function."""
    stated = inputs.get("borrowing_rate")
    if stated is not None:
        return european.schedule(inputs, case)
    times = inputs.read(
        per_year,
        *("per_year", "frequency", "payments_per_year", "payment_frequency", "p/y", "compounding"),
        otherwise=12,
    )
    inputs.get("rounding", "round", "round_payment", "currency", "c/y")
    if (
        re.match(r"(?:30e?/360|equal months)", str(inputs.peek("day_count") or "").lower())
        and "start_date" not in inputs
    ):
        inputs.get("day_count")  # every month is a twelfth of the year, as it is without
    changing = inputs.get("rates", "rate_schedule", "rate_changes")
    over = _amortised_over(inputs, times)
    periodic = None if changing is not None else rate_of(inputs, times)
    periods = periods_of(inputs, times)
    owed = inputs.read(first_amount, *PRINCIPAL) if "pv" not in inputs else inputs.read(number, "pv")
    price = inputs.read(first_amount, "price", "cash_price", "purchase_price", "house_price", "car_price")
    if price is not None:
        owed = price - share_of(inputs.get("down_payment", "deposit"), price)
    grace = _grace(inputs, times)
    if changing is not None or grace is not None or over is not None:
        return _staged(inputs, case, owed, periodic, periods, times, changing, grace, over)
    if case.get("group", "").endswith("bullet") and _simply(inputs):
        return _simple(inputs, owed, periodic, periods, times)
    later = inputs.read(number, "fv", "future_value", otherwise=ZERO)
    balloon = share_of(inputs.get("balloon", "residual", "residual_value", "final_payment", "balloon_payment"), owed)
    later -= balloon if owed is None or owed >= 0 else -balloon
    paid = inputs.read(number, "pmt", "payment", "instalment", "emi")
    in_advance = _in_advance(inputs)
    period = inputs.read(lambda value: int(number(value)), "per", "period")
    first, last = (
        inputs.read(lambda value: int(number(value)), *names)
        for names in (("start", "start_period"), ("end", "end_period"))
    )
    method = _method(inputs, case)
    growth = inputs.get("growth", "increase", "escalation", "step", "step_up")
    if growth is None and inputs.get("growth_rate", "graduation_rate") is not None:
        growth = f"{inputs.get('growth_rate', 'graduation_rate')} per year"
    if growth is not None:
        years = inputs.read(whole, "growth_years", "graduation_years", "years_of_growth")
        return _plan(owed, periodic, periods, method, times, f"growing {growth}", years)
    if method is not Method.EQUAL_INSTALMENT:
        return _plan(owed, periodic, periods, method, times)
    return _annuity(case, periodic, periods, owed, later, paid, in_advance, (period, first, last), times)


def _grace(inputs: Inputs, times: int) -> int | None:
    """The periods at first in which only interest is paid; grace in which it is not is another plan."""
    years = inputs.read(whole, "interest_only_years")
    if years is not None:
        return years * times
    stated = inputs.get("grace_months", "grace", "grace_periods", "interest_only_months", "interest_only_periods")
    if stated is None:
        return None
    match = re.fullmatch(
        r"\s*(\d+)(?: months?| periods?)?,? ?(?:of )?(?:\(?interest[- ]only\)?)?\s*", str(stated).lower()
    )
    if match is None:
        raise Unreadable(f"grace {stated!r}")
    return int(match[1])


def rate_of(inputs: Inputs, times: int) -> Decimal | None:
    """The rate per period; one that is a year's by its name or its words is divided."""
    name = next((one for one in ("rate", "periodic_rate", "rate_per_period", "i") if one in inputs), None)
    stated = inputs.get(name) if name else None
    with localcontext(PRECISION):
        if stated is not None and name == "i" and "%" not in str(stated):
            return number(stated) / 100  # calculators show the rate of a period in percent
        if stated is not None and name == "rate" and _is_yearly(inputs, str(stated)):
            return _of_year(str(stated).lower(), times)
        if stated is not None:
            return _per_period(str(stated), times)
        annual = inputs.get(
            "annual_rate", "nominal_rate", "interest_rate", "annual_interest_rate", "nominal", "apr", "i/y"
        )
        if annual is not None:
            return _of_year(str(annual).lower(), times)
        monthly = inputs.get("monthly_rate", "daily_rate")
        return None if monthly is None else percentage(monthly)


def _of_year(text: str, times: int) -> Decimal:
    """A year's rate for a period of it: divided, or taken to the power where it is compounded less often than it is paid."""
    compounded = re.search(rf"compounded (?P<per>{'|'.join(sorted(PER_YEAR, key=len, reverse=True))})", text)
    if compounded and PER_YEAR[compounded["per"]] != times:
        yearly = effective_of_nominal(percentage(text), PER_YEAR[compounded["per"]])
        return periodic_of_effective(yearly, times)
    if "effective" in text:
        return periodic_of_effective(percentage(text), times)
    return annual_percentage(text) / times


SPOKEN = (
    *("months", "years", "term", "frequency", "tenure", "tenor", "loan_term", "term_months", "term_years"),
    *("days", "weeks", "compounding"),
)


def _is_yearly(inputs: Inputs, stated: str) -> bool:
    """A bare rate is a year's where the term is one of a loan; a spreadsheet's ``rate`` with ``nper`` is a period's."""
    bare = re.fullmatch(rf"\s*{NUMBER}\s*%?\s*", stated) is not None
    return bare and any(name in inputs for name in SPOKEN) and not any(name in inputs for name in ("nper", "per"))


def _simply(inputs: Inputs) -> bool:
    words = f"{inputs.peek('interest') or ''} {inputs.peek('method') or ''}".lower()
    return "simple" in words or any(name in inputs for name in ("days", "start_date", "from"))


def _simple(
    inputs: Inputs, owed: Decimal | None, periodic: Decimal | None, periods: Decimal | None, times: int
) -> Answer:
    """One payment with simple interest: over days of a year of some length, over dates, or over periods."""
    inputs.get("interest", "method")
    year = inputs.get("day_count", "basis", "year_days", "convention")
    start, end = inputs.read(day, "start_date", "from", "start"), inputs.read(day, "end_date", "to", "end", "maturity")
    days = inputs.read(whole, "days", "term_days")
    if owed is None or periodic is None:
        raise Unreadable("simple interest needs principal and rate")
    if start is not None and end is not None:
        share = named_basis(str(year or "ACT/365")).fraction(start, end)
    elif days is not None:
        share = Fraction(days, int(re.sub(r".*/|\D", "", str(year or "365")) or 365))
    elif periods is not None:
        share = Fraction(periods) / times
    else:
        raise Unreadable("no term")
    with localcontext(PRECISION):
        interest = owed * periodic * times * share.numerator / share.denominator
    whole_ = owed + interest
    names = ("payment", "last_payment", "first_payment", "total_payment", *AT_MATURITY)
    return named({**dict.fromkeys(names, whole_), "interest": interest, "total_interest": interest})


AT_MATURITY = (
    *("repayment", "maturity_value", "maturity_amount", "final_payment", "total_due", "total_repayable"),
    *("amount_due", "due_at_maturity", "future_value", "fv"),
)


def _amortised_over(inputs: Inputs, times: int) -> int | None:
    """The periods up to a balloon, where the instalment is computed over longer."""
    stated = inputs.get("balloon_after", "balloon_month", "balloon_period", "due_after", "call_after")
    if stated is None:
        longer = tuple(name for name in TERM if name.startswith(("amortisation", "amortization")))
        shorter = ("term", "years", "months", "term_years", "term_months")
        if not any(name in inputs for name in longer) or not any(name in inputs for name in shorter):
            return None
        name = next(name for name in shorter if name in inputs)
        stated = inputs.get(name)
        inputs.consume(*shorter)
        if "years" in name and re.fullmatch(r"\d+", str(stated)):
            return int(stated) * times
    return months(stated) * times // 12


def _staged(
    inputs: Inputs,
    case: Mapping[str, Any],
    owed: Decimal | None,
    periodic: Decimal | None,
    periods: Decimal | None,
    times: int,
    changing: Any,
    grace: int | None,
    over: int | None,
) -> Answer:
    """Interest only at first, rates by phase, or a balloon of what a longer annuity leaves."""
    if owed is None or periods is None:
        raise Unreadable("a plan needs principal and term")
    rates_: tuple[tuple[int, Decimal], ...] = ((1, periodic),) if periodic is not None else ()
    if changing is not None:
        agreement = agreements.Agreement(owed, 12 // times)
        text = Text(str(changing).lower())
        agreements.rates_of(agreement, text)
        text.done(agreements.PASSED_OVER)
        rates_ = agreement.rates
    if not rates_:
        raise Unreadable("a plan needs a rate")
    method, count = _method(inputs, case), int(periods)
    method = method if method is Method.EQUAL_PRINCIPAL else Method.EQUAL_INSTALMENT
    stages = [Stage(Method.INTEREST_ONLY, grace)] if grace else []
    stages.append(Stage(method, over or count - (grace or 0), amortised_over=count if over else None))
    made = rows(Plan(owed, tuple(stages), rates_))
    level = made[grace or 0].payment
    figures = dict.fromkeys(("instalment", "payment", "monthly_payment", "pmt", "emi"), level)
    figures |= {
        "balloon": made[-1].payment - level,
        "balance_before_last": made[-2].balance,
        "interest_only_payment": made[0].payment,
    }
    figures |= {f"instalment_{n}": made[period - 1].payment for n, (period, _) in enumerate(rates_, 1)}
    figures |= {"payment_after": level, "balloon_payment": made[-1].payment - level} if over or grace else {}
    figures |= {"instalment_after": made[rates_[-1][0] - 1].payment, "balloon_total": made[-1].payment}
    figures |= {"balance": made[-1].balance + made[-1].principal - (level - made[-1].interest)} if over else {}
    return first_of(named(figures), of_rows(made, times), totals(made, owed))


def share_of(stated: Any, owed: Decimal | None) -> Decimal:
    """An amount, or a percentage of what is borrowed."""
    if stated is None:
        return ZERO
    if "%" in str(stated) and not re.search(r"\d(?![\d.,]*\s*%)", str(stated)):
        return abs(owed or ZERO) * percentage(stated)
    return first_amount(stated)


def _per_period(text: str, times: int) -> Decimal:
    if re.search(r"compounded|effective", text.lower()):
        return _of_year(text.lower(), times)
    words = re.sub(r"[\d.,%/()* ]", "", text).lower()
    if words in ("", "permonth", "monthly", "perperiod", "amonth"):
        return number(re.sub(r"[a-z ]", "", text.lower()))
    if words in ("pa", "perannum", "annual", "ayear", "peryear", "nominal", "nominalpa"):
        return percentage(text) / times
    raise Unreadable(f"rate {text!r}")


def periods_of(inputs: Inputs, times: int) -> Decimal | None:
    for name in TERM:
        value = inputs.get(name)
        if value is None:
            continue
        text = str(value).lower()
        if "year" in name or re.search(r"year|month|y\b|年|月|期", text):
            term = months(text) * (12 if "year" in name and text.isdigit() else 1)
            return Decimal(term * times) / 12
        if "month" in name and times != 12:
            return number(value) * times / 12
        return number(value)
    count = inputs.peek("payments")
    return inputs.read(number, "payments") if re.fullmatch(r"\d+", str(count)) else None


def _in_advance(inputs: Inputs) -> bool:
    stated = inputs.get("when", "type", "payment_type", "due", "in_advance")
    return str(stated).lower() in ("1", "begin", "beginning", "start", "true", "advance", "in advance", "due")


def _method(inputs: Inputs, case: Mapping[str, Any]) -> Method:
    words = str(inputs.get("method", "repayment", "schedule") or "") or str(case.get("group", ""))
    return next((method for pattern, method in METHODS if re.search(pattern, words.lower())), Method.EQUAL_INSTALMENT)


def _plan(
    owed: Decimal | None,
    periodic: Decimal | None,
    periods: Decimal | None,
    method: Method,
    times: int,
    grows: str = "",
    years: int | None = None,
) -> Answer:
    if owed is None or periodic is None or periods is None:
        raise Unreadable("a plan needs principal, rate and term")
    stage = Stage(method, int(periods))
    if grows:
        text = Text(grows.lower())
        limit = text.take(r"(?:for|over|during) (?:the )?(?:first )?(?P<n>\d+) years")
        stage = agreements.growing(stage, text, 12 // times)
        last = years if years is not None else int(limit["n"]) if limit else None
        stage = replace(stage, grows_at_most=None if last is None else last * times // stage.grows_every)
    made = rows(Plan(owed, (stage,), ((1, periodic),)))
    figures: dict[str, Value] = {
        "instalment": made[0].payment,
        "payment": made[0].payment,
        "monthly_payment": made[0].payment,
    }
    if method is Method.EQUAL_PRINCIPAL:
        figures |= {"principal_each": made[0].principal, "principal_part": made[0].principal}
    if method is Method.BULLET:
        figures |= {"balances": [row.balance + row.payment for row in made]}
        figures |= dict.fromkeys(("balance", *AT_MATURITY), made[-1].payment)
    if method is Method.INTEREST_ONLY:
        figures |= dict.fromkeys(("monthly_interest", "interest_payment", "interest_only_payment"), made[0].interest)
    return first_of(named(figures), of_rows(made, times), totals(made, owed))


def _annuity(
    case: Mapping[str, Any],
    periodic: Decimal | None,
    periods: Decimal | None,
    owed: Decimal | None,
    later: Decimal,
    paid: Decimal | None,
    in_advance: bool,
    asked: tuple[int | None, int | None, int | None],
    times: int,
) -> Answer:
    """The unknown of five: rate, periods, present value, payment, future value; then the rows where they make a loan.

    Cash-flow signs as spreadsheets use them; where a source prints the other sign, its sign is taken.
    """
    if periodic is None and owed is not None and paid is not None and owed * paid > 0 and not later:
        paid = -paid  # both without a sign: what is lent and what is paid for it
    unknown = [
        name for name, value in (("rate", periodic), ("nper", periods), ("pv", owed), ("pmt", paid)) if value is None
    ]
    solved = _solved(unknown, periodic, periods, owed, later, paid, in_advance)
    periodic, periods, owed, paid = solved["rate"], solved["nper"], solved["pv"], solved["pmt"]
    figures: dict[str, Value] = dict(solved)
    figures |= {
        "payment": paid,
        "instalment": paid,
        "monthly_payment": paid,
        "emi": paid,
        "periods": periods,
        "months": periods,
    }
    figures |= {
        "future_value": solved["fv"],
        **dict.fromkeys(("principal", "loan", "loan_amount", "borrowed"), owed),
        **dict.fromkeys(("n", "number_of_payments", "term_months"), periods),
        "years": periods / times,
        **dict.fromkeys(("balloon", "balloon_amount", "residual_value"), -later),
        "present_value": owed,
        "rate_percent": periodic * 100,
        "annual_rate": periodic * times,
    }
    answers = [named(figures)]
    whole = periods == periods.to_integral_value()
    if whole and owed:
        made = _rows(abs(owed), periodic, int(periods), abs(paid), in_advance)
        period, first, last = asked
        if period is not None:
            answers.append(
                named(
                    {
                        "ipmt": made[period - 1].interest,
                        "ppmt": made[period - 1].principal,
                        "interest": made[period - 1].interest,
                        "principal": made[period - 1].principal,
                        "balance": made[period - 1].balance,
                    }
                )
            )
        if first is not None and last is not None:
            part = made[first - 1 : last]
            interest, principal = sum((row.interest for row in part), ZERO), sum((row.principal for row in part), ZERO)
            answers.append(
                named({"cumipmt": interest, "cumprinc": principal, "interest": interest, "principal": principal})
            )
        answers.append(_rounded_rows(case, made, abs(owed), abs(paid), periodic, times))
    return _signed(first_of(*answers))


def _rounded_rows(
    case: Mapping[str, Any], made: list[Row], owed: Decimal, paid: Decimal, periodic: Decimal, times: int
) -> Answer:
    """Rows unrounded; where the source says that it rounds, whichever of its roundings is nearest."""
    plain = first_of(of_rows(made, times), totals(made, owed, paid))
    if (
        not re.search(r"round|cent", str(case.get("convention", "")).lower())
        or "unrounded" in str(case.get("convention", "")).lower()
    ):
        return plain
    kept = ledger(owed, periodic, len(made), Method.EQUAL_INSTALMENT) if times == 12 else named({})
    return nearest(plain, of_rows(displayed(made), times), kept)


def _rows(owed: Decimal, periodic: Decimal, periods: int, paid: Decimal, in_advance: bool) -> list[Row]:
    made, left = [], owed
    for number_ in range(1, periods + 1):
        interest = annuity.interest_part(owed, periodic, paid, number_, in_advance)
        left -= paid - interest
        made.append(Row(number_, paid, interest, paid - interest, left))
    return made


def _solved(
    unknown: list[str],
    periodic: Decimal | None,
    periods: Decimal | None,
    owed: Decimal | None,
    later: Decimal,
    paid: Decimal | None,
    in_advance: bool,
) -> dict[str, Decimal]:
    """Every one of the five, on pv·q^n + pmt·(1 + i·when)·(q^n − 1)/i + fv = 0; the future value when nothing else is unknown."""
    i, n, pv, pmt = periodic or ZERO, periods or ZERO, owed or ZERO, paid or ZERO
    found = {"rate": i, "nper": n, "pv": pv, "pmt": pmt, "fv": later}
    if unknown == ["rate"]:
        flows = [Flow(Fraction(0), pv), Flow(Fraction(int(n)), later)]
        flows += [Flow(Fraction(k if in_advance else k + 1), pmt) for k in range(int(n))]
        found["rate"] = rate(flows).value
    elif unknown == ["nper"]:
        plainly = pv * pmt > 0 and not later and (pv > 0 and pmt > pv * i)
        found["nper"] = (
            annuity.periods_to_repay(pv, i, pmt, ZERO, in_advance)
            if plainly
            else annuity.signed_periods(pv, i, pmt, later, in_advance)
        )
    elif unknown == ["pv"]:
        found["pv"] = -annuity.principal_of(pmt, i, n, later, in_advance)
    elif unknown in (["pmt"], ["pv", "pmt"]):
        found["pmt"] = -annuity.instalment(pv, i, n, -later, in_advance)
    elif unknown:
        raise Unreadable(f"{' and '.join(unknown)} are both unknown")
    else:
        found["fv"] = -annuity.balance(pv, i, -pmt, n, in_advance)
    return found


def _signed(answer: Answer) -> Answer:
    """Ours with the sign that the source prints: what is paid is negative in some and positive in others."""

    def signed(name: str, expected: Any) -> Value | None:
        value = answer(name, expected)
        if (
            isinstance(value, Decimal)
            and not isinstance(expected, list)
            and (value < 0) != str(expected).strip().startswith("-")
        ):
            return -value
        return value

    return signed


def displayed(made: Sequence[Row]) -> list[Row]:
    """Rows as calculators show them: the rounded instalment less the rounded interest is the principal."""
    return [
        row._replace(payment=to(row.payment), interest=to(row.interest), principal=to(row.payment) - to(row.interest))
        for row in made
    ]


def ledger(owed: Decimal, periodic: Decimal, periods: int, method: Method) -> Answer:
    """The rows and totals of our own ledger, exact to the cent, the last row absorbing; ``…_cents`` asks for it by name."""
    kept = RepaymentMethod(method.value) if method.value in [*RepaymentMethod] else None
    if kept is None or to(owed) != owed:
        return named({})
    made, left = [], owed
    for number_, parts in enumerate(amounts(kept, int(owed * 100), periods, round(periodic * 12, 12)), 1):
        principal, interest = (Decimal(part) / 100 for part in parts)
        left -= principal
        made.append(Row(number_, principal + interest, interest, principal, left))
    plain = first_of(of_rows(made), totals(made, owed))

    def answer(name: str, expected: Any) -> Value | None:
        return plain(re.sub(r"_(cents|ledger)$", "", name), expected)

    return answer

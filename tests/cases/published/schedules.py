"""Groups schedule-…, cn-mortgage, flat-rate: plans from a few numbers, and the figures of their rows."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from schemas.terms import RepaymentMethod
from services.servicing.domain.cost import annuity
from services.servicing.domain.cost.credit_plan import Method, Plan, Row, Stage, rows
from services.servicing.domain.cost.flat_rate import flat_loan
from services.servicing.domain.cost.rates import effective_of_periodic
from services.servicing.domain.cost.roots import PRECISION, Flow, rate
from services.servicing.domain.rules.cn_bank_1 import amounts
from tests.cases.published import agreements, european
from tests.cases.published.figures import Answer, Value, first_of, named, nearest, of_rows, rates, to, totals
from tests.cases.published.words import (
    Inputs,
    Text,
    Unreadable,
    annual_percentage,
    first_amount,
    months,
    number,
    per_year,
    percentage,
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
    if "flat_rate" in inputs:
        return flat(inputs, case)
    times = inputs.read(per_year, "per_year", "frequency", "payments_per_year", "payment_frequency", otherwise=12)
    periodic, periods = _rate(inputs, times), _periods(inputs, times)
    owed = inputs.read(number, *PRINCIPAL)
    later = inputs.read(number, "fv", "future_value", otherwise=ZERO)
    balloon = inputs.read(first_amount, "balloon", "residual", "residual_value", otherwise=ZERO)
    later -= balloon if owed is None or owed >= 0 else -balloon
    paid = inputs.read(number, "pmt", "payment", "instalment", "emi")
    in_advance = _in_advance(inputs)
    period = inputs.read(lambda value: int(number(value)), "per", "period")
    first, last = (
        inputs.read(lambda value: int(number(value)), *names)
        for names in (("start", "start_period"), ("end", "end_period"))
    )
    method = _method(inputs, case)
    growth = inputs.get("growth", "increase", "escalation")
    if growth is not None:
        return _plan(owed, periodic, periods, method, times, f"growing {growth}")
    if method is not Method.EQUAL_INSTALMENT:
        return _plan(owed, periodic, periods, method, times)
    return _annuity(case, periodic, periods, owed, later, paid, in_advance, (period, first, last), times)


def _rate(inputs: Inputs, times: int) -> Decimal | None:
    """The rate per period; one that is a year's by its name or its words is divided."""
    stated = inputs.get("rate", "periodic_rate", "rate_per_period")
    with localcontext(PRECISION):
        if stated is not None:
            return _per_period(str(stated), times)
        annual = inputs.get("annual_rate", "nominal_rate", "interest_rate", "annual_interest_rate", "nominal")
        if annual is not None:
            return annual_percentage(annual) / times
        monthly = inputs.get("monthly_rate", "daily_rate")
        return None if monthly is None else percentage(monthly)


def _per_period(text: str, times: int) -> Decimal:
    words = re.sub(r"[\d.,%/()* ]", "", text).lower()
    if words in ("", "permonth", "monthly", "perperiod", "amonth"):
        return number(re.sub(r"[a-z ]", "", text.lower()))
    if words in ("pa", "perannum", "annual", "ayear", "peryear", "nominal", "nominalpa"):
        return percentage(text) / times
    raise Unreadable(f"rate {text!r}")


def _periods(inputs: Inputs, times: int) -> Decimal | None:
    for name in TERM:
        value = inputs.get(name)
        if value is None:
            continue
        text = str(value).lower()
        if "year" in name or re.search(r"year|month|y\b|年|月", text):
            term = months(text) * (12 if "year" in name and text.isdigit() else 1)
            return Decimal(term * times) / 12
        return number(value)
    return None


def _in_advance(inputs: Inputs) -> bool:
    stated = inputs.get("when", "type", "payment_type", "due", "in_advance")
    return str(stated).lower() in ("1", "begin", "beginning", "start", "true", "advance", "in advance", "due")


def _method(inputs: Inputs, case: Mapping[str, Any]) -> Method:
    words = str(inputs.get("method", "repayment", "schedule") or "") or str(case.get("group", ""))
    return next((method for pattern, method in METHODS if re.search(pattern, words.lower())), Method.EQUAL_INSTALMENT)


def _plan(
    owed: Decimal | None, periodic: Decimal | None, periods: Decimal | None, method: Method, times: int, grows: str = ""
) -> Answer:
    if owed is None or periodic is None or periods is None:
        raise Unreadable("a plan needs principal, rate and term")
    stage = Stage(method, int(periods))
    if grows:
        stage = agreements.growing(stage, Text(grows.lower()), 12 // times)
    made = rows(Plan(owed, (stage,), ((1, periodic),)))
    figures: dict[str, Value] = {
        "instalment": made[0].payment,
        "payment": made[0].payment,
        "monthly_payment": made[0].payment,
    }
    if method is Method.EQUAL_PRINCIPAL:
        figures |= {"principal_each": made[0].principal, "principal_part": made[0].principal}
    if method is Method.BULLET:
        figures |= {"balances": [row.balance + row.payment for row in made], "repayment": made[-1].payment}
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
    ledger = _ledger(owed, periodic, len(made), Method.EQUAL_INSTALMENT) if times == 12 else named({})
    return nearest(plain, of_rows(_displayed(made), times), ledger)


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
        found["nper"] = annuity.periods_to_repay(pv, i, -pmt if pv * pmt < 0 or later else pmt, -later, in_advance)
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


def mortgage(inputs: Inputs, _: Mapping[str, Any]) -> Answer:
    """Chinese mortgage calculators: equal instalment 等额本息, and equal principal 等额本金 under ``ep_…``."""
    owed = first_amount(inputs.need(*PRINCIPAL))
    periods = _periods(inputs, 12)
    periodic = _rate(inputs, 12)
    words = str(inputs.get("method") or "")
    if periods is None or periodic is None:
        raise Unreadable("a mortgage needs rate and term")
    level = _mortgage(owed, periodic, int(periods), Method.EQUAL_INSTALMENT)
    falling = _mortgage(owed, periodic, int(periods), Method.EQUAL_PRINCIPAL)
    only_principal = "本金" in words and "本息" not in words

    def answer(name: str, expected: Any) -> Value | None:
        if name.startswith("ep_"):
            return falling(name.removeprefix("ep_"), expected)
        return (falling if only_principal else level)(name, expected)

    return first_of(answer, rates(monthly_rate=periodic, effective=effective_of_periodic(periodic, 12)))


def _mortgage(owed: Decimal, periodic: Decimal, periods: int, method: Method) -> Answer:
    made = rows(Plan(owed, (Stage(method, periods),), ((1, periodic),)))
    equal = method is Method.EQUAL_INSTALMENT
    figures: dict[str, Value] = {
        "monthly_payment": made[0].payment,
        "payment": made[0].payment,
        "principal": made[0].principal,
        "monthly_principal": made[0].principal,
        "decrease": made[0].payment - made[min(1, periods - 1)].payment,
        "monthly_decrease": made[0].payment - made[min(1, periods - 1)].payment,
    }
    unrounded = first_of(of_rows(made), totals(made, owed, made[0].payment if equal else None))
    return first_of(
        named(figures), nearest(unrounded, of_rows(_displayed(made)), _ledger(owed, periodic, periods, method))
    )


def _displayed(made: Sequence[Row]) -> list[Row]:
    """Rows as calculators show them: the rounded instalment less the rounded interest is the principal."""
    return [
        row._replace(payment=to(row.payment), interest=to(row.interest), principal=to(row.payment) - to(row.interest))
        for row in made
    ]


def _ledger(owed: Decimal, periodic: Decimal, periods: int, method: Method) -> Answer:
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


def flat(inputs: Inputs, case: Mapping[str, Any]) -> Answer:
    """Flat-rate loans: instalment, total, and the rates they really are; EIR is nominal unless the source says effective."""
    owed = first_amount(inputs.need(*PRINCIPAL))
    periods = _periods(inputs, 12)
    if periods is None:
        raise Unreadable("a flat-rate loan needs a term")
    stated = inputs.need("flat_rate", "flat", "add_on_rate", "rate", "monthly_flat_rate", "annual_flat_rate")
    with localcontext(PRECISION):
        a_month = annual_percentage(stated) / 12 if inputs.get("monthly_flat_rate") is None else percentage(stated)
    fee = _fee(inputs, owed, periods)
    plain, charged = flat_loan(owed, a_month, int(periods)), flat_loan(owed, a_month, int(periods), fee)
    last = plain.total - to(plain.instalment) * (periods - 1)
    about = str(case.get("convention", "")).lower()
    effective = bool(re.search(r"effective|compound|\(1\s*\+", about)) and not re.search(
        r"is nominal|nominal.{0,6}12|12\s*[*x]", about
    )
    eir = charged.effective if effective else charged.nominal
    return first_of(
        named(
            {
                "instalment": plain.instalment,
                "monthly_payment": plain.instalment,
                "monthly_instalment": plain.instalment,
                "monthly_repayment": plain.instalment,
                "payment": plain.instalment,
                "last_instalment": last,
                "total_repayment": plain.total,
                "total_payment": plain.total,
                "total_interest": plain.total - owed,
                "interest": plain.total - owed,
                "monthly_interest": (plain.total - owed) / periods,
                "fee": fee,
                "processing_fee": fee,
                "proceeds": owed - fee,
                "disbursed": owed - fee,
                "net_proceeds": owed - fee,
            }
        ),
        rates(
            monthly_rest_rate=plain.effective if effective else plain.nominal,
            eir=eir,
            effective_interest_rate=eir,
            apr=eir,
            effective=charged.effective,
            effective_rate=charged.effective,
            effective_annual=charged.effective,
            nominal=charged.nominal,
            nominal_rate=charged.nominal,
            nominal_annual=charged.nominal,
            irr=charged.periodic,
            monthly_irr=charged.periodic,
            xirr=charged.effective,
        ),
    )


def _fee(inputs: Inputs, owed: Decimal, periods: Decimal) -> Decimal:
    stated = inputs.get("processing_fee", "fee", "handling_fee", "upfront_fee", "admin_fee", "administration_fee")
    if stated is None:
        return ZERO
    if "%" not in str(stated):
        return first_amount(stated)
    years = periods / 12 if re.search(r"p\.?a\b|per annum|per year|a year", str(stated).lower()) else 1
    return owed * percentage(stated) * years

"""Group cn-mortgage: Chinese mortgage calculators, with their ways to state a rate and loans in two parts."""

import re
from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any

from services.servicing.domain.cost import annuity
from services.servicing.domain.cost.credit_plan import Method, Plan, Stage, rows
from services.servicing.domain.cost.rates import effective_of_periodic
from services.servicing.domain.cost.roots import PRECISION
from tests.cases.published.figures import Answer, Value, first_of, named, nearest, of_rows, rates, totals
from tests.cases.published.flat import flat
from tests.cases.published.schedules import PRINCIPAL, displayed, ledger, periods_of, rate_of, share_of
from tests.cases.published.words import NUMBER, Inputs, Unreadable, first_amount, number, percentage


def mortgage(inputs: Inputs, _: Mapping[str, Any]) -> Answer:
    """Chinese mortgage calculators: equal instalment 等额本息, and equal principal 等额本金 under ``ep_…``."""
    if any(name in inputs for name in FUND):
        return _combined(inputs)
    periods = periods_of(inputs, 12)
    periodic = _mortgage_rate(inputs)
    words = str(inputs.get("method", "repayment") or "")
    if periods is None or periodic is None:
        raise Unreadable("a mortgage needs rate and term")
    if words and not re.search(KNOWN, words.lower()):
        raise Unreadable(f"method {words!r}")
    owed = _borrowed(inputs, periodic, int(periods))
    if "等本等息" in words:
        return flat(
            Inputs({"principal": f"{owed:f}", "flat_rate": f"{periodic * 1200:f}%", "months": str(periods)}), {}
        )
    level = _mortgage(owed, periodic, int(periods), Method.EQUAL_INSTALMENT)
    falling = _mortgage(owed, periodic, int(periods), Method.EQUAL_PRINCIPAL)
    only_principal = "本金" in words and "本息" not in words

    def answer(name: str, expected: Any) -> Value | None:
        if name.startswith("ep_"):
            return falling(name.removeprefix("ep_"), expected)
        return (falling if only_principal else level)(name, expected)

    kinds = {"先息后本": Method.INTEREST_ONLY, "按月付息": Method.INTEREST_ONLY, "还本付息": Method.BULLET}
    kind = next((method for word, method in kinds.items() if word in words), None)
    chosen = answer if kind is None else _mortgage(owed, periodic, int(periods), kind)
    annual = periodic * 12
    found = rates(monthly_rate=periodic, annual_rate=annual, rate=annual, effective=effective_of_periodic(periodic, 12))
    return first_of(chosen, _difference(level, falling), found)


KNOWN = "等额|本息|本金|等本等息|按月付息|先息后本|还本付息|组合|公积金|商业|annuity|equal|level|emi"
"""What a method's words have in them where they are understood."""


def _borrowed(inputs: Inputs, periodic: Decimal, periods: int) -> Decimal:
    """What is lent: stated, a price less the down payment 首付, or what a monthly payment repays."""
    price = inputs.read(first_amount, "house_price", "price", "total_price", "房价", "总价")
    if price is not None:
        return price - share_of(inputs.get("down_payment", "deposit", "首付", "down_payment_ratio"), price)
    paid = (
        None if any(name in inputs for name in PRINCIPAL) else inputs.read(first_amount, "monthly_payment", "payment")
    )
    if paid is not None:
        return annuity.principal_of(paid, periodic, Decimal(periods))
    return first_amount(inputs.need(*PRINCIPAL))


FUND = ("fund_principal", "provident_fund_principal", "fund_amount", "gjj_principal", "公积金")
COMMERCIAL = ("commercial_principal", "commercial_amount", "bank_principal", "商业贷款")


def _combined(inputs: Inputs) -> Answer:
    """A combination loan 组合贷: the provident fund's part and the bank's, each by itself; figures are their sums."""
    fund, bank = first_amount(inputs.need(*FUND)), first_amount(inputs.need(*COMMERCIAL))
    lower = inputs.need("fund_rate", "provident_fund_rate", "gjj_rate")
    higher = inputs.need("commercial_rate", "bank_rate")
    inputs.get("principal", "amount")
    method, term = inputs.get("method"), periods_of(inputs, 12)
    parts = [
        mortgage(Inputs({"principal": str(owed), "annual_rate": rate, "months": str(term), "method": method or ""}), {})
        for owed, rate in ((fund, lower), (bank, higher))
    ]

    def answer(name: str, _: Any) -> Value | None:
        values = [value for part in parts if isinstance(value := part(name, "0"), Decimal)]
        return sum(values, Decimal(0)) if len(values) == len(parts) else None

    return answer


def _mortgage_rate(inputs: Inputs) -> Decimal | None:
    """The monthly rate: stated, the LPR and basis points, or a benchmark with a discount 打折 or markup 上浮."""
    base = inputs.get("lpr", "benchmark", "benchmark_rate", "base_rate", "lpr_rate")
    more = inputs.get("spread", "margin", "basis_points", "bp", "add_points", "加点")
    times = inputs.get("discount", "factor", "multiple", "折扣")
    stated = next((one for one in ("annual_rate", "rate", "interest_rate") if one in inputs), None)
    if base is None and stated is not None:
        base, more, times = _adjusted(inputs, stated, more, times)
    if base is None:
        return rate_of(inputs, 12)
    with localcontext(PRECISION):
        yearly = percentage(base)
        if times is not None:
            yearly *= _factor(str(times))
        if more is not None:
            yearly += _points(str(more))
        return yearly / 12


def _factor(text: str) -> Decimal:
    """``0.9``, ``90%``, ``9折`` and ``85折`` are all shares of the benchmark."""
    if "%" in text:
        return percentage(text)
    plain = number(text.replace("折", ""))
    return plain if plain <= 2 else plain.scaleb(-1 if plain < 10 else -2)


def _adjusted(inputs: Inputs, name: str, more: Any, times: Any) -> tuple[Any, Any, Any]:
    """The parts of ``LPR 4.65%+0.6%``, ``4.9%上浮10%``, ``4.9%打85折``, ``4.9% x 1.1``; nothing where it is a rate alone."""
    words = str(inputs.peek(name))
    match = re.fullmatch(
        rf"\s*(?:lpr|基准(?:利率)?)?\s*({NUMBER}\s*%)\s*(?:(?P<sign>[-+加减])\s*(?P<more>{NUMBER}\s*(?:%|bps?|个?基点))"
        rf"|(?P<way>上浮|下浮)\s*(?P<by>{NUMBER}\s*%)|打?\s*(?P<off>{NUMBER})\s*折|[*x×]\s*(?P<times>{NUMBER}))?\s*",
        words,
        re.IGNORECASE,
    )
    if match is None or words.strip() == match[1]:
        return None, more, times
    inputs.get(name)
    if match["more"]:
        return match[1], ("-" if match["sign"] in ("-", "减") else "") + match["more"], times
    if match["by"]:
        return match[1], more, str(1 + percentage(match["by"]) * (1 if match["way"] == "上浮" else -1))
    return match[1], more, match["off"] or match["times"] or times


def _points(text: str) -> Decimal:
    """A spread in percent, else in basis points."""
    sign = -1 if text.strip().startswith("-") else 1
    return sign * (percentage(text) if "%" in text else first_amount(re.sub("[^0-9.]", "", text)).scaleb(-4))


def _difference(level: Answer, falling: Answer) -> Answer:
    """What equal principal saves against equal instalments."""

    def answer(name: str, expected: Any) -> Value | None:
        if name not in ("interest_difference", "difference", "interest_saved", "saving"):
            return None
        more, less = level("total_interest_exact", expected), falling("total_interest_exact", expected)
        return more - less if isinstance(more, Decimal) and isinstance(less, Decimal) else None

    return answer


def _mortgage(owed: Decimal, periodic: Decimal, periods: int, method: Method) -> Answer:
    made = rows(Plan(owed, (Stage(method, periods),), ((1, periodic),)))
    equal = method is Method.EQUAL_INSTALMENT
    figures: dict[str, Value] = {
        "monthly_payment": made[0].payment,
        "payment": made[0].payment,
        "instalment": made[0].payment,
        "pmt": made[0].payment,
        "principal": made[0].principal,
        "monthly_principal": made[0].principal,
        "monthly_interest": made[0].interest,
        "payment_per_10000": made[0].payment / owed * 10000,
        **dict.fromkeys(("loan", "loan_amount", "max_loan", "borrowed"), owed),
        "decrease": made[0].payment - made[min(1, periods - 1)].payment,
        "monthly_decrease": made[0].payment - made[min(1, periods - 1)].payment,
    }
    unrounded = first_of(of_rows(made), totals(made, owed, made[0].payment if equal else None))
    return first_of(
        named(figures), nearest(unrounded, of_rows(displayed(made)), ledger(owed, periodic, periods, method))
    )

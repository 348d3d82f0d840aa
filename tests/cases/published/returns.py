"""Groups irr, xirr and eir: rates of flows as they are listed."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from services.servicing.domain.cost import annuity
from services.servicing.domain.cost.amortised_cost import Carried, amortised_cost, effective_interest_rate
from services.servicing.domain.cost.internal_rate import modified_irr, net_present_value, periodic_irr, xirr
from services.servicing.domain.cost.rates import effective_of_periodic
from services.servicing.domain.cost.roots import PRECISION, sign_changes
from tests.cases.published.figures import Answer, Value, first_of, named, rates
from tests.cases.published.series import EPOCH, amounts, dated, dated_flows, series
from tests.cases.published.words import (
    NUMBER,
    Inputs,
    Unreadable,
    day,
    first_amount,
    number,
    per_year,
    percentage,
    whole,
)

FLOWS = ("inflows", "flows", "cashflows", "cash_flows", "values", "cash_flow", "cf")
FIRST = ("cost", "initial", "initial_investment", "outlay", "investment", "cf0", "initial_outlay")


def irr(inputs: Inputs, _: Mapping[str, Any]) -> Answer:
    """The periodic rate, and what it is a year where the periods of a year are given."""
    flows = _flows(inputs)
    finance, reinvest = (
        inputs.read(number, *names) for names in (("finance_rate",), ("reinvest_rate", "reinvestment_rate"))
    )
    if finance is not None and reinvest is not None:
        modified = modified_irr(flows, finance, reinvest)
        return rates(mirr=modified, irr=modified)
    discount = inputs.read(number, "rate", "discount_rate")
    times = inputs.read(per_year, "per_year", "periods_per_year", "frequency", otherwise=1)
    inputs.get("guess")
    if discount is not None:
        worth = net_present_value(discount, flows)
        later = str(inputs.get("start_from_zero", "first_at_zero")).lower() in ("false", "0", "no")
        values = named(dict.fromkeys(("npv", "net_present_value", "nfv"), worth / (1 + discount) if later else worth))
        return values if _one_sign(flows) else first_of(values, _periodic(flows, times))
    return _periodic(flows, times)


def _one_sign(flows: list[Decimal]) -> bool:
    return sign_changes(flows) == 0


def _periodic(flows: list[Decimal], times: int) -> Answer:
    found = periodic_irr(flows)
    return first_of(
        rates(
            irr=found.value,
            rate=found.value,
            periodic=found.value,
            periodic_rate=found.value,
            monthly_irr=found.value,
            monthly_rate=found.value,
            nominal=found.value * times,
            apr=found.value * times,
            annual=found.value * times,
            annual_rate=found.value * times,
            effective=effective_of_periodic(found.value, times),
            effective_rate=effective_of_periodic(found.value, times),
            effective_annual=effective_of_periodic(found.value, times),
            annual_effective=effective_of_periodic(found.value, times),
            nominal_annual=found.value * times,
            annual_nominal=found.value * times,
        ),
        named({"sign_changes": Decimal(found.sign_changes), "irrs": sorted([found.value, *found.others])}),
    )


def _flows(inputs: Inputs) -> list[Decimal]:
    """Flows one by one, repeated ones counted, or a loan's: what is lent, less a fee, and level payments."""
    first = inputs.get(*FIRST)
    listed = inputs.get(*FLOWS)
    counts = inputs.get("counts", "frequencies", "repeats")
    if listed is None:
        return _lent(inputs)
    parts = re.split(r"[;,](?!\d{3}(?!\d))\s*|\s+then\s+", listed) if isinstance(listed, str) else listed
    if isinstance(counts, list):
        parts = [[amount, count] for amount, count in zip(parts, counts, strict=True)]
    flows = [one for part in parts for one in _repeated(part)]
    if first is not None:
        paid = abs(first_amount(first))
        flows = [-paid, *flows] if sum(flows, Decimal(0)) > 0 else [paid, *flows]
    return flows


def _repeated(part: Any) -> list[Decimal]:
    """An amount, or one with how often it comes: ``4500 x 5``, ``5 x 4500``, a pair, a record."""
    if isinstance(part, Mapping):
        amount = next((part[key] for key in ("amount", "value", "flow", "cash_flow", "cf") if key in part), None)
        return [number(amount)] * whole(part.get("count", part.get("times", part.get("n", 1))))
    if isinstance(part, list):
        return [number(part[0])] * whole(part[1])
    match = re.fullmatch(r"\s*(?P<a>[^x×]+?)\s*[x×]\s*(?P<b>[^x×]+?)\s*", str(part))
    if match is None:
        return [number(part)]
    a, b = number(match["a"]), number(match["b"])
    # the count is the smaller whole number, and stands behind where both could be
    count, amount = (b, a) if b == b.to_integral_value() and 0 < b <= abs(a) else (a, b)
    return [amount] * whole(count)


def _lent(inputs: Inputs) -> list[Decimal]:
    lent = abs(first_amount(inputs.need("principal", "pv", "amount", "loan", "advance", "credit", "proceeds")))
    fee = inputs.get("fee", "fees", "points", "upfront_fee")
    kept = Decimal(0) if fee is None else lent * percentage(fee) if "%" in str(fee) else first_amount(fee)
    paid = inputs.need("payment", "payments", "pmt", "instalment", "emi")
    n = inputs.read(whole, "n", "nper", "months", "periods", "term", "count")
    later = abs(inputs.read(number, "fv", "balloon", otherwise=Decimal(0)))
    due = [abs(number(paid))] * n if n is not None else [*amounts(paid)]
    return [kept - lent, *due[:-1], due[-1] + later]


def xirr_of(inputs: Inputs, _: Mapping[str, Any]) -> Answer:
    """The effective annual rate of dated flows, and their worth at a rate where one is given."""
    flows = _dated(inputs)
    inputs.get("guess")
    basis = re.search(
        r"365[._]25|360|365|366|364",
        str(inputs.get("day_count", "basis", "daycount", "convention", "year_days") or "365"),
    )
    if basis is None:
        raise Unreadable("a day count of xirr is actual over a fixed year")
    year = Fraction(basis[0].replace("_", "."))
    discount = inputs.read(number, "rate", "discount_rate")
    if discount is not None:
        start = flows[0][0]
        with localcontext(PRECISION):
            worth = sum(
                (
                    a / (1 + discount) ** (Decimal((d - start).days) / (Decimal(year.numerator) / year.denominator))
                    for d, a in flows
                ),
                Decimal(0),
            )
        return named({"xnpv": worth, "npv": worth})
    found = xirr(flows, year)
    return first_of(
        rates(xirr=found.value, irr=found.value, rate=found.value, effective=found.value, apr=found.value),
        named({"irrs": sorted([found.value, *found.others]), "sign_changes": Decimal(found.sign_changes)}),
    )


def _dated(inputs: Inputs) -> list[tuple[date, Decimal]]:
    """Dated flows as pairs, as two lists, in words, or as an advance and payments in words."""
    dates = inputs.get("dates", "days")
    advance = inputs.get("advance", "principal", "loan", "disbursed")
    if advance is not None:
        start = inputs.read(day, "advance_date", "date", "start_date", "disbursement_date")
        if start is None:
            raise Unreadable("the advance has no date")
        words = inputs.need("payments", "instalments", "repayments")
        paid = dated(series(words)) if isinstance(words, str) else dated_flows(words)
        return [(start, -first_amount(advance)), *paid]
    listed = inputs.need(*FLOWS, "amounts")
    if dates is None:
        return dated_flows(listed)
    if all(re.fullmatch(r"\d{1,4}", str(one)) for one in dates):
        return [(EPOCH + timedelta(days=int(d)), number(a)) for d, a in zip(dates, listed, strict=True)]
    return [(day(d), number(a)) for d, a in zip(dates, listed, strict=True)]


COST = (
    *("cost", "carrying", "carrying_amount", "price", "proceeds", "fair_value", "initial_amount"),
    *("principal", "amount", "gross", "loan"),
)
FACE = ("redemption", "maturity_value", "face", "face_value", "par", "nominal", "nominal_amount")
COUPON = (
    "coupon",
    "interest",
    "coupon_amount",
    "coupon_rate",
    "nominal_rate",
    "contract_rate",
    "interest_rate",
    "stated_rate",
)


def eir(inputs: Inputs, _: Mapping[str, Any]) -> Answer:
    """Amortised cost: what was paid for, what comes in, the rate given or solved."""
    stated = inputs.get("eir", "effective_rate", "effective_interest_rate", "market_rate", "yield")
    monthly = 12 if "months" in inputs and "annual_rate" in inputs else 1
    times = inputs.read(per_year, "per_year", "frequency", "payments_per_year", "coupons_per_year", otherwise=monthly)
    method = str(inputs.get("repayment", "method") or "bullet").lower()
    if not re.search("bullet|maturity|level|equal|annuity", method):
        raise Unreadable(f"repayment {method!r}")
    paid = inputs.read(first_amount, *COST)
    face = inputs.get(*FACE)
    receipts, redeemed = _receipts(inputs, paid if face is None else face, times)
    used = None if stated is None else percentage(stated) / times
    cost = _cost(inputs, paid, receipts, used)
    exact = effective_interest_rate(cost, receipts)
    at = exact if used is None else used
    carried = amortised_cost(cost, receipts, at)
    catch_up, receipts = _prepaid(inputs, receipts, redeemed, carried, at)
    if catch_up is not None:
        return catch_up
    closings = [one.closing for one in carried]
    closings[-1] += redeemed
    yearly = effective_of_periodic(exact, times)
    incomes = [one.income for one in carried]
    figures: dict[str, Value] = {
        "cost": cost,
        "price": cost,
        "initial_amount": cost,
        "opening": [one.opening for one in carried],
        "cash": [one.cash for one in carried],
        "total_interest": sum(incomes, Decimal(0)),
        "total_income": sum(incomes, Decimal(0)),
        "discount": redeemed - cost,
        "premium": cost - redeemed,
    }
    figures |= dict.fromkeys(
        ("amortised_cost", "amortized_cost", "carrying_amount", "closing", "carrying", "balances"), closings
    )
    figures |= dict.fromkeys(("interest_income", "income", "interest", "interest_revenue", "finance_income"), incomes)
    return first_of(
        rates(
            eir=exact * times if times == 1 else yearly,
            effective_rate=yearly,
            effective_interest_rate=yearly,
            effective_annual=yearly,
            nominal=exact * times,
            irr=exact,
            periodic=exact,
            yield_to_maturity=exact * times,
        ),
        named(figures),
        _by_period(figures),
    )


def _prepaid(
    inputs: Inputs, receipts: list[Decimal], redeemed: Decimal, carried: Sequence[Carried], at: Decimal
) -> tuple[Answer | None, list[Decimal]]:
    """A part of the principal that comes earlier: from the period before on, what is carried is the worth of the new receipts."""
    words = inputs.get("prepayment", "prepay", "revised", "early_repayment")
    if words is None:
        return None, receipts
    text = str(words).lower().replace("half", "50%")
    when = re.search(r"(?:year|period) (\d+)", text)
    if when is None or not redeemed:
        raise Unreadable(f"prepayment {words!r}")
    year, share = int(when[1]), percentage(text)
    coupon = receipts[0]
    later = [coupon] * len(receipts)
    later[year - 1] += share * redeemed
    for n in range(year, len(later)):
        later[n] = coupon * (1 - share)
    later[-1] += redeemed * (1 - share)
    before = [one.closing for one in carried[: year - 1]]
    opening = before[-1] if before else carried[0].opening
    worth = net_present_value(at, [Decimal(0), *later[year - 1 :]])
    revised = amortised_cost(worth, later[year - 1 :], at)
    closings = [*before, *(one.closing for one in revised)]
    closings[-1] += redeemed * (1 - share)
    figures: dict[str, Value] = {"adjustment": worth - opening, "revised_opening": worth, "catch_up": worth - opening}
    figures |= dict.fromkeys(("amortised_cost", "amortized_cost", "carrying_amount", "closing"), closings)
    incomes = [*(one.income for one in carried[: year - 1]), *(one.income for one in revised)]
    figures |= dict.fromkeys(("interest_income", "income", "interest"), incomes)
    figures["cash"] = later
    return first_of(named(figures), _by_period(figures)), later


def _by_period(figures: Mapping[str, Value | Callable[[], Value]]) -> Answer:
    """One period of a listed figure: ``interest_income_2``, ``amortised_cost_year_3``."""

    def answer(name: str, _: Any) -> Value | None:
        match = re.fullmatch(r"([a-z_]+?)_(?:year_|period_|y)?(\d+)", name)
        listed = figures.get(match[1]) if match else None
        if match is None or not isinstance(listed, list) or not 0 < int(match[2]) <= len(listed):
            return None
        return listed[int(match[2]) - 1]

    return answer


def _cost(inputs: Inputs, paid: Decimal | None, receipts: list[Decimal], used: Decimal | None) -> Decimal:
    """What was paid, less fees received and with costs paid; without it the worth of the receipts at the given rate."""
    fee = inputs.get("fee", "fees", "origination_fee", "fee_received", "points")
    more = inputs.get("transaction_costs", "costs", "transaction_cost", "acquisition_costs")
    discount = inputs.read(first_amount, "discount", otherwise=Decimal(0))
    premium = inputs.read(first_amount, "premium", otherwise=Decimal(0))
    if paid is None:
        if used is None:
            raise Unreadable("neither what was paid nor a rate")
        return net_present_value(used, [Decimal(0), *receipts])
    return paid - _part(fee, paid) + _part(more, paid) - discount + premium


def _part(stated: Any, of: Decimal) -> Decimal:
    if stated is None:
        return Decimal(0)
    plainly = re.search(r"\d(?![\d.,]*\s*%)", str(stated)) and "%" not in str(stated).partition("(")[0]
    return first_amount(stated) if plainly else of * percentage(stated)


def _receipts(inputs: Inputs, face: Any, times: int) -> tuple[list[Decimal], Decimal]:
    """What comes in by period, and the redemption that is in the last one."""
    listed = inputs.get(
        "payments", "flows", "receipts", "cash_flows", "expected_cash_flows", "instalments", "repayments"
    )
    if listed is not None:
        return [*amounts(listed)], Decimal(0)
    rate = None if any(name in inputs for name in COUPON) else inputs.get("annual_rate", "rate")
    if rate is not None and "months" in inputs:
        count = whole(inputs.need("months"))
        lent, periodic = first_amount(face), percentage(rate) / times
        return [annuity.instalment(lent, periodic, count)] * count, Decimal(0)
    if face is None:
        raise Unreadable("neither receipts nor a redemption")
    words = str(face).lower()
    redeemed = first_amount(words)
    par = inputs.read(
        first_amount, "face", "face_value", "par", "nominal", "nominal_amount", "principal", otherwise=redeemed
    )
    term = re.search(
        r"(?:at|in|after|end of)(?: the)?(?: end of)? (?:year|period) (\d+)|(?:after|in) (\d+) (?:years|periods)", words
    )
    stated = term[1] or term[2] if term else re.sub(r"\s*(?:years?|periods?)$", "", str(_term(inputs)))
    periods = whole(stated) * times
    coupons = inputs.get("coupons", "coupon_rates", "payments_by_year", "rates")
    stepped = re.findall(rf"{NUMBER}\s*%", str(inputs.peek("coupon") or ""))
    if coupons is None and len(stepped) == periods > 1:
        inputs.get("coupon")
        coupons = stepped
    if isinstance(coupons, list):
        paid = [par * percentage(one) if "%" in str(one) or number(one) < 1 else number(one) for one in coupons]
        return [*paid[:-1], paid[-1] + redeemed], redeemed
    coupon = inputs.get(*COUPON)
    each = Decimal(0) if coupon is None else _coupon(str(coupon), par, times)
    return [each] * (periods - 1) + [each + redeemed], redeemed


def _term(inputs: Inputs) -> Any:
    return inputs.need("years", "term", "term_years", "periods", "n", "maturity")


def _coupon(words: str, par: Decimal, times: int) -> Decimal:
    """An amount as it stands, or a rate a year of the face value."""
    plain_amount = re.search(rf"(?<![\d.,%]){NUMBER}(?![\d.,]*\s*%)", re.sub(r"\(.*?\)|% of .*", "%", words))
    if len(re.findall("%", words)) > 1:
        raise Unreadable(f"coupon {words!r} has another number of rates than there are periods")
    if "%" not in words and number(re.sub(r"[a-z ]", "", words.lower())) < 1:
        return par * percentage(words) / times
    if plain_amount is not None:
        return Decimal(plain_amount[0].replace(",", ""))
    of = re.search(rf"% of\D*({NUMBER})", words)
    return (Decimal(of[1].replace(",", "")) if of else par) * percentage(words) / times

"""Groups irr, xirr and eir: rates of flows as they are listed."""

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from services.servicing.domain.cost.amortised_cost import amortised_cost, effective_interest_rate
from services.servicing.domain.cost.internal_rate import modified_irr, net_present_value, periodic_irr, xirr
from services.servicing.domain.cost.rates import effective_of_periodic
from tests.cases.published.figures import Answer, first_of, named, rates
from tests.cases.published.series import amounts, dated_flows
from tests.cases.published.words import Inputs, Unreadable, day, first_amount, number, per_year, percentage, whole


def irr(inputs: Inputs, _: Mapping[str, Any]) -> Answer:
    """The periodic rate, and what it is a year where the periods of a year are given."""
    flows = [*amounts(inputs.need("flows", "cashflows", "cash_flows", "values"))]
    finance, reinvest = (
        inputs.read(number, *names) for names in (("finance_rate",), ("reinvest_rate", "reinvestment_rate"))
    )
    if finance is not None and reinvest is not None:
        modified = modified_irr(flows, finance, reinvest)
        return rates(mirr=modified, irr=modified)
    discount = inputs.read(number, "rate", "discount_rate")
    if discount is not None:
        worth = net_present_value(discount, flows)
        later = str(inputs.get("start_from_zero", "first_at_zero")).lower() in ("false", "0", "no")
        return named({"npv": worth / (1 + discount) if later else worth})
    found = periodic_irr(flows)
    times = inputs.read(per_year, "per_year", "periods_per_year", otherwise=1)
    inputs.get("guess")
    return first_of(
        rates(
            irr=found.value,
            periodic=found.value,
            monthly_irr=found.value,
            nominal=found.value * times,
            annual=found.value * times,
            effective=effective_of_periodic(found.value, times),
        ),
        named({"sign_changes": Decimal(found.sign_changes), "irrs": sorted([found.value, *found.others])}),
    )


def xirr_of(inputs: Inputs, _: Mapping[str, Any]) -> Answer:
    """The effective annual rate of dated flows."""
    dates = inputs.get("dates")
    listed = inputs.need("flows", "cashflows", "cash_flows", "values", "amounts")
    flows = dated_flows(listed) if dates is None else [(day(d), number(a)) for d, a in zip(dates, listed, strict=True)]
    inputs.get("guess")
    basis = re.search(
        r"365[._]25|360|365|366|364", str(inputs.get("day_count", "basis", "daycount", "convention") or "365")
    )
    if basis is None:
        raise Unreadable("a day count of xirr is actual over a fixed year")
    found = xirr(flows, Fraction(basis[0].replace("_", "."))).value
    return rates(xirr=found, irr=found, rate=found)


def eir(inputs: Inputs, _: Mapping[str, Any]) -> Answer:
    """Amortised cost: what was paid for, what comes in, the rate given or solved."""
    cost = first_amount(inputs.need("cost", "carrying", "carrying_amount", "price", "proceeds", "principal", "amount"))
    cost -= inputs.read(first_amount, "fee", "fees", "origination_fee", otherwise=Decimal(0))
    cost += inputs.read(first_amount, "transaction_costs", "costs", otherwise=Decimal(0))
    receipts, redeemed = _receipts(inputs)
    stated = inputs.get("eir", "rate", "effective_rate")
    exact = effective_interest_rate(cost, receipts)
    carried = amortised_cost(cost, receipts, exact if stated is None else percentage(stated))
    closings = [one.closing for one in carried]
    closings[-1] += redeemed
    return first_of(
        rates(eir=exact, effective_rate=exact, effective_interest_rate=exact, irr=exact),
        named(
            {
                "amortised_cost": closings,
                "carrying_amount": closings,
                "closing": closings,
                "opening": [one.opening for one in carried],
                "interest_income": [one.income for one in carried],
                "income": [one.income for one in carried],
                "interest": [one.income for one in carried],
                "cash": [one.cash for one in carried],
                "total_interest": sum((one.income for one in carried), Decimal(0)),
            }
        ),
    )


def _receipts(inputs: Inputs) -> tuple[list[Decimal], Decimal]:
    """What comes in by period, and the redemption that is in the last one."""
    listed = inputs.get("payments", "flows", "receipts", "cash_flows", "instalments")
    if listed is not None:
        return [*amounts(listed)], Decimal(0)
    words = str(inputs.need("redemption", "maturity_value", "face")).lower()
    redeemed = first_amount(words)
    term = re.search(
        r"(?:at|in|after) (?:the end of )?(?:year|period) (\d+)|(?:after|in) (\d+) (?:years|periods)", words
    )
    periods = whole(term[1] or term[2]) if term else whole(inputs.need("years", "periods", "term", "n"))
    coupons = inputs.get("coupons", "coupon_rates", "payments_by_year")
    if isinstance(coupons, list):
        paid = [redeemed * percentage(one) if "%" in str(one) else number(one) for one in coupons]
        return [*paid[:-1], paid[-1] + redeemed], redeemed
    coupon = inputs.read(first_amount, "coupon", "interest", "coupon_amount", otherwise=Decimal(0))
    return [coupon] * (periods - 1) + [coupon + redeemed], redeemed

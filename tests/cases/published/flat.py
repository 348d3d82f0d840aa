"""Group flat-rate: instalments on the original principal, and the rates that they really are."""

import re
from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any

from services.servicing.domain.cost.credit_plan import Row
from services.servicing.domain.cost.flat_rate import flat_loan
from services.servicing.domain.cost.roots import PRECISION
from tests.cases.published.figures import Answer, first_of, named, nearest, of_rows, rates, to
from tests.cases.published.schedules import PRINCIPAL, periods_of, share_of
from tests.cases.published.words import Inputs, Unreadable, annual_percentage, first_amount, number, percentage

ZERO = Decimal(0)


def flat(inputs: Inputs, case: Mapping[str, Any]) -> Answer:
    """Flat-rate loans: instalment, total, and the rates they really are; EIR is nominal unless the source says effective."""
    owed = _financed(inputs)
    words = str(inputs.get("method", "repayment") or "")
    if words and not re.search("flat|add-on|等本等息|分期|equal|monthly", words.lower()):
        raise Unreadable(f"method {words!r}")
    periods = periods_of(inputs, 12)
    if periods is None:
        raise Unreadable("a flat-rate loan needs a term")
    a_month = _flat_rate(inputs, owed, periods)
    fee, spread = _fee(inputs, owed, periods)
    plain = flat_loan(owed, a_month, int(periods))
    charged = flat_loan(owed, a_month + spread / owed, int(periods), fee)
    last = charged.total - to(charged.instalment) * (periods - 1)
    about = str(case.get("convention", "")).lower()
    effective = re.search(r"effective|compound|\(1\s*\+", about) is not None
    nominal = re.search(r"is nominal|nominal.{0,6}12|12\s*[*x]", about) is not None
    nominal_ones = dict.fromkeys(("eir", "effective_interest_rate", "apr"), charged.nominal)
    effective_ones = dict.fromkeys(nominal_ones, charged.effective)
    nominal_ones["monthly_rest_rate"], effective_ones["monthly_rest_rate"] = plain.nominal, plain.effective
    # Singapore's is nominal and Hong Kong's effective; where the source says neither it is the one that it prints
    kinds = [nominal_ones] if nominal or not effective else [effective_ones]
    kinds = kinds if nominal or effective else [nominal_ones, effective_ones]
    part, each = owed / periods, (charged.total - owed) / periods
    made = [Row(n, part + each, each, part, owed - part * n) for n in range(1, int(periods) + 1)]
    return first_of(
        named(
            {
                **dict.fromkeys(("loan", "loan_amount", "principal", "financed"), owed),
                **dict.fromkeys(("total_fee", "total_fees", "total_charge", "total_cost"), charged.total - owed + fee),
                "flat_rate_per_month": a_month * 100,
                "instalment": charged.instalment,
                "monthly_payment": charged.instalment,
                "monthly_instalment": charged.instalment,
                "monthly_repayment": charged.instalment,
                "payment": charged.instalment,
                "first_instalment": charged.instalment,
                "monthly_principal": owed / periods,
                "last_instalment": last,
                "total_repayment": charged.total,
                "total_payment": charged.total,
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
            effective=charged.effective,
            effective_rate=charged.effective,
            effective_annual=charged.effective,
            nominal=charged.nominal,
            nominal_rate=charged.nominal,
            nominal_annual=charged.nominal,
            irr=charged.periodic,
            monthly_irr=charged.periodic,
            xirr=charged.effective,
            irr_annual=charged.nominal,
            annual_irr=charged.nominal,
            real_rate=charged.nominal,
        ),
        of_rows(made),
        nearest(*(rates(**kind) for kind in kinds)),
    )


FLAT_RATES = (
    "flat_rate",
    "flat",
    "add_on_rate",
    "rate",
    "annual_flat_rate",
    "flat_rate_pa",
    "interest_rate",
    "annual_rate",
)
A_PERIOD = (
    "monthly_flat_rate",
    "flat_rate_per_month",
    "fee_rate",
    "instalment_fee_rate",
    "monthly_fee_rate",
    "rate_per_period",
)
PRICE = ("price", "car_price", "cash_price", "purchase_price", "vehicle_price")
PAID = ("instalment", "monthly_payment", "monthly_instalment", "payment", "monthly_repayment")
FEES = ("processing_fee", "fee", "handling_fee", "upfront_fee", "admin_fee", "administration_fee", "insurance", "fees")
HIGHEST_MONTHLY = Decimal("0.02")
"""A flat rate a month without a percent sign is a fraction of one up to here, and a percentage above."""


def _financed(inputs: Inputs) -> Decimal:
    """What is lent: stated, or a price less a down payment."""
    price = inputs.read(first_amount, *PRICE)
    if price is None:
        return first_amount(inputs.need(*PRINCIPAL, "financed", "amount_financed"))
    return price - share_of(inputs.get("down_payment", "deposit", "downpayment", "initial_payment"), price)


def _flat_rate(inputs: Inputs, owed: Decimal, periods: Decimal) -> Decimal:
    """The flat rate a month: as it is stated for a month or a year, or out of what is paid."""
    with localcontext(PRECISION):
        monthly = inputs.get(*A_PERIOD)
        if monthly is not None:
            plain = percentage(monthly) if "%" in str(monthly) else number(monthly)
            return plain if "%" in str(monthly) or plain < HIGHEST_MONTHLY else plain / 100
        each = inputs.read(first_amount, "monthly_fee", "fee_per_instalment", "monthly_interest", "fee_per_period")
        if each is not None:
            return each / owed
        paid = inputs.read(first_amount, *PAID)
        if paid is not None:
            return (paid * periods - owed) / periods / owed
        interest = inputs.read(first_amount, "total_interest", "interest", "total_charge", "finance_charge")
        if interest is not None:
            return interest / periods / owed
        return annual_percentage(inputs.need(*FLAT_RATES)) / 12


def _fee(inputs: Inputs, owed: Decimal, periods: Decimal) -> tuple[Decimal, Decimal]:
    """(deducted at once, paid with each instalment): a fee that the words spread goes with the instalments."""
    stated = inputs.get(*FEES)
    words = str(stated or "").strip().lower()
    if stated is None or re.fullmatch(r"nil|none|no|no fee|waived|0|n/?a|-", words):
        return ZERO, ZERO
    spread = re.search(r"apportioned|spread|with (?:each|every|the) instalments?|over the (?:term|instalments)", words)
    each = re.search(r"per (?:month|instalment)|a month|monthly|each (?:month|instalment)", words)
    if "%" not in words:
        amount = first_amount(stated)
    else:
        years = periods / 12 if re.search(r"p\.?a\b|per annum|per year|a year|each year", words) else 1
        amount = owed * percentage(stated) * years
    if each:
        return ZERO, amount
    return (ZERO, amount / periods) if spread else (amount, ZERO)

"""Group flat-rate: instalments on the original principal, and the rates that they really are."""

import re
from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any

from services.servicing.domain.cost.flat_rate import flat_loan
from services.servicing.domain.cost.roots import PRECISION
from tests.cases.published.figures import Answer, first_of, named, rates, to
from tests.cases.published.schedules import PRINCIPAL, periods_of, share_of
from tests.cases.published.words import Inputs, Unreadable, annual_percentage, first_amount, number, percentage

ZERO = Decimal(0)


def flat(inputs: Inputs, case: Mapping[str, Any]) -> Answer:
    """Flat-rate loans: instalment, total, and the rates they really are; EIR is nominal unless the source says effective."""
    owed = _financed(inputs)
    periods = periods_of(inputs, 12)
    if periods is None:
        raise Unreadable("a flat-rate loan needs a term")
    a_month = _flat_rate(inputs, owed, periods)
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


def _fee(inputs: Inputs, owed: Decimal, periods: Decimal) -> Decimal:
    stated = inputs.get(*FEES)
    if stated is None or re.fullmatch(r"nil|none|no|no fee|waived|0|n/?a|-", str(stated).strip().lower()):
        return ZERO
    if "%" not in str(stated):
        return first_amount(stated)
    years = periods / 12 if re.search(r"p\.?a\b|per annum|per year|a year", str(stated).lower()) else 1
    return owed * percentage(stated) * years

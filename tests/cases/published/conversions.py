"""Group rate-conversion: nominal, effective, periodic and continuous rates out of the one that is given."""

import re
from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any

from services.servicing.domain.cost.rates import (
    continuous_of_effective,
    daily_of_annual,
    effective_of_continuous,
    effective_of_nominal,
    effective_of_periodic,
    monthly_of_annual,
    nominal_of_effective,
    periodic_of_effective,
)
from services.servicing.domain.cost.roots import PRECISION
from tests.cases.published.figures import Answer, rates
from tests.cases.published.words import PER_YEAR, Inputs, Unreadable, first_amount, number, per_year, percentage

PERIODIC = {
    "monthly": 12,
    "monthly_rate": 12,
    "daily": 365,
    "daily_rate": 365,
    "quarterly": 4,
    "quarterly_rate": 4,
    "weekly": 52,
    "weekly_rate": 52,
}


def conversion(inputs: Inputs, case: Mapping[str, Any]) -> Answer:
    """Nominal, effective, periodic and continuous rates out of the one that is given."""
    said = next((str(inputs.peek(name)).lower() for name in ("compounding", "per_year", "m") if name in inputs), "")
    continuous = re.match(r"continuous|infinit|∞", said) is not None
    if continuous:
        inputs.get("compounding", "per_year", "m")
    times = (
        None
        if continuous
        else inputs.read(
            per_year,
            "per_year",
            "npery",
            "m",
            "compounding",
            "from_compounding",
            "from",
            "frequency",
            "periods_per_year",
            "periods",
        )
    )
    days = () if "interest" in inputs or "interest_earned" in inputs else ("days",)
    basis = inputs.read(number, "day_basis", "year_days", "basis", "days_in_year", "days_per_year", *days)
    other = inputs.read(per_year, "to_per_year", "to_compounding", "to_frequency", "target_frequency", "to")
    worded = _worded(inputs)
    times = worded[1] if worded else times
    nominal = (effective_of_nominal(*worded), worded[0]) if worded else _effective_and_nominal(inputs, times, basis)
    effective = nominal[0]
    if continuous and nominal[1] is not None:
        effective = effective_of_continuous(nominal[1])
    m = other or times or 12
    annual = nominal[1] if nominal[1] is not None and other is None else nominal_of_effective(effective, m)
    daily = daily_of_annual(annual, int(basis or 365))
    monthly = monthly_of_annual(annual)
    compound = re.search(r"1\s*\+|effective|compound", str(case.get("convention", ""))) and nominal[1] is None
    return rates(
        effective=effective,
        effective_rate=effective,
        effect=effective,
        eff=effective,
        effective_annual=effective,
        effective_annual_rate=effective,
        apy=effective,
        ear=effective,
        nominal=annual,
        nominal_rate=annual,
        converted=annual,
        rate=annual,
        yearly=annual,
        apr=annual,
        annual=annual,
        annual_rate=annual,
        simple_annual=annual,
        periodic=annual / m,
        period_rate=annual / m,
        rate_per_period=annual / m,
        monthly=periodic_of_effective(effective, 12) if compound else monthly,
        monthly_rate=periodic_of_effective(effective, 12) if compound else monthly,
        quarterly=periodic_of_effective(effective, 4) if compound else annual / 4,
        semiannual=periodic_of_effective(effective, 2) if compound else annual / 2,
        half_yearly=periodic_of_effective(effective, 2) if compound else annual / 2,
        daily=daily,
        daily_rate=daily,
        daily_360=annual / 360,
        daily_365=annual / 365,
        annual_effective=effective,
        annual_effective_rate=effective,
        effective_yield=effective,
        eapr=effective,
        annual_nominal=annual,
        nominal_annual=annual,
        annual_percentage_rate=annual,
        annual_percentage_yield=effective,
        continuous=continuous_of_effective(effective),
        continuous_rate=continuous_of_effective(effective),
        continuously_compounded=continuous_of_effective(effective),
        force_of_interest=continuous_of_effective(effective),
        force=continuous_of_effective(effective),
    )


EFFECTIVE = ("annual_effective", "effective_annual_rate", "effective_yield", "aprc", "aer")


def _worded(inputs: Inputs) -> tuple[Decimal, int] | None:
    """A rate with its period or compounding in the words: ``1.5% per month``, ``6% p.a. compounded monthly``."""
    name = next(
        (one for one in ("rate", "nominal", "nominal_rate", "annual_rate", "interest_rate") if one in inputs), None
    )
    words = str(inputs.peek(name)).lower() if name else ""
    compounded = re.search(rf"compounded (?P<per>{'|'.join(sorted(PER_YEAR, key=len, reverse=True))})", words)
    each = re.search(r"(?:per|a|each|every|/) ?(?P<per>month|quarter|half-year|week|day)", words)
    if name is None or not (compounded or each):
        return None
    inputs.get(name)
    if compounded:
        return percentage(words), PER_YEAR[compounded["per"]]
    assert each is not None
    return percentage(words) * PER_YEAR[each["per"]], PER_YEAR[each["per"]]


def _effective_and_nominal(inputs: Inputs, times: int | None, basis: Decimal | None) -> tuple[Decimal, Decimal | None]:
    """The effective rate, and the nominal one where it is the given one."""
    given = inputs.read(
        number, "effective", "effective_rate", "effect_rate", "apy", "ear", "effective_annual", *EFFECTIVE
    )
    if given is not None:
        return given, None
    given = inputs.read(
        number,
        "nominal",
        "nominal_rate",
        "apr",
        "annual",
        "annual_rate",
        "rate",
        "yearly",
        "yearly_rate",
        "simple_annual",
    )
    if given is not None:
        return effective_of_nominal(given, times or 12), given
    given = inputs.read(number, "continuous", "force")
    if given is not None:
        return effective_of_continuous(given), None
    for name, m in PERIODIC.items():
        given = inputs.read(number, name)
        if given is not None:
            m = int(basis) if basis and m == 365 else m
            return effective_of_periodic(given, m), given * m
    earned = inputs.read(first_amount, "interest", "interest_earned")
    if earned is not None:  # annual percentage yield of what was earned over some days
        principal, days = (
            first_amount(inputs.need("principal", "amount", "balance")),
            number(inputs.need("days_in_term", "days")),
        )
        with localcontext(PRECISION):
            return (1 + earned / principal) ** (365 / days) - 1, None
    given = inputs.read(number, "periodic", "period_rate", "rate_per_period")
    if given is None or times is None:
        raise Unreadable("no rate to convert")
    return effective_of_periodic(given, times), given * times

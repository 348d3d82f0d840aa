"""Groups rate-conversion, scorecard and ecl: one small function each."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.risk.domain.assessment.scaling import scaling
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
from services.servicing.domain.impairment.ecl import (
    Period,
    lifetime,
    marginal,
    provision_matrix,
    twelve_months,
    weighted,
)
from tests.cases.published.figures import Answer, Value, first_of, named, rates
from tests.cases.published.words import Inputs, Unreadable, number, per_year

PERIODIC = {
    "monthly": 12,
    "monthly_rate": 12,
    "daily": 365,
    "daily_rate": 365,
    "quarterly": 4,
    "quarterly_rate": 4,
    "weekly": 52,
}


def conversion(inputs: Inputs, case: Mapping[str, Any]) -> Answer:
    """Nominal, effective, periodic and continuous rates out of the one that is given."""
    continuous = str(inputs.get("compounding")).lower().startswith("continuous")
    times = (
        None
        if continuous
        else inputs.read(per_year, "per_year", "npery", "m", "compounding", "frequency", "periods_per_year", "periods")
    )
    basis = inputs.read(number, "day_basis", "year_days", "basis", "days_in_year")
    nominal = _effective_and_nominal(inputs, times, basis)
    effective = nominal[0]
    if continuous and nominal[1] is not None:
        effective = effective_of_continuous(nominal[1])
    m = times or 12
    annual = nominal[1] if nominal[1] is not None else nominal_of_effective(effective, m)
    daily = daily_of_annual(annual, int(basis or 365))
    monthly = monthly_of_annual(annual)
    compound = re.search(r"1\s*\+|effective|compound", str(case.get("convention", ""))) and nominal[1] is None
    return rates(
        effective=effective,
        effective_annual=effective,
        apy=effective,
        ear=effective,
        nominal=annual,
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
        daily=daily,
        daily_rate=daily,
        continuous=continuous_of_effective(effective),
        force=continuous_of_effective(effective),
    )


def _effective_and_nominal(inputs: Inputs, times: int | None, basis: Decimal | None) -> tuple[Decimal, Decimal | None]:
    """The effective rate, and the nominal one where it is the given one."""
    given = inputs.read(number, "effective", "effective_rate", "effect_rate", "apy", "ear", "effective_annual")
    if given is not None:
        return given, None
    given = inputs.read(number, "nominal", "nominal_rate", "apr", "annual", "annual_rate", "rate")
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
    given = inputs.read(number, "periodic", "period_rate", "rate_per_period")
    if given is None or times is None:
        raise Unreadable("no rate to convert")
    return effective_of_periodic(given, times), given * times


def scorecard(inputs: Inputs, case: Mapping[str, Any]) -> Answer:
    """Factor and offset, and the score or odds that are asked for."""
    odds = inputs.need("base_odds", "odds_at_base", "odds_base", "target_odds", "theta0")
    about = f"{case.get('convention', '')} {inputs.get('odds_definition') or ''}".lower()
    turned = "bad:good" in about or "bad/good" in about or "bad to good" in about
    line = scaling(
        number(inputs.need("base_score", "score_base", "base_points", "target_score", "p0")),
        1 / _odds(odds) if turned else _odds(odds),
        number(inputs.need("pdo", "points_to_double_odds", "points_to_double")),
    )
    figures: dict[str, Value] = {"factor": line.factor, "offset": line.offset, "a": line.offset, "b": line.factor}
    at = inputs.read(_odds, "odds", "at_odds", "good_bad_odds")
    at = 1 / at if turned and at is not None else at
    if at is not None:
        figures |= {"score": line.score(at), "pd": 1 / (1 + at)}
    pd = inputs.read(number, "pd", "probability", "probability_of_default")
    if pd is not None:
        figures |= {"score": line.score((1 - pd) / pd), "odds": (1 - pd) / pd}
    score = inputs.read(number, "score", "points")
    if score is not None:
        figures |= {"odds": line.odds(score), "pd": line.pd(score), "probability": line.pd(score)}
    woe = inputs.read(number, "woe")
    if woe is not None:
        figures["points"] = line.points(
            woe,
            number(inputs.need("coefficient", "beta")),
            inputs.read(number, "intercept", "alpha", otherwise=Decimal(0)),
            int(inputs.read(number, "attributes", "n", "characteristics", otherwise=Decimal(1))),
        )

    def at_named_odds(name: str, expected: Any) -> Value | None:
        match = re.fullmatch(r"score_(?:at_)?(?:odds_)?(\d+(?:_\d+)?)(?:_?to_?1)?", name)
        return line.score(_odds(match[1].replace("_", ":"))) if match else None

    return first_of(named(figures), at_named_odds)


def _odds(value: Any) -> Decimal:
    """Good:bad odds as a number, ``50:1`` or ``1:50`` read as they stand."""
    good, colon, bad = str(value).partition(":")
    return number(good) / number(bad) if colon else number(value)


def ecl(inputs: Inputs, _: Mapping[str, Any]) -> Answer:
    """Twelve months, a lifetime by periods, scenarios, or a provision matrix, as the inputs are given."""
    rate = inputs.read(number, "eir", "discount_rate", "rate", otherwise=Decimal(0))
    balances = inputs.get("balances", "gross_by_bucket", "buckets", "matrix", "exposures", "gross_carrying_amounts")
    if balances is not None:
        return _matrix(balances, inputs.get("loss_rates", "rates", "default_rates"))
    scenarios = inputs.get("scenarios")
    if scenarios is not None:
        found = weighted((number(one["weight"]), number(one.get("loss", one.get("ecl")))) for one in scenarios)
        return named({"allowance": found, "ecl": found, "expected_loss": found})
    exposure = inputs.read(number, "gross", "ead", "exposure", "gross_carrying_amount", "balance", "principal")
    if exposure is None:
        return _matrix(inputs.rest(), None)
    pds = inputs.need("pd_12m", "pd", "pd_lifetime", "lifetime_pd", "marginal_pd", "marginal_pds", "pds")
    lgd = number(inputs.need("lgd", "loss_given_default"))
    if isinstance(pds, list):
        loss = lifetime(_periods([number(pd) for pd in pds], lgd, exposure, bool(inputs.get("conditional"))), rate)
    else:
        loss = (
            twelve_months(exposure, number(pds), lgd)
            if rate == 0
            else lifetime([Period(number(pds), lgd, exposure, Decimal(1))], rate)
        )
    return named(
        {
            "allowance": loss,
            "ecl": loss,
            "ecl_12m": loss,
            "expected_loss": loss,
            "loss_allowance": loss,
            "lifetime_ecl": loss,
        }
    )


def _periods(pds: list[Decimal], lgd: Decimal, exposure: Decimal, conditional: bool) -> list[Period]:
    shares = marginal(pds) if conditional else tuple(pds)
    return [Period(pd, lgd, exposure, Decimal(year)) for year, pd in enumerate(shares, 1)]


def _matrix(balances: Any, loss_rates: Any) -> Answer:
    if isinstance(balances, Mapping):
        names = [str(name).lower() for name in balances]
        values = list(balances.values())
    else:
        names, values = [str(n) for n in range(1, len(balances) + 1)], balances
    if loss_rates is None:
        pairs = [_bucket(one) for one in values]
    else:
        chosen = [loss_rates[name] for name in balances] if isinstance(loss_rates, Mapping) else loss_rates
        pairs = [(number(b), number(r)) for b, r in zip(values, chosen, strict=True)]
    losses = list(provision_matrix(pairs))
    total = sum(losses, Decimal(0))
    figures: dict[str, Value] = dict(zip(names, losses, strict=True))
    listed = {"allowances": losses, "allowance_by_bucket": losses, "by_bucket": losses, "losses": losses}
    return named({**figures, **listed, "allowance": total, "total": total, "total_allowance": total, "ecl": total})


def _bucket(one: Any) -> tuple[Decimal, Decimal]:
    if isinstance(one, Mapping):
        balance = next(
            (one[key] for key in ("balance", "gross", "amount", "exposure", "gross_carrying_amount") if key in one),
            None,
        )
        rate = next((one[key] for key in ("rate", "loss_rate", "default_rate") if key in one), None)
        return number(balance), number(rate)
    if isinstance(one, str):
        balance, _, rate = one.replace("@", " x ").replace("*", " x ").partition(" x ")
        return number(balance), number(rate)
    return number(one[0]), number(one[1])

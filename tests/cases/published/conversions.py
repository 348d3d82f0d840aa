"""Groups rate-conversion, scorecard and ecl: one small function each."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.risk.domain.assessment.scaling import Scaling, scaling
from services.servicing.domain.cost.internal_rate import net_present_value
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
from tests.cases.published.words import NUMBER, PER_YEAR, Inputs, Unreadable, number, per_year, percentage

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
    basis = inputs.read(number, "day_basis", "year_days", "basis", "days_in_year", "days_per_year", "days")
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
        daily=daily,
        daily_rate=daily,
        continuous=continuous_of_effective(effective),
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
    given = inputs.read(number, "periodic", "period_rate", "rate_per_period")
    if given is None or times is None:
        raise Unreadable("no rate to convert")
    return effective_of_periodic(given, times), given * times


BASE_ODDS = ("base_odds", "odds_at_base", "odds_base", "target_odds", "anchor_odds", "reference_odds", "theta0")
BASE_SCORE = ("base_score", "score_base", "base_points", "target_score", "anchor_score", "reference_score", "p0")
PDO = ("pdo", "points_to_double_odds", "points_to_double", "points_double_odds", "points_to_double_the_odds")
PD = ("pd", "p", "probability", "probability_of_default", "default_probability", "bad_rate", "p_bad")


def scorecard(inputs: Inputs, case: Mapping[str, Any]) -> Answer:
    """Factor and offset, and the score, odds, probability or points that are asked for."""
    about = f"{case.get('convention', '')} {inputs.get('odds_definition', 'odds_type') or ''}".lower()
    turned = bool(re.search(r"bad ?[:/] ?good|bad to good|bads? per good", about))
    falls = str(inputs.peek("pdo") or "").strip().startswith("-")
    turned = turned or falls  # points that are taken away as the odds double: they are bad:good
    line = _line(inputs, turned)
    figures: dict[str, Value] = {"factor": line.factor, "offset": line.offset, "a": line.offset, "b": line.factor}
    figures |= {"slope": line.factor, "intercept": line.offset}
    if falls:
        figures |= dict.fromkeys(("factor", "b", "slope"), -line.factor)
    at = inputs.get("odds", "at_odds", "good_bad_odds", "odds_list")
    listed = [_good(one, turned) for one in (at if isinstance(at, list) else [at])] if at is not None else []
    logs = inputs.get("log_odds", "ln_odds", "logit", "log_odds_good")
    if logs is not None:
        signs = -1 if turned else 1
        listed = [(signs * number(one)).exp() for one in (logs if isinstance(logs, list) else [logs])]
    pd = inputs.get(*PD)
    if pd is not None:
        shares = [number(one) for one in (pd if isinstance(pd, list) else [pd])]
        listed = [(1 - share) / share for share in shares]
    scores = inputs.get("score", "points", "scores")
    if scores is not None:
        listed = [line.odds(number(one)) for one in (scores if isinstance(scores, list) else [scores])]
    if len(listed) == 1:
        figures |= _at(line, listed[0], turned)
    elif listed:
        every = [_at(line, odds, turned) for odds in listed]
        figures |= {name: [value for one in every if isinstance(value := one[name], Decimal)] for name in every[0]}
        figures |= {f"{name}s": figures[name] for name in ("score", "pd")}
    figures |= _points(inputs, line)

    def at_named_odds(name: str, expected: Any) -> Value | None:
        match = re.fullmatch(r"score_(?:at_)?(?:odds_)?(\d+(?:_\d+)?)(?:_?to_?1)?", name)
        return line.score(_good(match[1].replace("_", ":"), turned)) if match else None

    shares_ = {name: value for name, value in figures.items() if name in PD and isinstance(value, Decimal)}
    return first_of(named(figures), rates(**shares_), at_named_odds)


def _line(inputs: Inputs, turned: bool) -> Scaling:
    """The line through the base, or the one whose factor and offset are given."""
    factor, offset = inputs.read(number, "factor", "b", "slope"), inputs.read(number, "offset", "a")
    if factor is not None and offset is not None:
        return Scaling(factor, offset)
    base_pd = inputs.read(number, "base_pd", "pd_at_base", "base_bad_rate")
    stated = inputs.get(*BASE_ODDS)
    score = inputs.get(*BASE_SCORE)
    if stated is None and base_pd is None:
        stated, score = inputs.need("odds"), inputs.need("score")
        inputs.consume("odds", "score")
    odds = _good(stated, turned) if stated is not None else (1 - base_pd) / base_pd
    points = inputs.read(lambda value: abs(number(value)), *PDO)
    times = inputs.read(number, "multiple", "odds_multiple", "multiplier", otherwise=Decimal(2))
    if points is None:
        points = number(inputs.need("points_per_multiple", "points_increase", "step", "points"))
        inputs.consume("points")
    doubling = points if times == 2 else points * Decimal(2).ln() / times.ln()
    if score is None:
        raise Unreadable("no score at the base odds")
    return scaling(number(score), odds, doubling)


def _at(line: Scaling, odds: Decimal, turned: bool) -> dict[str, Value]:
    """Everything at some good:bad odds; a source that counts bad:good gets its odds that way round."""
    pd = 1 / (1 + odds)
    shown = 1 / odds if turned else odds
    figures: dict[str, Value] = {"score": line.score(odds), "points": line.score(odds), "odds": shown}
    return figures | dict.fromkeys(PD, pd) | {"log_odds": shown.ln()}


def _points(inputs: Inputs, line: Scaling) -> dict[str, Value]:
    """Points of one attribute, or of several and their sum, from weight of evidence and coefficient."""
    listed = inputs.get("attributes", "characteristics_list", "variables")
    alpha = inputs.read(number, "intercept", "alpha", otherwise=Decimal(0))
    if isinstance(listed, list):
        points = [line.points(_of(one, "woe"), _of(one, "coefficient", "beta"), alpha, len(listed)) for one in listed]
        return {"points": points, "score": sum(points, Decimal(0)), "total": sum(points, Decimal(0))}
    count = int(number(listed)) if listed is not None else None
    count = count or int(inputs.read(number, "n", "characteristics", "number_of_attributes", otherwise=Decimal(1)))
    woe = inputs.read(number, "woe", "weight_of_evidence")
    if woe is None:
        return {}
    return {"points": line.points(woe, number(inputs.need("coefficient", "beta")), alpha, count)}


def _of(one: Mapping[str, Any], *names: str) -> Decimal:
    found = next((one[name] for name in names if name in one), None)
    if found is None:
        raise Unreadable(f"{dict(one)} has no {' or '.join(names)}")
    return number(found)


def _good(value: Any, turned: bool) -> Decimal:
    odds = _odds(value)
    return 1 / odds if turned else odds


def _odds(value: Any) -> Decimal:
    """Odds as a number, ``50:1``, ``50 to 1`` or ``1:50`` read as they stand."""
    good, colon, bad = re.sub(r"\s*(?:to|/)\s*", ":", str(value)).partition(":")
    return number(good) / number(bad) if colon else number(value)


EXPOSURE = (
    "gross",
    "ead",
    "exposure",
    "gross_carrying_amount",
    "balance",
    "principal",
    "exposure_at_default",
    "carrying_amount",
)
PDS = (
    *("pd_12m", "pd", "pd_lifetime", "lifetime_pd", "marginal_pd", "marginal_pds", "pds", "pd_by_year"),
    *("probability_of_default", "conditional_pd", "conditional_pds", "pd_12_months"),
)
BALANCES = (
    *("balances", "gross_by_bucket", "buckets", "matrix", "exposures", "gross_carrying_amounts", "receivables"),
    *("trade_receivables", "by_bucket", "gross_amounts"),
)


def ecl(inputs: Inputs, _: Mapping[str, Any]) -> Answer:
    """Twelve months, a lifetime by periods, scenarios, loss rates of a group, or a provision matrix, as the inputs are given."""
    rate = inputs.read(
        number, "eir", "discount_rate", "rate", "effective_interest_rate", "discount", otherwise=Decimal(0)
    )
    inputs.get("stage", "currency")
    balances = inputs.get(*BALANCES)
    chosen = inputs.get("loss_rates", "rates", "default_rates", "provision_rates", "ecl_rates", "lifetime_loss_rates")
    if balances is None and chosen is not None and (isinstance(chosen, (list, Mapping)) or "," in str(chosen)):
        balances = inputs.need(*EXPOSURE)
    if balances is not None:
        return _matrix(balances, chosen)
    scenarios = inputs.get("scenarios")
    if scenarios is not None:
        common = {name: value for name, value in inputs.rest().items() if not isinstance(value, (list, Mapping))}
        return _losses(weighted((_weight(one), _scenario({**common, **one}, rate)) for one in scenarios))
    group = _group(inputs) or _shortfall(inputs, rate)
    if group is not None:
        return group
    exposure = _exposure(inputs)
    if exposure is None:
        return _matrix(inputs.rest(), None)
    share = inputs.read(number, "loss_rate", "ecl_rate", "provision_rate", "coverage")
    if share is not None:
        return _losses(exposure[0] * share)
    return _losses(_loss(inputs, exposure, rate))


def _losses(loss: Decimal) -> Answer:
    names = (
        *("allowance", "ecl", "ecl_12m", "12m_ecl", "expected_loss", "expected_credit_loss", "loss_allowance"),
        *("lifetime_ecl", "loss", "provision", "impairment"),
    )
    return named(dict.fromkeys(names, loss))


def _exposure(inputs: Inputs) -> list[Decimal] | None:
    """The exposure, of each period where it is a list; what may still be drawn counts with its conversion factor."""
    drawn = inputs.get(*EXPOSURE, "drawn", "outstanding")
    if drawn is None:
        return None
    listed = [number(one) for one in (drawn if isinstance(drawn, list) else [drawn])]
    factor = inputs.read(number, "ccf", "credit_conversion_factor", otherwise=Decimal(1))
    limit, undrawn = inputs.read(number, "limit"), inputs.read(number, "undrawn", "undrawn_commitment", "commitment")
    more = undrawn if undrawn is not None else None if limit is None else limit - listed[0]
    return [one + (more or Decimal(0)) * factor for one in listed]


def _loss(inputs: Inputs, exposure: list[Decimal], rate: Decimal) -> Decimal:
    marginals = not any(name in inputs for name in ("conditional_pd", "conditional_pds"))
    conditional = bool(inputs.get("conditional")) or not marginals
    pds = inputs.need(*PDS)
    recovered = inputs.read(number, "recovery_rate", "recovery")
    lgds = inputs.get("lgd", "loss_given_default", "lgds") if recovered is None else 1 - recovered
    if lgds is None:
        raise Unreadable("no loss given default")
    if not isinstance(pds, list) and len(exposure) == 1 and rate == 0:
        return twelve_months(exposure[0], number(pds), number(lgds))
    shares = [number(one) for one in (pds if isinstance(pds, list) else [pds])]
    shares = list(marginal(shares)) if conditional else shares
    periods = len(shares)
    losses = [number(one) for one in (lgds if isinstance(lgds, list) else [lgds] * periods)]
    amounts = exposure if len(exposure) > 1 else exposure * periods
    triples = zip(shares, losses, amounts, strict=True)
    return lifetime([Period(pd, lgd, ead, Decimal(n)) for n, (pd, lgd, ead) in enumerate(triples, 1)], rate)


def _weight(one: Mapping[str, Any]) -> Decimal:
    return _of(one, "weight", "probability", "weighting")


def _scenario(one: Mapping[str, Any], rate: Decimal) -> Decimal:
    """The loss of a scenario, as it is or as the product of its parts."""
    stated = next((one[name] for name in ("loss", "ecl", "expected_loss", "shortfall", "amount") if name in one), None)
    if stated is not None:
        return number(stated)
    inputs = Inputs(
        {key: value for key, value in one.items() if key not in ("weight", "probability", "weighting", "name")}
    )
    exposure = _exposure(inputs)
    if exposure is None:
        raise Unreadable(f"scenario {dict(one)} has neither loss nor exposure")
    return _loss(inputs, exposure, rate)


def _group(inputs: Inputs) -> Answer | None:
    """The loss-rate approach of IFRS 9 example 9: defaults × loss each over what the clients owe together."""
    clients = inputs.read(number, "clients", "number_of_clients", "number_of_loans", "loans", "borrowers", "customers")
    if clients is None:
        return None
    each = inputs.read(
        number, "gross_per_client", "gross_per_loan", "exposure_per_client", "estimated_gross_per_client"
    )
    total = inputs.read(number, "total_gross", "estimated_total_gross", "total_exposure")
    defaults = number(
        inputs.need("defaults", "historical_defaults", "historic_defaults", "average_defaults", "annual_defaults")
    )
    loss = inputs.read(number, "loss_per_default", "loss_per_client", "present_value_of_loss", "pv_loss_per_default")
    observed = inputs.read(number, "observed_loss", "present_value_of_observed_loss", "total_loss", "loss")
    owed = total if total is not None else None if each is None else clients * each
    lost = observed if observed is not None else None if loss is None else defaults * loss
    figures: dict[str, Value] = {"default_rate": defaults / clients}
    if owed is not None:
        figures |= {"total_gross": owed, "estimated_total_gross": owed}
    if owed is not None and lost is not None:
        figures |= {"loss": lost, "observed_loss": lost, "ecl": lost, "allowance": lost}
        return first_of(named(figures), rates(loss_rate=lost / owed, default_rate=defaults / clients))
    return first_of(named(figures), rates(default_rate=defaults / clients))


def _shortfall(inputs: Inputs, rate: Decimal) -> Answer | None:
    """What the contract promises less what is expected, both at their present value where flows are listed."""
    due = inputs.get("contractual", "contractual_cash_flows", "contractual_flows", "cash_flows", "cashflows")
    due = due if due is not None else inputs.get("present_value_contractual", "pv_contractual")
    if due is None:
        return None
    names = (
        "expected",
        "expected_cash_flows",
        "expected_flows",
        "expected_cashflows",
        "present_value_expected",
        "pv_expected",
    )
    promised, expected = (
        net_present_value(rate, [Decimal(0), *map(number, one)]) if isinstance(one, list) else number(one)
        for one in (due, inputs.need(*names))
    )
    return _losses(promised - expected)


def _listed(value: Any) -> Any:
    """Figures in one text as a list: ``15000000, 7500000``, or buckets with names, ``current 15000000 0.3%; …``."""
    if not isinstance(value, str):
        return value
    parts = [part for part in re.split(r";\s*|,(?!\d{3}(?!\d))\s*", value) if part.strip()]
    bucket = rf"(?P<name>\S.*?):? +(?P<amount>{NUMBER}) *(?:x|@|at)? *(?P<rate>{NUMBER}%)"
    named_ones = [re.fullmatch(bucket, one.strip()) for one in parts]
    if all(named_ones):
        return {match["name"]: [match["amount"], match["rate"]] for match in named_ones if match}
    return parts


def _matrix(balances: Any, loss_rates: Any) -> Answer:
    balances, loss_rates = _listed(balances), _listed(loss_rates)
    if isinstance(balances, list) and all(isinstance(one, list) and len(one) == 3 for one in balances):
        balances = {str(name): [balance, rate] for name, balance, rate in balances}
    if isinstance(balances, Mapping) and loss_rates is None:
        pairs_ = {
            name[6:]: [balance, balances.get(f"rate_{name[6:]}")]
            for name, balance in balances.items()
            if str(name).startswith("gross_")
        }
        balances = pairs_ if pairs_ and all(rate is not None for _, rate in pairs_.values()) else balances
    if isinstance(balances, Mapping):
        names = [str(name).lower() for name in balances]
        values = list(balances.values())
    else:
        names = [_bucket_name(one, n) for n, one in enumerate(balances, 1)]
        values = balances
    if loss_rates is None:
        pairs = [_bucket(one) for one in values]
    else:
        chosen = [loss_rates[name] for name in balances] if isinstance(loss_rates, Mapping) else loss_rates
        pairs = [(number(b), number(r)) for b, r in zip(values, chosen, strict=True)]
    losses = list(provision_matrix(pairs))
    total, owed = sum(losses, Decimal(0)), sum((balance for balance, _ in pairs), Decimal(0))
    figures: dict[str, Value] = dict(zip(names, losses, strict=True))
    figures |= {f"allowance_{name}": loss for name, loss in zip(names, losses, strict=True)}
    figures |= {f"{stem}_{n}": loss for n, loss in enumerate(losses, 1) for stem in ("allowance", "ecl", "bucket")}
    listed = dict.fromkeys(("allowances", "allowance_by_bucket", "by_bucket", "losses", "ecl_by_bucket"), losses)
    totals = dict.fromkeys(("allowance", "total", "total_allowance", "ecl", "loss_allowance", "provision"), total)
    return first_of(named({**figures, **listed, **totals, "gross": owed, "total_gross": owed}), _coverage(total, owed))


def _coverage(total: Decimal, owed: Decimal) -> Answer:
    return rates(coverage=total / owed, loss_rate=total / owed) if owed else named({})


def _bucket_name(one: Any, n: int) -> str:
    if isinstance(one, Mapping):
        stated = next((one[key] for key in ("name", "bucket", "days", "label", "past_due") if key in one), None)
        return str(n) if stated is None else str(stated).lower()
    return str(n)


def _bucket(one: Any) -> tuple[Decimal, Decimal]:
    if isinstance(one, Mapping):
        rate = next(
            (one[key] for key in ("rate", "loss_rate", "default_rate", "provision_rate", "ecl_rate") if key in one),
            None,
        )
        names = ("balance", "gross", "amount", "exposure", "gross_carrying_amount", "receivables")
        return _of(one, *names), number(rate)
    if isinstance(one, str):
        balance, by, rate = re.sub(r"\s*(?:@|\*|×| at )\s*", " x ", one).partition(" x ")
        if not by:
            raise Unreadable(f"{one!r} is no balance with its loss rate")
        return number(balance), number(rate)
    if not isinstance(one, list) or len(one) != 2 or ("%" not in str(one[1]) and number(one[1]) >= 1):
        raise Unreadable(f"{one!r} is no balance with its loss rate")
    return number(one[0]), number(one[1])

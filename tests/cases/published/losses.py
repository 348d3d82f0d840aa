"""Group ecl: expected credit loss by probability, by loss rate, by cash shortfall, by scenarios or by a provision matrix."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.servicing.domain.cost.internal_rate import net_present_value
from services.servicing.domain.impairment.ecl import (
    Period,
    lifetime,
    marginal,
    provision_matrix,
    twelve_months,
    weighted,
)
from tests.cases.published.figures import Answer, Value, first_of, named, rates
from tests.cases.published.words import NUMBER, Inputs, Unreadable, figure_of, number

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
    term = inputs.read(
        lambda value: number(re.sub(r"\s*years?$", "", str(value))),
        "time",
        "years",
        "years_to_default",
        "default_in_years",
    )
    answer = _losses(_loss(inputs, exposure, rate) if term is None else _at_once(inputs, exposure, rate, term))
    return first_of(answer, named({"ead": exposure[0], "exposure": exposure[0], "exposure_at_default": exposure[0]}))


def _at_once(inputs: Inputs, exposure: list[Decimal], rate: Decimal, term: Decimal) -> Decimal:
    """One default after some years, discounted over them."""
    pd, lgd = number(inputs.need(*PDS)), number(inputs.need("lgd", "loss_given_default"))
    return lifetime([Period(pd, lgd, exposure[0], term)], rate)


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
    return figure_of(one, "weight", "probability", "weighting")


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
        return figure_of(one, *names), number(rate)
    if isinstance(one, str):
        balance, by, rate = re.sub(r"\s*(?:@|\*|×| at )\s*", " x ", one).partition(" x ")
        if not by:
            raise Unreadable(f"{one!r} is no balance with its loss rate")
        return number(balance), number(rate)
    if not isinstance(one, list) or len(one) != 2 or ("%" not in str(one[1]) and number(one[1]) >= 1):
        raise Unreadable(f"{one!r} is no balance with its loss rate")
    return number(one[0]), number(one[1])

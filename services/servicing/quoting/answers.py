"""Quotes and states as JSON: amounts in major units and rates in percent, decimals in strings like everywhere in the contract."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from schemas.money import of_minor
from services.servicing.domain.cost.cost_table import Item
from services.servicing.domain.terms import Terms
from services.servicing.domain.transactions.position import Line, Posting, Totals
from services.servicing.quoting.quote import Figure, Quote
from services.servicing.quoting.simulation import State

_STEP = Decimal("0.000001")


def amount(units: int, currency: str) -> str:
    """An amount in major units, with the decimals of its currency."""
    return f"{of_minor(units, currency).amount:f}"


def percent(rate: Decimal) -> str:
    """A fraction of one in percent, to six decimals, half-up."""
    rounded = (rate * 100).quantize(_STEP, ROUND_HALF_UP)
    return f"{rounded if rounded else abs(rounded):f}"


def quote_answer(quote: Quote) -> dict[str, Any]:
    """Everything a quote says."""
    currency = quote.terms.currency
    return {
        "currency": currency,
        "principal": amount(quote.terms.principal, currency),
        "start": quote.start.isoformat(),
        "rows": [line_answer(line, currency) for line in quote.lines],
        "totals": _totals(quote.totals, currency),
        "cost": {
            "total": amount(quote.cost, currency),
            "items": [{**_item(item), "total": amount(item.total, currency)} for item in quote.items],
            "on_default_only": [_item(item) for item in quote.contingent],
        },
        "headline": quote.headline.value,
        "figures": [_figure(figure) for figure in quote.figures],
        "aprc_as_disclosed": None if quote.aprc is None else f"{quote.aprc.percent:f}",
        "caps": _caps(quote),
    }


def state_answer(state: State, terms: Terms) -> dict[str, Any]:
    """A loan after one transaction."""
    currency, totals = terms.currency, state.position.totals
    return {
        "number": state.number,
        "type": state.transaction.type,
        "date": state.transaction.date.isoformat(),
        "recorded": state.transaction.known.isoformat(),
        "status": state.position.status.value,
        "principal_outstanding": amount(state.principal, currency),
        "outstanding": amount(totals.outstanding, currency),
        "overpaid": amount(state.position.overpaid, currency),
        "postings": [_posting(posting, currency) for posting in state.postings],
        "corrected": list(state.corrected),
        "rows": [line_answer(line, currency) for line in state.position.lines],
    }


def line_answer(line: Line, currency: str) -> dict[str, Any]:
    """One line of a schedule. Of a disbursement, ``amount`` is what was disbursed."""
    disbursed = line.number == 0
    return {
        "number": line.number,
        "kind": line.kind.value,
        "date": line.day.isoformat(),
        "days": line.days,
        "amount": amount(line.balance if disbursed else 0, currency),
        "principal": amount(line.principal, currency),
        "interest": amount(line.interest, currency),
        "fee": amount(line.fee, currency),
        "penalty": amount(line.penalty, currency),
        "total": amount(line.due, currency),
        "balance": None if disbursed else amount(line.balance, currency),
        "paid": amount(line.paid, currency),
        "outstanding": amount(line.outstanding, currency),
        "settled_on": None if line.paid_on is None else line.paid_on.isoformat(),
    }


def _totals(totals: Totals, currency: str) -> dict[str, str]:
    parts = {name: getattr(totals, name) for name in ("principal", "interest", "fee", "penalty")}
    return {name: amount(units, currency) for name, units in (*parts.items(), ("total", totals.due))}


def _item(item: Item) -> dict[str, str]:
    names = ("code", "name", "method", "standard", "collected_by")
    return {name: getattr(item, name) for name in names}


def _figure(figure: Figure) -> dict[str, Any]:
    said = {"percent": None, "why_not": figure.why_not} if figure.rate is None else {"percent": percent(figure.rate)}
    return {"code": figure.code, "label": figure.label, **said}


def _caps(quote: Quote) -> dict[str, Any]:
    signing = quote.signing
    if signing is None:
        return {"tested": False, "why_not": quote.untested}
    above = signing.cap.rule.void_above
    return {
        "tested": True,
        "cap_percent": percent(signing.cap.rate),
        "void_above_percent": None if above is None else percent(above),
        "source": signing.cap.rule.source,
        "contract_rate_percent": percent(signing.contract_rate),
        "total_cost_percent": percent(signing.total_cost),
        "total_cost_figure": quote.tested_figure,
        "exceeding": list(signing.exceeding),
    }


def _posting(posting: Posting, currency: str) -> dict[str, Any]:
    parts = {component.value: amount(units, currency) for component, units in posting.allocation.items() if units}
    return {"kind": posting.kind.value, "amount": amount(posting.amount, currency), "allocation": parts}

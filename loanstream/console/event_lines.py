"""One event as a line of a page: its most telling members in words. All of it is untrusted text."""

import json
from collections.abc import Mapping
from typing import Any

from loanstream.console.api import Json
from loanstream.console.figures import is_money, is_zero, percent, with_currency
from loanstream.console.words import Words

_LONGEST_VALUE = 120
_MOST_FACTS = 5

_TELLING = (
    "category",
    "amount",
    "terms.principal",
    "limit",
    "advice",
    "score",
    "rating",
    "number",
    "due_date",
    "unpaid",
    "principal",
    "previous",
    "bucket",
    "asset_class",
    "by",
    "code",
    "since",
    "days_past_due",
    "cured_on",
    "paid_on",
    "settled_on",
    "kind",
    "base",
    "annual_rate",
    "terms.annual_rate",
    "terms.months",
    "months",
    "days",
    "allocation",
    "written_off",
    "charged_off",
    "price",
    "buyer",
    "by",
    "reduction",
    "revived",
    "memo_interest",
    "accrual",
    "unit",
    "officer",
    "waived",
    "called",
    "accrued",
    "reversed",
    "surplus",
    "applied",
    "suspended",
    "outstanding_principal",
    "balance",
    "value_date",
    "effective_date",
    "effective",
    "until",
    "notice",
    "maturity",
    "side",
    "signatory",
    "releaser",
    "authority",
    "reasons",
    "reason",
    "deadline",
    "valid_until",
    "reapply_from",
    "from_account",
    "to_account",
    "account_id",
    "bank_reference",
    "receipt_id",
    "channel",
    "product_id",
    "version",
    "cause",
    "business_date",
    "aggregates",
    "events",
    "held",
    "error_id",
)
"""Members of an event that its line shows, the most telling first; everything else stands in the JSON below it."""

_BALANCES = ("outstanding_principal", "balance")
_RATES = ("annual_rate", "terms.annual_rate")
_CAUSES_OF_ANOTHER = ("notify",)
"""Contexts whose events name the event that they are about."""


def facts(event: Json, words: Words) -> list[tuple[str, str]]:
    """The most telling members of an event: name and value in words."""
    data = event["data"]
    if not isinstance(data, Mapping):
        return []
    silent = {"cause" if event["context"] in _CAUSES_OF_ANOTHER else "", "terms.principal" if "amount" in data else ""}
    told = [(path, value) for path in _TELLING if path not in silent and _says(path, value := _member(data, path))]
    return [(words.label("field", path), _short(_value(path, value, words))) for path, value in told[:_MOST_FACTS]]


def content(event: Json) -> str:
    """The event's data as indented JSON."""
    return json.dumps(event["data"], indent=2, ensure_ascii=False)


def about(event: Json) -> str | None:
    """The event that this one names as its cause, if it names one."""
    data = event["data"]
    cause = data.get("cause") if event["context"] in _CAUSES_OF_ANOTHER and isinstance(data, Mapping) else None
    return cause if isinstance(cause, str) else None


def loan_of(event: Json) -> str | None:
    """The loan that an event is about."""
    data = event["data"]
    loan_id = data.get("loan_id") if isinstance(data, Mapping) else None
    return loan_id if isinstance(loan_id, str) and loan_id else None


def _member(data: Any, path: str) -> Any:
    for part in path.split("."):
        data = data.get(part) if isinstance(data, Mapping) else None
    return data


def _says(path: str, value: Any) -> bool:
    """Whether there is something to say: empty texts are left out, and amounts of nothing that are not a balance."""
    if is_money(value):
        return path in _BALANCES or not is_zero(value)
    return value not in (None, "", [], {})


def _value(path: str, value: Any, words: Words) -> str:
    if is_money(value):
        return with_currency(value)
    if path in _RATES:
        return percent(value)
    if isinstance(value, Mapping):
        return _parts(value, words)
    if isinstance(value, list):
        return _short(
            ", ".join(str(item.get("code", "")) if isinstance(item, Mapping) else str(item) for item in value)
        )
    return words.label(f"value.{path}", value)


def _parts(components: Mapping[str, Any], words: Words) -> str:
    """Amounts by component, without those that are nothing."""
    named = [
        f"{words.label('field', name)} {with_currency(money)}"
        for name, money in components.items()
        if is_money(money) and not is_zero(money)
    ]
    return " + ".join(named)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"

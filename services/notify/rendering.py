"""Templates 消息模板: ``templates/<category>/<language>/<version>.txt``, first line the subject, then a blank line, then the body.

Rendered at send time in a sandbox; a variable that is not given is an error, never a gap in a letter. Amounts and dates are
written as the language does.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from schemas.terms import Language

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_FOLDER = files("services.notify") / "templates"


class BadTemplate(ValueError):
    """A template cannot be rendered with what it was given; the text holds no personal data."""


@dataclass(frozen=True, slots=True)
class Text:
    """A rendered message."""

    subject: str
    body: str


def template_name(category: str, language: str, version: str) -> str:
    """How a template is called in events: ``installment-due/zh/1``."""
    return f"{category}/{language}/{version}"


def template_exists(category: str, language: str, version: str) -> bool:
    """Whether a template is shipped."""
    return (_FOLDER / f"{template_name(category, language, version)}.txt").is_file()


def render(category: str, language: Language, version: str, variables: Mapping[str, Any]) -> Text:
    """Subject and body. Raises :class:`BadTemplate` for a missing template or variable."""
    name = template_name(category, language, version)
    try:
        text = _environment(language).get_template(name).render(variables)
    except (TemplateError, ValueError, TypeError, KeyError, ArithmeticError) as error:
        raise BadTemplate(f"template {name} cannot be rendered: {type(error).__name__}") from error
    subject, _, body = text.partition("\n")
    return Text(" ".join(subject.split()), body.strip() + "\n")


@cache
def _environment(language: Language) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(_source),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        money=_MONEY[language], day=_DAY[language], percent=percent, total=total, reason=_reasons(language)
    )
    return environment


def _source(name: str) -> str | None:
    file = _FOLDER / f"{name}.txt"
    return file.read_text(encoding="utf-8") if file.is_file() else None


def money_zh(money: Mapping[str, str]) -> str:
    """``1,234.56元``; other currencies by their code."""
    amount = f"{Decimal(money['amount']):,}"
    return f"{amount}元" if money["currency"] == "CNY" else f"{money['currency']} {amount}"


def money_en(money: Mapping[str, str]) -> str:
    """``CNY 1,234.56``."""
    return f"{money['currency']} {Decimal(money['amount']):,}"


def day_zh(iso: str) -> str:
    """``2026年1月5日``."""
    day = date.fromisoformat(iso)
    return f"{day.year}年{day.month}月{day.day}日"


def day_en(iso: str) -> str:
    """``5 January 2026``."""
    day = date.fromisoformat(iso)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def percent(rate: str) -> str:
    """A fraction as percent without trailing zeros: ``0.144`` is ``14.4%``."""
    return f"{(Decimal(rate) * 100).normalize():f}%"


def total(components: Mapping[str, Mapping[str, str] | None]) -> dict[str, str]:
    """The sum of an amount by component; the components have one currency, and the rarer ones may be absent."""
    parts = [part for part in components.values() if part]
    return {"amount": str(sum(Decimal(part["amount"]) for part in parts)), "currency": parts[0]["currency"]}


_MONEY = {Language.ZH: money_zh, Language.EN: money_en}
_DAY = {Language.ZH: day_zh, Language.EN: day_en}


def _reasons(language: Language) -> Any:
    known = json.loads((_FOLDER / "reasons.json").read_text(encoding="utf-8"))[language]

    def reason(given: Mapping[str, str]) -> str:
        """A reason code in words; one without a text here keeps the sentence of its event."""
        text: str = known.get(given["code"], "{message}")
        return text.replace("{message}", given["message"])

    return reason

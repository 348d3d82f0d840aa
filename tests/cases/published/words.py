"""Reading figures and terms out of the words that sources use. Whatever is not understood is said, never passed over."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from services.servicing.domain.cost.roots import PRECISION

NUMBER = r"(?:(?:\d{1,3}(?:,\d{2,3})*,\d{3}|\d+)(?:\.\d+)?|\.\d+)"
"""Digits with optional separators (thousands, or lakhs and crores) and decimals."""
AMOUNT = rf"(?i:EUR|USD|GBP|HKD|SGD|CNY|RMB|S\$|HK\$|US\$|INR|Rs\.?|[€£$¥₹])?\s*(?P<amount>{NUMBER})"
MONTHS_OF = {"month": 1, "quarter": 3, "half-year": 6, "half year": 6, "semester": 6, "year": 12}
ADVERBS = {
    "monthly": 1,
    "bimonthly": 2,
    "quarterly": 3,
    "four-monthly": 4,
    "half-yearly": 6,
    "semi-annual": 6,
    "semi-annually": 6,
    "semiannual": 6,
    "annual": 12,
    "annually": 12,
    "yearly": 12,
}
"""Months of a frequency."""
PER_YEAR = {
    "daily": 365,
    "weekly": 52,
    "fortnightly": 26,
    "biweekly": 26,
    "bi-weekly": 26,
    "every 2 weeks": 26,
    "every two weeks": 26,
    "four-weekly": 13,
    "every 4 weeks": 13,
    "semimonthly": 24,
    "semi-monthly": 24,
    **{word: 12 // months for word, months in ADVERBS.items()},
    "month": 12,
    "quarter": 4,
    "half-year": 2,
    "year": 1,
    "week": 52,
    "day": 365,
}
"""Periods a year of a frequency."""
SCALES = {"万": 4, "亿": 8, "lakhs": 5, "lakh": 5, "crores": 7, "crore": 7, "million": 6, "thousand": 3, "k": 3}
"""Powers of ten that words stand for."""
COUNTS = {
    word: number
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), start=1
    )
}


_SCALED = re.compile(
    rf"(?<![\w.,])({NUMBER})\s*(万|亿|lakhs?|lacs?|crores?|million|thousand)(?!\w)(?:\s*元)?", re.IGNORECASE
)
_DATES = re.compile(
    r"\b(?P<m1>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? (?P<d1>\d{1,2})(?:st|nd|rd|th)?,? (?P<y1>\d{4})\b"
    r"|\b(?P<d2>\d{1,2})(?:st|nd|rd|th)?[- ](?P<m2>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?[- ](?P<y2>\d{4})\b"
    r"|(?P<y3>\d{4})年(?P<m3>\d{1,2})月(?P<d3>\d{1,2})日",
    re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def plain(value: Any) -> Any:
    """The same words in one spelling: scaled amounts in digits, dates in ISO form, one minus sign; lists member by member."""
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, str):
        return value
    text = re.sub(r"[\u2212\u2010\u2011\u2013](?=[\d.$€£¥])", "-", value)
    text = re.sub(r"^\(([\d.,]+)\)$", r"-\1", text)
    text = re.sub("万分之([一二三四五六七八九]|[0-9.]+)", _of_ten_thousand, text)
    return _DATES.sub(_iso, _SCALED.sub(_scaled, text))


def _of_ten_thousand(match: re.Match[str]) -> str:
    """万分之五 as 0.05%."""
    digit = "零一二三四五六七八九".find(match[1])
    return f"{Decimal(match[1] if digit < 0 else digit) / 100}%"


def _scaled(match: re.Match[str]) -> str:
    word = match[2].lower().replace("lac", "lakh") if match[2].lower().startswith("lac") else match[2].lower()
    return f"{Decimal(match[1].replace(',', '')).scaleb(SCALES[word]):f}"


def _iso(match: re.Match[str]) -> str:
    n = next(n for n in "123" if match[f"y{n}"])
    month = match[f"m{n}"].lower()
    number_ = int(month) if month.isdigit() else _MONTHS.index(month) + 1
    return f"{match[f'y{n}']}-{number_:02d}-{int(match[f'd{n}']):02d}"


class Unreadable(ValueError):
    """Words that no mapping understands; the text quotes them."""


def number(value: Any) -> Decimal:
    """A plain number as published, with an arithmetic ``a/b`` or ``a*b`` of two, e.g. ``28/30``, ``1,250.00``, ``7.5%/12``."""
    text = re.sub(r"\s*(?:p\.a\.|per annum|a year|per year|元|EUR|USD)$", "", str(value).strip())
    for sign, apply in (("/", lambda a, b: a / b), ("*", lambda a, b: a * b)):
        left, found, right = text.rpartition(sign)
        if found and left:
            with localcontext(PRECISION):
                return Decimal(apply(number(left), number(right)))
    match = re.fullmatch(rf"([-+]?)\s*{AMOUNT}([eE][-+]?\d+)?\s*(%|‰|bps?)?", text)
    if match is None:
        raise Unreadable(f"{value!r} is not a number")
    plain = Decimal(match[1] + match["amount"].replace(",", "") + (match[3] or ""))
    return plain.scaleb({None: 0, "%": -2, "‰": -3, "bp": -4, "bps": -4}[match[4]])


def figure_of(one: Mapping[str, Any], *names: str) -> Decimal:
    """The number of a record under the first of these names that is there."""
    found = next((one[name] for name in names if name in one), None)
    if found is None:
        raise Unreadable(f"{dict(one)} has no {' or '.join(names)}")
    return number(found)


def fraction(value: Any) -> Fraction:
    """An exact fraction, e.g. ``28/30`` or ``365/255``."""
    text = str(value).strip()
    if re.fullmatch(r"\d+\s*/\s*\d+", text):
        return Fraction(text.replace(" ", ""))
    return Fraction(number(text))


def whole(value: Any) -> int:
    """A whole number, in figures or words up to twelve."""
    text = str(value).strip().lower()
    found = Decimal(COUNTS[text]) if text in COUNTS else number(text)
    if found != found.to_integral_value():
        raise Unreadable(f"{value!r} is not a whole number")
    return int(found)


def first_amount(value: Any) -> Decimal:
    """The first number of a text that is not a percentage, e.g. 4000.00 of ``4000.00 (2%) at conclusion``."""
    match = re.search(rf"{AMOUNT}(?!\s*%)(?![\d.,]*\s*%)\s*(?P<scale>{'|'.join(SCALES)})?(?![a-z])", str(value).lower())
    if match is None:
        raise Unreadable(f"no amount in {value!r}")
    return Decimal(match["amount"].replace(",", "")).scaleb(SCALES.get(match["scale"], 0))


def percentage(value: Any) -> Decimal:
    """The first percentage of a text as a fraction of one; without a percent sign the number below 1 is one already."""
    text = str(value)
    match = re.search(rf"({NUMBER})\s*%", text)
    if match:
        return Decimal(match[1].replace(",", "")).scaleb(-2)
    plain = first_amount(text)
    return plain if plain < 1 else plain.scaleb(-2)


def annual_percentage(value: Any) -> Decimal:
    """A rate a year: a percentage, or ``rate per month`` times 12 where the text says so."""
    text = str(value).lower()
    rate = percentage(text)
    if re.search(r"per month|a month|monthly|p\.?m\b|/\s*month|月", text):
        return rate * 12
    return rate


_FORMS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%d-%b-%Y", "%d %B %Y", "%B %d, %Y", "%b %d, %Y", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y"),
    *("%d-%b-%y", "%d %b %Y", "%Y%m%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"),
)


def day(value: Any) -> date:
    """A date in ISO form, or day-month-year and month/day/year as spreadsheets print it (day first where it can only be)."""
    text = str(value).strip()
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 — a date has no zone
        except ValueError:
            continue
    raise Unreadable(f"{value!r} is not a date")


def per_year(value: Any) -> int:
    """Periods a year of a frequency, in words or figures."""
    text = str(value).strip().lower()
    if text in PER_YEAR:
        return PER_YEAR[text]
    match = re.fullmatch(r"every (\w+) (month|week|day)s?", text)
    if match:
        return {"month": 12, "week": 52, "day": 365}[match[2]] // whole(match[1])
    return whole(text)


def months(value: Any) -> int:
    """A term in months: ``360``, ``30 years``, ``5y 6m``."""
    text = str(value).strip().lower()
    if re.fullmatch(r"\d+", text):
        return int(text)
    parts = re.findall(r"(\d+(?:\.\d+)?|\w+)\s*-?\s*(years?|yrs?|y|年|months?|mths?|m|个月|期|quarters?)\b", text)
    if not parts:
        raise Unreadable(f"{value!r} is not a term")
    total = sum(
        (Decimal(whole(n)) if not n[0].isdigit() else Decimal(n))
        * (12 if unit[0] in "y年" else 3 if unit[0] == "q" else 1)
        for n, unit in parts
    )
    return int(total)


@dataclass
class Text:
    """Words that mappings take away as they understand them; what is left at the end was not understood."""

    left: str
    taken: list[str] = field(default_factory=list)

    def take(self, pattern: str) -> re.Match[str] | None:
        """The first place that fits, taken out of the text."""
        match = re.search(pattern, self.left, re.IGNORECASE)
        if match:
            self.taken.append(match[0])
            self.left = f"{self.left[: match.start()]} ; {self.left[match.end() :]}"
        return match

    def all(self, pattern: str) -> list[re.Match[str]]:
        """Every place that fits, in order."""
        found = []
        while match := self.take(pattern):
            found.append(match)
        return found

    def done(self, passed_over: Sequence[str] = ()) -> None:
        """Raise :class:`Unreadable` unless only punctuation and ``passed_over`` words are left."""
        rest = self.left
        for words in (*passed_over, "and", "then", "with", "the", "of", "at", "on", "for", "a", "is", "in", "by", "to"):
            rest = re.sub(rf"(?<!\w){words}(?!\w)", " ", rest, flags=re.IGNORECASE)
        if re.search(r"\w", rest):
            raise Unreadable(f"not understood: {' '.join(re.sub(r'[;,.()]', ' ', rest).split())!r}")


class Inputs:
    """The inputs of a case; a key that nobody asked for is an input that was not understood."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {key.lower(): plain(value) for key, value in values.items()}
        self._read: set[str] = set()

    def __contains__(self, name: str) -> bool:
        """Whether an input of this name is there; it does not count as asked for."""
        return name in self._values

    def get(self, *names: str) -> Any:
        """The value under the first of these names that is there, else ``None``."""
        for name in names:
            if name in self._values:
                self._read.add(name)
                return self._values[name]
        return None

    def need(self, *names: str) -> Any:
        """The same; raises :class:`Unreadable` when none is there."""
        value = self.get(*names)
        if value is None:
            raise Unreadable(f"no input {' or '.join(names)}: there are {', '.join(self._values)}")
        return value

    def read(self, reader: Callable[[Any], Any], *names: str, otherwise: Any = None) -> Any:
        """The value read by ``reader``, or ``otherwise`` when there is none."""
        value = self.get(*names)
        return otherwise if value is None else reader(value)

    def peek(self, name: str) -> Any:
        """The value of an input that does not count as asked for yet."""
        return self._values.get(name)

    def add(self, name: str, value: str) -> None:
        """A value that was found within the words of another input."""
        self._values.setdefault(name, value)

    def consume(self, *names: str) -> None:
        """Take inputs away that were read as something else than their names say elsewhere."""
        for name in names:
            self._values.pop(name, None)

    def rest(self) -> dict[str, Any]:
        """What nobody asked for so far, now asked for."""
        left = {key: value for key, value in self._values.items() if key not in self._read}
        self._read.update(left)
        return left

    def done(self) -> None:
        """Raise :class:`Unreadable` when an input was not asked for."""
        left = [key for key in self._values if key not in self._read]
        if left:
            raise Unreadable(f"inputs not understood: {', '.join(left)}")

"""Group day-count: the convention's name in words, and whether the source counts days or years."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from services.servicing.domain.calendar import business_252, day_count
from services.servicing.domain.calendar.day_count import DayCount, Months, canadian, fixed_year, icma
from tests.cases.published.figures import Answer, Value, named
from tests.cases.published.words import Inputs, Unreadable, day, first_amount, per_year, percentage

SPREADSHEET_CODES = {
    "0": day_count.THIRTY_360_US,
    "1": day_count.ACT_ACT_SPREADSHEET,
    "2": day_count.ACT_360,
    "3": day_count.ACT_365F,
    "4": day_count.THIRTY_E_360,
}
FROM = ("from", "start", "d1", "start_date", "date1", "first", "date_1", "begin")
TO = ("to", "end", "d2", "end_date", "date2", "second", "date_2", "until")
BASIS = ("basis", "day_count", "convention", "dcc", "daycount", "day_count_convention", "day_counter")
"""Basis of the spreadsheets' YEARFRAC."""


def answers(inputs: Inputs, case: Mapping[str, Any]) -> Answer:
    """Days and the fraction of a year; of several pairs of dates a list of each."""
    pairs = inputs.get("pairs", "dates", "periods")
    bases = inputs.get("bases", "conventions")
    if pairs is None and bases is None:
        return _one(inputs, case)
    beside = inputs.rest()
    if pairs is not None and not isinstance(pairs[0], list):
        pairs = [list(pair) for pair in pairwise(pairs)]
    several = [{"from": start, "to": end, **beside} for start, end in pairs or ()]
    several = several or [{**beside, "basis": basis} for basis in bases]
    found = [_one(Inputs(one), case) for one in several]

    def listed(name: str, expected: Any) -> Value | None:
        known = {"fractions": "fraction", "year_fractions": "year_fraction"}
        values = [answer(known.get(name, name), "0") for answer in found]
        if len(values) == 1 and not isinstance(expected, list):
            return values[0]
        return [value for value in values if isinstance(value, Decimal)] or None

    return listed


def _one(inputs: Inputs, case: Mapping[str, Any]) -> Answer:
    start, end = (day(inputs.need(*names)) for names in (FROM, TO))
    stated = inputs.get(*BASIS)
    name = str(_by_words(case) if stated is None else stated).strip()
    inputs.get("sheet", "function")
    reference = _reference(inputs)
    maturity = _maturity(inputs, end) or next(iter(map(day, re.findall(r"\d{4}-\d{2}-\d{2}", name))), None)
    frequency = inputs.read(per_year, "frequency", "per_year", "coupons_per_year")
    if re.search(r"\b(icma|isma|bond)\b", name, re.IGNORECASE) and re.match(r"act", name, re.IGNORECASE):
        years, days = icma(start, end, reference or (start, end), frequency), (end - start).days
    elif "canadian" in name.lower():
        if frequency is None:
            raise Unreadable("the Canadian rule needs the payments a year")
        years, days = canadian(start, end, reference or (start, end), frequency), (end - start).days
    else:
        basis = named_basis(name, f"{case.get('convention', '')} {case.get('source', {}).get('title', '')}", frequency)
        years, days = basis.fraction(start, end, maturity), basis.days(start, end, maturity)
    fraction = Decimal(years.numerator) / years.denominator
    principal = inputs.read(first_amount, "principal", "amount", "notional", "nominal")
    rate = inputs.read(percentage, "rate", "interest_rate", "annual_rate", "coupon")
    figures: dict[str, Value] = {}
    if principal is not None and rate is not None:
        figures = dict.fromkeys(("interest", "accrued", "accrued_interest"), principal * rate * fraction)
    return named(
        {
            **figures,
            "fraction": fraction,
            "year_fraction": fraction,
            "yearfrac": fraction,
            "years": fraction,
            "days": Decimal(days),
            "day_count": Decimal(days),
        }
    )


def _by_words(case: Mapping[str, Any]) -> str:
    """The convention that the source's own words name, where the inputs have none."""
    names = r"(?:30[A-Z]*|act(?:ual)?|nl|bus(?:iness)?)\s*/\s*[\w.]+(?:\s*\([^)]*\))?"
    found = re.match(rf"\s*({names})", str(case.get("convention", "")), re.IGNORECASE)
    if found is None:
        raise Unreadable("no day count in the inputs or in the convention")
    return found[1]


def _reference(inputs: Inputs) -> tuple[date, date] | None:
    whole = inputs.get("reference", "reference_period", "ref")
    if isinstance(whole, list):
        return day(whole[0]), day(whole[1])
    if whole is not None:
        days = re.findall(r"\d{4}-\d{2}-\d{2}", str(whole))
        return day(days[0]), day(days[1])
    start = inputs.read(day, "ref_from", "ref_start", "reference_from", "reference_start")
    end = inputs.read(day, "ref_to", "ref_end", "reference_to", "reference_end")
    return None if start is None or end is None else (start, end)


def _maturity(inputs: Inputs, end: date) -> date | None:
    """The maturity as a date, or as a flag that the later date is it."""
    stated = inputs.get(
        "maturity", "termination", "termination_date", "maturity_date", "end_is_maturity", "is_maturity"
    )
    if stated is None or str(stated).lower() in ("false", "no", "0", "none"):
        return None
    return end if str(stated).lower() in ("true", "yes", "1") else day(stated)


def named_basis(name: str, about: str = "", per: int | None = None) -> DayCount:
    """The convention by its name; where the name alone is open, ``about`` (the source's own words) decides."""
    text = (
        re.sub(r"[\s_\-]", "", name.lower())
        .replace("exact", "actual")
        .replace("实际天数", "actual")
        .replace("实际", "actual")
    )
    text = re.sub(r"^thirty\(?(?:e)?(?=360)", "30/", text.replace("thirtye360", "30e/360")).replace(
        "30/e360", "30e/360"
    )
    text = re.sub(r"^30360", "30/360", re.sub(r"^(actual|act)\.?(actual|act|36\d)", r"\1/\2", text))
    if name in SPREADSHEET_CODES:
        return SPREADSHEET_CODES[name]
    if re.match(r"(actual|act)/(actual|act)", text):
        return _actual(text, about.lower())
    if re.match(r"(actual|act|a)/365(\(?no-?leap\)?|nl)|nl/?365", text):
        return day_count.ACT_365_NO_LEAP
    if re.match(r"nl/?360", text):
        return day_count.ACT_360_NO_LEAP
    if re.match(r"(actual|act|a)/365\(?l\b|(isma)?(year)?leap", text):
        return day_count.ACT_365_LEAP_ANNUAL if per == 1 else day_count.ACT_365_LEAP
    if re.match(r"30e\+/360", text):
        return day_count.THIRTY_E_PLUS_360
    if re.match(r"simple", text):
        return day_count.WHOLE_MONTHS
    if re.match(r"1/1$|one", text):
        return day_count.ONE_YEAR
    if re.match(r"a/a$", text):
        return _actual("act/act", about.lower())
    if re.match(r"30/360\(?ital", text):
        return day_count.THIRTY_360_ITALIAN
    if re.match(r"(bus|business)/?252", text):
        return DayCount("BUS/252", lambda a, b, _: business_252.days(a, b), lambda a, b, _: business_252.fraction(a, b))
    fixed = re.match(r"(?:actual|act|a)/?(\d+(?:\.\d+)?)", text)
    if fixed:
        days = Fraction(fixed[1])
        return day_count.ACT_365F if days == 365 else fixed_year(days if days.denominator > 1 else int(days))
    if re.match(r"30e/360isda|30e/360\(isda\)|30/360\(?(german|isda)|30e/360\(?german|german", text):
        return day_count.THIRTY_E_360_ISDA
    if re.match(r"30e/360|30/360e|30s/360|30/360\(?(euro|icma)|eurobond|european", text):
        return day_count.THIRTY_E_360
    if re.match(r"30[ue]?/365", text):
        return fixed_year(365, Months.THIRTY)
    if re.match(r"365/(365|360)$", text):
        return day_count.ACT_365F if text.endswith("365") else day_count.ACT_360
    if re.match(r"30u?/360|360/360|bond|us|nasd|days360|bma|psa|sia|ordinary", text):
        return _thirty(text, about.lower())
    raise Unreadable(f"day count {name!r} is not known")


def _actual(text: str, about: str) -> DayCount:
    for words, basis in (
        ("isda", day_count.ACT_ACT_ISDA),
        ("afb", day_count.ACT_ACT_AFB),
        ("euro", day_count.ACT_ACT_AFB),
    ):
        if words in text:
            return basis
    return (
        day_count.ACT_ACT_SPREADSHEET
        if re.search("yearfrac|excel|spreadsheet|numbers", about)
        else day_count.ACT_ACT_ISDA
    )


def _thirty(text: str, about: str) -> DayCount:
    """30/360 is the US rule with its February; "bond basis" is the one without."""
    if re.search("nasd|isma", text) and "us" not in text and "quantlib" in about:
        return day_count.THIRTY_360_BOND
    plain = "bond" in text or ("bond basis" in about and not re.search("us|nasd", text))
    return day_count.THIRTY_360_BOND if plain else day_count.THIRTY_360_US

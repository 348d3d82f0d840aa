"""Charges of an agreement in words: at conclusion, with each payment, at the end, financed, or as a share of what is owed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.cases.published.words import ADVERBS, AMOUNT, NUMBER, Text, Unreadable, number

if TYPE_CHECKING:
    from tests.cases.published.agreements import Agreement

UNITS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12, "annum": 12}
MONEY = rf"{AMOUNT}(?!\s*%)(?![\d.,]*\s*%)"
PERCENT = rf"(?P<percent>{NUMBER})\s*%"
PER = r"(?:with )?(?:per|a|an|each|every|/)\s*(?P<unit>month|quarter|half-year|year|instalment|payment|annum)"
ADVERB = r"(?P<adverb>monthly|quarterly|half-yearly|annually|annual|yearly)"
CHARGE = (
    r"(?:costs?|fees?|premiums?|charges?|commission|insurance|account|maintenance|contribution|plan|card|ppi|administration"
    r"|postal|postage|vehicle|mandatory)"
)
NOUNS = r"(?:valuation|appraisal|notary|(?<!de)registration|tax|stamp duty|opening|broker|arrangement|legal)"
"""What is paid once by its name."""
ADVANCE = (
    r"(?P<advance>,? ?(?:paid |payable )?(?:in advance|,? ?first at (?:the )?conclusion"
    r"|(?:at|on) (?:the )?(?:beginning|start)(?: of (?:the|each|every) (?:month|quarter|year|period))?))?"
)
WORDS = r"(?:[a-z-]+ ){0,4}"
OWED = r"(?:balance|principal|capital|credit|loan|amount|debt)"
BASE = rf"(?:of|on) (?:the )?(?P<base>initial |original |outstanding |remaining |total )?(?:{OWED}(?: outstanding)?|outstanding\b)"
SPAN = (
    r"(?:,? (?:(?:for|during|over) (?:the )?(?:first |next )?|(?:the )?first )(?P<span>\d+) (?P<of>month|quarter|year)s?)?"
    r"(?:,? (?:from|as of|starting in) month (?P<since>\d+)(?: (?:to|until) (?:month )?(?P<until>\d+))?)?"
)
ONCE = (
    *(
        "first",
        "conclusion",
        "paid",
        "upfront",
        "up-front",
        "once",
        "agreement",
        "costs?",
        "fees?",
        "deducted",
        "valuation",
        "notary",
        "none",
        "no",
    ),
    *(
        "appraisal",
        "registration",
        "tax",
        "taxes",
        "commission",
        "opening",
        "administration",
        "arrangement",
        "drawdown",
        "plus",
        "total",
    ),
)


@dataclass(frozen=True, slots=True)
class Recurring:
    """A charge every so many months: an amount, or a share of the balance or of the credit, in advance or after the months."""

    every: int
    amount: Decimal = Decimal(0)
    share: Decimal = Decimal(0)
    of_balance: bool = False
    advance: bool = False
    first: int = 1
    """First and last month that it is charged for."""
    last: int | None = None

    def due(self, month: int, end: int) -> bool:
        """Whether it is paid at the end of a month of an agreement that ends after ``end`` months."""
        if month % self.every:
            return False
        charged = month + self.every if self.advance else month
        return charged - self.every + 1 >= self.first and charged <= min(self.last or end, end)


def at_conclusion(agreement: Agreement, stated: Any) -> None:
    """Charges at once: amounts add up; a percentage beside an amount is the same one said twice."""
    if stated is None:
        return
    text = Text(str(stated).lower())
    said = text.all(rf"{MONEY}(?:\s*\(\s*{PERCENT}[^)]*\))?")
    alone = [] if said else text.all(rf"{PERCENT}(?:\s*{BASE})?")
    amounts = [number(match["amount"]) for match in said] + [
        agreement.credit * number(one["percent"] + "%") for one in alone
    ]
    text.done((*ONCE, r"\+"))
    if not amounts and "no" not in str(stated).lower():
        raise Unreadable(f"no upfront cost in {stated!r}")
    agreement.costs += [(0, amount) for amount in amounts]


def regular(agreement: Agreement, text: Text) -> None:
    """Every charge in the words, taken out of them; what the source ignores (payment holidays, caps on the rate) goes too."""
    text.take(r"(?:\d+ months? )?payment holidays?[^;]*|^\s*(?:no (?:other )?(?:costs?|fees?|charges?)|none)\s*$")
    text.all(rf"(?:rate )?(?:cap|collar|floor)(?: rate)?(?: of| at)? {PERCENT}(?:\s*(?:-|to)\s*{NUMBER}\s*%)?")
    text.left = re.sub(r"(?<=[a-z]):(?=\s)|,? ?not financed", "", text.left)
    text.left = re.sub(r"\(((?:paid |payable )?in advance)\)", r"\1", text.left).replace(" = ", " ")
    text.left = re.sub(r"(?<=\d) (?:\+|plus) (?=[a-z])", ", ", text.left)
    text.left = re.sub(
        r",? ?(?:paid |due )?at (?:the )?end of (?:each|every|the) (?:year|quarter|month|period)\b", "", text.left
    )
    _drawn(agreement, text)
    _financed(agreement, text)
    _once(agreement, text)
    _shares(agreement, text)
    _with_payments(agreement, text)


def _money(agreement: Agreement, amount: str | None, percent: str | None) -> Decimal:
    return number(amount) if amount else agreement.credit * number(f"{percent}%")


def _financed(agreement: Agreement, text: Text) -> None:
    for match in text.all(
        rf"(?:single[- ]premium )?{WORDS}(?:insurance|premium|fee|cost)(?: premium)?(?: of)? (?:{PERCENT}|{MONEY})(?: {BASE})?,? "
        rf"(?:financed|capitalised|added to (?:the )?(?:credit|loan))(?:\s*\(owed {NUMBER}\))?"
    ):
        agreement.financed += _money(agreement, match["amount"], match["percent"])


def _drawn(agreement: Agreement, text: Text) -> None:
    """A share of each drawdown, kept or paid when it is drawn."""
    for match in text.all(rf"(?:{WORDS}{CHARGE} )?{PERCENT}\s*(?:of|on) each drawdown"):
        share = number(match["percent"] + "%")
        drawn = {0: agreement.credit, **agreement.drawdowns}
        agreement.costs += [(period, amount * share) for period, amount in drawn.items()]


def _once(agreement: Agreement, text: Text) -> None:
    begin = r"(?:at (?:the )?conclusion|upfront|at the start|once|at signature)"
    for match in text.all(
        rf"{NOUNS}(?: {CHARGE})?(?: of)? (?:{PERCENT}|{MONEY})(?: {BASE})?(?: (?:paid )?{begin})?(?=\s*(?:[,;)]|and\b|$))"
    ):
        agreement.costs.append((0, _money(agreement, match["amount"], match["percent"])))
    last = r"(?:last|final) (?:instalment|payment)|end|maturity|redemption"
    for match in text.all(
        rf"(?:exit|closing|final|release|deregistration|cancellation|redemption)(?: (?:cost|fee|charge)s?)?(?: of)? "
        rf"(?:{PERCENT}|{MONEY})(?: {BASE})?(?:,? ?(?:paid|due|payable))?(?: (?:with|at|on))?(?: the)?(?: (?:{last}))?"
    ):
        agreement.costs.append((-1, _money(agreement, match["amount"], match["percent"])))
    for match in text.all(
        rf"{WORDS}{CHARGE}(?: of)? (?:{PERCENT}|{MONEY})(?: {BASE})? (?:paid )?(?:with|at|on) (?:the )?(?:{last})"
    ):
        agreement.costs.append((-1, _money(agreement, match["amount"], match["percent"])))
    for match in text.all(
        rf"{WORDS}{CHARGE}(?: of)? (?:{PERCENT}|{MONEY})(?: {BASE})? (?:paid )?(?:at conclusion|upfront|at the start(?! of)|once)"
    ):
        agreement.costs.append((0, _money(agreement, match["amount"], match["percent"])))
    for match in text.all(
        rf"{WORDS}{CHARGE}(?: of)? {MONEY} (?:paid )?(?:at|in|after) (?:month )?(?P<at>\d+)(?: months?)?"
    ):
        agreement.costs.append((int(match["at"]), number(match["amount"])))


def _shares(agreement: Agreement, text: Text) -> None:
    later = PER.replace("<unit>", "<later>")
    paid = r"(?:,? (?:paid|payable|charged) (?P<paid>monthly|quarterly|half-yearly|annually|yearly|(?:each|every|per) month))?"
    patterns = (
        rf"{WORDS}{PERCENT}\s*{PER} {BASE}{paid}{ADVANCE}{SPAN}",
        rf"{WORDS}{PERCENT}\s*{BASE},?\s*{later}{paid}{ADVANCE}{SPAN}",
        rf"{WORDS}{PERCENT}\s*{BASE},?\s*{ADVERB}{ADVANCE}{SPAN}",
        rf"{WORDS}{PERCENT}\s*{ADVERB} {BASE}{ADVANCE}{SPAN}",
        rf"(?:{WORDS}){ADVERB} {WORDS}{PERCENT}\s*{BASE}{ADVANCE}{SPAN}",
    )
    for match in (match for pattern in patterns for match in text.all(pattern)):
        found = match.groupdict()
        unit = found.get("unit") or found.get("later")
        every = _every(agreement, unit) if unit else ADVERBS[found["adverb"]]
        share = number(found["percent"] + "%")
        if found.get("paid"):
            parts = every // ADVERBS.get(found["paid"], 1)
            every, share = every // parts, share / parts
        of_balance = (found["base"] or "").strip() not in ("initial", "original", "total")
        one = Recurring(every, share=share, of_balance=of_balance, advance=bool(found["advance"]))
        agreement.regular.append(_spanned(one, match))


def _with_payments(agreement: Agreement, text: Text) -> None:
    charge = rf"(?:{WORDS}{CHARGE})"
    several = rf"(?:(?:{NOUNS}|{charge})(?: of)?,? )?{MONEY} every (?P<times>\d+) (?P<unit>month|year)s{ADVANCE}{SPAN}"
    for match in text.all(several):
        every = int(match["times"]) * UNITS[match["unit"]]
        one = Recurring(every, number(match["amount"]), advance=bool(match["advance"]))
        agreement.regular.append(_spanned(one, match))
    patterns = (
        rf"{MONEY}\s*{PER} {charge}{ADVANCE}{SPAN}",
        rf"(?:{charge}(?: of)?,? )?{MONEY}\s*{PER}{ADVANCE}{SPAN}(?: {charge})?",
        rf"{ADVERB} {charge}(?: of)? {MONEY}(?: {charge})?{ADVANCE}{SPAN}",
        rf"{charge}(?: of)?,? {MONEY} {ADVERB}(?: {charge})?{ADVANCE}{SPAN}",
    )
    for match in (match for pattern in patterns for match in text.all(pattern)):
        found = match.groupdict()
        every = _every(agreement, found["unit"]) if found.get("unit") else ADVERBS[found["adverb"]]
        agreement.regular.append(
            _spanned(Recurring(every, number(match["amount"]), advance=bool(match["advance"])), match)
        )
    text.take(r",? ?(?:and )?(?:the )?capital at (?:the )?end")
    for match in text.all(rf"{WORDS}(?:fee|cost|charge)s?(?: of)? {MONEY}(?=\s*(?:[,;)]|$))"):
        agreement.costs.append((0, number(match["amount"])))


def _every(agreement: Agreement, unit: str) -> int:
    """Months of a charge's unit; with each instalment it is as often as those are."""
    return UNITS.get(unit, agreement.every)


def _spanned(one: Recurring, match: re.Match[str]) -> Recurring:
    """The charge with the months that it is said to be due for."""
    months = int(match["span"]) * UNITS[match["of"]] if match["span"] else None
    first = int(match["since"] or 1)
    last = int(match["until"]) if match["until"] else None if months is None else first + months - 1
    return replace(one, first=first, last=last)

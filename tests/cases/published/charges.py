"""Charges of an agreement in words: at conclusion, with each payment, at the end, financed, or as a share of what is owed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.cases.published.words import ADVERBS, AMOUNT, NUMBER, Text, Unreadable, number

if TYPE_CHECKING:
    from tests.cases.published.agreements import Agreement

UNITS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12, "annum": 12}
MONEY = rf"{AMOUNT}(?!\s*%)(?![\d.,]*\s*%)"
PERCENT = rf"(?P<percent>{NUMBER})\s*%"
PER = r"(?:per|a|an|each|every|/)\s*(?P<unit>month|quarter|half-year|year|instalment|payment|annum)"
ADVERB = r"(?P<adverb>monthly|quarterly|half-yearly|annually|annual|yearly)"
CHARGE = r"(?:costs?|fees?|premiums?|charges?|commission|insurance|account|maintenance|contribution|plan|card)"
ADVANCE = (
    r"(?P<advance>,? ?(?:paid )?in advance|,? ?at the (?:beginning|start)(?: of (?:the|each) (?:month|year|period))?)?"
)
WORDS = r"(?:[a-z-]+ ){0,4}"
OWED = r"(?:balance|principal|capital|credit|loan|amount|debt)"
BASE = rf"(?:of|on) (?:the )?(?P<base>initial |original |outstanding |remaining |total )?{OWED}(?: outstanding)?"
ONCE = (
    *(
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
    text.take(r"(?:\d+ months? )?payment holidays?[^;]*|^\s*(?:no costs?|no other costs?|none)\s*$")
    text.all(rf"(?:rate )?(?:cap|collar|floor)(?: rate)?(?: of| at)? {PERCENT}")
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


def _once(agreement: Agreement, text: Text) -> None:
    last = r"(?:last|final) (?:instalment|payment)|end|maturity|redemption"
    for match in text.all(
        rf"(?:exit|closing|final|release|deregistration|cancellation|redemption) (?:cost|fee|charge)s?(?: of)? "
        rf"(?:{PERCENT}|{MONEY})(?: {BASE})?(?:,? ?(?:paid|due|payable))?(?: (?:with|at|on))?(?: the)?(?: (?:{last}))?"
    ):
        agreement.costs.append((-1, _money(agreement, match["amount"], match["percent"])))
    for match in text.all(
        rf"{WORDS}{CHARGE}(?: of)? (?:{PERCENT}|{MONEY})(?: {BASE})? (?:paid )?(?:with|at|on) (?:the )?(?:{last})"
    ):
        agreement.costs.append((-1, _money(agreement, match["amount"], match["percent"])))
    for match in text.all(
        rf"{WORDS}{CHARGE}(?: of)? (?:{PERCENT}|{MONEY})(?: {BASE})? (?:paid )?(?:at conclusion|upfront|at the start|once)"
    ):
        agreement.costs.append((0, _money(agreement, match["amount"], match["percent"])))
    for match in text.all(
        rf"{WORDS}{CHARGE}(?: of)? {MONEY} (?:paid )?(?:at|in|after) (?:month )?(?P<at>\d+)(?: months?)?"
    ):
        agreement.costs.append((int(match["at"]), number(match["amount"])))


def _shares(agreement: Agreement, text: Text) -> None:
    later = PER.replace("<unit>", "<later>")
    patterns = (
        rf"{WORDS}{PERCENT}\s*{PER} {BASE}{ADVANCE}",
        rf"{WORDS}{PERCENT}\s*{BASE},?\s*{later}{ADVANCE}",
        rf"{WORDS}{PERCENT}\s*{BASE},?\s*{ADVERB}{ADVANCE}",
        rf"(?:{WORDS}){ADVERB} {WORDS}{PERCENT}\s*{BASE}{ADVANCE}",
    )
    for match in (match for pattern in patterns for match in text.all(pattern)):
        found = match.groupdict()
        unit = found.get("unit") or found.get("later")
        every = UNITS.get(unit, 1) if unit else ADVERBS[found["adverb"]]
        of_balance = (found["base"] or "").strip() not in ("initial", "original", "total")
        agreement.shares.append((every, number(found["percent"] + "%"), of_balance, bool(found["advance"])))


def _with_payments(agreement: Agreement, text: Text) -> None:
    since = r"(?: from month 1)?"
    for match in text.all(rf"(?:{WORDS}{CHARGE}(?: of)?,? )?{MONEY}\s*{PER}{ADVANCE}{since}(?: {WORDS}{CHARGE})?"):
        agreement.regular.append((UNITS.get(match["unit"], 1), number(match["amount"]), bool(match["advance"])))
    for match in text.all(rf"{ADVERB} {WORDS}{CHARGE}(?: of)? {MONEY}{ADVANCE}"):
        agreement.regular.append((ADVERBS[match["adverb"]], number(match["amount"]), bool(match["advance"])))
    for match in text.all(rf"{WORDS}{CHARGE}(?: of)?,? {MONEY} {ADVERB}{ADVANCE}"):
        agreement.regular.append((ADVERBS[match["adverb"]], number(match["amount"]), bool(match["advance"])))
    for match in text.all(rf"{WORDS}(?:fee|cost|charge)s?(?: of)? {MONEY}(?=\s*(?:[,;)]|$))"):
        agreement.costs.append((0, number(match["amount"])))

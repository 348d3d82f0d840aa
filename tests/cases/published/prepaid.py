"""Groups prepayment-full and prepayment-partial: rebates on early settlement, and what a lump sum changes."""

import re
from collections.abc import Mapping
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from services.servicing.domain.cost import annuity
from services.servicing.domain.cost.prepayment import Keep, Prepaid, partial, recurring
from services.servicing.domain.cost.rebate import rule_of_78, uk_settlement
from services.servicing.domain.cost.roots import PRECISION
from tests.cases.published.figures import Answer, Value, first_of, named
from tests.cases.published.schedules import PRINCIPAL, periods_of, rate_of
from tests.cases.published.series import amounts, series
from tests.cases.published.words import (
    ADVERBS,
    AMOUNT,
    Inputs,
    Text,
    Unreadable,
    first_amount,
    fraction,
    number,
    percentage,
    whole,
)

ZERO = Decimal(0)


def full(inputs: Inputs, case: Mapping[str, Any]) -> Answer:
    """Settlement in full: the UK regulations where an APR is given, the rule of 78 where a charge is, else what is owed."""
    if inputs.get("apr") is not None:
        return _uk(inputs)
    about = f"{case.get('convention', '')} {inputs.get('method') or ''}".lower()
    if "78" in about or "sum of digits" in about or "sum of the digits" in about:
        return _digits(inputs)
    return _payoff(inputs)


def _uk(inputs: Inputs) -> Answer:
    words = inputs.need("instalments", "payments")
    due = amounts(words)
    per_year = 12
    if not isinstance(words, list):
        unit, length = series(words)[0].step or ("month", 1)
        per_year = {"month": 12, "week": 52}[unit] // length
    paid = whole(inputs.need("instalments_paid", "paid", "payments_made"))
    credit = first_amount(inputs.need("credit", *PRINCIPAL))
    found = uk_settlement(credit, due, paid, _apr(inputs), _part(inputs), per_year)
    remaining = sum(due[paid:], ZERO)
    figures: dict[str, Value] = {
        "rebate": found.rebate,
        "settlement": found.amount,
        "settlement_amount": found.amount,
        "settlement_figure": found.amount,
        "remaining": remaining,
        "remaining_instalments": remaining,
        "total_charge": sum(due, ZERO) - credit,
        "charge_for_credit": sum(due, ZERO) - credit,
    }
    return named(figures)


def _apr(inputs: Inputs) -> Decimal:
    return percentage(inputs.need("apr"))


def _part(inputs: Inputs) -> Fraction:
    """The part of a period since the last instalment: ``28/30 month after the last paid instalment``, days, or none."""
    stated = inputs.get("part_period", "part", "days_after", "fraction")
    if stated is None:
        return Fraction(0)
    match = re.search(r"(\d+\s*/\s*\d+|\d*\.?\d+)\s*(days?|weeks?|months?)?", str(stated))
    if match is None:
        raise Unreadable(f"part of a period {stated!r}")
    part = fraction(match[1])
    return part / 30 if (match[2] or "").startswith("day") else part


def _digits(inputs: Inputs) -> Answer:
    periods = whole(inputs.need("periods", "months", "n", "term", "instalments"))
    paid = inputs.read(whole, "instalments_paid", "paid", "payments_made", "after")
    remaining = inputs.read(whole, "remaining", "remaining_months", otherwise=None if paid is None else periods - paid)
    if remaining is None:
        raise Unreadable("neither paid nor remaining instalments")
    charge = first_amount(inputs.need("charge", "total_interest", "interest", "finance_charge", "total_charge"))
    rebate = rule_of_78(charge, periods, remaining)
    return named(
        {"rebate": rebate, "unearned_interest": rebate, "earned": charge - rebate, "interest_earned": charge - rebate}
    )


def _payoff(inputs: Inputs) -> Answer:
    """What is owed after some instalments, with a fee on it where there is one, and the interest saved."""
    owed, periodic, periods = _loan(inputs)
    text = inputs.need("after", "instalments_paid", "paid", "paid_months", "settle_after", "payoff_after")
    after = whole(re.sub(r"\D", "", str(text)) or text)
    level = annuity.instalment(owed, periodic, periods)
    left = annuity.balance(owed, periodic, level, after)
    fee = _fee(inputs, left)
    saved = level * (periods - after) - left
    return named(
        {
            "balance": left,
            "outstanding": left,
            "payoff": left + fee,
            "settlement_amount": left + fee,
            "fee": fee,
            "interest_saved": saved,
            "saved": saved,
            "instalment": level,
            "monthly_payment": level,
            "interest_paid": level * after - (owed - left),
        }
    )


def _fee(inputs: Inputs, base: Decimal) -> Decimal:
    stated = inputs.get("fee", "penalty", "prepayment_fee", "prepayment_penalty")
    if stated is None:
        return ZERO
    return base * percentage(stated) if "%" in str(stated) else first_amount(stated)


def _loan(inputs: Inputs) -> tuple[Decimal, Decimal, int]:
    owed = first_amount(inputs.need(*PRINCIPAL))
    stated = inputs.get("rate", "annual_rate", "interest_rate", "nominal_rate")
    with localcontext(PRECISION):
        periodic = percentage(stated) / 12 if stated is not None and "/" not in str(stated) else rate_of(inputs, 12)
    periods = periods_of(inputs, 12)
    if periodic is None or periods is None:
        raise Unreadable("a loan needs rate and term")
    return owed, periodic, int(periods)


OPTION = {
    "keep instalment": Keep.INSTALMENT,
    "same instalment": Keep.INSTALMENT,
    "keep emi": Keep.INSTALMENT,
    "shorten": Keep.INSTALMENT,
    "shorter": Keep.INSTALMENT,
    "reduce term": Keep.INSTALMENT,
    "reduce tenure": Keep.INSTALMENT,
    "缩短": Keep.INSTALMENT,
    "keep term": Keep.TERM,
    "same term": Keep.TERM,
    "keep tenure": Keep.TERM,
    "lower instalment": Keep.TERM,
    "lower emi": Keep.TERM,
    "reduce instalment": Keep.TERM,
    "reduce emi": Keep.TERM,
    "smaller instalment": Keep.TERM,
    "减少月供": Keep.TERM,
}


def partially(inputs: Inputs, case: Mapping[str, Any]) -> Answer:
    """A lump sum after an instalment, or something extra with each one."""
    owed, periodic, periods = _loan(inputs)
    option = str(inputs.get("option", "choice", "keep", "mode") or "").lower()
    extra = inputs.get("extra", "extra_payment", "extra_monthly", "additional_monthly", "overpayment")
    if extra is not None:
        words = str(extra)
        first = re.search(r"from (?:month )?(\d+)", words)
        return _answers(
            owed,
            recurring(owed, periodic, periods, first_amount(words), 1, int(first[1]) if first else 1),
            {},
            owed,
        )
    yearly = _recurring(inputs)
    if yearly is not None:
        return _answers(owed, recurring(owed, periodic, periods, *yearly), {}, ZERO)
    lump, after = _lump(inputs)
    both = {keep: partial(owed, periodic, periods, after, lump, keep) for keep in Keep}
    keep = next((kept for words, kept in OPTION.items() if words in option), None)
    if keep is None and option not in ("", "both", "either"):
        raise Unreadable(f"option {option!r}")
    return _answers(owed, both[keep or Keep.INSTALMENT], both, _fee(inputs, lump))


LUMP = ("prepay", "prepayment", "lump_sum", "prepaid", "part_payment", "prepay_amount")


def _recurring(inputs: Inputs) -> tuple[Decimal, int, int | None] | None:
    """(amount, every so many months, first month) of ``50000 every year``."""
    words = str(inputs.get(*LUMP) or "").lower()
    match = re.search(
        r"(?:every|each|per|a) (?:(\d+) )?(month|year|quarter)s?|(annually|yearly|monthly|quarterly)", words
    )
    if match is None:
        return None
    unit = {"month": 1, "quarter": 3, "year": 12}
    every = ADVERBS[match[3]] if match[3] else unit[match[2]] * int(match[1] or 1)
    first = re.search(r"(?:from|starting(?: in)?|after) month (\d+)", words)
    return first_amount(words), every, int(first[1]) if first else None


def _lump(inputs: Inputs) -> tuple[Decimal, int]:
    words = inputs.need(*LUMP)
    text = Text(str(words).lower())
    amount = text.take(AMOUNT)
    unit = r"(?P<unit>months?|years?|instalments?|payments?|emis?)"
    when = text.take(
        rf"(?:right )?(?:after|in|at|with|following)?(?: the)?(?: instalment| payment| emi)?(?: of)? ?{unit} (?P<n>\d+)"
    ) or text.take(rf"(?:after|in|at) (?P<n>\d+)(?:th|st|nd|rd)? ?{unit}")
    text.done(("lump sum", "once", "paid"))
    if amount is None:
        raise Unreadable(f"no amount in {words!r}")
    stated = inputs.get("after", "prepay_month", "after_month", "month", "prepay_after")
    if when is None and stated is None:
        raise Unreadable("no month of the prepayment")
    n = (
        int(when["n"]) * (12 if when["unit"].startswith("year") else 1)
        if when
        else whole(re.sub(r"\D", "", str(stated)))
    )
    return number(amount["amount"]), n


def _answers(owed: Decimal, chosen: Prepaid, both: Mapping[Keep, Prepaid], fee: Decimal) -> Answer:
    figures: dict[str, Value] = {
        "base_interest": chosen.interest_before,
        "interest_before": chosen.interest_before,
        "base_emi": chosen.instalment_before,
        "base_instalment": chosen.instalment_before,
        "emi": chosen.instalment_before,
        "instalment": chosen.instalment_before,
        "monthly_payment": chosen.instalment_before,
        "balance": chosen.balance,
        "balance_after": chosen.balance,
        "fee": fee,
    }
    named_after = {"": chosen, "_reduce_term": both.get(Keep.INSTALMENT), "_reduce_emi": both.get(Keep.TERM)}
    named_after |= {
        "_reduce_instalment": both.get(Keep.TERM),
        "_keep_term": both.get(Keep.TERM),
        "_keep_instalment": both.get(Keep.INSTALMENT),
    }
    if not both:
        named_after = {"": chosen, "_reduce_term": chosen, "_keep_instalment": chosen}
    for suffix, one in named_after.items():
        if one is not None:
            figures |= {
                f"months{suffix}": Decimal(one.periods),
                f"new_months{suffix}": Decimal(one.periods),
                f"saved{suffix}": one.saved,
                f"interest_saved{suffix}": one.saved,
                f"interest{suffix}": one.interest,
                f"interest_after{suffix}": one.interest,
                f"new_emi{suffix}": one.instalment,
                f"new_instalment{suffix}": one.instalment,
                f"emi{suffix}" if suffix else "emi_after": one.instalment,
                f"instalment{suffix}" if suffix else "instalment_after": one.instalment,
                f"last_instalment{suffix}": one.last_instalment,
                f"total_interest{suffix}": one.interest,
            }
    months = {
        f"months_saved{suffix}": Decimal(_term(both, one) - one.periods) for suffix, one in named_after.items() if one
    }
    return first_of(named(figures), named(months))


def _term(both: Mapping[Keep, Prepaid], one: Prepaid) -> int:
    """The term before the prepayment: that of the choice which keeps it."""
    return both[Keep.TERM].periods if both else one.periods

"""Groups prepayment-full and prepayment-partial: rebates on early settlement, and what a lump sum changes."""

import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal, localcontext
from fractions import Fraction
from typing import Any

from services.servicing.domain.cost import annuity
from services.servicing.domain.cost.prepayment import Keep, Prepaid, partial, recurring, repeated, rising
from services.servicing.domain.cost.rebate import rule_of_78, uk_settlement
from services.servicing.domain.cost.roots import PRECISION
from tests.cases.published.figures import Answer, Value, first_of, named
from tests.cases.published.schedules import PRINCIPAL, periods_of, rate_of
from tests.cases.published.series import amounts, series
from tests.cases.published.words import (
    ADVERBS,
    AMOUNT,
    COUNTS,
    NUMBER,
    Inputs,
    Text,
    Unreadable,
    annual_percentage,
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
        "outstanding": found.amount,
        "outstanding_balance": found.amount,
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
    if stated is None or str(stated).strip().lower() in ("none", "nil", "no"):
        return Fraction(0)
    match = re.search(r"(\d+\s*/\s*\d+|\d*\.?\d+)\s*(days?|weeks?|months?)?", str(stated))
    if match is None:
        raise Unreadable(f"part of a period {stated!r}")
    part = fraction(match[1])
    return part / 30 if (match[2] or "").startswith("day") else part


def _digits(inputs: Inputs) -> Answer:
    inputs.get("method")
    paid = inputs.read(
        _count,
        *PAID,
    )
    remaining = inputs.read(_count, "remaining", "remaining_months", "remaining_instalments")
    lent = None if "flat_rate" not in inputs else first_amount(inputs.need(*PRINCIPAL))
    charge, periods = _charge(inputs)
    if remaining is None and paid is None:
        raise Unreadable("neither paid nor remaining instalments")
    left = periods - paid if remaining is None and paid is not None else remaining
    assert left is not None
    rebate = rule_of_78(charge, periods, left)
    figures = dict.fromkeys(("rebate", "unearned_interest", "unearned", "refund"), rebate)
    figures |= dict.fromkeys(("earned", "interest_earned", "earned_interest"), charge - rebate)
    figures |= {"charge": charge, "total_interest": charge, "interest_rebate": rebate}
    owed = inputs.read(first_amount, "instalment", "payment", "monthly_payment")
    if owed is None and lent is not None:
        owed = (lent + charge) / periods
    if owed is not None:
        figures |= dict.fromkeys(("payoff", "settlement_amount", "settlement", "balance"), owed * left - rebate)
    return named({**figures})


def _charge(inputs: Inputs) -> tuple[Decimal, int]:
    """The charge for the whole term, and the periods: stated, of a flat rate, or of an annuity."""
    stated = inputs.read(first_amount, "charge", "total_interest", "interest", "finance_charge", "total_charge")
    if stated is not None:
        periods = periods_of(inputs, 12)
        if periods is None:
            raise Unreadable("no term")
        return stated, int(periods)
    flat = inputs.get("flat_rate")
    if flat is not None:
        periods = periods_of(inputs, 12)
        if periods is None:
            raise Unreadable("no term")
        with localcontext(PRECISION):
            return first_amount(inputs.need(*PRINCIPAL)) * annual_percentage(flat) * periods / 12, int(periods)
    owed, periodic, count = _loan(inputs)
    return annuity.instalment(owed, periodic, count) * count - owed, count


def _count(value: Any) -> int:
    """How many instalments: a number, or words with one; years are twelve."""
    text = str(value).lower()
    found = re.search(r"(\d+)\s*(years?)?|(years?)\s*(\d+)", text)
    if found is None:
        return whole(value)
    number_ = int(found[1] or found[4])
    return number_ * 12 if "year" in text else number_


PAID = (
    *("after", "instalments_paid", "paid", "paid_months", "settle_after", "payoff_after"),
    *("payments_made", "prepay_after", "months_paid", "settled_after", "settled_at", "after_months", "after_month"),
)


def _payoff(inputs: Inputs) -> Answer:
    """What is owed after some instalments, with a fee on it where there is one, and the interest saved."""
    owed, periodic, periods = _loan(inputs)
    after = _count(inputs.need(*PAID))
    inputs.get("method")
    stated = inputs.read(first_amount, "instalment", "payment", "monthly_payment", "emi")
    level = annuity.instalment(owed, periodic, periods) if stated is None else stated
    left = annuity.balance(owed, periodic, level, after)
    fee = _fee(inputs, left, left * periodic)
    saved = level * (periods - after) - left
    return named(
        {
            "balance": left,
            "outstanding": left,
            "remaining_interest": saved,
            "remaining_principal": left,
            "principal_paid": owed - left,
            "penalty": fee,
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


def _fee(inputs: Inputs, base: Decimal, month: Decimal = ZERO) -> Decimal:
    """An amount, a share of what is prepaid, or so many months of interest on it."""
    stated = inputs.get("fee", "penalty", "prepayment_fee", "prepayment_penalty", "charges")
    if stated is None or str(stated).lower() in ("none", "nil", "no", "0"):
        return ZERO
    months = re.search(r"(\w+) months?'? ?(?:of )?interest", str(stated).lower())
    if months:
        return whole(months[1]) * month
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
    "月供减少": Keep.TERM,
    "降低月供": Keep.TERM,
    "年限不变": Keep.TERM,
    "期限不变": Keep.TERM,
    "月供不变": Keep.INSTALMENT,
    "instalment": Keep.INSTALMENT,
    "emi": Keep.INSTALMENT,
    "term": Keep.TERM,
    "tenure": Keep.TERM,
}
"""What the words keep, the longer words first: the last ones alone are the values of an input named ``keep``."""


def partially(inputs: Inputs, case: Mapping[str, Any]) -> Answer:
    """A lump sum after an instalment, or something extra with each one."""
    owed, periodic, periods = _loan(inputs)
    option = str(inputs.get("option", "choice", "keep", "mode") or "").lower()
    if "等额本金" in str(inputs.get("method") or ""):
        return _falling(inputs, owed, periodic, periods, option)
    several = _several(inputs)
    if several is not None:
        return _answers(owed, repeated(owed, periodic, periods, several, _kept(option)), {}, ZERO)
    pattern = rf"({NUMBER}\s*%) increase in (?:the )?(?:emi|instalment)|(?:emi|instalment) increased by ({NUMBER}\s*%)"
    growth = re.search(pattern, str(inputs.peek("prepay") or "").lower())
    if growth:
        inputs.get("prepay")
        return _answers(owed, rising(owed, periodic, periods, 1 + percentage(growth[1] or growth[2])), {}, ZERO)
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
    yearly = _recurring(inputs, annuity.instalment(owed, periodic, periods))
    if yearly is not None:
        return _answers(owed, recurring(owed, periodic, periods, *yearly), {}, ZERO)
    lump, after = _lump(inputs, owed, periodic, periods)
    both = {keep: partial(owed, periodic, periods, after, lump, keep) for keep in Keep}
    return _answers(owed, both[_kept(option)], both, _fee(inputs, lump, lump * periodic))


def _kept(option: str) -> Keep:
    """What the words keep; both are answered where they say neither, the shorter term first."""
    keep = next((kept for words, kept in OPTION.items() if words in option), None)
    if keep is None and option not in ("", "both", "either"):
        raise Unreadable(f"option {option!r}")
    return keep or Keep.INSTALMENT


BY_INSTALMENT = r"(?:after|in|at|with) (?:month|instalment|payment|emi)s?"


def _several(inputs: Inputs) -> dict[int, Decimal] | None:
    """Lump sums by the instalment they come after: ``300000 after month 12 and 200000 after month 24``, or pairs."""
    name = next((one for one in LUMP if one in inputs), "")
    value = inputs.peek(name)
    words = str(value or "").lower()
    if isinstance(value, list):
        found = {_count(at): first_amount(amount) for at, amount in map(_when_and_what, value)}
    elif listed := re.fullmatch(
        rf"({NUMBER})(?: extra| each)? {BY_INSTALMENT} (\d+(?:(?:, ?| and |, and )\d+)+)", words
    ):
        found = {int(at): first_amount(listed[1]) for at in re.findall(r"\d+", listed[2])}
    else:
        found = {
            int(at): first_amount(amount) for amount, at in re.findall(rf"({NUMBER}) {BY_INSTALMENT} (\d+)", words)
        }
        if len(found) < 2:
            return None
    inputs.get(name)
    return found


def _when_and_what(one: Any) -> tuple[Any, Any]:
    if isinstance(one, Mapping):
        return one.get("month", one.get("after")), one.get("amount")
    return one[0], one[1]


def _falling(inputs: Inputs, owed: Decimal, periodic: Decimal, periods: int, option: str) -> Answer:
    """Equal principal 等额本金: the part of principal stays and the term is shorter, or the term stays and the part is smaller."""
    lump, after = _lump(inputs, owed, periodic, periods)
    part = owed / periods
    balance = owed - part * after - lump
    keep = _kept(option)
    left = periods - after if keep is Keep.TERM else int((balance / part).to_integral_value(ROUND_CEILING))
    new_part = balance / left if keep is Keep.TERM else part
    before = sum((owed - part * k for k in range(after, periods)), ZERO) * periodic
    later = sum((max(balance - new_part * k, ZERO) for k in range(left)), ZERO) * periodic
    figures: dict[str, Value] = {"balance": balance, "balance_after": balance}
    figures |= {"months": Decimal(after + left), "months_saved": Decimal(periods - after - left)}
    figures |= dict.fromkeys(("saved", "interest_saved"), before - later)
    first = new_part + balance * periodic
    figures |= dict.fromkeys(("new_instalment", "new_first_payment", "instalment_after", "new_payment"), first)
    return named(figures)


LUMP = ("prepay", "prepayment", "lump_sum", "prepaid", "part_payment", "prepay_amount")


def _recurring(inputs: Inputs, level: Decimal) -> tuple[Decimal, int, int | None] | None:
    """(amount, every so many months, first month) of ``50000 every year``; an extra instalment is the level one."""
    name = next((one for one in (*LUMP, "extra_emi") if one in inputs), "")
    words = str(inputs.peek(name) or "").lower()
    match = re.search(
        r"(?:every|each|per|a) (?:(\d+) )?(month|year|quarter)s?|(annually|yearly|monthly|quarterly)", words
    )
    if match is None:
        return None
    inputs.get(name)
    unit = {"month": 1, "quarter": 3, "year": 12}
    every = ADVERBS[match[3]] if match[3] else unit[match[2]] * int(match[1] or 1)
    first = re.search(r"(?:from|starting(?: in)?|after) month (\d+)", words)
    said = re.search(r"(\w+) (?:extra |additional )?(?:emi|instalment)s?", words)
    if name == "extra_emi" or said:
        times = whole(said[1]) if said and (said[1].isdigit() or said[1] in COUNTS) else 1
        return level * times, every, int(first[1]) if first else None
    if "%" in words:
        raise Unreadable(f"a share that recurs: {words!r}")
    return first_amount(words), every, int(first[1]) if first else None


def _lump(inputs: Inputs, owed: Decimal, periodic: Decimal, periods: int) -> tuple[Decimal, int]:
    words = inputs.need(*LUMP)
    text = Text(str(words).lower())
    within = text.take(rf",? ?(?:with )?(?:a )?(?:penalty|fee|charge)(?: of)? (?P<fee>{NUMBER}\s*%?)")
    if within:
        inputs.add("fee", within["fee"])
    share = text.take(rf"(?P<percent>{NUMBER}\s*%)(?: of (?:the )?(?P<of>\w+(?: \w+)?))?(?= (?:after|at|in|with)|$)")
    amount = None if share else text.take(AMOUNT)
    unit = r"(?P<unit>months?|years?|instalments?|payments?|emis?)"
    when = text.take(
        rf"(?:right )?(?:after|in|at|with|following)?(?: the)?(?: end(?: of)?)?(?: the)?(?: instalment| payment| emi)?(?: of)? ?"
        rf"{unit} (?P<n>\d+)"
    ) or text.take(rf"(?:after|in|at)(?: the)?(?: end(?: of)?)? (?P<n>\d+)(?:th|st|nd|rd)? ?{unit}")
    text.done(("lump sum", "once", "paid"))
    if amount is None and share is None:
        raise Unreadable(f"no amount in {words!r}")
    stated = inputs.get(
        "after",
        "prepay_month",
        "after_month",
        "after_months",
        "month",
        "prepay_after",
        "paid_months",
        "instalments_paid",
        "paid",
    )
    if when is None and stated is None:
        raise Unreadable("no month of the prepayment")
    n = int(when["n"]) * (12 if when["unit"].startswith("year") else 1) if when else _count(stated)
    if share is None:
        assert amount is not None
        return number(amount["amount"]), n
    level = annuity.instalment(owed, periodic, periods)
    whole_ = (
        annuity.balance(owed, periodic, level, n)
        if re.search("balance|outstanding|remaining", share["of"] or "")
        else owed
    )
    return whole_ * number(share["percent"]), n


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
        "base_months": Decimal(_term(both, chosen)),
        "saved_percent": chosen.saved / chosen.interest_before * 100 if chosen.interest_before else ZERO,
        "fee": fee,
        "penalty": fee,
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
                f"saved_interest{suffix}": one.saved,
                f"interest_saving{suffix}": one.saved,
                f"new_payment{suffix}": one.instalment,
                f"new_monthly_payment{suffix}": one.instalment,
                f"last_payment{suffix}": one.last_instalment,
                f"final_payment{suffix}": one.last_instalment,
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

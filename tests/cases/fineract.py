"""``python -m tests.cases.fineract FILE...`` runs schedules and payments that the Apache Fineract test-suite asserts.

The files are data about another engine (its licence: Apache-2.0) and stay outside the project. This module only translates
their parameters and events into our terms and entries: it computes no figure and knows no case. A word it does not know fails
the case and is named.
"""

import json
import re
import sys
from collections.abc import Callable, Container, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from services.servicing.domain.terms import (
    AfterChargeOff,
    Allocation,
    Anchor,
    Charge,
    ChargeBasis,
    ChargeTime,
    Component,
    CreditOrder,
    DayCount,
    DownPayment,
    Due,
    Family,
    FutureRule,
    Grace,
    InterestBy,
    Leap,
    Method,
    Preclosure,
    Prepaid,
    Processing,
    Rate,
    Recalculation,
    Rest,
    Rounding,
    RoundingMode,
    Slot,
    Span,
    Terms,
    Tranche,
    TransactionKind,
    Unit,
    objections,
)
from services.servicing.domain.transactions import (
    ChargeAdded,
    Chargeback,
    ChargedOff,
    ChargeWaived,
    DayEnded,
    Disbursed,
    Entry,
    Extended,
    InterestPaused,
    Paid,
    Position,
    RateChanged,
    Reamortised,
    Refunded,
    Status,
    Undone,
    WrittenOff,
    run,
)
from services.servicing.domain.transactions.position import Line, RowKind
from tests.cases.comparing import Difference, Result, report

Json = Mapping[str, Any]
A = TypeVar("A")
T = TypeVar("T")


class Unknown(Exception):
    """A word of the file that has no translation."""


def word(table: Mapping[Any, T], name: str, value: Any) -> T:
    """The translation of ``value``."""
    if value not in table:
        raise Unknown(f"{name}: {value!r}")
    return table[value]


_UNITS = {"DAYS": Unit.DAY, "WEEKS": Unit.WEEK, "MONTHS": Unit.MONTH, "YEARS": Unit.YEAR}
_PER = _UNITS | {"DAY": Unit.DAY, "WEEK": Unit.WEEK, "MONTH": Unit.MONTH, "YEAR": Unit.YEAR}
_FAMILIES = {"PROGRESSIVE": Family.PROGRESSIVE, "CUMULATIVE": Family.CUMULATIVE}
_METHODS = {
    ("DECLINING_BALANCE", "EQUAL_INSTALLMENTS"): Method.EQUAL_INSTALMENT,
    ("DECLINING_BALANCE", "EQUAL_PRINCIPAL"): Method.EQUAL_PRINCIPAL,
    ("FLAT", "EQUAL_INSTALLMENTS"): Method.FLAT,
    ("FLAT", "EQUAL_PRINCIPAL"): Method.FLAT,
}
_METHODS_OF = {
    Family.PROGRESSIVE: _METHODS | {("DECLINING_BALANCE", "EQUAL_PRINCIPAL"): Method.EQUAL_INSTALMENT},
    Family.CUMULATIVE: _METHODS,
}
"""The other engine's progressive calculator asks for the interest type alone and levels every row."""
_INTEREST_BY = {"DAILY": InterestBy.DAY, "SAME_AS_REPAYMENT_PERIOD": InterestBy.PERIOD}
_ANCHORS = {"DISBURSEMENT_DATE": Anchor.DISBURSEMENT, "SUBMITTED_ON_DATE": Anchor.APPLICATION}
_LEAPS = {
    None: Leap.CALENDAR_YEAR,
    "FULL_LEAP_YEAR": Leap.CALENDAR_YEAR,
    "FEB_29_PERIOD_ONLY": Leap.PERIOD_WITH_LEAP_DAY,
}
_REST = {
    "DAILY": Rest.DAILY,
    "WEEKLY": Rest.WEEKLY,
    "MONTHLY": Rest.MONTHLY,
    "SAME_AS_REPAYMENT": Rest.PERIOD,
    "SAME_AS_REPAYMENT_PERIOD": Rest.PERIOD,
}
_PRECLOSURE = {
    "TILL_PRE_CLOSE_DATE": Preclosure.CLOSING_DATE,
    "TILL_PRE_CLOSURE_DATE": Preclosure.CLOSING_DATE,
    "TILL_REST_FREQUENCY_DATE": Preclosure.REST_DATE,
}
_PREPAID = {
    "ADJUST_LAST_UNPAID_PERIOD": Prepaid.INSTALMENT,  # the progressive family, whose order of payments says it
    "REDUCE_EMI_AMOUNT": Prepaid.INSTALMENT,
    "REDUCE_NUMBER_OF_INSTALLMENTS": Prepaid.NUMBER,
    "RESCHEDULE_NEXT_REPAYMENTS": Prepaid.NEXT,
}
_PROCESSING = {"HORIZONTAL": Processing.HORIZONTAL, "VERTICAL": Processing.VERTICAL}
_DUE = {"PAST_DUE": Due.PAST_DUE, "DUE": Due.DUE, "IN_ADVANCE": Due.IN_ADVANCE}
_COMPONENTS = {
    "PENALTY": Component.PENALTY,
    "FEE": Component.FEE,
    "INTEREST": Component.INTEREST,
    "PRINCIPAL": Component.PRINCIPAL,
}
_FUTURE = {
    "NEXT_INSTALLMENT": FutureRule.NEXT,
    "LAST_INSTALLMENT": FutureRule.LAST,
    "REAMORTIZATION": FutureRule.REAMORTISE,
    "NEXT_LAST_INSTALLMENT": FutureRule.NEXT_LAST,
}
_KINDS = {
    "REPAYMENT": TransactionKind.REPAYMENT,
    "DOWN_PAYMENT": TransactionKind.DOWN_PAYMENT,
    "MERCHANT_ISSUED_REFUND": TransactionKind.MERCHANT_ISSUED_REFUND,
    "PAYOUT_REFUND": TransactionKind.PAYOUT_REFUND,
    "GOODWILL_CREDIT": TransactionKind.GOODWILL_CREDIT,
    "INTEREST_PAYMENT_WAIVER": TransactionKind.INTEREST_PAYMENT_WAIVER,
    "INTEREST_REFUND": TransactionKind.INTEREST_REFUND,
    "CHARGE_ADJUSTMENT": TransactionKind.CHARGE_ADJUSTMENT,
}
_KINDS_WITHOUT_EVENT = frozenset(
    [
        "CAPITALIZED_INCOME_ADJUSTMENT",
        "CHARGE_PAYMENT",
        "CHARGE_REFUND",
        "REFUND_FOR_ACTIVE_LOAN",
        "WAIVE_INTEREST",
    ]
)
"""Kinds that may have an order of payments though no event makes one: an event that would is refused by its type."""
_NAMES = {
    TransactionKind.DISBURSEMENT: "Disbursement",
    TransactionKind.DISBURSEMENT_FEE: "Repayment (at time of disbursement)",
    TransactionKind.DOWN_PAYMENT: "Down Payment",
    TransactionKind.REPAYMENT: "Repayment",
    TransactionKind.MERCHANT_ISSUED_REFUND: "Merchant Issued Refund",
    TransactionKind.PAYOUT_REFUND: "Payout Refund",
    TransactionKind.INTEREST_REFUND: "Interest Refund",
    TransactionKind.GOODWILL_CREDIT: "Goodwill Credit",
    TransactionKind.INTEREST_PAYMENT_WAIVER: "Interest Payment Waiver",
    TransactionKind.CHARGE_ADJUSTMENT: "Charge Adjustment",
    TransactionKind.CHARGEBACK: "Chargeback",
    TransactionKind.CREDIT_BALANCE_REFUND: "Credit Balance Refund",
    TransactionKind.RECOVERY: "Recovery Repayment",
    TransactionKind.CHARGE_WAIVER: "Waive loan charges",
    TransactionKind.WRITE_OFF: "Close (as written-off)",
    TransactionKind.CHARGE_OFF: "Charge-off",
}
_STATUSES = {
    "ACTIVE": Status.ACTIVE,
    "CLOSED_OBLIGATIONS_MET": Status.CLOSED,
    "OVERPAID": Status.OVERPAID,
    "CLOSED_WRITTEN_OFF": Status.WRITTEN_OFF,
}
_AFTER_CHARGE_OFF = {
    None: AfterChargeOff.GOES_ON,
    "REGULAR": AfterChargeOff.GOES_ON,
    "ZERO_INTEREST": AfterChargeOff.STOPS,
    "ACCELERATE_MATURITY": AfterChargeOff.ACCELERATES,
}
_TIMES = {
    "DISBURSEMENT": ChargeTime.DISBURSEMENT,
    "SPECIFIED_DUE_DATE": ChargeTime.DUE_DATE,
    "OVERDUE_INSTALLMENT": ChargeTime.DUE_DATE,
    "OVERDUE_FEES": ChargeTime.DUE_DATE,
    "INSTALLMENT": ChargeTime.INSTALMENT,
    "INSTALLMENT_FEE": ChargeTime.INSTALMENT,
    "TRANCHE_DISBURSEMENT": ChargeTime.TRANCHE,
}
_BASES = {
    "FLAT": ChargeBasis.FLAT,
    "PERCENT_AMOUNT": ChargeBasis.AMOUNT,
    "PERCENT_INTEREST": ChargeBasis.INTEREST,
    "PERCENT_DISBURSEMENT_AMOUNT": ChargeBasis.AMOUNT,
    "PERCENT_AMOUNT_AND_INTEREST": ChargeBasis.AMOUNT_AND_INTEREST,
    "PERCENT_AMOUNT_INTEREST": ChargeBasis.AMOUNT_AND_INTEREST,
    "PERCENT_AMOUNT_PLUS_INTEREST": ChargeBasis.AMOUNT_AND_INTEREST,
}
_ROW_KINDS = {
    RowKind.DISBURSEMENT: "disbursement",
    RowKind.DOWN_PAYMENT: "down_payment",
    RowKind.INSTALMENT: "installment",
}
_OVERDUE_BEARS_NOTHING = "is-principal-compounding-disabled-for-overdue-loans"
_CONFIGURATION = frozenset({_OVERDUE_BEARS_NOTHING})
_SWITCH = {"enabled": True, "disabled": False, None: False}

_OF_CASE = frozenset(
    {"params", "events", "disbursements", "charges", "business_date", "global_config", "expected"}
    | {"id", "source_file", "scenario", "test_id", "category"}
)
_OF_PART = {
    "disbursements": frozenset({"date", "amount"}),
    "charges": frozenset({"type", "charge", "time", "calculation", "penalty", "due_date", "added_on", "amount"}),
    "expected_tranches": frozenset({"expected_date", "principal"}),
    "down_payment": frozenset({"percent", "auto_repayment"}),
}
_TRANSLATED = frozenset(
    [
        "loan_schedule_type",
        "schedule_processing",
        "days_in_year",
        "days_in_month",
        "days_in_year_custom_strategy",
        "interest_rate_frequency",
        "allow_partial_period_interest",
        "currency_digits",
        "currency",
        "installment_amount_in_multiples_of",
        "interest_recalculation",
        "down_payment",
        "fixed_length_days",
        "repayment_start_date_type",
        "interest_recognition_on_disbursement_date",
        "full_term_for_tranche",
        "rounding_mode",
        "math_precision_digits",
        "principal",
        "interest_rate_percent",
        "interest_type",
        "interest_calculation_period",
        "amortization",
        "repayment_every",
        "repayment_unit",
        "number_of_repayments",
        "grace_on_principal_payment",
        "grace_on_interest_payment",
        "grace_on_interest_charged",
        "submitted_on",
        "fixed_emi",
        "expected_tranches",
        "payment_allocation",
        "credit_allocation",
        "interest_refund_for",
        "payment_strategy",
        "charge_off_behaviour",
    ]
)
_WITHOUT_EFFECT = frozenset(
    [
        "product",
        "multi_disburse",
        "loan_term",
        "loan_term_unit",
        "currency_in_multiples_of",
        "expected_disbursement_date",
    ]
)
"""Follows from the others, or from what was really disbursed; a multiple of the currency counts where it has no decimals."""


def terms_of(case: Json) -> Terms:
    """The terms of a case."""
    params = case["params"]
    _refuse_unread(case)
    digits = params["currency_digits"]
    family = word(_FAMILIES, "loan_schedule_type", params["loan_schedule_type"])
    switch = word(_SWITCH, _OVERDUE_BEARS_NOTHING, case.get("global_config", {}).get(_OVERDUE_BEARS_NOTHING))
    barren = switch and family is Family.CUMULATIVE  # the progressive calculator does not ask for it
    unit = word(_UNITS, "repayment_unit", params["repayment_unit"])
    return Terms(
        family=family,
        method=word(
            _METHODS_OF[family], "interest_type, amortization", (params["interest_type"], params["amortization"])
        ),
        currency=params["currency"],
        principal=minor(params["principal"], digits),
        rate=_rate(params),
        instalments=params["number_of_repayments"],
        frequency=Span(params["repayment_every"], unit),
        anchor=word(_ANCHORS, "repayment_start_date_type", params["repayment_start_date_type"]),
        applied=date.fromisoformat(params["submitted_on"]),
        fixed_length=optional(params["fixed_length_days"], lambda length: Span(int(length), unit)),
        day_count=_day_count(params, family),
        interest_by=word(_INTEREST_BY, "interest_calculation_period", params["interest_calculation_period"]),
        partial_periods=params["allow_partial_period_interest"],
        rounding=Rounding(
            word({mode.name: mode for mode in RoundingMode}, "rounding_mode", params["rounding_mode"]),
            params["math_precision_digits"],
            digits,
            minor(params["installment_amount_in_multiples_of"] or "0", digits) or None,
        ),
        grace=Grace(
            params["grace_on_principal_payment"],
            params["grace_on_interest_payment"],
            params["grace_on_interest_charged"],
            averages=params["amortization"] == "EQUAL_INSTALLMENTS",
        ),
        down_payment=optional(
            params["down_payment"], lambda part: DownPayment(Decimal(part["percent"]), part["auto_repayment"])
        ),
        tranches=tuple(
            Tranche(date.fromisoformat(part["expected_date"]), minor(part["principal"], digits))
            for part in params["expected_tranches"] or ()
        ),
        full_term_tranches=params["full_term_for_tranche"],
        fixed_instalment=optional(params["fixed_emi"], lambda amount: minor(amount, digits)),
        recalculation=optional(params["interest_recalculation"], lambda rules: _recalculation(rules, barren)),
        processing=_processing(params),
        allocations=_allocations(params.get("payment_allocation"), params["payment_strategy"]),
        credit_order=_credit_order(params.get("credit_allocation") or {}),
        interest_refund_for=frozenset(
            word(_KINDS, "interest_refund_for", kind) for kind in params.get("interest_refund_for", ())
        ),
    )


def _refuse_unread(case: Json) -> None:
    """Name what the case says and nothing here reads."""
    params = case["params"]
    _known("case", case, _OF_CASE)
    _known("parameters", params, _TRANSLATED | _WITHOUT_EFFECT)
    _known("configuration", case.get("global_config", {}), _CONFIGURATION)
    for name, words in _OF_PART.items():
        found = case.get(name) or params.get(name) or ()
        for part in [found] if isinstance(found, Mapping) else found:
            _known(name, part, words)
    multiple = Decimal(params.get("currency_in_multiples_of") or 0)
    if params["currency_digits"] == 0 and multiple > 1:
        raise Unknown(f"currency_in_multiples_of: {multiple} of a currency without decimals")


def _known(place: str, said: Json, words: Container[str]) -> None:
    if unknown := [name for name in said if name not in words]:
        raise Unknown(f"{place}: {', '.join(sorted(unknown))}")


def _rate(params: Json) -> Rate:
    percent, per = Decimal(params["interest_rate_percent"]), params["interest_rate_frequency"]
    if per == "WHOLE_TERM":
        return Rate(percent, whole_term=True)
    return Rate(percent, word(_PER, "interest_rate_frequency", per))


def _day_count(params: Json, family: Family) -> DayCount:
    """In the cumulative family actual days count over 365."""
    actual = 365 if family is Family.CUMULATIVE else None
    return DayCount(
        actual if params["days_in_year"] == "ACTUAL" else int(params["days_in_year"]),
        None if params["days_in_month"] == "ACTUAL" else int(params["days_in_month"]),
        word(_LEAPS, "days_in_year_custom_strategy", params["days_in_year_custom_strategy"]),
        params["interest_recognition_on_disbursement_date"],
    )


def _recalculation(params: Json, overdue_bears_nothing: bool) -> Recalculation:
    _known("interest_recalculation", params, _OF_RECALCULATION)
    word({"NONE": None}, "compounding", params["compounding"])
    rest = word(_REST, "rest_frequency", params["rest_frequency"])
    every = 1 if rest is Rest.PERIOD else int(params.get("rest_interval") or 1)
    return Recalculation(
        rest,
        word(_PRECLOSURE, "pre_closure_interest", params["pre_closure_interest"]),
        not params["disallow_interest_on_past_due"] and not overdue_bears_nothing,
        word(_PREPAID, "advance_payment_adjustment", params["advance_payment_adjustment"]),
        every,
    )


_OF_RECALCULATION = frozenset(
    [
        "compounding",
        "rest_frequency",
        "rest_interval",
        "pre_closure_interest",
        "advance_payment_adjustment",
        "disallow_interest_on_past_due",
    ]
)
_PLAIN_ORDER = tuple(Component)
"""Penalty, fee, interest, principal: where a case has no payments it names no order either."""


def _allocations(orders: Json | None, strategy: str | None) -> tuple[Allocation, ...]:
    if orders is None:
        name = strategy or _ADVANCED
        order = _order_of(name)
        return (
            Allocation(None, order, FutureRule.NEXT, name.startswith("DUE_"), rows_from_the_start=name != _ADVANCED),
        )
    return tuple(
        Allocation(
            None if kind == "DEFAULT" else word(_KINDS, "payment_allocation", kind),
            tuple(_slot(name) for name in rule["order"]),
            word(_FUTURE, "future_installment_rule", rule["future_installment_rule"]),
        )
        for kind, rule in orders.items()
        if kind not in _KINDS_WITHOUT_EVENT
    )


_ADVANCED = "ADVANCED_PAYMENT_ALLOCATION"
_INTEREST_FIRST = "OVERDUE_DUE_FEE_INT_PRINCIPAL"
"""Penalties, fees and interest of all rows that are due come before the principal of any."""


def _processing(params: Json) -> Processing:
    if params["payment_strategy"] == _INTEREST_FIRST:
        return Processing.IN_RUNS
    return word(_PROCESSING, "schedule_processing", params["schedule_processing"])


def _order_of(strategy: str) -> tuple[Slot, ...]:
    """The order that the name of a strategy spells out or stands for, for what is due and for what is paid in advance."""
    if strategy == _INTEREST_FIRST:
        before = [Slot(due, part) for due in (Due.PAST_DUE, Due.DUE) for part in _PLAIN_ORDER[:3]]
        principal = [Slot(due, Component.PRINCIPAL) for due in (Due.PAST_DUE, Due.DUE)]
        return (*before, *principal, *(Slot(Due.IN_ADVANCE, part) for part in _PLAIN_ORDER))
    due, _, advance = strategy.removesuffix("_ORDER").partition("_IN_ADVANCE_")
    plain = strategy in (_ADVANCED, "CREOCORE_UNIQUE")
    now = _PLAIN_ORDER if plain else _spelled(due.removeprefix("DUE_"))
    later = _spelled(advance) if advance else now
    return tuple(Slot(due, part) for due, order in zip(Due, (now, now, later), strict=True) for part in order)


def _spelled(names: str) -> tuple[Component, ...]:
    singular = {"PENALTIES": "PENALTY", "FEES": "FEE"}
    return tuple(word(_COMPONENTS, "payment_strategy", singular.get(name, name)) for name in names.split("_"))


def _slot(name: str) -> Slot:
    due, _, component = name.rpartition("_")
    return Slot(word(_DUE, "slot", due), word(_COMPONENTS, "slot", component))


def _credit_order(orders: Json) -> CreditOrder | None:
    if unknown := set(orders) - {"CHARGEBACK"}:
        raise Unknown(f"credit_allocation: {', '.join(unknown)}")
    order = orders.get("CHARGEBACK")
    return order and CreditOrder(tuple(word(_COMPONENTS, "credit_allocation", name) for name in order))


def optional(value: A | None, translate: Callable[[A], T]) -> T | None:
    """The translation of a value that may be absent."""
    return None if value is None else translate(value)


def minor(amount: str, digits: int) -> int:
    """An amount in minor units."""
    value = Decimal(amount).scaleb(digits)
    if value != value.to_integral_value():
        raise Unknown(f"amount {amount!r} has more than {digits} decimals")
    return int(value)


def entries_of(case: Json) -> list[Entry]:
    """The entries of a case, in the order of its events; of a schedule what was disbursed and charged."""
    if "events" in case:
        return list(_Events(case).entries())
    digits = case["params"]["currency_digits"]
    disbursed = case["disbursements"] or [_planned(case["params"])]
    dates = [case["business_date"]] if case["business_date"] else [part["date"] for part in disbursed]
    known = date.fromisoformat(max(dates))
    entries: list[Entry] = [
        Disbursed(known=known, value_date=date.fromisoformat(part["date"]), amount=minor(part["amount"], digits))
        for part in disbursed
    ]
    return entries + [ChargeAdded(known=known, charge=charge_of(part, digits)) for part in case["charges"]]


def _planned(params: Json) -> Json:
    """A loan of which nothing is disbursed shows the rows that its first planned disbursement would make."""
    for tranche in params["expected_tranches"] or ():
        return {"date": tranche["expected_date"], "amount": tranche["principal"]}
    return {"date": params["expected_disbursement_date"], "amount": params["principal"]}


def charge_of(event: Json, digits: int) -> Charge:
    """A charge of a case."""
    basis = word(_BASES, "charge calculation", event["calculation"])
    amount = Decimal(event["amount"])
    return Charge(
        word(_TIMES, "charge time", event["time"]),
        basis,
        amount.scaleb(digits) if basis is ChargeBasis.FLAT else amount,
        event["penalty"],
        optional(event.get("due_date"), date.fromisoformat),
    )


_PAYMENTS = {name.lower(): kind for name, kind in _KINDS.items()} | {"recovery": TransactionKind.REPAYMENT}
_DISBURSALS = frozenset({"disbursal", "disbursement", "disburse", "tranche"})
_NUMBERS = frozenset(
    [
        "index",
        "nr",
        "nth",
        "number",
        "payment_index",
        "payment_nr",
        "payment_number",
        "repayment_nr",
        "transaction_index",
        "transaction_nr",
        "transaction_number",
    ]
)
_MEANT = (
    "transaction_type",
    "payment_type",
    "of_type",
    "of",
    "for",
    "transaction",
    "payment",
    "repayment",
    "original",
    "payment_date",
    "transaction_date",
    "original_date",
)
"""Words by which an event refers to an earlier one: by its type, its day or its number, whichever their value is."""
_OWN = {
    "business_date": {"date"},
    "approve": {"date", "amount", "expected_disbursement_date"},
    "disburse": {"date", "amount", "auto_down_payment", "auto_downpayment", "auto_repayment"},
    "charge": {"charge", "time", "calculation", "penalty", "due_date", "added_on", "amount"},
    "cob": {"date"},
    "credit_balance_refund": {"date", "amount"},
    "chargeback": {"date", "amount", *_MEANT, *_NUMBERS},
    "waive_charge": {"date", "charge", "due_date", *_NUMBERS},
    "write_off": {"date"},
    "charge_off": {"date"},
    "interest_rate_change": {"date", "interest_rate_percent"},
    "interest_pause": {"date", "until"},
    "extension": {"date", "instalments"},
    "re_amortize": {"date"},
}
"""Words of each kind of event; one that is not named here fails the case."""
_OF_PAYMENT = frozenset({"date", "amount", "interest_refund_calculation"})
_OF_UNDOING = frozenset({"date", "amount", "charge", "due_date", *_MEANT, *_NUMBERS})
_ALSO_CALLED = {"mir": "merchant_issued_refund", "downpayment": "down_payment"}


def _type_of(value: object) -> str:
    """The type of event that a word like "Merchant Issued Refund" names."""
    name = str(value).strip().lower().replace(" ", "_").replace("-", "_")
    return _ALSO_CALLED.get(name, name)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) or str(value).isdigit()


def _is_day(value: object) -> bool:
    return str(value)[:4].isdigit() and str(value)[4:5] == "-"


class _Events:
    """The events of a case, and where each of them went."""

    def __init__(self, case: Json) -> None:
        self.events = case["events"]
        self.digits = case["params"]["currency_digits"]
        self.after_charge_off = word(
            _AFTER_CHARGE_OFF, "charge_off_behaviour", case["params"].get("charge_off_behaviour")
        )
        self.today = date.min
        self.made: list[tuple[str, Json]] = []
        """Type and event of each entry so far, by its number."""
        self.undone: set[int] = set()

    def entries(self) -> Iterator[Entry]:
        for event in self.events:
            kind = event["type"]
            if unknown := set(event) - {"type"} - _words_of(kind):
                raise Unknown(f"event {kind!r}: {', '.join(sorted(unknown))}")
            if kind == "business_date":
                self.today = date.fromisoformat(event["date"])
            elif kind != "approve":
                for entry in self._entries(kind, event):
                    self.made.append((kind, event))
                    yield entry

    def _entries(self, kind: str, event: Json) -> Iterator[Entry]:
        if kind.startswith("undo_"):
            yield from self._undo(kind.removeprefix("undo_"), event)
        else:
            yield self._entry(kind, event)

    def _entry(self, kind: str, event: Json) -> Entry:
        if kind == "charge":
            return ChargeAdded(known=self.today, charge=charge_of(event, self.digits))
        if kind == "cob":
            return DayEnded(known=date.fromisoformat(event["date"]))
        day = optional(event.get("date"), date.fromisoformat) or self.today
        if kind in _WITHOUT_AMOUNT:
            return self._change(kind, event, day)
        amount = minor(event["amount"], self.digits)
        if kind == "disburse":
            down = all(event.get(name, True) for name in ("auto_down_payment", "auto_downpayment", "auto_repayment"))
            return Disbursed(known=self.today, value_date=day, amount=amount, pay_down_payment=down)
        if kind == "charge_adjustment" and "charge" in event:
            self._find(event, {"charge"})  # it must be there; the credit itself follows the order of its kind
        if kind in _PAYMENTS:
            return Paid(
                known=self.today,
                value_date=day,
                amount=amount,
                kind=_PAYMENTS[kind],
                refund_interest=event.get("interest_refund_calculation", True),
            )
        if kind == "chargeback":
            payment = self._find(event, self._types_meant(event) or _PAYMENTS)
            return Chargeback(known=self.today, value_date=day, amount=amount, payment=payment)
        return Refunded(known=self.today, value_date=day, amount=amount)

    def _change(self, kind: str, event: Json, day: date) -> Entry:
        """An entry that moves no money."""
        known = self.today
        if kind == "waive_charge":
            return ChargeWaived(known=known, value_date=day, charge=self._find(event, {"charge"}))
        if kind == "write_off":
            return WrittenOff(known=known, value_date=day)
        if kind == "charge_off":
            return ChargedOff(known=known, value_date=day, interest=self.after_charge_off)
        if kind == "interest_rate_change":
            return RateChanged(known=known, value_date=day, percent=Decimal(event["interest_rate_percent"]))
        if kind == "interest_pause":
            return InterestPaused(known=known, value_date=day, until=date.fromisoformat(event["until"]))
        if kind == "extension":
            return Extended(known=known, value_date=day, instalments=int(event["instalments"]))
        return Reamortised(known=known, value_date=day)

    def _undo(self, wanted: str, event: Json) -> Iterator[Undone]:
        """The undone entry: of the kind that is named, on the day that is named; a whole disbursal takes all with it."""
        last = wanted.startswith("last_")
        wanted = wanted.removeprefix("last_")
        if wanted == "transaction":
            wanted = next(iter(self._types_meant(event)), wanted)
        if wanted == "down_payment" and not any(kind == "down_payment" for kind, _ in self.made):
            yield Undone(known=self.today, entry=self._find(event, {"disburse"}), down_payment=True)
            return
        if wanted in ("disbursal", "disbursement") and not last:
            numbers = self._live(_UNDONE_WITH_THE_LOAN)
            if not any(self.made[number][0] == "disburse" for number in numbers):
                raise Unknown(f"event {event!r} refers to nothing before it")
        else:
            kinds = _PAYMENTS if wanted == "transaction" else {"disburse"} if wanted in _DISBURSALS else {wanted}
            numbers = [self._find(event, kinds)]
        for number in reversed(numbers):
            self.undone.add(number)
            yield Undone(known=self.today, entry=number)

    def _live(self, kinds: Container[str]) -> list[int]:
        return [number for number in self._all(kinds) if number not in self.undone]

    def _all(self, kinds: Container[str]) -> list[int]:
        return [number for number, (kind, _) in enumerate(self.made) if kind in kinds]

    def _types_meant(self, event: Json) -> set[str]:
        """The type of event that one names by a word; the payment of a down payment is part of its disbursement."""
        values = [event[name] for name in _MEANT if event.get(name) is not None]
        named = [_type_of(value) for value in values if not _is_number(value) and not _is_day(value)]
        if unknown := [name for name in named if name not in _PAYMENTS]:
            raise Unknown(f"event {event!r}: {', '.join(unknown)}")
        paid_at_once = "down_payment" in named and not any(kind == "down_payment" for kind, _ in self.made)
        return {"disburse"} if paid_at_once else set(named)

    def _find(self, event: Json, kinds: Container[str]) -> int:
        """The entry of these kinds that an event refers to: by its words, day and number, otherwise the last.

        A number counts undone entries too, unless it then names one of them.
        """
        candidates = self._meant(event, self._live(kinds))
        if not candidates:
            raise Unknown(f"event {event!r} refers to nothing before it")
        numbers = [event[name] for name in (*_NUMBERS, *_MEANT) if _is_number(event.get(name))]
        nth = int(numbers[0]) if numbers else None
        if nth is None:
            return candidates[-1]
        ever = self._meant(event, self._all(kinds))
        if not 1 <= nth <= len(ever):
            raise Unknown(f"event {event!r}: there are {len(ever)} such entries")
        return ever[nth - 1] if ever[nth - 1] in candidates else candidates[min(nth, len(candidates)) - 1]

    def _meant(self, event: Json, candidates: list[int]) -> list[int]:
        """Of these entries those with the words of the event, on its day where there are any."""
        for name in ("charge", "due_date"):
            if name in event:
                candidates = [number for number in candidates if self._said(number, name) == event[name]]
        days = (event[name] for name in (*_MEANT, "date") if _is_day(event.get(name)))
        dated = ([number for number in candidates if self._said(number, "date") == day] for day in days)
        return next(filter(None, dated), candidates)

    def _said(self, number: int, name: str) -> object:
        return self.made[number][1].get(name)


_WITHOUT_AMOUNT = frozenset(
    ["waive_charge", "write_off", "charge_off", "interest_rate_change", "interest_pause", "extension", "re_amortize"]
)
_UNDONE_WITH_THE_LOAN = frozenset({"disburse", "chargeback", "credit_balance_refund", *_WITHOUT_AMOUNT, *_PAYMENTS})


def _words_of(kind: str) -> frozenset[str] | set[str]:
    """The words an event of this kind may have."""
    if kind in _PAYMENTS:
        return _OF_PAYMENT | {"charge", "due_date"} if kind == "charge_adjustment" else _OF_PAYMENT
    if kind.startswith("undo_"):
        return _OF_UNDOING
    return word(_OWN, "event type", kind)


def compare(case: Json, position: Position) -> Iterator[Difference]:
    """Every figure that is not as expected."""
    digits = case["params"]["currency_digits"]
    expected = case["expected"]
    lines = [_line(line, digits) for line in position.lines]
    yield from _rows("row", expected["rows"], lines)
    if expected.get("total") is not None:
        yield from _fields("total", expected["total"], _totals(position, digits))
    if "transactions" in expected:
        ours = _by_day(expected["transactions"], _postings(position, digits))
        yield from _rows("transaction", expected["transactions"], ours)
    whole = {
        "periods": sum(line.kind is not RowKind.DISBURSEMENT for line in position.lines),
        "outstanding": _major(position.totals.outstanding, digits),
        "overpaid": _major(position.overpaid, digits),
        "status": next(name for name, status in _STATUSES.items() if status is position.status),
    }
    yield from _fields("loan", {key: expected[key] for key in whole if key in expected}, whole)


def _by_day(expected: list[Json], got: list[Json]) -> list[Json]:
    """Our transactions beside those expected: the source asserts which a day has, not their order on it."""
    left = list(got)
    paired: list[Json] = []
    for row in expected:
        same_day = [ours for ours in left if ours["date"] == row.get("date", ours["date"])]
        exact = [ours for ours in same_day if all(ours.get(field) == value for field, value in row.items())]
        same_type = [ours for ours in same_day if ours["type"] == row.get("type", ours["type"])]
        for ours in (exact or same_type or same_day or left)[:1]:
            left.remove(ours)
            paired.append(ours)
    return paired + left


def _rows(place: str, expected: list[Json], got: list[Json]) -> Iterator[Difference]:
    if len(expected) != len(got):
        yield Difference(place, "count", len(expected), len(got))
    for number, (row, ours) in enumerate(zip(expected, got, strict=False), start=1):
        yield from _fields(f"{place} {number}", row, ours)


def _fields(place: str, expected: Json, got: Json) -> Iterator[Difference]:
    for field, value in expected.items():
        if field not in got:
            yield Difference(place, field, value, "nothing: unknown field")
        elif not _same(value, got[field]):
            yield Difference(place, field, value, got[field])


def _same(expected: object, got: object) -> bool:
    """Equal, and amounts equal as numbers: a file writes two decimals where the currency has none."""
    if expected == got:
        return True
    both = [str(value) for value in (expected, got)]
    return all(_AMOUNT.fullmatch(value) for value in both) and Decimal(both[0]) == Decimal(both[1])


_AMOUNT = re.compile(r"-?\d+\.?\d*")


def _major(amount: int, digits: int) -> str:
    return f"{Decimal(amount).scaleb(-digits):.{digits}f}"


def _line(line: Line, digits: int) -> Json:
    amounts = {
        "balance": line.balance,
        "principal": line.principal,
        "interest": line.interest,
        "fees": line.fee,
        "penalties": line.penalty,
        "due": line.due,
        "paid": line.paid,
        "in_advance": line.in_advance,
        "late": line.late,
        "outstanding": line.outstanding,
    }
    return {
        "kind": _ROW_KINDS[line.kind],
        "nr": line.number,
        "days": line.days,
        "date": line.day.isoformat(),
        "paid_date": line.paid_on and line.paid_on.isoformat(),
        **{name: _major(amount, digits) for name, amount in amounts.items()},
    }


def _totals(position: Position, digits: int) -> Json:
    totals = position.totals
    amounts = {
        "principal": totals.principal,
        "interest": totals.interest,
        "fees": totals.fee,
        "penalties": totals.penalty,
        "due": totals.due,
        "paid": totals.paid,
        "in_advance": totals.in_advance,
        "late": totals.late,
        "outstanding": totals.outstanding,
    }
    return {name: _major(amount, digits) for name, amount in amounts.items()}


def _postings(position: Position, digits: int) -> list[Json]:
    return [
        {
            "date": posting.day.isoformat(),
            "type": _NAMES[posting.kind],
            "amount": _major(posting.amount, digits),
            "principal": _major(posting.allocation[Component.PRINCIPAL], digits),
            "interest": _major(posting.allocation[Component.INTEREST], digits),
            "fees": _major(posting.allocation[Component.FEE], digits),
            "penalties": _major(posting.allocation[Component.PENALTY], digits),
            "loan_balance": _major(posting.balance, digits),
            "reverted": posting.reverted,
            "replayed": posting.replayed,
        }
        for posting in position.postings
    ]


def check(case: Json) -> Result:
    """Run one case."""
    name = str(case.get("id"))
    try:
        terms = terms_of(case)
        if refused := objections(terms):
            return Result(name, tuple(Difference("terms", *objection, "refused") for objection in refused))
        differences = tuple(compare(case, run(terms, entries_of(case))))
    except Unknown as error:
        return Result(name, (Difference("case", "unknown", "a translation", str(error)),))
    except KeyError as error:
        return Result(name, (Difference("case", "missing", error.args[0], "nothing"),))
    except Exception as error:  # a case that breaks the engine fails; the others still run
        return Result(name, (Difference("case", "error", "a position", repr(error)),))
    return Result(name, differences)


def load(file: Path) -> list[Json]:
    """The cases of a file."""
    cases: list[Json] = json.loads(file.read_text(encoding="utf-8"))["cases"]
    return cases


def main(files: list[str]) -> int:
    """Run every case of the files."""
    if not files:
        print("usage: python -m tests.cases.fineract FILE...")
        return 2
    return report([check(case) for file in files for case in load(Path(file))])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

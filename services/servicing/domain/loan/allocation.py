"""Allocation of money 冲账: which component of which instalment it pays, in the order that is agreed for its kind.

The plain order runs over the instalments, oldest first, and in each over the components. An agreed order has slots: a class of
instalments, judged on the value date (past due, due, in advance), and a component (precise-rules 9).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from schemas.agreement import AllocationTerms, FutureInstalments, PaymentKind, Processing
from services.servicing.domain.loan.money import COMPONENT_NAMES
from services.servicing.domain.loan.packing import Allocation, Balance
from services.servicing.domain.loan.terms import Conditions

CLASSES = ("past-due", "due", "in-advance")
SLOTS = tuple(f"{due}.{component}" for due in CLASSES for component in COMPONENT_NAMES)
"""All 18."""

_TOGETHER = {"cost": ("fee", 0), "compound": ("penalty", 1)}
"""A component that an order leaves out is paid with another one: right before it, or right after."""


class Slot(NamedTuple):
    """One place of an order."""

    due: str
    component: str


class Order(NamedTuple):
    """An agreed order, complete."""

    slots: tuple[Slot, ...]
    future: FutureInstalments
    processing: Processing


def allocate(
    balances: Iterable[Balance], amount: int, terms: Conditions, kind: PaymentKind, value_date: date
) -> list[Allocation]:
    """Share ``amount`` out over what is unpaid; what is left of it is nobody's.

    Money beyond what is due pays the instalments in advance as they stand.
    """
    agreed = terms.agreement.allocation
    if agreed is None:
        return list(_plain(balances, amount, terms.allocation_order))
    return list(_ordered(list(balances), amount, order_of(agreed, kind), value_date))


@lru_cache(maxsize=1024)
def order_of(agreed: AllocationTerms, kind: PaymentKind) -> Order:
    """The order of a kind of payment, with all 18 slots."""
    found = next((order for order in agreed.orders if order.kind is kind), None)
    order = found or next(order for order in agreed.orders if order.kind is None)
    return Order(_complete(order.slots), order.future, agreed.processing)


def unfit_order(agreed: AllocationTerms) -> str | None:
    """Why orders cannot be agreed, as a sentence; ``None`` when they can."""
    kinds = Counter(order.kind for order in agreed.orders)
    if None not in kinds:
        return "no order holds for the kinds of payment that have none of their own"
    if max(kinds.values()) > 1:
        return "a kind of payment has two orders"
    for order in agreed.orders:
        name = order.kind or "every other kind"
        if unknown := [slot for slot in order.slots if slot not in SLOTS]:
            return f"the order of {name} names {unknown[0]}, which is no slot"
        if len(set(order.slots)) != len(order.slots):
            return f"the order of {name} names a slot twice"
        if missing := set(SLOTS) - {".".join(slot) for slot in _complete(order.slots)}:
            return f"the order of {name} misses {', '.join(sorted(missing))}"
    return None


def _complete(names: Sequence[str]) -> tuple[Slot, ...]:
    slots = [Slot(*name.split(".", 1)) for name in names if name in SLOTS]
    for component, (place, after) in _TOGETHER.items():
        for due in CLASSES:
            if Slot(due, component) not in slots and Slot(due, place) in slots:
                slots.insert(slots.index(Slot(due, place)) + after, Slot(due, component))
    return tuple(slots)


def _plain(balances: Iterable[Balance], amount: int, components: Sequence[str]) -> Iterator[Allocation]:
    for balance in balances:
        if amount == 0:
            return
        if balance.total:
            paid = dict.fromkeys(COMPONENT_NAMES, 0)
            for component in components:
                paid[component] = min(amount, getattr(balance, component))
                amount -= paid[component]
            yield Allocation(balance.number, **paid)


def _ordered(balances: Sequence[Balance], amount: int, order: Order, value_date: date) -> Iterator[Allocation]:
    paid = {balance.number: dict.fromkeys(COMPONENT_NAMES, 0) for balance in balances}
    for balance, component in _places(balances, order, value_date):
        part = min(amount, getattr(balance, component))
        paid[balance.number][component] += part
        amount -= part
    for number, parts in paid.items():
        if any(parts.values()):
            yield Allocation(number, **parts)


def _places(balances: Sequence[Balance], order: Order, value_date: date) -> Iterator[tuple[Balance, str]]:
    """Every component of every instalment in the order in which money reaches them."""
    for due, slots in groupby(order.slots, key=lambda slot: slot.due):
        components = [slot.component for slot in slots]
        rows = [balance for balance in balances if _class(balance, value_date) == due]
        if due == "in-advance" and order.future is FutureInstalments.LAST:
            rows.reverse()
        if order.processing is Processing.VERTICAL:
            yield from ((row, component) for component in components for row in rows)
        else:
            yield from ((row, component) for row in rows for component in components)


def _class(balance: Balance, value_date: date) -> str:
    if balance.due_date == value_date:
        return "due"
    return "past-due" if balance.due_date < value_date else "in-advance"

"""Rows of a running loan: what each asks for, and what was paid on it when."""

from dataclasses import dataclass, field
from datetime import date

from services.servicing.domain.terms import Component

_NONE = dict.fromkeys(Component, 0)


@dataclass(slots=True)
class Row:
    """One row of the schedule, in minor units."""

    begins: date
    due: date
    down_payment: bool = False
    additional: bool = False
    """Not an instalment: it holds claims that fall due after maturity."""
    owed: dict[Component, int] = field(default_factory=_NONE.copy)
    paid: dict[Component, int] = field(default_factory=_NONE.copy)
    recurring: dict[Component, int] = field(default_factory=_NONE.copy)
    """Charges of every instalment, as part of what is owed."""
    credited: int = 0
    """Principal claimed back in this row: it was outstanding before the row fell due."""
    beside: dict[Component, int] = field(default_factory=_NONE.copy)
    """What is claimed in this row beside the plan, as part of what is owed: the plan may ask anew, the claim stays."""
    relief: dict[Component, int] = field(default_factory=_NONE.copy)
    """What is not asked for any more though it was never paid."""
    waived: int = 0
    written_off: int = 0
    in_advance: int = 0
    late: int = 0
    settled_on: date | None = None

    @property
    def span(self) -> tuple[date, date]:
        return self.begins, self.due

    @property
    def order(self) -> tuple[date, int]:
        """Rows by due date; on one day an instalment comes before the down payment of what is disbursed that day."""
        return self.due, 2 if self.additional else int(self.down_payment)

    @property
    def total(self) -> int:
        return sum(self.owed.values())

    @property
    def outstanding(self) -> int:
        return sum(self.owed.values()) - sum(self.paid.values()) - self.waived - self.written_off

    @property
    def open(self) -> bool:
        return self.settled_on is None

    def left(self, component: Component) -> int:
        """What is still unpaid of a component."""
        return max(0, self.owed[component] - self.paid[component] - self.relief[component])

    def ask(self, principal: int, interest: int) -> None:
        """Replace what the plan asks for of principal and interest in the row."""
        self.owed[Component.PRINCIPAL] = principal + self.beside[Component.PRINCIPAL]
        self.owed[Component.INTEREST] = interest + self.beside[Component.INTEREST]

    def claim(self, component: Component, amount: int) -> None:
        """Ask for more of a component, beside the plan."""
        self.owed[component] += amount
        self.beside[component] += amount

    def recharge(self, component: Component, amount: int) -> None:
        """Replace the recurring charge of a component."""
        self.owed[component] += amount - self.recurring[component]
        self.recurring[component] = amount

    def pay(self, component: Component, amount: int, day: date) -> int:
        """Pay as much of ``amount`` as the component still asks for; what was taken."""
        taken = min(amount, self.left(component))
        self.paid[component] += taken
        if day < self.due:
            self.in_advance += taken
        elif day > self.due:
            self.late += taken
        self.settled_on = day if self.outstanding == 0 else None
        return taken

    def relieve(self, component: Component, amount: int) -> int:
        """Ask for as much less of ``amount`` as the component still asks for; what was taken."""
        taken = min(amount, self.left(component))
        self.relief[component] += taken
        return taken

    def give_back(self, component: Component) -> int:
        """Take out what was paid of a component beyond what the row asks for."""
        excess = max(0, self.paid[component] - self.owed[component])
        self.paid[component] -= excess
        early = min(excess, self.in_advance)
        self.in_advance -= early
        self.late -= min(excess - early, self.late)
        return excess

    def review(self, day: date) -> None:
        """After what the row asks for has changed on ``day``."""
        if self.outstanding != 0:
            self.settled_on = None
        elif self.settled_on is None:
            self.settled_on = day

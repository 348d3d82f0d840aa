"""What a borrower will do, decided by seed, row and the outcome in the data: nobody but the borrower knows it.

Repaid loans are paid instalment by instalment, mostly on the due date, sometimes some days before or, within the grace, after
it. The others stop at some instalment: a part of them catches up with everything some months later, a part pays less than is due
for a while, the rest never pays again. A few do something odd: a document comes late, an application is withdrawn, a bank takes
a payment back, somebody pays too much, pays for a loan that does not exist, or pays long after the write-off.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from loanstream.demo.chance import Chance

GRACE_DAYS = 3
"""Nobody who repays pays later than this after the due date; the product's grace is as long."""


class Ending(StrEnum):
    """How it goes with a borrower who stops paying."""

    CURES = "cures"
    """Pays everything past due one to four months later, and every instalment from then on."""
    PAYS_PART = "pays part"
    """Pays a part of each instalment for some months, then never again."""
    PAYS_PART_AND_CURES = "pays part and cures"
    """Pays a part for some months, then everything past due."""
    NEVER = "never"


class Act(StrEnum):
    """Something a borrower, or the borrower's bank, does on a day."""

    PAY = "pay"
    """Pay the instalment, and whatever is left of those before it."""
    PAY_ARREARS = "pay arrears"
    """Pay everything past due and due, penalty included."""
    PAY_PART = "pay part"
    TAKE_BACK = "take back"
    """The bank takes the payment of the instalment back."""
    PAY_AGAIN = "pay again"
    """Pay the instalment anew after the bank took the first payment back."""
    RECOVER = "recover"
    """Pay something long after the write-off."""


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One act on one day; ``number`` is the instalment it is about."""

    day: date
    act: Act
    number: int


@dataclass(frozen=True, slots=True)
class Odd:
    """What is unusual about a borrower; most have nothing of it."""

    supplement_after: int = 0
    """Days after which a document that was left out is handed in; 0 for a complete application."""
    withdraws: bool = False
    """Does not sign the contract, but withdraws."""
    taken_back: int = 0
    """Number of the instalment whose payment the bank takes back; 0 for none."""
    overpays: bool = False
    """Pays more than is owed with the last instalment."""
    pays_stranger: bool = False
    """Once pays for a loan that does not exist."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One borrower's future."""

    chance: Chance
    months: int
    odd: Odd
    stops_at: int = 0
    """First instalment that is not paid in time; 0 when every one is."""
    ending: Ending = Ending.CURES
    arrears_days: int = 0
    """From the first missed due date to the payment of everything past due."""
    parts: int = 0
    """How many instalments are paid in part."""
    part_percent: int = 0
    recovers_after: int = 0
    """From the first missed due date to a payment after the write-off; 0 for none."""

    @property
    def cures(self) -> bool:
        """Whether arrears, if there are any, are paid at last."""
        return not self.stops_at or self.ending in (Ending.CURES, Ending.PAYS_PART_AND_CURES)


def plan_of(chance: Chance, months: int, repaid: bool) -> Plan:
    """The plan of a row under a seed, for a loan of so many instalments."""
    odd = _odd(chance, months, repaid)
    if repaid:
        return Plan(chance, months, odd)
    ending = _ending(chance)
    parts = chance.between(1, 4, "parts") if ending in (Ending.PAYS_PART, Ending.PAYS_PART_AND_CURES) else 0
    return Plan(
        chance,
        months,
        odd,
        stops_at=chance.between(1, max(1, months * 3 // 4), "stops at"),
        ending=ending,
        arrears_days=chance.between(30 * max(1, parts), 120, "arrears days"),
        parts=parts,
        part_percent=chance.between(30, 70, "part percent"),
        recovers_after=chance.between(250, 330, "recovers after") if chance.happens(200, "recovers") else 0,
    )


def _ending(chance: Chance) -> Ending:
    drawn = chance.below(100, "ending")
    if drawn < 30:
        return Ending.CURES
    if drawn < 45:
        return Ending.PAYS_PART
    return Ending.PAYS_PART_AND_CURES if drawn < 55 else Ending.NEVER


def _odd(chance: Chance, months: int, repaid: bool) -> Odd:
    return Odd(
        supplement_after=chance.between(1, 3, "supplement after") if chance.happens(50, "supplement") else 0,
        withdraws=chance.happens(20, "withdraws"),
        taken_back=chance.between(1, months, "taken back") if repaid and chance.happens(40, "take back") else 0,
        overpays=repaid and chance.happens(30, "overpays"),
        pays_stranger=chance.happens(20, "pays stranger"),
    )


def agenda(plan: Plan, value_date: date) -> tuple[Step, ...]:
    """Every act of a borrower whose loan runs from ``value_date``, in order of days."""
    steps = [step for number in range(1, plan.months + 1) for step in _instalment(plan, value_date, number)]
    if plan.stops_at and plan.cures:
        steps.append(Step(_cured_on(plan, value_date), Act.PAY_ARREARS, _due_until(plan, value_date)))
    if not plan.cures and plan.recovers_after:
        first_missed = due_date(value_date, plan.stops_at)
        steps.append(Step(first_missed + timedelta(plan.recovers_after), Act.RECOVER, plan.stops_at))
    return tuple(sorted(steps))


def _instalment(plan: Plan, value_date: date, number: int) -> list[Step]:
    due = due_date(value_date, number)
    if plan.stops_at and number >= plan.stops_at and not (plan.cures and due > _cured_on(plan, value_date)):
        return [Step(due, Act.PAY_PART, number)] if number < plan.stops_at + plan.parts else []
    if number == plan.odd.taken_back:
        back = due + timedelta(GRACE_DAYS - 1)
        return [Step(due, Act.PAY, number), Step(back, Act.TAKE_BACK, number), Step(back, Act.PAY_AGAIN, number)]
    return [Step(due + timedelta(_days_off(plan.chance, number)), Act.PAY, number)]


def _days_off(chance: Chance, number: int) -> int:
    """Days before (negative) or after the due date, within the grace."""
    drawn = chance.below(100, "days off", number)
    if drawn < 6:
        return -1 - drawn % 3
    return 1 + drawn % GRACE_DAYS if drawn < 14 else 0


def _cured_on(plan: Plan, value_date: date) -> date:
    return due_date(value_date, plan.stops_at) + timedelta(plan.arrears_days)


def _due_until(plan: Plan, value_date: date) -> int:
    """The last instalment that is due when everything past due is paid."""
    cured_on = _cured_on(plan, value_date)
    return max(n for n in range(plan.stops_at, plan.months + 1) if due_date(value_date, n) <= cured_on)


def willing(plan: Plan, value_date: date, today: date) -> bool:
    """Whether the borrower, reminded today, pays what is past due: not in the middle of arrears, nor for good."""
    if not plan.stops_at or today < due_date(value_date, plan.stops_at):
        return True
    return plan.cures and today >= _cured_on(plan, value_date)


def due_date(value_date: date, number: int) -> date:
    """Due date of an instalment: so many months after the value date, at most the month's last day."""
    month = value_date.month - 1 + number
    year, month = value_date.year + month // 12, month % 12 + 1
    return date(year, month, min(value_date.day, monthrange(year, month)[1]))


def part_of(plan: Plan, amount: Decimal) -> Decimal:
    """What a borrower pays who pays a part: the percentage of ``amount``, half-up to 0.01."""
    return (amount * plan.part_percent / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)

"""Tiers of authority over reductions 减免审批权限: how much of a component each tier may waive, as dated data."""

from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from schemas.decision import Context, Refusal
from schemas.money import Money, minor, of_minor
from services.servicing.domain.loan.ending.deciding import unapproved


@dataclass(frozen=True)
class Tier:
    """One tier: its permission and the largest reduction in a decision by component, CNY; ``None`` is without limit."""

    permission: str
    limits: Mapping[str, Decimal] | None

    def allows(self, reduction: Mapping[str, int], currency: str) -> bool:
        """Whether each component of ``reduction``, minor units, stays within the tier."""
        return self.exceeded(reduction, currency) is None

    def exceeded(self, reduction: Mapping[str, int], currency: str) -> str | None:
        """The first component that is above the tier. Limits are in CNY: other currencies need a tier without limit."""
        if self.limits is None:
            return None
        for name, amount in reduction.items():
            if amount and (currency != "CNY" or amount > minor(Money(self.limits[name], "CNY"))):
                return name
        return None


@dataclass(frozen=True)
class Table:
    """The tiers, lowest first, in force from a day on."""

    from_date: date
    source: str
    tiers: tuple[Tier, ...]


def _limits(claims: str, charges: str) -> dict[str, Decimal]:
    """``claims`` for principal and interest, ``charges`` for what default added."""
    return {
        "principal": Decimal(claims),
        "interest": Decimal(claims),
        "penalty": Decimal(charges),
        "compound": Decimal(charges),
        "fee": Decimal(charges),
        "cost": Decimal(charges),
    }


TABLES = (
    Table(
        date(1970, 1, 1),
        "house parameter of 2026-01-01, proposal: no law sets it; a lender puts its own resolution here",
        (
            Tier("servicing:waive", _limits("20000", "50000")),
            Tier("servicing:waive-large", _limits("200000", "500000")),
            Tier("servicing:waive-any", None),
        ),
    ),
)
"""By the day from which they hold, earliest first; a change is a further table."""

WAIVE = TABLES[-1].tiers[0].permission
"""What somebody needs to waive anything at all."""
TIERED = frozenset(tier.permission for table in TABLES for tier in table.tiers)
"""Permissions of every tier."""


def in_force(day: date, tables: tuple[Table, ...] = TABLES) -> Table:
    """The table that holds on ``day``."""
    return tables[bisect_right([table.from_date for table in tables], day) - 1]


def tier_needed(reduction: Mapping[str, int], currency: str, table: Table) -> int:
    """Index of the lowest tier that may decide ``reduction``."""
    return next(index for index, tier in enumerate(table.tiers) if tier.allows(reduction, currency))


def above_tier(
    reduction: Mapping[str, int], currency: str, maker: str, approvals: tuple[str, ...], context: Context
) -> Refusal | None:
    """A refusal when the actor's tier is too low; from the second tier on also when maker or approval is missing."""
    table = in_force(context.business_date)
    needed = tier_needed(reduction, currency, table)
    held = _held(context.actor.permissions, table)
    if held >= needed:
        return unapproved(maker, approvals, context) if needed else None
    tier = table.tiers[max(held, 0)]
    name = tier.exceeded(reduction, currency) or "principal"
    limit = str(of_minor(minor(Money(tier.limits[name], "CNY")), "CNY").amount) if tier.limits and held >= 0 else "0"
    return Refusal(
        "waiver-above-tier",
        f"Your tier waives at most {limit} CNY of {name}; ask somebody with the permission {table.tiers[needed].permission}.",
        rule=f"waiver.tier.{name}",
        limit=limit,
        source=table.source,
    )


def _held(permissions: Collection[str], table: Table) -> int:
    """Index of the highest tier that the permissions give; −1 for none."""
    return max((index for index, tier in enumerate(table.tiers) if tier.permission in permissions), default=-1)

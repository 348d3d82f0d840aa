"""A points table 评分卡: declared values → points → score → probability of default, rating, reason codes."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from schemas.terms import ReasonCode
from services.risk.domain.assessment.scaling import ARITHMETIC, scaling

Value = str | int | Decimal
"""A declared value: a band's text, or a number."""

SCORABLE = frozenset(
    {
        "amount",
        "months",
        "purpose",
        "checking_account",
        "credit_history",
        "savings",
        "employment",
        "instalment_burden",
        "other_debtors",
        "residence_years",
        "property",
        "other_plans",
        "housing",
        "existing_credits",
    }
)
"""What a scorecard may look at. Age band, dependants and job are declared too, but are protected or stand for it."""

_PD_STEP = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Points for some values, or for numbers up to a bound (inclusive); the last bound of an attribute is open."""

    points: int
    values: tuple[str, ...] = ()
    up_to: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One scored attribute."""

    name: str
    label: str
    """In words, for the applicant."""
    otherwise: int
    """Points of a value in no band: those of a value that says nothing either way."""
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """``base_score`` points stand for odds good:bad of ``base_odds``; every ``points_to_double_odds`` more double them."""

    base_score: int
    base_odds: int
    points_to_double_odds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingFloor:
    """A rating and the lowest score that earns it; ``None`` for the last."""

    rating: str
    from_score: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """A versioned points table, as shipped in ``scorecards/<name>-<version>.json``."""

    name: str
    version: str
    source: str
    """What it was built from."""
    currency: str
    """The currency its amount bands are in."""
    scale: Scale
    ratings: tuple[RatingFloor, ...]
    reasons: int
    """How many reason codes at most: three to five."""
    never_scored: dict[str, str]
    attributes: tuple[Attribute, ...]

    @property
    def label(self) -> str:
        """Name and version, e.g. ``consumer/1``."""
        return f"{self.name}/{self.version}"


@dataclass(frozen=True, slots=True)
class Scored:
    """Points of one attribute, with the best it has and whether the value was in a band."""

    attribute: Attribute
    points: int
    best: int
    known: bool


def scored(card: Scorecard, declared: dict[str, Value]) -> tuple[Scored, ...]:
    """Points by attribute, in the order of the card."""
    return tuple(_scored(attribute, declared[attribute.name]) for attribute in card.attributes)


def _scored(attribute: Attribute, value: Value) -> Scored:
    band = next((band for band in attribute.bands if _holds(band, value)), None)
    best = max(band.points for band in attribute.bands)
    return Scored(attribute, band.points if band else attribute.otherwise, best, band is not None)


def _holds(band: Band, value: Value) -> bool:
    if band.values:
        return plain(str(value)) in map(plain, band.values)
    return not isinstance(value, str) and (band.up_to is None or value <= band.up_to)


def plain(value: str) -> str:
    """A value's text without regard to case and runs of blanks."""
    return " ".join(value.casefold().split())


def probability_of_default(scale: Scale, score: int) -> Decimal:
    """PD = 1/(1+odds) with score = offset + factor·ln(odds), factor = PDO/ln 2, offset = base − factor·ln(base odds).

    A fraction with six decimals, rounded half-even once at the end.
    """
    line = scaling(Decimal(scale.base_score), Decimal(scale.base_odds), Decimal(scale.points_to_double_odds))
    with localcontext(ARITHMETIC):
        return line.pd(Decimal(score)).quantize(_PD_STEP, ROUND_HALF_EVEN)


def rating(card: Scorecard, score: int) -> str:
    """The best rating whose floor the score reaches."""
    return next(r.rating for r in card.ratings if r.from_score is None or score >= r.from_score)


def reason_codes(card: Scorecard, points: tuple[Scored, ...]) -> tuple[ReasonCode, ...]:
    """The attributes with the largest shortfall from their best points, largest first, ties by the card's order."""
    short = sorted((s for s in points if s.points < s.best), key=lambda s: s.points - s.best)
    return tuple(
        ReasonCode(
            code=f"score-{s.attribute.name.replace('_', '-')}",
            message=f"{s.attribute.label.capitalize()}: {s.points} of at most {s.best} points.",
            rule=card.label,
        )
        for s in short[: card.reasons]
    )


def problems(card: Scorecard) -> list[str]:
    """What is wrong with a scorecard, a sentence each; empty when it can be used."""
    names = [attribute.name for attribute in card.attributes]
    found = [f"attribute {name!r} may not be scored or is not declared" for name in names if name not in SCORABLE]
    found += [f"attribute {name!r} stands twice" for name in sorted(set(names)) if names.count(name) > 1]
    found += [problem for attribute in card.attributes for problem in _band_problems(attribute)]
    if not 3 <= card.reasons <= 5:
        found.append(f"reasons is {card.reasons}; three to five are given")
    floors = [r.from_score for r in card.ratings]
    if [r.rating for r in card.ratings] != list("ABCDE") or not _descending_to_open(floors):
        found.append("ratings must be A to E with falling lowest scores, the last without one")
    if card.scale.points_to_double_odds <= 0 or card.scale.base_odds <= 0:
        found.append("points_to_double_odds and base_odds must be above zero")
    return found


def _band_problems(attribute: Attribute) -> list[str]:
    values = [plain(value) for band in attribute.bands for value in band.values]
    found = [f"{attribute.name}: value {value!r} is in two bands" for value in set(values) if values.count(value) > 1]
    if values and not all(band.values and band.up_to is None for band in attribute.bands):
        found.append(f"{attribute.name}: bands are by value or by bound, not both")
    if not values and not _ascending_to_open([band.up_to for band in attribute.bands]):
        found.append(f"{attribute.name}: bounds must rise, the last without one")
    return found


def _ascending_to_open(bounds: list[Decimal | None]) -> bool:
    closed = [bound for bound in bounds[:-1] if bound is not None]
    return bool(bounds) and bounds[-1] is None and len(closed) == len(bounds) - 1 and closed == sorted(set(closed))


def _descending_to_open(floors: list[int | None]) -> bool:
    return _ascending_to_open([None if floor is None else Decimal(-floor) for floor in floors])

"""What a measurement is, and how two things are compared on a machine whose mood changes."""

import cProfile
import pstats
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_PROFILED = 6
_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the table."""

    what: str
    target: str
    measured: str
    met: bool | None
    """``None`` where the row states a figure without a target of its own."""
    detail: str = ""
    """Absolute figures of this run; they say nothing about another machine."""
    why: str = ""
    """For a miss: where the time or memory goes."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """What the page's text reckons with."""

    @property
    def verdict(self) -> str:
        """The last column."""
        return {True: "met", False: "missed", None: "–"}[self.met]


@dataclass(slots=True)
class Pair:
    """Ours and the raw loop, measured in turns: of each the best turn counts, since noise only ever adds."""

    ours: list[float]
    raw: list[float]

    @classmethod
    def empty(cls) -> "Pair":
        """No turn yet."""
        return cls([], [])

    @property
    def share(self) -> float:
        """Our speed as a share of the raw loop's: best turn against best turn."""
        return min(self.raw) / min(self.ours)

    @property
    def multiple(self) -> float:
        """Our time as a multiple of the raw loop's."""
        return min(self.ours) / min(self.raw)


def top_functions(profile: cProfile.Profile, most: int = _PROFILED) -> str:
    """The functions that took most time themselves, in words: "chain.link 9 %, ..."; waiting is left out."""
    stats = pstats.Stats(profile)
    rows = [(own, _name(place)) for place, (_, _, own, _, _) in stats.stats.items() if "select.epoll" not in place[2]]  # type: ignore[attr-defined]
    total = sum(own for own, _ in rows) or 1.0
    rows.sort(reverse=True)
    return ", ".join(f"`{name}` {own / total:.0%}" for own, name in rows[:most])


def _name(place: tuple[str, int, str]) -> str:
    file, _, function = place
    if file == "~":
        return function.strip("<>").replace("built-in method ", "").replace("method ", "")
    path = Path(file)
    module = path.relative_to(_ROOT).with_suffix("").as_posix() if path.is_relative_to(_ROOT) else path.stem
    return f"{module.rpartition('site-packages/')[2].replace('/', '.')}.{function}"

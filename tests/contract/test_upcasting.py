"""An event of an older major is read as the newest by folds, reactions and read models."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from schemas import codec, registry, upcasting
from schemas.registry import UnknownType

FIRST = "loanstream.upcasting.Moved.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The third version: a distance in metres, and who moved."""

    loan_id: str
    metres: int
    mover: str


@pytest.fixture(autouse=True)
def _three_versions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two versions without a class of their own any more; the registries are as before afterwards."""
    monkeypatch.setattr(registry, "_BY_TYPE", dict(registry._BY_TYPE))
    monkeypatch.setattr(registry, "_BY_CLASS", dict(registry._BY_CLASS))
    monkeypatch.setattr(upcasting, "_UPCASTS", dict(upcasting._UPCASTS))
    registry.register("event", "upcasting", "loan", 3, Moved)

    @upcasting.upcaster(FIRST)
    def _metres(data: dict[str, Any]) -> dict[str, Any]:
        """The first version said kilometres."""
        return {"loan_id": data["loan_id"], "metres": data["kilometres"] * 1000}

    @upcasting.upcaster("loanstream.upcasting.Moved.v2")
    def _mover(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "mover": "unknown"}

    return


def test_an_event_of_the_first_version_is_read_through_every_step() -> None:
    assert upcasting.read_as(FIRST) == "loanstream.upcasting.Moved.v3"
    moved = upcasting.decode(FIRST, b'{"loan_id": "l-1", "kilometres": 2}')
    assert moved == Moved(loan_id="l-1", metres=2000, mover="unknown")
    assert upcasting.decode("loanstream.upcasting.Moved.v2", b'{"loan_id": "l-1", "metres": 5}').metres == 5


def test_an_event_of_the_newest_version_is_read_as_it_is() -> None:
    newest = Moved(loan_id="l-1", metres=7, mover="m")
    assert upcasting.decode("loanstream.upcasting.Moved.v3", codec.encode(newest)) == newest


def test_a_version_that_nobody_knows_is_unknown() -> None:
    with pytest.raises(UnknownType):
        upcasting.decode("loanstream.upcasting.Moved.v4", b"{}")


def test_a_version_has_one_upcaster() -> None:
    with pytest.raises(ValueError, match="already has an upcaster"):
        upcasting.upcaster(FIRST)(lambda data: data)
    with pytest.raises(ValueError, match="is no type string"):
        upcasting.upcaster("Moved")


def test_what_has_an_upcaster_is_listed_with_what_it_is_read_as() -> None:
    newest = "loanstream.upcasting.Moved.v3"
    assert upcasting.upcasts() == {FIRST: newest, "loanstream.upcasting.Moved.v2": newest}
    assert replace(upcasting.decode(FIRST, b'{"loan_id": "l", "kilometres": 0}'), mover="x").mover == "x"

"""Query parameters are as closed as bodies: one that a route does not have is refused, and so is a value that cannot occur."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from functools import cache

from fastapi import Request
from fastapi.dependencies.models import Dependant

from loanstream.runtime.http.problems import Problem, invalid, invalid_fields
from schemas.contract import event_types

AT_LEAST = "at-least"
"""Parameter of every query that can wait for the read models."""

_LONGEST_NAME = 100


async def known_parameters(request: Request) -> None:
    """A dependency: refuses query parameters that the route does not have. Raises :class:`Problem` 400 naming each.

    A mistyped filter would else answer with everything, as if it had been asked for.
    """
    if not request.query_params:
        return
    allowed = _parameters(request.scope["route"].dependant, request.method)
    unknown = [name for name in request.query_params if name not in allowed]
    if unknown:
        raise invalid_fields([(name[:_LONGEST_NAME] or "query", _unknown(name, allowed)) for name in unknown])


def refuse_unknown(parameter: str, given: Iterable[str], known: Collection[str], what: str) -> None:
    """Raises :class:`Problem` 400 ``invalid-input`` when one of ``given`` is not ``known``; it says what there is."""
    for value in given:
        if value not in known:
            raise invalid(
                parameter, f"{value!r} is no {what}{_meant(value, known)}; there are {_listed(dict.fromkeys(known))}"
            )


def unknown_cursor(value: str, member: str = "next") -> Problem:
    """The 400 for a cursor that no answer gave."""
    return invalid("after", f"{value!r} is no place of this list: give `{member}` of an earlier answer")


def refuse_unknown_types(service: str, types: Iterable[str]) -> None:
    """Refuse event types, by name or in full, that no service has; those of another service only find nothing here."""
    known = _type_names(None)
    for given in types:
        if given not in known:
            own = sorted(name for name in _type_names(service) if "." not in name)
            raise invalid("type", f"{given!r} is no event type{_meant(given, known)}; {service} has {_listed(own)}")


@cache
def _type_names(service: str | None) -> frozenset[str]:
    types = (each for each in event_types() if service in (None, each.context))
    return frozenset(name for each in types for name in (each.name, each.ce_type))


def _parameters(dependant: Dependant, method: str) -> tuple[str, ...]:
    """Names that a route reads from the query."""
    own = [field.alias for field in dependant.query_params]
    # only a query that is given the request can wait for the read models
    waits = [AT_LEAST] if method == "GET" and dependant.request_param_name else []
    return (*own, *waits)


def _unknown(name: str, allowed: Collection[str]) -> str:
    there_are = f"there are {_listed(allowed)}" if allowed else "it has none"
    return f"is no parameter here{_meant(name, allowed)}; {there_are}"


def _meant(given: str, known: Collection[str]) -> str:
    """The nearest of what there is, as a question; nothing when none is near."""
    folded = {name.lower(): name for name in known}
    near = get_close_matches(given.lower(), folded, n=1)
    return f", did you mean {folded[near[0]]}?" if near else ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)

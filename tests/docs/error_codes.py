"""Every stable code of refusals and problems, found in the source: where a code is given, its text is read or computed.

A code that this module cannot read is an error, so that none is missing from ``docs/reference/errors.md``.
"""

import ast
import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from loanstream.runtime.http.answering import REFUSAL_STATUS, REFUSED
from loanstream.runtime.http.errors import _CODES
from loanstream.runtime.http.problems import INVALID_INPUT
from services.origination.routes.tables import APPLICATIONS, CONTRACTS, DRAWDOWNS
from services.servicing.domain.loan.state import Status as LoanStatus

ROOT = Path(__file__).parents[2]
_SOURCES = ("loanstream/runtime", "loanstream/vault", "services")
PLATFORM = "every service"
"""Source of what the platform answers for all of them."""

_PROBLEMS = {"Problem", "problem", "problem_response", "problem_body"}
"""What is called with a status and a code."""
_REFUSAL = "Refusal"
"""What is called with a code: a decider's answer, whose status :data:`REFUSAL_STATUS` says."""

_NOT_RUNNING = tuple((f"loan-{status.value}", None) for status in LoanStatus if status is not LoanStatus.ACTIVE)

_COMPUTED: Mapping[tuple[str, str], Sequence[tuple[str, int | None]]] = {
    # handed on: the code is another call's
    ("loanstream/runtime/http/problems.py", "self.code"): (),
    ("loanstream/runtime/http/problems.py", "code"): (),
    ("loanstream/runtime/http/kit.py", "code"): (),
    ("loanstream/runtime/http/answering.py", "what.code"): (),
    ("loanstream/runtime/decider/fold.py", "outcome.code"): (),
    ("loanstream/runtime/decider/fold.py", "FAILED_BEFORE"): (),  # kept in the window, answered as `command-failed`
    (
        "loanstream/runtime/http/errors.py",
        ast.unparse(
            ast.parse(
                "_CODES.get(error.status_code, INVALID_INPUT if error.status_code < 500 else 'internal-error')"
            ).body[0]
        ),
    ): (*((code, status) for status, code in _CODES.items()), (INVALID_INPUT, 400), ("internal-error", 500)),
    ("services/origination/routes/queries.py", "f'unknown-{thing}'"): tuple(
        (f"unknown-{table.name.removesuffix('s')}", None) for table in (APPLICATIONS, CONTRACTS, DRAWDOWNS)
    ),
    ("services/servicing/domain/loan/waiver.py", "f'loan-{loan.status.value}'"): _NOT_RUNNING,
    ("services/servicing/domain/loan/daily/running.py", "f'loan-{loan.status.value}'"): _NOT_RUNNING,
    ("services/servicing/domain/loan/adoption.py", "f'loan-{loan.status.value}'"): _NOT_RUNNING,
    ("services/servicing/routes/changes.py", "f\"loan-{row['status']}\""): _NOT_RUNNING,
    ("services/servicing/routes/changes.py", "found.code"): (),  # of a preview: what the decision would be refused with
    ("services/servicing/domain/loan/changes/conditions.py", "f'loan-{loan.status.value}'"): _NOT_RUNNING,
    ("services/servicing/domain/loan/ending/deciding.py", "f'loan-{loan.status.value}'"): _NOT_RUNNING,
}
"""Codes that stand in no text of the source, by file and expression, with the status where that goes with the code."""


class Unreadable(Exception):
    """A code is given by an expression that is not understood: add it to the computed ones."""


@dataclass(slots=True)
class Code:
    """One code: with which HTTP statuses it is answered, and by whom."""

    name: str
    statuses: set[int] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Call:
    """A call, with the functions around it, the innermost last."""

    path: str
    node: ast.Call
    around: tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...]

    @property
    def name(self) -> str:
        called = self.node.func
        return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


@cache
def error_codes() -> Mapping[str, Code]:
    """Every code by its name. Raises :class:`Unreadable`."""
    codes: dict[str, Code] = {}
    for call in _calls():
        for name, status in _given(call):
            if name:
                code = codes.setdefault(name, Code(name))
                code.statuses.add(status)
                code.sources.add(_source(call.path))
    return dict(sorted(codes.items()))


def _given(call: _Call) -> Iterator[tuple[str, int]]:
    """The codes that a call gives, with the status of each."""
    arguments = call.node.args
    if call.name in (_REFUSAL, *_PROBLEMS) and any(keyword.arg == "code" for keyword in call.node.keywords):
        raise Unreadable(f"{call.path}:{call.node.lineno}: give the code by its place")
    if call.name == _REFUSAL and arguments:
        for name, _ in _codes(call, arguments[0]):
            yield name, REFUSAL_STATUS.get(name, REFUSED)
    elif call.name in _PROBLEMS and len(arguments) > 1:
        for name, status in _codes(call, arguments[1]):
            yield name, status if status is not None else _number(arguments[0])


def _codes(call: _Call, expression: ast.expr) -> Iterable[tuple[str, int | None]]:
    known = _COMPUTED.get((call.path, ast.unparse(expression)))
    return known if known is not None else [(text, None) for text in _texts(call, expression)]


def _texts(call: _Call, expression: ast.expr) -> set[str]:
    """What a code's expression can be: a text, a constant of the module, a parameter, or these in an f-string."""
    match expression:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.JoinedStr(values=parts):
            return {"".join(texts) for texts in product(*(_texts(call, part) for part in parts))}
        case ast.FormattedValue(value=inner):
            return _texts(call, inner)
        case ast.Name(id=name):
            for function in reversed(call.around):
                if (place := _place(function, name)) is not None:
                    return _passed(call, function.name, place)
            if isinstance(constant := getattr(_module(call.path), name, None), str):
                return {constant}
    raise Unreadable(f"{call.path}:{expression.lineno}: {ast.unparse(expression)}")


def _passed(call: _Call, function: str, place: int) -> set[str]:
    """What the callers of a function of the same package give at that place."""
    package = _package(call.path)
    callers = [each for each in _calls() if each.name == function and _package(each.path) == package]
    if not callers:
        raise Unreadable(f"{call.path}: nobody calls {function}")
    return set[str]().union(*(_texts(each, each.node.args[place]) for each in callers))


def _place(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> int | None:
    names = [argument.arg for argument in function.args.args]
    return names.index(name) if name in names else None


def _number(expression: ast.expr) -> int:
    if isinstance(expression, ast.Constant) and isinstance(expression.value, int):
        return expression.value
    raise Unreadable(f"status {ast.unparse(expression)}, line {expression.lineno}")


@cache
def _calls() -> tuple[_Call, ...]:
    return tuple(
        call
        for source in _SOURCES
        for path in sorted((ROOT / source).rglob("*.py"))
        for call in _calls_in(str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8")), ())
    )


def _calls_in(path: str, node: ast.AST, around: tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...]) -> Iterator[_Call]:
    if isinstance(node, ast.Call):
        yield _Call(path, node, around)
    inside = (*around, node) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else around
    for child in ast.iter_child_nodes(node):
        yield from _calls_in(path, child, inside)


def _module(path: str) -> Any:
    return importlib.import_module(path.removesuffix(".py").replace("/", "."))


def _package(path: str) -> str:
    return "/".join(path.split("/")[:2])


def _source(path: str) -> str:
    top, name = path.split("/")[:2]
    return name if top == "services" else PLATFORM

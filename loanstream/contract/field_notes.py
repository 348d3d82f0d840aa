"""What the source says about fields: the text that stands below a field of a class describes it, else the glossary its name."""

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from textwrap import dedent
from typing import Any, get_args, get_type_hints

from loanstream.contract.glossary import GLOSSARY

_ROLE = re.compile(r":\w+:`~?([^`]+)`")


def field_notes(cls: type[Any]) -> Mapping[str, str]:
    """The text below each field of a class and of those that it extends, else what its name means everywhere, if anything."""
    names = [each.name for each in fields(cls)] if is_dataclass(cls) else []
    notes = {name: GLOSSARY[name] for name in names if name in GLOSSARY}
    for each in reversed(cls.__mro__):
        if "__annotations__" in vars(each):
            notes.update(_own_notes(each))
    return notes


def plain(text: str) -> str:
    """A docstring without the marks of its markup, one line a paragraph."""
    paragraphs = (" ".join(paragraph.split()) for paragraph in inspect.cleandoc(text).split("\n\n"))
    return "\n\n".join(_ROLE.sub(r"\1", paragraph).replace("``", "`") for paragraph in paragraphs if paragraph)


def dataclasses_in(cls: type[Any]) -> dict[str, type[Any]]:
    """Every dataclass that a dataclass is made of, itself included, by name. Raises ``ValueError`` when two share a name."""
    found: dict[str, type[Any]] = {}
    ahead = [cls]
    while ahead:
        each = ahead.pop()
        if found.setdefault(each.__name__, each) is not each:
            raise ValueError(f"two dataclasses of {cls.__name__} are called {each.__name__}")
        ahead += [
            inner
            for hint in get_type_hints(each).values()
            for inner in _inside(hint)
            if is_dataclass(inner) and isinstance(inner, type) and found.get(inner.__name__) is not inner
        ]
    return found


def _inside(hint: Any) -> Iterator[Any]:
    yield hint
    for argument in get_args(hint):
        yield from _inside(argument)


@cache
def _own_notes(cls: type[Any]) -> Mapping[str, str]:
    """Read once: a class stands in many messages, and every document asks for them all."""
    return dict(_notes_in_source(cls))


def _notes_in_source(cls: type[Any]) -> Iterator[tuple[str, str]]:
    try:
        source = dedent(inspect.getsource(cls))
    except (OSError, TypeError):
        return  # made by code: the class it extends has the text
    [definition] = ast.parse(source).body
    assert isinstance(definition, ast.ClassDef)
    for field, note in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(note, ast.Expr):
            text = note.value.value if isinstance(note.value, ast.Constant) else None
            if isinstance(text, str):
                yield field.target.id, plain(text)

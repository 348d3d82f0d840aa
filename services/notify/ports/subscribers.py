"""Webhook subscribers 回调订阅方: who gets which events, from a JSON settings file.

    [{"name": "ledger", "url": "https://ledger.example/events", "secret_file": "ledger.secret",
      "types": ["loanstream.servicing.*", "loanstream.origination.Disbursed.v1"]}]

``secret_file`` is relative to the settings file; each of its lines is a secret, and each signs, so that a secret can be
changed without a gap.
"""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, TypeAdapter, ValidationError

from schemas.contract import event_types

SHORTEST_SECRET = 16
"""Characters."""


class BadSubscribers(ValueError):
    """The settings file cannot be used; the text names everything wrong in it and shows no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One subscriber as it stands in the file."""

    name: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]
    url: str
    secret_file: Path
    types: Annotated[tuple[str, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A downstream system that is called for some event types."""

    name: str
    url: str
    secrets: tuple[str, ...] = field(repr=False)
    types: tuple[str, ...]
    """Event types; ``*`` stands for any characters."""


def load_subscribers(path: Path) -> tuple[Subscriber, ...]:
    """The subscribers of a settings file; none when it does not exist. Raises :class:`BadSubscribers`."""
    if not path.exists():
        return ()
    try:
        entries = TypeAdapter(tuple[_Entry, ...]).validate_json(path.read_bytes(), extra="forbid")
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise BadSubscribers(f"{path}: {'; '.join(wrong)}") from None
    names = [entry.name for entry in entries]
    problems = [f"{name!r} stands twice" for name in sorted(set(names)) if names.count(name) > 1]
    problems += [f"{entry.name}: {problem}" for entry in entries for problem in _problems(entry, path.parent)]
    if problems:
        raise BadSubscribers(f"{path}: {'; '.join(problems)}")
    return tuple(
        Subscriber(name=e.name, url=e.url, secrets=_secrets(path.parent / e.secret_file), types=e.types)
        for e in entries
    )


def _problems(entry: _Entry, folder: Path) -> list[str]:
    found = [] if _is_safe(entry.url) else ["url must begin with https://, or with http:// and a loopback address"]
    found += [f"types: no event type matches {pattern!r}" for pattern in entry.types if not _matches(pattern)]
    try:
        secrets = _secrets(folder / entry.secret_file)
    except OSError as error:
        return [*found, f"secret_file {entry.secret_file} cannot be read ({error.strerror})"]
    if not secrets or min(map(len, secrets)) < SHORTEST_SECRET:
        found.append(
            f"secret_file {entry.secret_file}: each line must be a secret of {SHORTEST_SECRET} characters or more"
        )
    return found


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(host)
    return parts.scheme == "http" and _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _matches(pattern: str) -> bool:
    """Whether a type that can be delivered matches; notify's own cannot: their delivery would be an event again."""
    return any(fnmatchcase(kind.ce_type, pattern) for kind in event_types() if kind.context != "notify")


def _secrets(file: Path) -> tuple[str, ...]:
    return tuple(line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip())

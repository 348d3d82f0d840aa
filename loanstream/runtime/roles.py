"""Roles and permissions, read from ``roles.json`` beside this file 角色与权限."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

OWN_PARTY = "own-party"
"""Scope of a role that sees the things of one party only."""

_FILE = Path(__file__).with_name("roles.json")


@dataclass(frozen=True, slots=True)
class Roles:
    """The file's content."""

    permissions: Mapping[str, str]
    """Every permission there is, with its meaning."""
    granted: Mapping[str, frozenset[str]]
    """Permissions by role."""
    scoped: frozenset[str]
    """Roles that see the things of their own party only."""
    demo_users: Mapping[str, Mapping[str, Any]]
    """Users that a new installation of the local issuer gets: roles, and the party they act for (``*``: any)."""

    def permissions_of(self, roles: Iterable[str]) -> frozenset[str]:
        """What these roles give together; a role that the file does not know gives nothing."""
        return frozenset[str]().union(*(self.granted.get(role, frozenset()) for role in roles))

    def is_scoped(self, roles: Iterable[str]) -> bool:
        """Whether somebody with these roles sees the things of one party only: no role of theirs is unscoped."""
        return not any(role in self.granted and role not in self.scoped for role in roles)


@cache
def roles() -> Roles:
    """The shipped roles. Raises ``ValueError`` when a role grants a permission that the file does not explain."""
    return parse(json.loads(_FILE.read_text(encoding="utf-8")))


def parse(stored: Mapping[str, Any]) -> Roles:
    """Roles of a file's content. Raises ``ValueError`` when names in it do not fit together."""
    permissions: Mapping[str, str] = stored["permissions"]
    granted = {role: frozenset(entry["permissions"]) for role, entry in stored["roles"].items()}
    for role, given in granted.items():
        if unknown := given - set(permissions):
            raise ValueError(f"role {role!r} grants unknown permissions: {', '.join(sorted(unknown))}")
    for user, entry in stored["demo_users"].items():
        if strangers := set(entry["roles"]) - set(granted):
            raise ValueError(f"demo user {user!r} has unknown roles: {', '.join(sorted(strangers))}")
    scoped = frozenset(role for role, entry in stored["roles"].items() if entry.get("scope") == OWN_PARTY)
    return Roles(permissions, granted, scoped, stored["demo_users"])

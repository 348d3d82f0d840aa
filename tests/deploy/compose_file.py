"""What docker-compose.yml says, as data: read as YAML, with the defaults of its variables put in."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE_FILE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "Dockerfile"
SECRETS_SCRIPT = ROOT / "deploy" / "compose" / "secrets.sh"

OUR_IMAGE = "loanstream:local"

_VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")
_SECRETS = re.compile(r"\$\{LOANSTREAM_SECRETS:\?[^}]*\}")


@cache
def compose() -> dict[str, Any]:
    """The file with every variable at its default."""
    text = _VARIABLE.sub(lambda found: found[2], COMPOSE_FILE.read_text(encoding="utf-8"))
    text = _SECRETS.sub("./deploy/compose/secrets", text)
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def services() -> dict[str, dict[str, Any]]:
    """Every service by name."""
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def jobs() -> dict[str, dict[str, Any]]:
    """The services that end by themselves."""
    return {name: service for name, service in services().items() if service["restart"] == "no"}


def long_running() -> dict[str, dict[str, Any]]:
    """The services that stay."""
    return {name: service for name, service in services().items() if name not in jobs()}


def ours() -> dict[str, dict[str, Any]]:
    """The services that run our image."""
    return {name: service for name, service in services().items() if service["image"] == OUR_IMAGE}

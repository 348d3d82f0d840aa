"""The files of ``deploy/observability``, read."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from loanstream.eventlog.memory import MemoryLog
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.metrics import SHOWN, HostMetrics
from loanstream.runtime.telemetry import REGISTRY

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "observability"
RULES = FOLDER / "prometheus" / "rules"
RULE_TESTS = FOLDER / "prometheus" / "tests" / "alerts.yml"
SCRAPED = {"job", "instance"}
"""Labels that Prometheus puts to every series."""

_SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
_VARIABLES = (("$__rate_interval", "1m"), ("$service", ".*"), ("$consumer", ".*"), ("$instance", ".*"))


@dataclass(frozen=True, slots=True)
class Query:
    """One expression, and where it stands."""

    where: str
    expression: str


def read(path: Path) -> Any:
    """A YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@cache
def rules(kind: str) -> Mapping[str, Mapping[str, Any]]:
    """Rules by name, of kind ``alert`` or ``record``. Raises ``ValueError`` where a name stands twice."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted(RULES.glob("*.yml")):
        for group in read(path)["groups"]:
            for rule in group["rules"]:
                if kind in rule and rule[kind] in found:
                    raise ValueError(f"{path.name}: {rule[kind]} stands twice")
                if kind in rule:
                    found[rule[kind]] = rule
    return found


@cache
def dashboards() -> Mapping[str, Mapping[str, Any]]:
    """Dashboards by file name."""
    files = sorted((FOLDER / "grafana" / "dashboards").glob("*.json"))
    return {file.name: json.loads(file.read_text(encoding="utf-8")) for file in files}


def rule_queries() -> list[Query]:
    """What rules ask."""
    return [Query(name, rule["expr"]) for kind in ("record", "alert") for name, rule in rules(kind).items()]


def dashboard_queries() -> list[Query]:
    """What panels ask, with their variables set to everything."""
    return [
        Query(f"{file}: {panel['title']}", _with_variables(target["expr"]))
        for file, dashboard in dashboards().items()
        for panel in dashboard["panels"]
        for target in panel["targets"]
    ]


def variable_queries() -> list[Query]:
    """The series that the variables of dashboards take their values from."""
    return [
        Query(f"{file}: ${variable['name']}", re.sub(r"label_values\((.+), \w+\)", r"\1", variable["query"]["query"]))
        for file, dashboard in dashboards().items()
        for variable in dashboard["templating"]["list"]
    ]


@cache
def shown() -> Mapping[str, frozenset[str]]:
    """Every series that our processes show, with its own labels."""
    series = {family.name: frozenset(family.labels) for family in SHOWN}
    for registry in (REGISTRY, HostMetrics(MemoryLog(), MemoryStore()).registry):
        for name, labels in _wrapped(registry).items():
            series[name] = labels
    process = {family.name: family.type for family in REGISTRY.collect() if family.name.startswith("process_")}
    for name, kind in process.items():
        series.update(dict.fromkeys((name + suffix for suffix in _SUFFIXES[kind]), frozenset()))
    return series


def _wrapped(registry: CollectorRegistry) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for metric in registry._collector_to_names:
        if isinstance(metric, MetricWrapperBase):
            for suffix in _SUFFIXES[metric._type]:
                bucket = {"le"} if suffix == "_bucket" else set()
                found[metric._name + suffix] = frozenset(metric._labelnames) | bucket
    return found


def _with_variables(expression: str) -> str:
    for variable, value in _VARIABLES:
        expression = expression.replace(variable, value)
    return expression

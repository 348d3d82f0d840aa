"""The chart as the real `helm` renders it: the one of ``LOANSTREAM_HELM``, of the path, or the one that ``make helm`` builds."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

TOOL = "LOANSTREAM_HELM"
NO_HELM = f"needs helm: `make helm` builds it where there is Go, or {TOOL} names it"

CHART = Path(__file__).parents[2] / "deploy/helm/loanstream"
VALUES = tuple(sorted((CHART / "ci").glob("*-values.yaml")))
RELEASE, NAMESPACE = "loans", "lending"
_CLUSTER = "1.34.0"
"""A helm that was built from its module believes in a Kubernetes of years ago."""

Manifest = Mapping[str, Any]
_SECONDS = 60


@cache
def helm_tool() -> str | None:
    """The program, if there is one."""
    built = Path(sys.executable).parent / "helm"
    return os.environ.get(TOOL) or shutil.which("helm") or (str(built) if built.exists() else None)


def helm(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Call helm, whatever comes of it."""
    tool = helm_tool()
    assert tool is not None, NO_HELM
    return subprocess.run([tool, *arguments], capture_output=True, text=True, check=False, timeout=_SECONDS)


def template(values: Path, *more: str, chart: Path = CHART) -> "subprocess.CompletedProcess[str]":
    """`helm template` with a file of values and more options."""
    arguments = ("--namespace", NAMESPACE, "--kube-version", _CLUSTER, "--values", str(values), *more)
    return helm("template", RELEASE, str(chart), *arguments)


@dataclass(frozen=True, slots=True)
class Workload:
    """Something that makes pods."""

    manifest: Manifest
    pod: Manifest
    """Template of its pods."""

    @property
    def name(self) -> str:
        """Its own name."""
        return str(self.manifest["metadata"]["name"])

    @property
    def labels(self) -> Mapping[str, str]:
        """Labels of its pods."""
        labels: Mapping[str, str] = self.pod["metadata"]["labels"]
        return labels

    @property
    def part(self) -> str:
        """``process`` or ``job``."""
        return self.labels["loanstream-part"]

    @property
    def spec(self) -> Mapping[str, Any]:
        """Of its pods."""
        spec: Mapping[str, Any] = self.pod["spec"]
        return spec

    @property
    def container(self) -> Mapping[str, Any]:
        """The only one."""
        (container,) = self.spec["containers"]
        found: Mapping[str, Any] = container
        return found

    @property
    def environment(self) -> dict[str, str]:
        """Variables of the container. Raises ``KeyError`` for one that is taken from elsewhere."""
        return {entry["name"]: entry["value"] for entry in self.container["env"]}


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a set of values makes of the chart."""

    values: Mapping[str, Any]
    """The chart's own with those of the set on top."""
    manifests: tuple[Manifest, ...]

    def of(self, *kinds: str) -> list[Manifest]:
        """Manifests of some kinds."""
        return [each for each in self.manifests if each["kind"] in kinds]

    @property
    def workloads(self) -> list[Workload]:
        """Everything that makes pods."""
        return list(self._workloads())

    @property
    def processes(self) -> list[Workload]:
        """Those that run for as long as they can."""
        return [each for each in self.workloads if each.part == "process"]

    def selected(self, labels: Mapping[str, str]) -> list[Workload]:
        """Workloads whose pods have these labels."""
        return [each for each in self.workloads if labels.items() <= each.labels.items()]

    def _workloads(self) -> Iterator[Workload]:
        for each in self.of("StatefulSet", "Deployment", "Job"):
            yield Workload(each, each["spec"]["template"])
        for each in self.of("CronJob"):
            yield Workload(each, each["spec"]["jobTemplate"]["spec"]["template"])


def rendered(values: Path, *more: str, chart: Path = CHART) -> Rendered:
    """The manifests of a set of values, hooks included."""
    done = template(values, *more, chart=chart)
    assert done.returncode == 0, done.stderr
    manifests = tuple(each for each in yaml.safe_load_all(done.stdout) if each)
    return Rendered(merged(defaults(), yaml.safe_load(values.read_text(encoding="utf-8"))), manifests)


def defaults() -> dict[str, Any]:
    """The chart's own values."""
    values: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    return values


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Values as helm lays one set over another."""
    both = {
        name: merged(under[name], value)
        if isinstance(value, Mapping) and isinstance(under.get(name), Mapping)
        else value
        for name, value in over.items()
    }
    return {**under, **both}

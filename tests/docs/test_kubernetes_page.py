"""The page on Kubernetes and the chart's own name values, workloads and manifests that there are."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.pages import ROOT, blocks, named, spans, text_of
from tests.support.helm import CHART, NO_HELM, defaults, helm_tool, rendered

PAGE, README = ROOT / "docs/kubernetes.md", CHART / "README.md"

_ENDS = (".json", ".yaml", ".md", ".crt", ".key")
_STRIMZI = {"metadata.name", "resource.type", "resource.patternType", "auto.create.topics.enable"}


@pytest.mark.parametrize("page", [PAGE, README], ids=named)
def test_every_value_that_a_page_names_is_one_of_the_chart(page: Path) -> None:
    found = {re.split(r"[=:]", span)[0] for span in spans(page)}
    paths = {each for each in found if re.fullmatch(r"[a-zA-Z]+(\.[a-zA-Z]+)+", each) and not each.endswith(_ENDS)}
    assert paths - _STRIMZI
    # the values of a single service are no defaults
    known = {*_paths(defaults(), ""), "roles.decider.services.servicing.replicas"}
    assert paths - _STRIMZI <= known


def _paths(values: Mapping[str, Any], above: str) -> Iterator[str]:
    for name, value in values.items():
        yield above + name
        if isinstance(value, Mapping):
            yield from _paths(value, f"{above}{name}.")


def test_every_manifest_on_the_page_can_be_read() -> None:
    found = [yaml.safe_load(block.text) for block in blocks(PAGE, "yaml")]
    assert [each.get("kind") for each in found] == ["Kafka", "Cluster", None]


def test_the_table_of_strimzi_has_every_kind_of_right() -> None:
    stored = json.loads((ROOT / "deploy/kafka/access.json").read_text(encoding="utf-8"))
    for right in (right for rights in stored.values() for right in rights):
        assert f'"{right["kind"]}"' in text_of(PAGE)
        assert f'"{right["pattern"]}"' in text_of(PAGE)


@pytest.mark.helm
@pytest.mark.skipif(helm_tool() is None, reason=NO_HELM)
def test_the_values_of_the_page_make_the_workloads_that_it_names(tmp_path: Path) -> None:
    values = tmp_path / "my-values.yaml"
    (given,) = [block.text for block in blocks(PAGE, "yaml") if "installation:" in block.text]
    values.write_text(given)
    made = rendered(values, "--set", "audit.enabled=true")
    kinds = {
        "deploy": "Deployment",
        "job": "Job",
        "cronjob": "CronJob",
    }
    existing = {(each["kind"], each["metadata"]["name"]) for each in made.manifests}
    asked = re.findall(r"\b(deploy|job|cronjob)/(loans-loanstream[\w-]+)", text_of(PAGE))
    assert {(kinds[kind], name) for kind, name in asked} <= existing
    (pod,) = set(re.findall(r"loans-loanstream-\w+-decider-\d", text_of(PAGE)))
    assert ("StatefulSet", pod.rsplit("-", 1)[0]) in existing

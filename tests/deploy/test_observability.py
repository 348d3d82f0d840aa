"""What Prometheus, Grafana and the collector are given names nothing that is not there, and leaves nothing out."""

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from schemas.topics import CONTEXTS
from tests.deploy import promql
from tests.deploy.shipped import (
    FOLDER,
    ROOT,
    RULE_TESTS,
    RULES,
    SCRAPED,
    Query,
    dashboard_queries,
    dashboards,
    read,
    rule_queries,
    rules,
    shown,
    variable_queries,
)
from tests.docs.pages import anchors, text_of

RUNBOOK = ROOT / "docs" / "reference" / "alerts.md"
BASE = "{{ $externalLabels.runbooks }}"
"""Where the documentation is served: a label of the installation's own Prometheus."""
PROMETHEUS_OWN = {"up": {"job", "instance"}, "ALERTS": {"alertname", "alertstate", "severity"}}
"""Series that Prometheus makes itself, with labels of theirs."""

QUERIES = [*rule_queries(), *dashboard_queries(), *variable_queries()]
every_query = pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.where)
every_alert = pytest.mark.parametrize("name", rules("alert"))
every_dashboard = pytest.mark.parametrize("file", dashboards())
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed (Debian package prometheus)"
)


@every_query
def test_every_series_that_is_asked_for_is_shown_or_recorded(query: Query) -> None:
    known = shown().keys() | rules("record").keys() | PROMETHEUS_OWN.keys()
    assert promql.metrics(query.expression)
    assert promql.metrics(query.expression) <= known


@every_query
def test_every_label_that_is_asked_for_is_one_of_the_series(query: Query) -> None:
    for name, label in promql.selected(query.expression):
        if name in shown():
            assert label in shown()[name] | SCRAPED, f"{name} has no label {label}"
    every = {label for labels in (*shown().values(), *PROMETHEUS_OWN.values()) for label in labels}
    assert promql.grouped(query.expression) <= every | SCRAPED


def test_every_metric_of_ours_is_looked_at_by_a_panel_or_a_rule() -> None:
    asked = set[str]().union(*(promql.metrics(query.expression) for query in QUERIES))
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in asked}
    ours = {re.sub(r"_(bucket|count|sum)$", "", name) for name in shown() if name.startswith("loanstream_")}
    assert ours <= families


def test_every_recording_is_used_and_says_which_labels_it_keeps() -> None:
    asked = set[str]().union(*(promql.metrics(query.expression) for query in QUERIES))
    for name, rule in rules("record").items():
        assert name in asked, f"{name} is recorded for nobody"
        assert name.split(":")[0] in promql.grouped(rule["expr"]), f"{name} does not keep {name.split(':')[0]}"


@every_alert
def test_an_alert_says_how_bad_it_is_what_it_is_and_where_to_read_on(name: str) -> None:
    rule = rules("alert")[name]
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    said = rule["annotations"]
    assert set(said) == {"summary", "description", "runbook_url"}
    assert not said["summary"].endswith(".")
    assert said["description"].endswith(".")
    assert said["runbook_url"].startswith(BASE)
    page, _, anchor = said["runbook_url"].removeprefix(BASE).partition("#")
    assert anchor in anchors(ROOT / page)
    assert anchor == name.lower()


def test_every_alert_has_its_section_in_the_runbook_and_every_section_its_alert() -> None:
    sections = re.findall(r"^### (\w+)\n\*(\w+)\.\*", text_of(RUNBOOK), re.M)
    assert dict(sections) == {name: rule["labels"]["severity"] for name, rule in rules("alert").items()}
    assert len(sections) == len(re.findall(r"^### ", text_of(RUNBOOK), re.M)) == len(rules("alert"))


@every_alert
def test_the_runbook_says_where_to_look_and_what_to_do(name: str) -> None:
    _, _, after = text_of(RUNBOOK).partition(f"\n### {name}\n")
    section = re.split(r"^##", after, maxsplit=1, flags=re.M)[0]
    for part in ("Look", "Do"):
        assert re.search(rf"^- \*\*{part}\.\*\* \S.{{20,}}", section, re.M), f"{name} has no **{part}.**"


def test_every_alert_is_seen_to_fire() -> None:
    fired = set(re.findall(r"alertname=\"(\w+)\"", RULE_TESTS.read_text(encoding="utf-8")))
    assert fired == rules("alert").keys()


def test_dashboards_have_an_id_and_a_title_of_their_own() -> None:
    for name in ("uid", "title"):
        values = Counter(dashboard[name] for dashboard in dashboards().values())
        assert max(values.values()) == 1
    for file, dashboard in dashboards().items():
        assert dashboard["uid"] == f"loanstream-{Path(file).stem}"
        assert dashboard["description"].endswith(".")


@every_dashboard
def test_every_panel_says_what_it_shows_and_in_which_unit(file: str) -> None:
    panels = dashboards()[file]["panels"]
    assert sorted(panel["id"] for panel in panels) == list(range(1, len(panels) + 1))
    source = {"type": "prometheus", "uid": _datasource()["uid"]}
    for panel in panels:
        assert panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["targets"], panel["title"]
        assert all(target["datasource"] == source for target in (panel, *panel["targets"])), panel["title"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


@every_dashboard
def test_panels_do_not_lie_on_each_other(file: str) -> None:
    taken: Counter[tuple[int, int]] = Counter()
    for place in (panel["gridPos"] for panel in dashboards()[file]["panels"]):
        assert place["x"] + place["w"] <= 24
        taken.update(
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        )
    assert max(taken.values()) == 1


def test_grafana_finds_the_source_and_the_dashboards() -> None:
    assert _datasource()["type"] == "prometheus"
    [provider] = read(FOLDER / "grafana" / "provisioning" / "dashboards" / "loanstream.yml")["providers"]
    assert (provider["type"], provider["options"]["path"]) == ("file", "/var/lib/grafana/dashboards")


def _datasource() -> dict[str, Any]:
    [source] = read(FOLDER / "grafana" / "provisioning" / "datasources" / "prometheus.yml")["datasources"]
    found: dict[str, Any] = source
    return found


def test_prometheus_scrapes_every_service_and_the_api_with_a_token() -> None:
    config = read(FOLDER / "prometheus" / "prometheus.yml")
    assert [path.name for pattern in config["rule_files"] for path in (FOLDER / "prometheus").glob(pattern)]
    [ours] = [job for job in config["scrape_configs"] if job["job_name"] == "loanstream"]
    expected = {f"{name}:8600" for name in ("api", "issuer", *CONTEXTS)}
    assert {t for each in ours["static_configs"] for t in each["targets"]} == expected
    assert ours["authorization"] == {"type": "Bearer", "credentials_file": "/run/secrets/metrics-token"}


def test_the_collector_takes_traces_and_shows_prometheus_what_it_counted() -> None:
    config = read(FOLDER / "otel-collector" / "config.yml")
    both_ways = config["connectors"].keys()
    for pipeline in config["service"]["pipelines"].values():
        assert set(pipeline["receivers"]) <= config["receivers"].keys() | both_ways
        assert set(pipeline["processors"]) <= config["processors"].keys()
        assert set(pipeline["exporters"]) <= config["exporters"].keys() | both_ways
    assert set(config["service"]["extensions"]) == config["extensions"].keys()
    assert config["receivers"]["otlp"]["protocols"]["http"]["endpoint"].endswith(":4318")
    port = config["exporters"]["prometheus"]["endpoint"].rpartition(":")[2]
    jobs = {job["job_name"]: job for job in read(FOLDER / "prometheus" / "prometheus.yml")["scrape_configs"]}
    assert jobs["otel-collector"]["static_configs"] == [{"targets": [f"otel-collector:{port}"]}]


@needs_promtool
@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "config", "--syntax-only", str(FOLDER / "prometheus" / "prometheus.yml")),
        ("check", "rules", *(str(path) for path in sorted(RULES.glob("*.yml")))),
        ("test", "rules", str(RULE_TESTS)),
    ],
    ids=["configuration", "rules", "tests of rules"],
)
def test_promtool_finds_nothing_wrong(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

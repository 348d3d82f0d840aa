"""The Helm chart, rendered by the real helm with several sets of values, and held against rules and against the code."""

import json
import re
import shlex
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from loanstream.cli.hosting import NothingToRun
from loanstream.cli.listening import STOP_SECONDS
from loanstream.cli.main import app
from loanstream.cli.role import Role
from loanstream.eventlog.memory import MemoryLog
from loanstream.runtime.memory_store import MemoryStore
from loanstream.runtime.metrics import HostMetrics
from loanstream.runtime.settings import PREFIX, Settings, describe, unknown_variables
from schemas.topics import CONTEXTS
from tests.cli.test_hosting import hosts
from tests.support.helm import (
    CHART,
    NAMESPACE,
    NO_HELM,
    VALUES,
    Manifest,
    Rendered,
    Workload,
    defaults,
    helm,
    helm_tool,
    rendered,
    template,
)

pytestmark = [pytest.mark.helm, pytest.mark.skipif(helm_tool() is None, reason=NO_HELM)]

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
MINIMAL, PRODUCTION, TRIAL = (CHART / f"ci/{name}-values.yaml" for name in ("minimal", "production", "trial"))
FOR_FOLDERS_ONLY = {"LOANSTREAM_INITIAL_PASSWORD"}
"""Settings of users that are made in a data folder: those of the chart stand in a Secret."""
NOT_OF_THE_CHART = {"LOANSTREAM_ISSUER_URL"}
"""Of a local issuer that is a process of its own: the chart has a provider's tokens, or the key in a Secret."""


@pytest.fixture(scope="module", params=VALUES, ids=lambda path: path.stem)
def chart(request: pytest.FixtureRequest) -> Rendered:
    """The chart with each set of values in turn."""
    return rendered(request.param)


@pytest.fixture(scope="module")
def production() -> Rendered:
    """The chart with everything on."""
    return rendered(PRODUCTION)


# -- the values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [None, *VALUES], ids=lambda path: path.stem if path else "defaults")
def test_lint_has_nothing_to_say(values: Path | None) -> None:
    done = helm("lint", "--strict", str(CHART), *(("--values", str(values)) if values else ()))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 chart(s) failed" in done.stdout


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("installation=", "installation"),
        ("kafka.servers=", "kafka.servers"),
        ("auth.issuer=", "auth.issuer"),
        ("bank.url=", "bank.url"),
        ("smtp.secret=", "smtp.secret"),
        ("database.ca.secret=", "database.ca.secret"),
        ("partitions=1", "roles.decider: 2 replicas"),
        ("metrics.serviceMonitor.enabled=true", "metrics.secret"),
        ("api.ingress.enabled=true", "api.ingress.host"),
        ("keda.enabled=true", "keda.prometheus.address"),
    ],
)
def test_what_has_no_usable_default_is_asked_for_by_name(change: str, named: str) -> None:
    done = template(MINIMAL, "--set", change)
    assert done.returncode != 0
    assert named in done.stderr


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("replicas=3", "replicas"),
        ("kafka.server=a:1", "server"),
        ("kafka.servers=nobody", "servers"),
        ("kafka.password=secret", "password"),
        ("roles.router.services.risk.replicas=2", "risk"),
        ("settings.LOANSTREAM_WAIT_SECOND=10", "LOANSTREAM_WAIT_SECOND"),
        ("settings.LOANSTREAM_BANK_TOKEN=secret", "LOANSTREAM_BANK_TOKEN"),
        ("settings.LOANSTREAM_PARTITIONS=6", "LOANSTREAM_PARTITIONS"),
        ("pod.user=0", "user"),
        ("pod.terminationGracePeriodSeconds=20", "terminationGracePeriodSeconds"),
        ("keda.projector.minReplicas=0", "minReplicas"),
    ],
)
def test_a_value_that_there_is_not_or_that_cannot_be_is_refused_by_the_schema(change: str, named: str) -> None:
    done = template(MINIMAL, "--set", change)
    assert done.returncode != 0
    assert "values don't meet the specifications of the schema" in done.stderr
    assert named in done.stderr


def test_the_schema_is_closed_and_has_every_value_of_the_chart_and_no_other() -> None:
    free = set(_free(SCHEMA, defaults(), ""))
    assert free == {
        "settings",
        "api.service.annotations",
        "api.ingress.annotations",
        "metrics.serviceMonitor.labels",
        "metrics.prometheusRule.labels",
        "serviceAccount.annotations",
        "pod.labels",
        "pod.annotations",
        "pod.nodeSelector",
    }


def _free(schema: Mapping[str, Any], values: Mapping[str, Any], path: str) -> Iterator[str]:
    """Places where the schema lets any name in; everywhere else it has exactly those that the values have."""
    if "$ref" in schema:
        schema = SCHEMA["definitions"][schema["$ref"].rsplit("/", 1)[1]]
    properties = schema.get("properties")
    if properties is None:
        yield path
        return
    assert schema["additionalProperties"] is False, path
    if not path.endswith(("services", "requests", "limits")):  # these may be left out in parts
        assert properties.keys() == values.keys(), path
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _free(properties[name], value, f"{path}.{name}".lstrip("."))


def test_every_setting_is_given_by_the_chart_or_can_be() -> None:
    given = {_variable(name) for each in VALUES for pod in rendered(each).workloads for name in pod.environment}
    free = set(SCHEMA["properties"]["settings"]["propertyNames"]["anyOf"][0]["enum"])
    settings = {setting.variable for setting in describe()}
    assert given | free | FOR_FOLDERS_ONLY | NOT_OF_THE_CHART | {"LOANSTREAM_OIDC_JWKS_URL"} >= settings


def test_the_chart_is_of_the_project_s_release() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))["appVersion"] == project["version"]


# -- pods ----------------------------------------------------------------------------------------------------------------


def test_every_pod_runs_without_root_privileges_or_a_token_of_the_cluster(chart: Rendered) -> None:
    for workload in chart.workloads:
        pod, container = workload.spec["securityContext"], workload.container["securityContext"]
        assert pod["runAsNonRoot"] is True
        assert pod["runAsUser"] > 0
        assert pod["runAsGroup"] > 0
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["allowPrivilegeEscalation"] is False
        assert container["capabilities"] == {"drop": ["ALL"]}
        assert workload.spec["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & workload.spec.keys()


def test_every_pod_writes_into_bounded_folders_of_its_own_and_nowhere_else(chart: Rendered) -> None:
    for workload in chart.workloads:
        assert workload.container["securityContext"]["readOnlyRootFilesystem"] is True
        volumes = {volume["name"]: volume for volume in workload.spec["volumes"]}
        mounts = {mount["name"]: mount for mount in workload.container["volumeMounts"]}
        assert volumes.keys() == mounts.keys()
        for name, mount in mounts.items():
            assert mount.get("readOnly") is True or volumes[name]["emptyDir"]["sizeLimit"]
        assert workload.environment["LOANSTREAM_DATA_DIR"].startswith(mounts["data"]["mountPath"] + "/")


def test_every_pod_says_what_it_takes_and_may_take(chart: Rendered) -> None:
    for workload in chart.workloads:
        resources = workload.container["resources"]
        assert {"cpu", "memory"} <= resources["requests"].keys()
        assert {"cpu", "memory"} <= resources["limits"].keys()


def test_no_pod_is_given_the_addresses_of_services_as_variables(chart: Rendered) -> None:
    """A Service called loanstream would set LOANSTREAM_PORT to tcp://…, and no process would start."""
    assert all(workload.spec["enableServiceLinks"] is False for workload in chart.workloads)


def test_every_process_is_asked_whether_it_lives_and_whether_it_is_ready(chart: Rendered) -> None:
    for process in chart.processes:
        probes = {name: process.container[f"{name}Probe"] for name in ("startup", "liveness", "readiness")}
        assert {name: probe["httpGet"]["path"] for name, probe in probes.items()} == {
            "startup": "/health/live",
            "liveness": "/health/live",
            "readiness": "/health/ready",
        }
        assert all(probe["httpGet"]["port"] == "http" for probe in probes.values())
        assert probes["startup"]["failureThreshold"] * probes["startup"]["periodSeconds"] >= 600
        assert probes["liveness"]["failureThreshold"] * probes["liveness"]["periodSeconds"] >= 60
        assert str(process.container["ports"][0]["containerPort"]) == process.environment["LOANSTREAM_PORT"]


def test_every_process_is_given_longer_to_end_than_it_takes(chart: Rendered) -> None:
    for process in chart.processes:
        waits = process.container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        assert process.spec["terminationGracePeriodSeconds"] >= waits + STOP_SECONDS + 5


def test_pods_of_a_workload_are_spread_over_nodes_and_zones(chart: Rendered) -> None:
    for process in chart.processes:
        constraints = process.spec["topologySpreadConstraints"]
        assert {each["topologyKey"] for each in constraints} == {
            "topology.kubernetes.io/zone",
            "kubernetes.io/hostname",
        }
        for each in constraints:
            assert [found.name for found in chart.selected(each["labelSelector"]["matchLabels"])] == [process.name]


# -- what runs -----------------------------------------------------------------------------------------------------------


def test_every_role_of_every_service_runs_and_nothing_that_there_is_not(chart: Rendered) -> None:
    day = chart.values["businessDay"]["mode"]
    expected = {(name, role) for name in CONTEXTS for role in Role if _has_hosts(name, role, day)}
    running = [
        (each.labels["loanstream-service"], Role(each.labels["loanstream-role"]))
        for each in chart.processes
        if each.labels["loanstream-role"] != Role.API
    ]
    assert len(running) == len(set(running))
    assert set(running) == expected


def _has_hosts(service: str, role: Role, business_day: str) -> bool:
    if role in (Role.ALL, Role.API):
        return False
    try:
        return any(hosts([service], role, business_day=business_day))
    except NothingToRun:
        return False


def test_every_command_of_a_pod_is_one_of_ours(chart: Rendered) -> None:
    for workload in chart.workloads:
        program, *arguments = workload.container["command"]
        assert program == "loanstream"
        command: Any = typer.main.get_command(app)
        while known := getattr(command, "commands", None):
            command, arguments = known[arguments[0]], arguments[1:]
        command.make_context(command.name, arguments)


def test_a_process_is_what_its_labels_say(chart: Rendered) -> None:
    for process in chart.processes:
        role = process.labels["loanstream-role"]
        services = [process.labels["loanstream-service"]] if role != Role.API else list(CONTEXTS)
        assert process.container["command"] == ["loanstream", "serve", *services, "--role", role]


def test_the_settings_of_every_pod_fit_together(chart: Rendered, tmp_path: Path) -> None:
    for workload in chart.workloads:
        environment = dict(workload.environment)
        assert list(unknown_variables(environment)) == []
        for name in environment:
            if name.endswith("_FILE"):
                (tmp_path / name).write_text("postgresql://database" if "DATABASE" in name else "smtp://mail.example")
                environment[name] = str(tmp_path / name)
        settings = Settings.from_environment(environment)
        assert settings.installation_name == chart.values["installation"]
        assert settings.partitions == chart.values["partitions"]
        assert workload.part == "job" or settings.keys_dir
        assert workload.part == "job" or not settings.is_loopback


def test_no_two_workloads_take_each_other_s_pods(chart: Rendered) -> None:
    for one, other in combinations(chart.of("StatefulSet", "Deployment"), 2):
        first, second = (each["spec"]["selector"]["matchLabels"] for each in (one, other))
        assert not first.items() <= second.items()
        assert not second.items() <= first.items()
    for each in chart.of("StatefulSet", "Deployment"):
        assert [found.name for found in chart.selected(each["spec"]["selector"]["matchLabels"])] == [_name(each)]


def test_names_are_never_too_long(tmp_path: Path) -> None:
    values = yaml.safe_load(PRODUCTION.read_text(encoding="utf-8")) | {"fullnameOverride": "a" * 60}
    long = tmp_path / "values.yaml"
    long.write_text(yaml.safe_dump(values))
    for manifest in rendered(long).manifests:
        # the name of a StatefulSet's pod and of its revision are longer than its own
        assert len(_name(manifest)) <= (52 if manifest["kind"] in ("StatefulSet", "CronJob") else 63), _name(manifest)


def test_deciders_are_stateful_sets_whose_pods_are_never_all_away(chart: Rendered) -> None:
    deciders = {each.name: each for each in chart.processes if each.labels["loanstream-role"] == Role.DECIDER}
    assert {each.manifest["kind"] for each in deciders.values()} == {"StatefulSet"}
    assert len(deciders) == len(CONTEXTS) == len(chart.of("StatefulSet"))
    services = {_name(service) for service in chart.of("Service") if service["spec"].get("clusterIP") == "None"}
    assert all(each.manifest["spec"]["serviceName"] in services for each in deciders.values())
    kept = {_name(budget): budget for budget in chart.of("PodDisruptionBudget")}
    assert kept.keys() == {
        *deciders,
        *(each.name for each in chart.processes if each.labels["loanstream-role"] == "api"),
    }
    for name, budget in kept.items():
        assert budget["spec"]["maxUnavailable"] == 1
        assert [found.name for found in chart.selected(budget["spec"]["selector"]["matchLabels"])] == [name]


def test_services_lead_to_pods(chart: Rendered) -> None:
    processes = {each.name for each in chart.processes}
    found = {
        _name(service): {each.name for each in chart.selected(service["spec"]["selector"])}
        for service in chart.of("Service")
    }
    (api,) = [name for name in processes if name.endswith("-api")]
    assert found == {api: {api}, api.removesuffix("-api") + "-pods": processes}


def test_one_service_can_have_more_of_a_role_than_the_others(production: Rendered) -> None:
    deciders = {each.labels["loanstream-service"]: each for each in production.processes if "decider" in each.name}
    assert {name: each.manifest["spec"]["replicas"] for name, each in deciders.items()} == {
        **dict.fromkeys(CONTEXTS, 3),
        "servicing": 6,
    }
    limits = {name: each.container["resources"]["limits"] for name, each in deciders.items()}
    assert limits["servicing"] == {**limits["funding"], "memory": "6Gi"}


# -- secrets -------------------------------------------------------------------------------------------------------------


def test_the_chart_holds_no_secret_and_gives_none_as_a_variable(chart: Rendered) -> None:
    assert chart.of("Secret", "ConfigMap") == []
    secrets = {setting.variable for setting in describe() if "secret" in setting.kind}
    for workload in chart.workloads:
        assert not secrets & workload.environment.keys()
        assert "envFrom" not in workload.container


def test_every_file_that_a_setting_names_is_mounted_and_every_mounted_one_is_used(chart: Rendered) -> None:
    for workload in chart.workloads:
        mounted = set(_files(workload))
        named = {value for value in workload.environment.values() if value.startswith("/etc/")}
        keys = {path for path in mounted if path.startswith("/etc/loanstream/keys/")}
        whole = {path for path in mounted if path.endswith("/")}
        assert named - {"/etc/loanstream/keys"} - {path for path in named if _folder(path) in whole} == (
            mounted - keys - whole
        )
        wanted = {"vault/master.json"} | (
            {"issuer.json", "users.json"} if chart.values["auth"]["mode"] == "local" else set()
        )
        assert keys == ({f"/etc/loanstream/keys/{name}" for name in wanted} if workload.part == "process" else set())


def _folder(path: str) -> str:
    return path.rsplit("/", 1)[0] + "/"


def _files(workload: Workload) -> Iterator[str]:
    """Paths of the files of Secrets in a pod; a Secret that is mounted whole is a folder. Only its group may read them."""
    mounts = {mount["name"]: mount["mountPath"] for mount in workload.container["volumeMounts"]}
    for volume in workload.spec["volumes"]:
        source = volume.get("secret") or volume.get("projected")
        if source is None:
            continue
        assert source["defaultMode"] == 0o440
        assert workload.spec["securityContext"]["fsGroup"] == workload.spec["securityContext"]["runAsGroup"]
        entries = [each["secret"] for each in source["sources"]] if "sources" in source else [source]
        for entry in entries:
            items = entry.get("items")
            yield from (f"{mounts[volume['name']]}/{item['path']}" for item in items or ())
            if items is None:
                yield f"{mounts[volume['name']]}/"


def test_every_process_signs_in_to_the_brokers_as_its_service_and_may_do_what_it_does(chart: Rendered) -> None:
    principals = json.loads((ROOT / "deploy/kafka/access.json").read_text(encoding="utf-8")).keys()
    prefix = chart.values["kafka"]["principalPrefix"]
    protocol = chart.values["kafka"]["protocol"]
    for workload in chart.workloads:
        user = workload.labels.get("loanstream-service", workload.labels["loanstream-role"])
        named = {
            source["secret"]["name"]
            for volume in workload.spec["volumes"]
            if volume["name"] == "kafka"
            for source in volume["projected"]["sources"]
        } - {chart.values["kafka"]["ca"]["secret"]}
        if user == "migrate" or protocol == "PLAINTEXT":
            assert named == set()
        else:
            assert user in principals
            assert named == {prefix + user}
        assert workload.environment.get("LOANSTREAM_KAFKA_USER") == (
            prefix + user if protocol.startswith("SASL") and user != "migrate" else None
        )


def test_only_senders_know_how_to_reach_the_bank_and_the_mail_server(production: Rendered) -> None:
    def those_with(volume: str) -> set[str]:
        return {
            each.labels["app.kubernetes.io/component"]
            for each in production.workloads
            if volume in {found["name"] for found in each.spec["volumes"]}
        }

    assert those_with("bank") == {"origination-sender"}
    assert those_with("smtp") == {"notify-sender"}
    assert those_with("webhooks") == {
        "api",
        *(f"notify-{role}" for role in ("decider", "projector", "reactor", "sender")),
    }


# -- before and beside the processes -------------------------------------------------------------------------------------


def test_tables_and_topics_are_made_before_everything_else_in_this_order(chart: Rendered) -> None:
    hooks = sorted((int(_note(each, "hook-weight")), each) for each in chart.manifests if _note(each, "hook"))
    assert [_name(each).rsplit("-", 1)[1] for _, each in hooks][-2:] == ["migrate", "topics"]
    assert len({weight for weight, _ in hooks}) == len(hooks)
    for _, each in hooks:
        assert _note(each, "hook") == "pre-install,pre-upgrade"
        assert "before-hook-creation" in _note(each, "hook-delete-policy")
    jobs = {_name(each): each for each in chart.of("Job")}
    assert [jobs[_name(each)]["spec"]["template"]["spec"]["containers"][0]["command"] for _, each in hooks[-2:]] == [
        ["loanstream", "migrate"],
        ["loanstream", "topics", "apply"],
    ]


def test_hooks_need_nothing_that_comes_after_them(chart: Rendered) -> None:
    for job in (each for each in chart.workloads if each.part == "job"):
        assert "serviceAccountName" not in job.spec
        assert job.spec["restartPolicy"] == "Never"
    for manifest in chart.of("Job"):
        assert manifest["spec"]["activeDeadlineSeconds"] > 0
        assert manifest["spec"]["backoffLimit"] >= 1


def test_the_audit_signs_in_as_who_can_write_nothing_and_never_runs_twice_at_once(production: Rendered) -> None:
    (audit,) = production.of("CronJob")
    assert audit["spec"]["concurrencyPolicy"] == "Forbid"
    (pod,) = [each for each in production.workloads if each.name == _name(audit)]
    assert pod.environment["LOANSTREAM_KAFKA_USER"] == "loanstream-audit"


# -- scaling -------------------------------------------------------------------------------------------------------------


def test_projectors_and_senders_scale_on_lag_up_to_the_partitions(production: Rendered) -> None:
    deployments = {_name(each): each for each in production.of("Deployment")}
    scaled = {each["spec"]["scaleTargetRef"]["name"]: each for each in production.of("ScaledObject")}
    roles = {each.name: each.labels["loanstream-role"] for each in production.processes}
    assert scaled.keys() == {name for name, role in roles.items() if role in (Role.PROJECTOR, Role.SENDER)}
    for name, each in scaled.items():
        assert "replicas" not in deployments[name]["spec"], "two would set them"
        assert 1 <= each["spec"]["minReplicaCount"] <= each["spec"]["maxReplicaCount"]
        assert each["spec"]["maxReplicaCount"] <= production.values["partitions"]
    wanted = production.values["keda"]["projector"]["maxReplicas"]
    assert wanted > production.values["partitions"], "these values ask for more than can be"


def test_what_they_scale_on_is_what_the_processes_show(production: Rendered) -> None:
    metrics = {family.name: family for family in HostMetrics(MemoryLog(), MemoryStore()).registry.collect()}
    roles = {each.name: each for each in production.processes}
    for each in production.of("ScaledObject"):
        process = roles[each["spec"]["scaleTargetRef"]["name"]]
        service, role = process.labels["loanstream-service"], process.labels["loanstream-role"]
        (trigger,) = each["spec"]["triggers"]
        query = trigger["metadata"]["query"]
        (metric,) = re.findall(r"loanstream_\w+", query)
        assert metric in metrics
        assert f'namespace="{NAMESPACE}"' in query
        shown = next(iter(hosts([service], Role(role))))
        assert f'consumer="{shown}"' in query if role == Role.PROJECTOR else f'service="{service}"' in query
        assert float(trigger["metadata"]["threshold"]) > 0


def test_without_scaling_replicas_are_those_of_the_values() -> None:
    plain = rendered(MINIMAL)
    assert plain.of("ScaledObject", "HorizontalPodAutoscaler") == []
    for each in plain.of("Deployment", "StatefulSet"):
        assert each["spec"]["replicas"] >= 1


def test_the_api_scales_on_its_own(production: Rendered) -> None:
    (scaler,) = production.of("HorizontalPodAutoscaler")
    (api,) = [each for each in production.of("Deployment") if _name(each) == scaler["spec"]["scaleTargetRef"]["name"]]
    assert "replicas" not in api["spec"]
    assert scaler["spec"]["minReplicas"] == 3


def test_an_update_never_runs_more_members_of_a_group_than_before(chart: Rendered) -> None:
    for each in chart.of("Deployment"):
        surge = each["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
        assert surge == (1 if _name(each).endswith("-api") else 0)


# -- the network ---------------------------------------------------------------------------------------------------------


def test_every_pod_is_denied_everything_but_what_another_policy_lets(production: Rendered) -> None:
    (deny,) = [each for each in production.of("NetworkPolicy") if _name(each).endswith("-deny")]
    assert set(deny["spec"]["policyTypes"]) == {"Ingress", "Egress"}
    assert not {"ingress", "egress"} & deny["spec"].keys()
    assert len(production.selected(_selector(deny))) == len(production.workloads)


def test_every_policy_selects_pods_that_there_are(chart: Rendered) -> None:
    assert chart.values["networkPolicy"]["enabled"] == bool(chart.of("NetworkPolicy"))
    for each in chart.of("NetworkPolicy"):
        assert chart.selected(_selector(each)), _name(each)


def test_pods_reach_what_they_need_and_nothing_else(production: Rendered) -> None:
    everybody, traced = {53, 5432, 9093}, {4318}
    for workload in production.workloads:
        component = workload.labels["app.kubernetes.io/component"]
        further = {"api": {443}, "origination-sender": {443}, "notify-sender": {443, 587}}.get(component, set())
        own = everybody | (traced if workload.part == "process" else set()) | further
        assert {port for port, _ in _open(production, workload, "egress")} == own, component


def test_the_api_is_called_by_the_ingress_and_everybody_is_scraped_and_nobody_else_gets_in(
    production: Rendered,
) -> None:
    for workload in production.workloads:
        role = workload.labels["loanstream-role"]
        peers = {peer for port, peer in _open(production, workload, "ingress") if port == 8600}
        scraped = {"monitoring"} if workload.part == "process" else set()
        assert peers == scraped | ({"ingress-nginx"} if role == "api" else set())


def test_all_brokers_ports_are_open_and_destinations_are_kept(production: Rendered) -> None:
    twice = rendered(MINIMAL, "--set", r"kafka.servers=one:9093\, two:9095")
    for workload in twice.workloads:
        assert {9093, 9095} <= {port for port, _ in _open(twice, workload, "egress")}
    decider = next(each for each in production.processes if each.labels["loanstream-role"] == Role.DECIDER)
    assert dict(_open(production, decider, "egress"))[9093] == "kafka"


def _open(chart: Rendered, workload: Workload, way: str) -> list[tuple[int, str]]:
    """Ports that are open to or from a pod, each with a namespace that it is open for, or "anywhere"."""
    found = []
    for policy in chart.of("NetworkPolicy"):
        if _selector(policy).items() <= workload.labels.items():
            for rule in policy["spec"].get(way) or ():
                peers = rule.get("to" if way == "egress" else "from") or [{}]
                found += [(entry["port"], _namespace(peer)) for entry in rule["ports"] for peer in peers]
    return found


def _namespace(peer: Mapping[str, Any]) -> str:
    labels = peer.get("namespaceSelector", {}).get("matchLabels", {})
    return str(labels.get("kubernetes.io/metadata.name", "anywhere"))


# -- watching ------------------------------------------------------------------------------------------------------------


def test_prometheus_finds_every_process_and_shows_the_token(production: Rendered) -> None:
    (monitor,) = production.of("ServiceMonitor")
    (service,) = [
        each
        for each in production.of("Service")
        if monitor["spec"]["selector"]["matchLabels"].items() <= each["metadata"]["labels"].items()
    ]
    assert service["spec"]["publishNotReadyAddresses"] is True, "a decider that rebuilds is what one wants to see"
    assert len(production.selected(service["spec"]["selector"])) == len(production.processes)
    (endpoint,) = monitor["spec"]["endpoints"]
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    assert endpoint["honorLabels"] is True
    assert {"targetLabel": "job", "replacement": "loanstream"} in endpoint["relabelings"]
    assert endpoint["authorization"] == {"credentials": {"name": "loanstream-metrics", "key": "token"}}


def test_the_rules_are_those_of_the_observability_folder() -> None:
    assert (CHART / "rules").resolve() == ROOT / "deploy/observability/prometheus/rules"


def test_rules_come_through_as_they_are_written(copied: Path) -> None:
    text = "{{ $labels.consumer }} is {{ $value | humanizeDuration }} behind"
    groups = [
        {
            "name": name,
            "rules": [{"alert": "Lag", "expr": "loanstream_lag_seconds > 30", "annotations": {"summary": text}}],
        }
        for name in ("first", "second")
    ]
    (copied / "rules").mkdir()
    for group in groups:
        (copied / f"rules/{group['name']}.yml").write_text(yaml.safe_dump({"groups": [group]}))
    (rule,) = rendered(PRODUCTION, chart=copied).of("PrometheusRule")
    assert rule["spec"]["groups"] == groups
    assert rule["metadata"]["labels"]["release"] == "prometheus"


# -- what is told --------------------------------------------------------------------------------------------------------


def test_the_notes_say_what_is_not_for_production(copied: Path) -> None:
    said = _notes(copied, TRIAL)
    for warning in ("SANDBOX", "TRIAL", "without TLS", "no network policies"):
        assert warning in said
    said = _notes(copied, PRODUCTION)
    assert not re.search("SANDBOX|TRIAL|NOT SECURED", said)
    assert "https://loans.example/" in said


def test_commands_in_the_notes_are_ours(copied: Path) -> None:
    lines = [line.strip() for line in _notes(copied, MINIMAL).splitlines() if " -- loanstream " in line]
    assert lines
    for line in lines:
        name = shlex.split(line.split(" -- loanstream ")[1])[0]
        assert name in typer.main.get_command(app).commands  # type: ignore[attr-defined]


def _notes(chart: Path, values: Path) -> str:
    """What `helm install` would print; without a cluster helm shows it only as a part of something else."""
    shown = '{{ include (print $.Template.BasePath "/NOTES.txt") . | toJson }}'
    (chart / "templates/notes.yaml").write_text(f"kind: Notes\ntext: {shown}\n")
    (notes,) = rendered(values, chart=chart).of("Notes")
    return str(notes["text"])


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A chart that can be changed; without rules, so that none follow a link."""
    copy = tmp_path / "loanstream"
    shutil.copytree(CHART, copy, ignore=shutil.ignore_patterns("rules"))
    return copy


def _name(manifest: Manifest) -> str:
    return str(manifest["metadata"]["name"])


def _note(manifest: Manifest, name: str) -> str:
    return str(manifest["metadata"].get("annotations", {}).get(f"helm.sh/{name}", ""))


def _selector(policy: Manifest) -> Mapping[str, str]:
    labels: Mapping[str, str] = policy["spec"]["podSelector"]["matchLabels"]
    return labels


def _variable(name: str) -> str:
    """The setting that a variable gives, by itself or by a file."""
    known = {setting.variable for setting in describe()}
    return name if name in known or not name.startswith(PREFIX) else name.removesuffix("_FILE")

"""Rights on the cluster: a service writes what is its own, and reads what its code names."""

import os
import subprocess
from itertools import permutations
from pathlib import Path

import pytest

from loanstream.runtime.access import (
    ALL_TOPICS,
    API_PRINCIPAL,
    AUDIT_PRINCIPAL,
    TOPICS_PRINCIPAL,
    Kind,
    Operation,
    Pattern,
    Right,
    access,
    as_json,
    as_script,
    topics_of,
)
from loanstream.runtime.definitions import Service
from loanstream.runtime.projecting import Projecting
from loanstream.runtime.reacting import plan
from loanstream.runtime.reaction_graph import reaction_graph
from schemas import registry
from schemas.topics import CONTEXTS, Role, topic
from services.notify.ports.subscribers import Subscriber
from services.registry import load

COMMITTED = Path(__file__).parents[2] / "deploy/kafka/access.json"
SERVICES = load()
ACCESS = access(SERVICES)


def allowed(principal: str, operation: Operation, kind: Kind = Kind.TOPIC) -> set[str]:
    """Names, or prefixes of names, for which the principal has the right."""
    return {right.name for right in ACCESS[principal] if right.kind is kind and operation in right.operations}


def test_the_committed_rights_are_what_the_code_needs() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == as_json(ACCESS), (
        "run `loanstream topics acls --json > deploy/kafka/access.json` in a checkout without webhook subscribers, and look"
        " at the difference"
    )


@pytest.mark.parametrize("service", CONTEXTS)
def test_a_service_writes_its_own_topics_and_nothing_else(service: str) -> None:
    assert allowed(service, Operation.WRITE) == {topic(service, role) for role in Role}


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_reads_its_own_topics_and_those_that_its_code_names(service: Service) -> None:
    own = {topic(service.name, role) for role in Role}
    assert allowed(service.name, Operation.READ) == own | set(plan(service, 1).topics) | set(Projecting(service).topics)


@pytest.mark.parametrize("service", CONTEXTS)
def test_of_other_services_only_events_are_read(service: str) -> None:
    foreign = allowed(service, Operation.READ) - {topic(service, role) for role in Role}
    assert foreign <= {topic(other, Role.EVENTS) for other in CONTEXTS}


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_no_reaction_commands_another_service(service: Service) -> None:
    for targets in reaction_graph([service]).values():
        found = [registry.by_type(each) for each in targets]
        assert {each.context for each in found if each.kind == "command"} <= {service.name}


def test_a_webhook_subscriber_lets_notify_read_the_context_it_wants() -> None:
    wants = Subscriber(name="ledger", url="https://ledger.example", secrets=(), types=("loanstream.funding.*",))
    assert topic("funding", Role.EVENTS) not in allowed("notify", Operation.READ)
    rights = access(load(["notify"], {"notify": {"subscribers": [wants]}}))["notify"]
    assert topic("funding", Role.EVENTS) in {right.name for right in rights if Operation.READ in right.operations}


def test_no_prefix_of_a_principal_fits_the_ids_or_groups_of_another() -> None:
    for kind in (Kind.TRANSACTIONAL_ID, Kind.GROUP):
        prefixes = [right.name for given in ACCESS.values() for right in given if right.kind is kind]
        for one, other in permutations(prefixes, 2):
            assert not other.startswith(one)


@pytest.mark.parametrize("service", CONTEXTS)
def test_a_service_fences_and_groups_under_its_own_name_only(service: str) -> None:
    assert allowed(service, Operation.WRITE, Kind.TRANSACTIONAL_ID) == {f"{service}-"}
    assert allowed(service, Operation.READ, Kind.GROUP) == {f"{service}."}


def test_an_api_for_all_services_sends_commands_and_reads_everything_else() -> None:
    assert allowed(API_PRINCIPAL, Operation.WRITE) == {topic(context, Role.COMMANDS) for context in CONTEXTS}
    assert allowed(API_PRINCIPAL, Operation.READ) == {topic(context, role) for context in CONTEXTS for role in Role}


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_an_api_for_all_services_may_check_every_topic_that_one_of_them_knows_of(service: Service) -> None:
    assert set(topics_of(service)) <= allowed(API_PRINCIPAL, Operation.DESCRIBE_CONFIGS)


def test_an_api_neither_fences_a_decider_nor_takes_partitions() -> None:
    assert {right.kind for right in ACCESS[API_PRINCIPAL]} == {Kind.TOPIC}


def test_only_who_applies_topics_makes_topics() -> None:
    makers = [principal for principal in ACCESS if allowed(principal, Operation.CREATE)]
    assert makers == [TOPICS_PRINCIPAL]


def test_an_auditor_reads_everything_and_writes_nothing() -> None:
    assert allowed(AUDIT_PRINCIPAL, Operation.READ) == {ALL_TOPICS}
    operations = {operation for right in ACCESS[AUDIT_PRINCIPAL] for operation in right.operations}
    assert operations <= {Operation.READ, Operation.DESCRIBE_CONFIGS}


def test_nobody_writes_topics_that_are_not_named() -> None:
    rights = [right for given in ACCESS.values() for right in given if right.kind is Kind.TOPIC]
    prefixed = [right for right in rights if right.pattern is Pattern.PREFIXED]
    assert not any({Operation.WRITE, Operation.DELETE} & set(right.operations) for right in prefixed)


def test_nobody_drops_records_but_a_service_its_own_commands() -> None:
    for principal in ACCESS:
        dropped = {topic(principal, Role.COMMANDS)} if principal in CONTEXTS else set()
        assert allowed(principal, Operation.DELETE) == dropped


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_may_read_and_check_every_topic_that_it_knows_of(service: Service) -> None:
    known = set(topics_of(service))
    assert known == allowed(service.name, Operation.READ) == allowed(service.name, Operation.DESCRIBE_CONFIGS)


def test_the_script_grants_every_right_to_its_principal_and_passes_the_address_on(tmp_path: Path) -> None:
    recorder = tmp_path / "recorder"
    recorder.write_text(f'#!/bin/sh\nprintf "%s\\037" "$@" >> {tmp_path}/calls\necho >> {tmp_path}/calls\n')
    recorder.chmod(0o755)
    subprocess.run(
        ["sh", "-s", "--", "--bootstrap-server", "broker:9092"],
        input=as_script(ACCESS, "ls-"),
        env={**os.environ, "KAFKA_ACLS": str(recorder)},
        text=True,
        check=True,
    )
    calls = [line.rstrip("\037").split("\037") for line in (tmp_path / "calls").read_text().splitlines()]
    assert all(call[:3] == ["--bootstrap-server", "broker:9092", "--add"] for call in calls)
    granted = {one for call in calls for one in _granted(call[3:])}
    assert granted == {
        one for name, rights in ACCESS.items() for right in rights for one in _single(f"User:ls-{name}", right)
    }


def _granted(words: list[str]) -> set[tuple[str, ...]]:
    """(principal, pattern, operation, kind, name) of one call."""
    words = [each for word in words for each in ([word, "kafka-cluster"] if word == "--cluster" else [word])]
    pairs = list(zip(words[::2], words[1::2], strict=True))
    given = dict(pairs)
    operations = [value for option, value in pairs if option == "--operation"]
    names = [(option[2:], value) for option, value in pairs if option[2:] in set(Kind)]
    return {
        (given["--allow-principal"], given["--resource-pattern-type"], operation, kind, name)
        for operation in operations
        for kind, name in names
    }


def _single(principal: str, right: Right) -> set[tuple[str, ...]]:
    return {(principal, right.pattern, operation, right.kind, right.name) for operation in right.operations}

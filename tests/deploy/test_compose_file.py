"""docker-compose.yml keeps the rules for containers: hardened, bounded, watched, with its secrets in files."""

import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from loanstream.cli.listening import STOP_SECONDS
from loanstream.runtime.settings import PREFIX, unknown_variables
from schemas.topics import CONTEXTS
from tests.deploy.compose_file import DOCKERFILE, ROOT, SECRETS_SCRIPT, compose, jobs, long_running, ours, services

NOTHING_TO_ASK_WITH = {"otel-collector": "its image has one program, which cannot ask; Prometheus scrapes it instead"}
"""Long-running services without a health check, and why."""

ISSUER = "issuer"
"""The container that signs."""

every_service = pytest.mark.parametrize("name", sorted(services()))
every_long_running = pytest.mark.parametrize("name", sorted(long_running()))


def variables(service: dict[str, Any]) -> dict[str, str]:
    """The environment that a service is given."""
    return {name: str(value) for name, value in service.get("environment", {}).items()}


@every_long_running
def test_what_stays_has_a_health_check(name: str) -> None:
    if name in NOTHING_TO_ASK_WITH:
        assert "healthcheck" not in services()[name]
        return
    if name in ours():
        assert re.search(
            r"^HEALTHCHECK --interval=\d+s .*--start-period=.* CMD \[\"loanstream\", \"health\"\]$", dockerfile(), re.M
        )
        assert "healthcheck" not in services()[name], "it is the image's"
        return
    check = services()[name]["healthcheck"]
    assert check["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period"} <= check.keys()


@every_service
def test_everything_is_bounded(name: str) -> None:
    service = services()[name]
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert 0 < service["cpus"] <= 2.0, "a machine with two processors refuses more"
    assert service["pids_limit"] > 0
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}


@every_service
def test_nothing_has_more_rights_than_it_needs(name: str) -> None:
    service = services()[name]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"]), "a number: a name may be anybody in another image"
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["read_only"] is True
    assert service["init"] is True
    assert not service.keys() & {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices"}


@every_service
def test_images_are_named_by_a_version(name: str) -> None:
    image = services()[name]["image"]
    if name not in ours():
        assert re.search(r":v?\d+[\w.-]*$", image), image
    assert "latest" not in image


@every_service
def test_ports_are_open_on_loopback_only(name: str) -> None:
    for port in services()[name].get("ports", ()):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)


@every_long_running
def test_what_stays_is_started_again_and_given_time_to_end(name: str) -> None:
    service = services()[name]
    assert service["restart"] == "unless-stopped"
    seconds = int(service["stop_grace_period"].removesuffix("s"))
    assert seconds > STOP_SECONDS or name not in ours()


@every_service
def test_no_secret_stands_in_an_environment(name: str) -> None:
    for variable, value in variables(services()[name]).items():
        if re.search("PASSWORD|TOKEN|SECRET|DATABASE_URL", variable):
            assert variable.endswith("_FILE"), variable
            assert value.removeprefix("/run/secrets/") in services()[name]["secrets"]
        assert not re.search(r"//[^/]*:[^/]*@", value), variable


@pytest.mark.parametrize("name", sorted(ours()))
def test_every_setting_that_is_given_exists(name: str) -> None:
    given = {variable: value for variable, value in variables(services()[name]).items() if variable.startswith(PREFIX)}
    assert given, "each takes its settings from the environment"
    assert not unknown_variables(given)
    if name != ISSUER:
        assert {"LOANSTREAM_DATABASE_URL_FILE", "LOANSTREAM_KAFKA_SERVERS"} <= given.keys(), (
            "no embedded database in a container"
        )


def test_one_container_alone_has_the_key_and_the_password_and_the_others_know_where_it_is() -> None:
    [address] = {variables(service)["LOANSTREAM_ISSUER_URL"] for service in ours().values()}
    assert address == f"http://{ISSUER}:8600"
    folder = variables(services()[ISSUER]).get("LOANSTREAM_DATA_DIR", "/var/lib/loanstream")
    assert services()[ISSUER]["volumes"] == [f"{ISSUER}:{folder}"], "neither the data of the others nor more"
    assert [name for name, service in services().items() if f"{ISSUER}:{folder}" in service.get("volumes", ())] == [
        ISSUER
    ]
    knowing = {name for name, service in ours().items() if "initial-password" in service["secrets"]}
    assert knowing == {ISSUER, "demo"}, "who signs in with the password, and who checks it"
    assert "database-url" not in services()[ISSUER]["secrets"]
    assert "ports" not in services()[ISSUER]


@every_service
def test_everything_waits_until_what_it_needs_is_usable(name: str) -> None:
    for other, dependency in services()[name].get("depends_on", {}).items():
        ended = "service_completed_successfully"
        assert dependency["condition"] == (ended if other in jobs() else "service_healthy")


def test_every_context_has_a_container_and_one_answers_for_all() -> None:
    commands = {name: service["command"] for name, service in ours().items()}
    assert {name: commands[name] for name in CONTEXTS} == {name: ["serve", name] for name in CONTEXTS}
    assert commands["api"] == ["serve", *CONTEXTS, "--role", "api"]
    assert commands[ISSUER] == ["issuer"]
    assert commands["migrate"] == ["migrate"]
    assert commands["topics"] == ["topics", "apply"]


def test_the_brokers_keep_their_log_on_a_volume() -> None:
    for name in ("kafka", "kafka-2", "kafka-3"):
        broker = services()[name]
        folder = variables(broker)["KAFKA_LOG_DIRS"]
        assert f"{name}:{folder}" in broker["volumes"]
        assert name in compose()["volumes"]
        assert variables(broker)["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_three_brokers_are_a_choice_of_variables_alone() -> None:
    lines = (ROOT / "deploy" / "compose" / "cluster.env").read_text().splitlines()
    chosen = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    text = (ROOT / "docker-compose.yml").read_text()
    assert chosen.pop("COMPOSE_PROFILES") == "cluster"
    assert all(f"${{{name}:-" in text for name in chosen)
    assert chosen["KAFKA_REPLICATION"] == "3"
    assert chosen["KAFKA_MIN_IN_SYNC"] == "2"


def test_what_is_mounted_from_the_repository_stands_there() -> None:
    for name, service in services().items():
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            if source.startswith("."):
                assert volume.endswith(":ro"), f"{name}: {volume}"
                assert (ROOT / source).exists(), f"{name}: {volume}"


def test_the_script_makes_every_secret_once(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    made = run_script(folder)
    assert made.keys() == compose()["secrets"].keys()
    assert made["postgres-password"].strip() in made["database-url"]
    assert len(set(made.values())) == len(made)
    assert all(len(text) > 24 for text in made.values())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700, "nobody else gets to the files"
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o444}, "a container's user reads them"
    assert run_script(folder) == made, "a second run changes nothing"
    (folder / "metrics-token").unlink()
    again = run_script(folder)
    assert {name for name in made if again[name] != made[name]} == {"metrics-token"}


def test_git_keeps_the_secrets_out() -> None:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("needs git and a checkout")
    ignored = subprocess.run(
        [git, "check-ignore", "--quiet", "deploy/compose/secrets/database-url"], cwd=ROOT, check=False
    )
    assert ignored.returncode == 0


def test_the_image_holds_no_tools_and_runs_as_nobody_in_particular() -> None:
    first, final = dockerfile().split("\nFROM ")[1:]
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.11-slim-bookworm$", dockerfile(), re.M)
    assert "--require-hashes" in first
    assert "RUN" not in final, "nothing is installed after the virtual environment was copied"
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", final, re.M)
    assert all(service["user"] == re.findall(r"^USER (.*)$", final, re.M)[0] for service in ours().values())
    for label in ("title", "description", "version", "revision", "created"):
        assert f"org.opencontainers.image.{label}=" in final


def test_only_what_the_image_is_made_of_is_sent_to_the_engine() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    wanted = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = {name for line in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile(), re.M) for name in line.split()}
    assert copied == wanted


def dockerfile() -> str:
    """The text of the Dockerfile, a command a line."""
    return re.sub(r"\\\n\s*", "", DOCKERFILE.read_text(encoding="utf-8"))


def run_script(folder: Path) -> dict[str, str]:
    """The secrets in a folder, after the script was run on it."""
    subprocess.run([SECRETS_SCRIPT, folder], check=True, capture_output=True)
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_the_page_lists_every_variable_of_the_file_with_its_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    used = dict(re.findall(r"\$\{(\w+)(?::?-([^}]*))?\}", text))
    page = (ROOT / "docs" / "engineers.md").read_text(encoding="utf-8")
    _, _, after = page.partition("**What can be set**")
    told = {}
    for names, defaults in re.findall(r"^\| (`[A-Z].*?) \| (.*?) \|", after.partition("\n\n**")[0], re.M):
        listed, values = re.findall(r"`(\w+)`", names), [each.strip(" `") for each in defaults.split(",")]
        told |= dict(zip(listed, values if len(values) == len(listed) else values * len(listed), strict=False))
    assert told.keys() == used.keys()
    ports = {name for name in used if "PORT" in name} | {
        "DEMO_LOANS",
        "KAFKA_SERVERS",
        "KAFKA_QUORUM",
        "KAFKA_REPLICATION",
    }
    assert {name: told[name] for name in ports} == {name: used[name] for name in ports}

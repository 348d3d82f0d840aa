"""docker-compose.yml keeps the rules for containers: hardened, bounded, watched, with its secrets in files."""

import os
import re
import shutil
import stat
import subprocess
import tomllib
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
    assert not service.keys() & {"privileged", "cap_add", "pid", "ipc", "devices"}
    assert service.get("network_mode", "none") == "none"


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
    assert grace(service) > STOP_SECONDS or name not in ours()


@pytest.mark.parametrize("name", sorted(jobs()))
def test_a_job_is_given_time_to_end_what_it_does(name: str) -> None:
    docker_gives = 10
    assert grace(services()[name]) > docker_gives or name == "demo", "a demo keeps nothing"
    assert grace(services()[name]) >= docker_gives


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
    if opens_installation(name):
        apart = {"DATABASE_URL_FILE", "INSTALLATION_FILE", "KAFKA_SERVERS", "KEYS_DIR"}
        assert {PREFIX + setting for setting in apart} <= given.keys(), "it shares no folder, and embeds no database"


def test_one_container_alone_has_the_key_and_the_password_and_the_others_know_where_it_is() -> None:
    [address] = {
        variables(service)["LOANSTREAM_ISSUER_URL"]
        for name, service in ours().items()
        if opens_installation(name) or name == ISSUER
    }
    assert address == f"http://{ISSUER}:8600"
    folder = variables(services()[ISSUER]).get("LOANSTREAM_DATA_DIR", "/var/lib/loanstream")
    assert services()[ISSUER]["volumes"] == [f"{ISSUER}:{folder}"], "neither the data of the others nor more"
    assert [name for name, service in services().items() if f"{ISSUER}:{folder}" in service.get("volumes", ())] == [
        ISSUER
    ]
    knowing = holders("initial-password")
    assert knowing == {ISSUER, "demo"}, "who signs in with the password, and who checks it"
    assert "database-url" not in services()[ISSUER]["secrets"]
    assert "ports" not in services()[ISSUER]


def test_a_secret_is_given_to_whom_it_is_for() -> None:
    serving = {*CONTEXTS, "api"}
    assert holders("postgres-password") == {"postgres"}, "the superuser's"
    assert holders("database-password") == {"postgres"}, "to make the role of the services"
    assert holders("database-url") == {*serving, "migrate", "topics"}
    assert holders("installation") == {*serving, "topics"}
    assert holders("grafana-password") == {"grafana"}
    assert {secret for one in services().values() for secret in one.get("secrets", ())} == {*compose()["secrets"]}


def test_the_master_key_is_written_by_one_job_and_read_where_the_vault_is_opened() -> None:
    mounted = {name: mounts(service)["keys"] for name, service in services().items() if "keys" in mounts(service)}
    writing = {name for name, mount in mounted.items() if not mount.endswith(":ro")}
    assert writing == {"keys"}
    assert mounted.keys() - writing == {*CONTEXTS, "api"}
    folder = variables(services()["api"])["LOANSTREAM_KEYS_DIR"]
    assert {mount.removesuffix(":ro") for mount in mounted.values()} == {folder}
    assert services()["keys"]["network_mode"] == "none"
    assert services()["keys"]["command"] == ["keys", folder]


def test_no_two_services_write_to_one_volume() -> None:
    written = [
        source
        for service in services().values()
        for source, mount in mounts(service).items()
        if not mount.endswith(":ro")
    ]
    assert sorted(written) == sorted(compose()["volumes"])
    data = {name for name, service in ours().items() if "/var/lib/loanstream" in mounts(service).values()}
    assert data == {ISSUER, "origination", "notify"}, "key and users, what the sandbox bank paid, mails kept here"


def test_who_only_watches_reaches_neither_brokers_nor_database() -> None:
    networks = compose()["networks"]
    on = {net: {name for name, one in services().items() if net in one.get("networks", ())} for net in networks}
    brokers, serving = {"kafka", "kafka-2", "kafka-3"}, {*CONTEXTS, "api", ISSUER}
    assert on == {
        "core": brokers | serving | {"postgres", "migrate", "topics"},
        "watch": serving | {"prometheus", "grafana", "otel-collector", "demo"},
        "brokers": brokers | {"ui"},
    }
    assert networks["core"] == {"internal": True}, "no way out"
    assert {name for name, service in services().items() if not service.get("networks")} == {"keys"}


def test_the_services_sign_in_to_the_database_as_a_role_that_rules_nothing() -> None:
    script = ROOT / "deploy" / "compose" / "roles.sh"
    assert "NOSUPERUSER NOCREATEDB NOCREATEROLE" in script.read_text()
    assert script.stat().st_mode & stat.S_IXUSR
    database = services()["postgres"]
    assert variables(database)["POSTGRES_USER"] == "postgres"
    assert "./deploy/compose/roles.sh:/docker-entrypoint-initdb.d/roles.sh:ro" in database["volumes"]


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
    assert made["database-password"].strip() in made["database-url"]
    assert len(set(made.values())) == len(made)
    assert all(len(text) > 24 for text in made.values())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700, "nobody else gets to the files"
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o444}, "a container's user reads them"
    assert run_script(folder) == made, "a second run changes nothing"
    (folder / "metrics-token").unlink()
    again = run_script(folder)
    assert {name for name in made if again[name] != made[name]} == {"metrics-token"}


def test_the_folder_of_the_secrets_is_told_to_compose(tmp_path: Path) -> None:
    script = tmp_path / "deploy" / "compose" / "secrets.sh"
    script.parent.mkdir(parents=True)
    shutil.copy2(SECRETS_SCRIPT, script)
    told = tmp_path / ".env"
    bare = {name: value for name, value in os.environ.items() if name != "LOANSTREAM_SECRETS"}

    def run(**given: str) -> None:
        subprocess.run([script], check=True, capture_output=True, env=bare | given, cwd=script.parent)

    run(LOANSTREAM_SECRETS=str(tmp_path / "mine"))
    assert not told.exists(), "who names a folder tells compose, too"
    told.write_text("DEMO_LOANS=5\n")
    run()
    run()
    assert told.read_text() == "DEMO_LOANS=5\nLOANSTREAM_SECRETS=./deploy/compose/secrets\n"
    assert (tmp_path / "deploy" / "compose" / "secrets" / "database-url").exists()
    told.write_text("LOANSTREAM_SECRETS=./elsewhere\n")
    run()
    assert (tmp_path / "elsewhere" / "database-url").exists()


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
    for label in ("title", "description", "version", "revision", "created", "source", "documentation", "licenses"):
        assert f"org.opencontainers.image.{label}=" in final
    [documentation] = re.findall(r'image\.documentation="([^"]*)"', final)
    assert (ROOT / documentation).is_file()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert re.findall(r"^ARG VERSION=(.*)$", final, re.M) == [version]


def test_only_what_the_image_is_made_of_is_sent_to_the_engine() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    wanted = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = {name for line in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile(), re.M) for name in line.split()}
    assert copied == wanted


def grace(service: dict[str, Any]) -> int:
    """The seconds that a service is given to end."""
    return int(service["stop_grace_period"].removesuffix("s"))


def holders(secret: str) -> set[str]:
    """The services that are given a secret."""
    return {name for name, service in services().items() if secret in service.get("secrets", ())}


def mounts(service: dict[str, Any]) -> dict[str, str]:
    """Where a service has its named volumes, by name; with ``:ro`` those that it only reads."""
    pairs = (volume.split(":", 1) for volume in service.get("volumes", ()))
    return {source: target for source, target in pairs if not source.startswith(".")}


def opens_installation(name: str) -> bool:
    """Whether a container works on log and database, and does not just sign, ask or prepare."""
    return name in ours() and services()[name]["command"][0] in {"serve", "topics"}


def dockerfile() -> str:
    """The text of the Dockerfile, a command a line."""
    return re.sub(r"\\\n\s*", "", DOCKERFILE.read_text(encoding="utf-8"))


def run_script(folder: Path) -> dict[str, str]:
    """The secrets in a folder, after the script was run on it."""
    subprocess.run([SECRETS_SCRIPT, folder], check=True, capture_output=True)
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_the_page_lists_every_variable_of_the_file_with_its_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    used = dict(re.findall(r"\$\{(\w+)(?::?-([^}]*)|:\?[^}]*)?\}", text))
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

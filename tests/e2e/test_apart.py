"""Processes that share no folder, as on several machines: keys from a read-only folder, everything else in the database."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from loanstream.cli.occupancy import occupants
from loanstream.runtime.http.issuer import LocalIssuer
from loanstream.runtime.keys import MASTER_FILE
from loanstream.vault.crypto import LocalMasterKeys
from schemas.topics import CONTEXTS
from tests.e2e.conftest import NewFolder
from tests.e2e.system import command, environment, eventually, run
from tests.support.ports import free_port

pytestmark = pytest.mark.postgres

PASSWORD = "correct horse battery"
OIDC = {"LOANSTREAM_AUTH": "oidc", "LOANSTREAM_OIDC_ISSUER": "https://identity.example"}


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A folder with every key, which nobody writes."""
    folder = tmp_path / "keys"
    LocalMasterKeys.from_file(folder / MASTER_FILE)
    LocalIssuer.open(folder)
    return folder


@pytest.fixture
def variables(keys: Path, fresh_database: str) -> Mapping[str, str]:
    """What every process of the installation is told."""
    return {
        "LOANSTREAM_KEYS_DIR": str(keys),
        "LOANSTREAM_DATABASE_URL": fresh_database,
        "LOANSTREAM_INSTALLATION": "apart",
        "LOANSTREAM_PARTITIONS": "2",
    }


@contextmanager
def served(folder: Path, variables: Mapping[str, str], *arguments: str) -> Iterator[str]:
    """``loanstream serve`` on a folder of its own; its address."""
    process = subprocess.Popen(
        command("serve", *arguments, "--port", "0", "--data", str(folder)),
        stderr=subprocess.DEVNULL,
        env=environment(**variables),
    )
    try:
        yield eventually("it answers", lambda: next((there.url for there in occupants(folder) if there.url), ""))
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def issuing(folder: Path, address: str) -> Iterator[None]:
    """``loanstream issuer`` at an address; it must end in order."""
    process = subprocess.Popen(
        command("issuer", "--port", address.rpartition(":")[2], "--data", str(folder)),
        stderr=subprocess.DEVNULL,
        env=environment(LOANSTREAM_ISSUER_URL=address, LOANSTREAM_INITIAL_PASSWORD=PASSWORD),
    )
    try:
        eventually("the issuer is ready", lambda: run("health", "--port", address.rpartition(":")[2]).returncode == 0)
        yield
    finally:
        process.terminate()
        code = process.wait(30)
    assert code == 0


def test_processes_without_a_common_folder_are_one_installation(
    variables: Mapping[str, str], keys: Path, new_folder: NewFolder
) -> None:
    kept = {path: path.read_bytes() for path in keys.rglob("*") if path.is_file()}
    first, second = new_folder(), new_folder()
    with ExitStack() as stack:
        stack.enter_context(served(first, variables, "servicing", "--role", "decider"))
        api = stack.enter_context(served(second, variables, *CONTEXTS, "--role", "api"))
        token = run("token", "operations-officer", "--data", str(new_folder()), **variables).stdout.strip()
        answer = httpx.post(
            f"{api}/api/servicing/business-days",
            json={"business_date": "2026-01-05"},
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "a-day", "Prefer": "wait=60"},
            trust_env=False,
            timeout=90,
        )
        assert answer.status_code == 200, answer.text
        assert {result["status"] for result in answer.json()["results"]} == {"executed"}
    for folder in (first, second):
        made = {path.name for path in folder.iterdir()}
        assert made.isdisjoint({"vault", "installation", "issuer.json", "users.json", "initial-password", "postgres"})
    assert {path: path.read_bytes() for path in keys.rglob("*") if path.is_file()} == kept


def test_one_process_signs_and_the_others_hold_neither_its_key_nor_a_password(
    variables: Mapping[str, str], keys: Path, new_folder: NewFolder
) -> None:
    for name in ("issuer.json", "users.json", "initial-password"):
        (keys / name).unlink()
    own, decider, asked, looking = (new_folder() for _ in range(4))
    address = f"http://127.0.0.1:{free_port()}"
    given = {**variables, "LOANSTREAM_ISSUER_URL": address}
    with ExitStack() as stack:
        with issuing(own, address):
            stack.enter_context(served(decider, given, "servicing", "--role", "decider"))
            api = stack.enter_context(served(asked, given, *CONTEXTS, "--role", "api"))
            http = stack.enter_context(httpx.Client(base_url=api, trust_env=False, timeout=90))
            wrong = http.post("/api/auth/token", json={"user": "auditor", "password": "another password"})
            assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong-credentials")
            signed = http.post("/api/auth/token", json={"user": "operations-officer", "password": PASSWORD})
            http.headers["Authorization"] = f"Bearer {signed.json()['access_token']}"
            answer = http.post(
                "/api/servicing/business-days",
                json={"business_date": "2026-01-05"},
                headers={"Idempotency-Key": "a-day", "Prefer": "wait=60"},
            )
            assert answer.status_code == 200, answer.text
            token = run("token", "auditor", "--data", str(own), LOANSTREAM_ISSUER_URL=address).stdout.strip()
            assert http.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200
            refused = run("token", "auditor", "--data", str(asked), **given)
            assert "that process signs" in refused.stderr
            looked = run("events", "tail", "--data", str(looking), **given)
            assert looked.returncode == 0, looked.stderr
        gone = http.post("/api/auth/token", json={"user": "auditor", "password": PASSWORD})
        assert (gone.status_code, gone.json()["code"]) == (503, "issuer-unavailable")
        assert http.get("/api/auth/me").status_code == 200, "tokens of before are verified without it"
    assert {path.name for path in own.iterdir()} == {"issuer.json", "users.json"}
    for folder in (decider, asked, looking, keys):
        assert {path.name for path in folder.iterdir()}.isdisjoint({"issuer.json", "users.json", "initial-password"})


def test_a_process_without_the_master_key_does_not_start_and_makes_none(
    variables: Mapping[str, str], tmp_path: Path, folder: Path
) -> None:
    empty = tmp_path / "none"
    empty.mkdir()
    wrong = {**variables, "LOANSTREAM_KEYS_DIR": str(empty)}
    done = run("serve", "servicing", "--port", "0", "--data", str(folder), **wrong)
    assert done.returncode == 1
    assert "does not hold vault/master.json" in done.stderr
    assert list(empty.iterdir()) == []
    assert not (folder / "vault").exists()


def test_tables_are_made_by_one_command_and_operators_look_at_them_under_an_identity_provider(
    variables: Mapping[str, str], new_folder: NewFolder
) -> None:
    given = {**variables, **OIDC}
    unmigrated = {**given, "LOANSTREAM_KEYS_DIR": ""}
    assert "those of this release" in run("migrate", "--data", str(new_folder()), **unmigrated).stdout
    assert run("migrate", "--data", str(new_folder()), **unmigrated).returncode == 0, "a second time changes nothing"
    assert run("topics", "apply", "--data", str(new_folder()), **unmigrated).returncode == 0
    for arguments in (
        ["events", "tail"],
        ["deadletters", "list"],
        ["effects", "list"],
        ["audit", "verify"],
        ["doctor"],
    ):
        done = run(*arguments, "--data", str(new_folder()), **given)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    refused = run("token", "auditor", "--data", str(new_folder()), **given)
    assert refused.returncode == 1
    assert "tokens come from the identity provider" in refused.stderr

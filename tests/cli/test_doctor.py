"""``loanstream doctor`` names what is wrong with an installation and what to do about it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from loanstream.cli.doctor import _topics
from loanstream.cli.installation import topic_definitions
from loanstream.eventlog.memory import MemoryLog
from loanstream.runtime.settings import Settings
from tests.e2e.system import run

pytestmark = pytest.mark.postgres


@pytest.fixture
def folder() -> Iterator[Path]:
    """A fresh data folder."""
    # not pytest's own: its parents are closed to the user that root's database server runs as
    made = Path(tempfile.mkdtemp(prefix="loanstream-doctor-"))
    yield made
    shutil.rmtree(made)


def test_a_misspelt_variable_and_a_changed_partition_count_are_named_and_nothing_else_is(folder: Path) -> None:
    misspelt = run("doctor", "--data", str(folder), LOANSTREAM_PROT="8601")
    assert misspelt.returncode == 1
    assert "✗ settings  LOANSTREAM_PROT" in misspelt.stdout
    assert "mend the spelling" in misspelt.stdout
    assert "1 to mend." in misspelt.stdout, "a fresh folder is well but for that"
    assert list(folder.iterdir()) == [], "who looks makes nothing"
    assert run("topics", "apply", "--data", str(folder)).returncode == 0
    changed = run("doctor", "--data", str(folder), LOANSTREAM_PARTITIONS="3")
    assert changed.returncode == 1
    assert "✗ topics" in changed.stdout
    assert "LOANSTREAM_PARTITIONS was changed" in changed.stdout


def test_a_database_that_cannot_be_reached_is_named(folder: Path) -> None:
    done = run("doctor", "--data", str(folder), LOANSTREAM_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert done.returncode == 1
    assert "✗ database" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_broker_that_is_away_is_named_as_such_and_the_database_is_not(folder: Path) -> None:
    kafka = {"LOANSTREAM_KAFKA_SERVERS": "127.0.0.1:1"}
    fresh = run("doctor", "--data", str(folder), **kafka)
    assert "✗ kafka  Kafka at 127.0.0.1:1: it cannot be reached" in fresh.stdout
    assert list(folder.iterdir()) == [], "who looks makes nothing"
    assert run("topics", "apply", "--data", str(folder)).returncode == 0
    done = run("doctor", "--data", str(folder), **kafka)
    assert done.returncode == 1
    assert "✗ kafka  Kafka at 127.0.0.1:1: it cannot be reached" in done.stdout
    assert "start the brokers" in done.stdout
    assert "database" not in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("there", [0, 3])
async def test_topics_that_are_missing_on_kafka_name_the_command_that_makes_them(tmp_path: Path, there: int) -> None:
    settings = Settings(data_dir=tmp_path, kafka_servers="kafka.example:9092", installation="test")
    log = MemoryLog()
    await log.apply(topic_definitions(settings)[:there], "test")
    check = await _topics(settings, log)
    assert not check.good
    assert "is missing" in check.found
    assert "`loanstream topics apply`" in check.advice


def test_an_empty_folder_is_well_and_stays_empty(folder: Path) -> None:
    done = run("doctor", "--data", str(folder / "new"))
    assert done.returncode == 0
    assert "nothing here yet" in done.stdout
    assert "loanstream up" in done.stdout
    assert list(folder.iterdir()) == []

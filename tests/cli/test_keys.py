"""``loanstream keys`` makes what processes without a common folder are given, once."""

from pathlib import Path

from typer.testing import CliRunner

from loanstream.cli.main import app
from loanstream.runtime.keys import keys_folder
from loanstream.runtime.settings import Settings


def made(folder: Path, *options: str) -> dict[str, bytes]:
    """Files that are there after the command, with their contents."""
    result = CliRunner().invoke(app, ["keys", str(folder), *options])
    assert result.exit_code == 0, result.output
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    assert all(str(path) in result.output.replace("\n", "") for path in files.values())
    assert all(path.stat().st_mode & 0o077 == 0 for path in files.values())
    return {name: path.read_bytes() for name, path in files.items()}


def test_with_an_identity_provider_the_master_key_is_all(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    assert made(folder).keys() == {"vault/master.json"}
    settings = Settings(keys_dir=str(folder), auth="oidc", oidc_issuer="https://identity.example")
    assert keys_folder(settings) == folder


def test_a_second_time_adds_what_is_missing_and_keeps_what_is_there(tmp_path: Path) -> None:
    first = made(tmp_path / "keys")
    both = made(tmp_path / "keys", "--local-issuer")
    assert both.keys() == {"vault/master.json", "issuer.json", "users.json", "initial-password"}
    assert first.items() <= both.items()
    assert made(tmp_path / "keys", "--local-issuer") == both
    assert keys_folder(Settings(keys_dir=str(tmp_path / "keys"))) == tmp_path / "keys"

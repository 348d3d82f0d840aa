"""Keys come from the data folder, or from a folder that others keep: there none is ever made."""

from pathlib import Path

import pytest

from loanstream.runtime.http.issuer import LocalIssuer
from loanstream.runtime.keys import MASTER_FILE, keys_folder
from loanstream.runtime.settings import BadSetting, Settings
from loanstream.vault.crypto import LocalMasterKeys

WITH_OIDC = {"LOANSTREAM_AUTH": "oidc", "LOANSTREAM_OIDC_ISSUER": "https://identity.example"}


def settings(keys: Path, **variables: str) -> Settings:
    """Settings whose keys others keep in a folder."""
    return Settings.from_environment({"LOANSTREAM_KEYS_DIR": str(keys), **variables})


def test_without_the_setting_keys_are_in_the_data_folder(tmp_path: Path) -> None:
    assert keys_folder(Settings(data_dir=tmp_path / "data")) == tmp_path / "data"


def test_a_folder_without_the_master_key_is_refused_and_stays_empty(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=rf"LOANSTREAM_KEYS_DIR={tmp_path} does not hold vault/master\.json: "):
        keys_folder(settings(tmp_path, **WITH_OIDC))
    assert list(tmp_path.iterdir()) == []


def test_with_an_identity_provider_the_master_key_is_enough(tmp_path: Path) -> None:
    LocalMasterKeys.from_file(tmp_path / MASTER_FILE)
    assert keys_folder(settings(tmp_path, **WITH_OIDC)) == tmp_path


def test_the_local_issuer_needs_its_key_and_users_there_too(tmp_path: Path) -> None:
    LocalMasterKeys.from_file(tmp_path / MASTER_FILE)
    with pytest.raises(BadSetting, match=r"does not hold issuer\.json and users\.json"):
        keys_folder(settings(tmp_path))
    LocalIssuer.open(tmp_path)
    assert keys_folder(settings(tmp_path)) == tmp_path

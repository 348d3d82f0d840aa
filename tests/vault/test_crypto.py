"""Keys, references and secret files."""

import base64
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanstream.vault import crypto
from loanstream.vault.crypto import DamagedCiphertext, LocalMasterKeys
from loanstream.vault.secretfile import replace_secret_file, secret_file


@given(st.binary(max_size=200), st.text(max_size=20), st.text(max_size=20))
def test_what_is_sealed_opens_in_its_place_and_nowhere_else(plain: bytes, subject: str, field: str) -> None:
    cipher = crypto.cipher(crypto.new_data_key())
    sealed = crypto.seal(cipher, plain, crypto.field_place(subject, field))
    assert crypto.unseal(cipher, sealed, crypto.field_place(subject, field)) == plain
    with pytest.raises(DamagedCiphertext):
        crypto.unseal(cipher, sealed, crypto.field_place(subject, field + "x"))


@given(st.binary(max_size=64), st.integers(min_value=0))
def test_any_flipped_bit_is_found(plain: bytes, position: int) -> None:
    cipher = crypto.cipher(crypto.new_data_key())
    sealed = bytearray(crypto.seal(cipher, plain, b"place"))
    sealed[position % len(sealed)] ^= 1
    with pytest.raises(DamagedCiphertext):
        crypto.unseal(cipher, bytes(sealed), b"place")


def test_a_truncated_ciphertext_is_damaged_not_a_crash() -> None:
    cipher = crypto.cipher(crypto.new_data_key())
    for length in range(12):
        with pytest.raises(DamagedCiphertext):
            crypto.unseal(cipher, bytes(length), b"place")


def test_reference_and_index_of_one_identity_have_nothing_in_common() -> None:
    key = os.urandom(32)
    reference = crypto.reference(key, "1").removeprefix("party-").upper()
    index = base64.b32encode(crypto.index_entry(key, "1")).decode()
    assert reference not in index
    assert crypto.reference(os.urandom(32), "1") != crypto.reference(key, "1")


def test_the_key_file_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "data" / "vault.json"
    LocalMasterKeys.from_file(path)
    content = path.read_bytes()
    LocalMasterKeys.from_file(path)
    assert path.read_bytes() == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_key_wrapped_by_an_older_master_key_still_opens_after_rotation(tmp_path: Path) -> None:
    path = tmp_path / "vault.json"
    wrapped = await LocalMasterKeys.from_file(path).wrap("s", b"k" * 32)
    stored = json.loads(path.read_bytes())
    stored["keys"]["2"] = base64.b64encode(os.urandom(32)).decode()
    stored["current"] = "2"
    replace_secret_file(path, json.dumps(stored).encode())
    rotated = LocalMasterKeys.from_file(path)
    assert await rotated.unwrap("s", wrapped) == b"k" * 32
    assert (await rotated.wrap("s", b"k" * 32)).master == "2"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"current": "1", "keys": {"1": "AAAA"}, "index": "AAAA"}'])
def test_a_malformed_key_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "vault.json"
    replace_secret_file(path, content.encode())
    with pytest.raises(ValueError, match=r"vault\.json is malformed"):
        LocalMasterKeys.from_file(path)


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    secret_file(path, lambda: b"s")
    path.chmod(0o644)
    with pytest.raises(PermissionError, match="chmod 600"):
        secret_file(path, lambda: b"s")


@pytest.mark.parametrize(("mode", "usable"), [(0o440, True), (0o460, False), (0o444, False), (0o441, False)])
def test_a_secret_of_another_user_may_be_read_by_a_group_and_by_nobody_else(
    mode: int, usable: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    secret_file(path, lambda: b"s")
    path.chmod(mode)
    with pytest.raises(PermissionError):
        secret_file(path, lambda: b"s")
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    if usable:
        assert secret_file(path, lambda: b"t") == b"s"
    else:
        with pytest.raises(PermissionError):
            secret_file(path, lambda: b"s")


def test_processes_that_start_together_agree_on_one_secret(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    with ThreadPoolExecutor(16) as threads:
        read = list(threads.map(lambda _n: secret_file(path, lambda: os.urandom(16)), range(64)))
    assert len(set(read)) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["secret"]

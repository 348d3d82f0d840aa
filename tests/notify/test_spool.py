"""The sandbox spool: a letter stands in it once, also across restarts."""

import json
from dataclasses import replace
from pathlib import Path

from loanstream.runtime.definitions import EffectStatus
from services.notify.ports.choice import make_mail
from services.notify.ports.mail import Mail
from services.notify.ports.smtp import SmtpMail
from services.notify.ports.spool import SpoolMail
from tests.notify.handling import NOW

LETTER = Mail("message-1", "wang@example.com", "您好", "一行\n", "zh", "overdue", NOW)


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


async def test_a_letter_is_appended_once_also_across_restarts(tmp_path: Path) -> None:
    path = tmp_path / "mail" / "spool.jsonl"
    for _ in range(2):
        spool = SpoolMail(path)
        assert (await spool.send(LETTER)).status is EffectStatus.SUCCEEDED
        assert (await spool.send(LETTER)).status is EffectStatus.SUCCEEDED
        await spool.close()
    (line,) = lines(path)
    assert json.loads(line)["subject"] == "您好"


async def test_it_can_be_asked_about_a_letter(tmp_path: Path) -> None:
    path = tmp_path / "spool.jsonl"
    spool = SpoolMail(path)
    assert (await spool.ask("message-1")).status is EffectStatus.RETRY
    await spool.send(LETTER)
    await spool.close()
    assert (await SpoolMail(path).ask("message-1")).status is EffectStatus.SUCCEEDED


async def test_a_line_cut_off_by_a_crash_counts_as_not_written_and_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "spool.jsonl"
    spool = SpoolMail(path)
    await spool.send(LETTER)
    await spool.send(replace(LETTER, id="message-2"))
    await spool.close()
    path.write_bytes(path.read_bytes()[:-40])
    spool = SpoolMail(path)
    assert (await spool.ask("message-2")).status is EffectStatus.RETRY
    await spool.send(replace(LETTER, id="message-2"))
    await spool.close()
    assert [json.loads(text)["id"] for text in (lines(path)[0], lines(path)[-1])] == ["message-1", "message-2"]


async def test_only_the_owner_can_read_the_addresses(tmp_path: Path) -> None:
    path = tmp_path / "spool.jsonl"
    spool = SpoolMail(path)
    await spool.send(LETTER)
    await spool.close()
    assert path.stat().st_mode & 0o077 == 0


async def test_in_memory_it_keeps_the_letters_themselves() -> None:
    spool = SpoolMail()
    await spool.send(LETTER)
    await spool.send(LETTER)
    assert spool.letters == [LETTER]


def test_an_installation_without_a_mail_server_spools(tmp_path: Path) -> None:
    assert isinstance(make_mail(spool=tmp_path / "spool.jsonl"), SpoolMail)
    assert isinstance(make_mail(url="smtp://mail.example"), SmtpMail)

"""Letters: from an effect row through a real SMTP server to the command that records it."""

import asyncio
from dataclasses import replace
from datetime import time, timedelta

import pytest

from loanstream.runtime.definitions import EffectResult, EffectRow, EffectStatus
from schemas import ids
from schemas.notify.commands import DeliveryOutcome, RecordDelivery
from schemas.notify.events import NotificationSent
from schemas.origination.events import LoanRefused
from schemas.servicing.events import Overdue
from services.notify.delivery import Email
from services.notify.domain.quiet import QuietHours
from services.notify.loading import shipped_rules
from services.notify.ports.mail import MailPort
from services.notify.ports.smtp import BadMailServer, SmtpMail, server_of
from services.notify.ports.spool import SpoolMail
from tests.notify.handling import NOW, SetClock, attempt, in_utc, rows_of, vault_with
from tests.notify.samples import sample
from tests.notify.servers import DROPPED, TAKEN, MailServer, mail_server

WANG = {"email": "wang@example.com", "name": "王安宁"}
RULES = shipped_rules()


def smtp(server: MailServer, credentials: str = "") -> SmtpMail:
    return SmtpMail(server_of(f"smtp://{credentials}127.0.0.1:{server.port}"), "bank@loans.example", timeout=2)


async def overdue_letter(mail: MailPort, party: dict[str, str] = WANG) -> tuple[Email, EffectRow]:
    """The handler, and the row of the letter about an overdue loan."""
    vault, subject = await vault_with(party)
    (row,) = rows_of(sample(Overdue, party_ref=subject))
    return Email(mail, vault, SetClock(), RULES), row


def recorded(handler: Email, row: EffectRow, result: EffectResult) -> RecordDelivery:
    send = handler.report(row, result)
    assert send is not None
    assert send.target == row.payload["message_id"]
    return send.command


async def test_a_letter_reaches_the_borrower_once_with_the_message_id_as_its_key() -> None:
    async with mail_server() as server:
        mail = smtp(server)
        handler, row = await overdue_letter(mail)
        row, result = await attempt(handler, row)
        await mail.close()
    (letter,) = server.letters
    assert result.status is EffectStatus.SUCCEEDED
    assert server.recipients == ["wang@example.com"]
    assert letter["Message-ID"] == f"<{row.payload['message_id']}@loans.example>"
    assert letter["From"] == "bank@loans.example"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Subject"] == "您的贷款已逾期"
    assert letter.get_content().startswith("尊敬的王安宁：")
    assert recorded(handler, row, result) == RecordDelivery(
        outcome=DeliveryOutcome.SENT,
        recipient=row.recipient,
        party_ref=row.recipient,
        channel="email",
        category="overdue",
        template="overdue/zh/1",
        cause="event-1",
        loan_id="loan-1",
    )


async def test_neither_row_nor_result_nor_command_holds_personal_data() -> None:
    async with mail_server() as server:
        server.on_rcpt = ["550 no mailbox wang@example.com"]
        handler, row = await overdue_letter(smtp(server))
        row, result = await attempt(handler, row)
    shown = f"{row} {result} {handler.report(row, result)}"
    assert "wang@" not in shown
    assert "王" not in shown


async def test_the_connection_is_used_again_for_the_next_letter() -> None:
    async with mail_server() as server:
        mail = smtp(server)
        handler, row = await overdue_letter(mail)
        await attempt(handler, row)
        await attempt(handler, row)
        assert server.connections == 1
        server.drop_all()
        await asyncio.sleep(0.01)
        _, result = await attempt(handler, row)
        await mail.close()
    assert (result.status, server.connections, len(server.letters)) == (EffectStatus.SUCCEEDED, 2, 3)


@pytest.mark.parametrize("stage", ["on_rcpt", "on_data"])
async def test_a_letter_that_the_server_refuses_for_good_has_failed(stage: str) -> None:
    async with mail_server() as server:
        setattr(server, stage, ["550 no such mailbox"])
        handler, row = await overdue_letter(smtp(server))
        row, result = await attempt(handler, row)
    assert result.status is EffectStatus.FAILED
    command = recorded(handler, row, result)
    assert (command.outcome, command.reason) == (DeliveryOutcome.FAILED, "the mail server answered 550")


@pytest.mark.parametrize("stage", ["on_rcpt", "on_data"])
async def test_a_letter_that_the_server_puts_off_is_sent_the_next_time(stage: str) -> None:
    async with mail_server() as server:
        setattr(server, stage, ["451 try again later"])
        handler, row = await overdue_letter(smtp(server))
        row, result = await attempt(handler, row)
        assert result.status is EffectStatus.RETRY
        assert handler.report(row, result) is None
        row, result = await attempt(handler, row)
    assert (result.status, len(server.letters)) == (EffectStatus.SUCCEEDED, 1)
    assert recorded(handler, row, result).uncertain is False


async def test_a_connection_that_breaks_after_the_letter_leaves_it_unknown_and_the_next_sending_uncertain() -> None:
    async with mail_server() as server:
        server.on_data = [DROPPED]
        handler, row = await overdue_letter(smtp(server))
        row, result = await attempt(handler, row)
        assert result.status is EffectStatus.UNKNOWN
        assert handler.report(row, result) is None
        row, result = await attempt(handler, row)
        assert result.status is EffectStatus.RETRY, "a mail server cannot be asked"
        row, result = await attempt(handler, row)
    assert result.status is EffectStatus.SUCCEEDED
    assert recorded(handler, row, result).uncertain is True
    first, second = server.letters
    assert first["Message-ID"] == second["Message-ID"], "the receiver can tell that it is the same letter"


async def test_a_connection_that_breaks_before_the_letter_certainly_sent_nothing() -> None:
    async with mail_server() as server:
        server.on_rcpt = [DROPPED, TAKEN]
        handler, row = await overdue_letter(smtp(server))
        row, result = await attempt(handler, row)
        assert result.status is EffectStatus.RETRY
        row, result = await attempt(handler, row)
    assert recorded(handler, row, result).uncertain is False


async def test_a_mail_server_that_is_down_is_tried_again() -> None:
    async with mail_server() as server:
        pass
    handler, row = await overdue_letter(smtp(server))
    row, result = await attempt(handler, row)
    assert result.status is EffectStatus.RETRY
    async with mail_server(server.port) as up:
        row, result = await attempt(handler, row)
    assert (result.status, len(up.letters)) == (EffectStatus.SUCCEEDED, 1)


async def test_a_password_signs_in_and_a_wrong_one_is_no_fault_of_the_letter() -> None:
    async with mail_server() as server:
        handler, row = await overdue_letter(smtp(server, "us%40er:right@"))
        _, result = await attempt(handler, row)
        assert result.status is EffectStatus.SUCCEEDED
        handler, row = await overdue_letter(smtp(server, "us%40er:wrong@"))
        _, result = await attempt(handler, row)
    assert result.status is EffectStatus.RETRY
    assert server.logins[0] == ("us@er", "right")


@pytest.mark.parametrize(
    ("party", "reason"),
    [
        ({"name": "王安宁"}, "no-address"),
        ({"email": " "}, "no-address"),
        ({"email": "wang at example"}, "address-not-usable"),
        ({"email": "王@example.com"}, "address-not-usable"),
        ({"email": "a@example.com\r\nBcc: b@example.com"}, "address-not-usable"),
    ],
)
async def test_without_a_usable_address_nothing_is_sent_and_that_is_recorded(
    party: dict[str, str], reason: str
) -> None:
    handler, row = await overdue_letter(SpoolMail(), party)
    row, result = await attempt(handler, row)
    command = recorded(handler, row, result)
    assert (command.outcome, command.reason) == (DeliveryOutcome.SUPPRESSED, reason)


async def test_an_erased_or_unknown_party_gets_nothing_and_that_is_recorded() -> None:
    vault, subject = await vault_with(WANG)
    await vault.erase(subject, by="officer", reason="asked for")
    for party, reason in ((subject, "subject-erased"), ("nobody", "unknown-subject")):
        (row,) = rows_of(sample(Overdue, party_ref=party))
        handler = Email(SpoolMail(), vault, SetClock(), RULES)
        row, result = await attempt(handler, row)
        command = recorded(handler, row, result)
        assert (command.outcome, command.reason) == (DeliveryOutcome.SUPPRESSED, reason)


async def test_the_read_of_the_address_is_recorded_with_reader_and_purpose() -> None:
    vault, subject = await vault_with(WANG)
    (row,) = rows_of(sample(Overdue, party_ref=subject))
    await attempt(Email(SpoolMail(), vault, SetClock(), RULES), row)
    (read,) = await vault.reads(subject)
    assert (read.reader, read.purpose) == ("service:notify", "notification")


async def test_a_vault_that_does_not_answer_is_tried_again() -> None:
    class Broken:
        async def read(self, *args: object, **kwargs: object) -> object:
            raise ConnectionError("wang@example.com")

    (row,) = rows_of(sample(Overdue))
    row, result = await attempt(Email(SpoolMail(), Broken(), SetClock(), RULES), row)
    assert (result.status, row.detail) == (EffectStatus.RETRY, {"reason": "vault not available: ConnectionError"})


@pytest.mark.parametrize(
    ("preference", "event", "template"),
    [
        ({}, Overdue, "overdue/zh/1"),
        ({"language": "en"}, Overdue, "overdue/en/1"),
        ({"language": "fr"}, Overdue, "overdue/zh/1"),
        ({"language": "zh"}, LoanRefused, "loan-refused/en/1"),
    ],
)
async def test_the_language_is_the_events_else_the_partys_else_chinese(
    preference: dict[str, str], event: type, template: str
) -> None:
    vault, subject = await vault_with(WANG | preference)
    (row,) = rows_of(sample(event, party_ref=subject))
    handler = Email(SpoolMail(), vault, SetClock(), RULES)
    row, result = await attempt(handler, row)
    assert recorded(handler, row, result).template == template


NIGHT = QuietHours(start=time(22), end=time(8), zone="Asia/Shanghai")


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-05T21:59:59+08:00", None),
        ("2026-03-05T22:00:00+08:00", "2026-03-06T08:00:00+08:00"),
        ("2026-03-06T07:59:59+08:00", "2026-03-06T08:00:00+08:00"),
        ("2026-03-06T08:00:00+08:00", None),
    ],
)
async def test_at_night_a_letter_waits_for_the_morning(now: str, until: str | None) -> None:
    vault, subject = await vault_with(WANG)
    (row,) = rows_of(sample(Overdue, party_ref=subject))
    spool, clock = SpoolMail(), SetClock(in_utc(now))
    handler = Email(spool, vault, clock, replace(RULES, quiet_hours=NIGHT))
    row, result = await attempt(handler, row)
    if until is None:
        assert result.status is EffectStatus.SUCCEEDED
        return
    assert (result.status, result.not_before) == (EffectStatus.RETRY, in_utc(until))
    assert spool.letters == []
    clock.time = in_utc(until)
    _, result = await attempt(handler, row)
    assert (result.status, len(spool.letters)) == (EffectStatus.SUCCEEDED, 1)


async def test_a_letter_that_cannot_be_delivered_for_three_days_has_failed() -> None:
    async with mail_server() as server:
        pass
    handler, row = await overdue_letter(smtp(server))
    row, _ = await attempt(handler, row)
    handler._clock.time = NOW + timedelta(hours=72)
    row, result = await attempt(handler, row)
    assert recorded(handler, row, result).reason.startswith(
        "given up after 72 hours and 1 attempts; last: mail server not"
    )


async def test_a_recorded_outcome_names_the_effect_that_it_finished() -> None:
    handler, row = await overdue_letter(SpoolMail())
    event = NotificationSent(
        message_id=row.payload["message_id"],
        party_ref=row.recipient,
        channel="email",
        category="overdue",
        template="overdue/zh/1",
        cause="event-1",
        loan_id="loan-1",
        uncertain=False,
        recipient=row.recipient,
    )
    assert handler.recorded(event) == row.id == ids.effect_id("event-1", "email", row.recipient)
    assert handler.recorded(replace(event, channel="webhook")) is None
    assert handler.recorded(sample(Overdue)) is None


@pytest.mark.parametrize(
    "url", ["http://mail.example", "smtp://", "smtp://user@mail.example", "smtp://h:99999", "smtp://:pw@h"]
)
def test_an_address_that_is_no_mail_server_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(BadMailServer) as refused:
        server_of(url)
    assert "pw" not in str(refused.value)


def test_a_server_never_shows_its_password() -> None:
    server = server_of("smtps://user:s3cret@mail.example")
    assert (server.port, server.tls) == (465, True)
    assert "s3cret" not in repr(server)


async def test_the_wait_before_another_attempt_doubles_up_to_an_hour() -> None:
    async with mail_server() as server:
        pass
    handler, row = await overdue_letter(smtp(server))
    waits = []
    for attempts in (0, 1, 2, 30):
        _, result = await attempt(handler, replace(row, attempts=attempts))
        assert result.not_before is not None
        waits.append((result.not_before - NOW).total_seconds())
    assert waits == [2, 4, 8, 3600]


async def test_a_letter_that_waits_for_a_slow_one_before_it_certainly_was_not_sent() -> None:
    async with mail_server() as server:
        server.on_rcpt = ["slow"]
        mail = SmtpMail(server_of(f"smtp://127.0.0.1:{server.port}"), "bank@loans.example", timeout=0.1)
        handler, row = await overdue_letter(mail)
        (_, first), (_, second) = await asyncio.gather(attempt(handler, row), attempt(handler, row))
    assert first.status is EffectStatus.RETRY
    assert second.status is EffectStatus.RETRY
    assert second.detail["reason"] == "mail server busy with other letters"

"""The payout port: the sandbox keeps its word over a crash, the HTTP adapter never takes silence for a failure."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.origination.ports.bank import BankAnswer, PaymentOrder, PaymentState
from services.origination.ports.choice import make_bank
from services.origination.ports.http_bank import HttpBank
from services.origination.ports.sandbox_bank import FileLedger, MemoryLedger, SandboxBank
from tests.origination.samples import DAY, cny

ORDER = PaymentOrder(
    key="pay-1", amount=cny("1200.00"), account="6222020000001234567", value_date=DAY, purpose="loan-1"
)
REJECTED = replace(ORDER, account="62220200000000000000")
SILENT = replace(ORDER, account="62220200000000009999")


# -- sandbox -----------------------------------------------------------------------------------------------------------


async def test_the_sandbox_pays_with_the_value_date_of_the_order() -> None:
    answer = await SandboxBank(MemoryLedger()).pay(ORDER)
    assert (answer.state, answer.value_date) == (PaymentState.SETTLED, DAY)
    assert answer.reference.startswith("SBX")


async def test_the_same_key_pays_once_and_another_amount_under_it_is_rejected() -> None:
    bank = SandboxBank(MemoryLedger())
    first = await bank.pay(ORDER)
    assert await bank.pay(ORDER) == first
    assert (await bank.pay(replace(ORDER, amount=cny("9.00")))).state is PaymentState.REJECTED
    assert await bank.ask("pay-1") == first


async def test_a_rejected_account_stays_rejected() -> None:
    bank = SandboxBank(MemoryLedger())
    answer = await bank.pay(REJECTED)
    assert answer.state is PaymentState.REJECTED
    assert await bank.ask("pay-1") == answer


async def test_a_silent_account_settles_when_asked() -> None:
    bank = SandboxBank(MemoryLedger())
    assert (await bank.pay(SILENT)).state is PaymentState.UNKNOWN
    assert (await bank.pay(SILENT)).state is PaymentState.UNKNOWN
    assert (await bank.ask("pay-1")).state is PaymentState.SETTLED
    assert (await bank.pay(SILENT)).state is PaymentState.SETTLED


async def test_what_was_never_ordered_was_not_sent() -> None:
    assert await SandboxBank(MemoryLedger()).ask("pay-1") == BankAnswer(PaymentState.NOT_SENT)


@pytest.mark.parametrize("order", [ORDER, REJECTED, SILENT], ids=["paid", "rejected", "silent"])
async def test_after_a_crash_the_sandbox_still_knows(tmp_path: Path, order: PaymentOrder) -> None:
    ledger = tmp_path / "bank" / "payments.jsonl"
    first = await SandboxBank(FileLedger(ledger)).pay(order)
    reopened = SandboxBank(FileLedger(ledger))
    assert await reopened.pay(order) == first
    settled = await reopened.ask("pay-1")
    assert await SandboxBank(FileLedger(ledger)).ask("pay-1") == settled
    assert order.account not in ledger.read_text()


async def test_a_line_cut_short_was_never_answered(tmp_path: Path) -> None:
    ledger = tmp_path / "payments.jsonl"
    await SandboxBank(FileLedger(ledger)).pay(ORDER)
    with ledger.open("ab") as file:
        file.write(b'{"key": "pay-2", "amou')
    bank = SandboxBank(FileLedger(ledger))
    assert (await bank.ask("pay-2")).state is PaymentState.NOT_SENT
    await bank.pay(replace(ORDER, key="pay-2"))
    reopened = SandboxBank(FileLedger(ledger))
    assert (await reopened.ask("pay-1")).state is PaymentState.SETTLED
    assert (await reopened.ask("pay-2")).state is PaymentState.SETTLED


def test_an_account_number_shows_in_no_log_line() -> None:
    assert ORDER.account not in repr(ORDER)


async def test_the_installation_chooses_its_bank(tmp_path: Path) -> None:
    assert isinstance(make_bank(), SandboxBank)
    assert isinstance(make_bank(ledger=tmp_path / "payments.jsonl"), SandboxBank)
    bank = make_bank(url="http://127.0.0.1:1", token="t")
    assert isinstance(bank, HttpBank)
    await bank.aclose()


# -- HTTP --------------------------------------------------------------------------------------------------------------


class Gateway(ThreadingHTTPServer):
    """A payment gateway on loopback; ``answers`` are given in turn, ``None`` drops the connection after reading."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, Any] | None] = []
        self.seen: list[tuple[str, str, str, Any]] = []

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def do_GET(self) -> None:
        self._answer(None)

    def _answer(self, body: Any) -> None:
        self.server.seen.append((self.command, self.path, self.headers.get("Idempotency-Key", ""), body))
        answer = self.server.answers.pop(0)
        if answer is None:
            self.close_connection = True
            return
        status, content = answer
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    server = Gateway()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


SETTLED = {"state": "settled", "reference": "B-77", "value_date": "2026-01-07"}
PAID = BankAnswer(PaymentState.SETTLED, "B-77", DAY.replace(day=7))


async def test_an_order_carries_key_and_account_and_the_answer_is_the_banks(gateway: Gateway) -> None:
    gateway.answers = [(201, SETTLED)]
    bank = HttpBank(httpx.AsyncClient(base_url=gateway.url))
    assert await bank.pay(ORDER) == PAID
    assert gateway.seen == [
        (
            "POST",
            "/payments",
            "pay-1",
            {
                "amount": "1200.00",
                "currency": "CNY",
                "account": ORDER.account,
                "value_date": "2026-01-05",
                "purpose": "loan-1",
            },
        )
    ]
    await bank.aclose()


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ((200, {"state": "accepted"}), PaymentState.UNKNOWN),
        ((200, {"state": "rejected", "reason": "closed"}), PaymentState.REJECTED),
        ((200, {"state": "returned"}), PaymentState.REJECTED),
        ((200, b"<html>"), PaymentState.UNKNOWN),
        ((200, {"state": "settled"}), PaymentState.UNKNOWN),
        ((200, ["settled"]), PaymentState.UNKNOWN),
        ((422, {"reason": "no such account"}), PaymentState.REJECTED),
        ((400, b"bad"), PaymentState.REJECTED),
        ((401, b""), PaymentState.NOT_SENT),
        ((429, b""), PaymentState.NOT_SENT),
        ((503, b""), PaymentState.NOT_SENT),
        ((409, b""), PaymentState.UNKNOWN),
        ((500, b""), PaymentState.UNKNOWN),
        ((504, b""), PaymentState.UNKNOWN),
        (None, PaymentState.UNKNOWN),
    ],
)
async def test_only_a_clear_answer_to_an_order_is_final(gateway: Gateway, answer: Any, state: PaymentState) -> None:
    gateway.answers = [answer]
    bank = HttpBank(httpx.AsyncClient(base_url=gateway.url))
    assert (await bank.pay(ORDER)).state is state
    await bank.aclose()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((200, SETTLED), PAID),
        ((200, {"state": "returned", "reason": "R01"}), BankAnswer(PaymentState.REJECTED, reason="returned: R01")),
        ((404, b""), BankAnswer(PaymentState.NOT_SENT)),
        ((500, b""), BankAnswer(PaymentState.UNKNOWN, reason="HTTP 500")),
    ],
)
async def test_the_bank_is_asked_by_key(gateway: Gateway, answer: Any, expected: BankAnswer) -> None:
    gateway.answers = [answer]
    bank = HttpBank(httpx.AsyncClient(base_url=gateway.url))
    assert await bank.ask("pay/1") == expected
    assert gateway.seen[0][:2] == ("GET", "/payments/pay%2F1")
    await bank.aclose()


async def test_a_bank_that_cannot_be_reached_has_no_order() -> None:
    bank = HttpBank(httpx.AsyncClient(base_url="http://127.0.0.1:1"))
    assert (await bank.pay(ORDER)).state is PaymentState.NOT_SENT
    assert (await bank.ask("pay-1")).state is PaymentState.UNKNOWN
    await bank.aclose()

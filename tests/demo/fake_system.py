"""A small stand-in for the whole system behind its public API: enough lending to play the demo through in a second.

Everything is decided at once, so it is always idle. It refuses what the real system refuses where the demo depends on it: keys
used twice for different requests, people who may not, days out of order, receipts recorded twice. Interest is a flat 1 % an
instalment, penalty 1.00 per instalment past its grace.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

import httpx

from loanstream.demo.behaviour import due_date
from schemas import ids

PARTITIONS = 6
CENT = Decimal("0.01")
ZERO = Decimal("0.00")
GRACE = 3
REFUSED_FROM = Decimal(8000)
REVIEWED_FROM = Decimal(5000)
TERMS = {
    "annual_rate": "0.144",
    "minimum": {"amount": "250.00", "currency": "CNY"},
    "documents": ["identity", "income"],
}


class Killed(BaseException):
    """The demo's process died here."""


@dataclass
class Instalment:
    """A row of a schedule."""

    number: int
    due_date: date
    principal: Decimal
    interest: Decimal
    penalty: Decimal = ZERO
    paid: Decimal = ZERO

    @property
    def unpaid(self) -> Decimal:
        return self.principal + self.interest + self.penalty - self.paid

    @property
    def unpaid_principal(self) -> Decimal:
        return min(self.principal, self.unpaid)


@dataclass
class Loan:
    """A loan on the books."""

    loan_id: str
    application_id: str
    principal: Decimal
    value_date: date
    rows: list[Instalment]
    status: str = "active"
    dpd: int = 0
    written_off: Decimal = ZERO

    @property
    def outstanding(self) -> Decimal:
        return ZERO if self.status == "written-off" else sum((r.unpaid_principal for r in self.rows), ZERO)


class Problem(Exception):
    """A problem answer."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


@dataclass
class FakeSystem:
    """Its state, and the requests that it got."""

    day: date | None = None
    products: list[dict[str, Any]] = field(default_factory=list)
    applications: dict[str, dict[str, Any]] = field(default_factory=dict)
    contracts: dict[str, dict[str, Any]] = field(default_factory=dict)
    drawdowns: dict[str, dict[str, Any]] = field(default_factory=dict)
    loans: dict[str, Loan] = field(default_factory=dict)
    receipts: dict[str, dict[str, Any]] = field(default_factory=dict)
    deposits: dict[str, Decimal] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    answers: dict[tuple[str, str], tuple[bytes, int, Any]] = field(default_factory=dict)
    bodies: list[tuple[str, bytes]] = field(default_factory=list)
    """Path and body of every request."""
    disturb: Callable[[int, bool], None] = lambda _number, _done: None
    """Called with the request's number, before and after it is served: may raise."""

    # -- the transport --------------------------------------------------------------------------------------------------

    def client(self) -> httpx.AsyncClient:
        """A client whose requests come here."""
        return httpx.AsyncClient(transport=_Transport(self), base_url="http://fake")

    def serve(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.bodies.append((request.url.path, request.content))
        number = len(self.bodies)
        self.disturb(number, False)
        user = request.headers["authorization"].removeprefix("Bearer ")
        query = {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}
        try:
            status, body = self._answer(request, user, query)
        except Problem as problem:
            status, body = problem.status, {"code": problem.code, "detail": problem.code}
        self.disturb(number, True)
        return httpx.Response(status, content=body) if isinstance(body, bytes) else httpx.Response(status, json=body)

    def _answer(self, request: httpx.Request, user: str, query: dict[str, str]) -> tuple[int, Any]:
        path = request.url.path.removeprefix("/api/").split("/")
        if request.method == "GET":
            return 200, self._get(path, query)
        key = (f"{user} {request.url.path}", request.headers["idempotency-key"])
        if key in self.answers:
            body, status, answer = self.answers[key]
            if body != request.content:
                raise Problem(422, "idempotency-key-reused")
            return status, answer
        try:
            status, answer = 200, self._post(path, user, json.loads(request.content), key[1])
        except Problem as problem:
            status, answer = problem.status, {"code": problem.code, "detail": problem.code}
        self.answers[key] = (request.content, status, answer)
        return status, answer

    # -- queries ----------------------------------------------------------------------------------------------------------

    def _get(self, path: list[str], query: dict[str, str]) -> Any:
        match path:
            case ["platform", "idle"]:
                return {"idle": True, "waiting": {}}
            case [_, "events", "counts"]:
                counts = [{"name": name, "count": n} for name, n in self.events.items()]
                return {"partitions": PARTITIONS, "counts": counts if path[0] == "servicing" else []}
            case ["origination", "products", "shipped"]:
                return {"products": [{"product_id": "consumer-credit", "terms": TERMS}]}
            case ["origination", "products"]:
                return {"products": [p for p in self.products if query.get("state") in (None, p["state"])]}
            case ["origination", "contracts", contract_id, "text"]:
                return _text(contract_id)
            case ["origination", ("applications" | "contracts" | "drawdowns") as table]:
                rows = [r for r in getattr(self, table).values() if query.get("state") in (None, r["state"])]
                return {table: rows, "next": None}
            case ["servicing", "business-days"]:
                days = [{"business_date": str(self.day), "open": False, "partitions": PARTITIONS}] if self.day else []
                return {"business_days": days}
            case ["servicing", "loans"]:
                return {"loans": [_loan(n) for n in self.loans.values() if self._wanted(n, query)], "next": None}
            case ["servicing", "loans", loan_id, "schedule"]:
                return {"instalments": [_row(r) for r in self.loans[loan_id].rows]}
            case ["servicing", "due"]:
                return self._due(date.fromisoformat(query["until"]))
            case ["servicing", "books"]:
                return {"books": [self._books()] if self.loans else []}
            case ["funding", "custody"]:
                return {"books": [{"currency": "CNY", "sum": _money(ZERO), "in_transit_total": _money(ZERO)}]}
        raise Problem(404, "no-such-path")

    def _wanted(self, loan: Loan, query: dict[str, str]) -> bool:
        bucket = "M7" if loan.dpd > 180 else "M0"
        return query.get("status") in (None, loan.status) and query.get("bucket") in (None, bucket)

    def _due(self, until: date) -> dict[str, Any]:
        found = [
            {"loan_id": n.loan_id, **_row(r), **_row(r)["unpaid"]}
            for n in self.loans.values()
            if n.status in ("active", "overdue")
            for r in n.rows
            if r.unpaid and r.due_date <= until
        ]
        return {"due": found, "next": None}

    def _books(self) -> dict[str, Any]:
        loans = self.loans.values()
        disbursed = sum((n.principal for n in loans), ZERO)
        outstanding = sum((n.outstanding for n in loans), ZERO)
        written_off = sum((n.written_off for n in loans), ZERO)
        repaid = sum((r.principal - r.unpaid_principal for n in loans for r in n.rows), ZERO)
        amounts = {"repaid": repaid, "outstanding": outstanding, "written_off": written_off}
        amounts |= {"disbursed": disbursed, "forgiven": ZERO, "sold": ZERO}
        return {"currency": "CNY", **{name: _money(amount) for name, amount in amounts.items()}}

    # -- commands ---------------------------------------------------------------------------------------------------------

    def _post(self, path: list[str], user: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        if self.day is None and path != ["servicing", "business-days"]:
            raise Problem(409, "no-business-day")
        match path:
            case ["origination", "products"]:
                _by(user, "product-maker")
                version = len(self.products) + 1
                self.products.insert(0, {"version": version, "state": "proposed", "terms": body["terms"]})
            case ["origination", "products", _, "versions", version, "publication"]:
                _by(user, "product-checker")
                self.products[-int(version)]["state"] = "published"
            case ["origination", "applications"]:
                _by(user, "borrower")
                return self._apply(body, key)
            case ["origination", "applications", application_id, act]:
                self._on_application(self.applications[application_id], act, user, body)
            case ["origination", "contracts", contract_id, "signatures"]:
                self._sign(self.contracts[contract_id], user, body)
            case ["origination", "drawdowns", drawdown_id, "releases"]:
                self._release(self.drawdowns[drawdown_id], user)
            case ["servicing", "business-days"]:
                _by(user, "operations-officer")
                self._start(date.fromisoformat(body["business_date"]))
                return {"results": [{"status": "executed"}]}
            case ["servicing", "receipt-files"]:
                _by(user, "operations-officer")
                return {"results": [self._receive(line) for line in body["receipts"]]}
            case ["servicing", "receipts", reference, "reversal"]:
                _by(user, "operations-officer")
                self._reverse(reference)
            case ["servicing", "loans", loan_id, "write-off"]:
                _by(user, "finance-officer")
                self._write_off(self.loans[loan_id])
            case ["funding", "accounts"]:
                _by(user, "finance-officer")
            case ["funding", "accounts", _, "deposits"]:
                _by(user, "finance-officer")
                self.deposits[body["bank_reference"]] = Decimal(body["amount"]["amount"])
            case _:
                raise Problem(404, "no-such-path")
        return {"status": "executed"}

    def _apply(self, body: dict[str, Any], key: str) -> dict[str, Any]:
        application_id = ids.derived("application", key)
        ours = {name: ids.derived(name, application_id) for name in ("loan_id", "contract_id", "drawdown_id")}
        kept = ("amount", "months", "repayment_source")
        row = {"application_id": application_id, **ours, **{name: body[name] for name in kept}}
        row |= {"opened_on": str(self.day), "state": "submitted"}
        self.applications[application_id] = row
        self.events["LoanApplied"] += 1
        if len(body["documents"]) < len(TERMS["documents"]):
            row["state"] = "returned"
        else:
            self._assess(row)
        return {"status": "executed", "application_id": application_id}

    def _assess(self, row: dict[str, Any]) -> None:
        amount = Decimal(row["amount"]["amount"])
        if amount >= REFUSED_FROM:
            row["state"] = "refused"
        elif amount >= REVIEWED_FROM:
            row |= {"state": "review", "review_limit": _money(amount * (1 + int(amount) % 4) / 2)}
        else:
            self._approve(row, amount)

    def _approve(self, row: dict[str, Any], amount: Decimal) -> None:
        row |= {"state": "approved", "approved": _money(amount)}
        contract_id = row["contract_id"]
        self.contracts[contract_id] = {
            "contract_id": contract_id,
            "contract_no": contract_id[:8],
            "application_id": row["application_id"],
            "digest": sha256(_text(contract_id)).hexdigest(),
            "state": "drafted",
        }

    def _on_application(self, row: dict[str, Any], act: str, user: str, body: dict[str, Any]) -> None:
        _by(user, "credit-officer" if act == "decision" else "borrower")
        before = {"supplements": "returned", "decision": "review", "withdrawal": "approved"}[act]
        if row["state"] != before:
            raise Problem(409, f"not-{before}")
        if act == "supplements":
            self._assess(row)
        elif act == "withdrawal":
            row["state"] = self.contracts[row["contract_id"]]["state"] = "closed"
        elif body["verdict"] == "refuse":
            row["state"] = "refused"
        else:
            self._approve(row, Decimal(body.get("amount", row["amount"])["amount"]))

    def _sign(self, contract: dict[str, Any], user: str, body: dict[str, Any]) -> None:
        _by(user, {"borrower": "borrower", "lender": "lender-signatory"}[body["side"]])
        if body["digest"] != contract["digest"]:
            raise Problem(409, "digest-differs")
        contract[body["side"]] = user
        if "borrower" in contract and "lender" in contract:
            contract["state"] = "funded"
            row = self.applications[contract["application_id"]]
            row["state"] = "completed"
            self.drawdowns[row["drawdown_id"]] = {
                "drawdown_id": row["drawdown_id"],
                "application_id": row["application_id"],
                "amount": row["approved"],
                "state": "requested",
                "releasers": [],
            }

    def _release(self, drawdown: dict[str, Any], user: str) -> None:
        if user in drawdown["releasers"] or not user.startswith("releaser-"):
            raise Problem(403, "forbidden")
        drawdown["releasers"].append(user)
        drawdown["state"] = "released" if len(drawdown["releasers"]) < 2 else "disbursed"
        if drawdown["state"] == "disbursed":
            self._book(self.applications[drawdown["application_id"]])

    def _book(self, row: dict[str, Any]) -> None:
        assert self.day is not None
        months, principal = row["months"], Decimal(row["approved"]["amount"])
        each = (principal / months).quantize(CENT)
        parts = [each] * (months - 1) + [principal - each * (months - 1)]
        interest = (principal / 100).quantize(CENT)
        rows = [Instalment(n, due_date(self.day, n), part, interest) for n, part in enumerate(parts, 1)]
        self.loans[row["loan_id"]] = Loan(row["loan_id"], row["application_id"], principal, self.day, rows)
        self.events["LoanBooked"] += 1

    # -- days and money ---------------------------------------------------------------------------------------------------

    def _start(self, day: date) -> None:
        while self.day is None or self.day < day:
            self.day = self.day + timedelta(1) if self.day else day
            self.events["BusinessDayStarted"] += PARTITIONS
            for loan in self.loans.values():
                self._age(loan, self.day)

    def _age(self, loan: Loan, day: date) -> None:
        if loan.status not in ("active", "overdue"):
            return
        late = [r for r in loan.rows if r.unpaid and (day - r.due_date).days > GRACE]
        for row in late:
            row.penalty = Decimal("1.00")
        loan.dpd = (day - late[0].due_date).days if late else 0
        if late and loan.status == "active":
            self.events["Overdue"] += 1
        loan.status = "overdue" if late else "active"

    def _receive(self, line: dict[str, Any]) -> dict[str, Any]:
        reference, amount = line["bank_reference"], Decimal(line["amount"]["amount"])
        known = self.receipts.get(reference)
        if known is not None:
            same = {**line, "reversed": known["reversed"], "left": known["left"]} == known
            return {"target": reference, "status": "already-applied" if same else "refused", "code": "receipt-differs"}
        assert line["value_date"] == str(self.day)
        self.receipts[reference] = {**line, "reversed": False, "left": str(self._pay(line["loan_id"], amount))}
        self.events["MoneyReceived"] += 1
        return {"target": reference, "status": "executed"}

    def _pay(self, loan_id: str, amount: Decimal) -> Decimal:
        """What the loan does not need."""
        loan = self.loans.get(loan_id)
        if loan is None or loan.status in ("settled", "written-off"):
            return amount
        for row in loan.rows:
            paid = min(amount, row.unpaid)
            row.paid += paid
            amount -= paid
        assert self.day is not None
        self._age(loan, self.day)
        if not any(row.unpaid for row in loan.rows):
            loan.status = "settled"
            self.events["Settled"] += 1
        return amount

    def _reverse(self, reference: str) -> None:
        receipt = self.receipts.get(reference)
        if receipt is None:
            raise Problem(404, "not-found")
        loan = self.loans[receipt["loan_id"]]
        back = Decimal(receipt["amount"]["amount"]) - Decimal(receipt["left"])
        for row in reversed(loan.rows):
            taken = min(back, row.paid)
            row.paid -= taken
            back -= taken
        receipt["reversed"] = True
        loan.status = "active"
        self.events["PaymentReversed"] += 1

    def _write_off(self, loan: Loan) -> None:
        if loan.dpd <= 180:
            raise Problem(409, "arrears-too-short")
        loan.written_off, loan.status = loan.outstanding, "written-off"
        self.events["WrittenOff"] += 1


class _Transport(httpx.AsyncBaseTransport):
    def __init__(self, system: FakeSystem) -> None:
        self._system = system

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self._system.serve(request)


def _by(user: str, permitted: str) -> None:
    if user != permitted:
        raise Problem(403, "forbidden")


def _text(contract_id: str) -> bytes:
    return f"Contract {contract_id}".encode()


def _money(amount: Decimal) -> dict[str, str]:
    return {"amount": f"{amount:.2f}", "currency": "CNY"}


def _row(row: Instalment) -> dict[str, Any]:
    left = row.unpaid
    principal = row.unpaid_principal
    interest = min(row.interest, left - principal)
    unpaid = {"principal": principal, "interest": interest, "penalty": left - principal - interest}
    return {
        "number": row.number,
        "due_date": str(row.due_date),
        "unpaid": {name: _money(amount) for name, amount in unpaid.items()},
        "penalty_not_posted": _money(ZERO),
    }


def _loan(loan: Loan) -> dict[str, Any]:
    return {
        "loan_id": loan.loan_id,
        "status": loan.status,
        "value_date": str(loan.value_date),
        "principal": _money(loan.principal),
        "outstanding_principal": _money(loan.outstanding),
    }

"""What the fake API answers: one loan in arrears and what is around it, with hostile text wherever text comes from outside."""

from typing import Any

HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"
"""In every text that a person or another system may have chosen."""

LOAN = "4c9b77d4-c681-5412-a588-14e612db7a72"
APPLICATION = "b52328f4-a6d1-5d08-bcef-775894fdba3a"
REFERRED = "2c9292e6-ff75-5e10-abb8-419f9155d287"
CONTRACT = "d8ddced7-1a6c-5beb-8944-6a3f7b9052c7"
DRAWDOWN = "374ae450-17cc-5449-b05f-11f36734a94f"
TRANSFER = "7a6464b6-9290-59db-a830-a64bbb468df0"
CONTRACT_NO = "LS20260105-D8DDCED71A6C"
DAY = "2026-10-05"
ZERO = {"amount": "0.00", "currency": "CNY"}


def cny(amount: str) -> dict[str, str]:
    """Money as the API writes it."""
    return {"amount": amount, "currency": "CNY"}


def components(principal: str, interest: str, penalty: str = "0.00") -> dict[str, Any]:
    """An amount by component."""
    return {"principal": cny(principal), "interest": cny(interest), "penalty": cny(penalty)}


def group(status: str, bucket: str, loans: int, outstanding: str, past_due: str = "0.00") -> dict[str, Any]:
    """A line of the portfolio."""
    return {
        "currency": "CNY",
        "status": status,
        "bucket": bucket,
        "loans": loans,
        "principal": cny("1234567.00"),
        "outstanding_principal": cny(outstanding),
        "past_due": cny(past_due),
    }


PORTFOLIO = {
    "business_date": DAY,
    "portfolio": [
        group("active", "M0", 1034, "1063991.01"),
        group("overdue", "M5", 1, "1633.32", "557.75"),
        group("settled", "M0", 9, "0.00"),
        group("written-off", "M7", 2, "0.00"),
    ],
}

_BOOK_TERMS = ("disbursed", "repaid", "outstanding", "written_off", "forgiven", "sold")
_BESIDES = ("interest_received", "penalty_received", "recovered", "sale_proceeds")
_RECEIPTS = ("received", "not_yet_applied", "applied", "suspended", "refunded", "reversed")

BOOKS = {
    "business_date": DAY,
    "books": [
        {
            "currency": "CNY",
            **dict.fromkeys((*_BOOK_TERMS, *_BESIDES), ZERO),
            "disbursed": cny("128621.00"),
            "repaid": cny("60984.29"),
            "outstanding": cny("67636.71"),
            "balanced": True,
        }
    ],
    "receipts": [{"currency": "CNY", **dict.fromkeys(_RECEIPTS, ZERO), "received": cny("71745.39"), "balanced": False}],
}

CUSTODY = {
    "books": [
        {
            "currency": "CNY",
            "balances": {
                "bank": cny("-9942386.39"),
                "lender": cny("9942386.39"),
                "loan": ZERO,
                "in-transit": ZERO,
                "due-back": ZERO,
            },
            "sum": ZERO,
            "in_transit_total": ZERO,
            "in_transit_accounts": 3,
            "balanced": True,
        }
    ],
    "balanced": True,
}

TOTALS = {
    "applications": [
        {"currency": "CNY", "state": "review", "count": 7, "amount": cny("25512.00")},
        {"currency": "CNY", "state": "completed", "count": 46, "amount": cny("128621.00")},
    ],
    "drawdowns": [{"currency": "CNY", "state": "requested", "count": 12, "amount": cny("30000.00")}],
}


def days(context: str) -> dict[str, Any]:
    """The latest business day of a context: notify is still at it."""
    closed = 4 if context == "notify" else 6
    day = {
        "business_date": DAY,
        "started": 6,
        "closed": closed,
        "is_closed": closed == 6,
        "aggregates": 24,
        "events": 24,
        "held": 0,
    }
    return {"service": context, "partitions": 6, "days": [day]}


SUMMARY = {
    "loan_id": LOAN,
    "application_id": APPLICATION,
    "contract_no": CONTRACT_NO,
    "party_ref": "party-h4yffqf5wk5xfrmhnbdmk7gm2y",
    "status": "overdue",
    "bucket": "M5",
    "overdue_since": "2026-06-05",
    "asset_class": "substandard",
    "non_accrual_since": "2026-09-04",
    "accelerated_on": None,
    "value_date": "2026-01-05",
    "maturity": "2026-07-05",
    "booked_on": "2026-01-05",
    "ended_on": None,
    "settlement_kind": None,
    "sequence": 45,
    "currency": "CNY",
    "principal": cny("2100.00"),
    "outstanding_principal": cny("1633.32"),
    "repaid_principal": cny("466.68"),
    "repaid_interest": cny("92.40"),
    "repaid_penalty": ZERO,
}

LOAN_VIEW = {
    **SUMMARY,
    "business_date": DAY,
    "terms": {
        "product_id": "consumer-credit",
        "product_version": 1,
        "rules": "cn-bank/1",
        "method": "equal-principal",
        "months": 18,
        "day_basis": 360,
        "grace_days": 3,
        "annual_rate": "0.144",
        "penalty_multiplier": "1.5",
        "allocation_order": ["penalty", "interest", "principal"],
    },
    "waived": components("0.00", "12.50"),
    "written_off": components("0.00", "0.00"),
    "recovered": ZERO,
    "penalty_charged": cny("21.07"),
    "compound_charged": ZERO,
    "fees_charged": cny("30.00"),
    "costs_charged": ZERO,
    "accrued": {"interest": cny("8.40"), "penalty": cny("0.28"), "compound": ZERO},
    "days_past_due": 122,
    "past_due": {
        **components("466.68", "70.00", "21.07"),
        "penalty_not_posted": cny("0.28"),
        "compound_not_posted": ZERO,
        "total": cny("558.03"),
    },
    "settlement_amount": cny("1801.67"),
    "next_due": {"number": 9, "due_date": DAY, "amount": cny("130.67")},
}


def instalment(number: int, due_date: str, status: str, paid_on: str | None) -> dict[str, Any]:
    """A row of the schedule."""
    nothing, whole = components("0.00", "0.00"), components("116.67", "25.20")
    return {
        "number": number,
        "due_date": due_date,
        "paid_on": paid_on,
        "status": status,
        **components("116.67", "25.20", "8.47" if status == "overdue" else "0.00"),
        "paid": whole if paid_on else nothing,
        "waived": components("0.00", "12.50") if status == "overdue" else nothing,
        "unpaid": nothing if paid_on else whole,
        "penalty_not_posted": cny("0.07") if status == "overdue" else ZERO,
        "compound_not_posted": ZERO,
    }


SCHEDULE = {
    "loan_id": LOAN,
    "business_date": DAY,
    "instalments": [
        instalment(1, "2026-02-05", "paid", "2026-02-05"),
        instalment(2, "2026-03-05", "overdue", None),
        instalment(3, DAY, "due", None),
        instalment(4, "2026-11-05", "upcoming", None),
    ],
}


DUE_LIST = {
    "month": "2026-10",
    "totals": [
        {
            "currency": "CNY",
            "instalments": 1,
            "maturing": 1,
            "due": cny("1144.00"),
            "collected": cny("1000.00"),
            "waived": ZERO,
            "outstanding": cny("144.00"),
        }
    ],
    "rows": [
        {
            "loan_id": LOAN,
            "contract_no": CONTRACT_NO,
            "party_ref": "party-1",
            "unit": "north",
            "officer": HOSTILE,
            "number": 12,
            "due_date": "2026-10-15",
            "maturing": True,
            "paid_on": None,
            "due": cny("1144.00"),
            "collected": cny("1000.00"),
            "waived": ZERO,
            "outstanding": cny("144.00"),
        }
    ],
    "next": f"2026-10-15/{LOAN}/12",
}


def payment(receipt: str, kind: str, day: str, reversed_on: str | None = None) -> dict[str, Any]:
    """A payment; a recovery has no components."""
    parts = components("116.67", "25.20") | {"surplus": ZERO} if kind == "repayment" else {}
    return {
        "receipt_id": receipt,
        "kind": kind,
        "value_date": day,
        "booked_on": day,
        "channel": "bank-transfer",
        "reversed_on": reversed_on,
        "reversal_cause": HOSTILE if reversed_on else None,
        "amount": cny("141.87"),
        **parts,
    }


PAYMENTS = {
    "loan_id": LOAN,
    "payments": [
        payment("DEMO-1", "repayment", "2026-02-05"),
        payment(HOSTILE, "repayment", "2026-03-05", "2026-03-09"),
        payment("DEMO-3", "recovery", DAY),
    ],
}

REASON = {"code": "score", "message": f"The score is 451; 510 is needed. {HOSTILE}", "rule": "consumer/1:score/1"}

APPLICATION_VIEW = {
    "application_id": APPLICATION,
    "loan_id": LOAN,
    "party_ref": "party-h4yffqf5wk5xfrmhnbdmk7gm2y",
    "state": "completed",
    "opened_at": "2026-11-22T05:31:35.169860Z",
    "opened_on": "2026-01-05",
    "changed_on": "2026-01-05",
    "sequence": 3,
    "contract_id": CONTRACT,
    "drawdown_id": DRAWDOWN,
    "product_id": "consumer-credit",
    "product_version": 1,
    "months": 18,
    "method": "equal-instalment",
    "purpose": HOSTILE,
    "repayment_source": HOSTILE,
    "language": "zh",
    "submitted_by": "user:borrower",
    "deadline": None,
    "authority": "system",
    "valid_until": "2026-02-04",
    "reapply_from": None,
    "score": 516,
    "rating": "D",
    "advice": "approve",
    "scorecard": "consumer/1",
    "amount": cny("2100.00"),
    "approved": cny("2100.00"),
    "review_limit": None,
    "reasons": [],
    "annual_rate": "0.144",
}

REFERRED_VIEW = {
    **APPLICATION_VIEW,
    "application_id": REFERRED,
    "loan_id": "b2f97cb9-2d35-527e-b5c0-f26b43236c0b",
    "state": "review",
    "approved": None,
    "annual_rate": None,
    "authority": None,
    "review_limit": cny("14400.00"),
    "reasons": [REASON],
}

ASSESSMENT = {
    "application_id": APPLICATION,
    "loan_id": LOAN,
    "party_ref": "party-h4yffqf5wk5xfrmhnbdmk7gm2y",
    "score": 516,
    "rating": "D",
    "advice": "refer",
    "scorecard": "consumer/1",
    "assessed_at": "2026-11-22T05:31:37.125415Z",
    "business_date": "2026-01-05",
    "probability_of_default": "0.390562",
    "limit": cny("14400.00"),
    "reasons": [REASON],
    "rules": [{"rule": "blacklist", "version": "1", "inputs": HOSTILE, "outcome": "pass"}],
}

CONTRACT_VIEW = {
    "contract_id": CONTRACT,
    "contract_no": CONTRACT_NO,
    "opened_on": "2026-01-05",
    "effective_date": "2026-01-05",
    "state": "funded",
}

DRAWDOWN_VIEW = {
    "drawdown_id": DRAWDOWN,
    "loan_id": LOAN,
    "contract_no": CONTRACT_NO,
    "state": "released",
    "opened_on": "2026-01-05",
    "value_date": None,
    "approver": "user:credit-officer",
    "releasers": ["user:releaser-1"],
    "amount": cny("2100.00"),
}

FUNDING = {"application_id": APPLICATION, "loan_id": LOAN, "transfer_id": TRANSFER, "status": "funded"}


def event(name: str, context: str, number: int, data: dict[str, Any]) -> dict[str, Any]:
    """An event as the API shows it; a higher number happened later."""
    return {
        "id": f"00000000-0000-5000-8000-{context[:2].encode().hex()}{number:08d}",
        "type": f"loanstream.{context}.{name}.v1",
        "name": name,
        "context": context,
        "subject": data.get("loan_id", LOAN),
        "sequence": number,
        "partition": 2,
        "partitionseq": number,
        "time": f"2026-11-22T05:31:{number % 60:02d}.{number:06d}Z",
        "business_date": DAY,
        "correlation": "41c4cf33-a23e-54e4-91d5-acf167c847e3",
        "causation": "2fe92a4a-4848-5c73-87c9-85a2ac54ece8",
        "actor": HOSTILE,
        "chain": "REftrl1YuIaoBTOmuMpqRhUpgBWZ5qbN2ayvIaxk7ZU",
        "data": data,
    }


EVENTS = {
    "origination": [
        event("LoanApplied", "origination", 1, {"loan_id": LOAN, "amount": cny("2100.00"), "purpose": HOSTILE}),
        event("LoanRefused", "origination", 2, {"loan_id": LOAN, "reasons": [REASON], "authority": "system"}),
    ],
    "risk": [event("RiskAssessed", "risk", 3, {"loan_id": LOAN, "score": 516, "rating": "D", "advice": "approve"})],
    "funding": [
        event("Funded", "funding", 4, {"loan_id": LOAN, "amount": cny("2100.00"), "sources": [{"share": "1"}]})
    ],
    "servicing": [
        event("LoanBooked", "servicing", 5, {"loan_id": LOAN, "terms": {"principal": cny("2100.00"), "months": 18}}),
        event("PaymentReceived", "servicing", 6, {"loan_id": LOAN, "amount": cny("141.87"), "channel": HOSTILE}),
        event("SomethingNewer", "servicing", 7, {"loan_id": LOAN, "reason": HOSTILE}),
    ],
    "notify": [event("NotificationSent", "notify", 8, {"loan_id": LOAN, "category": "overdue", "cause": HOSTILE})],
}


def lag(consumer: str, topic: str, partition: int, records: int = 0, error: str = "") -> dict[str, Any]:
    """A consumer's lag on a partition."""
    return {
        "consumer": consumer,
        "topic": topic,
        "partition": partition,
        "records": records,
        "seconds": 75.25 if records else 0.0,
        "error": error,
    }


def lags(context: str) -> dict[str, Any]:
    """The lag of a service: servicing's projector has stopped on one partition."""
    stopped = HOSTILE if context == "servicing" else ""
    return {
        "service": context,
        "lag": [
            lag(f"{context}.decider", f"loanstream.{context}.commands.v1", 0),
            lag(f"{context}.decider", f"loanstream.{context}.commands.v1", 1),
            lag(f"{context}.router", "loanstream.origination.events.v1", 0, 12345),
            lag(f"{context}.projector", f"loanstream.{context}.events.v1", 1, 17 if stopped else 0, stopped),
        ],
    }


def letters(context: str) -> dict[str, Any]:
    """Dead letters of a service: funding has one of each kind."""
    if context != "funding":
        return {"commands": [], "events": []}
    command = {
        "error_id": "e-1",
        "command_id": "c-1",
        "topic": "loanstream.funding.commands.v1",
        "partition": 1,
        "log_offset": 42,
        "key": "own-capital-CNY",
        "type": "loanstream.funding.Deposit.v1",
        "reason": "poison",
        "error": f"ValueError: {HOSTILE}",
        "count": 1,
        "time": "2026-11-22T05:40:00.000000Z",
        "mended": True,
    }
    parked = {
        "consumer": "funding.router",
        "topic": "loanstream.servicing.events.v1",
        "partition": 3,
        "offset": 99,
        "key": LOAN,
        "type": "loanstream.servicing.PaymentReceived.v1",
        "reason": "parked",
        "error": HOSTILE,
        "count": 2,
        "status": "open",
        "created_at": "2026-11-22T05:41:00.000000Z",
    }
    return {"commands": [command], "events": [parked]}

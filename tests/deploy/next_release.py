"""A next release: servicing writes one more, optional field into an event and keeps it in its state.

Made from the working tree by replacing text, so that it cannot fall behind it unnoticed: a text that is not found is an error.
"""

from pathlib import Path

FIELD = "recorded_on"

_CHANGES = (
    (
        "schemas/servicing/events.py",
        '''    """The bank credited money for a loan; not yet applied. Key: receipt = bank reference."""

    receipt_id: str
    loan_id: str
    amount: Money
    value_date: date
    channel: str
    kind: PaymentKind = PaymentKind.REPAYMENT
''',
        '''    """The bank credited money for a loan; not yet applied. Key: receipt = bank reference."""

    receipt_id: str
    loan_id: str
    amount: Money
    value_date: date
    channel: str
    kind: PaymentKind = PaymentKind.REPAYMENT
    recorded_on: date | None = None
    """Business day on which it was recorded; not in events of earlier releases."""
''',
    ),
    (
        "services/servicing/domain/receipt/decide.py",
        "        kind=command.kind,\n    )\n    if command.loan_id:",
        "        kind=command.kind,\n        recorded_on=context.business_date,\n    )\n    if command.loan_id:",
    ),
    (
        "services/servicing/domain/receipt/state.py",
        "    applied: int = 0\n",
        "    recorded_on: date | None = None\n    applied: int = 0\n",
    ),
    (
        "services/servicing/domain/receipt/evolve.py",
        "        kind=event.kind,\n    )",
        "        kind=event.kind,\n        recorded_on=event.recorded_on,\n    )",
    ),
    (
        "services/servicing/service.py",
        'Decider("receipt", Receipt, decide_receipt, evolve_receipt, closed=receipt_closed, folds=3)',
        'Decider("receipt", Receipt, decide_receipt, evolve_receipt, closed=receipt_closed, folds=4)',
    ),
)


def applied(context: Path) -> Path:
    """The folder, with the change made in it."""
    for name, before, after in _CHANGES:
        text = (context / name).read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{name} is not what the next release is made from"
        (context / name).write_text(text.replace(before, after), encoding="utf-8")
    return context

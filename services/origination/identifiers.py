"""Ids that follow from an application's: one loan, one contract, one drawdown each, so that nobody waits to learn them."""

from schemas import ids

PAYEE_FIELD = "bank_account"


def loan_id(application_id: str) -> str:
    """The loan that an application becomes."""
    return ids.derived("loan", application_id)


def contract_id(application_id: str) -> str:
    """The contract of an application."""
    return ids.derived("contract", application_id)


def drawdown_id(application_id: str) -> str:
    """The drawdown of an application's contract."""
    return ids.derived("drawdown", application_id)


def payee_field(application_id: str) -> str:
    """Vault field of the account that is paid for an application.

    Each application has its own: a later one of the same person never redirects a payout that is under way.
    """
    return f"{PAYEE_FIELD}/{application_id}"


def payee_ref(party_ref: str, application_id: str) -> str:
    """Vault reference of the payee account: ``<party>/bank_account/<application>``."""
    return f"{party_ref}/{payee_field(application_id)}"


def payee_place(reference: str) -> tuple[str, str]:
    """Vault subject and field of a payee reference."""
    subject, _, field = reference.partition("/")
    return subject, field

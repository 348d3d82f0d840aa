"""Who may release, and the last check before the order goes out (precise rules 32 and 38)."""

from schemas.decision import Context, Refusal
from schemas.money import of_minor
from schemas.origination.commands import ReleaseDrawdown
from schemas.origination.events import CheckResult
from services.origination.domain.amounts import text, units
from services.origination.domain.drawdown.state import Drawdown, Status

ONE_ROLE = "approve, release 1 and release 2 are three people"


def person_may_not_release(state: Drawdown, context: Context) -> Refusal | None:
    """Why this person may not release: no person, the one who approved, or the one who released before."""
    person = context.actor.subject
    if person == "system" or person.startswith("service:"):
        return Refusal("not-a-person", "A payout is released by two people, not by a service; sign in as one.")
    if person == state.approver:
        return Refusal(
            "releaser-is-the-approver", f"{person} approved the loan; another person must release it.", rule=ONE_ROLE
        )
    if state.status is Status.RELEASED and person == state.first_releaser:
        return Refusal(
            "releaser-is-the-same",
            f"{person} released this drawdown already; a second person must release it too.",
            rule=ONE_ROLE,
            limit="two people",
        )
    return None


def last_check(state: Drawdown, command: ReleaseDrawdown, context: Context) -> tuple[CheckResult, ...] | Refusal:
    """Every item with the values compared, or the refusal of the first that does not hold."""
    source = f"contract {state.contract_no}"
    if command.contract_digest != state.digest:
        return Refusal(
            "digest-mismatch",
            "contract_digest: the contract's text is not the one that was signed; do not release, have it looked into.",
            rule="digest of the signed contract",
            limit=state.digest,
            source=source,
        )
    principal = state.terms.principal
    amount = of_minor(state.amount, principal.currency)
    if state.amount > (units(principal) or 0):
        return Refusal(
            "amount-above-contract",
            f"{text(amount)} is above the {text(principal)} of the contract.",
            rule="amount of the contract",
            limit=text(principal),
            source=source,
        )
    day = context.business_date
    if state.effective_date is not None and day < state.effective_date:
        return Refusal(
            "contract-not-effective",
            f"The contract takes effect on {state.effective_date}; release on or after that day.",
            rule="effective date",
            limit=state.effective_date.isoformat(),
            source=source,
        )
    return (
        _passed("contract-digest", state.digest),
        _passed("amount-within-contract", f"{text(amount)} ≤ {text(principal)}"),
        _passed("business-date", f"{day} ≥ {state.effective_date}"),
        _passed(
            "two-releasers", f"{state.first_releaser or 'first'}, {context.actor.subject}; approved by {state.approver}"
        ),
    )


def _passed(check: str, detail: str) -> CheckResult:
    return CheckResult(check=check, result="pass", detail=detail)

"""The read models as clients see them."""

from collections.abc import Mapping
from typing import Any

from services.origination.routes.queries import Table, View, viewer

_IDS = ("application_id", "loan_id", "party_ref")
_STAND = ("state", "opened_at", "opened_on", "changed_on", "sequence")


def _with_rate(view: View) -> View:
    """Rates are decimals, and decimals are text."""

    def rated(row: Mapping[str, Any]) -> dict[str, Any]:
        rate = row["annual_rate"]
        return {**view(row), "annual_rate": None if rate is None else f"{rate.normalize():f}"}

    return rated


APPLICATIONS = Table(
    name="applications",
    key="application_id",
    view=_with_rate(
        viewer(
            plain=(
                *_IDS,
                *_STAND,
                "contract_id",
                "drawdown_id",
                "product_id",
                "product_version",
                "months",
                "method",
                "purpose",
                "repayment_source",
                "language",
                "submitted_by",
                "deadline",
                "authority",
                "valid_until",
                "reapply_from",
                "score",
                "rating",
                "advice",
                "scorecard",
            ),
            amounts={"amount": "amount_minor", "approved": "approved_minor", "review_limit": "review_limit_minor"},
            documents=("reasons",),
        )
    ),
)

CONTRACTS = Table(
    name="contracts",
    key="contract_id",
    view=_with_rate(
        viewer(
            plain=(
                *_IDS,
                *_STAND,
                "contract_id",
                "contract_no",
                "months",
                "template",
                "language",
                "digest",
                "valid_until",
                "approver",
                "borrower",
                "lender",
                "effective_date",
                "reason",
                "funding_failure",
            ),
            amounts={"principal": "principal_minor"},
            documents=("terms",),
        )
    ),
)

DRAWDOWNS = Table(
    name="drawdowns",
    key="drawdown_id",
    view=viewer(
        plain=(
            *_IDS,
            *_STAND,
            "drawdown_id",
            "contract_id",
            "contract_no",
            "payee_ref",
            "approver",
            "payment_id",
            "bank_reference",
            "value_date",
            "reason",
        ),
        amounts={"amount": "amount_minor"},
        documents=("releasers", "checks"),
    ),
)

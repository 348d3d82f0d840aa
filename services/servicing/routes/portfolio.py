"""Totals over all loans and receipts, each summed from rows when asked."""

from typing import Any

from fastapi import APIRouter, Depends

from loanstream.runtime.kit import Principal, ServiceKit
from services.servicing.domain.books import balanced
from services.servicing.routes.queries import READ, Record, business_date, money, staff_only

_PORTFOLIO = """
SELECT l.currency, l.status, l.bucket, count(*) AS loans,
    sum(l.principal)::bigint AS principal,
    sum(l.outstanding_principal)::bigint AS outstanding_principal,
    coalesce(sum(late.unpaid), 0)::bigint AS past_due
FROM loans l
LEFT JOIN LATERAL (
    SELECT sum(i.unpaid) AS unpaid FROM instalments i
    WHERE i.loan_id = l.loan_id AND i.unpaid > 0 AND i.due_date + l.grace_days < $1::date
) late ON l.status = 'overdue'
WHERE l.status IS NOT NULL
GROUP BY l.currency, l.status, l.bucket ORDER BY l.currency, l.status, l.bucket
"""

_BOOKS = """
SELECT currency,
    sum(principal)::bigint AS disbursed,
    sum(repaid_principal)::bigint AS repaid,
    sum(outstanding_principal)::bigint AS outstanding,
    sum(written_off_principal)::bigint AS written_off,
    sum(forgiven_principal)::bigint AS forgiven,
    sum(sold_principal)::bigint AS sold,
    sum(repaid_interest)::bigint AS interest_received,
    sum(repaid_penalty)::bigint AS penalty_received,
    sum(recovered)::bigint AS recovered,
    coalesce(sum(sale_price), 0)::bigint AS sale_proceeds
FROM loans WHERE status IS NOT NULL GROUP BY currency ORDER BY currency
"""

_RECEIPTS = """
SELECT currency,
    sum(amount)::bigint AS received,
    coalesce(sum(amount) FILTER (
        WHERE status IN ('received', 'reversal-requested') AND applied + suspended + refunded = 0
    ), 0)::bigint AS not_yet_applied,
    sum(applied)::bigint AS applied,
    sum(suspended)::bigint AS suspended,
    sum(refunded)::bigint AS refunded,
    sum(reversed)::bigint AS reversed
FROM receipts WHERE status IS NOT NULL GROUP BY currency ORDER BY currency
"""

_BOOK_TERMS = ("disbursed", "repaid", "outstanding", "written_off", "forgiven", "sold")
_BESIDES = ("interest_received", "penalty_received", "recovered", "sale_proceeds")
_RECEIPT_TERMS = ("received", "not_yet_applied", "applied", "suspended", "refunded", "reversed")


def routes(kit: ServiceKit) -> APIRouter:
    """Routes of totals."""
    router = APIRouter()
    reader = Depends(kit.require(READ))

    @router.get("/portfolio")
    async def portfolio(principal: Principal = reader) -> dict[str, Any]:
        """Loans and money by state and bucket, as of the latest business day."""
        staff_only(kit, principal)
        day = await business_date(kit)
        rows = await kit.fetch(_PORTFOLIO, day)
        return {"business_date": day, "portfolio": [_group(row) for row in rows]}

    @router.get("/books")
    async def books(principal: Principal = reader) -> dict[str, Any]:
        """The books 账务: disbursed = repaid + outstanding + written off + forgiven + sold, each term summed on its own.

        Recoveries after write-off, what buyers of claims paid, interest and penalty stand apart. The receipts close in the
        same way: received = not yet applied + applied + suspended + refunded + reversed.
        """
        staff_only(kit, principal)
        loans, receipts = await kit.fetch(_BOOKS), await kit.fetch(_RECEIPTS)
        return {
            "business_date": await business_date(kit),
            "books": [_terms(row, _BOOK_TERMS, _BESIDES) for row in loans],
            "receipts": [_terms(row, _RECEIPT_TERMS) for row in receipts],
        }

    return router


def _group(row: Record) -> dict[str, Any]:
    names = ("principal", "outstanding_principal", "past_due")
    return {
        **{name: row[name] for name in ("currency", "status", "bucket", "loans")},
        **{name: money(row[name], row["currency"]) for name in names},
    }


def _terms(row: Record, names: tuple[str, ...], besides: tuple[str, ...] = ()) -> dict[str, Any]:
    currency = row["currency"]
    return {
        "currency": currency,
        **{name: money(row[name], currency) for name in (*names, *besides)},
        "balanced": balanced({name: row[name] for name in names}),
    }

"""A loan as its read models hold it, for questions that the domain answers without deciding: a payoff, a preview of a change."""

from collections.abc import Sequence

from schemas.money import of_minor
from schemas.terms import Bucket, LoanTerms, RepaymentMethod
from services.servicing.domain.loan.packing import Touched, bits, pack_balances, pack_schedule
from services.servicing.domain.loan.state import Changes, Loan, Status
from services.servicing.domain.loan.terms import agreed, condition_text
from services.servicing.domain.rules import RULES, Row
from services.servicing.routes.queries import Record, balance

_STATUS = {
    "active": Status.ACTIVE,
    "overdue": Status.ACTIVE,
    "settled": Status.SETTLED,
    "written-off": Status.WRITTEN_OFF,
}
_FACTS = (
    "accrued",
    "accrued_to",
    "booked_months",
    "extended_months",
    "restructured",
    "observed_from",
    "observed_until",
    "oldest_breach",
    "reset_on",
    "holiday_until",
)


def loan_of(row: Record, instalments: Sequence[Record]) -> Loan:
    """The loan without its payments: everything that decides a change."""
    rules = RULES[row["rules"]]
    schedule = [Row(i["number"], i["due_date"], i["principal"], i["interest"]) for i in instalments]
    unpaid = {i["number"]: balance(i) for i in instalments}
    implied = [rules.due_date(row["value_date"], number) for number in unpaid]
    return Loan(
        party_ref=row["party_ref"],
        contract_no=row["contract_no"],
        terms=condition_text(_terms(row)),
        value_date=row["value_date"],
        principal=row["principal"],
        schedule=pack_schedule(schedule, row["value_date"], implied),
        status=_STATUS[row["status"]],
        announced=max((i["number"] for i in instalments if i["fell_due_on"] is not None), default=0),
        done=bits(number for number, record in unpaid.items() if record.total == 0),
        touched=pack_balances(
            {
                number: Touched(r.through, r.principal, r.interest, r.penalty, r.compound, r.fee, r.cost)
                for number, r in unpaid.items()
                if r.total
            }
        ),
        bucket=Bucket(row["bucket"]),
        overdue_since=row["overdue_since"],
        repaid=row["repaid_principal"],
        forgiven=row["forgiven_principal"],
        written_off=row["written_off_principal"],
        changes=Changes(**{name: row[name] for name in _FACTS}),
    )


def _terms(row: Record) -> LoanTerms:
    return LoanTerms(
        product_id=row["product_id"],
        product_version=row["product_version"],
        principal=of_minor(row["principal"], row["currency"]),
        months=row["months"],
        annual_rate=row["annual_rate"],
        method=RepaymentMethod(row["method"]),
        penalty_multiplier=row["penalty_multiplier"],
        day_basis=row["day_basis"],
        grace_days=row["grace_days"],
        allocation_order=tuple(row["allocation_order"].split(",")),
        rules=row["rules"],
        agreement=agreed(row["agreement"]) if row["agreement"] else None,
    )

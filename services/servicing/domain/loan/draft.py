"""A decision under way: events so far and the loan as they leave it."""

from dataclasses import dataclass, field
from typing import Any

from schemas.decision import Context
from schemas.servicing.events import DelinquencyBucketChanged, OverdueCured, Settled
from services.servicing.domain.loan import arrears
from services.servicing.domain.loan.daily.accrual import status_change
from services.servicing.domain.loan.daily.asset_class import class_by_days
from services.servicing.domain.loan.daily.postings import penalties
from services.servicing.domain.loan.evolve import evolve
from services.servicing.domain.loan.money import components
from services.servicing.domain.loan.state import Loan, months_of, oldest_unpaid, settlement_kind, terms_of


@dataclass(slots=True)
class Draft:
    """Events of one decision, each folded as it is made, so that the next one sees what the ones before did."""

    loan: Loan
    context: Context
    events: list[Any] = field(default_factory=list)

    def add(self, *events: Any) -> None:
        """Decide these events."""
        for event in events:
            loan = evolve(self.loan, event)
            assert loan is not None
            self.loan = loan
            self.events.append(event)

    def post_penalty(self, until: Any) -> None:
        """Post what penalty there is up to ``until``, exclusive, on everything past due then."""
        late = arrears.past_due(self.loan, until)
        self.add(*penalties(self.loan, self.context.aggregate_id, late, until))

    def conclude(self) -> list[Any]:
        """Money went off the debt: say if the bucket moved, the arrears are cured, the loan is settled.

        Nothing more becomes past due on a day once it is open, so nothing past due now is nothing past due at its end.
        """
        self._leave_arrears()
        self.restand()
        return self.settle()

    def settle(self) -> list[Any]:
        """Say that the loan is settled when nothing of it is unpaid."""
        if oldest_unpaid(self.loan) > months_of(self.loan):
            loan, context = self.loan, self.context
            self.add(
                Settled(
                    loan_id=context.aggregate_id,
                    party_ref=loan.party_ref,
                    contract_no=loan.contract_no,
                    settled_on=context.business_date,
                    kind=settlement_kind(loan),
                )
            )
        return self.events

    def restand(self) -> None:
        """Say if the class or the accrual status is another one by now."""
        for change in (class_by_days, status_change):
            event = change(self.loan, self.context.aggregate_id, self.context.business_date)
            if event is not None:
                self.add(event)

    def _leave_arrears(self) -> None:
        loan, context = self.loan, self.context
        if loan.overdue_since is None:
            return
        day = context.business_date
        late = arrears.past_due(loan, day)
        days = arrears.days_past_due(late, terms_of(loan), day)
        bucket = arrears.bucket_of(days)
        if bucket != loan.bucket:
            self.add(
                DelinquencyBucketChanged(
                    loan_id=context.aggregate_id,
                    party_ref=loan.party_ref,
                    previous=loan.bucket,
                    bucket=bucket,
                    days_past_due=days,
                    past_due=components(late, terms_of(loan).currency),
                )
            )
        if not late:
            self.add(
                OverdueCured(
                    loan_id=context.aggregate_id,
                    party_ref=loan.party_ref,
                    since=loan.overdue_since,
                    cured_on=day,
                )
            )

"""Random commands in random order: what must never happen, never happens."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from loanstream.runtime.definitions import Decider
from schemas.decision import Actor, Context, Refusal
from schemas.origination import commands as c
from schemas.origination import events as e
from schemas.origination.events import Side
from schemas.terms import Document
from tests.origination.samples import (
    APPLICATION,
    CONTRACT,
    CONTRACT_ID,
    DAY,
    DIGEST,
    DRAFT,
    DRAWDOWN,
    IDENTITY,
    INCOME,
    LENDER,
    OFFICER,
    REQUEST,
    SUBMIT,
    assessment,
    cny,
    reason,
)
from tests.support.deciding import A_TIME

PEOPLE = st.sampled_from(["user:a", "user:b", "user:c", OFFICER, LENDER, "system", "service:origination"])
DIGESTS = st.sampled_from([DIGEST, DIGEST, DIGEST, "0" * 64])


class _Aggregate:
    """One aggregate and everything it decided; every fold is compared with the fold of its whole history."""

    def __init__(self, decider: Decider, identifier: str) -> None:
        self.decider = decider
        self.identifier = identifier
        self.state: Any = None
        self.history: list[tuple[Any, str]] = []

    def send(self, command: Any, day: date, by: str = "system") -> Any:
        context = Context(self.identifier, day, A_TIME, Actor(by))
        return self._apply(self.decider.decide(self.state, command, context), by)

    def open_day(self, day: date) -> None:
        if self.state is None:
            return
        due = self.decider.due(self.state)
        if due is not None and due <= day:
            self._apply(
                self.decider.business_day(self.state, Context(self.identifier, day, A_TIME, Actor("system"))), ""
            )
            after = self.decider.due(self.state)
            assert after is None or after > day

    def events(self, kind: type[Any]) -> list[Any]:
        return [event for event, _ in self.history if isinstance(event, kind)]

    def _apply(self, decision: Any, by: str) -> Any:
        if isinstance(decision, Refusal):
            assert decision.code
            assert decision.message
            return decision
        for event in decision:
            self.state = self.decider.evolve(self.state, event)
            self.history.append((event, by))
        return decision


class DrawdownMachine(RuleBasedStateMachine):
    """A drawdown under any commands of any people."""

    def __init__(self) -> None:
        super().__init__()
        self.drawdown = _Aggregate(DRAWDOWN, "draw-1")
        self.day = DAY

    @rule(approver=st.sampled_from(["system", OFFICER, "user:a"]))
    def request(self, approver: str) -> None:
        self.drawdown.send(replace(REQUEST, approver=approver), self.day)

    @rule(by=PEOPLE, digest=DIGESTS)
    def release(self, by: str, digest: str) -> None:
        self.drawdown.send(c.ReleaseDrawdown(contract_digest=digest), self.day, by)

    @rule(status=st.sampled_from(c.PayoutStatus), dated=st.booleans())
    def answer(self, status: c.PayoutStatus, dated: bool) -> None:
        command = c.RecordPayout(status=status, payment_id="pay-1", value_date=self.day if dated else None)
        self.drawdown.send(command, self.day)

    @rule()
    def next_day(self) -> None:
        self.day += timedelta(days=1)
        self.drawdown.open_day(self.day)

    @invariant()
    def at_most_one_order_goes_out(self) -> None:
        assert len(self.drawdown.events(e.DisbursementOrdered)) <= 1

    @invariant()
    def an_order_is_released_by_two_people_who_did_not_approve(self) -> None:
        for order in self.drawdown.events(e.DisbursementOrdered):
            (requested,) = self.drawdown.events(e.DrawdownRequested)
            people = {*order.releasers, requested.approver}
            assert len(people) == 3
            assert not {"system", "service:origination"} & set(order.releasers)
            assert all(check.result == "pass" for check in order.checks)

    @invariant()
    def money_moves_once_and_only_after_the_order(self) -> None:
        ends = [*self.drawdown.events(e.Disbursed), *self.drawdown.events(e.DisbursementFailed)]
        assert len(ends) <= len(self.drawdown.events(e.DisbursementOrdered))


class ApplicationMachine(RuleBasedStateMachine):
    """An application and its contract, with messages between them delivered late, twice or in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.application = _Aggregate(APPLICATION, "app-1")
        self.contract = _Aggregate(CONTRACT, CONTRACT_ID)
        self.day = DAY

    @initialize(
        documents=st.sampled_from([(), (IDENTITY,), (IDENTITY, INCOME)]),
        purpose=st.sampled_from(["", "car"]),
        steps=st.integers(0, 5),
    )
    def submit(self, documents: tuple[Document, ...], purpose: str, steps: int) -> None:
        """Histories start anywhere on the straight way, else chance would seldom walk it to its end."""
        handed_in = replace(SUBMIT, documents=documents, purpose=purpose)
        self.application.send(SUBMIT if steps else handed_in, self.day, "user:a")
        straight = (
            lambda: self.admission(True),
            lambda: self.assess("approve", "5000.00"),
            self.draft,
            lambda: self.sign(Side.BORROWER, "user:b", True),
            lambda: self.sign(Side.LENDER, LENDER, True),
        )
        for step in straight[:steps]:
            step()

    @rule(admitted=st.booleans())
    def admission(self, admitted: bool) -> None:
        self.application.send(c.RecordAdmission(admitted=admitted, reason="duplicate"), self.day)

    @rule(documents=st.sampled_from([(), (INCOME,), (IDENTITY, INCOME)]), purpose=st.sampled_from([None, "", "car"]))
    def supplement(self, documents: tuple[Document, ...], purpose: str | None) -> None:
        self.application.send(c.SupplementApplication(documents=documents, purpose=purpose), self.day, "user:a")

    @rule(advice=st.sampled_from(["approve", "refer", "refuse"]), limit=st.sampled_from(["0.00", "600.00", "5000.00"]))
    def assess(self, advice: str, limit: str) -> None:
        self.application.send(assessment(advice, limit, reason("any")), self.day)

    @rule(verdict=st.sampled_from(c.Verdict), amount=st.sampled_from([None, "100.00", "600.00", "1300.00"]), by=PEOPLE)
    def decide(self, verdict: c.Verdict, amount: str | None, by: str) -> None:
        asked = cny(amount) if amount else None
        command = c.DecideApplication(verdict=verdict, amount=asked, reasons=(reason("any"),))
        self.application.send(command, self.day, by)

    @rule()
    def withdraw(self) -> None:
        self.application.send(c.WithdrawApplication(), self.day, "user:a")

    @precondition(lambda self: self.application.events(e.LoanApproved))
    @rule()
    def draft(self) -> None:
        (approval,) = self.application.events(e.LoanApproved)
        command = replace(DRAFT, terms=approval.terms, valid_until=approval.valid_until, approver=approval.authority)
        self.contract.send(command, self.day)

    @precondition(lambda self: self.application.events(e.WithdrawalRequested))
    @rule()
    def cancel(self) -> None:
        self.contract.send(c.CancelContract(reason="withdrawn"), self.day)

    @rule(side=st.sampled_from(Side), by=PEOPLE, right=st.booleans())
    def sign(self, side: Side, by: str, right: bool) -> None:
        drafts = self.contract.events(e.ContractDrafted)
        digest = drafts[0].digest if drafts and right else "0" * 64
        self.contract.send(c.SignContract(side=side, digest=digest), self.day, by)

    @precondition(lambda self: self.contract.events(e.ContractSigned))
    @rule()
    def hear_of_the_signatures(self) -> None:
        self.application.send(c.MarkSigned(contract_id=CONTRACT_ID), self.day)

    @precondition(lambda self: self.contract.events(e.ContractClosed))
    @rule()
    def hear_of_the_end(self) -> None:
        (end,) = self.contract.events(e.ContractClosed)
        self.application.send(c.CloseApproval(reason=end.reason), self.day)

    @rule(amount=st.sampled_from(["600.00", "1200.00"]))
    def fund(self, amount: str) -> None:
        self.contract.send(c.RecordFunding(amount=cny(amount)), self.day)

    @rule(days=st.integers(1, 20))
    def days_pass(self, days: int) -> None:
        for _ in range(days):
            self.day += timedelta(days=1)
            self.application.open_day(self.day)
            self.contract.open_day(self.day)

    @invariant()
    def it_ends_at_most_once(self) -> None:
        kinds = (e.ApplicationClosed, e.LoanRefused, e.ApplicationCompleted)
        assert sum(len(self.application.events(kind)) for kind in kinds) <= 1
        assert len(self.application.events(e.LoanApproved)) <= 1

    @invariant()
    def nothing_is_approved_above_the_limit_or_the_amount_asked_for(self) -> None:
        for approval in self.application.events(e.LoanApproved):
            assert cny("250.00").amount <= approval.terms.principal.amount <= SUBMIT.amount.amount
            for review in self.application.events(e.ReviewRequested):
                assert approval.terms.principal.amount <= review.limit.amount
                assert approval.authority not in ("system", "service:origination", "user:a")

    @invariant()
    def a_contract_is_signed_or_closed_never_both_and_the_application_says_the_same(self) -> None:
        signed, ended = self.contract.events(e.ContractSigned), self.contract.events(e.ContractClosed)
        assert len(signed) + len(ended) <= 1
        assert not (signed and self.application.events(e.ApplicationClosed))
        assert not (ended and self.application.events(e.ApplicationCompleted))

    @invariant()
    def a_signed_contract_has_two_signatories_within_its_validity(self) -> None:
        for signed in self.contract.events(e.ContractSigned):
            (draft,) = self.contract.events(e.ContractDrafted)
            assert signed.effective_date <= draft.valid_until
            assert len({each.partition(":")[2] for each in signed.signatories}) == 2

    @invariant()
    def money_comes_only_to_a_signed_contract_and_once(self) -> None:
        assert len(self.contract.events(e.ContractFunded)) <= len(self.contract.events(e.ContractSigned))


TestDrawdown = DrawdownMachine.TestCase
TestApplication = ApplicationMachine.TestCase

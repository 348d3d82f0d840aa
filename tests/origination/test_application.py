"""Applications: intake, supplement, decision by rule and by person, end."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from schemas.decision import Refusal
from schemas.money import Money
from schemas.origination.commands import (
    CloseApproval,
    DecideApplication,
    MarkSigned,
    RecordAdmission,
    SupplementApplication,
    Verdict,
    WithdrawApplication,
)
from schemas.origination.events import (
    ApplicationReturned,
    ApplicationSupplemented,
    LoanApproved,
    LoanRefused,
    ReviewRequested,
)
from schemas.terms import Document, RepaymentMethod
from services.origination.domain.application import closed as is_closed
from tests.origination.samples import (
    ACCEPTED,
    CLERK,
    COMPLETED,
    DAY,
    DEADLINE,
    IDENTITY,
    INCOME,
    OFFICER,
    PROFILE,
    SUBMIT,
    TERMS,
    WITHDRAWAL,
    application,
    applied,
    approved,
    assessment,
    closed,
    cny,
    reason,
    returned,
    review_requested,
)

ADMITTED = RecordAdmission(admitted=True)
APPROVE = DecideApplication(verdict=Verdict.APPROVE)


def refused_on(day: date, *reasons: str, authority: str = "system") -> LoanRefused:
    return LoanRefused(
        application_id="app-1",
        loan_id="loan-1",
        party_ref="party-1",
        reasons=tuple(map(reason, reasons)),
        authority=authority,
        reapply_from=day.replace(month=2, day=4),
        language=SUBMIT.language,
    )


# -- handing in --------------------------------------------------------------------------------------------------------


def test_an_application_is_handed_in_with_the_terms_of_that_day() -> None:
    application().when(SUBMIT, by=CLERK).then(applied())


def test_an_application_is_handed_in_once() -> None:
    application(applied()).when(SUBMIT, by=CLERK).then_refused("application-exists")


def test_of_two_documents_of_a_kind_the_later_counts() -> None:
    newer = replace(INCOME, digest="3" * 64)
    expected = applied(documents=(newer, IDENTITY))
    application().when(replace(SUBMIT, documents=(INCOME, IDENTITY, newer)), by=CLERK).then(expected)


@pytest.mark.parametrize(
    ("code", "limit", "changes"),
    [
        ("amount-out-of-range", "250.00 CNY to 20000.00 CNY", {"amount": cny("249.99")}),
        ("amount-out-of-range", "250.00 CNY to 20000.00 CNY", {"amount": cny("20000.01")}),
        ("amount-out-of-range", "250.00 CNY to 20000.00 CNY", {"amount": cny("1000.001")}),
        ("amount-out-of-range", "250.00 CNY to 20000.00 CNY", {"amount": cny("NaN")}),
        ("currency-not-allowed", "CNY", {"amount": Money(cny("1200.00").amount, "EUR")}),
        ("term-out-of-range", "4 to 72 months", {"months": 3}),
        ("term-out-of-range", "4 to 72 months", {"months": 73}),
    ],
)
def test_what_the_product_cannot_give_is_refused_with_limit_and_source(
    code: str, limit: str, changes: dict[str, Any]
) -> None:
    decision = application().when(replace(SUBMIT, **changes), by=CLERK)
    decision.then_refused(code)
    assert isinstance(decision.decision, Refusal)
    assert (decision.decision.limit, decision.decision.source) == (limit, "product consumer-credit/1")


@pytest.mark.parametrize("edge", ["250.00", "20000.00"])
def test_the_ends_of_the_range_are_allowed(edge: str) -> None:
    application().when(replace(SUBMIT, amount=cny(edge)), by=CLERK).then(applied(amount=cny(edge)))


def test_a_method_that_the_product_does_not_offer_is_refused() -> None:
    only = replace(TERMS, methods=(RepaymentMethod.EQUAL_PRINCIPAL,))
    application().when(replace(SUBMIT, product_terms=only), by=CLERK).then_refused("repayment-method-not-offered")


# -- completeness ------------------------------------------------------------------------------------------------------


def test_a_complete_application_is_accepted_once_admitted() -> None:
    application(applied()).when(ADMITTED).then(ACCEPTED).when(ADMITTED).then()


@pytest.mark.parametrize("why", ["duplicate", "reapply-too-early"])
def test_a_barred_application_is_closed(why: str) -> None:
    application(applied()).when(RecordAdmission(admitted=False, reason=why)).then(closed(why))


@pytest.mark.parametrize(
    ("codes", "changes"),
    [
        (["document-missing"], {"documents": (IDENTITY,)}),
        (["document-missing", "document-missing"], {"documents": ()}),
        (["income-not-positive"], {"profile": replace(PROFILE, monthly_income=cny("0.00"))}),
        (["income-not-positive"], {"profile": replace(PROFILE, monthly_income=Money(cny("1").amount, "EUR"))}),
        (["purpose-missing"], {"purpose": "  "}),
        (["repayment-source-missing"], {"repayment_source": ""}),
        (["document-missing", "purpose-missing"], {"documents": (INCOME,), "purpose": ""}),
    ],
)
def test_what_is_missing_returns_the_application_with_every_reason_and_a_deadline(
    codes: list[str], changes: dict[str, Any]
) -> None:
    decision = application(applied(**changes)).when(ADMITTED)
    decision.then_types(ApplicationReturned)
    (event,) = decision.decision  # type: ignore[misc]
    assert [each.code for each in event.reasons] == codes
    assert event.deadline == DEADLINE


def supplemented(**changes: Any) -> ApplicationSupplemented:
    after = applied(**changes)
    return ApplicationSupplemented(
        application_id="app-1",
        loan_id="loan-1",
        party_ref="party-1",
        purpose=after.purpose,
        repayment_source=after.repayment_source,
        profile=after.profile,
        documents=after.documents,
    )


def test_the_missing_document_completes_the_application() -> None:
    history = application(applied(documents=(IDENTITY,)), returned("document-missing"))
    history.when(SupplementApplication(documents=(INCOME,))).then(supplemented(), ACCEPTED)


def test_a_partial_supplement_returns_it_with_the_same_deadline() -> None:
    history = application(applied(documents=(), purpose=""), returned("document-missing", "purpose-missing"))
    decision = history.when(SupplementApplication(documents=(IDENTITY, INCOME)), on=date(2026, 1, 12))
    after = decision.then_types(ApplicationSupplemented, ApplicationReturned)
    assert after.state.deadline == DEADLINE
    after.when(SupplementApplication(purpose="radio/television")).then(supplemented(), ACCEPTED)


def test_income_and_source_can_be_supplemented() -> None:
    poor = replace(PROFILE, monthly_income=cny("0.00"))
    history = application(applied(profile=poor, repayment_source=""), returned("income-not-positive"))
    command = SupplementApplication(profile=PROFILE, repayment_source="salary")
    history.when(command).then(supplemented(), ACCEPTED)


def test_nothing_is_supplemented_that_was_not_returned() -> None:
    application(applied()).when(SupplementApplication()).then_refused("not-returned")


def test_a_supplement_after_its_deadline_comes_too_late() -> None:
    history = application(applied(documents=()), returned("document-missing"))
    decision = history.when(SupplementApplication(documents=(IDENTITY, INCOME)), on=date(2026, 1, 16))
    decision.then_refused("supplement-expired")


def test_a_return_that_nobody_answers_expires_the_day_after_its_deadline() -> None:
    history = application(applied(documents=()), returned("document-missing"))
    history.on_day(DEADLINE).then()
    after = history.on_day(date(2026, 1, 16)).then(closed("supplement-expired"))
    assert history.decider.due(history.state) == date(2026, 1, 16)
    assert after.decider.due(after.state) is None
    after.on_day(date(2026, 1, 17)).then()


# -- decision by rule --------------------------------------------------------------------------------------------------


def test_a_good_assessment_within_the_limit_approves_with_the_terms_of_the_product() -> None:
    history = application(applied(), ACCEPTED).when(assessment("approve", "1200.00")).then(approved())
    history.when(assessment("refuse")).then()


def test_a_good_assessment_below_the_amount_asks_a_person() -> None:
    decision = application(applied(), ACCEPTED).when(assessment("approve", "1199.99"))
    decision.then_types(ReviewRequested)
    (event,) = decision.decision  # type: ignore[misc]
    assert [each.code for each in event.reasons] == ["limit-exceeded"]
    assert event.limit == cny("1199.99")


def test_a_limit_in_another_currency_counts_as_none() -> None:
    command = replace(assessment("approve"), limit=Money(cny("9000").amount, "USD"))
    after = application(applied(), ACCEPTED).when(command).then_types(ReviewRequested)
    assert after.state.limit == 0


def test_a_referral_keeps_its_reasons() -> None:
    decision = application(applied(), ACCEPTED).when(assessment("refer", "20000.00", reason("thin-file")))
    decision.then_types(ReviewRequested)
    (event,) = decision.decision  # type: ignore[misc]
    assert [each.code for each in event.reasons] == ["thin-file"]


def test_a_bad_assessment_refuses_with_reasons_and_a_waiting_time() -> None:
    command = assessment("refuse", "0.00", reason("low-score"))
    application(applied(), ACCEPTED).when(command).then(refused_on(DAY, "low-score"))


def test_an_assessment_of_an_ended_application_changes_nothing() -> None:
    application(applied(), ACCEPTED, closed("withdrawn")).when(assessment("approve")).then()


# -- decision by a person ----------------------------------------------------------------------------------------------


def test_a_person_approves_up_to_the_limit() -> None:
    history = application(applied(), ACCEPTED, review_requested("1000.00"))
    command = DecideApplication(verdict=Verdict.APPROVE, amount=cny("1000.00"))
    history.when(command, by=OFFICER).then(approved("1000.00", OFFICER))


def test_a_person_approves_what_was_asked_for_when_the_limit_allows_it() -> None:
    application(applied(), ACCEPTED, review_requested("9000.00")).when(APPROVE, by=OFFICER).then(
        approved(authority=OFFICER)
    )


def test_a_person_never_approves_above_the_limit() -> None:
    decision = application(applied(), ACCEPTED, review_requested("1000.00")).when(APPROVE, by=OFFICER)
    decision.then_refused("limit-exceeded")
    assert isinstance(decision.decision, Refusal)
    assert (decision.decision.limit, decision.decision.source) == ("1000.00 CNY", "consumer/1")


@pytest.mark.parametrize("amount", [cny("249.99"), cny("1200.01"), cny("300.001"), Money(cny("300").amount, "EUR")])
def test_a_person_approves_between_the_products_minimum_and_the_amount_asked_for(amount: Money) -> None:
    command = DecideApplication(verdict=Verdict.APPROVE, amount=amount)
    history = application(applied(), ACCEPTED, review_requested("9000.00"))
    history.when(command, by=OFFICER).then_refused("amount-out-of-range")


def test_a_person_refuses_with_reasons() -> None:
    history = application(applied(), ACCEPTED, review_requested())
    refuse = DecideApplication(verdict=Verdict.REFUSE)
    history.when(refuse, by=OFFICER).then_refused("reasons-missing")
    command = replace(refuse, reasons=(reason("implausible"),))
    history.when(command, by=OFFICER).then(refused_on(DAY, "implausible", authority=OFFICER))


def test_who_handed_the_application_in_does_not_decide_on_it() -> None:
    history = application(applied(), ACCEPTED, review_requested("9000.00"))
    history.when(APPROVE, by=CLERK).then_refused("decider-is-submitter")


@pytest.mark.parametrize("machine", ["system", "service:risk"])
def test_a_machine_does_not_decide_a_review(machine: str) -> None:
    history = application(applied(), ACCEPTED, review_requested("9000.00"))
    history.when(APPROVE, by=machine).then_refused("not-a-person")


@pytest.mark.parametrize(
    "history",
    [(), (ACCEPTED,), (ACCEPTED, approved()), (ACCEPTED, closed("withdrawn"))],
    ids=["submitted", "accepted", "approved", "closed"],
)
def test_a_person_decides_only_what_was_referred(history: tuple[Any, ...]) -> None:
    application(applied(), *history).when(APPROVE, by=OFFICER).then_refused("review-not-requested")


# -- end ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "history",
    [(), (returned("purpose-missing"),), (ACCEPTED,), (ACCEPTED, review_requested())],
    ids=["submitted", "returned", "accepted", "review"],
)
def test_before_approval_a_withdrawal_ends_the_application(history: tuple[Any, ...]) -> None:
    after = application(applied(), *history).when(WithdrawApplication()).then(closed("withdrawn"))
    after.when(WithdrawApplication()).then()


def test_after_approval_a_withdrawal_waits_for_what_the_contract_says() -> None:
    waiting = application(applied(), ACCEPTED, approved()).when(WithdrawApplication()).then(WITHDRAWAL)
    waiting.when(WithdrawApplication()).then()
    waiting.when(CloseApproval(reason="withdrawn")).then(closed("withdrawn"))
    waiting.when(MarkSigned(contract_id="contract-1")).then(COMPLETED)


def test_a_signed_contract_completes_the_application() -> None:
    after = application(applied(), ACCEPTED, approved()).when(MarkSigned(contract_id="contract-1")).then(COMPLETED)
    after.when(MarkSigned(contract_id="contract-1")).then()
    after.when(CloseApproval(reason="approval-lapsed")).then()
    after.when(WithdrawApplication()).then_refused("already-signed")


def test_a_lapsed_contract_closes_the_application() -> None:
    history = application(applied(), ACCEPTED, approved())
    after = history.when(CloseApproval(reason="approval-lapsed")).then(closed("approval-lapsed"))
    after.when(MarkSigned(contract_id="contract-1")).then()


@pytest.mark.parametrize("end", [COMPLETED, closed("withdrawn"), refused_on(DAY, "low-score")])
def test_an_ended_application_keeps_nothing_of_what_was_declared(end: Any) -> None:
    state = application(applied(), ACCEPTED, end).state
    assert is_closed(state)
    assert state.need is None


@pytest.mark.parametrize(
    "command",
    [
        ADMITTED,
        SupplementApplication(documents=(Document(kind="income", digest="0" * 64),)),
        WithdrawApplication(),
        assessment("approve"),
        APPROVE,
        MarkSigned(contract_id="contract-1"),
        CloseApproval(reason="withdrawn"),
    ],
    ids=lambda command: type(command).__name__,
)
def test_an_unknown_application_is_named(command: Any) -> None:
    application().when(command).then_refused("unknown-application")


def test_terms_are_frozen_from_the_version_of_the_application() -> None:
    method = RepaymentMethod.EQUAL_PRINCIPAL
    history = application(applied(method=method, months=4), ACCEPTED)
    decision = history.when(assessment("approve"))
    decision.then_types(LoanApproved)
    (event,) = decision.decision  # type: ignore[misc]
    assert (event.terms.method, event.terms.months, event.terms.product_version) == (method, 4, 1)

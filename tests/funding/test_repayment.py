"""Repayments shared out to lenders: once per receipt and direction, to the cent, whatever came first."""

from typing import Any

from schemas.funding.commands import DistributeRepayment, RegisterShares
from schemas.funding.events import RepaymentDistributed, RepaymentPending, SharesRegistered
from schemas.money import Money
from services.funding.domain.repayment import distribution_id
from services.funding.service import REPAYMENT
from tests.funding.examples import LOAN, OWN, cny, components, posting, share
from tests.support.deciding import Given, given

SOURCES = (share(OWN, "1000.00", "1"),)
THREE = (
    share("lender-b", "100.00", "0.333333333333"),
    share("lender-a", "100.00", "0.333333333334"),
    share("lender-c", "100.00", "0.333333333333"),
)
COMPONENTS = components("90.00", "9.00", "1.00")


def after(*events: object) -> Given:
    return given(REPAYMENT, *events, aggregate_id=LOAN)


def registered(sources: Any = SOURCES) -> SharesRegistered:
    return SharesRegistered(loan_id=LOAN, shares=sources)


def distribute(amount: str = "100.00", *, receipt: str = "R-1", reversal: bool = False) -> DistributeRepayment:
    return DistributeRepayment(
        receipt_id=receipt, amount=cny(amount), components=COMPONENTS, kind="payment", reversal=reversal
    )


def pending(amount: str = "100.00", *, receipt: str = "R-1", reversal: bool = False) -> RepaymentPending:
    return RepaymentPending(
        loan_id=LOAN,
        receipt_id=receipt,
        amount=cny(amount),
        components=COMPONENTS,
        kind="payment",
        reversal=reversal,
    )


def distributed(
    amount: str = "100.00", *, shares: Any = None, receipt: str = "R-1", reversal: bool = False
) -> RepaymentDistributed:
    distribution = distribution_id(LOAN, receipt, reversal=reversal)
    bank, transit = (amount, f"-{amount}") if reversal else (f"-{amount}", amount)
    return RepaymentDistributed(
        loan_id=LOAN,
        receipt_id=receipt,
        amount=cny(amount),
        components=COMPONENTS,
        shares=shares or (share(OWN, amount, "1"),),
        reversal=reversal,
        postings=(posting("bank", bank), posting(f"in-transit/{distribution}", transit)),
        distribution_id=distribution,
        kind="payment",
    )


def test_a_repayment_goes_to_who_lent() -> None:
    after(registered()).when(distribute()).then(distributed())


def test_a_receipt_is_shared_out_once() -> None:
    after(registered(), distributed()).when(distribute()).then()


def test_a_reversal_takes_back_what_the_receipt_brought_once() -> None:
    after(registered(), distributed()).when(distribute(reversal=True)).then(distributed(reversal=True)).when(
        distribute(reversal=True)
    ).then()


def test_the_residual_cent_goes_to_the_largest_share_and_ties_to_the_smaller_account() -> None:
    shares = (
        share("lender-b", "33.33", "0.333333333333"),
        share("lender-a", "33.34", "0.333333333334"),
        share("lender-c", "33.33", "0.333333333333"),
    )
    after(registered(THREE)).when(distribute()).then(distributed(shares=shares))


def test_a_repayment_before_the_shares_waits_for_them_and_is_not_guessed() -> None:
    waiting = after().when(distribute()).then(pending())
    waiting.when(distribute()).then()
    known = waiting.when(distribute("30.00", receipt="R-2")).then(pending("30.00", receipt="R-2"))
    done = known.when(RegisterShares(shares=SOURCES)).then(
        registered(), distributed(), distributed("30.00", receipt="R-2")
    )
    assert done.state.pending == ()
    done.when(distribute()).then()


def test_a_payment_and_its_reversal_that_both_came_before_the_shares_cancel_out() -> None:
    waiting = after(pending(), pending(reversal=True))
    waiting.when(RegisterShares(shares=SOURCES)).then(registered(), distributed(), distributed(reversal=True))


def test_a_reversal_that_overtook_its_payment_is_shared_out_all_the_same() -> None:
    after(registered()).when(distribute(reversal=True)).then(distributed(reversal=True)).when(distribute()).then(
        distributed()
    )


def test_shares_are_registered_once() -> None:
    after(registered()).when(RegisterShares(shares=SOURCES)).then()
    after(registered()).when(RegisterShares(shares=THREE)).then_refused("shares-registered")
    after().when(RegisterShares(shares=())).then_refused("bad-shares")


def test_the_shares_of_one_account_are_one() -> None:
    twice = (share(OWN, "400.00", "0.4"), share(OWN, "600.00", "0.6"))
    assert after(registered(twice)).state.weights == ((OWN, 100_000),)


def test_money_of_another_currency_is_not_shared_out() -> None:
    dollars = DistributeRepayment(
        receipt_id="R-1", amount=Money(cny("1").amount, "USD"), components=COMPONENTS, kind="payment", reversal=False
    )
    after(registered()).when(dollars).then_refused("currency-mismatch")

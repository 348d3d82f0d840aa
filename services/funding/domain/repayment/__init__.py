"""The repayments of one loan, shared out to its lenders 还款分配: once per receipt and direction, to the cent.

What came in on a loan is decided by servicing; this aggregate follows its facts. Two things about their order:

* ``Funded`` happens before any payment of the loan, but the two travel by different topics: a router that lags behind on one
  may bring a payment before the shares. It is then kept as ``RepaymentPending`` and distributed, in the order of arrival, in
  the same decision that registers the shares. Nobody's account is guessed.
* A reversal normally follows its payment, both being events of one loan. When the payment's command waits as a dead letter,
  the reversal comes first. Both are distributed all the same: they are exact opposites, so that the balances are the same in
  either order, and the lender owes the money in between.

The whole amount is split, not component by component: the reversal of a receipt has the same amount and so takes the same
cents back from the same lenders, even where a back-dated correction moved the payment between components in the meantime. A
repeat for the same receipt and direction does nothing.

Which component goes to whom: principal and interest to the lenders by share; penalty 罚息 to the party that the contract
names, which is the lender as long as own capital is the only one (precise-rules 13).
"""

from services.funding.domain.repayment.decide import decide, distribution_id
from services.funding.domain.repayment.evolve import evolve
from services.funding.domain.repayment.state import Repayment

__all__ = ["Repayment", "decide", "distribution_id", "evolve"]

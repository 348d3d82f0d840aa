"""A custody sub-account 存管子账户: what its owner can use, what is reserved per transfer, what the owner must give back.

Why no money is ever booked twice here:

* *The same command again* (at least once): the host recognises a command's id within the window and, for a reaction's
  command, the source's sequence for as long as the account lives. A credit therefore needs no list of transfers here, which
  would grow with every repayment of every loan: one ``TransferReserved`` makes one credit, one ``RepaymentDistributed`` one
  per lender, and their aggregates emit each of these once.
* *Another command for the same fact*: a person may send a deposit again under a new Idempotency-Key, so the bank's reference
  is a business key, kept for ever in 16 bytes; payouts share that set. Within one account that is a guarantee; that a line of
  the bank's statement was not booked on two accounts, the API checks against the read model before it sends.
* *Reserve, capture, release* meet a reservation only while it is open.
* *Order*: a release may come before its reserve, when the reserve waited as a dead letter. It finds nothing open and bars the
  transfer, so that the reserve is refused when it does come: the transfer ends either way. A take-back may come before the
  credit it undoes; the owner then owes the money until the credit settles it.
"""

from services.funding.domain.account.decide import decide
from services.funding.domain.account.evolve import evolve
from services.funding.domain.account.state import Account, closed

__all__ = ["Account", "closed", "decide", "evolve"]

"""A transfer between two accounts 划转, the saga of every movement inside custody.

::

    opened ──reserved──► reserved ──credited──► credited ──captured──► captured
      │ │                    │
      │ └─expired─► cancelled ◄─credit refused
      │                 │
      └──refused──► released ◄─money back, or refused

Money is never given back while it may have been credited: once the transfer is *reserved* the credit is ordered and its
outcome unknown, so only the receiving account's own answer (credited, or refused) moves it on, however many business days
pass. Only an *opened* transfer expires, because its credit was never ordered and now never will be. The return of a loan's money
after a failed payout does not expire: there is nothing else to do with that money.

A cancelled transfer does not know whether its reserve was decided, is still under way, or waits as a dead letter. It orders
the release once; the paying account gives back what it reserved, or bars the transfer so that it never reserves it, and says
which. So a transfer ends captured with the money moved once, or released with the money where it was.
"""

from services.funding.domain.transfer.decide import business_day, decide
from services.funding.domain.transfer.evolve import evolve
from services.funding.domain.transfer.state import Transfer, closed, due

__all__ = ["Transfer", "business_day", "closed", "decide", "due", "evolve"]

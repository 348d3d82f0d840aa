"""Waiting until nothing is under way: no day begins before the one before it is wholly done.

Without it the order of a day's events would depend on timing, and the same seed would not give the same result. For most days
the ledger's rest is enough: distribution of repayments and messages follow it, and nothing depends on when they do.
"""

import time
from collections.abc import Callable, Mapping

from loanstream.demo.client import Api, DemoError, say_nothing
from loanstream.demo.ledger import READER

LONGEST_SECONDS = 600.0
"""How long the system may be busy with one step: after a crash it asks about open payments when their lease of minutes ends."""

LEDGER = ("servicing",)
EVERYWHERE: tuple[str, ...] = ()
"""Services that are asked about; none is all of them."""

_ASK_SECONDS = 5


class Quiet:
    """Asks the system until it is idle. ``tell`` is told what it still does when that takes long."""

    def __init__(
        self, api: Api, tell: Callable[[str], None] = say_nothing, longest_seconds: float = LONGEST_SECONDS
    ) -> None:
        self._api = api
        self._tell = tell
        self._longest = longest_seconds
        self._quiet_at = {LEDGER: -1, EVERYWHERE: -1}
        """Commands sent when it was idle last."""

    async def everywhere(self) -> None:
        """Return when every command, reaction, effect and read model is done; at once when nothing was sent since the last time.

        Raises :class:`DemoError` when the system does not come to rest.
        """
        await self._wait(EVERYWHERE)

    async def ledger(self) -> None:
        """Return when servicing is done: what the borrowers owe and the next day depend on nothing else. Raises as above."""
        await self._wait(LEDGER)

    async def _wait(self, services: tuple[str, ...]) -> None:
        sent = self._api.commands
        if sent == self._quiet_at[services]:
            return
        given_up = time.monotonic() + self._longest
        while True:
            answer = await self._api.get(READER, "/api/platform/idle", wait=_ASK_SECONDS, service=services)
            if answer["idle"]:
                self._quiet_at[services] = sent
                return
            waiting = _listed(answer["waiting"])
            self._tell(f"waiting for {waiting}")
            if time.monotonic() > given_up:
                raise DemoError(
                    f"The system is still busy after {self._longest:.0f} s ({waiting}). See `loanstream doctor` and"
                    " `loanstream deadletters list`, then call the demo again with the same seed."
                )


def _listed(waiting: Mapping[str, int]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in sorted(waiting.items()))

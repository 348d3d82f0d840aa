"""The demo from its first day to its last: a loop over business days, in which borrowers and staff act through the API.

Everything that the driver knows it reads from the system, and every command carries a key made from seed, row and step: a run
that was killed anywhere goes on where it stopped, and a repeated run changes nothing.
"""

import time
from dataclasses import dataclass
from datetime import date, timedelta

from rich.console import Console

from loanstream.demo import staff
from loanstream.demo.books import read_books
from loanstream.demo.borrowers import borrowers
from loanstream.demo.client import Api, Clients, DemoError, Tokens
from loanstream.demo.intake import Intake
from loanstream.demo.ledger import Ledger
from loanstream.demo.options import LONGEST, START, DemoOptions
from loanstream.demo.progress import Bar, bar
from loanstream.demo.quiet import Quiet
from loanstream.demo.repayments import Repayments
from loanstream.demo.report import DemoReport, count_events, standings
from loanstream.demo.unpaid import Debts

_LONGEST_JUMP = timedelta(28)
"""Days opened by one command when nobody does anything in between."""


async def run_demo(options: DemoOptions, clients: Clients, tokens: Tokens, console: Console | None) -> DemoReport:
    """Run the demo on the system that ``clients`` reach; ``console`` shows the progress bar, ``None`` nothing.

    Raises :class:`~loanstream.demo.client.DemoError` with a text for the user.
    """
    async with clients() as http:
        api = Api(http, tokens)
        begun, before = time.monotonic(), (await count_events(api)).total
        ledger = Ledger(borrowers(options.seed, options.loans, START))
        with bar(console, options.loans) as shown:
            api.tell = shown.tell
            quiet = Quiet(api, shown.tell)
            await quiet.everywhere()
            last_day, finished = await _run(options, api, ledger, quiet, shown)
            await quiet.everywhere()
            await ledger.refresh(api)
            shown.show(last_day, ledger)
        counts = await count_events(api)
        return DemoReport(
            standings=standings(ledger),
            events=counts.by_name,
            books=await read_books(api),
            events_per_second=round((counts.total - before) / (time.monotonic() - begun), 1),
            days=counts.days,
            last_day=last_day,
            finished=finished,
            until=options.until,
        )


async def _run(options: DemoOptions, api: Api, ledger: Ledger, quiet: Quiet, shown: Bar) -> tuple[date, bool]:
    """All days; answers the last one, and whether nobody has anything left to do."""
    calendar = Calendar(api, quiet, options.seed)
    today = await calendar.today()
    if options.until is not None and options.until < today:
        await ledger.refresh(api)
        return today, False
    product = await staff.product_on_sale(api)
    await staff.provide_capital(api, options.seed)
    await ledger.refresh(api)
    intake = Intake(api, ledger, quiet, product)
    repayments = Repayments(api, ledger, quiet, Debts(api, ledger, quiet), options.seed)
    end = options.until or max(today, START) + LONGEST
    while today <= end:
        await intake.day(today)
        await repayments.day(today)
        await quiet.ledger()
        shown.show(today, ledger)
        following = await _following(api, ledger, today)
        if following is None:
            return await _to_the_end(options, calendar, today), True
        if following > end:
            return await _to_the_end(options, calendar, today), False
        today = await calendar.move(today, following)
    if options.until is None:
        raise DemoError(f"Loans are still open on {today}, {LONGEST.days} days on: see `loanstream doctor`.")
    return today, await _following(api, ledger, today) is None


async def _following(api: Api, ledger: Ledger, today: date) -> date | None:
    """The next day on which somebody acts. Whether loans still run is read anew before it is said that nobody ever will."""
    if not ledger.days_after(today):
        await ledger.refresh_loans(api)
    return ledger.next_day(today)


async def _to_the_end(options: DemoOptions, calendar: "Calendar", today: date) -> date:
    return await calendar.move(today, options.until) if options.until and options.until > today else today


@dataclass(frozen=True, slots=True)
class Calendar:
    """Moves the business day."""

    api: Api
    quiet: Quiet
    seed: int

    async def today(self) -> date:
        """The open business day; the demo's first day is opened where there is none."""
        found = await staff.current_day(self.api)
        if found is not None:
            return found
        await staff.start_day(self.api, self.seed, START)
        await self.quiet.everywhere()
        return START

    async def move(self, today: date, day: date) -> date:
        """Open every day from the one after ``today`` up to ``day``.

        A single day is open in servicing when this returns, and everything that is sent to servicing from now on is decided
        on it. After several days servicing has come to rest. The other services follow when they can.
        """
        while today < day:
            before, today = today, min(day, today + _LONGEST_JUMP)
            await staff.start_day(self.api, self.seed, today)
            if today - before > timedelta(1):
                await self.quiet.ledger()
        return today

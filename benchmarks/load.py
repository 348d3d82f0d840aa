"""How the load spreads on Kafka, what a larger cluster would do, what limits it: text that reckons with the rows of its run."""

from collections.abc import Mapping, Sequence

from benchmarks.measuring import Result

_PARTITIONS = 24
"""Partitions of an installation in production."""
_SERVICES = 5
_BUSY = 0.7
"""Share of a process that is used in the arithmetic: above it what waits grows faster than the load."""
_PAYMENTS = "decider host on Kafka, ApplyPayment"
_RECEIPTS = "decider host on Kafka, RecordReceipt"


def text(results: Sequence[Result]) -> list[str]:
    """The sections; none while the rows that they reckon with are missing."""
    rows = {result.what: result for result in results}
    found = {
        name: _figures(rows, name)
        for name in (_PAYMENTS, _RECEIPTS, "rebuild of state on Kafka", "end of day on Kafka")
    }
    if not all(found.values()):
        return []
    return [*_spread(found), *_limits(rows, found)]


def _figures(rows: Mapping[str, Result], name: str) -> Mapping[str, float]:
    return next((row.figures for what, row in rows.items() if what.startswith(name) and row.figures), {})


def _spread(found: Mapping[str, Mapping[str, float]]) -> list[str]:
    payments, written = found[_PAYMENTS]["commands a second"], found[_PAYMENTS]["records a command"]
    loans = found["end of day on Kafka"]["loans a second"]
    rebuilt = found["rebuild of state on Kafka"]["events a second"]
    steady = _BUSY * payments
    return [
        "",
        "### How the load spreads, and what a larger cluster would do",
        "",
        "A partition of a service has one decider at a time, and a process decides its partitions one after the other on one core."
        " Partitions share nothing, so the deciders' throughput is that of one process times the processes, until there are as many"
        " processes as partitions or the brokers are full. The group gives every process an equal share of the partitions, so"
        f" processes count in divisors of {_PARTITIONS} best. What follows is **arithmetic from the rows above, not measured**: it"
        " takes a core for each process, brokers on cores of their own, keys that spread evenly, and processes that are"
        f" busy {_BUSY:.0%} of the time.",
        "",
        "| processes of servicing | payments/s | records/s to the brokers | end of day, 1,000,000 loans | kill -9 of one: waiting"
        " after 7 s, and until it is worked off by the others |",
        "|---|---|---|---|---|",
        *(_row(processes, steady, payments, written, loans) for processes in (1, 2, 4, 8, 24)),
        "",
        f"- A process that takes partitions over folds their tail at {rebuilt:,.0f} events/s before it decides; a snapshot every"
        f" 200,000 events keeps that below {200_000 / rebuilt:.0f} s for a partition that it never owned.",
        f"- With {_PARTITIONS} partitions servicing cannot use more than {_PARTITIONS} processes: {_PARTITIONS * steady:,.0f}"
        " payments/s is its end, whatever the cluster. Beyond that, topics grow to more partitions offline (DESIGN section 3).",
        f"- {_SERVICES} services scale apart from each other. A payment also passes the receipt, the lender's account and the"
        " distribution: cores are needed for those deciders in the ratio of their commands, not only for the ledger's.",
        "- Brokers: a batch of 500 decisions is one request to each of two partitions and one transaction, so they handle a few"
        " requests for each 500 payments; bytes written, times the copies, bind them. Three copies instead of the one measured here"
        " add a round trip between brokers to every commit and no work to a decider.",
    ]


def _row(processes: int, steady: float, payments: float, written: float, loans: float) -> str:
    waiting = 7 * steady
    # those left take its partitions beside their own; a single one starts again
    free = max(1, processes - 1) * payments - steady * processes
    work_off = f"{waiting / free:.1f} s" if free > 0 else "never at this load"
    return (
        f"| {processes} | {processes * steady:,.0f} | {processes * steady * written:,.0f} | {1_000_000 / loans / processes:.1f} s "
        f"| {waiting:,.0f} commands, {work_off} |"
    )


def _limits(rows: Mapping[str, Result], found: Mapping[str, Mapping[str, float]]) -> list[str]:
    profile = next(row.why for what, row in rows.items() if what.startswith(_PAYMENTS))
    receipts, payments = (1e6 / found[name]["commands a second"] for name in (_RECEIPTS, _PAYMENTS))
    command = _figures(rows, "one command on Kafka")
    round_trip = (
        f" At low load a command takes {command['milliseconds']:.1f} ms, of which a transaction alone"
        f" {command['milliseconds of a transaction']:.1f} ms."
        if command
        else ""
    )
    return [
        "",
        "### What limits it, and the next three speed-ups",
        "",
        f"The processor of the deciding process limits it, not Kafka: a payment takes {payments:.0f} µs, a receipt {receipts:.0f}"
        f" µs, most of it in Python that decides, folds and encodes. Profile of the payments: {profile}.{round_trip}",
        "",
        f"1. **The arithmetic of a payment**: it takes {payments - receipts:.0f} µs more than a receipt, for allocation and"
        " fold over a schedule that is unpacked for every question. One pass that answers all of them would bring a"
        " payment near a receipt.",
        "2. **Fewer headers**: an event carries thirteen, of which source, spec version and schema follow from its type and could"
        " be left out, as the subject could where it is the key. Encoding, reading, the chain's input and the wire shrink alike; it"
        " is a change of the public envelope and needs a new major.",
        "3. **Deciding while the former batch commits**: a host waits for its commit before it decides on. Folding ahead, and"
        " dropping the fold when the commit fails as happens already, would hide the broker's time in the host's.",
    ]

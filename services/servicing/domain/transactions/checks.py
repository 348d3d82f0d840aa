"""Entries that the terms do not allow: each objection names the field and says why."""

from collections.abc import Iterator

from services.servicing.domain.terms import Family, Objection, Terms
from services.servicing.domain.transactions.entries import Entry, Extended, InterestPaused, RateChanged


def entry_objections(terms: Terms, entry: Entry) -> tuple[Objection, ...]:
    """Every reason to refuse ``entry`` under ``terms``; what depends on the entries before it is not looked at."""
    return tuple(_change(terms, entry))


def _change(terms: Terms, entry: Entry) -> Iterator[Objection]:
    if not isinstance(entry, RateChanged | InterestPaused | Extended):
        return
    if terms.family is not Family.PROGRESSIVE:
        yield Objection(
            "type", "needs the progressive family: rows of the cumulative one follow from what was disbursed"
        )
    if isinstance(entry, RateChanged) and not 0 <= entry.percent <= 1000:
        yield Objection("percent", "must lie between 0 and 1000 % a year")
    if isinstance(entry, InterestPaused) and entry.until < entry.value_date:
        yield Objection("until", "must not be before the date")
    if isinstance(entry, Extended) and entry.instalments < 1:
        yield Objection("instalments", "must be at least one")

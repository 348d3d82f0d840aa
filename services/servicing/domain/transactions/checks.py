"""Entries that cannot be under the terms of a loan, refused before any figure is made of them."""

from services.servicing.domain.terms import Family, Objection, Terms
from services.servicing.domain.transactions.entries import Entry, Extended, InterestPaused, RateChanged

_CHANGES = {RateChanged: "another rate", InterestPaused: "a pause of interest", Extended: "an extension"}


def refusal(terms: Terms, entry: Entry) -> Objection | None:
    """Why ``entry`` cannot be, ``None`` where it can.

    Rows of the cumulative family follow from the scheduled balance alone, so that a change from a day on has no place in them.
    """
    change = _CHANGES.get(type(entry))
    if change is None or terms.family is Family.PROGRESSIVE:
        return None
    return Objection("family", f"{change} needs the progressive family: rows of the cumulative one are made only once")

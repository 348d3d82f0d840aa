"""Faults planted on purpose: a simulation that does not find each of them proves nothing."""

from enum import StrEnum


class Planted(StrEnum):
    """One rule of the design, broken."""

    NOTHING = "nothing"
    FENCE_OFF = "fence-off"
    """A zombie's commit succeeds."""
    DEDUPE_OFF = "dedupe-off"
    """A repeated command is decided again."""
    EVENT_WITHOUT_OUTCOME = "event-without-outcome"
    """Events are committed apart from their outcome, which a crash in between loses."""
    EFFECT_SENT_TWICE = "effect-sent-twice"
    """An attempt of unknown outcome is made again instead of asked about."""
    POSITION_BEFORE_FENCE = "position-before-fence"
    """State and position are read before the predecessor is fenced."""
    BOOKS_WRONG = "books-wrong"
    """A loan's state counts a payment twice."""

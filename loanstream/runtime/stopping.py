"""Why a host must stop: what no second try mends."""


class MustStop(Exception):
    """The host does not trust what it stands on: somebody must mend the cause and start the process again; the text says what."""


class PositionLost(MustStop):
    """A position does not fit the log: a topic was remade or truncated, or outcomes were lost."""

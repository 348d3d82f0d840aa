"""One-time sign-in links 一次性登录链接: whoever starts the system on their own machine need not type a password."""

import secrets
import time
from collections.abc import Callable
from hashlib import sha256

LIFE_SECONDS = 900.0
"""How long a link can be used."""

_MOST = 100


class SignInLinks:
    """Codes that are worth one session each, for as long as the process lives and :data:`LIFE_SECONDS` at most."""

    def __init__(self, token_for: Callable[[str], str], monotonic: Callable[[], float] = time.monotonic) -> None:
        """``token_for`` signs a session's token for a user, e.g. ``LocalIssuer.issue``."""
        self._token_for = token_for
        self._monotonic = monotonic
        self._open: dict[bytes, tuple[str, float]] = {}

    def path(self, user: str) -> str:
        """Path and query of a new link that signs ``user`` in, to be printed on the machine's own terminal."""
        if len(self._open) >= _MOST:
            self._open.clear()
        code = secrets.token_urlsafe(12)
        self._open[_kept(code)] = (user, self._monotonic() + LIFE_SECONDS)
        return f"/sign-in?code={code}"

    def redeem(self, code: str) -> str | None:
        """The session's token, once; ``None`` for a code that is unknown, used or too old."""
        user, until = self._open.pop(_kept(code), ("", 0.0))
        return self._token_for(user) if user and self._monotonic() < until else None


def _kept(code: str) -> bytes:
    # the digest alone is compared, so that the time of a look-up tells nothing about a code
    return sha256(code.encode()).digest()

"""Who calls, and whether they may: principals from tokens or console cookies, permissions as dependencies, default deny."""

import hmac
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from fastapi import Request
from fastapi.dependencies.models import Dependant
from starlette.requests import HTTPConnection

from loanstream.runtime.http.problems import Problem
from loanstream.runtime.http.tokens import InvalidToken, KeysUnavailable, TokenVerifier
from loanstream.runtime.kit import Principal
from loanstream.runtime.roles import Roles, roles

SESSION_COOKIE = "loanstream_session"
ANY_PARTY = "*"
SCRAPER = "scraper"
"""Subject of whoever shows the token of the metrics."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_CUSTOM_HEADERS = ("idempotency-key", "x-requested-with")
"""Headers that a form of another site cannot send: one of them must stand beside the cookie when something changes."""

_CACHED_TOKENS = 4096
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="loanstream"'}
_PERMISSION = "loanstream_permission"


class Authenticator:
    """Turns the token of a request into a principal. Verified tokens are remembered until they expire."""

    def __init__(
        self,
        verifier: TokenVerifier,
        now: Callable[[], float],
        roles_claim: str = "roles",
        known_roles: Roles | None = None,
    ) -> None:
        """``now`` is the time in seconds since 1970."""
        self._verifier = verifier
        self._now = now
        self._roles_claim = roles_claim
        self._roles = known_roles or roles()
        self._verified: dict[str, tuple[float, Principal]] = {}

    async def principal(self, request: HTTPConnection) -> Principal:
        """Who calls. Raises :class:`Problem` 401 ``unauthenticated``, 403 ``cross-site``, 503 ``issuer-unavailable``."""
        return await self.principal_of(_token(request))

    async def principal_of(self, token: str) -> Principal:
        """The principal that a token proves. Raises as :meth:`principal`."""
        now = self._now()
        known = self._verified.get(token)
        if known is not None and now < known[0]:
            return known[1]
        try:
            claims = await self._verifier.claims(token)
        except InvalidToken as error:
            raise Problem(401, "unauthenticated", str(error), _CHALLENGE) from None
        except KeysUnavailable as error:
            raise Problem(503, "issuer-unavailable", f"{error}; try again soon", {"Retry-After": "10"}) from None
        principal = self._from_claims(claims)
        if len(self._verified) >= _CACHED_TOKENS:
            self._verified.clear()
        self._verified[token] = (float(claims["exp"]), principal)
        return principal

    def _from_claims(self, claims: Mapping[str, Any]) -> Principal:
        held = _role_names(claims, self._roles_claim)
        party = claims.get("party", "")
        return Principal(
            # the prefix keeps a token from speaking as `system` or `service:<name>`
            subject=f"user:{claims['sub']}",
            roles=held,
            permissions=self._roles.permissions_of(held),
            party=party if isinstance(party, str) else "",
            scoped=self._roles.is_scoped(held),
        )


@dataclass(frozen=True, slots=True)
class RoutePermission:
    """What a route asks of its caller: a permission, nothing but a valid token (``""``), or nothing (``None``)."""

    permission: str | None


def require(authenticator: Authenticator, permission: str, *others: str) -> Callable[..., Principal]:
    """A dependency: the caller's principal, who has ``permission`` or one of the ``others``; 401 or 403 else.

    Raises ``ValueError`` at once for a permission that ``roles.json`` does not have.
    """
    enough = frozenset((permission, *others))
    for unknown in enough - roles().permissions.keys():
        raise ValueError(f"permission {unknown!r} is not in roles.json: add it there with its meaning")

    async def permitted(request: Request) -> Principal:
        return await _with_permission(authenticator, request, permission, enough)

    return _marked(permitted, RoutePermission(permission))


def require_or_token(authenticator: Authenticator, permission: str, token: str) -> Callable[..., Principal]:
    """A dependency for a machine that cannot sign in: its own ``token``, where there is one, does as well as ``permission``."""

    async def permitted(request: Request) -> Principal:
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        if token and scheme.lower() == "bearer" and hmac.compare_digest(shown.strip().encode(), token.encode()):
            return Principal(SCRAPER, frozenset(), frozenset((permission,)))
        return await _with_permission(authenticator, request, permission, frozenset((permission,)))

    return _marked(permitted, RoutePermission(permission))


async def _with_permission(
    authenticator: Authenticator, request: Request, permission: str, enough: frozenset[str]
) -> Principal:
    principal = await authenticator.principal(request)
    if enough.isdisjoint(principal.permissions):
        raise Problem(403, "forbidden", f"{principal.subject} needs the permission {permission}", permission=permission)
    return principal


def authenticated(authenticator: Authenticator) -> Callable[..., Principal]:
    """A dependency: the caller's principal, whatever it may do."""

    async def anybody(request: Request) -> Principal:
        return await authenticator.principal(request)

    return _marked(anybody, RoutePermission(""))


async def public() -> None:
    """A dependency that says: this route is open to everybody on purpose."""


setattr(public, _PERMISSION, RoutePermission(None))


def owns(principal: Principal, party_ref: str) -> bool:
    """Whether the principal may see and act on things of this party: staff may, a borrower only on their own."""
    if not principal.scoped:
        return True
    return bool(principal.party) and principal.party in (ANY_PARTY, party_ref)


def permission_of(dependant: Dependant) -> RoutePermission | None:
    """What a route asks, ``None`` when it says nothing: such a route is refused when the application is built."""
    for dependency in _walked(dependant):
        found = getattr(dependency.call, _PERMISSION, None)
        if isinstance(found, RoutePermission):
            return found
    return None


def _walked(dependant: Dependant) -> Iterator[Dependant]:
    for dependency in dependant.dependencies:
        yield dependency
        yield from _walked(dependency)


def _marked(dependency: Callable[[Request], Awaitable[Principal]], asked: RoutePermission) -> Callable[..., Principal]:
    setattr(dependency, _PERMISSION, asked)
    # FastAPI awaits it; the port's type says what the route is given
    return cast(Callable[..., Principal], dependency)


def bearer_token(request: HTTPConnection) -> str:
    """The token of the Authorization header. Raises :class:`Problem` 401 when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem(401, "unauthenticated", "send `Authorization: Bearer <token>`", _CHALLENGE)
    return token.strip()


def _token(request: HTTPConnection) -> str:
    """The token of the header, else of the console's cookie."""
    if "authorization" in request.headers:
        return bearer_token(request)
    cookie = request.cookies.get(SESSION_COOKIE)
    if not cookie:
        raise Problem(
            401,
            "unauthenticated",
            "no token: sign in at /api/auth/token and send `Authorization: Bearer <token>`",
            _CHALLENGE,
        )
    if request.scope["method"] not in _SAFE_METHODS and not any(name in request.headers for name in _CUSTOM_HEADERS):
        raise Problem(
            403, "cross-site", "a change in a console session needs the header Idempotency-Key or X-Requested-With"
        )
    return cookie


def _role_names(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    """Role names at a dotted path of the claims; anything else than a list of texts gives none."""
    found: Any = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str) or not isinstance(found, Sequence):
        return frozenset()
    return frozenset(role for role in found if isinstance(role, str))

"""Templates to pages: what every page is given, and what a request for a page may go wrong with."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import httpx
import structlog
from fastapi import Request
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.datastructures import URL
from starlette.responses import HTMLResponse, RedirectResponse, Response

from loanstream.console import assets, event_lines, figures
from loanstream.console.api import Api, ApiProblem, Person, SignedOut
from loanstream.console.words import COOKIE, LANGUAGES, PARAMETER, Words, asked_language
from schemas.topics import CONTEXTS

SIGN_IN = "/sign-in"

_YEAR = 365 * 24 * 3600
_FRAGMENT = "hx-request"
NO_PAGE = "no-such-page"
"""Code of the problem that an address leads to no page."""

_KINDS = {NO_PAGE: "no-page", "404": "not-found", "403": "forbidden"}
"""What a page about a problem says, by the problem's code, else its status."""

_log = structlog.get_logger("loanstream.console")


def environment() -> Environment:
    """The templates, with the figures' spellings as filters. Whatever is put into a page is escaped."""
    made = Environment(
        loader=PackageLoader("loanstream.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "amount": figures.amount,
        "money": figures.with_currency,
        "grouped": figures.grouped,
        "percent": figures.percent,
        "total": figures.total,
        "seconds": figures.seconds,
        "brief": figures.brief,
    }
    made.tests["nothing"] = figures.is_zero
    made.globals |= {
        "asset": assets.address,
        "contexts": CONTEXTS,
        "content_of": event_lines.content,
        "cause_of": event_lines.about,
        "loan_of": event_lines.loan_of,
    }
    return made


_ENVIRONMENT = environment()


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page: who asks, in which language, and the way to the services in their name."""

    request: Request
    words: Words
    zone: ZoneInfo
    api: Api
    person: Person

    def page(self, template: str, **values: Any) -> Response:
        """A page or fragment with these values."""
        return html_answer(self.html(template, **values))

    def html(self, template: str, **values: Any) -> str:
        """The text of a page or fragment."""
        return render(template, self.request, self.words, self.zone, person=self.person, **values)


def html_answer(text: str, status: int = 200) -> Response:
    """A page that no cache keeps. Half characters, which JSON can hold and UTF-8 cannot, are replaced."""
    return HTMLResponse(text.encode("utf-8", "replace"), status, {"Cache-Control": "no-store"})


def render(template: str, request: Request, words: Words, zone: ZoneInfo, **values: Any) -> str:
    """A template with what every page needs."""
    return _ENVIRONMENT.get_template(template).render(
        t=words,
        label=words.label,
        facts_of=lambda event: event_lines.facts(event, words),
        moment=lambda instant: figures.moment(instant, zone),
        languages=[(language, in_language(request.url, language)) for language in LANGUAGES],
        here=_here(request.url),
        **{"person": None, **values},
    )


def in_language(url: URL, language: str) -> str:
    """The address of the same page in a language."""
    return _here(url.include_query_params(**{PARAMETER: language}))


def safe_next(path: str | None) -> str:
    """Where to go after signing in: a path of ours, the first page for anything else."""
    if not path or not path.startswith("/") or path[1:2] in ("/", "\\") or not path.isprintable():
        return "/"
    return path if urlsplit(path).path not in (SIGN_IN, "") else "/"


class PageRoute(APIRoute):
    """Answers a page's errors with pages: to the sign-in page without a session, a readable page for a problem."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with its errors caught."""
        handler = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                answer = await handler(request)
            except SignedOut:
                answer = _to_sign_in(request)
            except ApiProblem as problem:
                answer = _trouble(request, problem.status, problem.code, problem.detail)
            except httpx.HTTPError as error:
                _log.warning("the API did not answer", path=request.url.path, error=repr(error))
                answer = _trouble(request, 503, "unavailable", "")
            return remember_language(request, answer)

        return guarded


def remember_language(request: Request, answer: Response) -> Response:
    """Keep a language that the address named for the pages to come."""
    if request.query_params.get(PARAMETER) in LANGUAGES:
        answer.set_cookie(COOKIE, asked_language(request), max_age=_YEAR, path="/", samesite="lax", httponly=True)
    return answer


def _to_sign_in(request: Request) -> Response:
    """To the sign-in page; a fragment's page goes there as a whole."""
    if _FRAGMENT in request.headers:
        page = safe_next(urlsplit(request.headers.get("hx-current-url", "")).path)
        return Response(status_code=401, headers={"HX-Redirect": _sign_in_address(page)})
    return RedirectResponse(_sign_in_address(_here(request.url)), 303)


def _sign_in_address(page: str) -> str:
    target = safe_next(page)
    return SIGN_IN if target == "/" else f"{SIGN_IN}?{urlencode({'next': target})}"


def _trouble(request: Request, status: int, code: str, detail: str) -> Response:
    words = Words(asked_language(request))
    if _FRAGMENT in request.headers:
        # htmx leaves the page as it is; the script says that it is no longer fresh
        return Response(status_code=status)
    kind = _KINDS.get(code) or _KINDS.get(str(status), "unavailable")
    person: Person | None = getattr(request.state, "person", None)
    values: Mapping[str, Any] = {"kind": kind, "code": code, "detail": detail, "person": person}
    text = render("trouble.html", request, words, ZoneInfo("UTC"), **values)
    return html_answer(text, status)


def _here(url: URL) -> str:
    return url.path + (f"?{url.query}" if url.query else "")

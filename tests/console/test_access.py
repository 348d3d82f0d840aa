"""Who gets in, and what they are told when something is not for them or not there."""

from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanstream.console.rendering import safe_next
from loanstream.console.sign_in_links import LIFE_SECONDS, SignInLinks
from loanstream.runtime.http.security import SESSION_COOKIE
from loanstream.runtime.settings import Settings
from tests.console import samples
from tests.console.fake import FakeSystem

PROTECTED = (
    "/",
    "/loans",
    f"/loans/{samples.LOAN}",
    "/applications",
    "/worklists",
    "/events",
    "/operations",
    "/search?q=x",
)


@pytest.mark.parametrize("path", PROTECTED)
async def test_a_page_without_a_session_leads_to_the_sign_in_page(system: FakeSystem, path: str) -> None:
    async with system.client() as browser:
        answer = await browser.get(path)
    assert answer.status_code == 303
    there = httpx.URL(answer.headers["location"])
    assert there.path == "/sign-in"
    assert there.params.get("next", "/") == path


async def test_a_forged_session_is_none(system: FakeSystem) -> None:
    async with system.client() as browser:
        browser.cookies.set(SESSION_COOKIE, "forged")
        assert (await browser.get("/")).headers["location"] == "/sign-in"


async def test_a_fragment_without_a_session_takes_its_page_to_the_sign_in_page(system: FakeSystem) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/operations?x=1"}
    async with system.client() as browser:
        answer = await browser.get("/fragments/operations", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/sign-in?next=%2Foperations"


async def test_a_program_may_read_pages_with_its_token(system: FakeSystem) -> None:
    async with system.client() as program:
        headers = {"Authorization": f"Bearer {system.issuer.issue('auditor')}"}
        assert (await program.get("/operations", headers=headers)).status_code == 200


async def test_what_is_not_there_is_said_so_on_a_page(system: FakeSystem) -> None:
    async with system.client("operations-officer", "zh") as browser:
        for path in ("/applications/none", "/loans/none"):
            answer = await browser.get(path)
            assert answer.status_code == 404
            assert "没有找到" in answer.text


async def test_the_id_of_something_that_is_not_there_is_text_too(system: FakeSystem) -> None:
    async with system.client("releaser-1") as browser:
        answer = await browser.get(f"/loans/{samples.HOSTILE.replace('/', '')}")
    assert answer.status_code == 404
    assert "Not found" in answer.text
    assert "<script>alert" not in answer.text


async def test_a_page_that_is_not_for_this_person_says_so(system: FakeSystem) -> None:
    async with system.client("releaser-1") as browser:
        answer = await browser.get("/events")
    assert answer.status_code == 403
    assert "platform:read-events" in answer.text
    assert 'href="/worklists"' in answer.text
    assert "Sign out" in answer.text


async def test_an_address_that_leads_nowhere_is_a_page_for_browsers_only(system: FakeSystem) -> None:
    html = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    async with system.client("auditor") as browser:
        page = await browser.get("/nonsense/deep", headers=html)
        program = await browser.get("/nonsense")
        of_the_api = await browser.get("/api/nonsense", headers=html)
        posted = await browser.post("/loans", headers=html | {"X-Requested-With": "test"})
    assert (page.status_code, "No such page" in page.text, "Sign out" in page.text) == (404, True, True)
    assert program.json()["code"] == of_the_api.json()["code"] == "no-such-route"
    assert posted.status_code == 405
    async with system.client() as stranger:
        assert (await stranger.get("/nonsense", headers=html)).status_code == 303


async def test_services_that_do_not_answer_give_a_readable_page(system: FakeSystem) -> None:
    system.broken = True
    async with system.client("auditor") as browser:
        page = await browser.get("/loans")
        fragment = await browser.get("/fragments/portfolio", headers={"HX-Request": "true"})
    assert page.status_code == 503
    assert "The data cannot be had right now" in page.text
    assert (fragment.status_code, fragment.content) == (503, b"")


async def test_an_api_that_cannot_be_reached_gives_a_readable_page(console_data_dir: Path) -> None:
    system = FakeSystem(console_data_dir, client=httpx.AsyncClient(base_url="http://127.0.0.1:1"))
    async with system.client("auditor") as browser:
        answer = await browser.get("/")
    assert answer.status_code == 503
    assert "A part of the system does not answer" in answer.text


async def test_a_chosen_language_is_kept(system: FakeSystem) -> None:
    async with system.client("auditor", "en") as browser:
        assert "资产总览" in (await browser.get("/?lang=zh")).text
        page = (await browser.get("/loans?status=overdue")).text
    assert "贷款" in page
    assert 'href="/loans?status=overdue&amp;lang=en"' in page


# -- signing in --------------------------------------------------------------------------------------------------------


async def test_the_form_signs_in_through_the_api(system: FakeSystem) -> None:
    password = (system.settings.data_dir / "initial-password").read_text().strip()
    async with system.client() as browser:
        page = (await browser.get("/sign-in?next=/loans")).text
        assert 'hx-post="/api/auth/session"' in page
        assert 'data-then="/loans"' in page
        answer = await browser.post("/api/auth/session", json={"user": "auditor", "password": password})
        assert answer.status_code == 204
        assert (await browser.get("/loans")).status_code == 200
        # the console's button: a cookie alone changes nothing, its header does
        assert (await browser.delete("/api/auth/session")).status_code == 204
        assert (await browser.get("/loans")).status_code == 303


async def test_a_password_that_was_given_is_not_looked_for_in_a_file(console_data_dir: Path) -> None:
    given = Settings(data_dir=console_data_dir, initial_password="correct horse battery")
    async with FakeSystem(console_data_dir, given).client() as browser:
        assert "initial-password" not in (await browser.get("/sign-in")).text


async def test_the_users_are_named_on_loopback_only(console_data_dir: Path) -> None:
    elsewhere = Settings(data_dir=console_data_dir, host="0.0.0.0", auth="local")
    async with FakeSystem(console_data_dir).client() as near, FakeSystem(console_data_dir, elsewhere).client() as far:
        assert "initial-password" in (await near.get("/sign-in")).text
        page = (await far.get("/sign-in")).text
    assert "initial-password" not in page
    assert "operations-officer" not in page


async def test_an_identity_providers_token_is_asked_for_where_there_is_one(console_data_dir: Path) -> None:
    settings = Settings(data_dir=console_data_dir, auth="oidc", oidc_issuer="https://identity.example")
    async with FakeSystem(console_data_dir, settings).client() as browser:
        page = (await browser.get("/sign-in")).text
    assert 'hx-put="/api/auth/session"' in page
    assert 'name="password"' not in page


async def test_a_sign_in_link_works_once(system: FakeSystem) -> None:
    link = system.links.path("auditor")
    async with system.client() as browser:
        answer = await browser.get(link)
        assert answer.status_code == 200
        assert 'http-equiv="refresh" content="0;url=/"' in answer.text
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "auditor" in (await browser.get("/")).text
    async with system.client() as another:
        answer = await another.get(link)
        assert "set-cookie" not in answer.headers
        assert "used already or is too old" in answer.text


async def test_a_sign_in_link_grows_too_old(system: FakeSystem) -> None:
    link = system.links.path("auditor")
    system.now = LIFE_SECONDS
    async with system.client() as browser:
        assert "set-cookie" not in (await browser.get(link)).headers


async def test_a_sign_in_link_is_refused_from_another_machine(system: FakeSystem) -> None:
    link = system.links.path("auditor")
    async with system.client(host="192.0.2.1") as stranger:
        assert "set-cookie" not in (await stranger.get(link)).headers
    async with system.client() as browser:
        assert "set-cookie" in (await browser.get(link)).headers


async def test_sign_in_links_work_on_loopback_only(console_data_dir: Path) -> None:
    system = FakeSystem(console_data_dir, Settings(data_dir=console_data_dir, host="0.0.0.0", auth="local"))
    async with system.client() as browser:
        assert "set-cookie" not in (await browser.get(system.links.path("auditor"))).headers


def test_unknown_codes_sign_nobody_in_and_many_links_do_not_pile_up() -> None:
    links = SignInLinks(lambda user: user, lambda: 0.0)
    paths = [links.path("auditor") for _ in range(150)]
    assert len(set(paths)) == 150
    assert links.redeem("") is None
    assert links.redeem("guess") is None
    assert links.redeem(paths[-1].partition("=")[2]) == "auditor"
    assert len(links._open) <= 100


@given(st.text())
def test_signing_in_leads_to_a_page_of_ours_whatever_the_address_says(asked: str) -> None:
    there = urlsplit(safe_next(asked))
    assert (there.scheme, there.netloc) == ("", "")
    assert there.path.startswith("/")


@pytest.mark.parametrize(
    "asked", ["//evil.example", "/\\evil.example", "https://evil.example", "", None, "/sign-in", "/a\nb"]
)
def test_addresses_that_lead_elsewhere_lead_home(asked: str | None) -> None:
    assert safe_next(asked) == "/"

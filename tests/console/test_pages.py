"""Every page, in both languages, with what it must say and nothing that it must not."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.console import samples
from tests.console.fake import FakeSystem

LOAN = f"/loans/{samples.LOAN}"
TIMELINE = f"{LOAN}/timeline"
APPLICATION = f"/applications/{samples.APPLICATION}"

PAGES = {
    "/": {"en": ["Portfolio", "balanced", "not balanced", "1,034"], "zh": ["资产总览", "不平", "已日终", "1,034"]},
    "/fragments/portfolio": {"en": ["128,621.00", "running 4/6"], "zh": ["累计放款", "处理中 4/6"]},
    "/loans": {"en": [samples.CONTRACT_NO, "overdue"], "zh": [samples.CONTRACT_NO, "逾期"]},
    "/loans?contract_no=nobody": {"en": ["No loan fits"], "zh": ["没有符合条件的贷款"]},
    "/due-list": {"en": ["144.00", "north", "due-lists.csv?month=2026-10"], "zh": ["到期台账", "未还", "导出CSV"]},
    "/due-list?month=2026-12": {"en": ["Nothing falls due"], "zh": ["没有到期"]},
    "/due-list?month=December": {"en": ["written YYYY-MM"], "zh": ["请写成"]},
    LOAN: {"en": ["1,633.32", "122 days past due", "M5", "late"], "zh": ["逾期 122 天", "还款计划", "时间线"]},
    TIMELINE: {"en": ["Payment received", "PaymentReceived"], "zh": ["还款入账", "LoanBooked"]},
    "/applications": {"en": ["in review"], "zh": ["人工审批"]},
    APPLICATION: {"en": ["39.0562", "blacklist/1"], "zh": ["违约概率", "blacklist/1"]},
    f"/applications/{samples.REFERRED}": {"en": ["at most 14,400.00"], "zh": ["最高可批 14,400.00"]},
    f"{APPLICATION}/timeline": {"en": ["Risk assessed"], "zh": ["风险评估"]},
    "/worklists": {"en": ["Payouts to release", "second release"], "zh": ["待复核的放款", "待第二人放行"]},
    "/fragments/worklists": {"en": ["Applications to decide"], "zh": ["待人工审批的申请"]},
    "/events": {"en": ["Event type"], "zh": ["事件类型"]},
    "/fragments/events?service=servicing": {"en": ["Loan booked"], "zh": ["贷款入账"]},
    "/operations": {"en": ["12,345", "1 min 15 s", "stopped", "mended"], "zh": ["滞后", "已停止", "已修复", "死信"]},
    "/fragments/operations": {"en": ["61,742 events wait"], "zh": ["待处理 61,742 条"]},
    "/sign-in": {"en": ["Password"], "zh": ["密码"]},
}
USERS = ("auditor", "credit-officer", "releaser-1", "operations-officer", "operator")

_VOID = {"meta", "link", "input", "img", "br"}
_ALIKE = re.compile(r">\s*(column|fact|portfolio|loan|tile|books|days|stream|lag|letters|envelope)\.[a-z-]+\s*<")


class Checked(HTMLParser):
    """Reads a page as a browser would and notes what a browser would run."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.scripts: list[dict[str, str | None]] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named: dict[str, Any] = dict(attrs)
        self.handlers += [name for name in named if name.startswith("on")]
        if tag == "script":
            self.scripts.append(named)
        if "id" in named:
            self.ids.append(named["id"])
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"


def checked(text: str) -> Checked:
    """The page's structure; fails when its elements are not nested well."""
    page = Checked()
    page.feed(text)
    assert page.open == []
    return page


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", PAGES)
async def test_a_page_says_what_it_must(system: FakeSystem, path: str, language: str) -> None:
    async with system.client("auditor" if path != "/sign-in" else "", language) as browser:
        answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    for text in PAGES[path][language]:
        assert text in answer.text.replace("\u00a0", " ")
    assert not _ALIKE.search(answer.text), "a key stands where a word should"
    if answer.text.startswith("<!doctype"):
        assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in answer.text


@pytest.mark.parametrize("user", USERS)
async def test_every_page_is_safe_and_well_formed_whoever_looks(system: FakeSystem, user: str) -> None:
    async with system.client(user) as browser:
        for path in PAGES:
            answer = await browser.get(path)
            assert answer.status_code in (200, 403)
            assert "<script>alert" not in answer.text
            assert "<img src=x" not in answer.text
            page = checked(answer.text)
            assert page.handlers == []
            assert all((script["src"] or "").startswith("/static/") for script in page.scripts)
            assert len(page.ids) == len(set(page.ids))
            # the guard's policy: no script but our own files
            assert answer.headers["content-security-policy"].startswith("default-src 'self'; style-src")


async def test_hostile_text_is_shown_as_text(system: FakeSystem) -> None:
    async with system.client("auditor") as browser:
        answer = await browser.get(TIMELINE)
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in answer.text


async def test_half_a_character_breaks_no_page(system: FakeSystem) -> None:
    system.answers[f"/api/servicing/loans/{samples.LOAN}"] = samples.LOAN_VIEW | {"contract_no": "LS\ud83d"}
    async with system.client("auditor") as browser:
        answer = await browser.get(LOAN)
    assert (answer.status_code, "LS?" in answer.text) == (200, True)


async def test_a_page_without_rights_says_which_are_missing(system: FakeSystem) -> None:
    async with system.client("releaser-1") as browser:
        operations = (await browser.get("/operations")).text
        loan = (await browser.get(LOAN)).text
        portfolio = (await browser.get("/")).text
    assert "platform:read-lag" in operations
    assert "platform:read-dead-letters" in operations
    assert "platform:read-events" in loan
    assert "servicing:start-business-day" in portfolio
    assert '<form class="inline"' not in portfolio


async def test_the_next_business_day_is_offered_to_who_may_open_it(system: FakeSystem) -> None:
    async with system.client("operations-officer") as browser:
        page = (await browser.get("/")).text
    assert 'hx-post="/api/servicing/business-days"' in page
    assert 'name="business_date" required value="2026-10-06" min="2026-10-06"' in page


async def test_worklists_offer_what_the_person_may_do_and_no_more(system: FakeSystem) -> None:
    decision = f'hx-post="/api/origination/applications/{samples.REFERRED}/decision"'
    release = f'hx-post="/api/origination/drawdowns/{samples.DRAWDOWN}/releases"'
    for user, offered in (
        ("credit-officer", (True, False)),
        ("releaser-2", (False, True)),
        ("auditor", (False, False)),
    ):
        async with system.client(user) as browser:
            page = (await browser.get("/worklists")).text
        assert (decision in page, release in page) == offered


@pytest.mark.parametrize(
    ("drawdown", "said"),
    [
        ({"releasers": ["user:releaser-1"]}, "You released it; somebody else must too."),
        ({"releasers": [], "approver": "user:releaser-1"}, "You approved the loan; others release it."),
    ],
)
async def test_who_may_not_release_a_payout_is_told_why_instead(
    system: FakeSystem, drawdown: dict[str, Any], said: str
) -> None:
    rows = {"drawdowns": [samples.DRAWDOWN_VIEW | drawdown], "next": None}
    system.answers["/api/origination/drawdowns"] = rows
    async with system.client("releaser-1") as browser:
        page = (await browser.get("/worklists")).text
    assert said in page
    assert "/releases" not in page


async def test_paying_out_and_opening_a_day_are_asked_for_confirmation(system: FakeSystem) -> None:
    async with system.client("releaser-2", "zh") as browser:
        release = (await browser.get("/worklists")).text.replace("\u00a0", " ")
    async with system.client("operations-officer") as browser:
        day = (await browser.get("/")).text
    assert f'hx-confirm="确定放行合同 {samples.CONTRACT_NO} 的放款 2,100.00 CNY 吗？' in release
    assert 'hx-confirm="Open every business day up to and including {business_date}?' in day


async def test_figures_that_a_person_may_not_know_are_no_zeros(system: FakeSystem) -> None:
    async with system.client("product-maker") as browser:
        no_loans = (await browser.get("/")).text
    async with system.client("operator") as browser:
        no_applications = (await browser.get("/")).text
        worklists = await browser.get("/worklists")
    assert no_loans.count("<em>needs servicing:read</em>") == 4
    assert no_loans.count("This needs the permission servicing:read.") == 3
    assert "No business day was opened yet" not in no_loans
    assert no_applications.count("<em>needs origination:read</em>") == 2
    assert "This needs the permission origination:read." in no_applications
    assert (worklists.status_code, "origination:read" in worklists.text) == (403, True)


async def test_a_decision_on_its_own_page_shows_what_came_of_it(system: FakeSystem) -> None:
    async with system.client("credit-officer") as browser:
        alone = (await browser.get(f"/applications/{samples.REFERRED}")).text
        among_others = (await browser.get("/worklists")).text
    assert alone.count("data-reload") == 2
    assert "data-reload" not in among_others


async def test_a_loan_that_is_not_booked_yet_shows_how_far_it_is(system: FakeSystem) -> None:
    del system.answers[f"/api/servicing/loans/{samples.LOAN}"]
    async with system.client("auditor") as browser:
        page = (await browser.get(LOAN)).text
    assert "Loan not on the books yet" in page
    assert 'class="step step-current" aria-current="step"><span>Disbursed' in page
    assert "2,100.00" in page


async def test_a_refused_application_ends_the_way_of_its_loan(system: FakeSystem) -> None:
    del system.answers[f"/api/servicing/loans/{samples.LOAN}"]
    refused = samples.APPLICATION_VIEW | {"state": "refused", "changed_on": "2026-01-06"}
    system.answers["/api/origination/applications"] = {"applications": [refused], "next": None}
    system.answers["/api/origination/contracts"] = {"contracts": [], "next": None}
    system.answers["/api/origination/drawdowns"] = {"drawdowns": [], "next": None}
    async with system.client("auditor") as browser:
        page = (await browser.get(LOAN)).text
    assert "step-stopped" in page
    assert "<span>Refused</span><small>2026-01-06</small>" in page
    assert "Funded</span>" not in page


async def test_an_empty_system_says_how_to_fill_it(system: FakeSystem) -> None:
    system.answers["/api/servicing/portfolio"] = {"business_date": None, "portfolio": []}
    system.answers["/api/servicing/books"] = {"business_date": None, "books": [], "receipts": []}
    system.answers["/api/funding/custody"] = {"books": [], "balanced": True}
    system.answers["/api/origination/totals"] = {"applications": [], "drawdowns": []}
    async with system.client("auditor") as browser:
        page = (await browser.get("/")).text
    assert "make demo" in page
    assert "Nothing has happened yet" in page


async def test_the_search_finds_loans_contracts_and_applications(system: FakeSystem) -> None:
    expected = {
        samples.LOAN: LOAN,
        samples.CONTRACT_NO: LOAN,
        f"  {samples.LOAN} ": LOAN,
        samples.REFERRED: f"/applications/{samples.REFERRED}",
        str(samples.REFERRED_VIEW["loan_id"]): f"/loans/{samples.REFERRED_VIEW['loan_id']}",
        "": "/loans",
        "no/such&thing": "/loans?contract_no=no%2Fsuch%26thing",
    }
    async with system.client("auditor") as browser:
        for asked, place in expected.items():
            answer = await browser.get("/search", params={"q": asked})
            assert (answer.status_code, answer.headers["location"]) == (303, place)


async def test_filters_reach_the_api_and_strange_ones_do_not(system: FakeSystem) -> None:
    async with system.client("auditor") as browser:
        await browser.get("/loans", params={"status": "overdue", "bucket": "M5", "after": "x"})
        await browser.get("/loans", params={"status": "'; DROP TABLE", "bucket": "M99"})
        await browser.get("/applications", params={"state": "nonsense"})
    assert "/api/servicing/loans?status=overdue&bucket=M5&after=x&limit=50" in system.asked
    assert "/api/servicing/loans?limit=50" in system.asked
    assert "/api/origination/applications?limit=50" in system.asked


async def test_one_service_of_a_timeline_is_asked_alone(system: FakeSystem) -> None:
    async with system.client("auditor") as browser:
        page = (await browser.get(TIMELINE, params={"context": "risk"})).text
    assert "RiskAssessed" in page
    assert "PaymentReceived" not in page
    assert {path for path in system.asked if "/events?" in path} == {
        f"/api/risk/events?loan_id={samples.LOAN}&limit=51",
        f"/api/risk/events?application_id={samples.APPLICATION}&limit=51",
    }


async def test_the_timeline_asks_for_the_loans_account_and_transfer_too(system: FakeSystem) -> None:
    async with system.client("auditor") as browser:
        await browser.get(TIMELINE, params={"context": "funding"})
    subjects = {path.partition("subject=")[2] for path in system.asked if "subject=" in path}
    assert subjects == {f"loan%3A{samples.LOAN}&limit=51", f"{samples.TRANSFER}&limit=51"}

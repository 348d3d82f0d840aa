"""Timelines: the events of several services in one order, a page at a time, each with a line that says what happened."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from loanstream.console import event_lines, timeline
from loanstream.console.timeline import PAGE, Source, newest_first
from loanstream.console.words import Words
from tests.console import samples
from tests.console.samples import cny, event

ENGLISH, CHINESE = Words("en"), Words("zh")


class Events:
    """An API with events by service."""

    def __init__(self, events: Mapping[str, list[dict[str, Any]]]) -> None:
        self._events = events

    async def find(self, path: str, **asked: Any) -> Mapping[str, Any] | None:
        """The newest ones, newest last."""
        events = self._events.get(path.split("/")[2])
        return None if events is None else {"events": events[-asked["limit"] :]}


def many(context: str, numbers: range) -> list[dict[str, Any]]:
    events = [event("InstallmentDue", context, n, {"number": n}) for n in numbers]
    return [e | {"time": f"2026-11-22T05:{e['sequence'] // 60:02d}:{e['sequence'] % 60:02d}.000000Z"} for e in events]


async def page(api: Any, passed: int, context: str = "") -> timeline.Timeline:
    sources = [Source("servicing", "loan_id", "L"), Source("notify", "loan_id", "L"), Source("risk", "loan_id", "L")]
    return await timeline.timeline(api, sources, context, passed)


async def test_pages_show_every_event_once_newest_first() -> None:
    api = Events({"servicing": many("servicing", range(0, 140, 2)), "notify": many("notify", range(1, 60, 2))})
    seen: list[int] = []
    passed: int | None = 0
    while passed is not None:
        shown = await page(api, passed)
        assert len(shown.events) <= PAGE
        seen += [e["sequence"] for e in shown.events]
        passed = shown.following
    assert seen == sorted([*range(0, 140, 2), *range(1, 60, 2)], reverse=True)


async def test_a_page_of_one_service_shows_no_other() -> None:
    api = Events({"servicing": many("servicing", range(5)), "notify": many("notify", range(5))})
    assert {e["context"] for e in (await page(api, 0, "notify")).events} == {"notify"}


async def test_events_that_the_api_no_longer_gives_are_announced() -> None:
    api = Events({"servicing": many("servicing", range(1100))})
    last = await page(api, timeline.MOST - PAGE)
    assert (last.following, last.cut) == (None, True)
    assert not (await page(api, 0)).cut


@given(st.permutations(list(range(8))))
def test_the_order_does_not_depend_on_who_answers_first(order: list[int]) -> None:
    events = [event("Funded", "funding", n // 2, {}) | {"id": str(n), "partitionseq": n} for n in range(8)]
    shuffled = [events[n] for n in order]
    assert newest_first([*shuffled, *shuffled[:3]]) == events[::-1]


def test_a_line_says_the_most_telling_things_first() -> None:
    paid = event(
        "PaymentReceived",
        "servicing",
        1,
        {
            "loan_id": "L",
            "amount": cny("1410.87"),
            "allocation": samples.components("116.67", "25.20"),
            "surplus": samples.ZERO,
            "outstanding_principal": samples.ZERO,
            "channel": "bank-transfer",
        },
    )
    assert event_lines.facts(paid, ENGLISH) == [
        ("amount", "1,410.87\u00a0CNY"),
        ("applied to", "principal 116.67\u00a0CNY + interest 25.20\u00a0CNY"),
        ("outstanding", "0.00\u00a0CNY"),
        ("channel", "bank transfer"),
    ]
    assert event_lines.facts(paid, CHINESE)[0] == ("金额", "1,410.87\u00a0CNY")


def test_approved_terms_and_reasons_are_said() -> None:
    terms = {"principal": cny("2100.00"), "annual_rate": "0.144", "months": 18}
    approved = event("LoanApproved", "origination", 1, {"terms": terms, "authority": "system"})
    assert event_lines.facts(approved, ENGLISH) == [
        ("principal", "2,100.00\u00a0CNY"),
        ("rate a year", "14.4\u00a0%"),
        ("months", "18"),
        ("decided by", "the rules"),
    ]
    refused = event("LoanRefused", "origination", 1, {"reasons": [{"code": "score"}, {"code": "limit"}]})
    assert event_lines.facts(refused, ENGLISH) == [("reasons", "score, limit")]


def test_a_message_points_to_the_event_that_it_is_about() -> None:
    sent = event("NotificationSent", "notify", 1, {"cause": "e-1", "category": "overdue", "loan_id": "L"})
    assert event_lines.about(sent) == "e-1"
    assert event_lines.facts(sent, ENGLISH) == [("category", "overdue")]
    assert event_lines.loan_of(sent) == "L"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=200),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["amount", "terms", "reasons", "x"]), inner)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["amount", "terms", "reasons", "cause", "loan_id", "annual_rate", "kind"]), JSON)
    | JSON
)
def test_no_content_of_an_event_breaks_its_line(data: Any) -> None:
    strange = event("SomethingNewer", "notify", 1, {}) | {"data": data}
    assert all(len(value) <= 121 for _, value in event_lines.facts(strange, ENGLISH))
    event_lines.about(strange)
    event_lines.loan_of(strange)
    assert event_lines.content(strange)

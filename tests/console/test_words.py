"""The catalogues: both languages say the same things, and everything that pages ask for is there."""

import re
from importlib.resources import files
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from loanstream.console.pages import applications, loans
from loanstream.console.words import LANGUAGES, Words, asked_language, catalogue
from loanstream.runtime.roles import roles
from schemas.contract import event_types
from schemas.terms import AssetClass, Bucket, RepaymentMethod
from schemas.topics import CONTEXTS, Role
from services.origination.domain.application.state import Status as ApplicationStatus
from services.origination.domain.drawdown.state import Status as DrawdownStatus

TEMPLATES = {entry.name: entry.read_text() for entry in files("loanstream.console").joinpath("templates").iterdir()}
_KEY = re.compile(r"\bt\('([a-z0-9._-]+)'\s*(~)?")
_LABEL = re.compile(r"\b(?:label|badge)\('([a-z-]+)'")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_keys() -> None:
    assert catalogue("zh").keys() == catalogue("en").keys()


def test_a_text_has_the_same_placeholders_in_both_languages() -> None:
    assert {key for key, text in catalogue("zh").items() if fields(text) != fields(catalogue("en")[key])} == set()


def test_no_text_is_empty_and_chinese_is_chinese() -> None:
    assert all(text.strip() for language in LANGUAGES for text in catalogue(language).values())
    plain = {key for key, text in catalogue("zh").items() if not re.search(r"[\u4e00-\u9fff]", text)}
    assert plain == {"language.tag", "language.en", "lag.of"}


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_key_of_a_template_is_in_the_catalogues(name: str) -> None:
    keys = catalogue("en").keys()
    for key, joined in _KEY.findall(TEMPLATES[name]):
        assert any(known.startswith(key) for known in keys) if joined else key in keys, f"{name}: {key}"
    for group in _LABEL.findall(TEMPLATES[name]):
        assert any(known.startswith(f"{group}.") for known in keys), f"{name}: {group}"


def test_every_text_is_used_by_a_template_or_belongs_to_a_group() -> None:
    code = "".join(
        entry.read_text() for entry in files("loanstream.console").joinpath("pages").iterdir() if entry.is_file()
    )
    used = "".join(TEMPLATES.values()) + code
    singles = {key for key in catalogue("en") if f"'{key}'" not in used and f'"{key}"' not in used}
    groups = {match[0] for match in _KEY.findall(used) if match[1]} | {f"{group}." for group in _LABEL.findall(used)}
    groups |= {"problem.", "field.", "value.", "loan-state.", "application-state.", "language."}
    assert {key for key in singles if not any(key.startswith(group) for group in groups)} == set()


@pytest.mark.parametrize(
    ("group", "values"),
    [
        ("event", [event.name for event in event_types() if event.context in CONTEXTS]),
        ("context", CONTEXTS),
        ("topic", list(Role)),
        ("bucket", list(Bucket)),
        ("value.asset_class", list(AssetClass)),
        ("method", list(RepaymentMethod)),
        ("user", roles().demo_users),
        ("loan-state", loans.STATUSES),
        ("application-state", list(ApplicationStatus)),
        ("drawdown-state", list(DrawdownStatus)),
    ],
)
def test_every_value_of_an_enumeration_has_a_word(group: str, values: list[str]) -> None:
    missing = {value for value in values if f"{group}.{value}" not in catalogue("en")}
    assert missing == set(), f"add {group}.<value> to both catalogues"


def test_the_pages_know_every_state_of_an_application() -> None:
    assert set(applications.STATES) == set(ApplicationStatus)


def test_an_unknown_value_is_shown_as_it_is_and_an_unknown_key_is_an_error() -> None:
    assert Words("zh").label("event", "SomethingNewer") == "SomethingNewer"
    with pytest.raises(KeyError):
        Words("zh")("no.such.key")


def request(accepted: str = "", cookie: str = "", query: str = "") -> Request:
    headers = [(b"accept-language", accepted.encode("latin-1", "ignore")), (b"cookie", cookie.encode())]
    return Request({"type": "http", "headers": headers, "query_string": query.encode()})


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("de,fr;q=0.9,zh-TW;q=0.2", "zh"),
        ("en;q=0.2, zh;q=0.7", "zh"),
        ("zh;q=0, en;q=0.1", "en"),
        ("de", "en"),
        ("zh;q=nonsense", "en"),
    ],
)
def test_the_browsers_languages_decide_at_first(accepted: str, language: str) -> None:
    assert asked_language(request(accepted)) == language


def test_the_address_comes_before_the_choice_and_the_choice_before_the_browser() -> None:
    assert asked_language(request("en", "loanstream_language=zh")) == "zh"
    assert asked_language(request("en", "loanstream_language=zh", "lang=en")) == "en"
    assert asked_language(request("zh", "loanstream_language=xx", "lang=yy")) == "zh"


@given(st.text())
def test_any_accept_language_gives_a_language(accepted: str) -> None:
    assert asked_language(request(accepted)) in LANGUAGES

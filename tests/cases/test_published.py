"""Every published example that we know, and what the runner says when a case is wrong or not understood."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.cases.published.runner import GROUPS, agrees, cases, differences, report
from tests.cases.published.words import Unreadable, first_amount, months, number

DATA = Path(__file__).parent / "data"
SHARED = Path(__file__).parents[3] / "shared" / "cases" / "published_examples.json"
COMMITTED = [case for path in sorted(DATA.glob("*_examples.json")) for case in cases(path)]
BY_ID = {case["id"]: case for case in COMMITTED}


@pytest.mark.parametrize("case", COMMITTED, ids=lambda case: case["id"])
def test_every_figure_is_as_published(case: dict[str, Any]) -> None:
    assert [str(difference) for difference in differences(case)] == []


def test_the_shared_examples_are_ours(capsys: pytest.CaptureFixture[str]) -> None:
    if not SHARED.exists():
        pytest.skip("no folder of shared cases beside the project")
    assert report([SHARED]) == 0, capsys.readouterr().out


def test_every_group_has_an_example() -> None:
    groups = {case["group"] for case in COMMITTED}
    assert groups >= set(GROUPS)


@pytest.mark.parametrize(
    "name", ["ec-mcd-02-1", "regz-c4ii", "uk-rebate-1c", "dc-actact-isda-4", "sg-ocbc-48", "xirr-unsorted"]
)
def test_a_figure_that_is_off_by_more_than_its_tolerance_is_a_difference(name: str) -> None:
    for figure in BY_ID[name]["expected"]:
        case = deepcopy(BY_ID[name])
        case["expected"] = {figure: str(number(case["expected"][figure]) * 2 + 1)}
        found = list(differences(case))
        assert [(one.case, one.figure) for one in found] == [(name, figure)]


def changed(name: str, **inputs: str) -> dict[str, Any]:
    case = deepcopy(BY_ID[name])
    case["inputs"].update(inputs)
    return case


@pytest.mark.parametrize(
    ("case", "quoted"),
    [
        (changed("ec-mcd-05", other="life annuity by moonlight"), "moonlight"),
        (changed("regz-c1i", payments="24 x 230.00 whenever from 1978-02-10"), "whenever"),
        (changed("dc-actact-isda-4", basis="Lunar/29"), "Lunar/29"),
        (changed("irr-basic", mood="good"), "inputs not understood: mood"),
        (changed("uk-rebate-1", instalments="some"), "not understood: 'some'"),
        (changed("in-prepay-a", option="whatever"), "option 'whatever'"),
    ],
)
def test_words_that_are_not_understood_are_quoted(case: dict[str, Any], quoted: str) -> None:
    (difference,) = differences(case)
    assert quoted in str(difference)


def test_a_figure_of_an_unknown_name_and_an_unknown_group_are_differences() -> None:
    case = deepcopy(BY_ID["irr-basic"])
    case["expected"]["karma"] = "1"
    assert [one.figure for one in differences(case)] == ["karma"]
    case["group"] = "astrology"
    assert [one.figure for one in differences(case)] == ["group"]


def test_the_report_counts_prints_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = deepcopy(BY_ID["irr-basic"])
    wrong["expected"]["irr"] = "0.3"
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"cases": [BY_ID["irr-basic"], wrong]}), encoding="utf-8")
    assert report([path]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("irr-basic: irr: expected 0.3, got 0.28")
    assert lines[-1] == "1 passed, 1 failed"


def test_rows_and_named_parts_are_compared_one_by_one() -> None:
    case = changed("npf-pmt")
    case["expected"] = {
        "rows": [{"period": 1, "interest": "1250.00", "principal": "604.02"}, {"period": 2, "interest": "1246.22"}],
        "interest": {"1": "1250.00", "2": "9.99"},
    }
    case["tolerance"] = "0.01"
    assert [(one.figure, one.expected) for one in differences(case)] == [("interest", "9.99")]


def test_a_file_without_cases_fails_with_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.json").write_text("{}", encoding="utf-8")
    assert report([tmp_path / "empty.json", tmp_path / "missing.json"]) == 1
    out = capsys.readouterr().out
    assert "empty.json: no cases can be read" in out
    assert "missing.json: no cases can be read" in out
    assert out.splitlines()[-1] == "0 passed, 2 failed"


def test_a_case_that_breaks_a_mapping_does_not_hide_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = {"id": "broken", "group": "irr", "expected": {"irr": "1"}}
    path = tmp_path / "cases.json"
    path.write_text(json.dumps([broken, BY_ID["irr-basic"]]), encoding="utf-8")
    assert report([path]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 1 failed"


@pytest.mark.parametrize(
    "case",
    [
        "no record",
        {"id": "empty"},
        {"id": "list", "group": "irr", "inputs": {"flows": ["-1", "2"]}, "expected": ["1"]},
        {"id": "words", "group": "irr", "inputs": "flows", "expected": {"irr": "1"}},
        {"id": "text", "group": "irr", "inputs": {"flows": ["-1", "2"]}, "expected": {"irr": "doubles"}},
        {
            "id": "loose",
            "group": "irr",
            "inputs": {"flows": ["-1", "2"]},
            "expected": {"irr": "1"},
            "tolerance": "about",
        },
        {"id": "null", "group": None, "inputs": {}, "expected": {"irr": "1"}},
        {
            "id": "huge",
            "group": "apr-uk",
            "inputs": {"advance": "1", "payment": "9e99", "days": "1"},
            "expected": {"apr": "1"},
        },
    ],
)
def test_a_case_that_is_no_case_fails_on_a_line_of_its_own(
    case: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cases.json"
    path.write_text(json.dumps([case, BY_ID["irr-basic"]]), encoding="utf-8")
    assert report([path]) == 1
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith(case["id"] if isinstance(case, dict) else "?")
    assert last == "1 passed, 1 failed"


@pytest.mark.parametrize("stated", [None, "exact", "0", {"*": "0"}, {"other": "1"}])
def test_no_tolerance_in_whatever_form_is_exact(stated: Any) -> None:
    case = changed("irr-basic")
    case["tolerance"] = stated
    case["expected"] = {"irr": "0.2809484"}
    assert list(differences(case)) == []
    case["expected"] = {"irr": "0.2809485"}
    assert [one.figure for one in differences(case)] == ["irr"]


def test_where_no_rate_exists_only_a_source_that_says_so_agrees() -> None:
    case = changed("irr-basic")
    case["inputs"]["flows"] = ["100", "20"]
    assert [one.case for one in differences(case)] == ["irr-basic"]
    case["expected"] = {"irr": None}
    assert list(differences(case)) == []


def test_without_a_tolerance_a_figure_is_exact_to_its_published_places() -> None:
    assert agrees(number("2.005"), "2.01", number("0"))
    assert not agrees(number("2.0049"), "2.01", number("0"))
    assert not agrees(number("2.02"), "2.01", number("0"))


def test_a_shorter_list_never_agrees_with_a_longer_one() -> None:
    assert not agrees([number("1")], ["1", "2"], number("1"))


def test_numbers_are_read_as_sources_write_them() -> None:
    assert number("7.5%/12") * 12 == number("0.075")
    assert first_amount("HK$1,234.50 (2%)") == number("1234.5")
    assert first_amount("2% of 600 paid") == number("600")
    assert first_amount("120万") == number("1200000")
    assert months("30 years") == 360
    with pytest.raises(Unreadable, match="'soon'"):
        number("soon")

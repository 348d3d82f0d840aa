"""What the audit makes of the tools' answers: found, explained, ended, and above all unknown.

``pip_nothing_known`` and ``npm_refused`` are recorded where no data could be reached; the others have the tools' formats, made up.
"""

import json
from datetime import date
from pathlib import Path

import pytest

from tools.audit import CANNOT_TELL, CLEAN, EXPLAINED, FOUND, Answer, explanations, npm_answer, python_answer, verdict

RECORDED = Path(__file__).parent / "audited"
TODAY = date(2026, 11, 22)


def recorded(name: str) -> str:
    return (RECORDED / f"{name}.json").read_text(encoding="utf-8")


def explained(finding: str, package: str, until: str) -> str:
    return json.dumps([{"id": finding, "package": package, "why": "no template of ours is sandboxed", "until": until}])


FINDING = python_answer("requirements.lock", recorded("pip_found"))
ALL_WELL = npm_answer("package-lock.json", recorded("npm_clean"))


def test_what_was_looked_up_without_a_finding_is_clean() -> None:
    code, lines = verdict([ALL_WELL], (), TODAY)
    assert code == CLEAN
    assert lines[0] == "package-lock.json: 4 packages looked up, 0 findings"


def test_a_finding_fails_and_is_named_with_what_fixes_it() -> None:
    code, lines = verdict([FINDING, ALL_WELL], (), TODAY)
    assert code == FOUND
    assert "FOUND requirements.lock: jinja2 PYSEC-2024-9001: fixed in 3.1.5" in lines


def test_a_finding_of_npm_is_told_once_of_the_package_that_has_it() -> None:
    answer = npm_answer("package-lock.json", recorded("npm_found"))
    assert [(each.package, each.ids) for each in answer.findings] == [("minimist", ("GHSA-xvch-5gv4-984h",))]
    assert "Prototype Pollution" in answer.findings[0].summary


@pytest.mark.parametrize("name", ["PYSEC-2024-9001", "CVE-2024-56326"])
def test_an_explained_finding_is_told_and_does_not_fail(name: str) -> None:
    code, lines = verdict([FINDING], explanations(explained(name, "jinja2", "2026-11-22")), TODAY)
    assert code == CLEAN
    assert any("no template of ours is sandboxed" in line for line in lines)


@pytest.mark.parametrize(
    ("name", "package", "until"),
    [
        ("CVE-2024-56326", "jinja2", "2026-11-21"),
        ("CVE-2024-56326", "attrs", "2027-01-01"),
        ("CVE-2024-1", "jinja2", "2027-01-01"),
    ],
    ids=["ended", "another package", "another finding"],
)
def test_an_explanation_that_does_not_fit_leaves_the_finding_open(name: str, package: str, until: str) -> None:
    code, lines = verdict([FINDING], explanations(explained(name, package, until)), TODAY)
    assert code == FOUND
    assert any(line.startswith("FOUND requirements.lock: jinja2") for line in lines)


def test_an_explanation_of_nothing_is_to_be_taken_out() -> None:
    code, lines = verdict([ALL_WELL], explanations(explained("CVE-2024-56326", "jinja2", "2027-01-01")), TODAY)
    assert code == CLEAN
    assert "explained in vain, take it out: jinja2 CVE-2024-56326" in lines


@pytest.mark.parametrize(
    "answer",
    [
        python_answer("a", recorded("pip_nothing_known")),
        python_answer("a", '{"dependencies": []}'),
        python_answer("a", "", "error: cannot reach the index"),
        python_answer("a", "No known vulnerabilities found"),
        npm_answer("a", recorded("npm_refused")),
        npm_answer("a", "", "npm: not found"),
        npm_answer("a", '{"vulnerabilities": {}, "metadata": {"dependencies": {"total": 0}}}'),
    ],
    ids=["none known", "none listed", "no answer", "not JSON", "npm refused", "no npm", "npm saw no package"],
)
def test_what_could_not_be_looked_up_is_never_clean(answer: Answer) -> None:
    code, lines = verdict([answer, ALL_WELL], (), TODAY)
    assert code == CANNOT_TELL
    assert any(line.startswith("CANNOT TELL a: ") for line in lines)
    assert not any("packages looked up" in line and line.startswith("a:") for line in lines)


def test_the_sentence_says_why_nothing_is_known() -> None:
    lines = verdict([npm_answer("a", recorded("npm_refused")), python_answer("b", "", "no route to host")], (), TODAY)[
        1
    ]
    assert "405 Method Not Allowed" in lines[0]
    assert "no route to host" in lines[1]


def test_a_finding_weighs_more_than_what_is_unknown() -> None:
    assert verdict([FINDING, python_answer("b", "")], (), TODAY)[0] == FOUND


def test_an_explanation_must_say_everything() -> None:
    with pytest.raises(ValueError, match="does not say why"):
        explanations(
            explained("CVE-2024-56326", "jinja2", "2027-01-01").replace("no template of ours is sandboxed", "")
        )


def test_the_explanations_that_are_committed_can_be_read() -> None:
    explanations(EXPLAINED.read_text(encoding="utf-8"))

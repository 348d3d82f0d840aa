"""``loanstream quote`` and ``loanstream simulate`` at the command line: every form of the answer, charts, exit codes."""

import csv
import json
import re
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from loanstream.cli import main
from loanstream.cli.chart import HEIGHT, WIDTH
from loanstream.cli.main import app
from tests.docs.pages import ROOT
from tests.docs.tables import QUOTED
from tests.golden.servicing.quotes import BASE, CASES, path

PAGE = (ROOT / "docs/reference/quotes.md").read_text(encoding="utf-8")
SAMPLE = ["--principal", "12000.00", "--rate", "7.2", "--months", "3", "--start", "2025-01-31"]


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main.errors, "_width", 250)


def call(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=given)


def answer(*arguments: str, given: str | None = None) -> str:
    result = call(*arguments, given=given)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(code: int, said: str, *arguments: str, given: str | None = None) -> None:
    result = call(*arguments, given=given)
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert said in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_options_and_the_same_terms_as_json_give_the_same_quote():
    document = BASE | {"principal": "12000.00", "instalments": 3}
    assert answer("quote", *SAMPLE) == answer("quote", given=json.dumps(document))


def test_the_page_shows_what_its_commands_print(tmp_path: Path):
    [command] = re.findall(r"^loanstream (quote --principal .*)$", PAGE, re.M)
    shown = re.findall(r"```text\n(.*?)```", PAGE, re.S)
    assert answer(*command.split()) == shown[0]
    assert [value for value in command.split() if value in QUOTED.values()] == list(QUOTED.values())
    [life] = re.findall(r"```json\n(.*?)```", PAGE, re.S)
    file = tmp_path / "life.json"
    file.write_text(life, encoding="utf-8")
    assert answer("simulate", str(file)) == answer("simulate", "-", given=life) == shown[1]


def test_the_refusals_of_the_page_are_those_of_the_program():
    lines = re.findall(r"```text\n(✗.*?)```", PAGE, re.S)[0].splitlines()
    for line, change in zip(lines, ({"principal": "1.001"}, {"grace": {"principal": 12}}), strict=True):
        assert call("quote", given=json.dumps(BASE | change)).stderr == f"{line}\n"


@pytest.mark.parametrize("name", CASES)
def test_a_golden_quote_is_what_the_command_prints(name):
    assert answer("quote", given=json.dumps(CASES[name])) == path(name).read_text(encoding="utf-8")


def test_json_states_every_figure_under_its_own_name_and_no_amount_as_a_number():
    found = json.loads(answer("quote", *SAMPLE, "--format", "json"), parse_float=pytest.fail)
    assert [figure["code"] for figure in found["figures"]] == ["periodic-irr", "nominal", "effective", "xirr", "aprc"]
    assert found["rows"][1]["total"] == "4048.10"
    assert found["totals"]["principal"] == "12000.00"
    assert found["caps"] == {"tested": False, "why_not": "lender_type and signed are not given"}
    assert "apr" not in found


def test_csv_has_a_line_for_each_row():
    rows = list(csv.DictReader(StringIO(answer("quote", *SAMPLE, "--format", "csv"))))
    assert [row["kind"] for row in rows] == ["disbursement", "instalment", "instalment", "instalment"]
    assert rows[-1]["balance"] == "0.00"


def test_a_simulation_as_json_and_csv_has_all_rows_after_each_transaction():
    [life] = re.findall(r"```json\n(.*?)```", PAGE, re.S)
    states = json.loads(answer("simulate", "-", "--format", "json", given=life))["states"]
    assert [state["number"] for state in states] == [1, 2, 3, 4, 5]
    assert {len(state["rows"]) for state in states} == {4}
    rows = list(csv.DictReader(StringIO(answer("simulate", "-", "--format", "csv", given=life))))
    assert len(rows) == sum(len(state["rows"]) for state in states)
    assert rows[-1]["principal_outstanding"] == states[-1]["principal_outstanding"]


def test_the_chart_is_a_picture_of_every_row(tmp_path: Path):
    svg, png = tmp_path / "chart.svg", tmp_path / "chart.PNG"
    answer("quote", *SAMPLE, "--fee", "1%", "--instalment-fee", "5", "--chart", str(svg))
    answer("quote", *SAMPLE, "--chart", str(png))
    shapes = list(ElementTree.parse(svg).getroot())
    hatched = [shape for shape in shapes if shape.get("fill") == "url(#hatch)"]
    assert len(hatched) == 3 + 1  # a bar for each instalment, and the legend
    heights = [float(shape.get("height") or 0) for shape in hatched[1:]]
    assert heights == sorted(heights, reverse=True)
    with Image.open(png) as picture:
        assert (picture.format, picture.size) == ("PNG", (WIDTH, HEIGHT))
        colours = {colour for _, colour in picture.convert("L").getcolors(WIDTH * HEIGHT) or []}
    assert min(colours) < 20
    assert max(colours) == 255


def test_principal_and_interest_are_told_apart_without_colour(tmp_path: Path):
    file = tmp_path / "chart.png"
    answer(
        "quote",
        "--principal",
        "1000000",
        "--rate",
        "12",
        "--months",
        "360",
        "--start",
        "2025-01-31",
        "--chart",
        str(file),
    )
    with Image.open(file) as picture:
        grey = picture.convert("L").crop((120, 80, 300, 335))
        above, below = grey.getpixel((60, 130)), grey.getpixel((100, 252))
    column = [max(grey.getpixel((x, 130)) for x in range(60, 80)), min(grey.getpixel((x, 252)) for x in range(60, 80))]
    assert column[0] - column[1] > 60, (above, below)


def test_schemas_are_printed_without_any_terms():
    assert json.loads(answer("quote", "--schema"))["additionalProperties"] is False
    assert "transactions" in json.loads(answer("simulate", "--schema"))["properties"]


@pytest.mark.parametrize(
    ("said", "arguments"),
    [
        ("principal: must be a decimal", ["--principal", "much"]),
        ("instalments: input should be a valid integer", ["--months", "1.5"]),
        ("--day-count: there are by-period, 30/360", ["--day-count", "lunar"]),
        ("charges[0].percent: must be above 0", ["--fee", "101%"]),
        ("--chart: the file's name must end in .svg or .png", ["--chart", "chart.pdf"]),
        ("method: input should be 'equal-instalment'", ["--method", "lunar"]),
        ("signed: the caps are tested", ["--lender-type", "bank"]),
    ],
)
def test_options_that_cannot_be_are_refused_with_field_and_reason(said, arguments):
    refused(2, said, "quote", *SAMPLE, *arguments)


@pytest.mark.parametrize(
    ("said", "given"),
    [("not JSON", ""), ("not JSON", "{"), ("given twice: a", '{"a": 1, "a": 2}'), ("must be an object", "[]")],
)
def test_what_is_no_document_is_refused(said, given):
    refused(2, said, "quote", given=given)
    refused(2, said, "simulate", "-", given=given)


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path):
    refused(1, "nowhere.json: No such file", "simulate", str(tmp_path / "nowhere.json"))
    refused(1, "No such file", "quote", *SAMPLE, "--chart", str(tmp_path / "nowhere" / "chart.svg"))
    latin = tmp_path / "latin.json"
    latin.write_bytes(b'{"a": "\xe9"}')
    refused(2, "not UTF-8", "simulate", str(latin))


def test_a_simulation_needs_a_file():
    assert call("simulate").exit_code == 2

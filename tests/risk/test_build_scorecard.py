"""The offline tool that builds the points table."""

import csv
import json
import math
import runpy
from pathlib import Path
from random import Random

import pytest

TOOL = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "build_scorecard.py"))


def made_up(count: int) -> list[dict[str, str]]:
    """Applications in which only the current account tells good from bad; every other column is noise."""
    random = Random(7)
    rows = []
    for number in range(count):
        account = ("empty", "full")[number % 2]
        good = random.random() < {"empty": 0.4, "full": 0.9}[account]
        row = {a.column: str(random.randint(1, 3)) for a in TOOL["CANDIDATES"]}
        row["status_of_existing_checking_account"] = account
        rows.append(row | {"creditability": "good" if good else "bad"})
    return rows


def test_the_weight_of_evidence_is_the_smoothed_log_of_the_shares() -> None:
    rows = [
        {"housing": h, "creditability": c} for h, c in [("own", "good")] * 3 + [("own", "bad")] + [("rent", "bad")] * 2
    ]
    own, rent = TOOL["bands_of"](next(a for a in TOOL["CANDIDATES"] if a.name == "housing"), rows)
    assert (own.goods, own.bads, rent.goods, rent.bads) == (3, 1, 0, 2)
    assert own.weight == pytest.approx(math.log((3.5 / 4) / (1.5 / 4)))
    assert rent.weight == pytest.approx(math.log((0.5 / 4) / (2.5 / 4)))


def test_separation_counts_pairs_in_the_right_order() -> None:
    auc, ks = TOOL["separation"]([1, 2, 2, 3], [False, False, True, True])
    assert auc == pytest.approx(3.5 / 4)
    assert ks == pytest.approx(0.5)


def test_the_regression_finds_the_log_odds_of_the_groups() -> None:
    intercept, slope = TOOL["regress"]([[0.0]] * 4 + [[1.0]] * 4, [True, False, False, False, True, True, True, False])
    assert intercept == pytest.approx(math.log(1 / 3))
    assert intercept + slope == pytest.approx(math.log(3))


def test_an_attribute_that_tells_nothing_does_not_enter() -> None:
    model = TOOL["fit"](made_up(2000))
    assert [f.attribute.name for f in model.fitted] == ["checking_account"]


def test_the_scores_of_a_band_stand_for_its_odds() -> None:
    rows = made_up(2000)
    model = TOOL["fit"](rows)
    for account in ("empty", "full"):
        inside = [row for row in rows if row["status_of_existing_checking_account"] == account]
        goods = sum(row["creditability"] == "good" for row in inside)
        odds = 5 * 2 ** ((TOOL["score"](model, inside[0]) - 600) / 50)
        assert odds == pytest.approx(goods / (len(inside) - goods), rel=0.02)


def test_the_same_file_gives_the_same_card(tmp_path: Path) -> None:
    rows = made_up(400)
    source = tmp_path / "credit.csv"
    with source.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    assert TOOL["main"]([str(source), "--out", str(first)]) == 0
    assert TOOL["main"]([str(source), "--out", str(second)]) == 0
    assert first.read_bytes() == second.read_bytes()
    assert json.loads(first.read_text())["attributes"][0]["name"] == "checking_account"

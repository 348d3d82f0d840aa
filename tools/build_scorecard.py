"""Build the points table of ``services/risk/scorecards/consumer-1.json`` from observed outcomes, offline.

    python tools/build_scorecard.py german_credit.csv --out services/risk/scorecards/consumer-1.json
    python tools/build_scorecard.py german_credit.csv --report

Standard library only; it imports nothing of the services and nothing imports it. Input: the Statlog (German Credit Data)
file with readable values (UCI, CC BY 4.0). Method, in the order of the functions below: bands → weight of evidence with
additive smoothing → information value decides what enters → logistic regression on the weights of evidence → integer points
by the target scale. The same file gives the same bytes. Floats are fine here: nothing of this runs in a decision, and the
points are rounded to integers.
"""

import argparse
import csv
import json
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PDO = 50
"""Points to double the odds good:bad."""
BASE_SCORE = 600
BASE_ODDS = 5
"""600 points stand for odds of 5 good to 1 bad."""
SMOOTHING = 0.5
"""Added to the goods and the bads of every band, so that an empty cell has a finite weight."""
MINIMUM_INFORMATION = 0.02
"""An attribute below this information value is useless (Siddiqi's rule of thumb) and does not enter."""
FOLDS = 10

RATINGS = (("A", 0.05), ("B", 0.12), ("C", 0.25), ("D", 0.45), ("E", 1.0))
"""Rating and the highest probability of default it admits."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A candidate: its name in an application, its column, and its bands (lists of values, or inclusive upper bounds)."""

    name: str
    column: str
    label: str
    groups: tuple[tuple[str, ...], ...] = ()
    bounds: tuple[int, ...] = ()


CANDIDATES = (
    Attribute("checking_account", "status_of_existing_checking_account", "balance of the existing current account"),
    Attribute("months", "duration_in_month", "length of the loan", bounds=(6, 11, 15, 35)),
    Attribute("credit_history", "credit_history", "record of earlier credits"),
    Attribute(
        "purpose",
        "purpose",
        "purpose of the loan",
        groups=(("domestic appliances", "repairs", "others"), ("education", "retraining")),
    ),
    Attribute("amount", "credit_amount", "amount asked for", bounds=(1000, 2000, 4000, 7000)),
    Attribute("savings", "savings_account_and_bonds", "savings"),
    Attribute("employment", "present_employment_since", "length of the present employment"),
    Attribute(
        "instalment_burden",
        "installment_rate_in_percentage_of_disposable_income",
        "instalment as a share of disposable income",
    ),
    Attribute("other_debtors", "other_debtors_or_guarantors", "other debtors or guarantors"),
    Attribute("residence_years", "present_residence_since", "years at the present residence"),
    Attribute("property", "property", "property"),
    Attribute("other_plans", "other_installment_plans", "instalment plans elsewhere"),
    Attribute("housing", "housing", "housing"),
    Attribute("existing_credits", "number_of_existing_credits_at_this_bank", "credits already running", bounds=(1, 2)),
)
EXCLUDED = {
    "age_band": "protected: age",
    "dependants": "protected: stands for family status",
    "job": "one of its values tells residents from non-residents",
}
"""Fields of an application that are never scored, and why. Sex, personal status and foreign worker are not asked at all."""


@dataclass(frozen=True, slots=True)
class Band:
    """One band of an attribute: the values or the inclusive upper bound (``None`` is open), and its weight of evidence."""

    values: tuple[str, ...] | None
    up_to: int | None
    goods: int
    bads: int
    weight: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """An attribute with its bands, information value and coefficient."""

    attribute: Attribute
    bands: tuple[Band, ...]
    information: float
    coefficient: float = 0.0


@dataclass(frozen=True, slots=True)
class Model:
    """The regression: log odds good:bad = intercept + Σ coefficient · weight of evidence."""

    fitted: tuple[Fitted, ...]
    intercept: float
    left_out: tuple[Fitted, ...]


Rows = Sequence[dict[str, str]]


def is_good(row: dict[str, str]) -> bool:
    """Whether the loan was repaid."""
    return row["creditability"] == "good"


def bands_of(attribute: Attribute, rows: Rows) -> tuple[Band, ...]:
    """The attribute's bands over ``rows``: by bound, or by value with the values of a group together."""
    empty = _empty_bands(attribute, rows)
    counts = [[0, 0] for _ in empty]
    for row in rows:
        band = band_at(empty, row[attribute.column])
        assert band is not None, f"{attribute.name}: no band for {row[attribute.column]!r}"
        counts[empty.index(band)][is_good(row)] += 1
    total_bads, total_goods = (sum(column) + SMOOTHING * len(empty) for column in zip(*counts, strict=True))
    return tuple(
        Band(
            b.values,
            b.up_to,
            goods,
            bads,
            math.log((goods + SMOOTHING) / total_goods * total_bads / (bads + SMOOTHING)),
        )
        for b, (bads, goods) in zip(empty, counts, strict=True)
    )


def _empty_bands(attribute: Attribute, rows: Rows) -> list[Band]:
    if attribute.bounds:
        return [Band(None, bound, 0, 0, 0.0) for bound in (*attribute.bounds, None)]
    grouped = {value for group in attribute.groups for value in group}
    single = sorted({row[attribute.column] for row in rows} - grouped)
    return [Band(values, None, 0, 0, 0.0) for values in (*((value,) for value in single), *attribute.groups)]


def band_at(bands: Sequence[Band], value: str) -> Band | None:
    """The band a value falls into; ``None`` for a value never seen."""
    for band in bands:
        if band.values is None:
            if band.up_to is None or int(value) <= band.up_to:
                return band
        elif value in band.values:
            return band
    return None


def information_value(bands: Sequence[Band]) -> float:
    """Σ (share of goods − share of bads) · weight of evidence."""
    goods = sum(b.goods for b in bands)
    bads = sum(b.bads for b in bands)
    return sum((b.goods / goods - b.bads / bads) * b.weight for b in bands)


def fit(rows: Rows) -> Model:
    """Bands and regression; attributes without information, or whose coefficient has the wrong sign, are left out."""
    candidates = []
    for attribute in CANDIDATES:
        bands = bands_of(attribute, rows)
        candidates.append(Fitted(attribute, bands, information_value(bands)))
    chosen = [c for c in candidates if c.information >= MINIMUM_INFORMATION]
    while True:
        intercept, *coefficients = regress([_weights(chosen, row) for row in rows], [is_good(row) for row in rows])
        wrong = min(zip(coefficients, chosen, strict=True), key=lambda pair: pair[0])
        if wrong[0] > 0:
            break
        chosen.remove(wrong[1])
    fitted = tuple(Fitted(c.attribute, c.bands, c.information, b) for c, b in zip(chosen, coefficients, strict=True))
    return Model(fitted, intercept, tuple(c for c in candidates if c not in chosen))


def _weights(fitted: Sequence[Fitted], row: dict[str, str]) -> list[float]:
    bands = (band_at(f.bands, row[f.attribute.column]) for f in fitted)
    return [band.weight if band else 0.0 for band in bands]


def regress(inputs: Sequence[Sequence[float]], outcomes: Sequence[bool]) -> list[float]:
    """Logistic regression by Newton's method: intercept and coefficients."""
    design = [[1.0, *row] for row in inputs]
    size = len(design[0])
    beta = [0.0] * size
    for _ in range(50):
        gradient = [0.0] * size
        hessian = [[0.0] * size for _ in range(size)]
        for row, good in zip(design, outcomes, strict=True):
            p = 1 / (1 + math.exp(-sum(b * x for b, x in zip(beta, row, strict=True))))
            spread = p * (1 - p)
            for i in range(size):
                gradient[i] += (good - p) * row[i]
                for j in range(size):
                    hessian[i][j] += spread * row[i] * row[j]
        step = solve(hessian, gradient)
        beta = [b + s for b, s in zip(beta, step, strict=True)]
        if max(map(abs, step)) < 1e-12:
            break
    return beta


def solve(matrix: list[list[float]], vector: list[float]) -> list[float]:
    """Gaussian elimination with partial pivoting."""
    size = len(vector)
    rows = [[*row, value] for row, value in zip(matrix, vector, strict=True)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda r: abs(rows[r][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for r in range(column + 1, size):
            ratio = rows[r][column] / rows[column][column]
            rows[r] = [a - ratio * b for a, b in zip(rows[r], rows[column], strict=True)]
    solution = [0.0] * size
    for r in reversed(range(size)):
        rest = sum(rows[r][c] * solution[c] for c in range(r + 1, size))
        solution[r] = (rows[r][size] - rest) / rows[r][r]
    return solution


def points(model: Model) -> Callable[[Fitted, float], int]:
    """Points of a weight of evidence: factor · (coefficient · weight + intercept/n) + offset/n, rounded half-even."""
    factor = PDO / math.log(2)
    offset = BASE_SCORE - factor * math.log(BASE_ODDS)
    n = len(model.fitted)
    return lambda f, weight: round(factor * (f.coefficient * weight + model.intercept / n) + offset / n)


def score(model: Model, row: dict[str, str]) -> int:
    """Sum of the points of a row."""
    of = points(model)
    return sum(of(f, w) for f, w in zip(model.fitted, _weights(model.fitted, row), strict=True))


def separation(scores: Sequence[int], goods: Sequence[bool]) -> tuple[float, float]:
    """AUC (share of good-bad pairs in the right order, ties half) and KS (largest gap of the cumulative shares)."""
    good = [s for s, g in zip(scores, goods, strict=True) if g]
    bad = [s for s, g in zip(scores, goods, strict=True) if not g]
    ordered = sum((g > b) + (g == b) / 2 for g in good for b in bad)
    gaps = (sum(b <= s for b in bad) / len(bad) - sum(g <= s for g in good) / len(good) for s in set(scores))
    return ordered / (len(good) * len(bad)), max(gaps)


def cross_validated(rows: Rows) -> tuple[float, float]:
    """AUC and KS of scores given by models that never saw the row: fold = row number modulo ten."""
    scores = [0] * len(rows)
    for fold in range(FOLDS):
        model = fit([row for i, row in enumerate(rows) if i % FOLDS != fold])
        for i in range(fold, len(rows), FOLDS):
            scores[i] = score(model, rows[i])
    return separation(scores, [is_good(row) for row in rows])


def scorecard(model: Model) -> dict[str, Any]:
    """The shipped data: scale, ratings by lowest score, attributes with the points of every band."""
    of = points(model)
    factor = PDO / math.log(2)
    offset = BASE_SCORE - factor * math.log(BASE_ODDS)
    floors = [(name, offset + factor * math.log((1 - pd) / pd) if pd < 1 else None) for name, pd in RATINGS]
    return {
        "name": "consumer",
        "version": "1",
        "source": "Statlog (German Credit Data), H. Hofmann, UCI Machine Learning Repository, CC BY 4.0",
        "currency": "CNY",
        "scale": {"base_score": BASE_SCORE, "base_odds": BASE_ODDS, "points_to_double_odds": PDO},
        "ratings": [{"rating": name, "from_score": None if low is None else math.ceil(low)} for name, low in floors],
        "reasons": 4,
        "never_scored": EXCLUDED,
        "attributes": [
            {
                "name": f.attribute.name,
                "label": f.attribute.label,
                "otherwise": of(f, 0.0),
                "bands": [
                    {
                        **({"up_to": b.up_to} if b.values is None else {"values": list(b.values)}),
                        "points": of(f, b.weight),
                    }
                    for b in f.bands
                ],
            }
            for f in model.fitted
        ],
    }


def report(model: Model, rows: Rows) -> str:
    """What the card does on its own data, and out of sample, as text."""
    goods = [is_good(row) for row in rows]
    auc, ks = separation([score(model, row) for row in rows], goods)
    auc_cv, ks_cv = cross_validated(rows)
    lines = [
        f"rows {len(rows)}, good {sum(goods)}, bad {len(rows) - sum(goods)}",
        f"development sample: AUC {auc:.3f}  Gini {2 * auc - 1:.3f}  KS {ks:.3f}",
        f"{FOLDS}-fold cross-validation: AUC {auc_cv:.3f}  Gini {2 * auc_cv - 1:.3f}  KS {ks_cv:.3f}",
        "",
        *(f"{f.attribute.name:18} IV {f.information:.3f}  coefficient {f.coefficient:.3f}" for f in model.fitted),
        *(f"{f.attribute.name:18} IV {f.information:.3f}  left out" for f in model.left_out),
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: see the module's docstring."""
    parser = argparse.ArgumentParser(description="Build the consumer scorecard from observed outcomes.")
    parser.add_argument("csv", type=Path, help="the German credit file")
    parser.add_argument("--out", type=Path, help="where the scorecard goes; standard output without it")
    parser.add_argument("--report", action="store_true", help="print AUC, KS and information values instead")
    options = parser.parse_args(arguments)
    with options.csv.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    model = fit(rows)
    text = report(model, rows) if options.report else json.dumps(scorecard(model), indent=2, ensure_ascii=False) + "\n"
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

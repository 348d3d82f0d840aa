"""Group scorecard: factor and offset of a line, and scores, odds, probabilities or points on it."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.risk.domain.assessment.scaling import Scaling, scaling
from tests.cases.published.figures import Answer, Value, first_of, named, rates
from tests.cases.published.words import Inputs, Unreadable, figure_of, number

BASE_ODDS = ("base_odds", "odds_at_base", "odds_base", "target_odds", "anchor_odds", "reference_odds", "theta0")
BASE_SCORE = ("base_score", "score_base", "base_points", "target_score", "anchor_score", "reference_score", "p0")
PDO = ("pdo", "points_to_double_odds", "points_to_double", "points_double_odds", "points_to_double_the_odds")
PD = ("pd", "p", "probability", "probability_of_default", "default_probability", "bad_rate", "p_bad")


def scorecard(inputs: Inputs, case: Mapping[str, Any]) -> Answer:
    """Factor and offset, and the score, odds, probability or points that are asked for."""
    about = f"{case.get('convention', '')} {inputs.get('odds_definition', 'odds_type') or ''}".lower()
    turned = bool(re.search(r"bad ?[:/] ?good|bad to good|bads? per good", about))
    falls = str(inputs.peek("pdo") or "").strip().startswith("-")
    turned = turned or falls  # points that are taken away as the odds double: they are bad:good
    line = _line(inputs, turned)
    figures: dict[str, Value] = {"factor": line.factor, "offset": line.offset, "a": line.offset, "b": line.factor}
    figures |= {"slope": line.factor, "intercept": line.offset}
    if falls:
        figures |= dict.fromkeys(("factor", "b", "slope"), -line.factor)
    at = inputs.get("odds", "at_odds", "good_bad_odds", "odds_list")
    listed = [_good(one, turned) for one in (at if isinstance(at, list) else [at])] if at is not None else []
    logs = inputs.get("log_odds", "ln_odds", "logit", "log_odds_good")
    if logs is not None:
        signs = -1 if turned else 1
        listed = [(signs * number(one)).exp() for one in (logs if isinstance(logs, list) else [logs])]
    pd = inputs.get(*PD)
    if pd is not None:
        shares = [number(one) for one in (pd if isinstance(pd, list) else [pd])]
        listed = [(1 - share) / share for share in shares]
    scores = inputs.get("score", "points", "scores")
    if scores is not None:
        listed = [line.odds(number(one)) for one in (scores if isinstance(scores, list) else [scores])]
    if len(listed) == 1:
        figures |= _at(line, listed[0], turned)
    elif listed:
        every = [_at(line, odds, turned) for odds in listed]
        figures |= {name: [value for one in every if isinstance(value := one[name], Decimal)] for name in every[0]}
        figures |= {f"{name}s": figures[name] for name in ("score", "pd")}
    figures |= _points(inputs, line)

    def at_named_odds(name: str, expected: Any) -> Value | None:
        match = re.fullmatch(r"score_(?:at_)?(?:odds_)?(\d+(?:_\d+)?)(?:_?to_?1)?", name)
        return line.score(_good(match[1].replace("_", ":"), turned)) if match else None

    shares_ = {name: value for name, value in figures.items() if name in PD and isinstance(value, Decimal)}
    return first_of(named(figures), rates(**shares_), at_named_odds)


def _line(inputs: Inputs, turned: bool) -> Scaling:
    """The line through the base, or the one whose factor and offset are given."""
    factor, offset = inputs.read(number, "factor", "b", "slope"), inputs.read(number, "offset", "a")
    if factor is not None and offset is not None:
        return Scaling(factor, offset)
    base_pd = inputs.read(number, "base_pd", "pd_at_base", "base_bad_rate")
    stated = inputs.get(*BASE_ODDS)
    score = inputs.get(*BASE_SCORE)
    if stated is None and base_pd is None:
        stated, score = inputs.need("odds"), inputs.need("score")
        inputs.consume("odds", "score")
    odds = _good(stated, turned) if stated is not None else (1 - base_pd) / base_pd
    points = inputs.read(lambda value: abs(number(value)), *PDO)
    times = inputs.read(number, "multiple", "odds_multiple", "multiplier", otherwise=Decimal(2))
    if points is None:
        points = number(inputs.need("points_per_multiple", "points_increase", "step", "points"))
        inputs.consume("points")
    doubling = points if times == 2 else points * Decimal(2).ln() / times.ln()
    if score is None:
        raise Unreadable("no score at the base odds")
    return scaling(number(score), odds, doubling)


def _at(line: Scaling, odds: Decimal, turned: bool) -> dict[str, Value]:
    """Everything at some good:bad odds; a source that counts bad:good gets its odds that way round."""
    pd = 1 / (1 + odds)
    shown = 1 / odds if turned else odds
    figures: dict[str, Value] = {"score": line.score(odds), "points": line.score(odds), "odds": shown}
    return figures | dict.fromkeys(PD, pd) | {"log_odds": shown.ln()}


def _points(inputs: Inputs, line: Scaling) -> dict[str, Value]:
    """Points of one attribute, or of several and their sum, from weight of evidence and coefficient."""
    listed = inputs.get("attributes", "characteristics_list", "variables")
    alpha = inputs.read(number, "intercept", "alpha", otherwise=Decimal(0))
    if isinstance(listed, list):
        points = [
            line.points(figure_of(one, "woe"), figure_of(one, "coefficient", "beta"), alpha, len(listed))
            for one in listed
        ]
        return {"points": points, "score": sum(points, Decimal(0)), "total": sum(points, Decimal(0))}
    count = int(number(listed)) if listed is not None else None
    count = count or int(inputs.read(number, "n", "characteristics", "number_of_attributes", otherwise=Decimal(1)))
    woe = inputs.read(number, "woe", "weight_of_evidence")
    if woe is None:
        return {}
    return {"points": line.points(woe, number(inputs.need("coefficient", "beta")), alpha, count)}


def _good(value: Any, turned: bool) -> Decimal:
    odds = _odds(value)
    return 1 / odds if turned else odds


def _odds(value: Any) -> Decimal:
    """Odds as a number, ``50:1``, ``50 to 1`` or ``1:50`` read as they stand."""
    good, colon, bad = re.sub(r"\s*(?:to|/)\s*", ":", str(value)).partition(":")
    return number(good) / number(bad) if colon else number(value)

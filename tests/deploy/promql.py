"""What a PromQL expression names. No parser: enough for the expressions that are shipped, which ``promtool`` checks besides."""

import re

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SELECTED = re.compile(r"([A-Za-z_:][\w:]*)\s*\{([^}]*)\}")
_LABEL = re.compile(r"([A-Za-z_]\w*)\s*(?:=~|!~|!=|=)")
_GROUPED = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_RANGE = re.compile(r"\[[^\]]*\]|\boffset\s+\w+")
_WORD = re.compile(r"(?<![\w.$])([A-Za-z_:][\w:]*)(?!\w)\s*(\(?)")
_KEYWORDS = frozenset({"and", "or", "unless", "bool", "by", "without", "on", "ignoring", "group_left", "group_right"})


def metrics(expression: str) -> set[str]:
    """Names of the series that an expression reads."""
    bare = _STRING.sub('""', expression)
    for part in (re.compile(r"\{[^}]*\}"), _GROUPED, _RANGE):
        bare = part.sub(" ", bare)
    return {name for name, call in _WORD.findall(bare) if not call and name not in _KEYWORDS}


def selected(expression: str) -> set[tuple[str, str]]:
    """Pairs of a series' name and a label that it is selected by."""
    return {
        (name, label)
        for name, matchers in _SELECTED.findall(_STRING.sub('""', expression))
        for label in _LABEL.findall(matchers)
    }


def grouped(expression: str) -> set[str]:
    """Labels by which an expression groups or matches."""
    lists = (labels for _, labels in _GROUPED.findall(_STRING.sub('""', expression)))
    return {label.strip() for labels in lists for label in labels.split(",") if label.strip()}

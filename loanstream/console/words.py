"""What the pages say, in Chinese and English 中英文: one catalogue a language, the same keys in both."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from starlette.requests import Request

LANGUAGES = ("zh", "en")
COOKIE = "loanstream_language"
PARAMETER = "lang"

_FALLBACK = "en"


class Words:
    """The texts of one language. Call it with a key and the values of its placeholders."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = catalogue(language)

    def __call__(self, key: str, **values: Any) -> str:
        """The text. Raises ``KeyError`` for a key that no catalogue has."""
        text = self._texts[key]
        return text.format(**values) if values else text

    def label(self, group: str, value: Any) -> str:
        """The word for a value of an enumeration, the value itself when there is none: services may be newer than we."""
        return "" if value is None else self._texts.get(f"{group}.{value}", str(value))

    def group(self, prefix: str) -> Mapping[str, str]:
        """All words of an enumeration by value."""
        start = f"{prefix}."
        return {key.removeprefix(start): text for key, text in self._texts.items() if key.startswith(start)}


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Texts by key."""
    stored = files(__package__).joinpath("catalogues", f"{language}.json").read_text(encoding="utf-8")
    texts: Mapping[str, str] = json.loads(stored)
    return texts


def asked_language(request: Request) -> str:
    """The language that the address asks for, else the one chosen before, else the browser's first that we have."""
    for chosen in (request.query_params.get(PARAMETER), request.cookies.get(COOKIE)):
        if chosen in LANGUAGES:
            return chosen
    return _accepted(request.headers.get("accept-language", ""))


def _accepted(header: str) -> str:
    """The best of an Accept-Language header: highest q, then first named."""
    offers = [_offer(part, n) for n, part in enumerate(header.split(","))]
    return min((offer for offer in offers if offer[2] in LANGUAGES), default=(0.0, 0, _FALLBACK))[2]


def _offer(part: str, place: int) -> tuple[float, int, str]:
    """Smaller is better: minus q, then the place."""
    tag, _, parameter = part.strip().partition(";")
    try:
        quality = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
    except ValueError:
        quality = 0.0
    return -quality, place, tag.strip().lower().partition("-")[0] if quality > 0 else ""

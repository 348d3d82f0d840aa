"""Reading the documentation: pages, fenced blocks, command lines, links, headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "deploy").rglob("*.md")),
)

_FENCE = re.compile(r"^```([\w-]*)[^\n]*\n(.*?)^```$", re.M | re.S)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.M)
_IN_A_POD = re.compile(r"^ *kubectl .* -- ")
_COMMENT = re.compile(r"\s+#.*$|\s+\(.*$|\s+[>|]\s.*$")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page."""

    page: Path
    language: str
    text: str


@cache
def text_of(page: Path) -> str:
    """A page's content."""
    return page.read_text(encoding="utf-8")


def named(page: Path) -> str:
    """A page's name for messages and test ids."""
    return str(page.relative_to(ROOT))


def blocks(page: Path, *languages: str) -> list[Block]:
    """The fenced blocks of a page in these languages, or all."""
    found = (Block(page, *match.groups()) for match in _FENCE.finditer(text_of(page)))
    return [block for block in found if not languages or block.language in languages]


def spans(page: Path) -> list[str]:
    """Code spans outside of fenced blocks."""
    return _SPAN.findall(_FENCE.sub("", text_of(page)))


def command_lines(page: Path, program: str) -> Iterator[tuple[str, bool]]:
    """Lines that call ``program``, and whether each is complete: in a fenced shell block, rather than named in a sentence."""
    for block in blocks(page, "console", "bash", "sh", ""):
        for line in (_IN_A_POD.sub("", line) for line in block.text.splitlines()):
            if line.startswith(f"{program} "):
                yield _COMMENT.sub("", line), True
    for span in spans(page):
        if span.startswith(f"{program} "):
            yield span, False


def links(page: Path) -> list[str]:
    """Targets of links to other pages and headings of this repository."""
    targets = _LINK.findall(_FENCE.sub("", text_of(page)))
    return [target for target in targets if "://" not in target and not target.startswith("mailto:")]


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    headings = _HEADING.findall(_FENCE.sub("", text_of(page)))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

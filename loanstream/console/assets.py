"""Style sheet, scripts and icon: read once, served with an address that changes with their content."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import APIRouter, Request
from starlette.responses import Response

PREFIX = "/static"

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "public, no-cache"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file."""

    content: bytes
    compressed: bytes
    media_type: str
    version: str
    """The first characters of its SHA-256."""


@cache
def assets() -> Mapping[str, Asset]:
    """Every file that is served, by its path below the prefix."""
    root = files(__package__).joinpath("static")
    return {name: _asset(name, file.read_bytes()) for name, file in _walked(root, "") if _media_type(name)}


def address(name: str) -> str:
    """Where a page finds a file. Raises ``KeyError`` when there is none of this name."""
    return f"{PREFIX}/{name}?v={assets()[name].version}"


def asset_routes() -> APIRouter:
    """The files; open to everybody, there is nothing in them but the console's looks."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(f"{PREFIX}/{{name:path}}")
    async def asset(request: Request, name: str) -> Response:
        """A file, kept by the browser for as long as it stays the same."""
        found = assets().get(name)
        if found is None:
            return Response("There is no such file.\n", 404, media_type="text/plain")
        headers = {
            "ETag": f'"{found.version}"',
            "Cache-Control": _FOR_EVER if request.query_params.get("v") == found.version else _ASK_AGAIN,
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(
                found.compressed, headers={**headers, "Content-Encoding": "gzip"}, media_type=found.media_type
            )
        return Response(found.content, headers=headers, media_type=found.media_type)

    return routes


def _walked(folder: Traversable, above: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        found += _walked(entry, f"{above}{entry.name}/") if entry.is_dir() else [(above + entry.name, entry)]
    return found


def _media_type(name: str) -> str:
    return _MEDIA_TYPES.get(f".{name.rpartition('.')[2]}", "")


def _asset(name: str, content: bytes) -> Asset:
    return Asset(content, gzip.compress(content, 6, mtime=0), _media_type(name), sha256(content).hexdigest()[:16])

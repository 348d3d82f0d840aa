"""Problem details (RFC 9457): one shape and one stable code for everything that does not work."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:loanstream:problem:"

INVALID_INPUT = "invalid-input"
"""Code of every answer to bad input; member ``errors`` names each field."""

_encoder = msgspec.json.Encoder()


class Problem(Exception):
    """Raise it anywhere in a request: the caller gets the problem answer. ``members`` are further members of the object."""

    def __init__(
        self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, **members: Any
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers
        self.members = members

    def response(self) -> Response:
        """The answer."""
        return problem_response(self.status, self.code, self.detail, self.headers, **self.members)


def problem_body(status: int, code: str, detail: str, **members: Any) -> bytes:
    """JSON of a problem; empty members are left out."""
    stated = {name: value for name, value in members.items() if value not in ("", None)}
    title = HTTPStatus(status).phrase
    return _encoder.encode(
        {"type": TYPE_PREFIX + code, "title": title, "status": status, "detail": detail, "code": code, **stated}
    )


def problem_response(
    status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, **members: Any
) -> Response:
    """A problem as an answer."""
    return Response(problem_body(status, code, detail, **members), status, dict(headers or {}), MEDIA_TYPE)


def invalid(field: str, message: str) -> Problem:
    """Bad input in one field: 400 ``invalid-input``."""
    return invalid_fields([(field, message)])


def invalid_fields(errors: list[tuple[str, str]]) -> Problem:
    """Bad input in several fields: 400 ``invalid-input`` with ``errors: [{field, message}]``; nothing was written."""
    detail = "; ".join(f"{field}: {message}" for field, message in errors[:3])
    if len(errors) > 3:
        detail += f"; and {len(errors) - 3} more"
    return Problem(
        400,
        INVALID_INPUT,
        f"{detail}. Nothing was written.",
        errors=[{"field": field, "message": message} for field, message in errors],
    )

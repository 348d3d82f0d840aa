"""The OpenAPI document: what FastAPI makes, with tokens, idempotency keys, permissions and problem answers written in."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import RouteContext, iter_route_contexts

from loanstream.runtime.http.problems import MEDIA_TYPE
from loanstream.runtime.http.security import SESSION_COOKIE, RoutePermission, permission_of

_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem details; clients branch on `code`.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "rule": {"type": "string"},
        "limit": {"type": ["string", "integer"]},
        "source": {"type": "string"},
        "command_id": {"type": "string"},
        "error_id": {"type": "string"},
    },
}
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "A new random value for each new request; its repeat gets the same answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}
_CHANGING = ("post", "put", "patch", "delete")
_WITHOUT_KEY = ("/api/auth/",)
_PROBLEM_STATUSES = {
    "400": "Bad input; `errors` names the fields. Nothing was written.",
    "401": "No valid token.",
    "403": "The permission is missing, or another person has to do it.",
    "404": "No such thing.",
    "409": "Refused by a rule, or the same request is being decided.",
    "410": "Gone: expired or erased.",
    "412": "Changed since it was read.",
    "413": "Too large.",
    "415": "The body is not sent as JSON.",
    "422": "The Idempotency-Key was used for another request.",
    "429": "Too many attempts.",
    "500": "Failed on our side.",
    "503": "A part of the system cannot be reached, or this process is being stopped.",
    "504": "The read models are behind.",
}


def install(app: FastAPI) -> None:
    """Make ``app`` serve the completed document; it is made once, at the first request."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(app)
        return app.openapi_schema

    setattr(app, "openapi", document)  # noqa: B010 - the documented way to extend it


def routes_of(app: FastAPI) -> Iterator[tuple[str, str, RoutePermission | None]]:
    """Every route as (method, path, what it asks of its caller); ``None`` when it says nothing."""
    for context in iter_route_contexts(app.routes):
        path = context.path_format or context.path or ""
        for method in sorted(context.methods or ()):
            yield method, path, _asked(context)


def _asked(context: RouteContext) -> RoutePermission | None:
    dependant = getattr(context, "dependant", None)
    return None if dependant is None else permission_of(dependant)


def _completed(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = document.setdefault("components", {})
    components.setdefault("securitySchemes", {}).update(_SCHEMES)
    components.setdefault("schemas", {})["Problem"] = _PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    asked = {(method.lower(), path): permission for method, path, permission in routes_of(app)}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete(operation, method, path, asked.get((method, path)))
    return document


def _complete(operation: dict[str, Any], method: str, path: str, asked: RoutePermission | None) -> None:
    if asked is not None and asked.permission is not None:
        operation["security"] = [{name: []} for name in _SCHEMES]
        if asked.permission:
            operation["x-permission"] = asked.permission
    if method in _CHANGING and not path.startswith(_WITHOUT_KEY):
        operation.setdefault("parameters", []).append(_KEY)
    operation["responses"].pop("422", None)
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, description in _PROBLEM_STATUSES.items():
        operation["responses"].setdefault(status, {"description": description, "content": content})

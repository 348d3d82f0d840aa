"""The assembled application: default deny, health, metrics, the OpenAPI document, the real server."""

import asyncio
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Depends

from loanstream.runtime.http.app import OpenRoute, build_app, refuse_open_routes, server
from loanstream.runtime.http.openapi import routes_of
from loanstream.runtime.settings import Settings
from tests.runtime.http.world import World, a_world
from tests.support.counting import counting_service

PUBLIC = {
    ("POST", "/api/auth/token"),
    ("POST", "/api/auth/session"),
    ("PUT", "/api/auth/session"),
    ("DELETE", "/api/auth/session"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/metrics"),
    ("GET", "/schemas/{ce_type}.json"),
    ("GET", "/contract"),
    ("GET", "/api/openapi.json"),
    ("HEAD", "/api/openapi.json"),
}
"""Every route that asks for nothing; a new one has to be put here on purpose."""

ANY_TOKEN = {("GET", "/api/auth/me"), ("GET", "/api/testing/outcomes/{command_id}")}
"""Routes that ask for a token and decide by themselves what the caller sees."""


def test_every_route_that_is_not_public_asks_for_a_permission(world: World) -> None:
    for method, path, asked in routes_of(world.app):
        if (method, path) in PUBLIC:
            assert asked is None or asked.permission is None, path
        else:
            assert asked is not None, f"{method} {path} asks for nothing"
            assert bool(asked.permission) is ((method, path) not in ANY_TOKEN), f"{method} {path}"


async def test_without_a_token_no_route_of_the_api_does_anything(world: World) -> None:
    anonymous = world.client_of(world.app, user="")
    for method, path, _ in routes_of(world.app):
        if (method, path) not in PUBLIC:
            answer = await anonymous.request(method, path.replace("{", "").replace("}", ""), json={})
            assert answer.status_code in (400, 401), f"{method} {path} {answer.status_code}"
    assert await world.commands() == 0


def test_an_application_with_an_open_route_is_not_built(world: World) -> None:
    def careless(_kit: Any) -> APIRouter:
        router = APIRouter()

        @router.get("/all-the-loans")
        async def everything() -> None:
            """Nobody thought of a permission."""

        return router

    service = replace(counting_service(), api=careless)
    with pytest.raises(OpenRoute, match="GET /api/testing/all-the-loans"):
        build_app([(service, world.kit)], world.settings, world.authenticator)


def test_pages_of_the_console_may_be_read_but_nothing_changed_there(world: World) -> None:
    pages = APIRouter()

    @pages.get("/")
    async def front() -> str:
        """A page."""
        return ""

    service = replace(counting_service(), api=lambda kit: APIRouter())
    build_app([(service, world.kit)], world.settings, world.authenticator, console=pages)

    @pages.post("/change")
    async def change() -> str:
        """A change without a permission."""
        return ""

    with pytest.raises(OpenRoute, match="POST /change"):
        build_app([(service, world.kit)], world.settings, world.authenticator, console=pages)


def test_a_permission_of_a_whole_router_counts(world: World) -> None:
    def guarded(kit: Any) -> APIRouter:
        router = APIRouter(dependencies=[Depends(kit.require("servicing:read"))])

        @router.get("/loans")
        async def loans() -> None:
            """Loans."""

        return router

    app = build_app([(replace(counting_service(), api=guarded), world.kit)], world.settings, world.authenticator)
    refuse_open_routes(app)
    asked = {path: permission for _, path, permission in routes_of(app)}["/api/testing/loans"]
    assert asked is not None
    assert asked.permission == "servicing:read"


async def test_health_tells_life_from_readiness(world: World) -> None:
    client = world.client_of(world.app, user="")
    assert (await client.get("/health/live")).json() == {"status": "alive"}
    assert (await client.get("/health/ready")).json() == {"status": "ready"}
    world.not_ready = ["servicing: the decider of partition 3 folds its events"]
    answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()["waiting_for"]) == (503, world.not_ready)
    assert (await client.get("/health/live")).status_code == 200
    world.dead = {"servicing.decider.3"}
    answer = await client.get("/health/live")
    assert (answer.status_code, answer.json()["ended"]) == (503, ["servicing.decider.3"])


async def test_the_schema_that_an_event_names_is_there_for_everybody(world: World) -> None:
    app_client = httpx.AsyncClient(transport=httpx.ASGITransport(app=world.app), base_url="http://x")
    async with app_client as client:
        found = await client.get("/schemas/loanstream.testing.Counted.v1.json")
        assert (found.status_code, found.headers["content-type"]) == (200, "application/schema+json")
        assert found.json()["additionalProperties"] is False
        assert (await client.get("/schemas/loanstream.testing.Nothing.v1.json")).status_code == 404


async def test_the_event_catalogue_is_there_for_everybody_and_runs_its_own_script_only(world: World) -> None:
    answer = await world.client_of(world.app, user="").get("/contract")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    script = answer.text.rpartition("<script>")[2].partition("</script>")[0]
    assert policy["script-src"] == f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
    assert (policy["default-src"], policy["frame-ancestors"]) == ("'none'", "'none'")


async def test_metrics_are_open_on_loopback_only(world: World) -> None:
    client = world.client_of(world.app, user="")
    await world.client.get("/api/testing/counters/c-1")
    await client.get("/health/live")
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    for route in ("/api/testing/counters/{counter}", "/health/live"):
        assert f'loanstream_http_requests_total{{method="GET",route="{route}",status="200"}}' in answer.text

    settings = Settings(host="0.0.0.0", auth="local", data_dir=world.settings.data_dir)
    app = build_app([(counting_like(world), world.kit)], settings, world.authenticator)
    assert (await world.client_of(app, user="").get("/metrics")).status_code == 401
    assert (await world.client_of(app, user="operator").get("/metrics")).status_code == 200


async def test_a_scraper_reads_metrics_with_its_own_token_and_nothing_else_with_it(world: World) -> None:
    token = "a-token-for-the-scraper"
    settings = Settings(host="0.0.0.0", auth="local", data_dir=world.settings.data_dir, metrics_token=token)
    app = build_app([(counting_like(world), world.kit)], settings, world.authenticator)
    client = world.client_of(app, user="")
    shown = {"Authorization": f"Bearer {token}"}
    assert (await client.get("/metrics", headers=shown)).status_code == 200
    assert (await client.get("/metrics", headers={"Authorization": f"Bearer {token}x"})).status_code == 401
    assert (await client.get("/metrics")).status_code == 401
    assert (await client.get("/api/testing/lag", headers=shown)).status_code == 401
    assert (await world.client_of(app, user="operator").get("/metrics")).status_code == 200
    assert (await world.client_of(app, user="borrower").get("/metrics")).status_code == 403


async def test_where_the_scraper_has_no_token_an_empty_one_opens_nothing(world: World) -> None:
    settings = Settings(host="0.0.0.0", auth="local", data_dir=world.settings.data_dir)
    app = build_app([(counting_like(world), world.kit)], settings, world.authenticator)
    for shown in ("Bearer ", "Bearer", ""):
        assert (
            await world.client_of(app, user="").get("/metrics", headers={"Authorization": shown})
        ).status_code == 401


def counting_like(_world: World) -> Any:
    """The sample service without routes of its own."""
    return replace(counting_service(), api=lambda kit: APIRouter())


async def test_without_a_local_issuer_there_are_no_passwords(world: World) -> None:
    app = build_app([(counting_like(world), world.kit)], world.settings, world.authenticator)
    answer = await world.client_of(app, user="").post("/api/auth/token", json={"user": "a", "password": "b"})
    assert answer.status_code == 404


async def test_the_document_names_keys_permissions_and_problems(world: World) -> None:
    document = (await world.client_of(world.app, user="").get("/api/openapi.json")).json()
    count = document["paths"]["/api/testing/counters/{counter}/counts"]["post"]
    assert count["x-permission"] == "servicing:record-receipt"
    assert count["security"] == [{"bearer": []}, {"session": []}]
    assert "Idempotency-Key" in [parameter["name"] for parameter in count["parameters"]]
    assert "application/problem+json" in count["responses"]["409"]["content"]
    assert "security" not in document["paths"]["/api/auth/token"]["post"]
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_the_real_server_shows_no_banner_and_stops_with_an_open_stream(data_dir: Path) -> None:
    world = await a_world(data_dir, port=0)
    serving = server(world.app, world.settings)
    running = asyncio.create_task(serving.serve())
    while not serving.started:  # noqa: ASYNC110 - the server has no event for it
        await asyncio.sleep(0.01)
    port = serving.servers[0].sockets[0].getsockname()[1]
    token = world.issuer.issue("auditor")
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        answer = await client.get("/health/live")
        assert "server" not in answer.headers
        headers = {"Authorization": f"Bearer {token}"}
        async with client.stream("GET", "/api/testing/events/stream", headers=headers, timeout=5) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert await anext(stream.aiter_lines()) == "retry: 2000"
            serving.should_exit = True
            await asyncio.wait_for(running, 10)
    await world.stop()

"""Generated requests against a whole running system, from the committed OpenAPI document of each service."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from loanstream.contract.generate import GENERATED
from loanstream.runtime.http.issuer import LocalIssuer
from schemas.topics import CONTEXTS
from tests.e2e.conftest import NewFolder
from tests.e2e.system import System, good, system_on

pytestmark = pytest.mark.postgres

EXAMPLES = 60 if os.environ.get("LOANSTREAM_SOAK") else 3
"""Per route and mode."""

NOT_HERE = "/events/stream|/business-days|/auth|/schemas|/health|/metrics|/platform"
"""Routes that never end, move the day for everybody, hash passwords, or take no input; and those of the process itself."""


@pytest.fixture(scope="module")
def system(new_folder: NewFolder) -> Iterator[System]:
    """A system in which some loans already run."""
    folder = new_folder()
    good("demo", "--loans", "3", "--until", "+20d", "--json", "--data", str(folder))
    with system_on(folder) as system:
        yield system


@pytest.mark.parametrize("service", CONTEXTS)
def test_no_generated_request_breaks_a_service(system: System, service: str) -> None:
    document = json.loads((GENERATED / "openapi" / f"{service}.json").read_text(encoding="utf-8"))
    schema = (
        schemathesis.openapi.from_dict(document).include(path_regex=f"^/api/{service}/").exclude(path_regex=NOT_HERE)
    )
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 10
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _sent(operation, mode, system)


def _sent(operation: Any, mode: GenerationMode, system: System) -> None:
    """Valid or broken requests for one route, from the document alone: no 5xx, nothing that the document does not say."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Any) -> None:
        headers = {"Authorization": f"Bearer {_token(system.folder)}"}
        if operation.method.upper() != "GET":
            headers |= {"Idempotency-Key": str(uuid4()), "Prefer": "wait=2"}
        case.call_and_validate(
            base_url=system.url,
            headers=headers,
            checks=[not_a_server_error, status_code_conformance, response_schema_conformance],
        )

    send()


def _token(folder: Path) -> str:
    return LocalIssuer.open(folder).issue("administrator")

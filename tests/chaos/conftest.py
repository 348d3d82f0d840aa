"""Chaos runs when it is asked for: it takes minutes, both cores, and a Kafka that it may kill."""

import os

import pytest

from tests.support import kafka_cluster

ASKED = "LOANSTREAM_CHAOS"
"""``1`` for CI's bounded run, ``soak`` for a long one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, and say why."""
    if not os.environ.get(ASKED):
        reason = f"takes minutes: `make chaos`, or {ASKED}=1"
    elif not kafka_cluster.can_run():
        reason = kafka_cluster.NO_TOOL
    else:
        return
    for item in items:
        if item.get_closest_marker("chaos"):
            item.add_marker(pytest.mark.skip(reason=reason))

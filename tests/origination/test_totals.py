"""Totals of origination over HTTP."""

from collections.abc import AsyncIterator

import pytest

from tests.origination.office import Office, open_office

pytestmark = pytest.mark.postgres


@pytest.fixture
async def office(fresh_database: str) -> AsyncIterator[Office]:
    """An office that sells the shipped product."""
    async with open_office(fresh_database) as office:
        await office.put_on_sale()
        yield office


async def test_nothing_is_counted_before_the_first_application(office: Office) -> None:
    assert (await office.get("/totals")).json() == {"applications": [], "drawdowns": []}


async def test_applications_and_drawdowns_are_counted_by_state(office: Office) -> None:
    ids = await office.to_drawdown()
    asked = (await office.get(f"/applications/{ids['application_id']}")).json()["amount"]
    drawn = (await office.get(f"/drawdowns/{ids['drawdown_id']}")).json()["amount"]
    assert (await office.get("/totals")).json() == {
        "applications": [{"currency": "CNY", "state": "completed", "count": 1, "amount": asked}],
        "drawdowns": [{"currency": "CNY", "state": "requested", "count": 1, "amount": drawn}],
    }


async def test_totals_are_not_for_one_borrower(office: Office) -> None:
    answer = await office.get("/totals", "borrower@party-1")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")

"""Every command of origination is decided, every event folded, and all of them pass both codecs."""

from typing import Any

import pytest

import schemas.origination.commands
import schemas.origination.events  # noqa: F401 - registers the types
from schemas import codec
from schemas.platform import PARTITION_AGGREGATE
from schemas.registry import MessageType, all_types
from tests.origination import samples
from tests.support.deciding import given

DECIDERS = {
    d.aggregate: d for d in (samples.PRODUCT, samples.PARTY, samples.APPLICATION, samples.CONTRACT, samples.DRAWDOWN)
}
MESSAGES = [t for t in all_types(context="origination") if t.aggregate != PARTITION_AGGREGATE]
OPENING = {"ProposeProduct", "AdmitApplication", "SubmitApplication", "DraftContract", "RequestDrawdown"}
RUNNING = [t for t in MESSAGES if t.kind == "command" and t.name not in OPENING]
SAMPLES = [
    value
    for value in (*vars(samples).values(), samples.applied(), samples.approved(), samples.review_requested())
    if type(value) in {t.cls for t in MESSAGES}
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda t: t.name)
def test_every_message_has_an_aggregate_and_says_its_key(message: MessageType) -> None:
    assert message.aggregate in DECIDERS
    assert ("Target: " if message.kind == "command" else "Key: ") in (message.cls.__doc__ or "")


@pytest.mark.parametrize("message", RUNNING, ids=lambda t: t.name)
def test_a_command_for_an_aggregate_that_does_not_exist_is_refused(message: MessageType) -> None:
    untouched = object.__new__(message.cls)
    given(DECIDERS[message.aggregate]).when(untouched).then_refused(f"unknown-{message.aggregate}")


@pytest.mark.parametrize("value", SAMPLES, ids=lambda value: type(value).__name__)
def test_both_codecs_read_what_was_written(value: Any) -> None:
    written = codec.encode(value)
    assert codec.decode(type(value), written) == value
    assert codec.validate(type(value), written) == value

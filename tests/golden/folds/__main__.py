"""``python -m tests.golden.folds`` keeps a new history as the golden events."""

import asyncio

from tests.golden.folds import record_events

asyncio.run(record_events())

"""``python -m tests.golden.folds events`` keeps a new history as the golden events, ``… paths`` the paths to what they lack."""

import asyncio
import sys

from tests.golden.folds import record_events
from tests.golden.folds.paths import record_paths

asyncio.run({"events": record_events, "paths": record_paths}[sys.argv[1]]())

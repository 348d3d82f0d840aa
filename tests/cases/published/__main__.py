"""``python -m tests.cases.published FILE...``: every case of the files against our functions, to the published figure."""

import sys
from pathlib import Path

from tests.cases.published.runner import report

if __name__ == "__main__":
    sys.exit(report([Path(name) for name in sys.argv[1:]]))

"""The demo's total: measured only when asked for, since it takes minutes; the last figure is kept beside the code."""

import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measuring import Result

_KEPT = Path(__file__).with_name("demo_last.json")
_MINUTES = 4.0


def measure(run: bool) -> list[Result]:
    """The row of the demo: of a run now, or of the last one that was measured."""
    if run:
        _KEPT.write_text(json.dumps(_run()) + "\n")
    name, target = "`loanstream demo`, all 1,000 applications", "≤ 4 min"
    if not _KEPT.exists():
        return [
            Result(name, target, "not measured", None, "`python -m benchmarks --demo` measures it and keeps the figure")
        ]
    kept = json.loads(_KEPT.read_text())
    minutes = kept["seconds"] / 60
    detail = (
        f"measured {kept['date']}, from start of the system to its end; `python -m benchmarks --demo` measures anew"
    )
    return [Result(name, target, f"{minutes:.1f} min", minutes <= _MINUTES, detail)]


def _run() -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="loanstream-bench-") as folder:
        command = [sys.executable, "-m", "loanstream.cli", "demo", "--json", "--data", str(Path(folder) / "data")]
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return {"date": f"{datetime.now(UTC):%Y-%m-%d}", "seconds": round(time.perf_counter() - began, 1)}

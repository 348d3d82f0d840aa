"""``python -m clients.codegen``: write the generated files of the kits, or with ``--check`` name those that are stale."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from clients.codegen import python_code, typescript_code
from clients.codegen.contract import Contract, read

CLIENTS = Path(__file__).parents[1]
GENERATED = CLIENTS.parent / "schemas" / "generated"
PYTHON = CLIENTS / "python" / "loanstream_client"
TYPESCRIPT = CLIENTS / "typescript" / "src" / "generated"


def documents(generated: Path = GENERATED) -> Mapping[Path, str]:
    """Every generated file of the kits by its path, as it must be."""
    contract = read(generated)
    schemas = _schemas(contract)
    return {
        **{PYTHON / "events" / name: text for name, text in python_code.modules(contract).items()},
        PYTHON / "schemas.json": schemas,
        TYPESCRIPT / "events.ts": typescript_code.module(contract),
        TYPESCRIPT / "schemas.json": schemas,
    }


def differing() -> list[Path]:
    """Files that are not as they must be, and files beside them that nothing generates."""
    wanted = documents()
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    folders = (PYTHON / "events", TYPESCRIPT)
    return stale + [path for folder in folders for path in sorted(folder.glob("*.*")) if path not in wanted]


def main(arguments: list[str]) -> int:
    """Write, or check; the exit code."""
    changed = differing()
    for path in changed:
        print(path.relative_to(CLIENTS.parent))
    if arguments == ["--check"]:
        return 1 if changed else 0
    wanted = documents()
    for path in changed:
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
    return 0


def _schemas(contract: Contract) -> str:
    """The published schemas of all event types in one file, by type string."""
    lines = (
        f"{json.dumps(event.ce_type)}: {json.dumps(event.schema, ensure_ascii=False, separators=(',', ':'))}"
        for event in contract.events
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

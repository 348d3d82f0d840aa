"""``loanstream schemas``: the contract as documents, and whether it may be released."""

from json import dumps
from pathlib import Path

from rich.console import Console

from loanstream.contract import generate as generating
from loanstream.contract import released
from loanstream.contract.compatibility import breaks
from loanstream.contract.json_schemas import json_schemas


def check(against: Path | None, console: Console, errors: Console) -> int:
    """The exit code; a sentence for each break."""
    before = released.released(against or released.RELEASED)
    now = released.current()
    found = breaks(before, now)
    for each in found:
        errors.print(str(each), style="red", highlight=False, soft_wrap=True)
    added = sorted((now.events.keys() | now.commands.keys()) - (before.events.keys() | before.commands.keys()))
    for name in added:
        console.print(f"added: {name}", highlight=False)
    if found:
        errors.print(f"{len(found)} breaks with what was released", style="bold red", highlight=False)
        return 1
    console.print(
        f"{len(now.events)} events and {len(now.commands)} commands: nothing breaks what was released", highlight=False
    )
    return 0


def generate(console: Console, errors: Console, *, only_check: bool) -> int:
    """Write the documents, or say which are stale; the exit code."""
    changed = generating.differing() if only_check else generating.write()
    for path in changed:
        where = path.relative_to(generating.HOME.parent)
        (errors if only_check else console).print(f"{'stale' if only_check else 'written'}: {where}", highlight=False)
    if only_check and changed:
        errors.print("run `make contract`, and look at the difference", style="bold red", highlight=False)
        return 1
    console.print(
        "the documents are those of the code" if not changed else f"{len(changed)} documents", highlight=False
    )
    return 0


def release(version: str, console: Console, errors: Console) -> int:
    """Keep the present contract as the released one; the exit code."""
    now = released.current()
    if released.RELEASED.exists() and check(None, console, errors):
        return 1
    released.RELEASED.parent.mkdir(exist_ok=True)
    released.RELEASED.write_text(generating.as_text(released.as_document(now, version)), encoding="utf-8")
    console.print(f"released {version}: {len(now.events)} events, {len(now.commands)} commands", highlight=False)
    return 0


def show(ce_type: str, console: Console, errors: Console) -> int:
    """Print one schema; the exit code."""
    schemas = json_schemas()
    if ce_type not in schemas:
        near = [name for name in schemas if ce_type.lower() in name.lower()]
        hint = f"; near it: {', '.join(near[:5])}" if near else "; docs/reference/events lists them"
        errors.print(f"the contract has no type {ce_type}{hint}", style="red", highlight=False)
        return 1
    console.print_json(dumps(schemas[ce_type], ensure_ascii=False))
    return 0

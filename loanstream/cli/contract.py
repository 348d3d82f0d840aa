"""``loanstream schemas``: the contract as documents, and whether it may be released."""

from json import dumps
from pathlib import Path

from rich.console import Console

from loanstream.contract import generate as generating
from loanstream.contract import released
from loanstream.contract.breaking import Kind
from loanstream.contract.compatibility import breaks
from loanstream.contract.json_schemas import json_schemas
from loanstream.contract.meanings import place as meaning_of


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
        errors.print(f"breaks with what was released: {len(found)}", style="bold red", highlight=False)
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
    try:
        released.check_version(version)
    except released.CannotRelease as error:
        errors.print(str(error), style="bold red", highlight=False)
        return 1
    if released.RELEASED.exists() and check(None, console, errors):
        return 1
    now = released.current()
    released.RELEASED.parent.mkdir(exist_ok=True)
    released.RELEASED.write_text(generating.as_text(released.as_document(now, version)), encoding="utf-8")
    released.REWORDED.unlink(missing_ok=True)
    console.print(f"released {version}: {len(now.events)} events, {len(now.commands)} commands", highlight=False)
    return 0


def reworded(name: str, field: str, console: Console, errors: Console) -> int:
    """Keep that a description means what the released one means; the exit code."""
    place = meaning_of(name, field)
    now = released.current()
    changed = {
        each.place for each in breaks(released.released(released.RELEASED), now) if each.kind is Kind.MEANING_CHANGED
    }
    if place not in changed:
        near = f"; these do: {', '.join(sorted(changed))}" if changed else ""
        errors.print(
            f"the description of {place} does not differ from the released one{near}", style="red", highlight=False
        )
        return 1
    kept = {**now.reworded, place: now.meanings[name][field]}
    released.REWORDED.write_text(generating.as_text(dict(sorted(kept.items()))), encoding="utf-8")
    console.print(f"{place}: other words, the same meaning; commit {released.REWORDED.name}", highlight=False)
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

"""Looks every locked package up in the public vulnerability databases: `make audit`.

Python's lock files are asked about by pip-audit, npm's by `npm audit`. What is known and does not touch us stands explained in
`tools/audit.json`, each until a day. The exit code is 0 when nothing is found but what is explained, 1 when something else is,
and 3 when something could not be looked up: who cannot tell is not clean.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
EXPLAINED = ROOT / "tools" / "audit.json"
PIP_AUDIT = "pip-audit==2.10.1"
PYTHON_LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-image.lock")
NPM_PROJECTS = ("clients/typescript", "tools/asyncapi")

CLEAN, FOUND, CANNOT_TELL = 0, 1, 3
_SECONDS = 600
_NAMED = 3
"""Packages that a sentence names of those that could not be looked up."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A vulnerability of a package that a lock file names."""

    source: str
    package: str
    ids: tuple[str, ...]
    """Its id in the database that was asked, and those in others."""
    summary: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of one lock file."""

    source: str
    findings: tuple[Finding, ...] = ()
    looked_up: int = 0
    unknown: str = ""
    """What could not be looked up and why; empty when everything was."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A finding that we know of."""

    id: str
    package: str
    why: str
    """Why it does not touch us."""
    until: date
    """The last day on which this holds; then somebody looks again."""


def explanations(text: str) -> tuple[Explanation, ...]:
    """Those of the file. Raises ``ValueError`` naming an entry that lacks something."""
    found = []
    for entry in json.loads(text):
        missing = [name for name in ("id", "package", "why", "until") if not str(entry.get(name, "")).strip()]
        if missing:
            raise ValueError(f"{EXPLAINED.name}: {entry} does not say {', '.join(missing)}")
        found.append(Explanation(entry["id"], entry["package"], entry["why"], date.fromisoformat(entry["until"])))
    return tuple(found)


def python_answer(source: str, output: str, errors: str = "") -> Answer:
    """What pip-audit says, as JSON; it counts packages that no database knows as fine, we do not."""
    try:
        packages: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Answer(source, unknown=f"pip-audit gave no answer: {_last_line(errors)}")
    skipped = [each for each in packages if "skip_reason" in each]
    findings = tuple(
        Finding(source, each["name"], (found["id"], *found.get("aliases", ())), _fix(found.get("fix_versions", ())))
        for each in packages
        for found in each.get("vulns", ())
    )
    return Answer(source, findings, len(packages) - len(skipped), _unknown(packages, skipped))


def npm_answer(source: str, output: str, errors: str = "") -> Answer:
    """What `npm audit` says, as JSON; an answer without a count of packages is none."""
    try:
        report: dict[str, Any] = json.loads(output)
        packages = int(report["metadata"]["dependencies"]["total"])
        advisories = [(name, via) for name, found in report["vulnerabilities"].items() for via in found["via"]]
    except (ValueError, KeyError, TypeError):
        return Answer(source, unknown=f"npm audit gave no answer: {_npm_error(output) or _last_line(errors)}")
    # a text names the package below that brings the finding, which has an entry of its own
    own = [(name, via) for name, via in advisories if isinstance(via, dict)]
    findings = tuple(
        Finding(
            source,
            name,
            (str(via.get("url", "")).rpartition("/")[2] or str(via["source"]),),
            f"{via.get('title', '')} ({via.get('range', 'all versions')})",
        )
        for name, via in own
    )
    return Answer(source, findings, packages, "" if packages else "no package was looked up")


def verdict(answers: Iterable[Answer], known: Sequence[Explanation], today: date) -> tuple[int, list[str]]:
    """The exit code, and a sentence for everything found, explained, unknown, or explained in vain."""
    lines, open_ones, unknown, used = [], 0, False, set()
    for answer in answers:
        for finding in answer.findings:
            said = _explained(finding, known)
            where = f"{finding.source}: {finding.package} {finding.ids[0]}"
            if said is None:
                lines.append(f"FOUND {where}: {finding.summary}")
            elif said.until < today:
                lines.append(f"FOUND {where}: its explanation ended on {said.until}: look again")
            else:
                lines.append(f"explained until {said.until}: {where}: {said.why}")
            open_ones += said is None or said.until < today
            used |= {said} if said is not None else set()
        if answer.unknown:
            unknown = True
            lines.append(f"CANNOT TELL {answer.source}: {answer.unknown}")
        else:
            lines.append(f"{answer.source}: {answer.looked_up} packages looked up, {len(answer.findings)} findings")
    if not unknown:
        lines += [f"explained in vain, take it out: {each.package} {each.id}" for each in known if each not in used]
    if open_ones:
        return FOUND, [
            *lines,
            f"{open_ones} findings without an explanation: update, or explain them in tools/audit.json",
        ]
    if unknown:
        return CANNOT_TELL, [*lines, "Not audited: no vulnerability data for the above. This is no clean result."]
    return CLEAN, [*lines, "Nothing found that is not explained."]


def _explained(finding: Finding, known: Iterable[Explanation]) -> Explanation | None:
    """The explanation that holds longest, of this package and any of the finding's ids."""
    fitting = [each for each in known if each.package == finding.package and each.id in finding.ids]
    return max(fitting, key=lambda each: each.until, default=None)


def _unknown(packages: Sequence[dict[str, Any]], skipped: Sequence[dict[str, Any]]) -> str:
    if not packages:
        return "no package was looked up"
    if not skipped:
        return ""
    named = ", ".join(each["name"] for each in skipped[:_NAMED]) + (", …" if len(skipped) > _NAMED else "")
    return f"{len(skipped)} of {len(packages)} packages ({named}): {skipped[0]['skip_reason']}"


def _fix(versions: Sequence[str]) -> str:
    return f"fixed in {', '.join(versions)}" if versions else "no release fixes it yet"


def _npm_error(output: str) -> str:
    try:
        said = json.loads(output)
        return str(said.get("message") or said["error"]["summary"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]


def _run(command: Sequence[str]) -> tuple[str, str]:
    """Standard output and errors; what keeps a command from running is told as its errors."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", str(error)
    return done.stdout, done.stderr


def _asked() -> Iterable[Answer]:
    uv = str(Path(sys.executable).parent / "uv")
    wanted = ["--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    for lock in PYTHON_LOCKS:
        command = [uv, "tool", "run", "--quiet", "--from", PIP_AUDIT, "pip-audit", *wanted, "--requirement", lock]
        yield python_answer(lock, *_run(command))
    for project in NPM_PROJECTS:
        command = ["npm", "audit", "--json", "--package-lock-only", "--prefix", project]
        yield npm_answer(f"{project}/package-lock.json", *_run(command))


def main() -> int:
    """Ask, print, and answer the exit code."""
    code, lines = verdict(_asked(), explanations(EXPLAINED.read_text(encoding="utf-8")), datetime.now(UTC).date())
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main())

"""``loanstream quote`` and ``loanstream simulate``: nothing is needed but the terms, and nothing is stored."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loanstream.cli.forms import Form
from services.servicing.domain.transactions.position import RowKind
from services.servicing.quoting.answers import quote_answer, state_answer
from services.servicing.quoting.documents import Fault, Unfit, parsed, read
from services.servicing.quoting.quote import Quote, quote
from services.servicing.quoting.simulation import simulate
from services.servicing.quoting.terms_document import QuoteDocument
from services.servicing.quoting.transactions_document import SimulationDocument

DAY_COUNTS: Mapping[str, Mapping[str, Any]] = {
    "by-period": {"interest_by": "period"},
    "30/360": {"interest_by": "day", "day_count": {"year": 360, "month": 30}},
    "30/365": {"interest_by": "day", "day_count": {"year": 365, "month": 30}},
    "actual/360": {"interest_by": "day", "day_count": {"year": 360}},
    "actual/365": {"interest_by": "day", "day_count": {"year": 365}},
}
"""What ``--day-count`` stands for in the terms; others are written in JSON."""

_CHARTS = (".svg", ".png")


def quote_of(options: Mapping[str, str | None], form: Form, chart: Path | None) -> str:
    """The quote for what the command line says, or for the JSON on standard input. Raises :class:`Unfit`, ``OSError``."""
    given = {name: value for name, value in options.items() if value is not None}
    if chart is not None and chart.suffix.lower() not in _CHARTS:
        raise Unfit([Fault("--chart", f"the file's name must end in {' or '.join(_CHARTS)}")])
    found = quote(read(QuoteDocument, _of_options(given) if given else parsed(_standard_input())))
    if chart is not None:
        _draw(found, chart)
    if form is Form.JSON:
        return _json(quote_answer(found))
    from loanstream.cli.quote_text import quote_csv, quote_text

    return quote_csv(found) if form is Form.CSV else quote_text(found)


def simulation_of(file: Path, form: Form) -> str:
    """The states of the loan in ``file``; ``-`` is standard input. Raises :class:`Unfit`."""
    terms, states = simulate(read(SimulationDocument, parsed(_content(file))))
    if form is Form.JSON:
        return _json({"currency": terms.currency, "states": [state_answer(state, terms) for state in states]})
    from loanstream.cli.quote_text import states_csv, states_text

    return states_csv(terms, states) if form is Form.CSV else states_text(terms, states)


def quote_schema() -> str:
    """The JSON Schema of what ``quote`` reads."""
    return _json(QuoteDocument.model_json_schema())


def simulation_schema() -> str:
    """The JSON Schema of what ``simulate`` reads."""
    return _json(SimulationDocument.model_json_schema())


def _of_options(given: Mapping[str, str]) -> dict[str, Any]:
    """The document that options spell out."""
    document: dict[str, Any] = {"method": "equal-instalment"}
    names = ("principal", "method", "start", "first_due", "currency", "lender_type", "signed", "headline")
    document |= {name: given[name] for name in names if name in given}
    if "rate" in given:
        document["rate"] = {"percent": given["rate"]}
    if "months" in given:
        document["instalments"] = _whole(given["months"])
    if "day_count" in given:
        if given["day_count"] not in DAY_COUNTS:
            raise Unfit([Fault("--day-count", f"there are {', '.join(DAY_COUNTS)}; others are written in JSON")])
        document |= DAY_COUNTS[given["day_count"]]
    charges = [
        {"code": code, "time": time, **_charge(given[code.replace("-", "_")])}
        for code, time in (("fee", "disbursement"), ("instalment-fee", "instalment"))
        if code.replace("-", "_") in given
    ]
    return document | ({"charges": charges} if charges else {})


def _whole(said: str) -> int | str:
    """The number that digits spell; other words stay, and the document refuses them."""
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else said


def _charge(said: str) -> dict[str, str]:
    """``100`` is an amount, ``1%`` a part of the principal."""
    if said.endswith("%"):
        return {"basis": "amount", "percent": said.removesuffix("%").rstrip()}
    return {"basis": "flat", "amount": said}


def _draw(found: Quote, file: Path) -> None:
    from loanstream.cli.chart import Column, write

    terms = found.terms
    columns = [
        Column(str(line.number), line.principal, line.interest, line.fee + line.penalty, line.balance)
        for line in found.lines
        if line.kind is not RowKind.DISBURSEMENT
    ]
    title = f"{terms.method}, {terms.rate.percent:f} % a {terms.rate.per}, {terms.instalments} instalments"
    write(file, title, terms.currency, found.lines[0].balance, columns)


def _standard_input() -> str:
    if sys.stdin.isatty():
        raise Unfit(
            [Fault("", "give the terms as JSON on standard input, or --principal, --rate, --months and --start")]
        )
    return _decoded(sys.stdin.buffer.read())


def _content(file: Path) -> str:
    return _decoded(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unfit([Fault("", f"not UTF-8: {error.reason} at byte {error.start}")]) from None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"

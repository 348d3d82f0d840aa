"""Quotes and states as readable text and as CSV. Figures come first and words last, so that Chinese words shift no column."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any

from services.servicing.domain.terms import Terms
from services.servicing.domain.transactions.position import Line, RowKind
from services.servicing.quoting.answers import amount, line_answer, percent
from services.servicing.quoting.quote import Figure, Quote
from services.servicing.quoting.simulation import State

_HEADS = ("principal", "interest", "fees", "penalty", "total", "balance")


def quote_text(quote: Quote) -> str:
    """The whole quote."""
    return _text(
        [
            _agreed(quote.terms, f"start {quote.start}"),
            "",
            *_schedule(quote),
            "",
            "Cost in normal performance",
            *_costs(quote),
            "",
            "Figures",
            *(_figure(figure, quote) for figure in quote.figures),
            "",
            "Caps at signing",
            *_caps(quote),
        ]
    )


def states_text(terms: Terms, states: Iterable[State]) -> str:
    """Each transaction with what it posted, the lines that changed, and where the loan stands after it."""
    lines = [_agreed(terms, "")]
    for state in states:
        lines += ["", *_state(state, terms.currency)]
    return _text(lines)


def quote_csv(quote: Quote) -> str:
    """The schedule."""
    return _csv(line_answer(line, quote.terms.currency) for line in quote.lines)


def states_csv(terms: Terms, states: Iterable[State]) -> str:
    """The schedule after each transaction, with where the loan stands in the first columns."""
    return _csv(_rows(terms, states))


def _rows(terms: Terms, states: Iterable[State]) -> Iterator[dict[str, Any]]:
    for state in states:
        stands = {
            "transaction": state.number,
            "type": state.transaction.type,
            "value_date": state.transaction.date.isoformat(),
            "status": state.position.status.value,
            "principal_outstanding": amount(state.principal, terms.currency),
            "overpaid": amount(state.position.overpaid, terms.currency),
        }
        for line in state.position.lines:
            yield stands | line_answer(line, terms.currency)


def _csv(rows: Iterable[dict[str, Any]]) -> str:
    text = StringIO()
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(text, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow(row)
    return text.getvalue()


def _agreed(terms: Terms, besides: str) -> str:
    parts = (
        terms.method,
        f"{terms.family} family",
        f"principal {amount(terms.principal, terms.currency)} {terms.currency}",
        f"rate {terms.rate.percent:f} % a {terms.rate.per}",
        f"{terms.instalments} instalments",
        besides,
    )
    return "  ".join(part for part in parts if part)


def _schedule(quote: Quote) -> Iterator[str]:
    currency, totals = quote.terms.currency, quote.totals
    yield _line("no", "due date", "days", *_HEADS)
    for line in quote.lines:
        yield _of(line, currency)
    sums = (totals.principal, totals.interest, totals.fee, totals.penalty, totals.due)
    yield _line("sum", "", "", *(amount(units, currency) for units in sums))


def _of(line: Line, currency: str) -> str:
    parts = (line.principal, line.interest, line.fee, line.penalty, line.due)
    if line.kind is RowKind.DISBURSEMENT:
        paid_out = amount(line.balance, currency)
        return _line("", line.day, "", *(amount(units, currency) if units else "" for units in parts), f"+{paid_out}")
    figures = (amount(units, currency) for units in (*parts, line.balance))
    return _line(line.number, line.day, line.days, *figures)


def _line(number: object, day: object, days: object, *figures: object) -> str:
    return f"{number!s:>4}  {day!s:<10}  {days!s:>4}" + "".join(f"  {figure!s:>14}" for figure in figures)


def _costs(quote: Quote) -> Iterator[str]:
    currency = quote.terms.currency
    for item in quote.items:
        said = f"{item.name}: {item.standard}, {item.method}; collected by {item.collected_by}"
        yield f"{amount(item.total, currency):>16}  {said}"
    yield f"{amount(quote.cost, currency):>16}  total"
    if quote.contingent:
        yield ""
        yield "On default only"
    for item in quote.contingent:
        yield f"{'':>16}  {item.name}: {item.standard}, {item.method}; collected by {item.collected_by}"


def _figure(figure: Figure, quote: Quote) -> str:
    if figure.rate is None:
        return f"{'none':>16}  {figure.label}: {figure.why_not}"
    said = figure.label
    if figure.code == quote.headline:
        said += " (headline)"
    if figure.code == "aprc" and quote.aprc is not None:
        said += f"; disclosed as {quote.aprc.percent:f} %"
    return f"{percent(figure.rate):>14} %  {said}"


def _caps(quote: Quote) -> Iterator[str]:
    signing = quote.signing
    if signing is None:
        yield f"{'not tested':>16}  {quote.untested}"
        return
    yield f"{percent(signing.cap.rate):>14} %  cap. {signing.cap.rule.source}"
    if signing.cap.rule.void_above is not None:
        yield f"{percent(signing.cap.rule.void_above):>14} %  void above"
    tests = (
        ("contract-rate", signing.contract_rate, "contract rate"),
        ("total-cost", signing.total_cost, f"total cost, as {quote.tested_figure}"),
    )
    for code, rate, said in tests:
        verdict = "ABOVE the cap" if code in signing.exceeding else "within"
        yield f"{percent(rate):>14} %  {said}: {verdict}"


def _state(state: State, currency: str) -> Iterator[str]:
    one = state.transaction
    recorded = "" if one.known == one.date else f"  recorded {one.known}"
    yield f"{state.number}  {one.date}  {one.type}{recorded}"
    for posting in state.postings:
        parts = (f"{part} {amount(units, currency)}" for part, units in posting.allocation.items() if units)
        yield f"   {posting.kind} {amount(posting.amount, currency)}: {', '.join(parts) or 'nothing allocated'}"
    if state.corrected:
        yield f"   allocated anew: {', '.join(map(str, state.corrected))}"
    if state.changed:
        yield _line("no", "due date", "days", *_HEADS, "paid")
        for line in state.changed:
            yield f"{_of(line, currency)}  {amount(line.paid, currency):>14}"
    totals = state.position.totals
    yield (
        f"   {state.position.status}: principal {amount(state.principal, currency)}, outstanding"
        f" {amount(totals.outstanding, currency)}, overpaid {amount(state.position.overpaid, currency)}"
    )


def _text(lines: Iterable[str]) -> str:
    return "\n".join(line.rstrip() for line in lines) + "\n"

"""A quote: the schedule in normal performance, what the loan costs, and each figure under its own name.

It is computed as if every row were paid on its due date. Amounts are minor units; rates are unrounded fractions of one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, Overflow

from services.servicing.domain.cost.aprc import VERSIONS, Aprc, Period, aprc, years_between
from services.servicing.domain.cost.caps import NoCap, Signing, at_signing, cap
from services.servicing.domain.cost.cost_table import CostTable, Headline, Item, cost_table
from services.servicing.domain.cost.internal_rate import xirr
from services.servicing.domain.cost.lpr import LprUnknown
from services.servicing.domain.cost.roots import Flow, NoRate, rate
from services.servicing.domain.terms import Charge, ChargeBasis, ChargeTime, Method, Terms, Unit
from services.servicing.domain.transactions import ChargeAdded, Disbursed, Entry, run
from services.servicing.domain.transactions.position import Line, RowKind, Totals
from services.servicing.quoting.documents import Fault, Unfit, path
from services.servicing.quoting.reading import read_terms
from services.servicing.quoting.terms_document import ChargeDocument, QuoteDocument

_HIGHEST = Decimal(1_000_000)
"""Rates above it have no figure: a fee that leaves next to nothing of the loan makes them."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One rate under its own name, or why there is none."""

    code: str
    label: str
    rate: Decimal | None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """Everything a quote says."""

    terms: Terms
    start: date
    headline: Headline
    lines: tuple[Line, ...]
    totals: Totals
    items: tuple[Item, ...]
    """What it costs in normal performance."""
    contingent: tuple[Item, ...]
    """What falls due on default only."""
    figures: tuple[Figure, ...]
    aprc: Aprc | None
    signing: Signing | None
    """The test of the caps at signing."""
    untested: str
    """Why the caps were not tested."""

    @property
    def tested_figure(self) -> str:
        """The figure that stood for the total cost in the test: the headline rate, or XIRR where that has no value."""
        rates = {figure.code: figure.rate for figure in self.figures}
        return self.headline.value if rates[self.headline.value] is not None else "xirr"

    @property
    def cost(self) -> int:
        """All that is paid beside the principal."""
        return self.totals.interest + self.totals.fee + self.totals.penalty


def quote(document: QuoteDocument) -> Quote:
    """The quote for a document. Raises :class:`Unfit`."""
    terms, charges = read_terms(document, document.start)
    _check(document, terms)
    plain = replace(terms, recalculation=None)  # rows that are paid when they are due ask for nothing else
    normal = [charge for charge in charges if charge.time is not ChargeTime.OVERDUE]
    position = run(plain, [*_charged(normal, document.start), *_payouts(terms, document.start)])
    items = (_interest(document, position.lines), *_fees(plain, document, charges))
    contingent = (*_on_default(document), *_when_overdue(document))
    table, why = _table(document, terms, position.lines, (*items, *contingent))
    dated = [(line.day, _flow(line)) for line in position.lines]
    yearly = _xirr(dated)
    disclosed, aprc_figure = _aprc(document, dated)
    figures = (*_periodic(document, table, why), yearly, aprc_figure)
    signing, untested = _caps(document, terms, table, yearly)
    return Quote(
        terms,
        document.start,
        document.headline,
        position.lines,
        position.totals,
        items,
        contingent,
        figures,
        disclosed,
        signing,
        untested,
    )


def _check(document: QuoteDocument, terms: Terms) -> None:
    """Refuse what only a quote cannot take."""
    faults = []
    if terms.tranches and sum(tranche.amount for tranche in terms.tranches) != terms.principal:
        faults.append(Fault("tranches", "must sum to the principal"))
    if terms.tranches and terms.tranches[0].expected != document.start:
        faults.append(Fault("tranches[0].expected", f"the first tranche is paid out at the start, {document.start}"))
    if document.aprc_version not in VERSIONS:
        faults.append(Fault("aprc_version", f"unknown; known: {', '.join(VERSIONS)}"))
    if (document.lender_type is None) != (document.signed is None):
        absent = "signed" if document.signed is None else "lender_type"
        faults.append(Fault(absent, "the caps are tested by lender type and day of the contract: give both or neither"))
    if document.signed is not None and document.signed > document.start:
        faults.append(Fault("signed", f"must not be after the disbursement on {document.start}"))
    codes = [*(one.code for one in document.charges), *(one.code for one in document.contingent)]
    for i, one in enumerate(document.contingent):
        if codes.count(one.code) > 1 or one.code == "interest":
            faults.append(Fault(path("contingent", i, "code"), "stands in the cost table already"))
    if faults:
        raise Unfit(faults)


def _charged(charges: Iterable[Charge], known: date) -> list[Entry]:
    return [ChargeAdded(known=known, charge=charge) for charge in charges]


def _payouts(terms: Terms, start: date) -> list[Entry]:
    parts = [(tranche.expected, tranche.amount) for tranche in terms.tranches] or [(start, terms.principal)]
    return [Disbursed(known=day, value_date=day, amount=amount) for day, amount in parts]


def _flow(line: Line) -> Decimal:
    """What the borrower pays on a line's day, less what is received."""
    return Decimal(line.fee + line.penalty - line.balance if line.kind is RowKind.DISBURSEMENT else line.due)


def _period(number: int, line: Line) -> int:
    """The period a line belongs to: rows that are due at payout are period 0."""
    return number if line.kind is RowKind.INSTALMENT else 0


def _numbered(lines: Iterable[Line]) -> list[tuple[int, Line]]:
    """Lines with the number of their instalment, 0 for what is not one."""
    numbered, count = [], 0
    for line in lines:
        count += line.kind is RowKind.INSTALMENT
        numbered.append((_period(count, line), line))
    return numbered


def _interest(document: QuoteDocument, lines: Iterable[Line]) -> Item:
    base = "the amount disbursed" if document.method is Method.FLAT else "the outstanding principal"
    amounts = tuple((period, line.interest) for period, line in _numbered(lines) if line.interest)
    standard = f"{document.rate.percent:f} % a {document.rate.per}"
    return Item("interest", "Interest 利息", f"on {base}", standard, "lender", amounts)


def _on_default(document: QuoteDocument) -> Iterable[Item]:
    for one in document.contingent:
        yield Item(one.code, one.name, one.method, one.standard, one.collected_by, contingent=True)


def _when_overdue(document: QuoteDocument) -> Iterable[Item]:
    """Charges of the terms that no row asks for in normal performance."""
    for one in document.charges:
        if one.time is ChargeTime.OVERDUE:
            standard = _standard(one, document.currency)
            yield Item(one.code, one.name or one.code, _TIMES[one.time], standard, one.collected_by, contingent=True)


def _fees(terms: Terms, document: QuoteDocument, charges: tuple[Charge, ...]) -> Iterable[Item]:
    """One item a charge: each is rounded for itself, and none changes principal or interest."""
    for said, charge in zip(document.charges, charges, strict=True):
        if charge.time is ChargeTime.OVERDUE:
            continue
        alone = run(terms, [*_charged([charge], document.start), *_payouts(terms, document.start)])
        amounts = tuple(
            (period, line.fee + line.penalty) for period, line in _numbered(alone.lines) if line.fee + line.penalty
        )
        standard = _standard(said, document.currency)
        yield Item(said.code, said.name or said.code, _TIMES[said.time], standard, said.collected_by, amounts)


_TIMES = {
    ChargeTime.DISBURSEMENT: "once, at the disbursement",
    ChargeTime.TRANCHE: "at each disbursement, on its amount",
    ChargeTime.DUE_DATE: "once, on its due date",
    ChargeTime.INSTALMENT: "with every instalment",
    ChargeTime.OVERDUE: "with each instalment that is overdue",
}
_BASES = {
    ChargeBasis.AMOUNT: "the principal",
    ChargeBasis.INTEREST: "the interest",
    ChargeBasis.AMOUNT_AND_INTEREST: "principal and interest",
}


def _standard(charge: ChargeDocument, currency: str) -> str:
    if charge.basis is ChargeBasis.FLAT:
        return f"{charge.amount:f} {currency}"
    return f"{charge.percent:f} % of {_BASES[charge.basis]}"


def _table(
    document: QuoteDocument, terms: Terms, lines: tuple[Line, ...], items: tuple[Item, ...]
) -> tuple[CostTable | None, str]:
    """The cost table by periods, or why its rates cannot be stated."""
    a_year = _periods_a_year(document)
    rows = [pair for pair in _numbered(lines) if pair[1].kind is not RowKind.DISBURSEMENT]
    if sum(line.kind is RowKind.DISBURSEMENT for line in lines) > 1:
        return None, "several disbursements: flows are not one period apart"
    if terms.plan or terms.settlement is not None:
        return None, "rows on days of their own: flows are not one period apart"
    if any(period > terms.instalments for period, _ in rows):
        return None, "a charge after maturity: flows are not one period apart"
    if a_year is None:
        every, unit = document.frequency.every, document.frequency.unit
        return None, f"a year has no whole number of periods of {every} {unit}s"
    back = [(period, line.principal) for period, line in rows]
    try:
        table = cost_table(terms.principal, back, items, document.headline, a_year)
        _stated(table.effective)
        return table, ""
    except (NoRate, Overflow) as error:
        return None, str(error)


def _periods_a_year(document: QuoteDocument) -> int | None:
    units = {Unit.DAY: 365, Unit.WEEK: 52, Unit.MONTH: 12, Unit.YEAR: 1}[document.frequency.unit]
    if document.month_days is not None:
        units *= 2
    whole, left = divmod(units, document.frequency.every)
    return None if left else whole


def _periodic(document: QuoteDocument, table: CostTable | None, why: str) -> tuple[Figure, ...]:
    every, unit = document.frequency.every, document.frequency.unit
    span = unit if every == 1 else f"{every} {unit}s"
    span = f"half {span}" if document.month_days is not None else span
    rates = (None, None, None) if table is None else (table.periodic_irr, table.nominal, table.effective)
    named = (
        ("periodic-irr", f"Periodic IRR, per {span} 每期内部收益率"),
        ("nominal", "Nominal annual rate, periods a year × periodic IRR 单利"),
        ("effective", "Effective annual rate, compounded 复利"),
    )
    return tuple(Figure(code, label, rate, why) for (code, label), rate in zip(named, rates, strict=True))


def _xirr(dated: list[tuple[date, Decimal]]) -> Figure:
    label = "XIRR, effective annual rate of the dated flows on actual/365"
    try:
        return Figure("xirr", label, _stated(xirr(dated).value))
    except (NoRate, Overflow) as error:
        return Figure("xirr", label, None, str(error))


def _aprc(document: QuoteDocument, dated: list[tuple[date, Decimal]]) -> tuple[Aprc | None, Figure]:
    version = VERSIONS[document.aprc_version]
    period = Period.WEEK if document.frequency.unit is Unit.WEEK else Period.MONTH
    label = f"APRC, {version.code}"
    flows = [Flow(years_between(document.start, day, version, period), -amount) for day, amount in dated]
    try:
        _stated(rate(flows).value)
        found = aprc(flows, version)
    except (NoRate, Overflow) as error:
        return None, Figure("aprc", label, None, str(error))
    return found, Figure("aprc", label, found.exact)


def _stated(found: Decimal) -> Decimal:
    """The rate, unless it is beyond anything that can be shown. Raises :class:`Overflow`."""
    if found > _HIGHEST:
        raise Overflow(f"more than {_HIGHEST * 100:f} % a year")
    return found


def _caps(document: QuoteDocument, terms: Terms, table: CostTable | None, yearly: Figure) -> tuple[Signing | None, str]:
    """Contract rate and total cost against the cap of the contract's day; XIRR where the headline rate has no value."""
    if document.lender_type is None or document.signed is None:
        return None, "lender_type and signed are not given"
    total = yearly.rate
    if table is not None:
        total = table.nominal if document.headline is Headline.NOMINAL else table.effective
    if total is None:
        return None, yearly.why_not
    try:
        limit = cap(document.lender_type, document.signed)
    except (NoCap, LprUnknown) as error:
        return None, str(error)
    return at_signing(limit, terms.annual_percent / 100, total), ""

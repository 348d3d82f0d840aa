"""Credit agreements in words: amount, drawdowns, rates and repayment; their charges are read by ``charges``.

The European Commission's agreements are over 240 months by equal instalments unless they say otherwise; its lines of credit
(effective borrowing rate, no repayment named) are five years of interest only and then 120 parts of principal. What is not said
is that.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction

from services.servicing.domain.calendar.months import add_months, whole_months_back
from services.servicing.domain.cost.aprc import year_ending
from services.servicing.domain.cost.credit_plan import Method, Plan, Stage
from services.servicing.domain.cost.rates import effective_of_nominal, periodic_of_effective
from services.servicing.domain.cost.roots import PRECISION
from tests.cases.published import charges
from tests.cases.published.words import (
    ADVERBS,
    AMOUNT,
    COUNTS,
    NUMBER,
    Inputs,
    Text,
    Unreadable,
    day,
    first_amount,
    number,
    whole,
)

ZERO = Decimal(0)
STANDARD_TERM = 240
LINE_OF_CREDIT = (Stage(Method.INTEREST_ONLY, 60), Stage(Method.EQUAL_PRINCIPAL, 120))
COUNT = r"(?P<n>\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
UNIT = r"(?P<unit>month|quarter|half-year|year)s?\b"
UNITS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
FREQUENCY = rf"(?P<adverb>{'|'.join(sorted(ADVERBS, key=len, reverse=True))})"
PERCENT = rf"(?P<percent>{NUMBER})\s*%"
PAID = r"(?:instalments?|payments?|repayments?)"
AT = r"(?:(?:paid |repaid |due )?(?:at|after|in|on)(?: the)?(?: end(?: of)?)?)"
PASSED_OVER = (
    *(
        "nominal",
        "effective",
        "fixed",
        "variable",
        PAID,
        "months?",
        "whole term",
        "term",
        "rate",
        "end",
        "equal",
        "constant",
        "level",
    ),
    *(
        "french",
        "amorti[sz]ation",
        "annuity",
        "regular",
        "each",
        "interest",
        "paid",
        "full",
        "years?",
        "remaining",
        "rest",
        "loan",
    ),
    *("initial", "discounted", "reference", "bridging", "teaser"),
    *("initially", "immediately", "per", "mortgage", "due", "maturity", "after", "over"),
)


@dataclass
class Agreement:
    """What the words say, in periods of ``every`` months."""

    credit: Decimal
    every: int = 1
    stages: tuple[Stage, ...] = ()
    rates: tuple[tuple[int, Decimal], ...] = ()
    financed: Decimal = ZERO
    """Owed beside the credit, e.g. a premium paid from it."""
    drawdowns: dict[int, Decimal] = field(default_factory=dict)
    costs: list[tuple[int, Decimal]] = field(default_factory=list)
    """(period, amount); -1 is the last period."""
    regular: list[charges.Recurring] = field(default_factory=list)
    payment: Decimal | None = None
    """Each payment, where the source gives it."""
    deferred: bool = False
    """Whether it begins with months without payments."""
    start: date | None = None
    first: date | None = None

    def plan(self) -> Plan:
        """The plan, with the first interest simple over whole months and a stub of days where dates are given."""
        owed = self.credit + self.financed
        plan = Plan(owed, self.stages, self.rates, self.drawdowns)
        if self.start is None or self.first is None:
            return plan
        months, days, basis = self.stub()
        with localcontext(PRECISION):
            periodic = self.rates[0][1]
            return replace(
                plan,
                first_interest=periodic * (Decimal(months) / self.every + Decimal(12 * days) / (basis * self.every)),
            )

    def stub(self) -> tuple[int, int, int]:
        """(whole months, days, days of the year that ends with them) of the first period."""
        assert self.start is not None
        assert self.first is not None
        months = whole_months_back(self.first, self.start)
        end = add_months(self.first, -months)
        return months, (end - self.start).days, year_ending(end)

    def time(self, period: int) -> Fraction:
        """Years from the first drawdown to the end of a period."""
        return self.moment(period * self.every)

    def moment(self, month: int) -> Fraction:
        """Years from the first drawdown to the end of a month of the plan."""
        if month == 0 or self.start is None or self.first is None:
            return Fraction(month, 12)
        months, days, basis = self.stub()
        return Fraction(months + month - self.every, 12) + Fraction(days, basis)


BORROWING = ("borrowing_rate", "rate", "annual_rate", "nominal_rate")
TERM_KEYS = ("term", "term_months", "months", "duration", "duration_months", "number_of_months")


def read(inputs: Inputs) -> Agreement:
    """The agreement that the words state. Raises :class:`Unreadable` with the words that were not understood."""
    agreement = _amounts(inputs)
    agreement.start = inputs.read(
        day, "agreement_date", "drawdown_date", "start_date", "first_drawdown", "signature_date"
    )
    agreement.first = inputs.read(day, "first_payment", "first_payment_date", "first_instalment")
    inputs.read(day, "last_payment", "last_payment_date")
    rate_words = Text(str(inputs.need(*BORROWING)).lower())
    charges.at_conclusion(agreement, inputs.get("upfront_cost", "upfront_costs", "upfront_fee", "fee", "initial_cost"))
    term = inputs.read(
        lambda value: f"{value} months" if str(value).isdigit() else str(value), *TERM_KEYS, otherwise=""
    )
    years = inputs.read(
        lambda value: f"{value} years" if str(value).isdigit() else str(value), "years", "term_years", otherwise=""
    )
    often = inputs.get("frequency", "payment_frequency")
    if often is not None:
        if str(often).lower() not in ADVERBS:
            raise Unreadable(f"frequency {often!r}")
        agreement.every = ADVERBS[str(often).lower()]
    repaid = str(inputs.get("repayment", "instalments", "repayments", "payments") or "")
    dated = re.search(r",? (?:starting |first )?(?:from|on) (\d{4}-\d{2}-\d{2})", repaid)
    if dated and agreement.first is None:
        agreement.first, repaid = day(dated[1]), repaid.replace(dated[0], "")
    texts = [Text(words.lower()) for words in (repaid, term, years)]
    others = [Text(f"{_hint(key)}{value}".lower()) for key, value in inputs.rest().items()]
    for text in texts:
        agreement.stages += repayment(agreement, text)
    for text in (*others, rate_words, *texts):
        charges.regular(agreement, text)
    for text in (*others, rate_words):
        agreement.stages += stages_in_passing(agreement, text)
    every, said = agreement.every, rate_words.left
    effective = rates_of(agreement, rate_words)
    for text in (rate_words, *others):
        agreement.stages += repayment(agreement, text)
    if agreement.every != every:  # the rate's own words say how often is paid
        rates_of(agreement, Text(said))
    for text in (rate_words, *others, *texts):
        text.done(PASSED_OVER)
    if agreement.deferred and len(agreement.stages) == 1:
        left = STANDARD_TERM // agreement.every - agreement.stages[0].periods
        agreement.stages += (Stage(Method.EQUAL_INSTALMENT, left),) if left > 0 else ()
    if not agreement.stages:
        agreement.stages = (
            LINE_OF_CREDIT if effective else (Stage(Method.EQUAL_INSTALMENT, STANDARD_TERM // agreement.every),)
        )
    return agreement


def _amounts(inputs: Inputs) -> Agreement:
    agreement = Agreement(ZERO)
    drawn = inputs.get("drawdowns", "drawdown", "advances")
    credit = inputs.get("total_credit", "credit", "principal", "amount", "total_amount_of_credit", "loan")
    total = None if credit is None else first_amount(credit)
    if drawn is not None:
        _drawdowns(agreement, Text(_spelled(str(drawn).lower(), total)))
    if credit is not None and not agreement.credit:
        agreement.credit = first_amount(credit)
    if not agreement.credit:
        raise Unreadable("no amount of credit")
    return agreement


def _hint(key: str) -> str:
    """A key that says itself what its value is, e.g. ``monthly_cost``; keys of free text say nothing."""
    return "" if key in ("other", "others", "note", "notes", "terms", "conditions") else f"{key.replace('_', ' ')} "


TRANCHES = (
    rf"(?P<n>\d+|{'|'.join(COUNTS)}) (?:equal )?(?:tranches|drawdowns|parts|payments)(?: of {AMOUNT})? (?:at|in) months? "
    r"(?P<at>\d+(?:(?:,| and|, and) ?\d+)*)"
)


def _spelled(words: str, total: Decimal | None) -> str:
    """Drawdowns at even distances, by shares or in tranches, as amounts at months."""
    words = re.sub(r"\b(?:at (?:signing|signature|conclusion)|immediately|initially)\b", "at 0", words)
    even = re.search(
        rf"(?P<n>\d+)\s*(?:x|×)\s*{AMOUNT} every (?P<every>\d+) months?"
        rf"|(?P<m>\d+) monthly (?:(?:drawdowns|tranches|parts) )?of {AMOUNT.replace('<amount>', '<each>')}"
        rf"|{AMOUNT.replace('<amount>', '<one>')} (?:(?:per|a|each|every) month|monthly) for (?P<k>\d+) months",
        words,
    )
    if even:
        count, every = int(even["n"] or even["m"] or even["k"]), int(even["every"] or 1)
        months_ = ", ".join(str(n * every) for n in range(count))
        amount = even["amount"] or even["each"] or even["one"]
        return words.replace(even[0], f"{count} x {amount} at months {months_}")
    tranches = re.search(TRANCHES, words)
    if tranches and (tranches["amount"] or total is not None):
        each = tranches["amount"] or str((total or ZERO) / whole(tranches["n"]))
        return words.replace(tranches[0], f"{whole(tranches['n'])} x {each} at months {tranches['at']}")
    if total is not None:
        words = re.sub(rf"({NUMBER})\s*%", lambda share: f"{total * number(share[0]):f}", words)
    return (
        re.sub(r"(?<=[\dx]) at (?=\d+(?:(?:,| and|, and) ?\d+)+(?: months)?\s*$)", " at months ", words)
        if re.search("[x×]", words)
        else words
    )


def _drawdowns(agreement: Agreement, text: Text) -> None:
    listed = r"(?P<at>\d+(?:(?:,| and|, and)(?: at)?(?: month)? ?\d+(?![\d.,]*\d* (?:at|in|on|after)))*)"
    many = text.take(rf"(?P<n>\d+)\s*(?:x|×)\s*{AMOUNT} (?:at|in) months? {listed}") or text.take(
        rf"^\s*{AMOUNT} (?:each )?(?:at|in)(?: months?)? {listed}(?: months?)?\s*$"
    )
    if many:
        for period in map(int, re.findall(r"\d+", many["at"])):
            agreement.drawdowns[period] = number(many["amount"])
        agreement.credit += agreement.drawdowns.pop(0, ZERO)
    at = r"(?:at|on|in|after)?\s*(?:the |time )?(?:start|once|conclusion|month (?P<m>\d+)|(?P<at>\d+)(?:\s*months?)?)"
    for match in text.all(rf"{AMOUNT}\s*(?:drawn )?{at}"):
        period, amount = int(match["m"] or match["at"] or 0), number(match["amount"])
        if period:
            agreement.drawdowns[period] = agreement.drawdowns.get(period, ZERO) + amount
        else:
            agreement.credit += amount
    for match in text.all(r"(?:and|,)\s*(?:at\s*)?month (?P<at>\d+)|(?<!\d)month (?P<m>\d+)"):
        agreement.drawdowns[int(match["at"] or match["m"])] = agreement.credit
    text.done(("drawn", "down", "each", "further", "months?"))


def repayment(agreement: Agreement, text: Text) -> tuple[Stage, ...]:
    """Every stage in words that are about repayment: those in passing, and the plain ``240 monthly`` or ``20 years``."""
    if re.search(r"\d+ (?:payments|instalments) (?:a|per|each) year", text.left):
        raise Unreadable(f"payments that leave months out: {text.left!r}")
    found = stages_in_passing(agreement, text)
    return found + _level(agreement, text)


def stages_in_passing(agreement: Agreement, text: Text) -> tuple[Stage, ...]:
    """The stages that name their method, in the order of :data:`STAGES`."""
    return tuple(stage for reader in STAGES for stage in reader(agreement, text))


def _overdraft(agreement: Agreement, text: Text) -> list[Stage]:
    match = text.take(
        rf"overdraft(?: facility)?,?(?: duration (?:unknown|not (?:known|fixed)),?)?(?: for)? \(?{COUNT} months?\)?"
    )
    if match is None:
        return []
    compound = text.take(
        r"(?:capital|principal) and interest (?:re)?(?:paid )?(?:at|in|after) (?:(?:the )?end|month \d+|\d+ months)"
    )
    text.take(r"(?:capital|principal) (?:re)?(?:paid )?(?:at|in|after) (?:(?:the )?end|month \d+|\d+ months)")
    return [Stage(Method.BULLET if compound else Method.INTEREST_ONLY, whole(match["n"]))]


def _two_parts(_: Agreement, text: Text) -> list[Stage]:
    """Parts of principal that are solved anew at each drawdown: ``9 then 3 equal principal``."""
    match = text.take(rf"(?<!only )(?<!\d)(?P<parts>\d+(?: then \d+)+) equal (?:principal|capital)(?: {PAID}| parts)?")
    return [Stage(Method.EQUAL_PRINCIPAL, int(n)) for n in re.findall(r"\d+", match["parts"])] if match else []


def _interest_only(agreement: Agreement, text: Text) -> list[Stage]:
    match = (
        text.take(rf"interest[- ]only,? (?:for |during )?(?:the )?(?P<first>first )?{COUNT} {UNIT}")
        or text.take(rf"grace(?: period)?(?: of)? (?P<first>){COUNT} {UNIT},? \(?interest[- ]only\)?")
        or text.take(rf"(?P<first>first )?{COUNT} {UNIT} (?:of )?(?:grace )?\(?interest[- ]only\)?")
    )
    capital = r"(?:(?:and|then),? )?(?:the |whole )?(?<!equal )(?:principal|capital)(?! (?:payments|parts|in\b))"
    if match:
        whole_at_end = text.take(rf"{capital}(?: {AT}(?: month)?(?: \d+)?(?: months)?)?(?: maturity| term)?")
        agreement.deferred = match["first"] is not None and whole_at_end is None
        return [Stage(Method.INTEREST_ONLY, whole(match["n"]) * UNITS[match["unit"]] // agreement.every)]
    match = text.take(r"(?P<n>\d+) interest[- ]only(?=\s*(?:,|;|then|and))") or text.take(
        r"interest[- ]only,? (?P<n>\d+)(?=\s*(?:,|;|then|and|$))"
    )
    if match:
        return [Stage(Method.INTEREST_ONLY, int(match["n"]))]
    monthly = r"(?:interest(?: paid)? monthly|(?:\d+ )?monthly interest(?: payments)?)"
    at = rf"{AT} (?:maturity,? (?:of |after )?)?(?:month )?{COUNT}(?: months)?"
    later = (
        text.take(rf"(?:interest[- ]only,? )?{capital} {at}")
        or text.take(rf"{monthly}(?:,| and)? bullet {at}")
        or text.take(rf"bullet {at},? (?:and |with )?{monthly}")
    )
    if later:
        text.take(monthly)
        text.take(r"bridging(?: loan)?,?(?: (?:for |of )?\d+ months)?")
        return [Stage(Method.INTEREST_ONLY, whole(later["n"]) // agreement.every)]
    return _bridging(agreement, text)


def _bridging(agreement: Agreement, text: Text) -> list[Stage]:
    """A loan that is short by its name: interest as it accrues where the words say so, else with the capital."""
    match = text.take(rf"(?:bridging|bridge)(?: loan| credit)?,?(?: (?:for|of|over))? \(?{COUNT} {UNIT}\)?")
    if match is None:
        return []
    regular = text.take(r"interest(?: (?:is )?paid)? monthly|monthly interest")
    text.take(rf"(?:capital|principal)(?: and interest)? {AT}(?: maturity| term)?")
    method = Method.INTEREST_ONLY if regular else Method.BULLET
    return [Stage(method, whole(match["n"]) * UNITS[match["unit"]] // agreement.every)]


def _equal_principal(agreement: Agreement, text: Text) -> list[Stage]:
    match = text.take(
        rf"equal (?:principal|capital)(?: {PAID}| parts)?,? *(?:over |for |in )?{COUNT} {UNIT}"
    ) or text.take(rf"{COUNT} {UNIT} (?:of )?equal (?:principal|capital)(?: {PAID}| parts)?")
    if match:
        return [Stage(Method.EQUAL_PRINCIPAL, whole(match["n"]) * UNITS[match["unit"]] // agreement.every)]
    match = text.take(rf"{COUNT}(?: {FREQUENCY})? equal (?:principal|capital)(?: {PAID}| parts)?") or text.take(
        rf"equal (?:principal|capital)(?: {PAID}| parts)?,? {COUNT}(?: {FREQUENCY})?(?: {PAID})?"
    )
    if match is None:
        match = text.take(
            rf"equal (?:principal|capital)(?: {PAID}| parts)? {FREQUENCY},? {COUNT}(?: (?P<years>years)| {PAID})?"
        )
    if match is None:
        return []
    agreement.every = ADVERBS[match["adverb"]] if match["adverb"] else agreement.every
    years = match.groupdict().get("years")
    return [Stage(Method.EQUAL_PRINCIPAL, whole(match["n"]) * (12 // agreement.every if years else 1))]


def _bullet(agreement: Agreement, text: Text) -> list[Stage]:
    match = text.take(
        rf"interest (?:paid )?at maturity,? (?:of |after )?{COUNT} (?:months?|(?P<years>years?))"
    ) or text.take(
        r"(?:bullet|single (?:re)?payment|one (?:re)?payment|repaid (?:in full|at once)|capital and interest)(?: repayment)?,?"
        rf" (?:at |after |in )?(?:month )?{COUNT}(?: (?:months?|(?P<years>years?)))?"
    )
    if match is None:
        return []
    text.take(r"(?:interest )?(?:compounded monthly|rolled up|capitali[sz]ed)")
    return [Stage(Method.BULLET, whole(match["n"]) * (12 if match["years"] else 1) // agreement.every)]


def _revolving(_: Agreement, text: Text) -> list[Stage]:
    match = text.take(
        rf"{PERCENT} of (?:the )?(?:outstanding )?(?:principal|balance|capital|debt)(?:\s*(?:\+|and|plus)\s*interest)?"
        rf"(?: monthly| per month| each month)?,? *(?:with )?(?:a )?(?:minimum|min\.?|at least) (?:of )?{AMOUNT}"
    )
    if match is None:
        return []
    return [Stage(Method.SHARE_OF_BALANCE, 1200, share=number(match["percent"] + "%"), minimum=number(match["amount"]))]


LEFT = r"(?:balloon|rest|remainder|(?:outstanding|remaining) (?:balance|principal|capital)|balance)"


def _longer_annuity(agreement: Agreement, text: Text) -> list[Stage]:
    match = text.take(
        rf"{COUNT}[- ]{UNIT} (?:{PAID}|amorti[sz]ation|annuity),? {LEFT}(?: is)?(?: due| paid| repaid)? (?:after|at|in) "
        r"(?:month )?(?P<at>\d+)(?: (?:months?|(?P<years>years?)))?"
    ) or text.take(
        rf"(?P<at>\d+) (?:monthly|months|(?P<years>years))(?: {PAID})?,? (?:then )?(?:a )?balloon(?: of (?:the )?{LEFT})?,? "
        rf"(?:on (?:a )?)?{COUNT}[- ]{UNIT} amorti[sz]ation"
    )
    if match is None:
        return []
    over = whole(match["n"]) * UNITS[match["unit"]] // agreement.every
    periods = int(match["at"]) * (12 if match["years"] else 1) // agreement.every
    return [Stage(Method.EQUAL_INSTALMENT, periods, amortised_over=over)]


def _deferred(agreement: Agreement, text: Text) -> list[Stage]:
    """Months without payments, their interest added to what is owed."""
    period = rf"{COUNT}[- ]{UNIT}"
    into = r"(?:capitali[sz]ed|added to (?:the )?(?:principal|capital|balance))"
    added = rf"(?:,? ?\(?(?:with )?(?:interest )?(?:is )?{into}(?: interest)?\)?)"
    match = (
        text.take(rf"{period} (?:of )?(?:total|full|complete) (?:grace|deferment|deferral)(?: period)?{added}?")
        or text.take(rf"(?:total|full|complete) (?:grace|deferment|deferral)(?: period)?(?: of| for)? {period}{added}?")
        or text.take(rf"{period} (?:of )?(?:grace|deferment|deferral|deferred)(?: period)?{added}")
        or text.take(rf"(?:grace|deferment|deferral|deferred)(?: period)?(?: of| for)? {period}{added}")
        or text.take(rf"deferred (?:by |for )?{period}")
        or text.take(rf"(?:no payments?|without payments?) (?:for |during |in )?(?:the )?(?:first )?{period}{added}?")
        or text.take(rf"(?:first )?{period} (?:without|(?:of )?no) payments?{added}?")
        or text.take(rf"(?:payments|instalments|repayments?|first payment) (?:start|begin)s? after {period}{added}?")
    )
    if match is None:
        return []
    agreement.deferred = True
    return [Stage(Method.BULLET, whole(match["n"]) * UNITS[match["unit"]] // agreement.every)]


def _until_repaid(_: Agreement, text: Text) -> list[Stage]:
    """A payment that is given, as often as it takes."""
    last = r"(?:the )?(?:last|final)(?: payment| instalment)?(?: is)? (?:smaller|lower)"
    rest = rf",? (?:until (?:it is |fully )?(?:repaid|paid off)|{last})"
    each = r"(?: (?:per|a|each|every) month| monthly)"
    match = (
        text.take(rf"(?:fixed |constant |monthly )*(?:{PAID} (?:of )?)?{AMOUNT}{each}?{rest}")
        or text.take(rf"^\s*(?:fixed |constant )(?:monthly )?{PAID} (?:of )?{AMOUNT}{each}?\s*$")
        or text.take(rf"^\s*(?:monthly )?{PAID} of {AMOUNT}{each}\s*$")
    )
    if match is None:
        return []
    return [Stage(Method.FIXED, 1200, payment=number(match["amount"]))]


STAGES = (
    *(_deferred, _until_repaid, _longer_annuity, _overdraft, _two_parts),
    *(_interest_only, _equal_principal, _bullet, _revolving),
)


def _level(agreement: Agreement, text: Text) -> tuple[Stage, ...]:
    """Equal instalments: their number or term, a balloon, growth; given amounts stay as they are given."""
    given = (
        text.take(rf"(?<![\d.,])(?P<n>\d+)\s*(?:x|×)\s*{AMOUNT}(?: {FREQUENCY})?")
        or text.take(rf"{AMOUNT}\s*(?:x|×)\s*(?P<n>\d+) {FREQUENCY}")
        or text.take(rf"(?:{FREQUENCY} )?{AMOUNT}\s*(?:x|×)\s*(?P<n>\d+)")
        or text.take(rf"{PAID} of {AMOUNT},? (?P<n>\d+)(?: {FREQUENCY})?")
        or text.take(rf"{AMOUNT} {FREQUENCY},? (?:for|over) (?P<n>\d+) (?:months|periods)")
    )
    if given:
        agreement.payment = number(given["amount"])
        agreement.every = ADVERBS[given["adverb"]] if given["adverb"] else agreement.every
        return (Stage(Method.FIXED, int(given["n"]), payment=agreement.payment),)
    left = text.take(
        rf"(?:(?:final )?balloon|residual value) (?:of )?(?:{PERCENT}|{AMOUNT})(?: of (?:the )?(?:credit|loan|principal))?"
        r"(?: (?:at|after) (?:the )?(?:end|(?:month )?(?P<at>\d+)(?: months)?))?"
    )
    graced = text.take(
        rf"{COUNT} {FREQUENCY}(?: {PAID})?,? (?:of which )?(?:the )?first (?P<only>\d+) interest[- ]only"
    )
    if graced:
        only = int(graced["only"])
        agreement.every = ADVERBS[graced["adverb"]]
        return (Stage(Method.INTEREST_ONLY, only), Stage(Method.EQUAL_INSTALMENT, whole(graced["n"]) - only))
    first = r"(?:the )?(?:initial|original|total) (?:credit|loan|amount|capital)"
    share = text.take(rf"{PERCENT} of {first}(?: {FREQUENCY}| (?:per|a|each) month)")
    if share:
        payment = agreement.credit * number(share["percent"] + "%")
        return (Stage(Method.FIXED, 1200, payment=payment),)
    on = r"(?:,? (?:on )?(?:the \d+(?:st|nd|rd|th)|day \d+)(?: (?:day )?of (?:each|the|every) month)?)?"
    count = text.take(rf"{COUNT} (?:equal |constant )?{FREQUENCY}(?: {PAID})?{on}") or text.take(
        rf"{FREQUENCY},? {COUNT} (?:equal |constant )?(?:instalments|payments|repayments){on}"
    )
    count = count or text.take(rf"^\s*{FREQUENCY}(?: {PAID})?,? {COUNT}\s*$")
    if count:
        agreement.every = ADVERBS[count["adverb"]]
    count = count or text.take(rf"{COUNT} (?:equal |constant )?(?:instalments|payments|repayments){on}")
    count = count or text.take(rf"then {COUNT}(?: months| annuity)?\s*$")
    spaced = text.take(r"every (?P<n>\d+|two|three|four|six|twelve) months") if count else None
    if spaced:
        agreement.every = whole(spaced["n"])
    growing = _growth(text)
    often = None if count else text.take(rf"(?:(?<=year)|(?<=years)),? {FREQUENCY}(?: {PAID})?\s*$")
    if often:
        agreement.every = ADVERBS[often["adverb"]]
    per = agreement.every
    term = None if count else text.take(rf"{COUNT}[- ]{UNIT}")
    periods = whole(count["n"]) if count else whole(term["n"]) * UNITS[term["unit"]] // per if term else 0
    if left and left["at"] and not periods:
        periods = int(left["at"]) // per
    if not periods and growing is None and left is None:
        return ()
    balloon = ZERO
    if left:
        balloon = number(left["amount"]) if left["amount"] else agreement.credit * number(left["percent"] + "%")
    stage = Stage(Method.EQUAL_INSTALMENT, periods or STANDARD_TERM // per, balloon=balloon)
    return (_grown(stage, growing, per) if growing else stage,)


RISES = r"graduated:?|growing|increasing|rising|growth|increases?|grows?|rises?|graded:?|\+"
FALLS = r"decreasing|falling|decreases?|falls?"


def _growth(text: Text) -> re.Match[str] | None:
    every = rf"(?:every |per |a |each |/)(?:(?P<n>\d+|two|three|five|six) )?{UNIT}"
    by = rf"(?:(?P<adverb>annually|yearly|monthly|quarterly|annual)|{every})"
    return text.take(
        rf"(?:geometric(?:ally)? |arithmetic(?:ally)? )?(?:progression,? ?(?:of |with )?)?(?:{PAID} )?"
        rf"(?P<way>{RISES}|{FALLS}|(?<=geometric )|(?<=arithmetic )|(?<=progression )|(?<=progression of )|(?<=progression, ))"
        rf"(?: {PAID},?)?(?: by| of)? ?\+?(?:{PERCENT}|{AMOUNT}),? ?{by}"
    )


def growing(stage: Stage, text: Text, per: int) -> Stage:
    """The stage with the growth that the words state, and nothing but that."""
    found = _growth(text)
    if found is None:
        raise Unreadable(f"growth {text.left!r}")
    text.done()
    return _grown(stage, found, per)


def _grown(stage: Stage, growing: re.Match[str], per: int) -> Stage:
    every = ADVERBS[growing["adverb"]] if growing["adverb"] else whole(growing["n"] or 1) * UNITS[growing["unit"]]
    sign = -1 if re.match(FALLS, growing["way"]) else 1
    if growing["percent"]:
        return replace(stage, growth=1 + sign * number(growing["percent"] + "%"), grows_every=every // per)
    return replace(stage, step=sign * number(growing["amount"]), grows_every=every // per)


ORDINALS = ("first", "second", "third", "fourth", "fifth")
KINDS = (
    r"(?:nominal|effective|fixed|variable|p\.?a\.?|per annum|per year|annual|a year|yearly"
    r"|compounded (?:monthly|quarterly|annually|half-yearly))"
)
LASTS = (
    rf"(?:,?\s*\(?(?:for|during|in|first|\()\s*(?:the\s*)?(?:first\s*)?(?:{COUNT}\s*{UNIT}\)?"
    r"|(?P<rest>whole term(?:\s*\((?P<term>\d+) months\))?|(?:rest|remaining|remainder)[a-z ]*(?:\d+ (?:month|year)s?)?)))?"
    r"(?:,?\s*(?:from|after) month (?P<begin>\d+)|,?\s*months? (?P<from>\d+)\s*(?:-|to)\s*(?P<till>\d+)"
    r"|,?\s*(?:in |for |during )?(?:the )?(?P<year>first|second|third|fourth|fifth) year"
    r"|,?\s*(?:in )?year (?P<nth>\d+))?"
    r"(?:\s*(?:thereafter|afterwards|after))?"
)
PERIODIC = (
    rf"(?:(?:monthly|periodic|per month|quarterly|annual|half-yearly|semi-annual)(?: rate)?\s*(?:of )?{NUMBER}\s*%"
    rf"|{NUMBER}\s*%\s*(?:per month|a month|monthly|per quarter|quarterly))"
)
"""The same rate by period: it adds nothing."""
RATE = (
    rf"(?P<rate>{NUMBER}\s*%|0?\.\d+)(?P<kinds>(?:,?\s*{KINDS})*)"
    rf"(?:[,;]?\s*\(?{PERIODIC}\)?)?{LASTS}"
)


def _indexed(text: Text) -> None:
    """An index and a margin become the rate that they make: the index stays as it is at the conclusion."""
    index = (
        r"(?:\d+[- ]months? |\d+[- ]years? )?(?:euribor|libor|estr|base rate|index|reference rate|swap rate)(?: rate)?"
    )
    margin = r"(?:margin|spread|differential)"
    pattern = (
        rf"(?:variable,? )?{index}(?: of| at)?:? \(?(?P<index>-?{NUMBER})\s*%\)?\s*(?P<sign>\+|plus|-|minus)\s*"
        rf"(?:a )?(?:{margin} )?(?:of )?(?P<margin>{NUMBER})\s*%(?: {margin})?"
    )
    for match in re.finditer(pattern, text.left):
        sign = -1 if match["sign"] in ("-", "minus") else 1
        total = number(match["index"]) + sign * number(match["margin"])
        text.left = text.left.replace(match[0], f"{total}%")


def rates_of(agreement: Agreement, text: Text) -> bool:
    """The rates by period; returns whether they are effective annual rates."""
    effective = "effective" in text.left
    _indexed(text)
    text.left = re.sub(  # a rate that is stated for a month only
        rf"^\s*({NUMBER})\s*% (?:per|a) month\b",
        lambda found: f"{number(found[1]) * 12}% ",
        text.left,
    )
    if text.left.count("%") > 1:  # a span beside a rate is how long it holds
        text.left = re.sub(
            r"(%(?:\s*(?:nominal|effective|fixed|variable|p\.a\.))*) (\d+) (months|years)(?=\s*[,;]|\s+then)",
            r"\1 for \2 \3",
            text.left,
        )
    found = text.all(RATE)
    if not found:
        raise Unreadable(f"no borrowing rate in {text.left!r}")
    begin, rates = 1, []
    for match in found:
        year = int(match["nth"] or 0) or (ORDINALS.index(match["year"]) + 1 if match["year"] else 0)
        if year:
            begin = (year - 1) * 12 // agreement.every + 1
        begin = int(match["begin"] or match["from"] or begin)
        annual = number(match["rate"])
        with localcontext(PRECISION):
            share = Decimal(agreement.every) / 12
            compounded = re.search(r"compounded (quarterly|annually|half-yearly)", match["kinds"] or "")
            if compounded:
                times = 12 // ADVERBS[compounded[1]]
                periodic = periodic_of_effective(effective_of_nominal(annual, times), 1 / share)
            else:
                periodic = periodic_of_effective(annual, 1 / share) if effective else annual * share
            rates.append((begin, periodic))
        if year:
            begin += 12 // agreement.every
        if match["till"]:
            begin = int(match["till"]) + 1
        if match["n"]:
            begin += whole(match["n"]) * UNITS[match["unit"]] // agreement.every
        if match["term"] and not agreement.stages:
            agreement.stages = (Stage(Method.EQUAL_INSTALMENT, int(match["term"]) // agreement.every),)
    span = found[0] if len(found) == 1 and found[0]["n"] else None
    if span and not agreement.stages:  # the only rate lasts as long as the credit
        periods = whole(span["n"]) * UNITS[span["unit"]] // agreement.every
        agreement.stages = (Stage(Method.EQUAL_INSTALMENT, periods),)
    if len({period for period, _ in rates}) < len(rates):
        raise Unreadable("two rates from the same period on")
    agreement.rates = tuple(rates)
    return effective

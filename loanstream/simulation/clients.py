"""Random clients: borrowers, staff and a bank's file, who send commands as the API would and react to what they see."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from loanstream.eventlog.port import EventLog, NewRecord, OutcomeUnknown, Record, TopicPartition
from loanstream.runtime.calendars import EVERY_DAY
from loanstream.runtime.messages import command_record, read_event
from loanstream.simulation.clock import VirtualClock
from loanstream.simulation.faults import Crash
from schemas import ids
from schemas.envelope import CommandMeta
from schemas.funding.commands import Deposit, OpenAccount, OpenTransfer
from schemas.funding.events import AccountOpened
from schemas.money import Money, minor, of_minor
from schemas.origination.commands import (
    DecideApplication,
    ProposeProduct,
    PublishProduct,
    ReleaseDrawdown,
    SignContract,
    SubmitApplication,
    SupplementApplication,
    Verdict,
    WithdrawApplication,
)
from schemas.origination.events import (
    ApplicationReturned,
    ContractDrafted,
    ContractSigned,
    DrawdownRequested,
    ProductPublished,
    ReviewRequested,
    Side,
)
from schemas.platform import START_BUSINESS_DAY
from schemas.servicing.commands import RecordReceipt, RequestReversal, WaiveAmount, WriteOffLoan
from schemas.servicing.events import InstallmentDue, LoanBooked, Overdue, ReceiptApplied
from schemas.terms import ApplicantProfile, Components, Document, Language, ProductTerms, RepaymentMethod
from schemas.topics import CONTEXTS, Role, partition_key, topic

FIRST_DAY = date(2026, 1, 5)
OWN_CAPITAL = "own-capital-CNY"
_PRODUCT = "consumer-credit"
_DIGEST = "0" * 64
_STAFF = frozenset(
    {
        "origination:propose-product",
        "origination:publish-product",
        "origination:decide",
        "origination:release",
        "origination:sign-as-lender",
        "origination:sign-as-borrower",
        "servicing:start-business-day",
        "servicing:record-receipt",
        "servicing:reverse-receipt",
        "servicing:waive",
        "servicing:write-off",
        "funding:open-account",
        "funding:deposit",
        "funding:transfer",
    }
)


@dataclass(frozen=True, slots=True)
class Intent:
    """A command that a client is about to send."""

    target: str
    command: Any
    actor: str


class Clients:
    """What people and the bank do in one history. ``sent`` is their own record: what was sent, under which id."""

    def __init__(self, random: Random, log: EventLog, clock: VirtualClock, partitions: int, repeat: float) -> None:
        self.random = random
        self.log = log
        self.clock = clock
        self.partitions = partitions
        self.repeat = repeat
        self.sent: dict[str, Intent] = {}
        self.day = FIRST_DAY
        self.intents: deque[Intent] = deque()
        self._positions = {
            TopicPartition(topic(context, Role.EVENTS), p): 0 for context in CONTEXTS for p in range(partitions)
        }
        self._receipts = 0
        self._signatures: dict[str, str] = {}
        self._reactions: dict[type[Any], Callable[[Any], None]] = {
            ProductPublished: self._apply_for_loans,
            AccountOpened: self._deposit,
            ApplicationReturned: self._supplement,
            ReviewRequested: self._review,
            ContractDrafted: self._sign,
            ContractSigned: self._remember_signature,
            DrawdownRequested: self._release,
            LoanBooked: self._pay_early,
            InstallmentDue: self._pay_due,
            ReceiptApplied: self._perhaps_reverse,
            Overdue: self._waive_or_write_off,
        }
        self._open_the_house()

    # -- acting ------------------------------------------------------------------------------------------------------

    async def act(self) -> bool:
        """Look at what happened, then send one of the waiting commands; ``False`` when there is nothing to do."""
        await self._observe()
        if not self.intents:
            return False
        if self.random.random() < 0.3:
            self.intents.rotate(-1)
        await self.send(self.intents.popleft())
        return True

    async def start_day(self, days: int) -> None:
        """Open the business day that many days later on every partition of servicing; missed days run in order."""
        self.day += timedelta(days=days)
        for partition in range(self.partitions):
            command = START_BUSINESS_DAY["servicing"](business_date=self.day, calendar=EVERY_DAY)
            await self.send(Intent(partition_key(partition), command, "user:operations-officer"))

    async def send(self, intent: Intent) -> None:
        """Send a command, again while its fate is unknown, and now and then once too often."""
        command_id = ids.derived("simulated", len(self.sent), intent.target)
        self.sent[command_id] = intent
        meta = CommandMeta(
            id=command_id,
            type="",
            target=intent.target,
            time=self.clock.now(),
            actor=intent.actor,
            permissions=_STAFF,
            reply=True,
        )
        record = command_record(meta, intent.command, self.partitions)
        await self._deliver(record)
        while self.random.random() < self.repeat:
            await self._deliver(record)

    async def poison(self) -> None:
        """Send bytes that are no command to a random context."""
        context = self.random.choice(CONTEXTS)
        value = self.random.choice([b"{}", b"\xff\x00", b'{"amount":"x"}', b"null"])
        meta = CommandMeta(
            id=ids.derived("poison", len(self.sent), context),
            type="",
            target=ids.derived("nobody", self.random.randrange(9)),
            time=self.clock.now(),
            actor="user:mistaken",
        )
        good = command_record(meta, RequestReversal(cause="poison"), self.partitions)
        self.sent[meta.id] = Intent(meta.target, value, meta.actor)
        await self._deliver(
            NewRecord(
                topic(context, Role.COMMANDS), good.partition, good.key, good.type, good.headers, value, good.time
            )
        )

    async def _deliver(self, record: NewRecord) -> None:
        while True:
            try:
                await self.log.send([record])
            except (OutcomeUnknown, Crash):
                continue
            return

    async def _observe(self) -> None:
        records = await self.log.read(self._positions, 10_000)
        for record in records:
            self._positions[TopicPartition(record.topic, record.partition)] = record.offset + 1
            self._see(record)

    def _see(self, record: Record) -> None:
        if record.type.endswith("topic.identity.v1"):
            return
        event, _ = read_event(record)
        react = self._reactions.get(type(event))
        if react is not None:
            react(event)

    def _plan(self, target: str, command: Any, actor: str) -> None:
        self.intents.append(Intent(target, command, actor))

    # -- what they do --------------------------------------------------------------------------------------------------

    def _open_the_house(self) -> None:
        self._plan(_PRODUCT, ProposeProduct(terms=product_terms()), "user:product-maker")
        self._plan(_PRODUCT, PublishProduct(version=1), "user:product-checker")
        self._plan(OWN_CAPITAL, OpenAccount(owner="own-capital", currency="CNY"), "user:finance-officer")
        self._plan("lender-2", OpenAccount(owner="lender:2", currency="CNY"), "user:finance-officer")

    def _apply_for_loans(self, _event: ProductPublished) -> None:
        for number in range(self.random.randint(4, 6)):
            application_id = ids.derived("application", number, self.random.getrandbits(64))
            self._plan(application_id, self._application(application_id, number), f"user:borrower-{number}")
            if self.random.random() < 0.1:
                self._plan(application_id, WithdrawApplication(), f"user:borrower-{number}")

    def _application(self, application_id: str, number: int) -> SubmitApplication:
        complete = self.random.random() < 0.8
        kinds = ("identity", "income") if complete else ("identity",)
        return SubmitApplication(
            loan_id=ids.derived("loan", application_id),
            party_ref=f"party-{self.random.choice([number, 0])}",
            product_id=_PRODUCT,
            product_version=1,
            product_terms=product_terms(),
            amount=of_minor(self.random.randint(25_000, 1_000_000), "CNY"),
            months=self.random.randint(1, 3),
            method=self.random.choice(list(RepaymentMethod)),
            purpose="radio/television",
            repayment_source="salary",
            profile=profile(self.random),
            documents=tuple(Document(kind=kind, digest=_DIGEST) for kind in kinds),
            language=self.random.choice(list(Language)),
        )

    def _deposit(self, event: AccountOpened) -> None:
        if event.owner.startswith("loan:"):
            return
        for n in range(2):
            amount = of_minor(self.random.randint(1_000_000, 3_000_000), "CNY")
            self._plan(
                event.account_id, Deposit(amount=amount, bank_reference=f"dep-{event.account_id}-{n}"), "user:finance"
            )
        other = OWN_CAPITAL if event.account_id != OWN_CAPITAL else "lender-2"
        for n in range(self.random.randint(2, 3)):
            amount = of_minor(self.random.randint(1, 2_000_000), "CNY")
            transfer = OpenTransfer(
                from_account=event.account_id, to_account=other, amount=amount, purpose="transfer", reference=f"r{n}"
            )
            self._plan(ids.derived("transfer", event.account_id, n), transfer, "user:finance")

    def _supplement(self, event: ApplicationReturned) -> None:
        if self.random.random() < 0.7:
            documents = (Document(kind="income", digest=_DIGEST),)
            self._plan(event.application_id, SupplementApplication(documents=documents), "user:borrower")

    def _review(self, event: ReviewRequested) -> None:
        self._plan(event.application_id, DecideApplication(verdict=Verdict.APPROVE), "user:credit-officer")

    def _sign(self, event: ContractDrafted) -> None:
        for side in self.random.sample(list(Side), 2):
            self._plan(event.contract_id, SignContract(side=side, digest=event.digest), f"user:{side.value}")

    def _remember_signature(self, event: ContractSigned) -> None:
        self._signatures[event.contract_id] = event.digest

    def _release(self, event: DrawdownRequested) -> None:
        digest = self._signatures.get(event.contract_id, _DIGEST)
        for person in self.random.choice([("1", "2"), ("1", "1", "2")]):
            self._plan(event.drawdown_id, ReleaseDrawdown(contract_digest=digest), f"user:releaser-{person}")

    def _pay_early(self, event: LoanBooked) -> None:
        """A back-and-forth: a payment, and for some a reversal later."""
        for _ in range(self.random.randint(1, 2)):
            self._receive(event.loan_id, self.random.randint(100, minor(event.terms.principal)))
        if self.random.random() < 0.1:
            self._receive(ids.derived("no such loan"), 100)

    def _pay_due(self, event: InstallmentDue) -> None:
        unpaid = minor(event.unpaid)
        choice = self.random.random()
        if not unpaid or choice < 0.3:
            return
        self._receive(event.loan_id, unpaid if choice < 0.7 else self.random.randint(1, 2 * unpaid))

    def _receive(self, loan_id: str, units: int) -> None:
        self._receipts += 1
        receipt = RecordReceipt(loan_id=loan_id, amount=of_minor(units, "CNY"), channel="bank-file")
        self._plan(f"bank-{self._receipts}", receipt, "user:operations-officer")

    def _perhaps_reverse(self, event: ReceiptApplied) -> None:
        if self.random.random() < 0.3:
            self._plan(event.receipt_id, RequestReversal(cause="chargeback"), "user:operations-officer")
            self._receive(event.loan_id, max(1, minor(event.applied)))

    def _waive_or_write_off(self, event: Overdue) -> None:
        if self.random.random() < 0.5:
            self._plan(event.loan_id, WriteOffLoan(reason="no hope"), "user:finance-officer")
        else:
            zero = Money(Decimal("0.00"), "CNY")
            waived = Components(principal=zero, interest=zero, penalty=of_minor(1, "CNY"))
            self._plan(event.loan_id, WaiveAmount(amounts=waived, reason="goodwill"), "user:finance-officer")


def product_terms() -> ProductTerms:
    """The product of every history: short terms, so that loans end within it."""
    return ProductTerms(
        name_zh="消费信用贷",
        name_en="Consumer credit",
        kind="personal-credit",
        minimum=of_minor(25_000, "CNY"),
        maximum=of_minor(2_000_000, "CNY"),
        minimum_months=1,
        maximum_months=12,
        annual_rate=Decimal("0.144"),
        methods=tuple(RepaymentMethod),
        penalty_multiplier=Decimal("1.5"),
        day_basis=360,
        grace_days=3,
        allocation_order=("penalty", "interest", "principal"),
        rules="cn-bank/1",
        documents=("identity", "income"),
        approval_valid_days=30,
        supplement_days=10,
        reapply_after_days=1,
    )


def profile(random: Random) -> ApplicantProfile:
    """A profile that the scorecard knows; good, middling or bad."""
    good = random.random() < 0.7
    values: Sequence[str] = ("no checking account", "... >= 1000 DM") if good else ("... < 0 DM", "... < 100 DM")
    return ApplicantProfile(
        checking_account=values[0],
        credit_history="existing credits paid back duly till now",
        savings=values[1],
        employment="4 <= ... < 7 years",
        instalment_burden=random.randint(1, 4),
        other_debtors="none",
        residence_years=4,
        property="real estate",
        age_band="35-44",
        other_plans="none",
        housing="own",
        existing_credits=1,
        job="skilled employee / official",
        dependants=1,
        monthly_income=of_minor(random.randint(300_000, 3_000_000), "CNY"),
    )

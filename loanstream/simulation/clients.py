"""Random clients: borrowers, staff and a bank's file, who send commands as the API would and react to what they see."""

from collections import Counter, deque
from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any, cast

from loanstream.eventlog.port import EventLog, NewRecord, OutcomeUnknown, Record, TopicPartition
from loanstream.runtime.messages import command_record, read_event
from loanstream.simulation import endings
from loanstream.simulation.applications import DIGEST, LETTER, PRODUCT, application, product_terms
from loanstream.simulation.clock import VirtualClock
from loanstream.simulation.days import CALENDAR
from loanstream.simulation.faults import Crash
from loanstream.simulation.intents import Intent
from schemas import ids
from schemas.envelope import CommandMeta
from schemas.funding.commands import Deposit, OpenAccount, OpenTransfer
from schemas.funding.events import AccountOpened, TransferCaptured
from schemas.money import Money, minor, of_minor
from schemas.origination.commands import (
    DecideApplication,
    ProposeProduct,
    PublishProduct,
    ReleaseDrawdown,
    SignContract,
    SupplementApplication,
    Verdict,
    WithdrawApplication,
)
from schemas.origination.events import (
    ApplicationReturned,
    ContractDrafted,
    DrawdownRequested,
    ProductProposed,
    ProductPublished,
    ReviewRequested,
    Side,
)
from schemas.platform import BUSINESS_DAY_CLOSED, START_BUSINESS_DAY
from schemas.servicing.commands import (
    AccelerateLoan,
    ChargeFee,
    RaisePenaltyRate,
    RecordReceipt,
    RequestReversal,
    SetAssetClass,
    WaiveAmount,
    WriteOffLoan,
)
from schemas.servicing.events import (
    ClaimSold,
    DelinquencyBucketChanged,
    InstallmentDue,
    LoanBooked,
    Overdue,
    PaymentReversed,
    PaymentSuspended,
    PenaltyCharged,
    ReceiptApplied,
    Settled,
    SettlementAgreed,
    WrittenOff,
)
from schemas.terms import AssetClass, Components, Document
from schemas.topics import CONTEXTS, Role, partition_key, topic

OWN_CAPITAL = "own-capital-CNY"
_LENDER = "lender-2"
_HOPELESS = 90
"""Days past due after which a loan is written off."""
_DAY_CLOSED = {cls: context for context, cls in BUSINESS_DAY_CLOSED.items()}
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
        "servicing:accelerate",
        "servicing:raise-penalty",
        "servicing:charge-fee",
        "servicing:classify",
        "funding:open-account",
        "funding:deposit",
        "funding:transfer",
        *endings.PERMISSIONS,
    }
)


class Clients:
    """What people and the bank do in one history. ``sent`` is their own record: what was sent, under which id."""

    def __init__(self, random: Random, log: EventLog, clock: VirtualClock, partitions: int, repeat: float) -> None:
        self.random = random
        self.log = log
        self.clock = clock
        self.partitions = partitions
        self.repeat = repeat
        self.sent: dict[str, Intent] = {}
        self.intents: deque[Intent] = deque()
        self._positions = {
            TopicPartition(topic(context, Role.EVENTS), p): 0 for context in CONTEXTS for p in range(partitions)
        }
        self.seen: Counter[type[Any]] = Counter()
        """Events by class, as far as the clients looked."""
        self.closed: Counter[tuple[str, date]] = Counter()
        """Partitions that closed a business day, by context."""
        self.captured = False
        """Whether a transfer of their own went all the way."""
        self._transfers: set[str] = set()
        self._receipts = 0
        self._people = 0
        self._open_loans: dict[str, int] = {}
        """Loans that take payments, with their principal."""
        self._applied: dict[str, str] = {}
        """Receipts that a loan took, which nobody reversed yet, with their loan."""
        self._endings = endings.Endings(random, self._plan, self._receive)
        self._reactions: dict[type[Any], Callable[[Any], None]] = {
            ProductProposed: self._publish,
            ProductPublished: self._apply_for_loans,
            AccountOpened: self._deposit,
            TransferCaptured: self._notice_transfer,
            ApplicationReturned: self._supplement,
            ReviewRequested: self._review,
            ContractDrafted: self._sign,
            DrawdownRequested: self._release,
            LoanBooked: self._pay_early,
            InstallmentDue: self._pay_due,
            ReceiptApplied: self._perhaps_reverse,
            PaymentReversed: self._open_again,
            Overdue: self._pay_late,
            PenaltyCharged: self._waive,
            DelinquencyBucketChanged: self._chase,
            WrittenOff: self._recover,
            Settled: self._close,
            ClaimSold: self._close,
            PaymentSuspended: self._endings.suspended,
            SettlementAgreed: self._endings.agreed,
        }
        self._open_the_house()

    # -- acting ------------------------------------------------------------------------------------------------------

    async def act(self) -> bool:
        """Look at what happened, then send one of the waiting commands; ``False`` when there is nothing to do."""
        await self.look()
        if not self.intents:
            return False
        if self.random.random() < 0.3:
            self.intents.rotate(-1)
        await self.send(self.intents.popleft())
        return True

    async def start_day(self, day: date) -> None:
        """Open that business day on every partition of servicing; missed days run in order."""
        for partition in range(self.partitions):
            command = START_BUSINESS_DAY["servicing"](business_date=day, calendar=CALENDAR)
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

    async def look(self) -> None:
        """See what happened since the last look, and make plans."""
        records = await self.log.read(self._positions, 10_000)
        for record in records:
            self._positions[TopicPartition(record.topic, record.partition)] = record.offset + 1
            self._see(record)

    def _see(self, record: Record) -> None:
        if record.type.endswith("topic.identity.v1"):
            return
        event, _ = read_event(record)
        self.seen[type(event)] += 1
        if type(event) in _DAY_CLOSED:
            day = cast(Any, event).business_date
            self.closed[_DAY_CLOSED[type(event)], day] += 1
        react = self._reactions.get(type(event))
        if react is not None:
            react(event)

    def _plan(self, target: str, command: Any, actor: str) -> None:
        self.intents.append(Intent(target, command, actor))

    # -- what they do --------------------------------------------------------------------------------------------------

    def _open_the_house(self) -> None:
        self._plan(PRODUCT, ProposeProduct(terms=product_terms()), "user:product-maker")
        self._plan(OWN_CAPITAL, OpenAccount(owner="own-capital", currency="CNY"), "user:finance-officer")
        self._plan(_LENDER, OpenAccount(owner="lender:2", currency="CNY"), "user:finance-officer")

    def _publish(self, event: ProductProposed) -> None:
        self._plan(event.product_id, PublishProduct(version=event.version), "user:product-checker")

    def _apply_for_loans(self, _event: ProductPublished) -> None:
        for _ in range(self.random.randint(2, 3)):
            self._apply(self.random.random() < 0.2)

    def _apply(self, returning: bool, *, certain: bool = False) -> None:
        """``returning``: by the first applicant again, who may be turned away for it."""
        self._people += 1
        number = 1 if returning else self._people
        application_id = ids.derived("application", self._people, self.random.getrandbits(64))
        command = application(self.random, application_id, f"party-{number}", certain=certain)
        self._plan(application_id, command, f"user:borrower-{number}")
        if not certain and self.random.random() < 0.1:
            self._plan(application_id, WithdrawApplication(), f"user:borrower-{number}")

    def _deposit(self, event: AccountOpened) -> None:
        if event.owner.startswith("loan:"):
            return
        for n in range(2):
            self._bring(event.account_id, f"dep-{event.account_id}-{n}", self.random.randint(1_000_000, 3_000_000))
        other = OWN_CAPITAL if event.account_id != OWN_CAPITAL else _LENDER
        for _ in range(self.random.randint(1, 2)):
            self._transfer(event.account_id, other, self.random.randint(1, 2_000_000))

    def _bring(self, account_id: str, reference: str, units: int) -> None:
        self._plan(account_id, Deposit(amount=of_minor(units, "CNY"), bank_reference=reference), "user:finance")

    def _transfer(self, from_account: str, to_account: str, units: int) -> None:
        reference = f"r{len(self._transfers)}"
        transfer_id = ids.derived("transfer", from_account, reference)
        self._transfers.add(transfer_id)
        command = OpenTransfer(
            from_account=from_account,
            to_account=to_account,
            amount=of_minor(units, "CNY"),
            purpose="transfer",
            reference=reference,
        )
        self._plan(transfer_id, command, "user:finance")

    def _notice_transfer(self, event: TransferCaptured) -> None:
        self.captured = self.captured or event.transfer_id in self._transfers

    def _supplement(self, event: ApplicationReturned) -> None:
        if self.random.random() < 0.7:
            documents = (Document(kind="income", digest=DIGEST),)
            self._plan(event.application_id, SupplementApplication(documents=documents), "user:borrower")

    def _review(self, event: ReviewRequested) -> None:
        self._plan(event.application_id, DecideApplication(verdict=Verdict.APPROVE), "user:credit-officer")

    def _sign(self, event: ContractDrafted) -> None:
        for side in self.random.sample(list(Side), 2):
            self._plan(event.contract_id, SignContract(side=side, digest=event.digest), f"user:{side.value}")

    def _release(self, event: DrawdownRequested) -> None:
        """Two people; now and then one of them tries twice, or holds another paper in his hand."""
        if self.random.random() < 0.1:
            self._plan(event.drawdown_id, ReleaseDrawdown(contract_digest=DIGEST), "user:releaser-1")
        for person in self.random.choice([("1", "2"), ("1", "1", "2")]):
            self._plan(event.drawdown_id, ReleaseDrawdown(contract_digest=event.digest), f"user:releaser-{person}")

    def _pay_early(self, event: LoanBooked) -> None:
        principal = minor(event.terms.principal)
        self._open_loans[event.loan_id] = principal
        for _ in range(self.random.choice([0, 0, 1, 2])):
            self._receive(event.loan_id, self.random.randint(100, principal // 2))
        if self.random.random() < 0.1:
            self._receive(ids.derived("no such loan"), 100)
        self._endings.booked(event)

    def _pay_due(self, event: InstallmentDue) -> None:
        unpaid = minor(event.unpaid)
        choice = self.random.random()
        if not unpaid or choice < 0.5:
            return
        self._receive(event.loan_id, unpaid if choice < 0.7 else self.random.randint(1, 2 * unpaid))

    def _pay_late(self, event: Overdue) -> None:
        """Some pay what is past due, some much later than they say; most let it grow."""
        owed = sum(minor(amount) for amount in _parts(event.past_due))
        if self.random.random() < 0.4:
            dated = event.since + timedelta(days=event.days_past_due) if self.random.random() < 0.5 else event.since
            self._receive(event.loan_id, owed, dated)
        else:
            self._endings.late(event)

    def _receive(self, loan_id: str, units: int, value_date: date | None = None) -> None:
        self._receipts += 1
        receipt = RecordReceipt(
            loan_id=loan_id, amount=of_minor(units, "CNY"), channel="bank-file", value_date=value_date
        )
        self._plan(f"bank-{self._receipts}", receipt, "user:operations-officer")

    def _perhaps_reverse(self, event: ReceiptApplied) -> None:
        """The bank takes some money back; some of it comes again."""
        self._applied[event.receipt_id] = event.loan_id
        if self.random.random() < 0.3:
            self._reverse(event.receipt_id)
            if self.random.random() < 0.5:
                self._receive(event.loan_id, max(1, minor(event.applied)))

    def _reverse(self, receipt_id: str) -> None:
        self._applied.pop(receipt_id, None)
        self._plan(receipt_id, RequestReversal(cause="chargeback"), "user:operations-officer")

    def _open_again(self, event: PaymentReversed) -> None:
        if event.reopened:
            self._open_loans[event.loan_id] = minor(event.outstanding_principal)

    def _waive(self, event: PenaltyCharged) -> None:
        """Goodwill: the penalty, or a part of the principal besides."""
        if event.kind == "penalty" and self.random.random() < 0.5:
            zero = of_minor(0, "CNY")
            principal = of_minor(self.random.choice([0, 1, 100]), "CNY")
            waived = Components(principal=principal, interest=zero, penalty=event.amount)
            self._plan(event.loan_id, WaiveAmount(amounts=waived, reason="goodwill"), "user:finance-officer")

    def _chase(self, event: DelinquencyBucketChanged) -> None:
        """Letters that cost something, the loan called, funds found misused, a class set; some of it is refused."""
        self._write_off(event)
        yesterday = max(
            (day for context, day in self.closed if context == "servicing"), default=self.clock.now().date()
        )
        commands = (
            ChargeFee(code=LETTER, amount=of_minor(self.random.choice([1, 500]), "CNY"), reason="second letter"),
            AccelerateLoan(reason="missed", notice="letter", notified_on=yesterday),
            RaisePenaltyRate(since=yesterday, reference="inspection"),
            SetAssetClass(asset_class=self.random.choice(tuple(AssetClass)), reason="review"),
        )
        if self.random.random() < 0.4:
            self._plan(event.loan_id, self.random.choice(commands), "user:credit-officer")

    def _write_off(self, event: DelinquencyBucketChanged) -> None:
        """Mostly when it is allowed, sometimes when it is not yet."""
        if event.days_past_due > _HOPELESS or self.random.random() < 0.1:
            self._plan(event.loan_id, WriteOffLoan(reason="no hope"), "user:finance-officer")

    def _recover(self, event: WrittenOff) -> None:
        self._open_loans.pop(event.loan_id, None)
        if self.random.random() < 0.6:
            self._receive(event.loan_id, self.random.randint(1, 10_000))
        self._endings.written_off(event)

    def _close(self, event: Settled | ClaimSold) -> None:
        self._open_loans.pop(event.loan_id, None)

    # -- what they do when nothing comes of it -------------------------------------------------------------------------

    def insist_on_a_loan(self) -> None:
        """Another applicant, of whom there is no doubt, and money to lend."""
        if self.seen[ProductPublished]:
            self._people += 1
            self._bring(OWN_CAPITAL, f"more-{self._people}", 3_000_000)
            self._apply(False, certain=True)

    def insist_on_a_transfer(self) -> None:
        """Money first, then a small part of it."""
        self._bring(_LENDER, f"more-transfer-{len(self._transfers)}", 1_000_000)
        self._transfer(_LENDER, OWN_CAPITAL, self.random.randint(1, 1_000))

    def insist_on_a_payment(self) -> None:
        """A borrower pays a part, for which there must be one."""
        if not self._open_loans:
            self.insist_on_a_loan()
            return
        loan_id = self.random.choice(list(self._open_loans))
        self._receive(loan_id, self.random.randint(1, max(1, self._open_loans[loan_id] // 4)))

    def insist_on_a_reversal(self) -> None:
        """The bank takes back what a loan took, for which something must have been paid."""
        if self._applied:
            self._reverse(self.random.choice(list(self._applied)))
        else:
            self.insist_on_a_payment()


def _parts(amounts: Components) -> tuple[Money, ...]:
    return amounts.principal, amounts.interest, amounts.penalty

"""What a loan stops asking for without being paid: waived charges, charge-off, write-off, recovery."""

from dataclasses import replace
from datetime import date

import pytest

from services.servicing.domain.terms import AfterChargeOff, Component, DayCount, Family, TransactionKind
from services.servicing.domain.transactions import ChargedOff, ChargeWaived, Status, Undone, WrittenOff, run
from tests.servicing.engine.samples import PLAIN, START, asked, disbursed, fee, paid, rows

FIRST, MIDDLE = date(2026, 4, 30), date(2026, 5, 15)
INSTALMENT = 103_529
FREE = replace(PLAIN, recalculation=None)
CUMULATIVE = replace(FREE, family=Family.CUMULATIVE, day_count=DayCount(360, 30))


class TestWaivedCharge:
    ENTRIES = (
        disbursed(),
        fee(500, FIRST, START),
        paid(200, START),
        ChargeWaived(known=FIRST, value_date=FIRST, charge=1),
    )

    def test_what_is_unpaid_of_it_is_not_asked_for(self):
        position = run(FREE, self.ENTRIES)
        row = rows(position)[0]
        assert (row.fee, row.paid, row.waived, row.outstanding) == (500, 200, 300, INSTALMENT)
        assert position.postings[-1].allocation[Component.FEE] == 300

    def test_the_waiver_can_be_undone(self):
        position = run(FREE, [*self.ENTRIES, Undone(known=FIRST, entry=3)])
        assert position.lines == run(FREE, self.ENTRIES[:3]).lines

    def test_without_its_charge_it_waives_nothing(self):
        position = run(FREE, [*self.ENTRIES, Undone(known=FIRST, entry=1)])
        assert (position.totals.waived, position.totals.outstanding) == (0, run(FREE, [disbursed()]).totals.due - 200)


class TestWriteOff:
    OFF = WrittenOff(known=MIDDLE, value_date=MIDDLE)

    @pytest.mark.parametrize("base", [PLAIN, FREE, CUMULATIVE], ids=["recalculated", "fixed", "cumulative"])
    def test_nothing_is_outstanding_any_more(self, base):
        position = run(base, [disbursed(), paid(INSTALMENT, FIRST), self.OFF])
        assert (position.status, position.totals.outstanding) == (Status.WRITTEN_OFF, 0)
        posting = position.postings[-1]
        assert posting.amount == position.totals.written_off
        assert (posting.allocation[Component.PRINCIPAL], posting.balance) == (502_471, 0)

    def test_money_that_comes_later_is_a_recovery(self):
        before = run(PLAIN, [disbursed(), self.OFF])
        position = run(PLAIN, [disbursed(), self.OFF, paid(1_000, date(2026, 7, 1))])
        assert position.lines == before.lines
        assert (position.postings[-1].kind, position.postings[-1].amount) == (TransactionKind.RECOVERY, 1_000)

    def test_undone_it_never_was(self):
        position = run(FREE, [disbursed(), self.OFF, Undone(known=MIDDLE, entry=1)])
        assert position.lines == run(FREE, [disbursed()]).lines
        assert position.status is Status.ACTIVE


class TestChargeOff:
    def after(self, base, interest, day=FIRST):
        return run(base, [disbursed(), ChargedOff(known=day, value_date=day, interest=interest)])

    def test_it_is_a_status_and_the_claim_stays(self):
        position = self.after(FREE, AfterChargeOff.GOES_ON)
        assert position.lines == run(FREE, [disbursed()]).lines
        assert (position.postings[-1].amount, position.postings[-1].balance) == (position.totals.outstanding, 600_000)

    @pytest.mark.parametrize("base", [PLAIN, FREE, CUMULATIVE], ids=["recalculated", "fixed", "cumulative"])
    def test_interest_may_stop_and_instalments_stay(self, base):
        position = self.after(base, AfterChargeOff.STOPS)
        assert asked(position)[1:5] == [(INSTALMENT, 0)] * 4
        assert (position.totals.principal, position.totals.interest) == (600_000, 6_000)

    @pytest.mark.parametrize("base", [PLAIN, FREE, CUMULATIVE], ids=["recalculated", "fixed", "cumulative"])
    def test_all_may_fall_due_with_interest_to_the_day(self, base):
        position = run(
            base,
            [
                disbursed(),
                paid(INSTALMENT, FIRST),
                ChargedOff(known=MIDDLE, value_date=MIDDLE, interest=AfterChargeOff.ACCELERATES),
            ],
        )
        *_, last = rows(position)
        assert (len(rows(position)), last.day, last.principal) == (2, MIDDLE, 502_471)
        assert last.interest == 2_431  # 5,025 for 15 of 31 days

"""The adapter of asserted cases: on a case of our own it passes, and whatever is wrong or unknown is named."""

import json
from copy import deepcopy

import pytest

from services.servicing.domain.transactions import run
from tests.cases.fineract import check, entries_of, main, terms_of

ORDER = [
    f"{due}_{part}" for due in ("PAST_DUE", "DUE", "IN_ADVANCE") for part in ("PENALTY", "FEE", "INTEREST", "PRINCIPAL")
]
CASE = {
    "id": "OWN-1",
    "business_date": "2026-03-01",
    "params": {
        "product": "OWN",
        "loan_schedule_type": "PROGRESSIVE",
        "schedule_processing": "HORIZONTAL",
        "days_in_year": "360",
        "days_in_month": "30",
        "days_in_year_custom_strategy": None,
        "interest_rate_frequency": "YEAR",
        "allow_partial_period_interest": False,
        "currency_digits": 2,
        "currency": "EUR",
        "currency_in_multiples_of": "0",
        "installment_amount_in_multiples_of": None,
        "interest_recalculation": {
            "compounding": "NONE",
            "rest_frequency": "DAILY",
            "rest_interval": "1",
            "pre_closure_interest": "TILL_PRE_CLOSE_DATE",
            "advance_payment_adjustment": "ADJUST_LAST_UNPAID_PERIOD",
            "disallow_interest_on_past_due": False,
        },
        "multi_disburse": False,
        "down_payment": None,
        "fixed_length_days": None,
        "repayment_start_date_type": "DISBURSEMENT_DATE",
        "interest_recognition_on_disbursement_date": False,
        "full_term_for_tranche": False,
        "rounding_mode": "HALF_EVEN",
        "math_precision_digits": 19,
        "payment_allocation": {"DEFAULT": {"future_installment_rule": "NEXT_INSTALLMENT", "order": ORDER}},
        "interest_refund_for": [],
        "principal": "6000.00",
        "interest_rate_percent": "12",
        "interest_type": "DECLINING_BALANCE",
        "interest_calculation_period": "DAILY",
        "amortization": "EQUAL_INSTALLMENTS",
        "loan_term": 2,
        "loan_term_unit": "MONTHS",
        "repayment_every": 1,
        "repayment_unit": "MONTHS",
        "number_of_repayments": 2,
        "grace_on_principal_payment": 0,
        "grace_on_interest_payment": 0,
        "grace_on_interest_charged": 0,
        "submitted_on": "2026-03-01",
        "expected_disbursement_date": "2026-03-01",
        "payment_strategy": "ADVANCED_PAYMENT_ALLOCATION",
        "fixed_emi": None,
        "expected_tranches": None,
    },
    "events": [
        {"type": "business_date", "date": "2026-03-01"},
        {"type": "approve", "date": "2026-03-01", "amount": "6000.00", "expected_disbursement_date": "2026-03-01"},
        {"type": "disburse", "date": "2026-03-01", "amount": "6000.00"},
        {"type": "business_date", "date": "2026-04-01"},
        {"type": "repayment", "date": "2026-04-01", "amount": "3045.07"},
        {"type": "repayment", "date": "2026-04-01", "amount": "45.00"},
        {"type": "undo_repayment", "nth": 2, "date": "2026-04-01"},
    ],
    "expected": {
        "periods": 2,
        "rows": [
            {"kind": "disbursement", "date": "2026-03-01", "balance": "6000.00", "fees": "0.00", "due": "0.00"},
            {"kind": "installment", "nr": 1, "days": 31, "principal": "2985.07", "interest": "60.00", "late": "0.00"},
            {"kind": "installment", "nr": 2, "date": "2026-05-01", "principal": "3014.93", "interest": "30.15"},
        ],
        "total": {"due": "6090.15", "paid": "3045.07", "outstanding": "3045.08"},
        "transactions": [
            {"type": "Disbursement", "amount": "6000.00", "loan_balance": "6000.00"},
            {
                "type": "Repayment",
                "interest": "60.00",
                "principal": "2985.07",
                "loan_balance": "3014.93",
                "reverted": False,
            },
            {"type": "Repayment", "amount": "45.00", "reverted": True},
        ],
        "status": "ACTIVE",
        "outstanding": "3045.08",
        "overpaid": "0.00",
    },
}


def changed(**params):
    case = deepcopy(CASE)
    case["params"].update(params)
    return case


def test_a_case_of_our_own_passes():
    assert check(CASE).differences == ()


def test_a_wrong_figure_is_named_with_its_place():
    case = deepcopy(CASE)
    case["expected"]["rows"][1]["interest"] = "60.01"
    assert check(case).differences == (("row 2", "interest", "60.01", "60.00"),)


def test_a_missing_row_is_a_difference():
    case = deepcopy(CASE)
    del case["expected"]["rows"][2]
    assert ("row", "count", 2, 3) in check(case).differences


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"balloon": 1}, "parameters: balloon"),
        ({"amortization": "CAPITALIZED"}, "CAPITALIZED"),
        ({"interest_recalculation": {**CASE["params"]["interest_recalculation"], "compounding": "FEE"}}, "FEE"),
        ({"principal": "6000.001"}, "6000.001"),
    ],
)
def test_a_word_without_translation_fails_the_case_and_is_named(params, named):
    (difference,) = check(changed(**params)).differences
    assert named in difference.got


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"reschedules": []}, "case: reschedules"),
        ({"params": {**CASE["params"], "down_payment": {"percent": "25", "auto_repayment": True, "cap": "1"}}}, "cap"),
        ({"params": {**CASE["params"], "expected_tranches": [{"expected_date": "2026-03-01", "fee": "1"}]}}, "fee"),
        ({"params": {**CASE["params"], "currency_digits": 0, "currency_in_multiples_of": "50"}}, "multiples_of: 50"),
    ],
)
def test_what_nothing_reads_fails_the_case_and_is_named(more, named):
    (difference,) = check({**CASE, **more}).differences
    assert named in difference.got


def schedule(**params):
    """The rows that a case without events gets: principal and interest."""
    case = {name: value for name, value in changed(**params).items() if name != "events"}
    position = run(terms_of(case), entries_of({**case, "disbursements": [], "charges": []}))
    return [(line.principal, line.interest) for line in position.lines[1:]]


def test_a_loan_of_which_nothing_is_disbursed_has_the_rows_of_its_plan():
    assert schedule() == [(298_507, 6_000), (301_493, 3_015)]
    tranches = [{"expected_date": "2026-03-01", "principal": "3000.00"}]
    assert schedule(expected_tranches=tranches) == [(149_254, 3_000), (150_746, 1_507)]


def test_a_multiple_of_nothing_is_none():
    assert schedule(installment_amount_in_multiples_of="0") == schedule()
    assert schedule(installment_amount_in_multiples_of="10") != schedule()


def test_a_rate_for_the_whole_term_is_spread_over_its_months():
    assert schedule(interest_rate_frequency="WHOLE_TERM", interest_rate_percent="2") == schedule()


def test_a_rate_for_a_day_takes_the_days_of_the_year():
    assert schedule(interest_rate_frequency="DAY", interest_rate_percent="0.03333333333333333333") == schedule()


def test_the_progressive_calculator_levels_rows_whatever_the_amortisation():
    assert schedule(amortization="EQUAL_PRINCIPAL") == schedule()


@pytest.mark.parametrize(("value", "bears"), [("enabled", False), ("disabled", True)])
def test_the_switch_for_overdue_principal_is_a_term_of_the_cumulative_family(value, bears):
    case = changed(loan_schedule_type="CUMULATIVE")
    case["params"]["interest_recalculation"]["advance_payment_adjustment"] = "REDUCE_EMI_AMOUNT"
    case["global_config"] = {"is-principal-compounding-disabled-for-overdue-loans": value}
    assert terms_of(case).recalculation.on_past_due is bears
    case["global_config"] = {"is-principal-compounding-disabled-for-overdue-loans": "maybe"}
    (difference,) = check(case).differences
    assert "maybe" in difference.got


@pytest.mark.parametrize("frequency", ["WEEKLY", "MONTHLY"])
def test_weekly_and_monthly_rests_belong_to_the_cumulative_family(frequency):
    rules = {**CASE["params"]["interest_recalculation"], "rest_frequency": frequency, "rest_interval": "2"}
    assert terms_of(changed(interest_recalculation=rules)).recalculation.rest_every == 2
    (difference, *_) = check(changed(interest_recalculation=rules)).differences
    assert difference.field == "recalculation.rest"


def test_amounts_are_equal_as_numbers():
    case = changed(currency_digits=0)
    case["events"] = case["events"][:3]
    case["expected"] = {"rows": [{}, {"interest": "60.00"}, {"interest": "30.01"}]}
    assert check(case).differences == (("row 3", "interest", "30.01", "30"),)


def test_an_unknown_event_fails_the_case_and_is_named():
    case = deepcopy(CASE)
    case["events"].append({"type": "write_off", "date": "2026-04-01", "amount": "1.00"})
    (difference,) = check(case).differences
    assert "write_off" in difference.got


def test_terms_that_cannot_be_fail_the_case_by_field():
    (difference,) = check(changed(number_of_repayments=0)).differences
    assert difference.field == "instalments"


def test_the_command_counts_and_its_exit_code_says_whether_all_passed(tmp_path, capsys):
    file = tmp_path / "cases.json"
    wrong = deepcopy(CASE)
    wrong["expected"]["status"] = "OVERPAID"
    file.write_text(json.dumps({"cases": [CASE]}), encoding="utf-8")
    assert main([str(file)]) == 0
    file.write_text(json.dumps({"cases": [CASE, wrong]}), encoding="utf-8")
    assert main([str(file)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "1 passed, 0 failed",
        "OWN-1  loan  status: expected OVERPAID, got ACTIVE",
        "1 passed, 1 failed",
    ]


def with_events(*events):
    case = deepcopy(CASE)
    case["events"][-2:] = events
    return case


@pytest.mark.parametrize(
    ("event", "named"),
    [
        ({"type": "repayment", "date": "2026-04-01", "amount": "1.00", "channel": "AUTOPAY"}, "channel"),
        ({"type": "undo_repayment", "date": "2026-04-01", "why": "mistake"}, "why"),
        ({"type": "undo_goodwill_credit", "date": "2026-04-01"}, "refers to nothing"),
        ({"type": "undo_repayment", "date": "2026-04-01", "nth": 7}, "there are 1"),
        ({"type": "re_age", "date": "2026-04-01"}, "re_age"),
    ],
)
def test_a_word_of_an_event_is_never_passed_over(event, named):
    (difference,) = check(with_events(event)).differences
    assert named in difference.got


def test_a_parameter_that_is_missing_is_named():
    case = deepcopy(CASE)
    del case["params"]["principal"]
    (difference,) = check(case).differences
    assert (difference.field, difference.expected) == ("missing", "principal")


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (({"type": "write_off", "date": "2026-04-01"},), {"status": "CLOSED_WRITTEN_OFF", "outstanding": "0.00"}),
        (({"type": "charge_off", "date": "2026-04-01"},), {"status": "ACTIVE", "outstanding": "3045.08"}),
        (({"type": "undo_disbursal", "date": "2026-04-01"},), {"outstanding": "0.00", "overpaid": "0.00"}),
        (
            (
                {"type": "write_off", "date": "2026-04-01"},
                {"type": "undo_write_off", "date": "2026-04-01"},
                {"type": "goodwill_credit", "date": "2026-04-01", "amount": "45.08"},
            ),
            {"status": "ACTIVE", "outstanding": "2999.55"},  # 2,969.85 and 1 % of it
        ),
    ],
)
def test_each_kind_of_event_is_an_entry_of_ours(events, expected):
    case = with_events(*events)
    case["expected"] = {"rows": [], **expected}
    found = {(one.place, one.field) for one in check(case).differences}
    assert found <= {("row", "count")}


@pytest.mark.parametrize(
    ("strategy", "first"),
    [
        ("PENALTIES_FEES_INTEREST_PRINCIPAL_ORDER", {"interest": "60.00"}),
        ("CREOCORE_UNIQUE", {"interest": "60.00"}),
        ("OVERDUE_DUE_FEE_INT_PRINCIPAL", {"interest": "60.00"}),
        ("INTEREST_PRINCIPAL_PENALTIES_FEES_ORDER", {"interest": "60.00"}),
        ("PRINCIPAL_INTEREST_PENALTIES_FEES_ORDER", {"interest": "0.00", "principal": "100.00"}),
        ("DUE_PENALTY_FEE_INTEREST_PRINCIPAL_IN_ADVANCE_PRINCIPAL_PENALTY_FEE_INTEREST", {"interest": "60.00"}),
    ],
)
def test_a_named_strategy_is_an_order_of_ours(strategy, first):
    case = with_events({"type": "repayment", "date": "2026-04-01", "amount": "100.00"})
    case["events"].pop(4)
    del case["params"]["payment_allocation"]
    case["params"]["payment_strategy"] = strategy
    case["expected"] = {"rows": [], "transactions": [{}, {"amount": "100.00", **first}]}
    assert {one.place for one in check(case).differences} == {"row"}


@pytest.mark.parametrize("strategy", ["HEAVENSFAMILY_UNIQUE", "EARLY_REPAYMENT_STRATEGY"])
def test_a_strategy_that_is_no_order_is_named(strategy):
    case = changed(payment_strategy=strategy)
    del case["params"]["payment_allocation"]
    (difference,) = check(case).differences
    assert "payment_strategy" in difference.got


@pytest.mark.parametrize(
    ("words", "interest"),
    [
        ({}, "0.00"),
        ({"nth": 1}, "20.00"),
        ({"payment_nr": "2"}, "0.00"),
        ({"of": "Repayment", "nr": 1}, "20.00"),
        ({"of": "2026-04-01", "payment": 3}, "0.00"),
        ({"transaction_type": "MIR"}, "0.00"),
    ],
)
def test_a_chargeback_names_its_payment_by_type_day_or_number(words, interest):
    """In the agreed order it claims back the interest that its payment had settled; only the first one settled any."""
    case = with_events(
        {"type": "merchant_issued_refund", "date": "2026-04-01", "amount": "20.00"},
        {"type": "repayment", "date": "2026-04-01", "amount": "45.00"},
        {"type": "chargeback", "date": "2026-04-01", "amount": "20.00", **words},
    )
    case["params"]["credit_allocation"] = {"CHARGEBACK": ["INTEREST", "FEE", "PENALTY", "PRINCIPAL"]}
    case["expected"] = {"rows": [], "transactions": [{}, {}, {}, {}, {"type": "Chargeback", "interest": interest}]}
    assert {one.place for one in check(case).differences} == {"row"}


def test_a_chargeback_of_a_type_that_is_no_payment_is_named():
    case = with_events({"type": "chargeback", "date": "2026-04-01", "amount": "20.00", "of": "Accrual"})
    (difference,) = check(case).differences
    assert "accrual" in difference.got


def test_a_disbursal_may_go_without_the_payment_of_its_down_payment():
    case = changed(down_payment={"percent": "25", "auto_repayment": True})
    case["events"] = case["events"][:3]
    case["expected"] = {"rows": [], "outstanding": "4567.61"}
    assert {one.field for one in check(case).differences} == {"count"}
    case["events"][2]["auto_down_payment"] = False
    (_, outstanding) = check(case).differences
    assert (outstanding.field, outstanding.got) == ("outstanding", "6067.61")


def test_transactions_of_a_day_may_be_listed_in_any_order():
    case = deepcopy(CASE)
    dates = ["2026-03-01", "2026-04-01", "2026-04-01"]
    listed = [{**row, "date": date} for row, date in zip(case["expected"]["transactions"], dates, strict=True)]
    case["expected"]["transactions"] = [listed[0], listed[2], listed[1]]
    assert check(case).differences == ()
    case["expected"]["transactions"] = [listed[1], listed[0], {**listed[2], "amount": "45.01"}]
    (wrong,) = check(case).differences
    assert (wrong.place, wrong.field, wrong.expected, wrong.got) == ("transaction 3", "amount", "45.01", "45.00")


def test_a_charge_adjustment_is_a_credit_in_the_order_of_its_kind_and_names_a_charge_that_is_there():
    charge = {"charge": "NSF", "time": "SPECIFIED_DUE_DATE", "calculation": "FLAT", "penalty": True, "amount": "5.00"}
    added = {"type": "charge", **charge, "due_date": "2026-04-01", "added_on": "2026-04-01"}
    credit = {"type": "charge_adjustment", "date": "2026-04-01", "amount": "5.00", "charge": "NSF"}
    case = with_events(added, {**credit, "due_date": "2026-04-01"})
    case["events"].pop(4)
    case["expected"] = {"rows": [], "transactions": [{}, {"type": "Charge Adjustment", "penalties": "5.00"}]}
    assert {one.place for one in check(case).differences} == {"row"}
    case["events"][-1]["charge"] = "SNOOZE"
    (difference,) = check(case).differences
    assert "refers to nothing" in difference.got

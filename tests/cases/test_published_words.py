"""Words that mean the same give the same figures, group by group; what is open is refused instead of guessed."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from tests.cases.published.runner import mapping
from tests.cases.published.words import Inputs

EC = {"total_credit": "200000.00", "upfront_cost": "4000.00 (2%) at conclusion", "borrowing_rate": "6% nominal"}
LOAN = {"principal": "3000000", "rate": "8.5%", "months": "240"}
DAYS = {"from": "2023-08-31", "to": "2024-02-29"}
CASE = {"inputs": {}, "expected": {}, "source": {"title": ""}, "convention": ""}


def figure(group: str, inputs: Mapping[str, Any], name: str) -> Decimal:
    case = {**CASE, "group": group}
    read = mapping(group)
    assert read is not None
    given = Inputs(inputs)
    answer = read(given, case)
    given.done()
    found = answer(name, "1")
    assert isinstance(found, Decimal)
    return found


@pytest.mark.parametrize(
    ("key", "ways"),
    [
        ("repayment", ("240 monthly", "20 years", "240 equal monthly instalments", "monthly, 240 instalments")),
        ("repayment", ("80 quarterly", "20 years, quarterly", "quarterly, 80 payments")),
        (
            "repayment",
            ("equal principal, 240 months", "240 monthly equal principal", "equal principal monthly, 20 years"),
        ),
        (
            "repayment",
            (
                "interest-only 24 months then 216 instalments",
                "first 24 months interest-only, then 216 instalments",
                "240 monthly, first 24 interest-only",
                "grace 24 months interest-only, then 216 instalments",
                "interest-only first 24 months",
                "24 interest-only then 216 annuity",
            ),
        ),
        (
            "repayment",
            (
                "12 months total grace, then 228 monthly",
                "no payments for the first 12 months, then 228 monthly",
                "deferred 12 months then 228 monthly",
                "12 months grace, interest capitalised",
                "12 months no payments, interest capitalised, then 228",
            ),
        ),
        (
            "repayment",
            (
                "instalments growing 2% per year",
                "geometric progression 2% annually",
                "240 monthly, increasing by 2% every year",
                "geometric 2% a year",
            ),
        ),
        ("repayment", ("arithmetic progression +10 per month", "240 instalments growing by 10 each month")),
        (
            "repayment",
            (
                "fixed 1500 per month until repaid",
                "constant payment 1500, last payment smaller",
                "monthly 1500, last smaller",
                "constant instalment 1500",
                "payments of 1500 a month",
            ),
        ),
        (
            "repayment",
            (
                "30-year instalment, balloon after 120 months",
                "30-year annuity, rest due after 120 months",
                "120 monthly then balloon of balance, 30-year amortisation",
            ),
        ),
        (
            "repayment",
            (
                "interest monthly, bullet at 120 months",
                "bullet at 120 months, interest monthly",
                "capital at maturity 120 months, monthly interest",
            ),
        ),
        (
            "borrowing_rate",
            (
                "5% for 24 months then 6%",
                "5% first 2 years then 6%",
                "5% 24 months, 6% thereafter",
                "5% months 1-24, then 6%",
                "5% year 1, 5% year 2, 6% after",
                "5% for 24 months, then 6% for the remaining 216 months",
                "5% for 24 months then Euribor 1.5% + margin 4.5%",
            ),
        ),
        ("other", ("account cost 10 per month", "monthly account cost 10", "account: 10 monthly", "monthly charge 10")),
        (
            "other",
            ("annual insurance 200 in advance", "insurance 200 per year paid at the beginning of each year"),
        ),
        (
            "other",
            (
                "insurance 0.6% of outstanding balance per year, paid monthly",
                "insurance 0.05% of balance monthly",
                "insurance 0.05% of outstanding monthly",
                "insurance 0.05% monthly on outstanding balance",
            ),
        ),
        (
            "other",
            (
                "insurance 50 per month for 5 years",
                "insurance 50 monthly for the first 60 months",
                "monthly insurance 50 first 60 months",
            ),
        ),
        ("other", ("fee 10 per month", "fee 10 with each instalment")),
        ("other", ("insurance 40 monthly paid in advance", "monthly insurance 40 (paid in advance)")),
        ("other", ("notary 1000, valuation fee 250", "valuation fee 250 + notary 1000")),
        ("borrowing_rate", ("4.8% nominal", "0.4% per month")),
        ("other", ("annual cost 50", "annual cost 50 at the end of each year", "cost 50 per year")),
        ("borrowing_rate", ("5%, 120 monthly", "5% (120 months)", "5% for 10 years")),
        (
            "borrowing_rate",
            (
                "7% effective, interest-only 60 months, 120 equal principal",
                "7% effective; interest-only 60 then 120 equal principal",
                "7% effective: 5 years interest-only then 10 years equal principal",
            ),
        ),
        ("other", ("notary 500, registration 300", "notary 800 at conclusion", "broker fee 800 upfront")),
        ("other", ("deregistration 100 with last instalment", "exit cost 100 at end", "mortgage release 100 at end")),
    ],
)
def test_an_agreement_said_in_other_words_costs_the_same(key: str, ways: tuple[str, ...]) -> None:
    plain = figure("aprc-eu", EC, "x_percent")
    first, *others = (figure("aprc-eu", {**EC, key: way}, "x_percent") for way in ways)
    assert others == [first] * len(others)
    if not ways[0].startswith("240 monthly"):
        assert first != plain


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("100000 at 0, 100000 at month 6", "2 x 100000 every 6 months"),
        ("100000 at signing, 100000 after 6 months", "100000 immediately, 100000 in month 6"),
        ("50000 at 0, 50000 at 3, 50000 at 6, 50000 at 9", "4 x 50000 at 0, 3, 6, 9"),
        ("4 x 50000 at 0, 3, 6, 9", "4 x 50000 at 0, 3, 6 and 9 months"),
        ("5 monthly drawdowns of 40000", "40000 per month for 5 months"),
    ],
)
def test_drawdowns_said_in_other_words_cost_the_same(a: str, b: str) -> None:
    loan = {key: value for key, value in EC.items() if key != "total_credit"}
    assert figure("aprc-eu", {**loan, "drawdowns": a}, "x") == figure("aprc-eu", {**loan, "drawdowns": b}, "x")


@pytest.mark.parametrize(
    ("group", "name", "ways"),
    [
        (
            "apr-us",
            "apr",
            (
                {"amount_financed": "5000", "payments": "24 x 230 monthly"},
                {"amount_financed": "$5,000.00", "payment": "230", "term": "24 months", "frequency": "monthly"},
                {"principal": "5100", "prepaid_finance_charge": "100", "payments": "24 equal monthly payments of 230"},
                {
                    "amount_financed": "5000",
                    "advance_date": "1978-01-10",
                    "payments": "24 x 230 monthly from 1978-02-10",
                },
                {"amount": "5000", "date": "January 10, 1978", "payments": "24 x 230 monthly from February 10, 1978"},
                {
                    "amount_financed": "5000",
                    "advance_date": "1978-01-10",
                    "payments": "24 payments of $230.00, monthly, first payment 1978-02-10",
                },
                {
                    "amount_financed": "5000",
                    "advance_date": "1978-01-10",
                    "payments": "230.00 monthly x 24 from 1978-02-10",
                },
            ),
        ),
        (
            "apr-uk",
            "apr",
            (
                {"advance": "7500", "payments": "48 x 190.50 monthly"},
                {"advance": "£7,500", "payment": "190.50 monthly", "months": "48"},
                {"credit": "7500", "monthly_payment": "190.50", "term": "48 months"},
                {"advance": "7500", "payment": "190.50", "count": "48", "frequency": "monthly"},
                {"advance": "7500", "payments": "48 x 190.50 monthly, first payment 1 month after the advance"},
                {"cash_price": "8000", "deposit": "500", "payments": "48 x 190.50 monthly"},
            ),
        ),
        (
            "apr-uk",
            "apr",
            (
                {"advance": "100", "payment": "125", "days": "31"},
                {"advance": "100", "payment": "125", "term": "31 days"},
                {"advance": "100", "charge": "25", "days": "31"},
                {"advance": "100", "schedule": [[31, "125"]]},
                {"advance": "100", "payments": [{"day": "31", "amount": "125"}]},
            ),
        ),
        (
            "irr",
            "irr",
            (
                {"flows": ["-1000", "300", "300", "300", "300"]},
                {"flows": "-1000; 300 x 4"},
                {"initial": "1000", "flows": ["300 x 4"]},
                {"flows": [["-1000", 1], ["300", 4]]},
                {"principal": "1000", "payments": "4 x 300 monthly"},
                {"pv": "1000", "pmt": "-300", "n": "4"},
            ),
        ),
        (
            "xirr",
            "xirr",
            (
                {"flows": [["2020-01-01", "-1000"], ["2020-07-01", "1100"]]},
                {"dates": ["1-Jan-20", "1-Jul-20"], "values": ["-1000", "1,100"]},
                {"flows": {"2020-01-01": "-1000", "2020-07-01": "1100"}},
                {"flows": "-1000 on 2020-01-01, 1100 on 2020-07-01"},
                {"flows": [["0", "-1000"], ["182", "1100"]]},
                {"advance": "1000", "advance_date": "2020-01-01", "payments": "1100 on 2020-07-01"},
            ),
        ),
        (
            "eir",
            "eir",
            (
                {"cost": "1000", "coupon": "59 per year", "redemption": "1250 at year 5"},
                {"price": "1000", "coupon_rate": "4.72%", "face": "1250", "term": "5 years"},
                {"cost": "1000", "payments": ["59", "59", "59", "59", "1309"]},
                {"amount": "1010", "fee": "10", "coupon": "4.72% of 1250", "redemption": "1250", "years": "5"},
            ),
        ),
        (
            "cn-mortgage",
            "monthly_payment",
            (
                {"principal": "1000000", "annual_rate": "4.9%", "months": "240"},
                {"principal": "100万", "annual_rate": "0.049", "term": "20年"},
                {"principal": "100万元", "lpr": "4.65%", "spread": "25bp", "periods": "240期"},
                {"principal": "1000000", "rate": "LPR 4.65%+25基点", "years": "20"},
                {"principal": "1000000", "benchmark": "4.9%", "discount": "100%", "years": "20"},
                {"house_price": "1250000", "down_payment": "20%", "annual_rate": "4.9%", "years": "20"},
            ),
        ),
        (
            "cn-mortgage",
            "monthly_payment",
            (
                {"principal": "1000000", "annual_rate": "4.41%", "months": "240"},
                {"principal": "1000000", "annual_rate": "4.9%打9折", "months": "240"},
                {"principal": "1000000", "annual_rate": "4.9%下浮10%", "months": "240"},
                {"principal": "1000000", "benchmark": "4.9%", "discount": "0.9", "months": "240"},
            ),
        ),
        (
            "flat-rate",
            "eir",
            (
                {"principal": "10000", "flat_rate": "4.8% p.a.", "months": "24", "processing_fee": "nil"},
                {"principal": "10000", "monthly_flat_rate": "0.4%", "months": "24"},
                {"loan_amount": "S$10,000", "flat_rate": "0.4% per month", "tenor": "24 months", "fee": "none"},
                {"car_price": "12,500", "down_payment": "20%", "flat_rate": "4.8%", "years": "2"},
                {"principal": "10000", "total_interest": "960", "months": "24"},
                {"principal": "10000", "fee_rate": "0.4%", "months": "24", "method": "信用卡分期"},
            ),
        ),
        (
            "schedule-annuity",
            "pmt",
            (
                {"pv": "200000", "rate": "6%/12", "nper": "360"},
                {"principal": "200000", "annual_rate": "6%", "years": "30"},
                {"loan_amount": "$200,000", "rate": "6%", "term": "30 years"},
                {"principal": "2 lakh", "rate": "6% p.a.", "tenure": "360 months"},
                {"PV": "200000", "I/Y": "6", "P/Y": "12", "N": "360"},
                {"price": "250000", "down_payment": "20%", "rate": "6%", "term": "30 years"},
            ),
        ),
        (
            "prepayment-partial",
            "saved",
            (
                {**LOAN, "prepay": "300000 after month 24", "option": "shorten term"},
                {**LOAN, "prepay": "3 lakh at end of year 2", "option": "reduce tenure"},
                {**LOAN, "prepay": "10% of principal after 24 EMIs", "option": "keep EMI"},
                {**LOAN, "prepay": [["24", "300000"]], "option": "keep instalment"},
            ),
        ),
        (
            "prepayment-full",
            "rebate",
            (
                {"method": "rule of 78", "finance_charge": "780", "months": "12", "payments_made": "3"},
                {"method": "sum of the digits", "charge": "780", "term": "1 year", "remaining": "9"},
                {"method": "Rule of 78", "principal": "6500", "flat_rate": "12%", "months": "12", "paid": "month 3"},
            ),
        ),
        (
            "day-count",
            "fraction",
            tuple({**DAYS, "basis": name} for name in ("30/360 US", "30U/360", "DAYS360", "360/360", "30/360 (PSA)")),
        ),
        ("day-count", "fraction", tuple({**DAYS, "basis": name} for name in ("30E/360", "30/E360", "Eurobond", "4"))),
        (
            "day-count",
            "fraction",
            tuple({**DAYS, "basis": name} for name in ("ACT/360", "Actual/360", "A/360", "exact/360")),
        ),
        (
            "rate-conversion",
            "effective",
            (
                {"nominal": "6%", "per_year": "12"},
                {"rate": "6% p.a. compounded monthly"},
                {"rate": "0.5% per month"},
                {"apr": "0.06", "compounding": "monthly"},
                {"monthly": "5‰"},
            ),
        ),
        (
            "scorecard",
            "score",
            (
                {"base_score": "600", "base_odds": "50", "pdo": "20", "odds": "100"},
                {"target_score": "600", "target_odds": "50 to 1", "pdo": "20", "odds": "100:1"},
                {"base_score": "600", "base_odds": "1:50", "pdo": "-20", "odds": "1/100"},
                {"score": "620", "odds": "100", "pdo": "20", "pd": "1/101"},
            ),
        ),
        (
            "ecl",
            "ecl",
            (
                {"gross": "1000000", "pd_12m": "0.5%", "lgd": "25%"},
                {"ead": "1,000,000", "pd": "0.005", "recovery_rate": "75%", "stage": "1"},
                {"drawn": "600000", "undrawn": "800000", "ccf": "50%", "pd": "0.5%", "lgd": "25%"},
                {"exposure": "1000000", "loss_rate": "0.125%"},
                {"scenarios": [{"weight": "0.4", "loss": "500"}, {"weight": "0.6", "loss": "1750"}]},
                {"contractual": ["600000", "500000"], "expected": ["599000", "499750"]},
            ),
        ),
    ],
)
def test_inputs_of_another_shape_give_the_same_figure(group: str, name: str, ways: tuple[dict[str, Any], ...]) -> None:
    first, *others = (figure(group, way, name) for way in ways)
    assert [round(other, 10) for other in others] == [round(first, 10)] * len(others)


@pytest.mark.parametrize(
    ("group", "inputs", "quoted"),
    [
        ("aprc-eu", {**EC, "borrowing_rate": "5%, 6%"}, "two rates from the same period"),
        ("aprc-eu", {**EC, "repayment": "11 payments a year"}, "leave months out"),
        ("aprc-eu", {**EC, "other": "commitment fee 0.5% of undrawn"}, "undrawn"),
        ("xirr", {"flows": [["2020-01-01", "-1"], ["2021-01-01", "2"]], "basis": "ACT/ACT"}, "fixed year"),
        ("eir", {"cost": "1000", "coupon": "6%, then 8%", "redemption": "1000 at year 5"}, "another number of rates"),
        ("ecl", {"current": "1000", "late": "200"}, "no balance with its loss rate"),
        ("scorecard", {"base_score": "600", "base_odds": "50"}, "points_per_multiple"),
        ("prepayment-partial", {**LOAN, "prepay": "10% of outstanding every year"}, "a share that recurs"),
        ("day-count", dict(DAYS), "no day count"),
        ("flat-rate", {"principal": "10000", "flat_rate": "4%"}, "needs a term"),
        ("apr-us", {"amount_financed": "5000", "rate": "6%"}, "no number of payments"),
        ("cn-mortgage", {"principal": "1", "annual_rate": "5%", "months": "9", "method": "双周供"}, "双周供"),
        ("flat-rate", {"principal": "1", "flat_rate": "5%", "months": "9", "method": "bullet"}, "bullet"),
        ("schedule-grace", {**LOAN, "grace": "3 months no payments"}, "no payments"),
        ("eir", {"cost": "9", "coupon": "5%", "redemption": "9 at year 3", "repayment": "graded"}, "graded"),
    ],
)
def test_what_is_open_is_said(group: str, inputs: dict[str, Any], quoted: str) -> None:
    with pytest.raises(ValueError, match=quoted):
        figure(group, inputs, "x")


def test_a_frequency_and_a_first_day_may_stand_by_themselves() -> None:
    quarterly = figure("aprc-eu", {**EC, "repayment": "80 quarterly"}, "x_percent")
    assert figure("aprc-eu", {**EC, "frequency": "quarterly"}, "x_percent") == quarterly
    dated = {**EC, "agreement_date": "2012-01-12"}
    apart = figure("aprc-eu", {**dated, "first_payment": "2012-02-15", "repayment": "240 monthly"}, "x_percent")
    assert figure("aprc-eu", {**dated, "repayment": "240 monthly from 15 February 2012"}, "x_percent") == apart


@pytest.mark.parametrize(
    ("group", "inputs", "figures"),
    [
        (
            "schedule-annuity",
            {"principal": "200000", "annual_rate": "6%", "months": "360"},
            {
                "row_12_interest": "interest_12",
                "year_1_interest": "interest_1_12",
                "interest_first_year": "interest_1_12",
            },
        ),
        ("prepayment-full", {**LOAN, "after": "60"}, {"principal_paid": "base", "remaining_principal": "outstanding"}),
        (
            "prepayment-partial",
            {**LOAN, "prepay": "300000 after month 24, fee 1%", "option": "月供减少"},
            {"penalty": "fee", "saved_interest": "saved", "new_payment": "new_emi"},
        ),
        ("schedule-bullet", {"principal": "100", "annual_rate": "6%", "months": "6"}, {"total_due": "maturity_value"}),
        ("flat-rate", {"principal": "1200", "flat_rate": "6%", "months": "12"}, {"payment_3": "instalment"}),
    ],
)
def test_a_figure_has_the_names_that_sources_give_it(
    group: str, inputs: Mapping[str, Any], figures: Mapping[str, str]
) -> None:
    for name, same in figures.items():
        if same == "base":
            assert figure(group, inputs, name) == Decimal(3000000) - figure(group, inputs, "outstanding")
        else:
            assert figure(group, inputs, name) == figure(group, inputs, same)


def test_an_annuity_less_its_fee_yields_more_than_its_rate() -> None:
    loan = {"principal": "100000", "annual_rate": "6%", "months": "60"}
    assert abs(figure("eir", loan, "nominal") - Decimal("0.06")) < Decimal("1e-12")
    assert figure("eir", {**loan, "origination_fee": "2000"}, "nominal") > Decimal("0.068")

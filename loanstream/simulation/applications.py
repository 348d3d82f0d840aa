"""What applicants of a history ask for: one product, random people, complete and incomplete applications."""

from collections.abc import Sequence
from decimal import Decimal
from random import Random

from schemas import ids
from schemas.agreement import AccrualTerms, Agreement, ClassTable, OverdueTerms, SettlementCycle, SignedCharge
from schemas.money import of_minor
from schemas.origination.commands import SubmitApplication
from schemas.terms import ApplicantProfile, Document, Language, ProductTerms, RepaymentMethod

PRODUCT = "consumer-credit"
LETTER = "dunning-letter"
"""The one charge of the signed cost table."""
DIGEST = "0" * 64


def application(random: Random, application_id: str, party: str, *, certain: bool = False) -> SubmitApplication:
    """An application; a ``certain`` one is complete, small, and from somebody whom the scorecard likes."""
    complete = certain or random.random() < 0.8
    kinds = ("identity", "income") if complete else ("identity",)
    return SubmitApplication(
        loan_id=ids.derived("loan", application_id),
        party_ref=party,
        product_id=PRODUCT,
        product_version=1,
        product_terms=product_terms(),
        amount=of_minor(random.randint(25_000, 50_000 if certain else 1_000_000), "CNY"),
        months=random.randint(1, 3),
        method=random.choice(list(RepaymentMethod)),
        purpose="radio/television",
        repayment_source="salary",
        profile=profile(random, good=certain or random.random() < 0.7),
        documents=tuple(Document(kind=kind, digest=DIGEST) for kind in kinds),
        language=random.choice(list(Language)),
    )


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
        agreement=Agreement(
            overdue=OverdueTerms(misuse_multiplier=Decimal(2)),
            compound=SettlementCycle.MONTHLY,
            classification=ClassTable.GENERAL,
            accrual=AccrualTerms(),
            charges=(SignedCharge(code=LETTER, name="催收函 dunning letter"),),
        ),
    )


def profile(random: Random, *, good: bool) -> ApplicantProfile:
    """A profile that the scorecard knows; good, or middling to bad."""
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

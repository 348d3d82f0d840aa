"""Closed vocabularies of the applicant's profile 申请人画像: the readable values of the Statlog German credit data.

Source: H. Hofmann, UCI Machine Learning Repository, CC BY 4.0. An age is told by its band only.
"""

from typing import Annotated

from schemas.fields import OneOf

CheckingAccount = Annotated[
    str,
    OneOf(
        (
            "... < 0 DM",
            "0 <= ... < 200 DM",
            "... >= 200 DM / salary assignments for at least 1 year",
            "no checking account",
        )
    ),
]
"""Balance band of the existing current account."""

CreditHistory = Annotated[
    str,
    OneOf(
        (
            "no credits taken/ all credits paid back duly",
            "all credits at this bank paid back duly",
            "existing credits paid back duly till now",
            "delay in paying off in the past",
            "critical account/ other credits existing (not at this bank)",
        )
    ),
]
"""Record of earlier credits."""

Savings = Annotated[
    str,
    OneOf(
        (
            "... < 100 DM",
            "100 <= ... < 500 DM",
            "500 <= ... < 1000 DM",
            "... >= 1000 DM",
            "unknown/ no savings account",
        )
    ),
]
"""Band of the savings."""

Employment = Annotated[
    str, OneOf(("unemployed", "... < 1 year", "1 <= ... < 4 years", "4 <= ... < 7 years", "... >= 7 years"))
]
"""How long in the present employment."""

OtherDebtors = Annotated[str, OneOf(("none", "co-applicant", "guarantor"))]
"""Who answers for the loan besides."""

Property = Annotated[
    str,
    OneOf(
        (
            "real estate",
            "building society savings agreement/ life insurance",
            "car or other, not in attribute Savings account/bonds",
            "unknown / no property",
        )
    ),
]
"""The most valuable thing owned."""

AgeBand = Annotated[str, OneOf(("18-24", "25-34", "35-44", "45-54", "55-64", "65-"))]
"""Age in years."""

OtherPlans = Annotated[str, OneOf(("none", "bank", "stores"))]
"""Instalment plans with banks or stores."""

Housing = Annotated[str, OneOf(("rent", "own", "for free"))]
"""How the applicant lives."""

Job = Annotated[
    str,
    OneOf(
        (
            "unemployed/ unskilled - non-resident",
            "unskilled - resident",
            "skilled employee / official",
            "management/ self-employed/ highly qualified employee/ officer",
        )
    ),
]
"""Kind of work."""

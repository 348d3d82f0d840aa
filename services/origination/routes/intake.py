"""What an applicant hands in, checked at the edge: nothing is written when a field is wrong.

The applicant's own data goes to the vault, the rest into the command. An error never repeats an identity or account number.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from schemas.fields import ONE_LINE, Line, whole
from schemas.money import Money
from schemas.terms import MAX_DOCUMENTS, ApplicantProfile, Document, Language, RepaymentMethod
from services.origination.domain.amounts import units

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_PHONE = re.compile(r"\+?[0-9]{7,15}")
_ACCOUNT = re.compile(r"[0-9]{10,30}")


def _identity(value: str) -> str:
    """Resident identity number 公民身份号码: 18 characters, region, birth date and check digit (GB 11643)."""
    try:
        return str(ric.validate(value))
    except ValidationError as error:
        raise ValueError(
            f"not a resident identity number (GB 11643): {_SAID.get(type(error).__name__, 'bad')}"
        ) from None


_SAID = {
    "InvalidLength": "it must have 18 characters",
    "InvalidFormat": "only the last character may be a letter, X",
    "InvalidChecksum": "the check digit does not fit",
    "InvalidComponent": "region or birth date does not exist",
}


def _email(value: str) -> str:
    if not _EMAIL.fullmatch(value):
        raise ValueError("not an e-mail address like name@example.com")
    return value


def _phone(value: str) -> str:
    compact = re.sub(r"[ \-]", "", value)
    if not _PHONE.fullmatch(compact):
        raise ValueError("not a telephone number: 7 to 15 digits, + before a country code")
    return compact


def _account(value: str) -> str:
    compact = value.replace(" ", "")
    if not _ACCOUNT.fullmatch(compact):
        raise ValueError("not a bank account number: 10 to 30 digits")
    return compact


def _representable(value: Money) -> Money:
    if units(value) is None:
        raise ValueError("unknown currency, too large, or finer than the currency's minor unit")
    return value


Amount = Annotated[Money, AfterValidator(_representable)]
Filled = Annotated[str, Field(min_length=1, max_length=200, pattern=ONE_LINE)]
"""One line of text, no control characters, not empty."""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Applicant(_Closed):
    """Personal data of the applicant: to the vault, and nowhere else."""

    name: Filled
    id_number: Annotated[str, Field(max_length=40), AfterValidator(_identity)]
    phone: Annotated[str, Field(max_length=40), AfterValidator(_phone)]
    email: Annotated[str, Field(max_length=254), AfterValidator(_email)]
    address: Filled
    bank_account: Annotated[str, Field(max_length=60), AfterValidator(_account)]
    """Account that the loan is paid to."""


class ApplicationRequest(_Closed):
    """An application. ``purpose`` and ``repayment_source`` become part of public events: no personal data in them."""

    product_id: Annotated[str, Field(min_length=1, max_length=64)]
    amount: Amount
    months: Annotated[int, whole(1, 360)]
    method: RepaymentMethod
    purpose: Line
    repayment_source: Line
    profile: ApplicantProfile
    documents: Annotated[tuple[Document, ...], Field(max_length=MAX_DOCUMENTS)] = ()
    language: Language = Language.ZH
    applicant: Applicant

"""A due list as CSV (RFC 4180): headings in two languages, amounts with their decimals, and no cell that a spreadsheet runs."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from schemas.money import of_minor
from schemas.terms import Language

BOM = "\ufeff"
"""Byte order mark: without it some spreadsheets read UTF-8 as another encoding."""

_COLUMNS = {
    "due_date": ("到期日", "Due date"),
    "loan_id": ("借据号", "Loan"),
    "contract_no": ("合同号", "Contract"),
    "party_ref": ("借款人编号", "Borrower reference"),
    "unit": ("机构", "Unit"),
    "officer": ("客户经理", "Officer"),
    "number": ("期次", "Instalment"),
    "maturing": ("末期", "Last instalment"),
    "currency": ("币种", "Currency"),
    "due": ("应还", "Due"),
    "collected": ("已还", "Collected"),
    "waived": ("减免", "Waived"),
    "outstanding": ("未还", "Outstanding"),
    "paid_on": ("结清日", "Paid on"),
}
_LANGUAGES = (Language.ZH, Language.EN)
_MONEY = frozenset({"due", "collected", "waived", "outstanding"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_WORDS = {True: "1", False: "0", None: ""}


def heading(language: Language) -> str:
    """The first line."""
    return _written(names[_LANGUAGES.index(language)] for names in _COLUMNS.values())


def line(row: Mapping[str, Any]) -> str:
    """The line of a row; amounts are minor units in it, and in the file have the currency's decimals."""
    return _written(_cell(name, row) for name in _COLUMNS)


def harmless(text: str) -> str:
    """A text that a spreadsheet would take for a formula, with an apostrophe before it (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _cell(name: str, row: Mapping[str, Any]) -> str:
    value = row[name]
    if name in _MONEY:
        return str(of_minor(value, row["currency"]).amount)
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    return harmless(str(value))


def _written(cells: Any) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(list(cells))
    return text.getvalue()

"""Tables of days past due for the five-category class 五级分类, as dated data (precise-rules 20).

The boundary "more than 90 days" makes day 91 the first day of 次级.
"""

from dataclasses import dataclass
from datetime import date

from schemas.agreement import ClassTable, LenderType
from schemas.terms import AssetClass

CLASSIFYING_LENDERS = frozenset({LenderType.BANK, LenderType.CONSUMER_FINANCE, LenderType.SMALL_LOAN_COMPANY})
"""Lenders that keep classes of their own claims; claims on a P2P platform are not theirs to classify."""

ORDER = tuple(AssetClass)
"""From the best to the worst."""


@dataclass(frozen=True, slots=True)
class DayTable:
    """First legal day past due of each class but the first."""

    starts: tuple[tuple[AssetClass, int], ...]
    since: date
    source: str
    returns_when_cured: bool = False
    """Whether a claim that is no longer past due is normal again by itself."""

    def floor(self, days: int) -> AssetClass:
        """The best class that so many days past due allow."""
        return next((asset_class for asset_class, start in reversed(self.starts) if days >= start), AssetClass.NORMAL)

    def next_start(self, worse_than: AssetClass) -> int | None:
        """The first day past due of the next class that is worse; ``None`` after the last one."""
        return next((start for asset_class, start in self.starts if worse(asset_class, worse_than)), None)


_2023 = (
    "Measures for the risk classification of financial assets of commercial banks 商业银行金融资产风险分类办法, 2023"
)
_DAYS = (
    (AssetClass.SPECIAL_MENTION, 1),
    (AssetClass.SUBSTANDARD, 91),
    (AssetClass.DOUBTFUL, 271),
    (AssetClass.LOSS, 361),
)

TABLES = {
    ClassTable.GENERAL: DayTable(_DAYS, date(2023, 7, 1), _2023),
    ClassTable.RETAIL: DayTable(
        _DAYS, date(2023, 7, 1), f"{_2023}; return by days past due: general knowledge", returns_when_cured=True
    ),
    ClassTable.CARD: DayTable(
        (
            (AssetClass.SPECIAL_MENTION, 1),
            (AssetClass.SUBSTANDARD, 91),
            (AssetClass.DOUBTFUL, 121),
            (AssetClass.LOSS, 181),
        ),
        date(2011, 1, 13),
        "Measures for the supervision of credit card business of commercial banks 商业银行信用卡业务监督管理办法, art 92",
    ),
}
"""By the name that an agreement freezes."""


def worse(one: AssetClass, than: AssetClass) -> bool:
    """Whether a class is the worse one of two."""
    return ORDER.index(one) > ORDER.index(than)

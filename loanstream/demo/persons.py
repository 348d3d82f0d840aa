"""Made-up persons: nobody of them exists, yet every number passes its check.

Identity numbers carry the order code 000, which is never issued; telephone numbers begin with 111, which no network has; account
numbers begin with 999999, which no bank has; e-mail ends in example.com (RFC 2606).
"""

from dataclasses import dataclass
from datetime import date, timedelta

from loanstream.demo.chance import Chance

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN_NAMES = (
    "安宁晨光子墨思远文博雨桐佳怡志强海涛明月春华秋实立新建平若水一鸣景行乐天嘉言知行"
    "向阳云帆书航清越怀瑾予安亦凡星河可为永康瑞雪卓然长青和平慧敏天佑君浩静姝国栋欣然"
)
"""Two characters each."""

_PLACES = (
    ("110101", "北京市东城区"),
    ("110105", "北京市朝阳区"),
    ("110108", "北京市海淀区"),
    ("120101", "天津市和平区"),
    ("120104", "天津市南开区"),
    ("140121", "山西省清徐县"),
    ("210224", "辽宁省长海县"),
    ("310101", "上海市黄浦区"),
    ("310104", "上海市徐汇区"),
    ("310110", "上海市杨浦区"),
    ("330122", "浙江省桐庐县"),
    ("330127", "浙江省淳安县"),
    ("340421", "安徽省凤台县"),
    ("340621", "安徽省濉溪县"),
    ("350121", "福建省闽侯县"),
    ("360121", "江西省南昌县"),
    ("422823", "湖北省巴东县"),
    ("430121", "湖南省长沙县"),
    ("433123", "湖南省凤凰县"),
    ("510121", "四川省金堂县"),
    ("513222", "四川省理县"),
    ("610326", "陕西省眉县"),
    ("620121", "甘肃省永登县"),
    ("640121", "宁夏回族自治区永宁县"),
)
"""Counties and districts whose code (GB/T 2260) never changed."""

_STREETS = ("人民路", "中山路", "解放路", "建设路", "和平路", "新华路", "文化路", "胜利路")
_NEVER_ISSUED = "000"
_NO_NETWORK = "111"
_NO_BANK = "999999"
_EVERYDAY = "2"
"""Last digit but one of all accounts: a sandbox bank gives those that end in 0000 or 9999 a meaning of its own."""

_YEAR = 365


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up applicant: personal data, all of it for the vault."""

    name: str
    identity_number: str
    phone: str
    email: str
    address: str
    bank_account: str


def person(chance: Chance, age: int, on: date) -> Person:
    """The applicant of a row, who has this age ``on`` that day; no two rows of a seed share an identity number."""
    code, place = _place(chance)
    street = chance.pick(_STREETS, "street")
    account = f"{_NO_BANK}{chance.below(10**11, 'account'):011}{_EVERYDAY}"
    return Person(
        name=chance.pick(_SURNAMES, "surname") + _given_name(chance),
        identity_number=identity_number(code, _birth_date(chance, age, on)),
        phone=f"{_NO_NETWORK}{chance.below(10**8, 'phone'):08}",
        email=f"borrower-{chance.seed}-{chance.row}@example.com",
        address=f"{place}{street}{chance.between(1, 999, 'house')}号",
        bank_account=account_number(account),
    )


def identity_number(code: str, born: date) -> str:
    """A resident identity number 公民身份号码 (GB 11643) that is never issued: region, birth date, 000, check character."""
    body = f"{code}{born:%Y%m%d}{_NEVER_ISSUED}"
    return body + check_character(body)


def check_character(body: str) -> str:
    """ISO 7064 MOD 11-2 over the 17 digits, ``X`` for ten."""
    remainder = 0
    for digit in body:
        remainder = (remainder + int(digit)) * 2 % 11
    return "0123456789X"[(12 - remainder) % 11]


def account_number(body: str) -> str:
    """``body`` with its check digit by the Luhn formula (ISO/IEC 7812-1)."""
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body)))
    total = sum(value // 10 + value % 10 for value in doubled)
    return f"{body}{-total % 10}"


def _given_name(chance: Chance) -> str:
    start = 2 * chance.below(len(_GIVEN_NAMES) // 2, "given name")
    return _GIVEN_NAMES[start : start + 2]


def _place(chance: Chance) -> tuple[str, str]:
    """Rows that share a birthday (a year's days apart) take their place from different parts of the list."""
    third = len(_PLACES) // 3
    part = chance.row // _YEAR % 3
    return chance.pick(_PLACES[part * third : (part + 1) * third], "place")


def _birth_date(chance: Chance, age: int, on: date) -> date:
    """A birthday of its own for each row, as many whole years ago as the age says."""
    before = on.replace(year=on.year - age)
    return before - timedelta(days=(Chance(chance.seed, 0).below(_YEAR, "birthday") + chance.row) % _YEAR)

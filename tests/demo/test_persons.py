"""Made-up persons: valid by every check, the same for the same seed, and nobody's."""

import re
from datetime import date

from stdnum import luhn
from stdnum.cn import ric

from loanstream.demo.applications import cases
from loanstream.demo.borrowers import borrowers
from loanstream.demo.options import START
from loanstream.demo.persons import check_character

SEEDS = (0, 1, 20260105)


def test_every_identity_number_is_valid_of_a_number_never_issued_and_has_the_age_of_the_data() -> None:
    for seed in SEEDS:
        for borrower in borrowers(seed, 1000, START):
            number = ric.validate(borrower.person.identity_number)
            assert number[14:17] == "000"
            assert _age(ric.get_birth_date(number), START) == borrower.declared.age


def test_no_two_borrowers_of_a_seed_share_an_identity_number() -> None:
    for seed in SEEDS:
        numbers = {borrower.person.identity_number for borrower in borrowers(seed, 1000, START)}
        assert len(numbers) == 1000


def test_the_check_character_is_the_published_one() -> None:
    # GB 11643-1999, annex: the two worked examples
    assert check_character("11010519491231002") == "X"
    assert check_character("44052418800101001") == "4"


def test_accounts_pass_the_luhn_check_and_mean_nothing_to_a_sandbox_bank() -> None:
    for borrower in borrowers(1, 1000, START):
        account = borrower.person.bank_account
        assert luhn.validate(account) == account
        assert account.startswith("999999")
        assert account[-4:] not in ("0000", "9999")


def test_mail_goes_to_a_reserved_domain_and_telephones_belong_to_no_network() -> None:
    for borrower in borrowers(1, 1000, START):
        assert borrower.person.email.endswith("@example.com")
        assert re.fullmatch(r"111\d{8}", borrower.person.phone)


def test_the_same_seed_makes_the_same_borrowers_and_another_seed_makes_others() -> None:
    assert borrowers(7, 1000, START) == borrowers(7, 1000, START)
    assert borrowers(7, 10, START) == borrowers(7, 1000, START)[:10]
    ours, theirs = ({b.person.identity_number for b in borrowers(seed, 1000, START)} for seed in (7, 8))
    assert len(ours & theirs) < 20


def test_the_data_is_the_published_one() -> None:
    assert len(cases()) == 1000
    assert sum(case.repaid for case in cases()) == 700
    assert sum(case.declared.amount for case in cases()) == 3_271_258


def _age(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))

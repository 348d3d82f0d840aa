"""Origination over HTTP, with its hosts, vault, bank and read models."""

import hashlib
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from loanstream.runtime.definitions import EffectStatus
from loanstream.runtime.messages import read_event
from schemas.origination import events
from schemas.topics import Role
from tests.origination.office import IDENTITY_NUMBER, OTHER_IDENTITY_NUMBER, Office, application, open_office
from tests.origination.samples import DAY

pytestmark = pytest.mark.postgres


@pytest.fixture
async def office(fresh_database: str) -> AsyncIterator[Office]:
    """An office that sells the shipped product."""
    async with open_office(fresh_database) as office:
        await office.put_on_sale()
        yield office


async def state_of(office: Office, kind: str, identifier: str) -> str:
    answer = await office.get(f"/{kind}/{identifier}")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["state"])


async def types_of(office: Office, kind: type[Any]) -> list[Any]:
    records = await office.world.all_of(Role.EVENTS, "origination")
    return [event for event, _ in map(read_event, records) if isinstance(event, kind)]


# -- the straight way --------------------------------------------------------------------------------------------------


async def test_an_application_travels_to_the_bank_and_back(office: Office) -> None:
    ids = await office.to_drawdown()
    first = await office.post(f"/drawdowns/{ids['drawdown_id']}/releases", "releaser-1")
    assert [each["type"] for each in first.json()["events"]] == ["loanstream.origination.DrawdownReleased.v1"]
    assert (await office.get("/drawdowns?state=released")).json()["drawdowns"][0]["releasers"] == ["user:releaser-1"]
    await office.post(f"/drawdowns/{ids['drawdown_id']}/releases", "releaser-2")
    paid = (await office.get(f"/drawdowns/{ids['drawdown_id']}")).json()
    assert (paid["state"], paid["value_date"]) == ("disbursed", DAY.isoformat())
    assert paid["checks"][0]["check"] == "contract-digest"
    assert await state_of(office, "applications", ids["application_id"]) == "completed"
    assert await state_of(office, "contracts", ids["contract_id"]) == "funded"


async def test_the_answer_to_an_application_names_everything_that_will_be(office: Office) -> None:
    ids = await office.apply()
    assert {"application_id", "loan_id", "party_ref", "contract_id", "drawdown_id"} <= ids.keys()
    await office.assess(ids)
    view = (await office.get(f"/applications/{ids['application_id']}")).json()
    assert {name: view[name] for name in ("loan_id", "contract_id", "drawdown_id", "party_ref")} == {
        name: ids[name] for name in ("loan_id", "contract_id", "drawdown_id", "party_ref")
    }
    assert (view["state"], view["score"], view["approved"]) == (
        "approved",
        612,
        {"amount": "1200.00", "currency": "CNY"},
    )


async def test_a_repeated_request_makes_one_application(office: Office) -> None:
    first, second = await office.apply(key="same"), await office.apply(key="same")
    assert first["application_id"] == second["application_id"]
    assert len(await types_of(office, events.LoanApplied)) == 1


async def test_the_text_hashes_to_the_digest_that_is_signed(office: Office) -> None:
    ids = await office.apply()
    await office.assess(ids)
    text = await office.get(f"/contracts/{ids['contract_id']}/text", "borrower")
    view = (await office.get(f"/contracts/{ids['contract_id']}")).json()
    assert hashlib.sha256(text.content).hexdigest() == view["digest"]
    assert text.headers["etag"] == f'"{view["digest"]}"'
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert ids["party_ref"] in text.text
    assert "王小明" not in text.text


async def test_personal_data_stands_in_the_vault_alone(office: Office) -> None:
    ids = await office.to_drawdown()
    for releaser in ("releaser-1", "releaser-2"):
        await office.post(f"/drawdowns/{ids['drawdown_id']}/releases", releaser)
    written = [r for role in Role for r in await office.world.all_of(role, "origination")]
    text = "\n".join(f"{r.key} {r.headers} {r.value!r} {r.value.decode(errors='replace')}" for r in written)
    effects = "\n".join(str(row) for row in await office.store.effects("origination"))
    for secret in ("王小明", IDENTITY_NUMBER, "13800138000", "xiaoming", "长安街", "6222020000001234567"):
        assert secret not in text
        assert secret not in effects
    reads = await office.vault.reads(ids["party_ref"])
    assert [(read.fields, read.purpose) for read in reads] == [((f"bank_account/{ids['application_id']}",), "payout")]


# -- products ----------------------------------------------------------------------------------------------------------


async def test_a_maker_cannot_publish_and_nothing_unpublished_is_sold(office: Office) -> None:
    terms = (await office.get("/products/shipped")).json()["products"][0]["terms"]
    proposed = await office.post("/products", "product-maker", {"product_id": "car", "terms": terms})
    assert proposed.json()["events"][0]["data"]["version"] == 1
    answer = await office.post("/applications", "borrower", application(product_id="car"))
    assert (answer.status_code, answer.json()["code"]) == (409, "product-not-on-sale")
    forbidden = await office.post("/products/car/versions/1/publication", "product-maker")
    assert forbidden.status_code == 403
    states = {row["product_id"]: row["state"] for row in (await office.get("/products")).json()["products"]}
    assert states == {"car": "proposed", "consumer-credit": "published"}


async def test_a_withdrawn_product_is_not_sold(office: Office) -> None:
    path = "/products/consumer-credit/versions/1/withdrawal"
    assert (await office.post(path, "product-checker", {"reason": "repriced"})).status_code == 200
    answer = await office.post("/applications", "borrower", application())
    assert answer.json()["code"] == "product-not-on-sale"
    listed = (await office.get("/products?product_id=consumer-credit&state=withdrawn")).json()["products"]
    assert [row["reason"] for row in listed] == ["repriced"]


# -- bad input ---------------------------------------------------------------------------------------------------------


BANDED = (
    "checking_account",
    "credit_history",
    "savings",
    "other_debtors",
    "property",
    "other_plans",
    "housing",
    "job",
)
"""Fields of the profile with a closed vocabulary."""


def declaring(**changes: Any) -> dict[str, Any]:
    """A body whose profile says something else."""
    return {"profile": {**application()["profile"], **changes}}


BAD_INPUT: list[tuple[str, dict[str, Any]]] = [
    ("applicant.id_number", {"id_number": "110101199003070004"}),
    ("applicant.id_number", {"id_number": "11010119900307"}),
    ("applicant.id_number", {"id_number": "110101199013070007"}),
    ("applicant.id_number", {"id_number": "1101011990030700A3"}),
    ("applicant.phone", {"phone": "call me"}),
    ("applicant.email", {"email": "nobody@nowhere"}),
    ("applicant.email", {"email": "a@b.cn\nBcc: x@y.cn"}),
    ("applicant.bank_account", {"bank_account": "12-34"}),
    ("applicant.name", {"name": ""}),
    ("amount", {"amount": {"amount": "1200.001", "currency": "CNY"}}),
    ("amount", {"amount": {"amount": "1200.00", "currency": "XXX"}}),
    ("amount.amount", {"amount": {"amount": "12e2", "currency": "CNY"}}),
    ("amount.amount", {"amount": {"amount": 1200, "currency": "CNY"}}),
    ("months", {"months": 0}),
    ("months", {"months": "12"}),
    ("months", {"months": True}),
    ("purpose", {"purpose": "a\nb"}),
    ("purpose", {"purpose": "x" * 201}),
    ("repayment_source", {"repayment_source": "x" * 201}),
    ("documents[0].kind", {"documents": [{"kind": "x" * 65, "digest": "1" * 64}]}),
    ("documents[0].kind", {"documents": [{"kind": "", "digest": "1" * 64}]}),
    ("documents", {"documents": [{"kind": "identity", "digest": "1" * 64}] * 51}),
    ("profile.residence_years", declaring(residence_years=-5)),
    ("profile.residence_years", declaring(residence_years=999_999_999_999)),
    ("profile.dependants", declaring(dependants=-1)),
    ("profile.dependants", declaring(dependants=1.5)),
    ("profile.existing_credits", declaring(existing_credits=-3)),
    ("profile.instalment_burden", declaring(instalment_burden=5)),
    ("profile.age_band", declaring(age_band="x")),
    ("profile.employment", declaring(employment="x" * 1_500)),
    *((f"profile.{name}", declaring(**{name: "x"})) for name in BANDED),
    ("profile.monthly_income.amount", declaring(monthly_income={"amount": "6e3", "currency": "CNY"})),
    ("method", {"method": "balloon"}),
    ("documents[0].digest", {"documents": [{"kind": "identity", "digest": "no"}]}),
    ("language", {"language": "fr"}),
    ("colour", {"colour": "red"}),
]


async def test_bad_input_is_named_and_nothing_is_written(office: Office) -> None:
    for field, changes in BAD_INPUT:
        answer = await office.post("/applications", "borrower", application(**changes))
        assert answer.status_code == 400, answer.text
        assert field in [error["field"] for error in answer.json()["errors"]]
        assert "110101199" not in answer.text
    assert await office.vault.find(IDENTITY_NUMBER) is None
    assert await types_of(office, events.LoanApplied) == []


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("documents", {"documents": [{"kind": "identity", "digest": "1" * 64}] * 51}),
        ("purpose", {"purpose": "x" * 201}),
        ("profile.job", declaring(job="wizard")),
    ],
)
async def test_a_supplement_is_held_to_the_same_bounds(office: Office, field: str, body: dict[str, Any]) -> None:
    answer = await office.post("/applications/app-1/supplements", "borrower", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input")
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("terms.annual_rate", {"annual_rate": "1.44e-1"}),
        ("terms.annual_rate", {"annual_rate": 0.144}),
        ("terms.penalty_multiplier", {"penalty_multiplier": 1.5}),
        ("terms.minimum_months", {"minimum_months": 10**30}),
        ("terms.reapply_after_days", {"reapply_after_days": -1}),
        ("terms.name_en", {"name_en": "x" * 101}),
        ("terms.name_zh", {"name_zh": ""}),
        ("terms.documents[0]", {"documents": ["x" * 65]}),
        ("terms.documents", {"documents": ["identity"] * 51}),
        ("terms.allocation_order", {"allocation_order": ["interest"] * 11}),
    ],
)
async def test_the_terms_of_a_product_are_bounded(office: Office, field: str, changes: dict[str, Any]) -> None:
    terms = (await office.get("/products/shipped")).json()["products"][0]["terms"]
    answer = await office.post("/products", "product-maker", {"product_id": "car", "terms": {**terms, **changes}})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input"), answer.text
    assert field in [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("applications?state=bogus", "state", "'submitted', 'returned'"),
        ("contracts?state=bogus", "state", "'drafted', 'signed'"),
        ("drawdowns?state=bogus", "state", "'requested', 'released'"),
        ("products?state=bogus", "state", "'proposed', 'published'"),
        ("applications?after=zzz", "after", "'zzz' is no place of this list"),
        ("applications?stat=review", "stat", "did you mean state?"),
        ("applications?state=review&at-least=3", "at-least", "is no parameter here"),
    ],
)
async def test_a_list_says_what_it_can_be_asked_for(office: Office, query: str, field: str, said: str) -> None:
    answer = await office.get(f"/{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input"), answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert said in answer.json()["errors"][0]["message"]


async def test_an_amount_is_answered_with_the_decimals_of_its_currency(office: Office) -> None:
    ids = await office.apply(amount={"amount": "1200", "currency": "CNY"})
    (applied,) = await types_of(office, events.LoanApplied)
    assert str(applied.amount.amount) == "1200.00"
    view = (await office.get(f"/applications/{ids['application_id']}")).json()
    assert view["amount"] == {"amount": "1200.00", "currency": "CNY"}


async def test_an_amount_out_of_range_is_refused_with_its_limit(office: Office) -> None:
    answer = await office.post("/applications", "borrower", application(amount={"amount": "1.00", "currency": "CNY"}))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "amount-out-of-range")
    assert (problem["limit"], problem["source"]) == ("250.00 CNY to 20000.00 CNY", "product consumer-credit/1")


# -- one open application ----------------------------------------------------------------------------------------------


async def test_a_second_application_of_the_same_person_is_a_duplicate(office: Office) -> None:
    ids = await office.apply()
    answer = await office.post("/applications", "borrower", application(email="other@example.com"))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "duplicate-application")
    assert problem["source"] == f"application {ids['application_id']}"
    email = await office.vault.read(ids["party_ref"], ["email"], reader="test", purpose="test")
    assert email == {"email": "xiaoming@example.com"}


async def test_a_duplicate_that_the_read_model_did_not_see_yet_is_closed_by_the_party(office: Office) -> None:
    office.reads.behind = True
    ids = [(await office.apply())["application_id"] for _ in range(2)]
    office.reads.behind = False
    await office.settle()
    assert sorted([await state_of(office, "applications", each) for each in ids]) == ["accepted", "closed"]
    closed = (await office.get("/applications?state=closed")).json()["applications"][0]
    assert closed["reasons"][0]["code"] == "duplicate"


async def test_after_a_refusal_a_person_waits(office: Office) -> None:
    first = await office.apply()
    await office.assess(first, advice="refuse")
    refused = (await office.get(f"/applications/{first['application_id']}")).json()
    assert (refused["state"], refused["reapply_from"]) == ("refused", "2026-02-04")
    early = await office.apply()
    assert await state_of(office, "applications", early["application_id"]) == "closed"
    await office.open_day(date(2026, 2, 4))
    again = await office.apply()
    assert await state_of(office, "applications", again["application_id"]) == "accepted"


# -- supplement, withdrawal, review ------------------------------------------------------------------------------------


async def test_a_missing_document_is_supplemented(office: Office) -> None:
    ids = await office.apply(documents=[{"kind": "identity", "digest": "1" * 64}])
    view = (await office.get(f"/applications/{ids['application_id']}")).json()
    assert (view["state"], view["deadline"]) == ("returned", "2026-01-15")
    assert [reason["code"] for reason in view["reasons"]] == ["document-missing"]
    body = {"documents": [{"kind": "income", "digest": "2" * 64}]}
    answer = await office.post(f"/applications/{ids['application_id']}/supplements", "borrower", body)
    assert answer.status_code == 200, answer.text
    assert await state_of(office, "applications", ids["application_id"]) == "accepted"


async def test_nobody_answers_and_the_application_expires(office: Office) -> None:
    ids = await office.apply(documents=[])
    await office.open_day(date(2026, 1, 15))
    assert await state_of(office, "applications", ids["application_id"]) == "returned"
    await office.open_day(date(2026, 1, 16))
    assert await state_of(office, "applications", ids["application_id"]) == "closed"


async def test_an_approval_that_nobody_signs_lapses(office: Office) -> None:
    ids = await office.apply()
    await office.assess(ids)
    await office.open_day(date(2026, 2, 5))
    assert await state_of(office, "contracts", ids["contract_id"]) == "closed"
    closed = (await office.get(f"/applications/{ids['application_id']}")).json()
    assert (closed["state"], closed["reasons"][0]["code"]) == ("closed", "approval-lapsed")


@pytest.mark.parametrize("assessed", [False, True], ids=["before approval", "after approval"])
async def test_an_application_is_withdrawn_until_it_is_signed(office: Office, assessed: bool) -> None:
    ids = await office.apply()
    if assessed:
        await office.assess(ids)
    answer = await office.post(f"/applications/{ids['application_id']}/withdrawal", "borrower")
    assert answer.status_code == 200
    assert await state_of(office, "applications", ids["application_id"]) == "closed"


async def test_a_signed_application_is_no_longer_withdrawn(office: Office) -> None:
    ids = await office.apply()
    await office.assess(ids)
    await office.sign(ids)
    answer = await office.post(f"/applications/{ids['application_id']}/withdrawal", "borrower")
    assert (answer.status_code, answer.json()["code"]) == (409, "already-signed")


async def test_a_person_decides_what_the_rules_refer(office: Office) -> None:
    ids = await office.apply()
    await office.assess(ids, advice="refer", limit="800.00")
    waiting = (await office.get("/applications?state=review", "credit-officer")).json()["applications"]
    assert [row["review_limit"]["amount"] for row in waiting] == ["800.00"]
    path = f"/applications/{ids['application_id']}/decision"
    above = await office.post(path, "credit-officer", {"verdict": "approve"})
    assert (above.status_code, above.json()["limit"]) == (409, "800.00 CNY")
    body = {"verdict": "approve", "amount": {"amount": "800.00", "currency": "CNY"}}
    assert (await office.post(path, "credit-officer", body)).status_code == 200
    contract = (await office.get(f"/contracts/{ids['contract_id']}")).json()
    assert (contract["principal"]["amount"], contract["approver"]) == ("800.00", "user:credit-officer")


# -- signatures and releases -------------------------------------------------------------------------------------------


async def test_a_side_is_signed_for_by_those_who_may(office: Office) -> None:
    ids = await office.apply()
    await office.assess(ids)
    path = f"/contracts/{ids['contract_id']}/signatures"
    digest = (await office.get(f"/contracts/{ids['contract_id']}")).json()["digest"]
    forbidden = await office.post(path, "borrower", {"side": "lender", "digest": digest})
    assert (forbidden.status_code, forbidden.json()["code"]) == (403, "forbidden")
    wrong = await office.post(path, "borrower", {"side": "borrower", "digest": "0" * 64})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "digest-mismatch")
    malformed = await office.post(path, "borrower", {"side": "borrower", "digest": "nonsense"})
    assert (malformed.status_code, malformed.json()["errors"][0]["field"]) == (400, "digest")


async def test_one_releaser_alone_moves_no_money(office: Office) -> None:
    ids = await office.to_drawdown()
    path = f"/drawdowns/{ids['drawdown_id']}/releases"
    assert (await office.post(path, "releaser-1")).status_code == 200
    again = await office.post(path, "releaser-1")
    assert (again.status_code, again.json()["code"]) == (409, "releaser-is-the-same")
    assert await office.store.effects("origination") == []
    assert (await office.post(path, "borrower")).status_code == 403


async def test_a_release_of_nothing_is_not_found(office: Office) -> None:
    answer = await office.post("/drawdowns/no-such-drawdown/releases", "releaser-1")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-drawdown")


async def test_a_rejected_account_fails_the_disbursement(office: Office) -> None:
    ids = await office.to_drawdown(bank_account="62220200000000000000")
    for releaser in ("releaser-1", "releaser-2"):
        await office.post(f"/drawdowns/{ids['drawdown_id']}/releases", releaser)
    view = (await office.get(f"/drawdowns/{ids['drawdown_id']}")).json()
    assert view["state"] == "failed"
    assert view["reason"].startswith("account-closed")


async def test_a_silent_bank_is_asked_and_pays_once(office: Office) -> None:
    ids = await office.to_drawdown(bank_account="62220200000000009999")
    for releaser in ("releaser-1", "releaser-2"):
        await office.post(f"/drawdowns/{ids['drawdown_id']}/releases", releaser)
    (row,) = await office.store.effects("origination")
    assert (row.status, row.unknowns) == (EffectStatus.UNKNOWN, 1)
    third = await office.post(f"/drawdowns/{ids['drawdown_id']}/releases", "releaser-2")
    assert third.json()["code"] == "already-ordered"
    office.clock.advance(hours=1)
    await office.settle()
    assert await state_of(office, "drawdowns", ids["drawdown_id"]) == "disbursed"
    assert len(await types_of(office, events.DisbursementOrdered)) == 1
    assert len(await office.store.effects("origination")) == 1


async def test_a_later_application_does_not_redirect_a_payout(office: Office) -> None:
    ids = await office.to_drawdown()
    second = await office.apply(bank_account="99999999999999990000")
    assert second["party_ref"] == ids["party_ref"]
    for releaser in ("releaser-1", "releaser-2"):
        await office.post(f"/drawdowns/{ids['drawdown_id']}/releases", releaser)
    assert await state_of(office, "drawdowns", ids["drawdown_id"]) == "disbursed"


# -- who sees what -----------------------------------------------------------------------------------------------------


async def test_a_borrower_sees_and_moves_only_the_own_things(office: Office) -> None:
    ids = await office.apply()
    await office.assess(ids)
    own, stranger = f"borrower@{ids['party_ref']}", "borrower@party-of-somebody-else"
    for kind, identifier in (("applications", ids["application_id"]), ("contracts", ids["contract_id"])):
        assert (await office.get(f"/{kind}/{identifier}", own)).status_code == 200
        assert (await office.get(f"/{kind}/{identifier}", stranger)).status_code == 404
        assert len((await office.get(f"/{kind}", own)).json()[kind]) == 1
        assert (await office.get(f"/{kind}", stranger)).json()[kind] == []
    assert (await office.get(f"/contracts/{ids['contract_id']}/text", stranger)).status_code == 404
    path = f"/applications/{ids['application_id']}/withdrawal"
    assert (await office.post(path, stranger)).status_code == 404
    body = {"side": "borrower", "digest": "0" * 64}
    assert (await office.post(f"/contracts/{ids['contract_id']}/signatures", stranger, body)).status_code == 404
    foreign = await office.post("/applications", stranger, application(id_number=OTHER_IDENTITY_NUMBER))
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not-your-party")
    assert await office.vault.find(OTHER_IDENTITY_NUMBER) is None
    assert (await office.post(path, own)).status_code == 200


async def test_lists_come_in_pages_oldest_first(office: Office) -> None:
    first = await office.apply()
    office.clock.advance(minutes=1)
    second = await office.apply(id_number=OTHER_IDENTITY_NUMBER)
    page = (await office.get("/applications?limit=1")).json()
    assert [row["application_id"] for row in page["applications"]] == [first["application_id"]]
    rest = (await office.get(f"/applications?limit=1&after={page['next']}")).json()
    assert [row["application_id"] for row in rest["applications"]] == [second["application_id"]]
    assert rest["next"] is None
    by_loan = (await office.get(f"/applications?loan_id={second['loan_id']}")).json()["applications"]
    assert [row["application_id"] for row in by_loan] == [second["application_id"]]


async def test_clients_read_what_they_wrote(office: Office) -> None:
    answer = await office.apply()
    path = f"/applications/{answer['application_id']}?at-least={answer['sequence']}"
    assert (await office.get(path)).status_code == 200
    assert (await office.get("/applications/no-such-application")).json()["code"] == "unknown-application"
    assert (await office.get("/drawdowns/no-such-drawdown")).status_code == 404
    assert (await office.get("/applications?limit=0")).status_code == 400

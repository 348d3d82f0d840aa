"""What every vault does; adapters inherit it."""

import asyncio
from typing import Any

import pytest

from loanstream.vault.port import SubjectErased, UnknownSubject

IDENTITY = "11010519491231002X"
FIELDS = {"name": "王小明", "phone": "+86 138 0013 8000", "iban": ""}


class VaultContract:
    """Tests that each adapter inherits; it gives the fixture ``vault``."""

    async def test_what_was_registered_is_read_back(self, vault: Any) -> None:
        subject = await vault.register(IDENTITY, FIELDS, by="user:desk")
        assert await vault.read(subject, list(FIELDS), reader="user:officer", purpose="contract") == FIELDS

    async def test_only_the_fields_asked_for_are_read_and_unknown_ones_left_out(self, vault: Any) -> None:
        subject = await vault.register(IDENTITY, FIELDS, by="user:desk")
        assert await vault.read(subject, ["phone", "shoe-size"], reader="user:o", purpose="p") == {
            "phone": FIELDS["phone"]
        }

    async def test_the_same_identity_has_the_same_reference_however_it_is_written(self, vault: Any) -> None:
        first = await vault.register(IDENTITY, {"name": "a"}, by="user:desk")
        again = await vault.register(" 110105 19491231 002x ", {"phone": "b"}, by="user:desk")
        assert first == again
        assert await vault.read(first, ["name", "phone"], reader="user:o", purpose="p") == {"name": "a", "phone": "b"}

    async def test_another_identity_has_another_reference_that_tells_nothing(self, vault: Any) -> None:
        subjects = {await vault.register(str(n), {}, by="user:desk") for n in range(50)}
        assert len(subjects) == 50
        assert all(s.startswith("party-") and len(s) == 32 and s[6:].isalnum() for s in subjects)

    async def test_a_later_registration_replaces_a_field(self, vault: Any) -> None:
        subject = await vault.register(IDENTITY, {"phone": "old"}, by="user:desk")
        await vault.register(IDENTITY, {"phone": "new"}, by="user:desk")
        assert await vault.read(subject, ["phone"], reader="user:o", purpose="p") == {"phone": "new"}

    async def test_a_known_identity_is_found_and_an_unknown_one_is_not(self, vault: Any) -> None:
        subject = await vault.register(IDENTITY, FIELDS, by="user:desk")
        assert await vault.find(IDENTITY.lower()) == subject
        assert await vault.find("nobody") is None

    async def test_every_read_is_recorded_with_reader_and_purpose(self, vault: Any) -> None:
        subject = await vault.register(IDENTITY, FIELDS, by="user:desk")
        await vault.read(subject, ["name", "phone"], reader="user:officer", purpose="reminder")
        await vault.read(subject, ["name"], reader="service:notify", purpose="mail")
        recorded = [(r.reader, r.purpose, r.fields) for r in await vault.reads(subject)]
        assert recorded == [("user:officer", "reminder", ("name", "phone")), ("service:notify", "mail", ("name",))]

    async def test_a_read_without_reader_or_purpose_is_refused(self, vault: Any) -> None:
        subject = await vault.register(IDENTITY, FIELDS, by="user:desk")
        with pytest.raises(ValueError, match="reader and purpose"):
            await vault.read(subject, ["name"], reader="user:o", purpose="")
        assert await vault.reads(subject) == []

    async def test_an_empty_identity_is_refused(self, vault: Any) -> None:
        with pytest.raises(ValueError, match="identity number is empty"):
            await vault.register("  ", FIELDS, by="user:desk")

    async def test_an_erased_subject_can_be_neither_read_nor_found(self, vault: Any) -> None:
        subject = await vault.register(IDENTITY, FIELDS, by="user:desk")
        await vault.erase(subject, by="user:dpo", reason="request of the person")
        with pytest.raises(SubjectErased):
            await vault.read(subject, ["name"], reader="user:o", purpose="p")
        assert await vault.find(IDENTITY) is None
        assert await vault.reads(subject) == []

    async def test_an_erasure_is_recorded_once(self, vault: Any) -> None:
        subject = await vault.register(IDENTITY, FIELDS, by="user:desk")
        for _ in range(2):
            await vault.erase(subject, by="user:dpo", reason="request of the person")
        assert [(e.subject, e.by, e.reason) for e in await vault.erasures()] == [
            (subject, "user:dpo", "request of the person")
        ]

    async def test_a_person_who_comes_back_after_erasure_starts_with_nothing(self, vault: Any) -> None:
        subject = await vault.register(IDENTITY, FIELDS, by="user:desk")
        await vault.erase(subject, by="user:dpo", reason="request of the person")
        assert await vault.register(IDENTITY, {"name": "again"}, by="user:desk") == subject
        assert await vault.read(subject, list(FIELDS), reader="user:o", purpose="p") == {"name": "again"}
        assert await vault.find(IDENTITY) == subject

    async def test_an_unknown_subject_is_told_apart_from_an_erased_one(self, vault: Any) -> None:
        with pytest.raises(UnknownSubject):
            await vault.read("party-none", ["name"], reader="user:o", purpose="p")
        with pytest.raises(UnknownSubject):
            await vault.erase("party-none", by="user:dpo", reason="r")

    async def test_registrations_at_the_same_time_lose_nothing(self, vault: Any) -> None:
        names = [f"field-{n}" for n in range(20)]
        subjects = await asyncio.gather(*(vault.register(IDENTITY, {name: name}, by="user:desk") for name in names))
        assert len(set(subjects)) == 1
        assert await vault.read(subjects[0], names, reader="user:o", purpose="p") == {name: name for name in names}

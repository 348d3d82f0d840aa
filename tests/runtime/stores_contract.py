"""What every host store promises. Adapters inherit :class:`StoreContract` and give the fixture ``store``."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from msgspec import structs

from loanstream.eventlog.port import Record, TopicPartition
from loanstream.runtime.definitions import EffectRow, EffectStatus
from loanstream.runtime.stores import Audit, ConsumerDeadLetter, HostStore, SnapshotManifest
from schemas import ids

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
EVENTS = TopicPartition("loanstream.servicing.events.v1", 0)
OTHERS = TopicPartition("loanstream.funding.events.v1", 3)


def effect(number: int, recipient: str = "bank", service: str = "origination", **changes: Any) -> EffectRow:
    """A pending payout because of event ``number``."""
    row = EffectRow(
        id=ids.derived("effect", service, number),
        service=service,
        source_event=f"event-{number}",
        kind="payout",
        recipient=recipient,
        payload={"amount": "12.34", "n": number},
        status=EffectStatus.PENDING,
        attempts=0,
        created_at=NOW,
        due_at=NOW,
        correlation="c-1",
        business_date=date(2026, 1, 5),
        hops=3,
        trace="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )
    return replace(row, **changes)


def letter(offset: int, key: str = "loan-1", reason: str = "poison", **changes: Any) -> ConsumerDeadLetter:
    """An open dead letter of the router for the record at ``offset``."""
    record = Record(*EVENTS, offset, key, "loanstream.servicing.Settled.v1", {"ce_id": "e"}, b'{"\xff"}', NOW)
    parked = ConsumerDeadLetter("router", record, reason, "ValueError: no", 1, "open", NOW + timedelta(seconds=offset))
    return replace(parked, **changes)


async def add(store: HostStore, *rows: EffectRow) -> None:
    """Insert effect rows as a reaction does."""
    assert await store.advance("router", {}, {}, rows, ())


async def claim(store: HostStore, at: datetime = NOW, limit: int = 10, service: str = "origination") -> list[EffectRow]:
    """Claim with a lease of five minutes."""
    return await store.claim_effects(service, at, at + timedelta(minutes=5), limit)


def numbers(rows: Sequence[EffectRow]) -> list[int]:
    """Which effects these are."""
    return [row.payload["n"] for row in rows]


class StoreContract:
    """Inherited by the tests of each adapter."""

    async def test_a_consumer_without_history_has_no_positions(self, store: HostStore) -> None:
        assert await store.positions("router") == {}

    async def test_positions_advance_only_from_where_they_are(self, store: HostStore) -> None:
        assert await store.advance("router", {EVENTS: 0}, {EVENTS: 5}, (), ())
        assert await store.advance("router", {EVENTS: 5, OTHERS: 0}, {EVENTS: 9, OTHERS: 2}, (), ())
        assert not await store.advance("router", {EVENTS: 5}, {EVENTS: 7}, (), ())
        assert await store.positions("router") == {EVENTS: 9, OTHERS: 2}

    async def test_consumers_have_positions_of_their_own(self, store: HostStore) -> None:
        await store.advance("router", {EVENTS: 0}, {EVENTS: 5}, (), ())
        assert await store.positions("reactor") == {}

    async def test_a_position_of_zero_is_remembered(self, store: HostStore) -> None:
        await store.advance("router", {EVENTS: 0}, {EVENTS: 0}, (), ())
        assert await store.positions("router") == {EVENTS: 0}

    async def test_a_member_that_was_superseded_writes_nothing_at_all(self, store: HostStore) -> None:
        await store.advance("router", {EVENTS: 0}, {EVENTS: 5}, (), ())
        before, after = {EVENTS: 4, OTHERS: 0}, {EVENTS: 6, OTHERS: 1}
        assert not await store.advance("router", before, after, [effect(1)], [letter(1)])
        assert await store.positions("router") == {EVENTS: 5}
        assert await store.effects_empty("origination")
        assert await store.dead_letters() == []

    async def test_an_effect_comes_back_as_it_was_written(self, store: HostStore) -> None:
        await add(store, effect(1))
        assert await store.effects("origination") == [effect(1)]
        assert not await store.effects_empty("origination")
        assert await store.effects_empty("notify")

    async def test_a_known_effect_is_left_alone(self, store: HostStore) -> None:
        await add(store, effect(1))
        [row] = await claim(store)
        await store.finish_effect(row, EffectStatus.SUCCEEDED, NOW, {})
        await add(store, effect(1))
        [stored] = await store.effects("origination")
        assert stored.status is EffectStatus.SUCCEEDED
        assert await claim(store, LATER) == []

    async def test_a_claim_says_what_the_row_was_and_counts_the_attempt(self, store: HostStore) -> None:
        await add(store, effect(1))
        [row] = await claim(store)
        assert row == replace(effect(1), attempts=1, due_at=LATER)
        [stored] = await store.effects("origination")
        assert stored.status is EffectStatus.SENDING

    async def test_a_claimed_row_is_nobody_elses_before_its_lease_ends(self, store: HostStore) -> None:
        await add(store, effect(1))
        await claim(store)
        assert await claim(store, NOW + timedelta(minutes=4)) == []

    async def test_a_row_whose_lease_ran_out_is_to_be_asked_about_and_counts_as_unknown(self, store: HostStore) -> None:
        await add(store, effect(1))
        await claim(store)
        [row] = await claim(store, LATER)
        assert (row.status, row.attempts, row.unknowns) == (EffectStatus.SENDING, 1, 1)

    async def test_a_sender_that_lost_its_lease_cannot_overwrite_the_result(self, store: HostStore) -> None:
        await add(store, effect(1))
        [hung] = await claim(store)
        [taken] = await claim(store, LATER)
        assert not await store.finish_effect(hung, EffectStatus.UNKNOWN, LATER, {})
        assert await store.finish_effect(taken, EffectStatus.SUCCEEDED, LATER, {})
        assert not await store.finish_effect(hung, EffectStatus.UNKNOWN, LATER, {})
        assert await store.effect_counts("origination") == {EffectStatus.SUCCEEDED: 1}

    async def test_effects_of_one_recipient_are_taken_one_after_the_other(self, store: HostStore) -> None:
        await add(store, effect(1), effect(2), effect(3, "other"))
        first = await claim(store)
        assert sorted(numbers(first)) == [1, 3]
        assert await claim(store) == []
        await store.finish_effect(first[0], EffectStatus.SUCCEEDED, NOW, {})
        assert numbers(await claim(store)) == [2]

    async def test_a_row_that_waits_for_its_retry_holds_back_the_later_ones(self, store: HostStore) -> None:
        await add(store, effect(1), effect(2))
        [row] = await claim(store)
        await store.finish_effect(row, EffectStatus.RETRY, LATER, {"error": "busy"})
        assert await claim(store, NOW + timedelta(minutes=1)) == []
        [again] = await claim(store, LATER)
        assert (numbers([again]), again.status, again.attempts) == ([1], EffectStatus.RETRY, 2)
        assert again.detail == {"error": "busy"}

    async def test_unknown_is_counted_once_for_an_attempt_however_often_we_ask(self, store: HostStore) -> None:
        await add(store, effect(1))
        [row] = await claim(store)
        await store.finish_effect(row, EffectStatus.UNKNOWN, LATER, {})
        [asked] = await claim(store, LATER)
        assert (asked.status, asked.unknowns, asked.attempts) == (EffectStatus.UNKNOWN, 1, 1)
        await store.finish_effect(asked, EffectStatus.UNKNOWN, LATER, {})
        [stored] = await store.effects("origination", EffectStatus.UNKNOWN)
        assert stored.unknowns == 1

    async def test_a_claim_takes_no_more_than_its_limit_and_the_longest_due_first(self, store: HostStore) -> None:
        rows = [effect(n, f"r{n}", due_at=NOW - timedelta(minutes=n)) for n in range(5)]
        await add(store, *rows)
        assert numbers(await claim(store, limit=2)) == [4, 3]

    async def test_services_claim_their_own_effects_only(self, store: HostStore) -> None:
        await add(store, effect(1), effect(2, service="notify"))
        assert numbers(await claim(store, service="notify")) == [2]

    async def test_suppressed_effects_wait_for_an_operator_and_keep_their_place(self, store: HostStore) -> None:
        await store.restore_effects(
            [effect(1, status=EffectStatus.SUPPRESSED), effect(2, status=EffectStatus.SUCCEEDED)]
        )
        await add(store, effect(3))
        assert await claim(store) == []
        assert await store.release_effects("origination") == 1
        assert numbers(await claim(store)) == [1]

    async def test_an_effect_is_under_way_until_it_is_finished_or_waits_long_for_its_retry(
        self, store: HostStore
    ) -> None:
        soon = NOW + timedelta(minutes=1)
        await add(store, effect(1, "a"), effect(2, "a"), effect(3, "b"), effect(4, service="notify"))
        await store.restore_effects([effect(5, "c", status=EffectStatus.SUPPRESSED)])
        assert await store.effects_under_way("origination", soon) == 2
        [one, other] = await claim(store)
        assert await store.effects_under_way("origination", soon) == 2
        await store.finish_effect(one, EffectStatus.RETRY, LATER, {})
        await store.finish_effect(other, EffectStatus.SUCCEEDED, NOW, {})
        assert await store.effects_under_way("origination", soon) == 0
        assert await store.effects_under_way("origination", LATER) == 1

    async def test_effects_are_overdue_from_when_the_first_of_a_recipient_is_due(self, store: HostStore) -> None:
        assert await store.effects_overdue("origination", LATER) == 0
        await add(store, effect(1, "a"), effect(2, "a"), effect(3, "b", due_at=NOW + timedelta(minutes=3)))
        await store.restore_effects([effect(4, "c", status=EffectStatus.SUPPRESSED)])
        assert await store.effects_overdue("origination", NOW + timedelta(minutes=4)) == 240
        assert await store.effects_overdue("notify", LATER) == 0
        [row] = await claim(store, NOW)
        assert await store.effects_overdue("origination", NOW + timedelta(minutes=4)) == 60
        await store.finish_effect(row, EffectStatus.RETRY, LATER, {})
        assert await store.effects_overdue("origination", NOW + timedelta(minutes=4)) == 60
        assert await store.effects_overdue("origination", LATER + timedelta(minutes=1)) == 180

    async def test_an_unknown_effect_is_under_way_however_late_it_is_asked_about(self, store: HostStore) -> None:
        await add(store, effect(1))
        [row] = await claim(store)
        await store.finish_effect(row, EffectStatus.UNKNOWN, LATER, {})
        assert await store.effects_under_way("origination", NOW) == 1

    async def test_restoring_never_touches_what_was_attempted(self, store: HostStore) -> None:
        await add(store, effect(1, "a"), effect(2, "b"), effect(3, "c"))
        await claim(store, limit=1)
        restored = [
            effect(1, "a", status=EffectStatus.SUPPRESSED),
            effect(2, "b", status=EffectStatus.SUPPRESSED),
            effect(3, "c", status=EffectStatus.SUCCEEDED),
        ]
        await store.restore_effects(restored)
        assert await store.effect_counts("origination") == {
            EffectStatus.SENDING: 1,
            EffectStatus.SUPPRESSED: 1,
            EffectStatus.SUCCEEDED: 1,
        }
        assert await claim(store) == []

    async def test_rows_are_listed_newest_first(self, store: HostStore) -> None:
        await add(store, effect(1), effect(2), effect(3))
        assert numbers(await store.effects("origination", limit=2)) == [3, 2]

    async def test_an_idempotency_key_is_new_then_in_flight_then_done(self, store: HostStore) -> None:
        key = ("user:a", "apply", "k-1")
        assert (await store.claim_key(*key, "c-1", "d-1", NOW, LATER)).state == "new"
        assert (await store.claim_key(*key, "c-1", "d-1", NOW, LATER)).state == "in-flight"
        await store.complete_key(*key, 200, '{"ok":true}')
        done = await store.claim_key(*key, "c-1", "d-1", LATER, LATER)
        assert (done.state, done.response_status, done.response_body) == ("done", 200, '{"ok":true}')

    async def test_an_idempotency_key_with_another_body_is_a_mismatch(self, store: HostStore) -> None:
        key = ("user:a", "apply", "k-1")
        await store.claim_key(*key, "c-1", "d-1", NOW, LATER)
        assert (await store.claim_key(*key, "c-1", "d-2", NOW, LATER)).state == "mismatch"

    async def test_an_attempt_that_died_is_resumed_by_one_request_only(self, store: HostStore) -> None:
        key = ("user:a", "apply", "k-1")
        await store.claim_key(*key, "c-1", "d-1", NOW, LATER)
        assert (await store.claim_key(*key, "c-1", "d-1", LATER, LATER + timedelta(minutes=5))).state == "resumed"
        assert (await store.claim_key(*key, "c-1", "d-1", LATER, LATER + timedelta(minutes=5))).state == "in-flight"

    async def test_a_released_key_is_new_again_and_a_finished_one_stays(self, store: HostStore) -> None:
        key = ("user:a", "apply", "k-1")
        await store.claim_key(*key, "c-1", "d-1", NOW, LATER)
        await store.release_key(*key)
        assert (await store.claim_key(*key, "c-1", "d-2", NOW, LATER)).state == "new"
        await store.complete_key(*key, 200, "")
        await store.release_key(*key)
        assert (await store.claim_key(*key, "c-1", "d-2", NOW, LATER)).state == "done"

    async def test_a_claim_whose_lease_was_ended_is_resumed_by_the_same_body_only(self, store: HostStore) -> None:
        key = ("user:a", "apply", "k-1")
        await store.claim_key(*key, "c-1", "d-1", NOW, LATER)
        await store.end_lease(*key)
        assert (await store.claim_key(*key, "c-1", "d-2", NOW, LATER)).state == "mismatch"
        assert (await store.claim_key(*key, "c-1", "d-1", NOW, LATER)).state == "resumed"
        await store.complete_key(*key, 200, "")
        await store.end_lease(*key)
        assert (await store.claim_key(*key, "c-1", "d-1", NOW, LATER)).state == "done"

    async def test_the_same_key_of_another_principal_or_operation_is_another_key(self, store: HostStore) -> None:
        await store.claim_key("user:a", "apply", "k", "c-1", "d-1", NOW, LATER)
        assert (await store.claim_key("user:b", "apply", "k", "c-2", "d-2", NOW, LATER)).state == "new"
        assert (await store.claim_key("user:a", "sign", "k", "c-3", "d-3", NOW, LATER)).state == "new"

    async def test_a_dead_letter_keeps_the_record_byte_for_byte(self, store: HostStore) -> None:
        await store.advance("router", {EVENTS: 0}, {EVENTS: 8}, (), [letter(7)])
        assert await store.dead_letters("router") == [letter(7)]
        assert await store.dead_letters("reactor") == []

    async def test_a_key_is_parked_as_long_as_one_of_its_letters_is_open(self, store: HostStore) -> None:
        await store.advance("router", {}, {}, (), [letter(1), letter(2, reason="parked"), letter(3, "loan-2")])
        assert await store.parked_keys("router") == {(EVENTS.topic, "loan-1"), (EVENTS.topic, "loan-2")}
        await store.settle_dead_letter("router", EVENTS, 1, "replayed")
        await store.settle_dead_letter("router", EVENTS, 3, "discarded")
        assert await store.parked_keys("router") == {(EVENTS.topic, "loan-1")}

    async def test_open_letters_are_counted_by_partition_and_consumer(self, store: HostStore) -> None:
        elsewhere = replace(
            letter(1), record=structs.replace(letter(1).record, topic=OTHERS.topic, partition=OTHERS.partition)
        )
        await store.advance("router", {}, {}, (), [letter(1), letter(2), letter(3), elsewhere])
        await store.settle_dead_letter("router", EVENTS, 2, "replayed")
        assert await store.open_dead_letter_counts("router") == {EVENTS: 2, OTHERS: 1}
        assert await store.open_dead_letter_counts("reactor") == {}

    async def test_open_letters_of_a_key_are_listed_in_the_order_of_the_log(self, store: HostStore) -> None:
        await store.advance("router", {}, {}, (), [letter(12), letter(9), letter(10, "loan-2")])
        found = await store.open_dead_letters("router", EVENTS.topic, "loan-1")
        assert [each.record.offset for each in found] == [9, 12]

    async def test_dead_letters_are_listed_open_ones_first_then_newest_first(self, store: HostStore) -> None:
        await store.advance("router", {}, {}, (), [letter(1), letter(2), letter(3)])
        await store.settle_dead_letter("router", EVENTS, 3, "replayed")
        assert [each.record.offset for each in await store.dead_letters()] == [2, 1, 3]
        assert len(await store.dead_letters(limit=1)) == 1

    async def test_a_letter_that_fails_again_shows_the_new_error_and_count(self, store: HostStore) -> None:
        await store.advance("router", {}, {}, (), [letter(1)])
        await store.advance("router", {}, {}, (), [letter(1, count=2, error="KeyError", created_at=LATER)])
        [stored] = await store.dead_letters()
        assert (stored.count, stored.error, stored.created_at) == (2, "KeyError", letter(1).created_at)

    async def test_the_last_audit_of_each_service_is_kept(self, store: HostStore) -> None:
        assert await store.audits() == {}
        await store.keep_audits({"servicing": Audit(NOW, 2), "risk": Audit(NOW, 0)})
        await store.keep_audits({"servicing": Audit(LATER, 0)})
        assert await store.audits() == {"servicing": Audit(LATER, 0), "risk": Audit(NOW, 0)}

    async def test_a_snapshot_comes_back_chunk_by_chunk(self, store: HostStore) -> None:
        saved = snapshot(10, b"one", b"two")
        await store.save_snapshot(*saved)
        assert await store.load_snapshot("servicing", 2, "v1") == saved

    async def test_the_newest_snapshot_of_the_own_state_version_wins(self, store: HostStore) -> None:
        for saved in (snapshot(10, b"a"), snapshot(20, b"b"), snapshot(30, b"c", version="v2"), snapshot(15, b"late")):
            await store.save_snapshot(*saved)
        assert await store.load_snapshot("servicing", 2, "v1") == snapshot(20, b"b")
        assert await store.load_snapshot("servicing", 2, "v2") == snapshot(30, b"c", version="v2")
        assert await store.load_snapshot("servicing", 3, "v1") is None
        assert await store.load_snapshot("servicing", 2, "v3") is None

    async def test_a_snapshot_that_misses_a_chunk_is_not_loaded(self, store: HostStore) -> None:
        manifest, chunks = snapshot(10, b"one", b"two")
        await store.save_snapshot(manifest, chunks[:1])
        assert await store.load_snapshot("servicing", 2, "v1") is None


def snapshot(offset: int, *chunks: bytes, version: str = "v1") -> tuple[SnapshotManifest, list[bytes]]:
    """A snapshot of servicing's partition 2."""
    digest = sha256(b"".join(chunks)).hexdigest()
    return SnapshotManifest("servicing", 2, version, offset, offset + 1, len(chunks), digest), list(chunks)

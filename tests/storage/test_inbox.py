"""What arrives is kept once, told apart by the network's id and never by its text."""

from __future__ import annotations

import asyncio
import dataclasses

import sqlalchemy as sa

from storage import tables as t
from storage.records import Remark
from storage.store import Store
from tests.storage.caseload import HOUR, NOW, enrol, opened, received


async def test_what_arrives_is_kept_as_it_came(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        kept = await tx.inbox.keep([received(case, "SM1", "rough week, 3")], NOW + HOUR)
    async with store.engine.connect() as connection:
        row = (await connection.execute(sa.select(t.inbound))).one()
    assert kept == {("sms", "AC1", "SM1"): row.id}
    assert (row.address_id, row.kind, row.at, row.received_at, row.fault, row.reading) == (
        case.address,
        "text",
        NOW,
        NOW + HOUR,
        None,
        None,
    )
    assert store.cipher.open("inbound.text", row.text) == "rough week, 3"


async def test_the_same_message_is_taken_once(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        first = await tx.inbox.keep([received(case, "SM1"), received(case, "SM1", "again")], NOW)
    assert set(first) == {("sms", "AC1", "SM1")}, "twice within one batch"
    async with store.transaction() as tx:
        again = await tx.inbox.keep([received(case, "SM2"), received(case, "SM1")], NOW)
    assert set(again) == {("sms", "AC1", "SM2")}, "and again in a later one"
    async with store.engine.connect() as connection:
        assert (await connection.execute(sa.select(sa.func.count()).select_from(t.inbound))).scalar_one() == 2


async def test_the_same_words_twice_are_two_messages(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        assert len(await tx.inbox.keep([received(case, "SM1", "7"), received(case, "SM2", "7")], NOW)) == 2


async def test_an_id_counts_within_its_channel_and_account(store: Store) -> None:
    case = await enrol(store)
    one = received(case, "1")
    others = [dataclasses.replace(one, channel="telegram"), dataclasses.replace(one, account="AC2")]
    async with store.transaction() as tx:
        kept = await tx.inbox.keep([one, *others], NOW)
    assert set(kept) == {("sms", "AC1", "1"), ("telegram", "AC1", "1"), ("sms", "AC2", "1")}
    assert len(set(kept.values())) == 3


async def test_nothing_arriving_keeps_nothing(store: Store) -> None:
    async with store.transaction() as tx:
        assert await tx.inbox.keep([], NOW) == {}
        await tx.inbox.note_readings([])
        await tx.inbox.remark([])
        assert await tx.inbox.untold([], NOW) == ()


async def test_workers_that_are_brought_the_same_message_take_it_once(store: Store) -> None:
    case = await enrol(store)

    async def take() -> int:
        async with store.transaction() as tx:
            return len(await tx.inbox.keep([received(case, "SM1"), received(case, "SM2")], NOW))

    assert sorted(await asyncio.gather(*(take() for _ in range(4)))) == [0, 0, 0, 2]


async def test_what_could_not_be_worked_on_is_kept_with_the_reason(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        await tx.inbox.keep([received(case, "SM1")], NOW, "ZeroDivisionError")
    async with store.engine.connect() as connection:
        assert (await connection.execute(sa.select(t.inbound.c.fault))).scalar_one() == "ZeroDivisionError"


async def test_each_message_has_its_own_reading_beside_it(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        kept = await tx.inbox.keep([received(case, "SM1"), received(case, "SM2"), received(case, "SM3")], NOW)
        one, two, _ = kept.values()
        await tx.inbox.note_readings([(two, "unclear"), (one, "score")])
    async with store.engine.connect() as connection:
        rows = await connection.execute(sa.select(t.inbound.c.reading).order_by(t.inbound.c.id))
        assert list(rows.scalars()) == ["score", "unclear", None]


async def test_words_are_passed_on_once_in_the_order_they_came(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        mine, theirs = await opened(tx, one), await opened(tx, other)
        words = [
            Remark(0, one.client, mine.id, "first", NOW),
            Remark(0, other.client, theirs.id, "theirs", NOW),
            Remark(0, one.client, mine.id, "second", NOW + HOUR),
        ]
        await tx.inbox.remark(words)
        await tx.inbox.remark([Remark(0, one.client, mine.id, "told at once", NOW)], told_at=NOW)
        found = await tx.inbox.untold((mine.id,), NOW)
        assert [(each.text, each.at) for each in found] == [("first", NOW), ("second", NOW + HOUR)]
        assert await tx.inbox.untold([mine.id], NOW) == ()
        assert [each.text for each in await tx.inbox.untold([mine.id, theirs.id], NOW)] == ["theirs"]

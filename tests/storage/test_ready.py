"""What may go is found by indexes, however much waits; and by nobody whose turn it is not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from storage import tables as t
from storage.ready import Wanted
from storage.records import OutboxState, Priority
from storage.store import Store
from tests.databases import Engine
from tests.storage.caseload import HOUR, NOW, enrol
from tests.storage.mail import bodies, draft, queue

TICK = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
MANY = 3000


async def crowded(store: Store) -> None:
    """Queue questions to many people: half may go, half wait for their moment; as many have gone."""
    people = [
        {
            "id": 1000 + number,
            "channel": "sms",
            "address": b"?",
            "fingerprint": number.to_bytes(32, "big"),
            "operator": False,
            "state": "active",
            "created_at": NOW,
        }
        for number in range(MANY)
    ]
    messages = [
        {
            "address_id": one["id"],
            "channel": "sms",
            "kind": "note",
            "priority": int(Priority.QUESTION),
            "body": b"?" * 200,
            "state": state,
            "created_at": NOW,
            "not_before": NOW + number % 2 * HOUR,
            "valid_until": NOW + 48 * HOUR,
            "attempts": 0,
        }
        for state in (OutboxState.SENT, OutboxState.WAITING)
        for number, one in enumerate(people)
    ]
    async with store.engine.begin() as connection:
        await connection.execute(sa.insert(t.addresses), people)
        await connection.execute(sa.insert(t.outbox), messages)
        await connection.execute(sa.text("ANALYZE"))


async def plans(store: Store) -> Sequence[tuple[str, str]]:
    """Let a worker look for what may go, and explain each statement by which it did."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, *statement: Any) -> None:  # noqa: ANN401 (the driver's)
        asked.append((statement[0], statement[1]))

    engine = store.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    async with store.transaction() as tx:
        await tx.leases.lost_leases(NOW)
        await tx.outbox.lapse(NOW)
        await tx.outbox.adopt()
        await tx.leases.lease_unknown(["sms"], NOW, NOW + HOUR, 10)
        await tx.leases.ready(Wanted("telegram", NOW, most=30, crises=30))
    event.remove(engine, "before_cursor_execute", note)
    explain = "EXPLAIN" if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    found: list[tuple[str, str]] = []
    async with store.engine.connect() as connection:
        for text, parameters in asked:
            if not text.startswith("BEGIN"):
                rows = await connection.exec_driver_sql(f"{explain} {text}", parameters)
                found.append((text, "\n".join(str(row[-1]) for row in rows)))
    return found


async def test_no_worker_reads_all_that_waits(store: Store, engine: Engine) -> None:
    await crowded(store)
    found = await plans(store)
    assert len(found) == 5
    for text, plan in found:
        assert not re.search(
            r"SCAN outbox(?! USING)|Seq Scan on outbox|SCAN addresses|Seq Scan on addr", plan
        ), f"{text}\n{plan}"
    ready = found[-1][1]
    assert "ix_outbox_ready" in ready
    assert "ix_outbox_waiting" not in ready, "it does not tell the channels apart"
    if engine == "sqlite":
        assert ready.count("channel=? AND priority=? AND not_before<?") == len(Priority)


@pytest.mark.parametrize(
    ("priority", "free", "goes"),
    [
        pytest.param(Priority.REPLY, None, True, id="a chat that was never paced"),
        pytest.param(Priority.REPLY, SECOND, True, id="within the burst"),
        pytest.param(Priority.REPLY, SECOND + TICK, False, id="beyond it"),
        pytest.param(Priority.CRISIS, HOUR, True, id="danger waits for no budget"),
    ],
)
async def test_a_chat_is_written_to_while_its_budget_allows(
    store: Store, priority: Priority, free: timedelta | None, goes: bool
) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "text", priority=priority))
    async with store.transaction() as tx:
        await tx.senders.book_chats({} if free is None else {case.address: NOW + free})
        found = await tx.leases.ready(Wanted("sms", NOW, most=9, crises=9, slack=SECOND))
    assert bool(found) is goes


async def test_beside_what_a_budget_lets_go_there_is_room_for_danger(store: Store) -> None:
    cases = [await enrol(store, code) for code in ("AB", "CD", "EF", "GH")]
    urgency = (Priority.REPLY, Priority.ALERT, Priority.CRISIS, Priority.CRISIS)
    await queue(store, *(draft(case, p.name, priority=p) for case, p in zip(cases, urgency, strict=True)))
    async with store.transaction() as tx:
        found = await tx.leases.ready(Wanted("sms", NOW, most=0, crises=9))
        assert [one.body for one in found] == ["CRISIS", "CRISIS"]
        found = await tx.leases.ready(Wanted("sms", NOW, most=1, crises=1))
        assert [one.body for one in found] == ["CRISIS", "ALERT"]


async def test_what_is_no_longer_valid_is_not_found(store: Store) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "late", valid_until=NOW + HOUR))
    assert await bodies(store, NOW + HOUR) == []
    assert await bodies(store, NOW + HOUR - TICK) == ["late"]


async def test_who_waited_longest_goes_first(store: Store) -> None:
    cases = [await enrol(store, code) for code in ("AB", "CD", "EF")]
    await queue(
        store,
        draft(cases[0], "later", not_before=NOW + HOUR),
        draft(cases[1], "sooner", not_before=NOW),
        draft(cases[2], "urgent", priority=Priority.ALERT, not_before=NOW + HOUR),
    )
    assert await bodies(store, NOW + HOUR) == ["urgent", "sooner", "later"]


async def test_what_an_earlier_version_queued_is_found_once_it_has_a_channel(store: Store) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "from before"))
    async with store.engine.begin() as connection:
        await connection.execute(sa.update(t.outbox).values(channel=None))
    assert await bodies(store) == []
    async with store.transaction() as tx:
        await tx.outbox.adopt()
    assert await bodies(store) == ["from before"]

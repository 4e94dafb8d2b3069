"""Alerts are acknowledged once, by the right therapist only; and who did what is kept."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest
import sqlalchemy as sa

from scoring.rules import Severity
from storage import tables as t
from storage.records import Alert, AuditEntry
from storage.store import Store
from tests.storage.caseload import HOUR, NOW, Case, alert, enrol, opened


async def raised(store: Store, case: Case) -> Alert:
    """Keep an alert."""
    async with store.transaction() as tx:
        return await tx.alerts.add(alert(case))


async def test_an_alert_comes_back_as_it_was_raised(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        check_in = await opened(tx, case)
        wanted = dataclasses.replace(alert(case, Severity.URGENT), check_in_id=check_in.id)
        kept = await tx.alerts.add(wanted)
        assert kept == dataclasses.replace(wanted, id=kept.id)
        assert await tx.alerts.find(kept.id) == kept
        assert await tx.alerts.find(kept.id + 1) is None
    assert all(type(one.now) is int or one.now is None for one in kept.findings)


async def test_alerts_of_many_clients_come_back_in_their_order(store: Store) -> None:
    cases = [await enrol(store, code) for code in ("CD", "AB", "EF")]
    wanted = [
        dataclasses.replace(alert(case), raised_at=NOW + HOUR * place) for place, case in enumerate(cases)
    ]
    async with store.transaction() as tx:
        assert await tx.alerts.add_all([]) == ()
        kept = await tx.alerts.add_all(wanted)
        found = [await tx.alerts.find(one.id) for one in kept]
    assert [dataclasses.replace(one, id=0) for one in kept] == wanted
    assert [one and (one.client_code, one.raised_at) for one in found] == [
        ("CD", NOW),
        ("AB", NOW + HOUR),
        ("EF", NOW + 2 * HOUR),
    ]


async def test_two_alerts_about_one_client_are_not_kept_at_once(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        with pytest.raises(ValueError, match="one after the other"):
            await tx.alerts.add_all([alert(case), alert(case)])


async def test_alerts_come_with_what_they_are_about_since_a_moment(store: Store) -> None:
    case, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        check_in = await opened(tx, case)
        about = dataclasses.replace(alert(case), check_in_id=check_in.id, raised_at=NOW)
        first = await tx.alerts.add(about)
        second = await tx.alerts.add(dataclasses.replace(alert(case), raised_at=NOW + HOUR))
        await tx.alerts.add(alert(other))
        assert await tx.alerts.by_measure([case.client], NOW) == ((first, "ors"), (second, None))
        assert await tx.alerts.by_measure([case.client], NOW + HOUR) == ((second, None),)
        assert await tx.alerts.by_measure([], NOW) == ()


async def test_an_alert_is_acknowledged_once(store: Store) -> None:
    case = await enrol(store)
    kept = await raised(store, case)
    async with store.transaction() as tx:
        assert await tx.alerts.acknowledge(kept.id, case.therapist, "T1", NOW + HOUR)
        assert not await tx.alerts.acknowledge(kept.id, case.therapist, "T1", NOW + 2 * HOUR)
        assert not await tx.alerts.acknowledge(kept.id, None, "command line", NOW + 2 * HOUR)
        found = await tx.alerts.find(kept.id)
    assert found == dataclasses.replace(kept, acknowledged_at=NOW + HOUR, acknowledged_by="T1")


async def test_only_the_right_therapist_acknowledges(store: Store) -> None:
    case, elsewhere = await enrol(store, "AB", "T1"), await enrol(store, "CD", "T2")
    kept = await raised(store, case)
    async with store.transaction() as tx:
        assert not await tx.alerts.acknowledge(kept.id, elsewhere.therapist, "T2", NOW)
        assert not await tx.alerts.acknowledge(kept.id + 1, case.therapist, "T1", NOW)
        assert await tx.alerts.find(kept.id) == kept
        assert await tx.alerts.acknowledge(kept.id, None, "command line", NOW), "where a phone is gone"


async def test_of_many_presses_at_once_one_counts(store: Store) -> None:
    case = await enrol(store)
    kept = await raised(store, case)

    async def press() -> bool:
        async with store.transaction() as tx:
            return await tx.alerts.acknowledge(kept.id, case.therapist, "T1", NOW)

    assert sorted(await asyncio.gather(*(press() for _ in range(5)))) == [False] * 4 + [True]


async def test_open_alerts_are_listed_for_a_therapist_and_for_all(store: Store) -> None:
    one, other = await enrol(store, "AB", "T1"), await enrol(store, "CD", "T2")
    first, second, third = await raised(store, one), await raised(store, other), await raised(store, one)
    async with store.transaction() as tx:
        assert [each.id for each in await tx.alerts.open_of(one.therapist)] == [first.id, third.id]
        assert [each.id for each in await tx.alerts.open_of()] == [first.id, second.id, third.id]
        await tx.alerts.acknowledge(first.id, None, "T1", NOW)
        assert [each.id for each in await tx.alerts.open_of(one.therapist)] == [third.id]
        assert [each.id for each in await tx.alerts.recent(2)] == [third.id, second.id]
        assert [each.id for each in await tx.alerts.of_clients([one.client])] == [first.id, third.id]
        assert await tx.alerts.of_clients([]) == ()


async def test_the_code_shown_is_the_clients(store: Store) -> None:
    await enrol(store, "AB")
    case = await enrol(store, "CD")
    kept = await raised(store, case)
    async with store.reading() as tx:
        found = await tx.alerts.find(kept.id)
    assert found is not None
    assert found.client_code == "CD"


async def test_the_audit_trail_keeps_its_details_sealed(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        await tx.alerts.audit(
            [
                AuditEntry(NOW, "client", "took_back", client_id=case.client, detail="item 1 was 70"),
                AuditEntry(NOW, "therapist", "joined", therapist_id=case.therapist),
            ]
        )
        await tx.alerts.audit([])
    async with store.engine.connect() as connection:
        first, second = (await connection.execute(sa.select(t.audit).order_by(t.audit.c.id))).all()
    assert (first.at, first.actor, first.action, first.client_id) == (NOW, "client", "took_back", case.client)
    assert store.cipher.open("audit.detail", first.detail) == "item 1 was 70"
    assert (second.action, second.therapist_id, second.detail) == ("joined", case.therapist, None)

"""A crisis: seen as often as somebody looks, closed once by who was told, claimed by one worker at a time."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta

import sqlalchemy as sa

from scoring.rules import Finding, Severity
from storage import tables as t
from storage.records import Alert, CheckInState, Draft, Emergency, Note, OutboxState, Priority, Received
from storage.store import Store
from tests.storage.caseload import HOUR, NOW, Case, alert, enrol, occurrence, opened
from tests.storage.mail import leased

SOON = timedelta(minutes=15)
TICK = timedelta(microseconds=1)


def crisis(case: Case) -> Alert:
    """Make an alert of danger that is not kept yet; it climbs in a quarter of an hour."""
    return Alert(
        id=0,
        client_id=case.client,
        client_code="AB",
        therapist_id=case.therapist,
        check_in_id=None,
        severity=Severity.URGENT,
        findings=(Finding("crisis", Severity.URGENT),),
        raised_at=NOW,
        climb_at=NOW + SOON,
        words=("I can't go on", "not any more"),
        heard_at=NOW,
        silence_at=NOW + 12 * HOUR,
    )


async def raised(store: Store, case: Case) -> Alert:
    """Keep an alert of danger."""
    async with store.transaction() as tx:
        return await tx.alerts.add(crisis(case))


async def told(store: Store, kept: Alert, *cases: Case) -> None:
    """Send an alert to the therapists of these cases."""
    async with store.transaction() as tx:
        drafts = [
            Draft(one.therapist_address, "alert", Priority.CRISIS, "{}", NOW, alert_id=kept.id)
            for one in cases
        ]
        await tx.outbox.queue(drafts, NOW)


async def test_a_crisis_comes_back_as_it_was_raised_and_as_it_was_saved(store: Store) -> None:
    kept = await raised(store, await enrol(store))
    later = dataclasses.replace(
        kept,
        rung=2,
        climb_at=NOW + HOUR,
        words=("I can't go on", "not any more", "goodbye"),
        heard_at=NOW + SOON,
        silence_at=None,
        acknowledged_at=NOW + TICK,
        acknowledged_by="therapist T1",
    )
    async with store.transaction() as tx:
        assert await tx.alerts.find(kept.id) == kept
        await tx.alerts.save(later)
        assert await tx.alerts.find(kept.id) == later
        assert kept.crisis_open
    assert not alert(Case(1, 1, 1, 1, 1)).crisis_open


async def test_its_words_are_sealed(store: Store) -> None:
    kept = await raised(store, await enrol(store))
    async with store.transaction() as tx:
        await tx.alerts.close(kept.id, None, by="desk", closing="spoke with her", now=NOW)
    async with store.engine.connect() as connection:
        row = (await connection.execute(sa.select(t.alerts.c.words, t.alerts.c.closing))).one()
    assert b"go on" not in row.words
    assert store.cipher.open("alerts.words", row.words) == "I can't go on\nnot any more"
    assert store.cipher.open("alerts.closing", row.closing) == "spoke with her"


async def test_it_is_seen_as_often_as_somebody_looks_until_it_is_closed(store: Store) -> None:
    case = await enrol(store)
    kept = await raised(store, case)
    async with store.transaction() as tx:
        assert await tx.alerts.acknowledge(kept.id, case.therapist, "T1", NOW + TICK)
        assert await tx.alerts.acknowledge(kept.id, case.therapist, "T1", NOW + HOUR)
        seen = await tx.alerts.find(kept.id)
        assert await tx.alerts.close(kept.id, case.therapist, by="T1", closing="safe", now=NOW + HOUR)
        assert not await tx.alerts.acknowledge(kept.id, case.therapist, "T1", NOW + 2 * HOUR)
    assert seen is not None
    assert seen.acknowledged_at == NOW + HOUR


async def test_it_is_closed_once_with_what_was_done(store: Store) -> None:
    case = await enrol(store)
    kept = await raised(store, case)

    async def close(by: str) -> bool:
        async with store.transaction() as tx:
            return await tx.alerts.close(kept.id, case.therapist, by=by, closing=f"safe, says {by}", now=NOW)

    assert sorted(await asyncio.gather(*(close(f"T{n}") for n in range(5)))) == [False] * 4 + [True]
    async with store.reading() as tx:
        found = await tx.alerts.find(kept.id)
    assert found is not None
    assert (found.closed_at, found.closing) == (NOW, f"safe, says {found.closed_by}")
    assert found.acknowledged_at == NOW, "who closes it has seen it"
    assert not found.crisis_open


async def test_only_its_therapist_and_who_was_told_see_and_close_it(store: Store) -> None:
    case, backup = await enrol(store, "AB", "T1"), await enrol(store, "CD", "T2")
    other = await enrol(store, "EF", "T3")
    kept = await raised(store, case)
    async with store.transaction() as tx:
        assert not await tx.alerts.acknowledge(kept.id, backup.therapist, "T2", NOW), "not told yet"
        assert await tx.alerts.find(kept.id, known_to=backup.therapist) is None
    await told(store, kept, case, backup)
    async with store.transaction() as tx:
        assert await tx.alerts.told(kept.id) == (case.therapist, backup.therapist)
        assert await tx.alerts.find(kept.id, known_to=backup.therapist) == kept
        assert [one.id for one in await tx.alerts.open_of(backup.therapist)] == [kept.id]
        assert await tx.alerts.acknowledge(kept.id, backup.therapist, "T2", NOW)
        assert [one.id for one in await tx.alerts.open_of(case.therapist)] == [kept.id], "seen is not closed"
        assert await tx.alerts.open_of(other.therapist) == ()
        assert not await tx.alerts.close(kept.id, other.therapist, by="T3", closing="x", now=NOW)
        assert await tx.alerts.close(kept.id, backup.therapist, by="T2", closing="safe", now=NOW)
        assert await tx.alerts.open_of() == ()


async def test_who_was_sent_it_in_vain_was_not_told(store: Store) -> None:
    case = await enrol(store)
    kept = await raised(store, case)
    await told(store, kept, case)
    async with store.transaction() as tx:
        (sent,) = await leased(tx, channel="telegram")
        await tx.outcomes.note([Note(sent.id, OutboxState.FAILED, NOW)])
        assert await tx.alerts.told(kept.id) == ()


async def test_who_was_told_before_was_not_told_of_what_was_sent_last(store: Store) -> None:
    case, backup = await enrol(store, "AB", "T1"), await enrol(store, "CD", "T2")
    kept = await raised(store, case)
    await told(store, kept, case, backup)
    more = Draft(case.therapist_address, "alert", Priority.CRISIS, "{}", NOW, alert_id=kept.id)
    async with store.transaction() as tx:
        assert await tx.alerts.told(kept.id, lately=True) == (case.therapist, backup.therapist)
        await tx.outbox.queue([more], NOW + SOON)
        assert await tx.alerts.told(kept.id, lately=True) == (case.therapist,)
        assert await tx.alerts.tried(kept.id) == (case.therapist,)
        assert await tx.alerts.told(kept.id) == (case.therapist, backup.therapist)


async def test_who_is_sent_it_in_vain_for_long_is_not_told_until_it_goes(store: Store) -> None:
    case = await enrol(store)
    kept = await raised(store, case)
    await told(store, kept, case)
    async with store.transaction() as tx:
        (one,) = await leased(tx, channel="telegram")
        assert await tx.outcomes.stalled([one.id], NOW) == frozenset(), "it is under way"
        await tx.outcomes.note([Note(one.id, OutboxState.WAITING, NOW, not_before=NOW)])
        assert await tx.outcomes.stalled([], NOW) == frozenset()
        assert await tx.outcomes.stalled([one.id], NOW) == {one.id}
        assert await tx.outcomes.stalled([one.id], NOW) == frozenset(), "once"
        assert await tx.alerts.told(kept.id) == ()
        (again,) = await leased(tx, channel="telegram")
        await tx.outcomes.note([Note(again.id, OutboxState.SENT, NOW, "AC1", "SM1")])
        assert await tx.alerts.told(kept.id) == (case.therapist,)


async def test_what_is_still_to_go_out_is_withdrawn_by_number(store: Store) -> None:
    case = await enrol(store)
    kept, other = await raised(store, case), await raised(store, await enrol(store, "CD", "T2"))
    await told(store, kept, case)
    await told(store, other, case)
    async with store.transaction() as tx:
        await tx.outbox.withdraw_alert(kept.id, NOW)
        (left,) = await leased(tx, channel="telegram")
    assert left.alert_id == other.id


async def test_a_client_has_one_open_crisis(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        await tx.alerts.add(alert(case, Severity.URGENT))
        assert await tx.alerts.crisis_of(case.client) is None, "urgent, and nothing climbs"
    kept = await raised(store, case)
    async with store.transaction() as tx:
        assert await tx.alerts.crisis_of(case.client) == kept
        await tx.alerts.close(kept.id, None, by="desk", closing="safe", now=NOW)
        assert await tx.alerts.crisis_of(case.client) is None


async def test_it_is_due_to_climb_at_its_time_and_not_before(store: Store) -> None:
    case = await enrol(store)
    kept = await raised(store, case)
    async with store.transaction() as tx:
        assert await tx.alerts.to_climb(NOW + SOON - TICK, 10) == ()
        assert await tx.alerts.to_climb(NOW + SOON, 10) == (kept,)
        await tx.alerts.hurry([kept.id], NOW)
        assert [one.id for one in await tx.alerts.to_climb(NOW, 10)] == [kept.id]
        await tx.alerts.hurry([kept.id], NOW + HOUR)
        assert [one.id for one in await tx.alerts.to_climb(NOW, 10)] == [kept.id], "never put off"
        await tx.alerts.close(kept.id, None, by="desk", closing="safe", now=NOW)
        assert await tx.alerts.to_climb(NOW + HOUR, 10) == ()


async def test_of_many_workers_one_moves_it_on(store: Store) -> None:
    kept = await raised(store, await enrol(store))
    due = NOW + SOON

    async def climb() -> int:
        async with store.transaction() as tx:
            found = await tx.alerts.to_climb(due, 10)
            for one in found:
                await asyncio.sleep(0.05)
                await tx.alerts.save(dataclasses.replace(one, rung=one.rung + 1, climb_at=due + SOON))
            return len(found)

    assert sorted(await asyncio.gather(*(climb() for _ in range(4)))) == [0, 0, 0, 1]
    async with store.reading() as tx:
        found = await tx.alerts.find(kept.id)
    assert found is not None
    assert found.rung == 1


async def test_silence_is_asked_after_once(store: Store) -> None:
    kept = await raised(store, await enrol(store))
    async with store.transaction() as tx:
        assert await tx.alerts.fallen_silent(NOW + 12 * HOUR - TICK, 10) == ()
        (silent,) = await tx.alerts.fallen_silent(NOW + 12 * HOUR, 10)
        assert silent == dataclasses.replace(kept, silence_at=None)
        assert await tx.alerts.fallen_silent(NOW + 12 * HOUR, 10) == ()


async def test_where_a_client_wrote_last_is_known(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        assert await tx.addresses.last_heard(case.client) is None
        for number, (kind, when) in enumerate(
            [("text", NOW), ("text", NOW + HOUR), ("left", NOW + 2 * HOUR)]
        ):
            row = Received("sms", "AC1", f"SM{number}", case.address, kind, "hi", NOW)
            await tx.inbox.keep([row], when)
        heard = await tx.addresses.last_heard(case.client)
    assert heard is not None
    contact, when = heard
    assert (contact.id, contact.address, when) == (case.address, "+1AB", NOW + HOUR), "a block is no word"
    assert contact.client is not None


async def test_routine_check_ins_wait_while_a_crisis_is_open(store: Store) -> None:
    case = await enrol(store)
    kept = await raised(store, case)
    async with store.transaction() as tx:
        (waiting,) = await tx.check_ins.add([occurrence(case)])
        assert await tx.openings.next_waiting([case.client], NOW) == ()
        assert await tx.openings.next_waiting([case.client], NOW, wanted=True) == (waiting,)
        await tx.alerts.acknowledge(kept.id, None, "desk", NOW)
        assert await tx.openings.next_waiting([case.client], NOW) == (), "seen is not closed"
        await tx.alerts.close(kept.id, None, by="desk", closing="safe", now=NOW)
        assert await tx.openings.next_waiting([case.client], NOW) == (waiting,)


async def test_an_open_check_in_is_held(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        assert not await tx.check_ins.hold(case.client)
        check_in = await opened(tx, case)
        assert await tx.check_ins.hold(case.client)
        (held,) = await tx.check_ins.open_of([case.client])
    assert (held.id, held.held, held.state) == (check_in.id, True, CheckInState.OPEN)


async def test_what_a_client_gives_for_a_crisis_is_sealed_and_can_be_taken_away(store: Store) -> None:
    case = await enrol(store)
    given = Emergency("Ring Mia. Go to the lake.", "Mia, sister, +12025550142", "12 Elm Street")
    async with store.transaction() as tx:
        assert await tx.people.emergency(case.client) == Emergency()
        await tx.people.set_emergency(case.client, given)
        assert await tx.people.emergency(case.client) == given
    async with store.engine.connect() as connection:
        row = (await connection.execute(sa.select(t.clients))).one()
    for sealed, text in ((row.safety_plan, "Ring"), (row.emergency_contact, "Mia"), (row.whereabouts, "Elm")):
        assert text.encode() not in sealed
    async with store.transaction() as tx:
        await tx.people.set_emergency(case.client, dataclasses.replace(given, contact=None))
        assert (await tx.people.emergency(case.client)).contact is None


async def test_a_therapist_has_a_backup_until_it_is_taken_away(store: Store) -> None:
    case, other = await enrol(store, "AB", "T1"), await enrol(store, "CD", "T2")
    async with store.transaction() as tx:
        await tx.people.set_backup(case.therapist, other.therapist)
        found = await tx.people.therapist("T1")
        (contact,) = await tx.addresses.of_therapists([case.therapist])
        await tx.people.set_backup(case.therapist, None)
        after = await tx.people.therapist("T1")
    assert found is not None
    assert after is not None
    assert contact.therapist is not None
    assert (found.backup_id, contact.therapist.backup_id, after.backup_id) == (
        other.therapist,
        other.therapist,
        None,
    )

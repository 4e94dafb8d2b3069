"""What is put again by itself: reminders from their moment on, and what was put off until now."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta

import pytest

from storage.records import Answer, CheckIn, CheckInState, Draft
from storage.store import Store
from tests.storage.caseload import HOUR, NOW, Case, alert, enrol, occurrence, opened
from tests.storage.mail import bodies, draft, lease, queue, states

TICK = timedelta(microseconds=1)
MOMENT = NOW + 24 * HOUR
"""When the check-ins of these tests are reminded of."""


def reminder(case: Case, check_in: CheckIn) -> Draft:
    """Make a reminder of a check-in's first question."""
    return draft(case, "reminder", kind="reminder", check_in_id=check_in.id, position=0)


async def test_a_reminder_is_due_from_its_moment_on_until_another_is_set(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        due = await opened(tx, one)
        await tx.check_ins.add([occurrence(other)])  # waits, so nobody has been asked yet
        assert await tx.reminders.due(MOMENT - TICK, 10) == ()
        assert await tx.reminders.due(MOMENT, 10) == (due,)
        await tx.reminders.put({due.id: MOMENT + HOUR})
        assert await tx.reminders.due(MOMENT + HOUR - TICK, 10) == ()
        assert [found.id for found in await tx.reminders.due(MOMENT + HOUR, 10)] == [due.id]
        await tx.reminders.put({due.id: None})
        await tx.reminders.put({})
        assert await tx.reminders.due(MOMENT + 99 * HOUR, 10) == ()


async def test_a_reminder_that_goes_is_counted(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        mine, theirs = await opened(tx, one), await opened(tx, other)
        await tx.check_ins.update([dataclasses.replace(mine, suggested=65)], NOW)
        await tx.reminders.sent([mine.id], MOMENT)
        await tx.reminders.sent([mine.id], MOMENT + HOUR)
        found = await tx.check_ins.by_id([mine.id, theirs.id])
        assert [(each.reminded, each.suggested) for each in found] == [(2, None), (0, None)]
        assert (await tx.openings.begun([one.client, other.client], NOW))[one.client] == (MOMENT + HOUR,)


async def test_when_the_latest_answer_came_is_known(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        mine, theirs = await opened(tx, one), await opened(tx, other)
        answers = [Answer(mine.id, place, 70, None, NOW + place * HOUR) for place in range(2)]
        await tx.answers.keep(answers)
        assert await tx.reminders.answered_at([mine.id, theirs.id]) == {mine.id: NOW + HOUR}


async def test_of_what_something_is_still_on_its_way_is_known(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        mine, theirs = await opened(tx, one), await opened(tx, other)
        assert await tx.outbox.unsent([mine.id, theirs.id]) == frozenset()
    await queue(store, reminder(one, mine), draft(other, "All right.", check_in_id=theirs.id))
    async with store.reading() as tx:
        assert await tx.outbox.unsent([mine.id, theirs.id]) == {mine.id}, "a reply is no question"


async def test_whose_crisis_is_open_is_known(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        await tx.alerts.add(dataclasses.replace(alert(one), climb_at=NOW))
        await tx.alerts.add(alert(other))
        assert await tx.alerts.in_crisis([one.client, other.client]) == {one.client}


async def test_what_was_put_off_is_given_once_and_not_reminded_of_before(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        first, held = await opened(tx, one), await opened(tx, other)
        resting = [
            dataclasses.replace(first, resume_at=MOMENT + HOUR, suggested=65),
            dataclasses.replace(held, resume_at=MOMENT + HOUR, held=True),
        ]
        await tx.check_ins.update(resting, NOW)
        assert await tx.reminders.due(MOMENT, 10) == ()
        assert await tx.reminders.put_off_until(MOMENT + HOUR - TICK, 10) == ()
        assert await tx.reminders.put_off_until(MOMENT + HOUR, 10) == (first,), "and nothing is suggested"
        assert await tx.reminders.put_off_until(MOMENT + HOUR, 10) == ()


async def test_what_is_over_is_not_put_again(store: Store) -> None:
    case = await enrol(store)
    over = NOW + 48 * HOUR
    async with store.transaction() as tx:
        first = await opened(tx, case)
        await tx.check_ins.update([dataclasses.replace(first, resume_at=over)], NOW)
        assert await tx.reminders.put_off_until(over, 10) == ()


async def test_two_workers_never_remind_of_the_same_one(store: Store) -> None:
    cases = [await enrol(store, code) for code in ("AB", "CD", "EF")]
    async with store.transaction() as tx:
        ids = [(await opened(tx, case)).id for case in cases]
    reminded: list[int] = []

    async def work() -> None:
        async with store.transaction() as tx:
            due = [one.id for one in await tx.reminders.due(MOMENT, 10)]
            await asyncio.sleep(0.01)
            await tx.reminders.put(dict.fromkeys(due))
            reminded.extend(due)

    await asyncio.gather(*(work() for _ in range(4)))
    assert sorted(reminded) == ids


# The answer that comes just before the reminder goes


@pytest.mark.parametrize("mark", [0, 70, None])
async def test_a_reminder_does_not_go_once_the_answer_is_kept(store: Store, mark: int | None) -> None:
    """Queued, and then the answer is committed before the reminder is leased."""
    case = await enrol(store)
    async with store.transaction() as tx:
        check_in = await opened(tx, case)
    await queue(store, reminder(case, check_in))
    async with store.transaction() as tx:
        await tx.answers.keep([Answer(check_in.id, 0, mark, None, MOMENT)])
    assert await bodies(store) == []
    assert await states(store) == [("withdrawn", "overtaken")]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"state": CheckInState.COMPLETE}, "over"),
        ({"held": True}, "paused for danger"),
        ({"resume_at": MOMENT + HOUR}, "put off"),
    ],
)
async def test_a_reminder_does_not_go_once_nothing_is_awaited(
    store: Store, change: dict[str, object], reason: str
) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        check_in = await opened(tx, case)
    await queue(store, reminder(case, check_in))
    async with store.transaction() as tx:
        changed = dataclasses.replace(check_in, **change)  # type: ignore[arg-type]  # one field each
        await tx.check_ins.update([changed], MOMENT)
    assert await bodies(store) == [], reason
    assert await states(store) == [("withdrawn", "overtaken")]


async def test_a_reminder_that_nothing_overtook_goes(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        check_in = await opened(tx, case)
    await queue(store, reminder(case, check_in))
    assert await bodies(store) == ["reminder"]


async def test_an_answer_under_way_keeps_the_reminder_from_being_queued(store: Store) -> None:
    """While an answer's transaction has the check-in, the clock passes it over (or waits for the answer)."""
    case = await enrol(store)
    async with store.transaction() as tx:
        await opened(tx, case)
    has_it, queued = asyncio.Event(), asyncio.Event()

    async def answer() -> None:
        async with store.transaction() as tx:
            (mine,) = await tx.check_ins.open_of([case.client])
            has_it.set()
            await asyncio.sleep(0.05)
            await tx.answers.keep([Answer(mine.id, 0, 70, None, MOMENT)])
            await tx.check_ins.update([dataclasses.replace(mine, state=CheckInState.COMPLETE)], MOMENT)
            await tx.outbox.withdraw_questions([mine.id], MOMENT)

    async def remind() -> None:
        await has_it.wait()
        async with store.transaction() as tx:
            due = await tx.reminders.due(MOMENT, 10)
            await tx.outbox.queue([reminder(case, one) for one in due], MOMENT)
        queued.set()

    await asyncio.gather(answer(), remind())
    assert queued.is_set()
    assert [one.check_in_id for one in await lease(store)] == []

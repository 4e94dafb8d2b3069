"""Check-ins that are over: which was asked last, whether another came after it, and opening it again."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from storage.records import Answer, CheckInState
from storage.store import Store
from tests.storage.caseload import HOUR, NOW, TODAY, enrol, occurrence

DAY = timedelta(days=1)


async def test_what_was_asked_last_is_found_however_it_stands(store: Store) -> None:
    case, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        assert await tx.late.last_asked(case.client) is None
        first, second, third = await tx.check_ins.add([occurrence(case, day) for day in range(3)])
        await tx.check_ins.add([occurrence(other)])
        assert await tx.late.last_asked(case.client) is None, "what waits was not asked"
        for one, state in ((first, CheckInState.EXPIRED), (second, CheckInState.COMPLETE)):
            await tx.openings.set_open([one.id], one.due_at)
            await tx.answers.keep([Answer(one.id, 0, 70, None, NOW)])
            await tx.check_ins.update([dataclasses.replace(one, state=state)], NOW)
        last = await tx.late.last_asked(case.client)
    assert last is not None
    assert (last.id, last.state, last.marks) == (second.id, CheckInState.COMPLETE, (70,))
    assert third.id != last.id


@pytest.mark.parametrize(
    ("other", "followed"),
    [
        pytest.param({}, True, id="the next of the same"),
        pytest.param({"state": CheckInState.MISSED}, True, id="missed"),
        pytest.param({"state": CheckInState.WITHDRAWN}, False, id="taken back"),
        pytest.param({"measure": "srs", "slot": "srs"}, False, id="another measure"),
        pytest.param({"due_at": NOW, "local_date": TODAY, "slot": "x"}, False, id="at the same moment"),
        pytest.param(
            {"due_at": NOW + timedelta(microseconds=1), "local_date": TODAY, "slot": "x"},
            True,
            id="just after",
        ),
    ],
)
async def test_whether_another_came_after_it(
    store: Store, other: dict[str, object], *, followed: bool
) -> None:
    case, stranger = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        (mine,) = await tx.check_ins.add([occurrence(case)])
        await tx.check_ins.add([occurrence(stranger, 7)])
        assert not await tx.late.followed(mine)
        later = dataclasses.replace(occurrence(case, 7), **other)  # type: ignore[arg-type]  # fields as they are
        await tx.check_ins.add([later])
        assert await tx.late.followed(mine) is followed


@pytest.mark.parametrize(("ended", "told"), [(CheckInState.EXPIRED, False), (CheckInState.PARTIAL, True)])
async def test_it_is_opened_again_until_its_last_moment(
    store: Store, ended: CheckInState, *, told: bool
) -> None:
    case = await enrol(store)
    until = NOW + 72 * HOUR
    async with store.transaction() as tx:
        new = dataclasses.replace(occurrence(case), late_until=until, reminders=(60, 120))
        (mine,) = await tx.check_ins.add([new])
        await tx.openings.set_open([mine.id], NOW, remind_at=NOW + HOUR)
        await tx.check_ins.update(
            [dataclasses.replace(mine, state=ended, refusals=2, suggested=65)], NOW + 48 * HOUR
        )
        last = await tx.late.last_asked(case.client)
        assert last is not None
        await tx.late.reopen(last)
        (again,) = await tx.check_ins.open_of([case.client])
        assert again == last.reopened()
        assert (again.state, again.late, again.told_partly) == (CheckInState.OPEN, True, told)
        assert (again.expires_at, again.closed_at, again.remind_at) == (until, None, None)
        assert (again.refusals, again.suggested, again.reminders) == (0, None, (60, 120))
        assert await tx.reminders.due(NOW + 99 * HOUR, 10) == (), "nothing reminds of it"
        assert await tx.check_ins.to_expire(until - timedelta(microseconds=1), 10) == ()
        assert len(await tx.check_ins.to_expire(until, 10)) == 1


async def test_without_a_last_moment_it_stays_closed(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        (mine,) = await tx.check_ins.add([occurrence(case)])
        with pytest.raises(ValueError, match="late_until"):
            await tx.late.reopen(mine)


async def test_it_is_not_opened_beside_another(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        new = dataclasses.replace(occurrence(case), late_until=NOW + 72 * HOUR)
        (mine,) = await tx.check_ins.add([new])
        await tx.check_ins.add([occurrence(case, 1, CheckInState.OPEN)])
    with pytest.raises(sa.exc.IntegrityError):
        async with store.transaction() as tx:
            await tx.late.reopen(mine)


async def test_a_late_answer_ends_a_row_of_unanswered_ones(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        added = await tx.check_ins.add(
            [dataclasses.replace(occurrence(case, day), late_until=NOW + 99 * HOUR) for day in range(3)]
        )
        expired = [dataclasses.replace(one, state=CheckInState.EXPIRED) for one in added]
        await tx.check_ins.update(expired, NOW)
        assert await tx.silence.unanswered_in_a_row([case.episode]) == {case.episode: 3}
        await tx.late.reopen(expired[2])
        assert await tx.silence.unanswered_in_a_row([case.episode]) == {case.episode: 2}
        await tx.check_ins.update([dataclasses.replace(expired[2], state=CheckInState.PARTIAL)], NOW)
        assert await tx.silence.unanswered_in_a_row([case.episode]) == {case.episode: 0}


# Breaks


@pytest.mark.parametrize(
    ("today", "ended", "left"),
    [
        pytest.param(TODAY - DAY, False, (TODAY, TODAY + 2 * DAY), id="the day before it"),
        pytest.param(TODAY, True, None, id="its first day"),
        pytest.param(TODAY + DAY, True, (TODAY, TODAY), id="its second"),
        pytest.param(TODAY + 2 * DAY, True, (TODAY, TODAY + DAY), id="its last"),
        pytest.param(TODAY + 3 * DAY, False, (TODAY, TODAY + 2 * DAY), id="the day after it"),
    ],
)
async def test_a_break_is_ended_on_each_of_its_days(
    store: Store, today: date, left: tuple[date, date] | None, *, ended: bool
) -> None:
    case, other = await enrol(store, "AB"), await enrol(store, "CD")
    holiday = (TODAY, TODAY + 9 * DAY)
    async with store.transaction() as tx:
        await tx.absences.add((TODAY, TODAY + 2 * DAY), NOW, client_id=case.client, resting=True)
        await tx.absences.add(holiday, NOW, client_id=case.client)
        await tx.absences.add((TODAY, TODAY), NOW, client_id=other.client, resting=True)
        assert await tx.absences.wake(case.client, today) is ended
        found = await tx.absences.of([case.client, other.client])
        assert sorted(found[case.client]) == sorted(filter(None, [left, holiday]))
        assert found[other.client] == ((TODAY, TODAY),)
        assert await tx.absences.of([case.client, other.client], resting=False) == {case.client: (holiday,)}

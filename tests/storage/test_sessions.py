"""Sessions as they are kept: one a key, claimed once, and what is asked around each."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import date, datetime, time, timedelta

from storage.records import CheckInState, ClientState
from storage.series import Series
from storage.sessions import Session, SessionAsk, SessionState
from storage.store import Store
from tests.storage.caseload import HOUR, NOW, TODAY, Case, enrol, occurrence


def session(case: Case, start: datetime = NOW, key: str = "at:1") -> Session:
    """Make a session that is not kept yet."""
    return Session(0, case.client, key, "therapist", start.date(), start, start + HOUR)


async def kept(store: Store, *new: Session) -> tuple[Session, ...]:
    """Keep sessions."""
    async with store.transaction() as tx:
        return await tx.sessions.add(new, NOW)


async def test_a_session_comes_back_as_it_was_kept(store: Store) -> None:
    case = await enrol(store)
    whole = dataclasses.replace(
        session(case),
        state=SessionState.CANCELLED,
        revision=2,
        confirm_at=NOW - HOUR,
        asked_at=NOW,
        confirmed_at=NOW + HOUR,
        given="as it was",
        away=True,
    )
    (one,) = await kept(store, whole)
    assert dataclasses.replace(one, id=0) == whole
    async with store.reading() as tx:
        assert await tx.sessions.by_id([one.id]) == (one,)


async def test_a_key_is_kept_once_a_client(store: Store) -> None:
    case, other = await enrol(store, "AB"), await enrol(store, "CD")
    assert len(await kept(store, session(case), session(other))) == 2
    assert await kept(store, session(case, NOW + HOUR)) == ()
    assert await kept(store) == ()


async def test_what_changed_is_written(store: Store) -> None:
    case = await enrol(store)
    first, second = await kept(store, session(case), session(case, key="at:2"))
    moved = dataclasses.replace(
        first, starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR, revision=1, state=SessionState.NO_SHOW, away=True
    )
    moved = dataclasses.replace(moved, key="calendar:k1")
    async with store.transaction() as tx:
        await tx.sessions.change([moved])
        await tx.sessions.change([])
        assert await tx.sessions.by_id([first.id, second.id]) == (moved, second)


async def test_sessions_are_listed_by_time_until_they_are_over(store: Store) -> None:
    case = await enrol(store)
    late, early = await kept(store, session(case, NOW + HOUR, "b"), session(case, NOW, "a"))
    async with store.reading() as tx:
        assert await tx.sessions.of([case.client]) == (early, late)
        assert await tx.sessions.of([case.client], since=early.ends_at) == (late,)
        assert await tx.sessions.of([case.client], since=early.ends_at - timedelta(seconds=1)) == (
            early,
            late,
        )
        assert await tx.sessions.of([case.client], source="calendar:x") == ()
        assert await tx.sessions.of([]) == ()


async def test_what_is_asked_around_a_session_is_one_a_schedule(store: Store) -> None:
    case = await enrol(store)
    (one,) = await kept(store, session(case))
    before = SessionAsk(one.id, "before", TODAY, NOW - HOUR)
    after = SessionAsk(one.id, "after", TODAY, NOW + HOUR)
    async with store.transaction() as tx:
        await tx.sessions.put_asks([after, before])
        assert await tx.sessions.asks([one.id]) == {one.id: (before, after)}
        later = dataclasses.replace(before, due_at=NOW, local_date=date(2026, 3, 3))
        await tx.sessions.put_asks([later], [after])
        assert await tx.sessions.asks([one.id]) == {one.id: (later,)}


async def test_what_is_due_is_given_once_with_its_session(store: Store) -> None:
    case = await enrol(store)
    (one,) = await kept(store, session(case))
    asks = [
        SessionAsk(one.id, name, TODAY, NOW + wait * HOUR) for name, wait in (("b", 0), ("a", -1), ("c", 1))
    ]
    async with store.transaction() as tx:
        await tx.sessions.put_asks(asks)
    async with store.transaction() as tx:
        assert await tx.sessions.due(NOW - HOUR - timedelta(microseconds=1), 10) == ()
        found = await tx.sessions.due(NOW, 10)
    assert [(ask.name, ask.done, each) for ask, each in found] == [("a", True, one), ("b", True, one)]
    async with store.transaction() as tx:
        assert await tx.sessions.due(NOW, 10) == ()


async def test_at_most_so_many_are_claimed_the_longest_due_first(store: Store) -> None:
    case = await enrol(store)
    (one,) = await kept(store, session(case))
    async with store.transaction() as tx:
        await tx.sessions.put_asks([SessionAsk(one.id, f"s{n}", TODAY, NOW - n * HOUR) for n in range(3)])
        assert [ask.name for ask, _ in await tx.sessions.due(NOW, 2)] == ["s2", "s1"]


async def test_two_workers_never_claim_the_same(store: Store) -> None:
    case = await enrol(store)
    new = await kept(store, *(session(case, NOW, f"k{n}") for n in range(3)))
    async with store.transaction() as tx:
        await tx.sessions.put_asks([SessionAsk(one.id, "after", TODAY, NOW) for one in new])
    claimed: list[int] = []

    async def claim() -> None:
        async with store.transaction() as tx:
            found = await tx.sessions.due(NOW, 10)
            await asyncio.sleep(0.01)
            claimed.extend(each.id for _, each in found)

    await asyncio.gather(*(claim() for _ in range(4)))
    assert sorted(claimed) == [one.id for one in new]


async def test_who_is_to_confirm_is_found_until_the_session_is_off(store: Store) -> None:
    case = await enrol(store)
    ask = dataclasses.replace(session(case, NOW + 24 * HOUR), confirm_at=NOW)
    (one, _) = await kept(store, ask, session(case, key="never"))
    async with store.transaction() as tx:
        assert await tx.sessions.to_confirm(NOW - timedelta(microseconds=1), 10) == ()
        assert await tx.sessions.to_confirm(NOW, 10) == (one,)
        await tx.sessions.change([dataclasses.replace(one, state=SessionState.CANCELLED)])
        assert await tx.sessions.to_confirm(NOW, 10) == ()


async def test_the_session_asked_about_last_is_the_one_to_confirm(store: Store) -> None:
    case = await enrol(store)
    start = NOW + 24 * HOUR
    first = dataclasses.replace(session(case, start, "a"), asked_at=NOW - HOUR)
    second = dataclasses.replace(session(case, start + HOUR, "b"), asked_at=NOW)
    _, two = await kept(store, first, second)
    async with store.transaction() as tx:
        assert await tx.sessions.unconfirmed(case.client, NOW) == two
        assert await tx.sessions.unconfirmed(case.client, two.starts_at) is None, "it has begun"
        await tx.sessions.change([dataclasses.replace(two, confirmed_at=NOW)])
        assert await tx.sessions.unconfirmed(case.client, NOW) is None


async def test_the_check_ins_of_a_session_are_found(store: Store) -> None:
    case = await enrol(store)
    (one,) = await kept(store, session(case))
    new = dataclasses.replace(occurrence(case), session_id=one.id, origin=f"session:{one.id}")
    async with store.transaction() as tx:
        (added,) = await tx.check_ins.add([new])
        await tx.check_ins.add([occurrence(case, 1)])
        assert await tx.check_ins.of_sessions([one.id]) == (added,)
        assert (added.session_id, added.state) == (one.id, CheckInState.WAITING)


async def test_clients_with_sessions_are_those_who_have_not_ended(store: Store) -> None:
    case, gone, _ = await enrol(store, "AB"), await enrol(store, "CD"), await enrol(store, "EF")
    await kept(store, session(case), session(case, key="b"), session(gone))
    async with store.transaction() as tx:
        await tx.people.set_client_state(gone.client, ClientState.CLOSED)
        assert await tx.sessions.clients_with() == (case.client,)


async def test_when_something_falls_due_around_sessions_is_known(store: Store) -> None:
    case = await enrol(store)
    confirmed_soon = dataclasses.replace(session(case, NOW + 24 * HOUR), confirm_at=NOW + 3 * HOUR)
    (one,) = await kept(store, confirmed_soon)
    async with store.transaction() as tx:
        assert await tx.upcoming(NOW) == NOW + 3 * HOUR
        await tx.sessions.put_asks([SessionAsk(one.id, "before", TODAY, NOW + 2 * HOUR)])
        assert await tx.upcoming(NOW) == NOW + 2 * HOUR
        await tx.series.add(series(case))
        assert await tx.upcoming(NOW) == NOW + HOUR


def series(case: Case, weeks: int = 2) -> Series:
    """Make a series on Tuesdays that is not kept yet."""
    first = date(2026, 3, 3)
    return Series(
        0, case.client, 1, weeks, time(15), "Europe/London", 50, first, first - timedelta(days=1), NOW + HOUR
    )


def test_the_dates_of_a_series_are_counted_from_its_first() -> None:
    one = Series(0, 1, 1, 2, time(15), "UTC", 50, date(2026, 3, 3), date(2026, 3, 2), NOW)
    days = [date(2026, 3, 3), date(2026, 3, 17), date(2026, 3, 31)]
    assert list(one.dates(date(2026, 3, 31))) == days
    assert list(one.dates(date(2026, 3, 30))) == days[:2]
    assert list(one.dates(date(2026, 3, 2))) == []
    for through, left in ((3, days[1:]), (16, days[1:]), (17, days[2:])):
        planned = dataclasses.replace(one, planned_through=date(2026, 3, through))
        assert list(planned.dates(date(2026, 3, 31))) == left


async def test_a_series_is_due_until_it_ends(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        one = await tx.series.add(series(case))
        assert await tx.series.of([case.client]) == (one,)
        assert await tx.series.due(NOW, 10) == ()
        assert await tx.series.due(NOW + HOUR, 10) == (one,)
        later = dataclasses.replace(one, planned_through=date(2026, 3, 31), plan_at=NOW + 24 * HOUR)
        await tx.series.put([later])
        await tx.series.put([])
        assert await tx.series.due(NOW + HOUR, 10) == ()
        await tx.series.put([dataclasses.replace(later, active=False)])
        assert await tx.series.due(NOW + 24 * HOUR, 10) == ()
        assert await tx.series.of([case.client]) == ()

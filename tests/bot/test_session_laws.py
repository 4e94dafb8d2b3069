"""What holds of sessions whatever is moved, cancelled, missed, planned again and answered."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.service import people, sessions
from bot.service.absences import Whose, begin, end
from bot.service.sessions import SessionError
from storage import tables as t
from storage.records import CheckInState
from tests.bot.test_sessions import AFTER, BEFORE, BY, HOUR, TUESDAY, choices
from tests.databases import Databases
from tests.world import CLIENT, QUIET, World, opened
from tests.world import staffed as staff

BOTH = dataclasses.replace(BEFORE, measures=("ors", "srs"))
"""Asks before a session what another schedule asks after it too."""

LIVE = {CheckInState.OPEN, CheckInState.WAITING}
ANSWERED = {CheckInState.COMPLETE, CheckInState.PARTIAL}

steps = st.one_of(
    st.tuples(st.just("move"), st.sampled_from([-30, -3, -1, 0, 1, 2, 5, 24, 48])),
    st.tuples(st.sampled_from(["cancel", "no_show", "book", "away", "back", "sync"]), st.just(0)),
    st.tuples(st.just("wait"), st.sampled_from([0, 1, 1, 2, 2, 5, 20, 60])),
    st.tuples(st.just("write"), st.sampled_from([7, 7, 7, 0])),
    st.tuples(st.just("no session"), st.just(0)),
)


async def _do(world: World, step: tuple[str, int]) -> None:
    what, number = step
    if what == "wait":
        world.clock.wait(hours=number)
        await world.tick()
    elif what in {"write", "no session"}:
        await world.hear(str(number) if what == "write" else "we didn't meet")
    elif what == "sync":
        await world.service.sync([])
    else:
        await _change(world, what, number)
        await world.send_out()


async def _change(world: World, what: str, hours: int) -> None:
    """Change the client's latest session, or who is away; what is refused changes nothing."""
    async with world.service.desk() as desk:
        client = await people.known(desk, "AB")
        (therapist,) = await desk.tx.people.therapists()
        *_, session = await desk.tx.sessions.of([client.id])
        start = session.starts_at + timedelta(hours=hours)
        try:
            if what == "book":
                await sessions.book(desk, client, (start + HOUR, start + 2 * HOUR), by=BY)
            elif what == "move":
                await sessions.move(desk, client, session, times=(start, start + HOUR), by=BY)
            elif what == "cancel":
                await sessions.call_off(desk, client, session, by=BY)
            elif what == "no_show":
                await sessions.no_show(desk, client, session, by=BY)
        except SessionError:
            return
        today = desk.now.date()
        if what == "away":
            days = (today, today + timedelta(days=1))
            await begin(desk, Whose(therapist, client), days, by=BY)
        elif what == "back":
            await end(desk, Whose(therapist, client), by=BY)


async def _check(world: World) -> None:
    async with world.store.engine.connect() as connection:
        rows = (await connection.execute(sa.select(t.check_ins))).all()
        planned = {
            row.id for row in await connection.execute(sa.select(t.sessions)) if row.state == "planned"
        }
        answers = Counter((await connection.execute(sa.select(t.answers.c.check_in_id))).scalars())
    live = Counter((row.session_id, row.measure) for row in rows if row.state in LIVE)
    assert max(live.values(), default=0) <= 1, "two at once"
    answered = Counter(
        (row.session_id, row.measure) for row in rows if row.state in ANSWERED or answers[row.id]
    )
    assert max(answered.values(), default=0) <= 1, "answered, and asked again"
    for row in rows:
        if row.state in LIVE and not answers[row.id]:
            assert row.session_id in planned, "asked about a session that does not take place"


async def _live(url: str, story: Sequence[tuple[str, int]]) -> list[datetime]:
    async with opened(url, choices=choices(BOTH, AFTER)) as world:
        async with world.service.desk() as desk:
            client = await people.known(desk, "AB")
            await sessions.book(desk, client, (TUESDAY, TUESDAY + HOUR), by=BY)
        for step in story:
            await _do(world, step)
            await _check(world)
        asked = [one for one in world.channel.sent if one.address == CLIENT and "Hello" in one.message.text]
        return [one.at for one in asked]


@pytest.fixture
def ready(databases: Databases) -> Databases:
    """Give databases whose template is staffed."""
    with databases.fresh("sqlite", staff):
        return databases


@given(st.lists(steps, min_size=3, max_size=14))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_sessions_measure_is_asked_once_at_a_time_and_answered_once(
    ready: Databases, story: list[tuple[str, int]]
) -> None:
    with ready.fresh("sqlite", staff) as url:
        asked = asyncio.run(_live(url, story))
    assert [one for one in asked if QUIET.holds(one.time())] == [], "nobody is asked in quiet hours"

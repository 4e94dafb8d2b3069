"""What is due for one client and can't be done keeps nobody else's from its turn."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.service.desk import LIMIT
from bot.service.shares import ALL, OneByOneError, Share, work_on
from bot.ticker import Ticker
from storage import tables as t
from tests.bot import fleet
from tests.fakes.memory import MemoryChannel
from tests.world import WEEKLY, Clock, World, opened, policy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from bot.service.desk import Desk
    from tests.databases import Databases, Engine

ASKED = datetime(2026, 11, 23, 18, tzinfo=UTC)
"""When the weekly ORS is due."""

HOUR = timedelta(hours=1)
OTHER = "other"


@asynccontextmanager
async def two_clients(url: str) -> AsyncIterator[World]:
    """Open a clinic with AB, who is first in every line, and CD."""
    clock = Clock()
    channel = MemoryChannel(clock=clock)
    choices = policy([channel], (dataclasses.replace(WEEKLY, measures=("ors",), reminders=(HOUR,)),))
    async with opened(url, channel, clock=clock, choices=choices) as world:
        await world.consented("CD", OTHER)
        world.forget()
        yield world


async def change(world: World, code: str, **values: str) -> None:
    """Write of a client, or of what they are asked, what only another version could have written."""
    (name,) = values
    table, whose = (t.clients, t.clients.c.id) if name == "zone" else (t.check_ins, t.check_ins.c.client_id)
    is_theirs = whose == await id_of(world, code)
    async with world.store.engine.begin() as connection:
        await connection.execute(sa.update(table).where(is_theirs).values(**values))


async def id_of(world: World, code: str) -> int:
    """Give the id by which the log knows a client."""
    async with world.store.reading() as transaction:
        found = await transaction.people.client(code)
    assert found is not None
    return found.id


async def both(world: World, words: str) -> None:
    """Let both clients write the same."""
    await world.hear(words)
    await world.hear(words, OTHER)


ZONE, MEASURE = {"zone": "Nowhere/Gone"}, {"measure": "gone"}
MENDED = {"zone": "UTC", "measure": "ors"}


@pytest.mark.parametrize(
    ("work", "before", "bad"),
    [
        pytest.param("start_due", (0,), ZONE, id="to ask"),
        pytest.param("remind_due", ("tick", 1), ZONE, id="to remind of"),
        pytest.param("resume_due", ("tick", "in 1 hour", 1), ZONE, id="to put again"),
        pytest.param("expire_due", ("tick", 72), MEASURE, id="over"),
    ],
)
async def test_what_fails_for_one_client_is_done_for_the_others(
    staffed_url: str, work: str, before: tuple[str | int, ...], bad: dict[str, str]
) -> None:
    async with two_clients(staffed_url) as world:
        world.clock.now = ASKED
        *steps, hours = before
        for step in steps:
            await (world.tick() if step == "tick" else both(world, str(step)))
        world.clock.now = ASKED + int(hours) * HOUR
        await change(world, "AB", **bad)
        done = getattr(world.service, work)
        for _ in range(2):
            with capture_logs() as logs, pytest.raises(OneByOneError, match="1 of what is due"):
                await done()
            assert [(one["action"], one["work"]) for one in logs] == [("one_by_one", work)] * 3
            assert (logs[-1]["count"], logs[-1]["clients"]) == (1, [await id_of(world, "AB")])
        await change(world, "AB", **{name: MENDED[name] for name in bad})
        assert await done() == 1, "only AB's is left"
        assert await done() == 0


@pytest.fixture
def busy_url(databases: Databases, engine: Engine) -> Iterator[str]:
    """Lend a database with a caseload that is asked daily and around a session each day."""
    with databases.fresh(engine, fleet.busy) as url:
        yield url


async def test_the_log_says_whose_sessions_could_not_be_worked_on(busy_url: str) -> None:
    async with fleet.worker(busy_url) as world:
        await change(world, "C0", **ZONE)
        named: defaultdict[str, set[int]] = defaultdict(set)
        for hours in (4, 18):
            world.clock.wait(hours=hours)
            with capture_logs() as logs:
                await Ticker(world.service, lambda: None).tick()
            for one in logs:
                if "clients" in one:
                    named[one["work"]].update(one["clients"])
        theirs = {await id_of(world, "C0")}
    assert named == dict.fromkeys(("start_session_asks", "start_due", "ask_to_confirm"), theirs)


async def test_the_others_questions_go_out_and_operators_see_that_a_tick_fails(staffed_url: str) -> None:
    async with two_clients(staffed_url) as world:
        world.clock.now = ASKED
        await change(world, "AB", zone="Nowhere/Gone")
        woken: list[None] = []
        ticker = Ticker(world.service, lambda: woken.append(None))
        with capture_logs():
            await ticker.tick()
        await world.send_out()
        assert [one.address for one in world.channel.sent] == [OTHER]
        assert (ticker.failures, woken) == (1, [None])


async def test_what_fails_only_together_is_done_one_by_one(world: World) -> None:
    left = [1, 2, 3]

    async def work(_desk: Desk, share: Share = ALL, /) -> int:
        if share.most > 1:
            raise ZeroDivisionError
        return 0 if not left else bool(left.pop())

    assert await work_on(world.service.desk, work) == 3


async def test_so_many_failures_are_looked_past_and_no_more(world: World) -> None:
    tried: list[Share] = []

    async def work(desk: Desk, share: Share = ALL, /) -> int:
        tried.append(share)
        desk.at_hand = (share.skip,)
        raise ZeroDivisionError if share.skip < LIMIT - 1 else KeyError

    with capture_logs() as logs, pytest.raises(OneByOneError, match=f"^{LIMIT} of") as raised:
        await work_on(world.service.desk, work)
    assert isinstance(raised.value.__cause__, ZeroDivisionError)
    assert len(logs) == 1 + 2 + 1, "one for all, one for each kind, and one that says whose it was"
    assert logs[-1]["clients"] == list(range(LIMIT))
    assert tried == [Share(), *(Share(1, place) for place in range(LIMIT))]


async def test_what_another_came_between_is_tried_again_under_its_own_name(world: World) -> None:
    faults = [sa.exc.IntegrityError("", {}, Exception())]

    async def greet(_desk: Desk, _share: Share = ALL, /) -> int:
        if faults:
            raise faults.pop()
        return 1

    with capture_logs() as logs:
        assert await work_on(world.service.desk, greet) == 1
    assert [(one["action"], one["work"]) for one in logs] == [("again", "greet")]


async def test_a_database_in_trouble_is_not_asked_one_by_one(world: World) -> None:
    tried: list[Share] = []

    async def work(_desk: Desk, share: Share = ALL, /) -> int:
        tried.append(share)
        raise sa.exc.TimeoutError

    with pytest.raises(sa.exc.TimeoutError):
        await work_on(world.service.desk, work)
    assert tried == [Share()]

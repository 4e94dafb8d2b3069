"""After silence: a softer opening, a break where the client wants one, and what the therapist hears of it."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.languages import LANGUAGES
from bot.service import sessions
from bot.service.sessions import By
from bot.timetable import AfterSession, Away, Routine
from bot.wording import break_offer
from storage import tables as t
from tests.fakes.memory import MemoryChannel
from tests.world import CLIENT, MONDAY, THERAPIST, WEEKLY, Clock, World, opened, policy

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)

DUE = MONDAY + HOUR
"""When the weekly ORS is due: at 18:00."""

GENTLE = "No need to explain the gap"
OFFER = "Or write break, and I won't ask for 2 weeks."


@asynccontextmanager
async def asking(
    url: str, *more: Routine, pause_after: int | None = 3, pause_for: timedelta = 14 * DAY
) -> AsyncIterator[World]:
    """Open a world in which an ORS is asked every Monday at 18:00."""
    clock = Clock()
    channel = MemoryChannel(clock=clock)
    weekly = dataclasses.replace(WEEKLY, measures=("ors",), reminders=())
    choices = policy([channel], (weekly, *more))
    choices = dataclasses.replace(choices, pause_after=pause_after, pause_for=pause_for)
    async with opened(url, channel, clock=clock, choices=choices) as world:
        await world.service.sync([])
        yield world


async def pass_to(world: World, until: datetime) -> None:
    """Let time pass by half days to a moment."""
    while world.clock.now < until:
        world.clock.now = min(world.clock.now + DAY / 2, until)
        await world.tick()


async def states(world: World) -> list[str]:
    """Give how each check-in stands, in the order in which they were made."""
    async with world.store.engine.connect() as connection:
        rows = await connection.execute(sa.select(t.check_ins.c.state).order_by(t.check_ins.c.id))
        return list(rows.scalars())


def questions(world: World) -> list[datetime]:
    """Give when the client was asked a first question."""
    return [one.at for one in world.channel.sent if one.address == CLIENT and "1/4" in one.message.text]


# A softer opening


@pytest.mark.parametrize(
    ("missed", "gentle", "offered"),
    [
        pytest.param(0, False, False, id="none"),
        pytest.param(1, True, False, id="one"),
        pytest.param(2, True, False, id="one short of the offer"),
        pytest.param(3, True, True, id="three"),
        pytest.param(4, True, True, id="four"),
    ],
)
async def test_how_it_opens(staffed_url: str, missed: int, *, gentle: bool, offered: bool) -> None:
    async with asking(staffed_url) as world:
        await pass_to(world, DUE + missed * WEEK)
        opening = world.channel.texts(CLIENT)[-1]
        assert "1/4" in opening
        assert (GENTLE in opening, OFFER in opening) == (gentle, offered)


async def test_an_answer_ends_the_softness(staffed_url: str) -> None:
    async with asking(staffed_url) as world:
        await pass_to(world, DUE + 3 * WEEK)
        await world.hear("7")
        await pass_to(world, DUE + 4 * WEEK)
        assert GENTLE not in world.channel.texts(CLIENT)[-1]


async def test_a_site_may_offer_none(staffed_url: str) -> None:
    async with asking(staffed_url, pause_after=None) as world:
        await pass_to(world, DUE + 4 * WEEK)
        opening = world.channel.texts(CLIENT)[-1]
        assert GENTLE in opening
        assert "break" not in opening


@pytest.mark.parametrize(
    ("days", "told"),
    [(1, "1 day."), (6, "6 days."), (7, "1 week."), (8, "8 days."), (13, "13 days."), (14, "2 weeks.")],
)
def test_how_long_it_is(days: int, told: str) -> None:
    assert break_offer(LANGUAGES["en"], days * DAY).endswith(f"for {told}")


@pytest.mark.parametrize(
    ("weeks", "told"),
    [(1, "أسبوع واحد (1)"), (2, "أسبوعين (2)"), (3, "3 أسابيع"), (11, "11 أسبوعاً"), (100, "100 أسبوع")],
)
def test_how_long_it_is_where_numbers_have_many_forms(weeks: int, told: str) -> None:
    assert f" {told}." in break_offer(LANGUAGES["ar"], weeks * WEEK)


# The break


@pytest.mark.parametrize(
    ("pause_for", "asked"),
    [
        pytest.param(7 * DAY, DUE + WEEK, id="a week: the next one comes"),
        pytest.param(8 * DAY, DUE + 2 * WEEK, id="a day more: the next one rests"),
        pytest.param(14 * DAY, DUE + 2 * WEEK, id="two weeks, to the day"),
        pytest.param(15 * DAY, DUE + 3 * WEEK, id="a day more"),
    ],
)
async def test_how_long_nothing_is_asked(staffed_url: str, pause_for: timedelta, asked: datetime) -> None:
    async with asking(staffed_url, pause_for=pause_for) as world:
        await pass_to(world, DUE)
        await world.hear("break")
        world.forget()
        await pass_to(world, asked)
        assert questions(world) == [asked]
        assert await states(world) == ["withdrawn", "open"], "what rested is skipped, and not missed"


async def test_what_is_said_of_it(staffed_url: str) -> None:
    async with asking(staffed_url) as world:
        await pass_to(world, DUE)
        world.forget()
        await world.hear("Break, please!")
        (answer,) = world.channel.texts(CLIENT)
        assert answer.startswith("All right, take your time. I won't ask anything before Monday 7 December.")
        assert answer.endswith("To go on sooner, write continue.")
        (note,) = world.channel.texts(THERAPIST)
        assert note.startswith("AB takes a break from the check-ins")
        assert "before Monday 7 December" in note


async def test_it_is_no_silence(staffed_url: str) -> None:
    async with asking(staffed_url) as world:
        await pass_to(world, DUE)
        await pass_to(world, DUE + WEEK)  # one is unanswered, and the second is open
        await world.hear("break")
        await pass_to(world, DUE + 3 * WEEK)
        assert questions(world) == [DUE, DUE + WEEK, DUE + 3 * WEEK]
        assert "Did not answer" not in "\n".join(world.channel.texts(THERAPIST))
        await pass_to(world, DUE + 4 * WEEK)
        told = "\n".join(world.channel.texts(THERAPIST))
        assert told.count("Did not answer") == 1, "the second in a row is the one after the break"


async def test_what_was_answered_is_kept_and_told(staffed_url: str) -> None:
    async with asking(staffed_url) as world:
        await pass_to(world, DUE)
        await world.hear("7")
        await world.hear("break")
        assert await states(world) == ["partial"]
        assert any("1 of 4 questions answered" in text for text in world.channel.texts(THERAPIST))
        assert world.channel.texts(CLIENT)[-1].startswith("All right, take your time")
        await world.hear("7")
        assert await states(world) == ["partial"], "it was the client's wish, and nothing opens it again"


async def test_what_waits_is_withdrawn_too(staffed_url: str) -> None:
    async with opened(staffed_url) as world:
        await pass_to(world, DUE)  # the SRS waits behind the ORS
        await world.hear("break")
        assert await states(world) == ["withdrawn", "withdrawn"]
        await pass_to(world, DUE + 13 * DAY)
        assert len(questions(world)) == 1


async def test_nothing_need_be_open(staffed_url: str) -> None:
    async with asking(staffed_url) as world:
        await world.hear("take a break")
        await pass_to(world, DUE + WEEK)
        assert questions(world) == []
        assert await states(world) == []


async def test_what_is_due_at_that_moment_rests_too(staffed_url: str) -> None:
    """The clock has not come round to it when the message arrives."""
    async with asking(staffed_url) as world:
        world.clock.now = DUE
        await world.hear("break")
        await world.tick()
        await pass_to(world, DUE + WEEK)
        assert questions(world) == []
        assert await states(world) == []
        await pass_to(world, DUE + 2 * WEEK)
        assert questions(world) == [DUE + 2 * WEEK]


async def test_a_second_wish_begins_it_anew(staffed_url: str) -> None:
    async with asking(staffed_url) as world:
        await world.hear("break")
        await pass_to(world, DUE + WEEK)
        await world.hear("break")
        assert "before Monday 14 December" in world.channel.texts(CLIENT)[-1]
        await pass_to(world, DUE + 3 * WEEK)
        assert questions(world) == [DUE + 3 * WEEK]


@pytest.mark.parametrize("said", ["START", "continue", "Continue please"])
async def test_it_ends_sooner(staffed_url: str, said: str) -> None:
    async with asking(staffed_url) as world:
        await world.hear("break")
        await pass_to(world, DUE + 2 * DAY)
        await world.hear(said)
        assert world.channel.texts(CLIENT)[-1].startswith("Welcome back")
        assert world.channel.texts(THERAPIST)[-1] == "AB has ended the break: the check-ins go on."
        await pass_to(world, DUE + WEEK)
        assert questions(world) == [DUE + WEEK]


async def test_other_words_do_not_end_it(staffed_url: str) -> None:
    async with asking(staffed_url) as world:
        await world.hear("break")
        await world.hear("it was a good day")
        await world.hear("7")
        await pass_to(world, DUE + WEEK)
        assert questions(world) == []


async def test_coming_back_leaves_a_holiday_as_it_is(staffed_url: str) -> None:
    async with asking(staffed_url) as world:
        async with world.service.desk() as desk:
            client = await desk.tx.people.client("AB")
            assert client is not None
            holiday = (date(2026, 11, 23), date(2026, 12, 31))
            await desk.tx.absences.add(holiday, desk.now, client_id=client.id)
        await world.hear("break")
        await world.hear("continue")
        async with world.service.desk() as desk:
            assert await desk.tx.absences.of([client.id]) == {client.id: (holiday,)}


@pytest.mark.parametrize("said", ["break, I want to kill myself", "break\nI want to die"])
async def test_danger_beside_it_is_danger(staffed_url: str, said: str) -> None:
    async with asking(staffed_url) as world:
        await pass_to(world, DUE)
        await world.hear(said)
        assert any("URGENT" in text for text in world.channel.texts(THERAPIST))
        assert "take your time" not in world.channel.texts(CLIENT)[-1]
        assert await states(world) == ["open"]


async def test_while_danger_pauses_a_check_in_it_is_a_wish_too(staffed_url: str) -> None:
    async with asking(staffed_url) as world:
        await pass_to(world, DUE)
        await world.hear("I want to kill myself")
        await world.hear("break")
        assert world.channel.texts(CLIENT)[-1].startswith("All right, take your time")
        assert await states(world) == ["withdrawn"]


async def test_sessions_go_on_and_what_is_asked_around_them_rests(staffed_url: str) -> None:
    after = Routine("after", ("srs",), AfterSession(Away(minutes=30)))
    async with asking(staffed_url, after) as world:
        async with world.service.desk() as desk:
            client = await desk.tx.people.client("AB")
            assert client is not None
            times = [(DUE + n * WEEK + 2 * DAY, DUE + n * WEEK + 2 * DAY + HOUR) for n in (0, 2)]
            for one in times:
                await sessions.book(desk, client, one, by=By("administrator"))
        await world.hear("break")
        async with world.service.desk() as desk:
            found = await desk.tx.sessions.of([client.id])
            assert [one.planned for one in found] == [True, True]
            assert await desk.tx.sessions.asked_from(client.id) == (times[1][1] + HOUR / 2,)
        await world.hear("continue")
        async with world.service.desk() as desk:
            due = tuple(ends + HOUR / 2 for _, ends in times)
            assert await desk.tx.sessions.asked_from(client.id) == due


# Time away


async def test_time_away_that_is_told_while_a_check_in_is_open_leaves_it_open(staffed_url: str) -> None:
    async with asking(staffed_url) as world:
        await pass_to(world, DUE)
        async with world.service.desk() as desk:
            client = await desk.tx.people.client("AB")
            assert client is not None
            days = (date(2026, 11, 23), date(2026, 11, 30))
            await desk.tx.absences.add(days, desk.now, therapist_id=client.therapist_id)
        await world.tick()
        assert await states(world) == ["open"]
        await world.hear("7 7 7 7")
        assert await states(world) == ["complete"]


# Silence


@pytest.mark.parametrize(
    ("missed", "told"),
    [pytest.param(1, 0, id="one"), pytest.param(2, 1, id="two"), pytest.param(3, 1, id="three: told once")],
)
async def test_the_therapist_hears_of_two_in_a_row_in_the_morning(
    staffed_url: str, missed: int, told: int
) -> None:
    async with asking(staffed_url) as world:
        await pass_to(world, DUE + (missed - 1) * WEEK + 2 * DAY)
        at_once = sum("Did not answer" in text for text in world.channel.texts(THERAPIST))
        await pass_to(world, DUE + (missed - 1) * WEEK + 3 * DAY)
        texts = [one for one in world.channel.sent if "Did not answer" in one.message.text]
        assert len(texts) == told
        if missed == 2:
            assert at_once == 0
            assert texts[0].at.time() >= datetime(2026, 1, 1, 8, tzinfo=UTC).time()


@pytest.mark.parametrize(
    ("alliance", "risk"),
    [
        pytest.param([(9, 9, 9, 9)], False, id="36.0"),
        pytest.param([(9, 9, 9, 8.9)], True, id="35.9: low"),
        pytest.param([(9.5, 9.5, 9.5, 9.5), (9.3, 9.3, 9.3, 9.2)], False, id="fell by 0.9"),
        pytest.param([(9.5, 9.5, 9.5, 9.5), (9.3, 9.3, 9.2, 9.2)], True, id="fell by 1.0"),
    ],
)
async def test_after_a_weak_alliance_the_therapist_hears_at_once(
    staffed_url: str, alliance: list[tuple[float, ...]], *, risk: bool
) -> None:
    async with asking(staffed_url) as world:
        for days, points in zip((8, 1), reversed(alliance), strict=False):
            await world.past("srs", points, 9 - days)
        for _ in range(2):
            await world.ask()
            world.clock.wait(hours=48)
            world.forget()
            await world.tick()
        told = "\n".join(world.channel.texts(THERAPIST))
        assert ("Silent after a weak alliance" in told) is risk
        assert ("Did not answer" in told) is risk, "without a risk it waits for the morning"

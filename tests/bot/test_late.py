"""Answers after the end: which still count, which are answered kindly, what opens nothing again."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.channels.base import Pressed
from bot.policy import SessionRules
from bot.service import people, sessions
from bot.service.sessions import By
from storage import tables as t
from tests.fakes.memory import MemoryChannel
from tests.world import CLIENT, MONDAY, THERAPIST, Clock, World, opened, policy

HOUR = timedelta(hours=1)
TICK = timedelta(seconds=1)

END = datetime(2026, 11, 25, 17, tzinfo=UTC)
"""When an ORS is over that was asked by hand when the tests begin; for a day more an answer counts."""

OVER = "Those questions are closed by now"
NOTHING = "There is no question open right now"


async def ran_out(world: World, measure: str = "ors", said: str | None = None) -> None:
    """Ask by hand, hear some answers, and let the time run out; what was sent is forgotten."""
    await world.ask(measure)
    if said is not None:
        await world.hear(said)
    world.clock.now = END
    await world.tick()
    world.forget()


async def states(world: World) -> list[tuple[str, str, bool]]:
    """Give (measure, state, late) of every check-in that was asked, in the order in which they were made."""
    columns = (t.check_ins.c.measure, t.check_ins.c.state, t.check_ins.c.late)
    asked = t.check_ins.c.opened_at.is_not(None)
    async with world.store.engine.connect() as connection:
        rows = await connection.execute(sa.select(*columns).where(asked).order_by(t.check_ins.c.id))
        return [tuple(row) for row in rows]


@pytest.fixture
async def world(staffed_url: str) -> AsyncIterator[World]:
    """Open a world in which nothing is asked but by hand."""
    clock = Clock()
    channel = MemoryChannel(clock=clock)
    choices = policy([channel], ())
    async with opened(staffed_url, channel, clock=clock, choices=choices) as world:
        await world.service.sync([])
        yield world


@pytest.mark.parametrize(
    ("when", "counts"),
    [
        pytest.param(END, True, id="as soon as it is over"),
        pytest.param(END + 24 * HOUR - TICK, True, id="in the last second"),
        pytest.param(END + 24 * HOUR, False, id="a day later"),
        pytest.param(END + 20 * 24 * HOUR, False, id="weeks later"),
    ],
)
async def test_until_when_an_answer_counts(world: World, when: datetime, *, counts: bool) -> None:
    await ran_out(world)
    world.clock.now = when
    await world.hear("7")
    (answer,) = world.channel.texts(CLIENT)
    assert answer.startswith("2/4" if counts else OVER)
    assert await states(world) == [("ors", "open" if counts else "expired", counts)]


async def test_it_goes_on_until_it_is_whole_and_is_marked_late(world: World) -> None:
    await ran_out(world)
    for said in ("7", "6", "8"):
        await world.hear(said)
    await world.hear("7, good week")
    assert world.channel.texts(CLIENT)[-1].startswith("Thank you for telling me")
    assert await states(world) == [("ors", "complete", True)]
    async with world.store.engine.connect() as connection:
        assert (await connection.execute(sa.select(t.scores.c.total))).scalars().all() == [280]
    assert world.channel.texts(THERAPIST) == ['AB wrote:\n"7, good week"']


async def test_several_at_once_count_too(world: World) -> None:
    await ran_out(world)
    await world.hear("7 6 8 7")
    assert await states(world) == [("ors", "complete", True)]


async def test_two_in_one_batch_are_two_answers(world: World) -> None:
    await ran_out(world)
    await world.inbox.accept([world.inbound("7"), world.inbound("6")])
    await world.send_out()
    assert await states(world) == [("ors", "open", True)]
    async with world.store.engine.connect() as connection:
        rows = await connection.execute(sa.select(t.answers.c.tenths).order_by(t.answers.c.position))
        # of the second question nothing had been seen: nobody answers what they have not seen
        assert list(rows.scalars()) == [70]
    assert world.channel.texts(CLIENT)[-1].startswith("2/4")


async def test_the_half_that_was_told_is_made_whole(world: World) -> None:
    await world.ask()
    await world.hear("7")
    await world.hear("6")
    world.clock.now = END
    await world.tick()
    assert "2 of 4 questions answered" in world.channel.texts(THERAPIST)[-1]
    world.forget()
    await world.hear("8")
    await world.hear("7")
    assert world.channel.texts(THERAPIST) == [
        "AB, outcome (ORS): the rest came later, so there is a total now: 28."
    ]


async def test_an_alert_says_that_it_was_answered_late(world: World) -> None:
    await world.past("ors", (8, 8, 8, 8), 14)
    await ran_out(world)
    await world.hear("4 4 4 4")
    (alert,) = world.channel.texts(THERAPIST)
    assert "\n(answered late, after the check-in was over)\n" in alert


async def test_an_alert_of_one_in_time_does_not(world: World) -> None:
    await world.past("ors", (8, 8, 8, 8), 14)
    await world.ask()
    await world.hear("4 4 4 4")
    (alert,) = world.channel.texts(THERAPIST)
    assert "late" not in alert


async def test_what_ran_out_twice_is_kept_as_it_is(world: World) -> None:
    await ran_out(world)
    await world.hear("7")
    world.clock.now = END + 24 * HOUR
    await world.tick()
    assert await states(world) == [("ors", "partial", True)]
    assert "1 of 4 questions answered" in world.channel.texts(THERAPIST)[-1]
    await world.hear("6")
    assert world.channel.texts(CLIENT)[-1].startswith(OVER)


async def test_while_it_goes_on_nothing_reminds_of_it(world: World) -> None:
    await ran_out(world)
    await world.hear("7")
    world.forget()
    for _ in range(23):
        world.clock.wait(hours=1)
        await world.tick()
    assert world.channel.texts(CLIENT) == []


# What opens nothing again


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("my week was bad", "Thank you for telling me"),
        ("skip", "All right. There is no question waiting"),
        ("later", "All right. There is no question waiting"),
        ("thanks", "All right. Take care"),
        ("HELP", "I am Elm Street clinic"),
    ],
)
async def test_words_are_words(world: World, said: str, answer: str) -> None:
    await ran_out(world)
    await world.hear(said)
    assert world.channel.texts(CLIENT)[-1].startswith(answer)
    assert await states(world) == [("ors", "expired", False)]


async def test_danger_is_danger(world: World) -> None:
    await ran_out(world)
    await world.hear("7 but I want to kill myself")
    assert "2/4" not in "\n".join(world.channel.texts(CLIENT))
    assert world.channel.texts(THERAPIST)[0].startswith("URGENT")
    assert await states(world) == [("ors", "expired", False)]


async def test_stop_is_stop_and_a_number_after_it_opens_nothing(world: World) -> None:
    await ran_out(world)
    await world.hear("STOP")
    await world.hear("7")
    assert await states(world) == [("ors", "expired", False)]


async def test_what_the_bot_gave_up_stays_closed(world: World) -> None:
    await world.ask()
    for _ in range(4):
        await world.hear("blue")
    world.forget()
    world.clock.wait(hours=1)
    await world.hear("7")
    assert world.channel.texts(CLIENT)[0].startswith(NOTHING)
    assert [state for _, state, _ in await states(world)] == ["partial"]


async def test_what_there_was_no_session_for_stays_closed(world: World) -> None:
    await world.ask("srs")
    await world.hear("we didn't meet")
    world.forget()
    await world.hear("7")
    assert world.channel.texts(CLIENT)[0].startswith(NOTHING)
    assert [state for _, state, _ in await states(world)] == ["withdrawn"]


async def test_what_danger_paused_stays_closed(world: World) -> None:
    await world.ask()
    await world.hear("I want to kill myself")
    world.clock.now = END
    await world.tick()
    world.forget()
    await world.hear("7")
    assert world.channel.texts(CLIENT)[0].startswith(NOTHING)
    assert await states(world) == [("ors", "expired", False)]


async def test_what_was_filled_in_on_paper_since_stays_closed(world: World) -> None:
    await ran_out(world)
    await world.past("ors", (6, 6, 6, 6), 0)
    await world.hear("7")
    assert world.channel.texts(CLIENT)[-1].startswith(OVER)
    assert ("ors", "expired", False) in await states(world)


async def test_only_what_was_asked_last_is_answered(world: World) -> None:
    await ran_out(world, "ors")
    await world.ask("srs")
    await world.hear("9 9 9 9")
    world.forget()
    await world.hear("7")
    assert world.channel.texts(CLIENT)[0].startswith(NOTHING)
    assert await states(world) == [("ors", "expired", False), ("srs", "complete", False)]


async def test_a_new_one_that_is_open_is_answered_and_not_the_old(world: World) -> None:
    await ran_out(world)
    await world.ask()
    await world.hear("7")
    assert await states(world) == [("ors", "expired", False), ("ors", "open", False)]


async def test_one_of_an_earlier_episode_stays_closed(world: World) -> None:
    await ran_out(world)
    async with world.service.desk() as desk:
        await people.close(desk, "AB", "planned")
    async with world.service.desk() as desk:
        await people.resume(desk, "AB")
    await world.hear("7")
    assert await states(world) == [("ors", "expired", False)]


async def test_a_question_that_never_went_out_is_not_answered(world: World) -> None:
    world.outbox.rest(world.channel.name, END)
    await ran_out(world)
    await world.hear("7")
    assert await states(world) == [("ors", "missed", False)], "nobody was asked, so nobody was silent"


async def test_one_from_before_that_has_no_last_moment_is_over(world: World) -> None:
    await ran_out(world)
    async with world.store.engine.begin() as connection:
        await connection.execute(sa.update(t.check_ins).values(late_until=None))
    await world.hear("7")
    assert world.channel.texts(CLIENT)[-1].startswith(OVER)


# What a number can be meant for


async def ask_to_confirm(world: World) -> None:
    """Let the client be asked whether a session suits them: an hour after the check-in was over."""
    world.service.policy = dataclasses.replace(
        world.service.policy, sessions=SessionRules(confirm_before=24 * HOUR)
    )
    async with world.service.desk() as desk:
        client = await people.known(desk, "AB")
        times = (END + 25 * HOUR, END + 26 * HOUR)
        await sessions.book(desk, client, times, by=By("administrator"))
    world.clock.now = END + HOUR
    await world.tick()
    assert "Does that work?" in world.channel.texts(CLIENT)[-1]


async def cry(world: World) -> None:
    """Let the client write of danger."""
    await world.hear("I want to kill myself")


async def cry_and_be_safe(world: World) -> None:
    """Let the danger be over."""
    await cry(world)
    await world.hear("CLOSED 1 spoke, safe", THERAPIST)


async def rest(world: World) -> None:
    """Let the client take a break."""
    await world.hear("break")


async def rest_and_go_on(world: World) -> None:
    """Let them end it at once."""
    await rest(world)
    await world.hear("continue")


async def talk(world: World) -> None:
    """Let them say something else."""
    await world.hear("sorry, I was away")


SINCE = [
    # what happened since it was over, whether a number counts, whether its button does
    (talk, True, True),
    (ask_to_confirm, False, True),
    (cry, False, False),
    (cry_and_be_safe, False, True),
    (rest, False, False),
    (rest_and_go_on, False, True),
]


@pytest.mark.parametrize(("since", "counts"), [(since, number) for since, number, _ in SINCE])
async def test_a_number_counts_where_nothing_else_was_put_since(
    world: World, since: Callable[[World], Awaitable[None]], *, counts: bool
) -> None:
    await ran_out(world)
    await since(world)
    await world.hear("7")
    assert await states(world) == [("ors", "open" if counts else "expired", counts)]
    assert world.channel.texts(CLIENT)[-1].startswith("2/4" if counts else OVER)


@pytest.mark.parametrize(("since", "counts"), [(since, button) for since, _, button in SINCE])
async def test_a_button_counts_unless_nothing_is_to_be_asked(
    world: World, since: Callable[[World], Awaitable[None]], *, counts: bool
) -> None:
    await ran_out(world)
    await since(world)
    async with world.store.engine.connect() as connection:
        check_in_id = await connection.scalar(sa.select(t.check_ins.c.id))
    await world.hear(Pressed(f"a:{check_in_id}:0:70", "m1"))
    assert await states(world) == [("ors", "open" if counts else "expired", counts)]


async def test_danger_and_a_number_in_one_batch_count_nothing(world: World) -> None:
    await ran_out(world)
    await world.inbox.accept([world.inbound("I want to kill myself"), world.inbound("7")])
    await world.send_out()
    assert await states(world) == [("ors", "expired", False)]


# Too late


async def test_who_is_too_late_is_told_when_the_next_one_comes(staffed_url: str) -> None:
    async with opened(staffed_url) as world:
        world.clock.now = MONDAY + HOUR
        await world.tick()
        world.clock.now += 72 * HOUR
        await world.tick()
        world.forget()
        await world.hear("7")
        (answer,) = world.channel.texts(CLIENT)
        assert answer.startswith(OVER)
        assert answer.endswith("The next ones come on Monday 30 November at 18:00.")


async def test_what_was_written_beside_a_number_that_is_too_late_is_passed_on(world: World) -> None:
    await ran_out(world)
    world.clock.now = END + 24 * HOUR
    await world.hear("7 but a rough week")
    assert world.channel.texts(THERAPIST) == ['AB wrote:\n"7 but a rough week"']
    said = world.channel.texts(CLIENT)[-1]
    assert said.startswith("Thank you for telling me")
    assert OVER in said
    assert said.endswith("I will write when there are new ones.")


async def test_who_finished_is_not_told_that_it_is_over(world: World) -> None:
    await world.ask()
    await world.hear("7 7 7 7")
    world.clock.now = END + 48 * HOUR
    await world.hear("7")
    assert world.channel.texts(CLIENT)[-1].startswith(NOTHING)


# By button


@pytest.mark.parametrize(
    ("when", "answer"),
    [
        pytest.param(END + 24 * HOUR - TICK, "2/4", id="in the last second"),
        pytest.param(END + 24 * HOUR, OVER, id="a day later"),
    ],
)
async def test_a_button_counts_as_long(migrated_url: str, when: datetime, answer: str) -> None:
    clock = Clock()
    channel = MemoryChannel("app", clock=clock, edits=True)
    choices = policy([channel], ())
    async with opened(migrated_url, channel, clock=clock, choices=choices) as world:
        await world.add_therapist()
        await world.consented()
        await world.ask()
        asked = world.channel.sent[-1]
        data = {choice.label: choice.data for row in asked.message.choices for choice in row}
        clock.now = END
        await world.tick()
        clock.now = when
        world.forget()
        await world.hear(Pressed(data["7"], asked.external_id))
        assert any(text.startswith(answer) for text in world.channel.texts(CLIENT))


async def test_a_button_of_an_answered_question_opens_nothing(migrated_url: str) -> None:
    clock = Clock()
    channel = MemoryChannel("app", clock=clock, edits=True)
    async with opened(migrated_url, channel, clock=clock, choices=policy([channel], ())) as world:
        await world.add_therapist()
        await world.consented()
        await world.ask()
        asked = world.channel.sent[-1]
        data = {choice.label: choice.data for row in asked.message.choices for choice in row}
        await world.hear(Pressed(data["7"], asked.external_id))
        clock.now = END
        await world.tick()
        await world.hear(Pressed(data["3"], asked.external_id))
        assert await states(world) == [("ors", "partial", False)]
        assert world.channel.texts(CLIENT)[-1].startswith(OVER)


# The row of unanswered ones


async def test_a_late_answer_ends_the_row(world: World) -> None:
    told = []
    for late in (False, True, False, False):
        await world.ask()
        world.clock.wait(hours=49)
        await world.tick()
        if late:
            await world.hear("7 7 7 7")
        world.clock.wait(hours=23)
        await world.tick()
        told.append(sum("Did not answer" in text for text in world.channel.texts(THERAPIST)))
    assert told == [0, 1, 1, 2], "what was told stays told, and the row begins anew"


async def test_one_that_runs_out_twice_is_missed_once(world: World) -> None:
    for _ in range(2):
        await world.ask()
        world.clock.wait(hours=49)
        await world.tick()
    await world.hear("7 7")  # two numbers for four questions: put again, and nothing is kept
    for _ in range(3):
        world.clock.wait(hours=24)
        await world.tick()
    assert sum("Did not answer" in text for text in world.channel.texts(THERAPIST)) == 1

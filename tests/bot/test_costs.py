"""What text messages cost is kept to the segment; a cap holds back what is routine, and nothing else."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.caps import Cap, CostRules, Price, month_of
from bot.channels.base import OutcomeUnknownError, SentMedia
from bot.segments import segments
from bot.service.delivery import Attempt
from storage import tables as t
from storage.migrations import upgrade
from storage.outgoing import outgoing
from storage.records import Note, OutboxState
from tests.databases import Databases, Engine
from tests.fakes.memory import Lost, MemoryChannel
from tests.world import CLIENT, MONDAY, OPERATOR, THERAPIST, Clock, World, opened, policy

TODAY = MONDAY.date()
WHATSAPP = f"whatsapp:{CLIENT}"


def sms(url: str) -> None:
    """Prepare a clinic that writes text messages, for `Databases.fresh`."""
    asyncio.run(_staff(url))


async def _staff(url: str) -> None:
    clock = Clock()
    async with opened(url, MemoryChannel("sms", clock=clock), clock=clock) as world:
        await upgrade(world.store.engine)
        await world.service.sync([("sms", OPERATOR)])
        await world.add_therapist()
        await world.consented()
        async with world.store.engine.begin() as connection:
            for table in (t.costs, t.spending):
                await connection.execute(sa.delete(table))


@pytest.fixture
def sms_url(databases: Databases, engine: Engine) -> Iterator[str]:
    """Lend a database of such a clinic, on each engine."""
    with databases.fresh(engine, sms) as url:
        yield url


@pytest.fixture
async def clinic(sms_url: str) -> AsyncIterator[World]:
    """Open a clinic that has spent nothing yet."""
    clock = Clock()
    async with opened(sms_url, MemoryChannel("sms", clock=clock), clock=clock) as world:
        yield world


async def ledger(world: World) -> list[tuple[date, bool, int, int]]:
    """List what was spent, by day and way: messages and segments."""
    rows = t.costs.c
    async with world.store.engine.connect() as connection:
        found = await connection.execute(
            sa.select(rows.day, rows.incoming, sa.func.sum(rows.messages), sa.func.sum(rows.segments))
            .group_by(rows.day, rows.incoming)
            .order_by(rows.day, rows.incoming)
        )
        return [(day, bool(incoming), int(messages), int(parts)) for day, incoming, messages, parts in found]


async def spent(world: World, first: date = TODAY, last: date = TODAY) -> int:
    """Sum the segments of some days as caps see them."""
    async with world.store.reading() as tx:
        return await tx.costs.spent(first, last)


def cap(world: World, *, a_day: int | None = None, a_month: int | None = None) -> None:
    """Set caps."""
    rules = CostRules(a_day=a_day, a_month=a_month)
    world.service.policy = dataclasses.replace(world.service.policy, costs=rules)


def told(world: World, words: str) -> list[str]:
    """List the alarms that hold some words."""
    return [text for text in world.channel.texts(OPERATOR) if words in text]


@pytest.mark.parametrize(
    ("spent", "percent"),
    [
        pytest.param(0, None, id="nothing"),
        pytest.param(7, None, id="under 80 percent"),
        pytest.param(8, 80, id="80 percent"),
        pytest.param(9, 80, id="one left"),
        pytest.param(10, 100, id="reached"),
        pytest.param(11, 100, id="beyond"),
    ],
)
def test_how_much_of_a_cap_is_used(spent: int, percent: int | None) -> None:
    assert Cap("segments_a_day", 10, TODAY, TODAY).used(spent, 80) == percent


@pytest.mark.parametrize(
    ("now", "day", "month"),
    [
        (datetime(2026, 2, 28, 23, 59, tzinfo=UTC), "2026-02-28", "2026-02"),
        (datetime(2026, 3, 1, tzinfo=UTC), "2026-03-01", "2026-03"),
        (datetime.fromisoformat("2026-12-31T20:00-05:00"), "2027-01-01", "2027-01"),
    ],
)
def test_the_periods_of_caps_are_those_of_utc(now: datetime, day: str, month: str) -> None:
    daily, monthly = CostRules(a_day=1, a_month=2).caps(now)
    assert (daily.period, monthly.period) == (day, month)
    assert daily.first <= now.astimezone(UTC).date() < daily.ends_at.date()


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_day_lies_in_its_month_and_the_next_month_begins_after_it(day: date) -> None:
    first, last = month_of(day)
    assert first <= day <= last
    assert (first.day, (last + timedelta(days=1)).day) == (1, 1)
    assert last - first < timedelta(days=31)


@pytest.mark.parametrize(
    ("amount", "count", "said"),
    [("0.0083", 3, "0.0249 USD"), ("0.0083", 0, "0.0000 USD"), ("1", 7, "7 USD"), ("0.1", 3, "0.3 USD")],
)
def test_a_price_is_exact(amount: str, count: int, said: str) -> None:
    assert Price(Decimal(amount), "USD").of(count) == said


async def test_what_goes_and_comes_is_kept_to_the_segment(clinic: World) -> None:
    await clinic.ask()
    await clinic.hear("7")
    sent = [one.message.text for one in clinic.channel.sent]
    assert len(sent) == 2
    assert await ledger(clinic) == [(TODAY, False, 2, sum(map(segments, sent))), (TODAY, True, 1, 1)]
    assert await spent(clinic) == sum(map(segments, sent)) + 1


async def test_a_message_that_came_twice_is_billed_once(clinic: World) -> None:
    inbound = clinic.inbound("x" * 161)
    for _ in range(2):
        await clinic.inbox.accept([inbound])
    assert (TODAY, True, 1, 2) in await ledger(clinic)


async def test_what_is_kept_unread_costs_too(clinic: World) -> None:
    await clinic.service.keep_poison(clinic.inbound("7"), "ValueError")
    await clinic.inbox.accept([clinic.inbound(SentMedia("media"))])
    assert (TODAY, True, 2, 2) in await ledger(clinic)


async def test_whatsapp_is_counted_by_messages_only(clinic: World) -> None:
    await clinic.hear("hello", WHATSAPP)
    (went, came) = await ledger(clinic)
    assert went[2:] == (1, 0)
    assert came[2:] == (1, 0)


async def test_another_network_costs_nothing(world: World) -> None:
    await world.ask()
    await world.hear("7")
    assert await ledger(world) == []


async def test_a_message_whose_sending_was_in_doubt_is_billed_once(clinic: World) -> None:
    clinic.channel.faults.append(Lost(OutcomeUnknownError("lost"), arrived=True))
    await clinic.ask()
    clinic.clock.wait(minutes=1)
    await clinic.send_out()
    assert len(clinic.channel.sent) == 1
    assert await ledger(clinic) == [(TODAY, False, 1, segments(clinic.channel.sent[0].message.text))]


async def test_a_message_that_was_sent_twice_costs_twice_and_one_heard_of_twice_once(clinic: World) -> None:
    await clinic.ask()
    async with clinic.store.engine.connect() as connection:
        row = (await connection.execute(sa.select(t.outbox).where(t.outbox.c.kind == "question"))).one()
        (sent,) = await outgoing(connection, clinic.store.cipher, [row.id])
    (_, _, _, once), *_ = await ledger(clinic)
    for external_id, parts in ((row.external_id, once), ("another", 2 * once), ("another", 2 * once)):
        note = Note(row.id, OutboxState.SENT, clinic.clock(), "sms-account", external_id)
        await clinic.service.settle([Attempt(sent, note)])
        assert (await ledger(clinic))[0][3] == parts, external_id


async def test_a_day_ends_at_midnight_utc(clinic: World) -> None:
    clinic.clock.now = MONDAY.replace(hour=23, minute=59)
    await clinic.hear("hello")
    clinic.clock.wait(minutes=1)
    await clinic.hear("hello")
    assert [(day, incoming) for day, incoming, *_ in await ledger(clinic)] == [
        (TODAY + timedelta(days=late), way) for late in (0, 1) for way in (False, True)
    ]
    assert await spent(clinic) + await spent(clinic, *[TODAY + timedelta(days=1)] * 2) == await spent(
        clinic, *month_of(TODAY)
    )


async def test_costs_are_summed_by_therapist_and_client(clinic: World) -> None:
    await clinic.add_therapist("T2", None)
    await clinic.consented("CD", "+15550104", "T2")
    await clinic.hear("hello", "+15550199")
    await clinic.hear("HELP", THERAPIST)
    async with clinic.store.reading() as tx:
        sums = await tx.costs.by_person(*month_of(TODAY))
    assert [(one.therapist, one.client) for one in sums] == [("T1", None), ("T2", "CD"), (None, None)]
    assert sum(one.segments_out + one.segments_in for one in sums) == await spent(clinic)
    assert all(one.messages_in == 1 for one in sums)


async def test_operators_hear_once_that_a_cap_comes_near_and_once_that_it_is_reached(clinic: World) -> None:
    cap(clinic, a_month=12)
    for _ in range(9):
        await clinic.hear("thank you")
    near, reached = told(clinic, "are used"), told(clinic, "is reached")
    assert len(near) == len(reached) == 1
    assert "of 12 text message segments" in near[0]
    assert "2026-12-01 00:00 UTC" in reached[0]
    cap(clinic, a_month=13)
    await clinic.hear("thank you")
    assert len(told(clinic, "is reached")) == 2, "another cap is another matter"


async def due(world: World) -> None:
    """Let the weekly check-in fall due."""
    world.clock.wait(hours=1)
    await world.tick()


async def days_go_by(world: World) -> None:
    """Let the time of what was due run out."""
    for hours in (24, 23, 2):
        world.clock.wait(hours=hours)
        await world.tick()


async def test_beyond_a_cap_a_routine_question_waits_for_the_next_day(clinic: World) -> None:
    cap(clinic, a_day=1)
    await due(clinic)
    assert clinic.channel.texts(CLIENT) == []
    assert len(told(clinic, "segments_a_day is reached: 0 of 1")) == 1
    clinic.clock.now = datetime(2026, 11, 24, 7, 59, tzinfo=UTC)
    cap(clinic, a_day=100)
    await clinic.tick()
    assert clinic.channel.texts(CLIENT) == [], "it is night there"
    clinic.clock.wait(minutes=1)
    await clinic.tick()
    (asked,) = clinic.channel.texts(CLIENT)
    await clinic.hear("7")
    assert "1/4" in asked
    assert "2/4" in clinic.channel.texts(CLIENT)[-1]


async def test_what_has_no_segments_waits_for_no_cap(clinic: World) -> None:
    await clinic.consented("WA", WHATSAPP)
    clinic.forget()
    cap(clinic, a_day=1)
    await clinic.hear("HELP", THERAPIST)  # goes whatever the cap, and more than spends it
    assert await spent(clinic) > 1
    await due(clinic)
    assert clinic.channel.texts(CLIENT) == []
    assert any("1/4" in text for text in clinic.channel.texts(WHATSAPP))


async def test_a_cap_that_is_raised_lets_go_at_once(clinic: World) -> None:
    cap(clinic, a_day=1)
    await due(clinic)
    raised = dataclasses.replace(clinic.service.policy, costs=CostRules(a_day=100))
    await clinic.service.sync([("sms", OPERATOR)], policy=raised)
    await clinic.send_out()
    assert len(clinic.channel.texts(CLIENT)) == 1


async def test_what_a_cap_kept_from_being_asked_is_missed_and_told_and_nobodys_silence(clinic: World) -> None:
    cap(clinic, a_day=1)
    await due(clinic)
    await days_go_by(clinic)
    async with clinic.store.engine.connect() as connection:
        states = [row.state for row in await connection.execute(sa.select(t.check_ins.c.state))]
    assert states[:2] == ["missed", "missed"]
    assert clinic.channel.texts(CLIENT) == []
    assert told(clinic, "never asked because of a cap")[0].endswith("missed: 1.")
    assert clinic.channel.texts(THERAPIST) == [], "it is not the client who was silent"


async def test_nothing_that_matters_waits_for_a_cap(clinic: World) -> None:
    await due(clinic)
    cap(clinic, a_day=1)
    await clinic.hear("7")
    assert "2/4" in clinic.channel.texts(CLIENT)[-1], "a conversation goes on"
    await clinic.hear("I want to kill myself")
    assert len(clinic.channel.texts(CLIENT)) == 3, "the crisis text goes out"
    assert clinic.channel.texts(THERAPIST), "and the alert"


async def test_a_reminder_waits_and_lapses_and_what_was_asked_counts_as_unanswered(clinic: World) -> None:
    await due(clinic)
    cap(clinic, a_month=1)
    clinic.forget()
    await days_go_by(clinic)
    assert [text for text in clinic.channel.texts(CLIENT) if "1/4" in text] == []
    async with clinic.store.engine.connect() as connection:
        states = [row.state for row in await connection.execute(sa.select(t.check_ins.c.state))]
    assert "expired" in states
    assert told(clinic, "never asked because") == []


@pytest.mark.parametrize("later", [False, True], ids=["asked for by hand", "put off by the client"])
async def test_what_somebody_asked_for_waits_for_no_cap(clinic: World, later: bool) -> None:
    if later:
        await due(clinic)
        await clinic.hear("in 2 hours")
    cap(clinic, a_day=1)
    clinic.forget()
    if later:
        clinic.clock.wait(hours=2)
        await clinic.tick()
    else:
        await clinic.ask()
    assert [text for text in clinic.channel.texts(CLIENT) if "1/4" in text] != []


@pytest.mark.parametrize(("room", "asked"), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 3)])
async def test_a_cap_is_not_overrun_by_what_is_due_at_once(clinic: World, room: int, asked: int) -> None:
    for number in range(2):
        await clinic.consented(f"C{number}", f"+1555020{number}", "T1")
    clinic.clock.wait(days=1)
    await clinic.tick()  # past the consents
    await clinic.tick()
    clinic.forget()
    clinic.clock.now = MONDAY + timedelta(days=7, hours=1)
    size = 2
    cap(clinic, a_day=max(1, room * size))
    await clinic.tick()
    went = [one for one in clinic.channel.sent if "1/4" in one.message.text]
    assert {segments(one.message.text) for one in went} <= {size}
    assert len(went) == asked
    assert len(told(clinic, "is reached")) == 1 - (room > asked)


@pytest.mark.parametrize(("left", "asked"), [(1, 0), (2, 1)])
async def test_what_goes_anyway_takes_its_room_first(clinic: World, left: int, asked: int) -> None:
    await clinic.hear("HELP", THERAPIST)
    reply = segments(clinic.channel.texts(THERAPIST)[-1])
    await clinic.inbox.accept([clinic.inbound("HELP", THERAPIST)])
    cap(clinic, a_day=await spent(clinic) + reply + left)
    await due(clinic)
    assert len(clinic.channel.texts(THERAPIST)) == 2
    assert len(clinic.channel.texts(CLIENT)) == asked


TEXTS = st.text(alphabet="ab7€\u2019\U0001f642 ", min_size=1, max_size=200)


@given(st.lists(st.tuples(st.sampled_from(["client", "therapist", "stranger"]), TEXTS), max_size=8))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_ledger_holds_what_the_network_took_and_brought(
    clinic: World, written: Sequence[tuple[str, str]]
) -> None:
    addresses = {"client": CLIENT, "therapist": THERAPIST, "stranger": "+15550199"}
    before = dict.fromkeys((False, True), (0, 0))
    before |= {way: (messages, parts) for _, way, messages, parts in await ledger(clinic)}
    clinic.forget()
    for name, text in written:
        await clinic.hear(text, addresses[name])
    sent = [one.message.text for one in clinic.channel.sent]
    after = dict.fromkeys((False, True), (0, 0))
    after |= {way: (messages, parts) for _, way, messages, parts in await ledger(clinic)}
    gone = [after[False][n] - before[False][n] for n in (0, 1)]
    came = [after[True][n] - before[True][n] for n in (0, 1)]
    assert gone == [len(sent), sum(map(segments, sent))]
    assert came == [len(written), sum(segments(text) for _, text in written)]
    assert await spent(clinic) == after[False][1] + after[True][1]


def test_a_clinic_without_caps_has_none() -> None:
    assert policy([]).costs.caps(MONDAY) == ()

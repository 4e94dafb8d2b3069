"""The config read again while Attune runs: all of a sound one, nothing of a faulty one, no answer lost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from bot import comparing, reloading
from bot.changes import snapshot
from bot.comparing import NOT_YET, NOTHING, compare
from bot.office import policy_of
from bot.service import Service, preferences
from bot.settings import Settings, load
from storage import tables as t
from storage.records import CheckIn, Schedule
from tests.bot.test_own_measures import SLEEP
from tests.world import CLIENT, MONDAY, OPERATOR, World

SCHEDULE = '[[schedules]]\nname = "weekly"\nmeasures = ["ors"]\nwhen = { weekly = "mon 18:00" }\n'
OPERATORS = f'[operators]\nsms = ["{OPERATOR}"]\n'
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Config:
    """A config file."""

    path: Path

    def says(self, text: str, operators: str = OPERATORS) -> Settings:
        """Write it anew, and read it where it has no faults."""
        self.write(text, operators)
        return load(self.path, {})

    def write(self, text: str, operators: str = OPERATORS) -> None:
        """Write it anew."""
        self.path.write_text(operators + text, encoding="utf-8")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Give a config file; operators are reached over the world's own network."""
    monkeypatch.setattr(reloading, "operators_of", _operators)
    monkeypatch.setattr(comparing, "operators_of", _operators)
    return Config(tmp_path / "config.toml")


@pytest.fixture
def sleep(tmp_path: Path) -> Path:
    """Give the file of a measure of the site's own."""
    file = tmp_path / "sleep.toml"
    file.write_text(SLEEP, encoding="utf-8")
    return file


def _operators(settings: Settings) -> list[tuple[str, str]]:
    return [("memory", address) for address in settings.operators.sms]


async def started(world: World, config: Config, text: str) -> Settings:
    """Start with a config."""
    settings = config.says(text)
    world.service.policy = policy_of(settings)
    await reloading.begin(world.service, settings)
    return settings


async def again(world: World, running: Settings, config: Config, text: str) -> Settings:
    """Write another config, have it read, and send what follows."""
    config.write(text)
    held = await reloading.read_again(world.service, running, config.path)
    await world.send_out()
    return held


async def schedules(world: World) -> dict[str, Schedule]:
    """Give the client's schedules that fall due, by name."""
    async with world.store.reading() as transaction:
        client = await transaction.people.client("AB")
        assert client is not None
        return {one.name: one for one in await transaction.schedules.of([client.id])}


async def due(world: World) -> dict[str, datetime]:
    """Tell when each falls due."""
    return {name: one.next_due_at for name, one in (await schedules(world)).items()}


async def unfinished(world: World) -> tuple[CheckIn, ...]:
    """Give the check-ins that are open or wait."""
    async with world.store.reading() as transaction:
        return await transaction.check_ins.unfinished(lock=False)


async def applied(world: World) -> object:
    """Give the settings that the database says are in force."""
    async with world.store.reading() as transaction:
        found = await transaction.applied.latest()
    return None if found is None else found[0]


async def test_what_is_in_force_is_kept_from_the_start_on(world: World, config: Config) -> None:
    assert await applied(world) is None
    settings = await started(world, config, SCHEDULE)
    assert await applied(world) == snapshot(settings)


async def test_a_sound_config_takes_the_place_of_the_one_in_force(world: World, config: Config) -> None:
    running = await started(world, config, SCHEDULE)
    assert await due(world) == {"weekly": MONDAY + HOUR}
    text = SCHEDULE.replace("mon 18:00", "mon 19:00") + '[clinic]\nname = "Oak Street"\n'
    held = await again(world, running, config, text)
    assert held.clinic.name == world.service.policy.house.name == "Oak Street"
    assert await due(world) == {"weekly": MONDAY + 2 * HOUR}
    assert await applied(world) == snapshot(held)
    assert world.channel.texts(OPERATOR) == []


async def test_a_config_with_faults_changes_nothing_and_operators_hear_of_it(
    world: World, config: Config
) -> None:
    running = await started(world, config, SCHEDULE)
    policy, before = world.service.policy, await due(world)
    text = SCHEDULE.replace("mon", "someday") + '[clinic]\nzone = "Hunter2"\nname = "Oak Street"\n'
    assert await again(world, running, config, text) is running
    assert world.service.policy is policy
    assert await due(world) == before
    assert await applied(world) == snapshot(running)
    (told,) = world.channel.texts(OPERATOR)
    assert "Faults: 2." in told
    assert "unter2" not in told
    await again(world, running, config, SCHEDULE)
    assert len(world.channel.texts(OPERATOR)) == 1


async def test_what_needs_a_restart_waits_and_operators_hear_of_it(world: World, config: Config) -> None:
    running = await started(world, config, SCHEDULE)
    text = SCHEDULE + '[logs]\nlevel = "debug"\n[clinic]\nname = "Oak Street"\n'
    held = await again(world, running, config, text)
    assert (held.logs, held.clinic.name) == (running.logs, "Oak Street")
    (told,) = world.channel.texts(OPERATOR)
    assert "under logs holds from the next start on" in told
    read = config.says(text)
    assert await compare(beside(world, read), read) == ["logs: level info -> debug (needs a restart)"]


async def test_an_open_check_in_goes_on_where_it_was(world: World, config: Config) -> None:
    running = await started(world, config, SCHEDULE)
    world.clock.wait(hours=1)
    await world.tick()
    await world.hear("7")
    await world.hear("6")
    (before,) = await unfinished(world)
    asked = len(world.channel.texts(CLIENT))
    running = await again(world, running, config, SCHEDULE.replace("mon 18:00", "tue 18:00"))
    (after,) = await unfinished(world)
    assert (after.id, after.marks) == (before.id, before.marks)
    assert len(world.channel.texts(CLIENT)) == asked, "nothing is asked twice"
    await again(world, running, config, "")
    await world.hear("5")
    await world.hear("4")
    assert await unfinished(world) == ()
    async with world.store.reading() as transaction:
        score = await transaction.scores.of(after.id)
    assert score is not None
    assert score.items == (70, 60, 50, 40)


@pytest.mark.parametrize(
    ("when", "days"),
    [
        pytest.param("mon 19:00", [0, 7, 14], id="an hour later: not again on that day"),
        pytest.param("tue 18:00", [0, 1, 8, 15], id="the next day"),
        pytest.param("sun 12:00", [0, 6, 13], id="the day before"),
    ],
)
async def test_another_time_is_planned_without_a_double_or_a_gap(
    world: World, config: Config, when: str, days: list[int]
) -> None:
    """On the day of the change it was asked already; from then on it is asked as the new config says."""
    running = await started(world, config, SCHEDULE)
    world.clock.wait(hours=1)
    await world.tick()
    await again(world, running, config, SCHEDULE.replace("mon 18:00", when))
    world.clock.wait(hours=2)  # to the evening
    for _ in range(17):
        world.clock.wait(days=1)
        await world.tick()
    assert await asked_on(world) == days


async def asked_on(world: World) -> list[int]:
    """Tell on which days after the first Monday the client was asked, by the check-ins that were kept."""
    async with world.store.engine.connect() as connection:
        found = await connection.execute(sa.select(t.check_ins.c.local_date).order_by(t.check_ins.c.id))
        return [(day - MONDAY.date()).days for (day,) in found]


async def test_a_schedule_that_is_gone_asks_no_more_and_a_new_one_begins(
    world: World, config: Config
) -> None:
    running = await started(world, config, SCHEDULE)
    text = SCHEDULE.replace('"weekly"', '"daily"').replace(
        '{ weekly = "mon 18:00" }', '{ every = "1 day 12:00" }'
    )
    await again(world, running, config, text)
    assert await due(world) == {"daily": MONDAY.replace(hour=12) + timedelta(days=1)}


async def test_a_measure_that_is_gone_is_withdrawn(world: World, config: Config, sleep: Path) -> None:
    own = f'[measures]\nfiles = ["{sleep}"]\n' + SCHEDULE.replace('["ors"]', '["sleep"]')
    running = await started(world, config, own)
    world.clock.wait(hours=1)
    await world.tick()
    assert [one.measure for one in await unfinished(world)] == ["sleep"]
    read = config.says(SCHEDULE)
    said = await compare(beside(world, read), read)
    assert "1 open check-in of sleep would be withdrawn: the measure is gone, or asks something else" in said
    await again(world, running, config, SCHEDULE)
    assert await unfinished(world) == ()


async def test_a_config_that_can_not_be_put_in_force_leaves_all_as_it_was(
    world: World, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = await started(world, config, SCHEDULE)
    policy = world.service.policy
    with monkeypatch.context() as patch:
        patch.setattr("storage.applied.Applied.put", _no_room)
        with pytest.raises(OperationalError):
            await again(world, running, config, SCHEDULE.replace("mon 18:00", "tue 18:00"))
    assert world.service.policy is policy
    assert await due(world) == {"weekly": MONDAY + HOUR}
    assert await applied(world) == snapshot(running)


async def _no_room(*_: object) -> None:
    statement = "INSERT INTO applied"
    raise OperationalError(statement, {}, Exception("disk full"))


async def test_answers_and_ticks_beside_a_reload_lose_and_double_nothing(
    world: World, config: Config
) -> None:
    running = await started(world, config, SCHEDULE)
    world.clock.wait(hours=1)
    answers = [world.inbox.accept([world.inbound(text)]) for text in ("7", "hello", "6")]
    config.write(SCHEDULE.replace("mon 18:00", "mon 19:00"))
    reload = reloading.read_again(world.service, running, config.path)
    await asyncio.gather(world.service.start_due(), *answers, reload, world.service.start_due())
    world.clock.wait(hours=1)
    await world.tick()
    assert len(await unfinished(world)) == 1
    later = await due(world)
    assert later == {"weekly": MONDAY + 2 * HOUR + timedelta(days=7)}


def beside(world: World, settings: Settings) -> Service:
    """Give another process's service on the same database."""
    return Service(world.store, policy_of(settings), world.clock)


async def difference(world: World, config: Config, text: str) -> list[str]:
    """Compare a config with the one in force."""
    settings = config.says(text)
    return await compare(beside(world, settings), settings)


async def test_before_the_first_start_nothing_is_in_force(world: World, config: Config) -> None:
    assert (await difference(world, config, SCHEDULE))[0] == NOT_YET


async def test_the_same_config_changes_nothing(world: World, config: Config) -> None:
    await started(world, config, SCHEDULE)
    assert await difference(world, config, SCHEDULE) == [NOTHING]


async def test_what_would_change_is_said_with_how_many_clients_it_moves(world: World, config: Config) -> None:
    await started(world, config, SCHEDULE)
    await world.add_client("CD", "+15550104")
    await world.add_client("EF", None)
    before = await everything(world)
    monthly = SCHEDULE.replace("weekly", "monthly", 1).replace('weekly = "mon 18:00"', 'cron = "0 10 1 * *"')
    said = await difference(world, config, SCHEDULE.replace("mon 18:00", "tue 10:00") + monthly)
    new = "when cron 0 10 1 * *; measures ors; reminder_after 24; expires_after 48; late_by 24"
    assert said == [
        "schedules weekly: when mon 18:00 -> tue 10:00",
        f"schedules monthly: new: {new}; late_answers 24; default true; ask one",
        "schedules monthly: begins for 1 client",
        "schedules weekly: the next check-in of 1 client moves",
    ]
    assert await difference(world, config, "") == [
        "schedules weekly: gone",
        "schedules weekly: ends for 1 client",
    ]
    assert await everything(world) == before, "it only looks"


AFTER = '[[schedules]]\nname = "after"\nmeasures = ["srs"]\nwhen = { after_session = "30 min" }\n'


async def test_a_schedule_around_sessions_is_counted_too(world: World, config: Config) -> None:
    await started(world, config, SCHEDULE + AFTER)
    await world.add_client("CD", "+15550104")
    assert await difference(world, config, SCHEDULE + AFTER) == [NOTHING]
    assert (await difference(world, config, SCHEDULE))[1:] == ["schedules after: ends for 1 client"]
    nobody_by_default = AFTER + "default = false\n"
    assert (await difference(world, config, SCHEDULE + nobody_by_default))[1:] == [
        "schedules after: ends for 1 client"
    ]
    before = AFTER.replace('"after"', '"before"').replace("after_session", "before_session")
    assert (await difference(world, config, SCHEDULE + AFTER + before))[1:] == [
        "schedules before: begins for 1 client"
    ]


async def test_a_programme_that_loses_a_schedule_around_sessions_is_told(
    world: World, config: Config
) -> None:
    both = '[programmes.pilot]\nschedules = ["weekly", "after"]\n'
    await started(world, config, SCHEDULE + AFTER + both)
    async with world.service.desk() as desk:
        await preferences.change(desk, "AB", preferences.Change(programme="pilot"))
    one = both.replace(', "after"', "")
    assert (await difference(world, config, SCHEDULE + AFTER + one))[1:] == [
        "schedules after: ends for 1 client"
    ]


async def everything(world: World) -> object:
    """Give what a comparison could have changed."""
    return await schedules(world), await unfinished(world), await applied(world)


async def test_operators_are_counted_and_never_named(world: World, config: Config) -> None:
    running = await started(world, config, "")
    settings = config.says("", '[operators]\nsms = ["+12025550199", "+12025550198"]\n')
    assert await compare(beside(world, settings), settings) == ["operators: 2 new, 1 gone"]
    await reloading.read_again(world.service, running, config.path)
    assert await compare(beside(world, settings), settings) == [NOTHING]

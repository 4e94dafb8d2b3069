"""Scores from before Attune: where they go, what is refused, and that nobody hears of them."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.office import opened
from bot.service import importing, paper, people
from bot.service.importing import ImportRefusedError
from bot.settings import load
from scoring.histories import read
from storage import tables as t
from tests.world import World

HEADING = "client,episode,at,measure,total,item1,item2,item3,item4,ended"

PAST = (
    "AB,1,2025-01-06,ors,,4,4,4,4,planned",
    "AB,1,2025-01-06,srs,,9,9,9,9,planned",
    "AB,1,2025-02-03,ors,,7,7,7,7,planned",
    "AB,2,2026-11-02,ors,,5,5.5,4,5,",
    "AB,2,2026-11-02T11:00Z,srs,,6,6,6,6,",
    "AB,2,2026-11-09,ors,,2,2,2,2,",
)


async def take(world: World, *rows: str) -> int:
    """Import a table; returns how many scores were new."""
    histories = read([HEADING, *rows], "old.csv")
    async with world.service.desk() as desk:
        placed = await importing.place(desk, histories.episodes)
        await importing.take_in(desk, placed)
    return sum(len(one.new) for one in placed)


async def everything(world: World) -> Sequence[Sequence[object]]:
    """Give every row of every table."""
    async with world.store.engine.connect() as connection:
        return [
            tuple(row)
            for table in t.metadata.sorted_tables
            for row in await connection.execute(sa.select(table).order_by(*table.primary_key.columns))
        ]


async def count(world: World, table: sa.Table) -> int:
    async with world.store.engine.connect() as connection:
        return int((await connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one())


async def kept(world: World) -> list[tuple[str, str | None, str, tuple[int, ...], datetime, str]]:
    """Give every score of AB: (episode's end, ending, measure, items, moment, source)."""
    async with world.store.reading() as tx:
        client = await tx.people.client("AB")
        assert client is not None
        episodes = {one.id: one for one in await tx.imports.episodes([client.id])}
        return [
            (
                "open" if (episode := episodes[one.episode_id]).closed_at is None else "closed",
                episode.ending,
                one.score.instrument,
                one.score.items,
                one.score.at,
                one.source,
            )
            for one in await tx.imports.filed([client.id])
        ]


def on(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


async def test_scores_go_into_the_open_episode_or_a_past_one_and_are_marked(world: World) -> None:
    assert await take(world, *PAST) == 6
    past, current = ("closed", "planned"), ("open", None)
    assert await kept(world) == [
        (*past, "ors", (40, 40, 40, 40), on(2025, 1, 6), "import"),
        (*past, "srs", (90, 90, 90, 90), on(2025, 1, 6), "import"),
        (*past, "ors", (70, 70, 70, 70), on(2025, 2, 3), "import"),
        (*current, "ors", (50, 55, 40, 50), on(2026, 11, 2), "import"),
        (*current, "srs", (60, 60, 60, 60), on(2026, 11, 2, 11), "import"),
        (*current, "ors", (20, 20, 20, 20), on(2026, 11, 9), "import"),
    ]


async def test_the_episodes_reach_from_their_first_score_to_their_last(world: World) -> None:
    await take(world, *PAST)
    await take(world, *PAST, "AB,1,2025-03-03,ors,,8,8,8,8,planned", "AB,1,2024-12-30,ors,,3,3,3,3,")
    async with world.store.reading() as tx:
        client = await tx.people.client("AB")
        assert client is not None
        current, past = await tx.imports.episodes([client.id])
    assert (current.opened_at, current.closed_at) == (on(2026, 11, 2), None)
    assert (past.opened_at, past.closed_at, past.ending) == (on(2024, 12, 30), on(2025, 3, 3), "planned")


async def test_nothing_of_an_import_is_judged_asked_or_told(world: World) -> None:
    before = await count(world, t.outbox), await count(world, t.alerts)
    await take(world, *PAST)
    world.forget()
    await world.send_out()
    assert (await count(world, t.outbox), await count(world, t.alerts)) == before
    assert world.channel.sent == []


async def test_the_next_score_is_judged_beside_what_was_imported(world: World) -> None:
    await take(world, *PAST)
    await world.past("ors", (1.9, 2, 2, 2), days=0)
    async with world.store.reading() as tx:
        (alert,) = await tx.alerts.open_of()
    found = {one.rule: (one.was, one.now) for one in alert.findings}
    assert found["deterioration"] == (195, 79), "since the first of the open episode, not of the past one"


async def test_the_same_file_again_adds_nothing(world: World) -> None:
    await take(world, *PAST)
    before = await everything(world)
    assert await take(world, *PAST) == 0
    assert await take(world, *reversed(PAST)) == 0
    assert await everything(world) == before


async def test_a_longer_file_adds_what_is_new_to_the_same_episodes(world: World) -> None:
    await take(world, *PAST[:4])
    assert await take(world, *PAST, "AB,1,2025-02-10,ors,,7,7,7,8,planned") == 3
    ends = [(end, measure) for end, _, measure, *_ in await kept(world)]
    assert ends.count(("closed", "ors")) == 3
    async with world.store.reading() as tx:
        client = await tx.people.client("AB")
        assert client is not None
        assert len(await tx.imports.episodes([client.id])) == 2


async def test_a_paper_form_of_that_day_is_the_same_score(world: World) -> None:
    async with world.service.desk() as desk:
        await paper.add_score(desk, "AB", "ors", [50, 55, 40, 50], at=on(2026, 11, 2))
    assert await take(world, *PAST) == 5
    assert [source for *_, source in await kept(world)].count("paper") == 1


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        pytest.param(
            ["XY,1,2026-11-02,ors,,5,5,5,5,"], "line 2: there is no client XY", id="nobody of that code"
        ),
        pytest.param(
            ["NEW,1,2026-11-02,ors,,5,5,5,5,"], "line 2: client NEW has not agreed yet", id="no consent"
        ),
        pytest.param(
            ["AB,1,2026-11-02,ors,,5,5,5,5,", "AB,1,2026-11-09,ors,20,,,,,"],
            "line 3: a total alone can't be kept here; write item1 to item4",
            id="a total alone",
        ),
        pytest.param(
            ["AB,1,2026-11-02,goals,,5,5,5,,"],
            "line 2: goals is in a client's own words",
            id="goals, whose words no table holds",
        ),
        pytest.param(
            ["AB,1,2026-11-24,ors,,5,5,5,5,"], "line 2: it lies in the future", id="the day after today"
        ),
        pytest.param(
            ["AB,1,2026-11-16,ors,,5,5,5,5.1,"],
            "line 2: the ors of AB on 2026-11-16 is kept with other answers",
            id="another answer of a day of which no time is known",
        ),
        pytest.param(
            ["AB,1,2026-11-17T09:30Z,ors,,5,5,5,5.1,"],
            "line 2: the ors of AB on 2026-11-17 is kept with other answers",
            id="another answer of that moment",
        ),
        pytest.param(
            ["AB,1,2026-11-16,ors,,5,5,5,5,dropped"],
            "it is open here; leave ended empty, or end it first: attune client close AB --ending unplanned",
            id="ended there, open here",
        ),
        pytest.param(
            ["AB,1,2026-11-02,ors,,5,5,5,5,", "AB,2,2026-11-09,ors,,5,5,5,5,open"],
            "episodes 1 and 2 of AB would become one here",
            id="two without an end",
        ),
        pytest.param(
            ["AB,1,2026-11-02,ors,,5,5,5,5,", "AB,1,2026-11-02T10:00Z,ors,,5,5,5,5,"],
            "line 3: ors of AB on 2026-11-02 stands on line 2 too",
            id="twice on a day in one episode",
        ),
        pytest.param(
            ["AB,1,2026-11-02,ors,,5,5,5,5,dropped", "AB,2,2026-11-02,ors,,5,5,5,5,"],
            "line 3: ors of AB on 2026-11-02 stands on line 2 too",
            id="twice on a day in two episodes",
        ),
    ],
)
async def test_what_can_not_be_is_refused_by_its_line_and_nothing_is_kept(
    world: World, rows: list[str], says: str
) -> None:
    await world.add_client("NEW", address=None)
    async with world.service.desk() as desk:
        for day in (on(2026, 11, 16), on(2026, 11, 17) + timedelta(hours=9, minutes=30)):
            await paper.add_score(desk, "AB", "ors", [50, 50, 50, 50], at=day)
    before = await everything(world)
    with pytest.raises(ImportRefusedError) as refused:
        await take(world, *rows, "AB,9,2024-11-02,srs,,9,9,9,9,planned")
    assert says in str(refused.value)
    assert await everything(world) == before, "the row that is right is not kept either"


async def test_two_imports_at_once_keep_a_score_once(world: World) -> None:
    assert sorted(await asyncio.gather(*(take(world, *PAST) for _ in range(3)))) == [0, 0, 6]
    assert len(await kept(world)) == 6


async def test_a_date_is_a_day_in_the_clinics_zone(world: World) -> None:
    world.service.policy = dataclasses.replace(world.service.policy, zone="America/New_York")
    async with world.service.desk() as desk:  # as `attune score add --at 2026-11-02` enters it there
        await paper.add_score(desk, "AB", "ors", [50, 55, 40, 50], at=on(2026, 11, 2, 5))
    assert await take(world, *PAST[3:]) == 2
    moments = {measure: at for *_, measure, _items, at, _source in await kept(world)}
    assert moments == {"ors": on(2026, 11, 9, 5), "srs": on(2026, 11, 2, 11)}
    assert await take(world, *PAST[3:]) == 0


async def test_two_forms_of_one_day_at_different_times_are_two(world: World) -> None:
    async with world.service.desk() as desk:
        await paper.add_score(desk, "AB", "ors", [50, 50, 50, 50], at=on(2026, 11, 17, 9))
    rows = ("AB,1,2026-11-17T11:00+01:00,ors,,6,5,5,5,", "AB,1,2026-11-17T10:00+01:00,ors,,5,5,5,5,")
    assert await take(world, *rows) == 1


async def test_what_ended_here_must_end_alike_there(world: World) -> None:
    await take(world, *PAST[:3])
    with pytest.raises(ImportRefusedError, match="it ended here as planned; leave ended empty"):
        await take(world, *(row.replace("planned", "dropped") for row in PAST[:3]))
    with pytest.raises(ImportRefusedError, match="it ended here as planned; leave ended empty"):
        await take(world, *(row.replace("planned", "open") for row in PAST[:3]))
    assert await take(world, *(row.replace("planned", "") for row in PAST[:3])) == 0


async def test_a_closed_client_takes_past_episodes_only(world: World) -> None:
    async with world.service.desk() as desk:
        await people.close(desk, "AB", "planned")
    with pytest.raises(ImportRefusedError, match="client AB has no open episode; write in the column ended"):
        await take(world, *PAST)
    assert await take(world, *PAST[:3]) == 3


async def test_parts_of_two_episodes_are_not_made_one(world: World) -> None:
    await take(world, *PAST)
    with pytest.raises(ImportRefusedError, match="episode 1 of AB is kept as two here"):
        await take(
            world,
            *(f"AB,1,{row.removeprefix('AB,').partition(',')[2]}".replace("planned", "") for row in PAST),
        )


async def test_many_faults_are_told_in_short(world: World) -> None:
    rows = [f"AB,1,2025-01-{day:02},ors,20,,,,," for day in range(1, 26)]
    with pytest.raises(ImportRefusedError) as refused:
        await take(world, *rows)
    assert str(refused.value).splitlines()[-1] == "... and 5 faults more"


async def test_an_import_is_audited_without_a_score(world: World) -> None:
    await take(world, *PAST)
    async with world.store.engine.connect() as connection:
        rows = list(await connection.execute(sa.select(t.audit).where(t.audit.c.action == "imported")))
    said = {world.store.cipher.open("audit.detail", row.detail) for row in rows}
    assert said == {"3 scores, 2025-01-06 to 2025-02-03", "3 scores, 2026-11-02 to 2026-11-09"}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Give the config of a site with a therapist, a client AB who has agreed, and NEW who hasn't."""
    path = tmp_path / "config.toml"
    path.write_text(
        f'[database]\nurl = "sqlite:///{tmp_path}/a.db"\n[keys]\nfile = "{tmp_path}/keys"\n', encoding="utf-8"
    )
    for arguments in (
        ("therapist", "add", "KT"),
        *(("client", "add", one, "--therapist", "KT") for one in ("AB", "NEW")),
    ):
        assert run(path, *arguments).exit_code == 0

    async def agree() -> None:
        async with opened(load(path, {})) as service, service.desk() as desk:
            client = await people.known(desk, "AB")
            await desk.tx.people.consent(client.id, "2", desk.now)
            await desk.tx.people.open_episode(client.id, desk.now)

    asyncio.run(agree())
    return path


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--config", str(config)])


def table(config: Path, *rows: str) -> str:
    """Write a table; gives its path."""
    path = config.with_name("old.csv")
    path.write_text("\n".join([HEADING, *rows]), encoding="utf-8")
    return str(path)


def test_the_command_says_what_it_kept_and_a_dry_run_keeps_nothing(config: Path) -> None:
    file = table(config, *(row.replace("2026-11", "2025-11") for row in PAST), "AB,2,2025-11-20,ors,,2,2,,2,")
    dry = run(config, "score", "import", file, "--dry-run")
    assert (dry.exit_code, "A dry run: 6 scores would be kept, and none was." in dry.output) == (0, True)
    done = run(config, "score", "import", file)
    assert done.exit_code == 0, done.output
    rows = [line.split() for line in done.output.splitlines()[1:3]]
    assert rows == [
        ["AB", "1", "a", "past", "episode", "(planned)", "3", "0"],
        ["AB", "2", "the", "open", "episode", "3", "0"],
    ]
    assert "Kept: 6 scores, marked as imported." in done.output
    assert "Forms without all answers, which are no scores and are left out: 1." in done.output
    again = run(config, "score", "import", file)
    assert "Kept: 0 scores" in again.output


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["NEW,1,2025-11-02,ors,,5,5,5,5,"], "line 2: client NEW has not agreed yet"),
        (["AB,1,2025-11-02,ors,20,,,,,"], "line 2: a total alone"),
        (["AB,1,2025-11-02,ors,,5,5,5,55,"], "line 2: item4 must be a number from 0 to 10"),
    ],
)
def test_what_is_refused_is_said_in_a_line_and_the_command_fails(
    config: Path, rows: list[str], said: str
) -> None:
    done = run(config, "score", "import", table(config, *rows))
    assert done.exit_code == 2
    assert said in done.output
    assert len(done.output.splitlines()) == 1
    assert done.exception is None or isinstance(done.exception, SystemExit)

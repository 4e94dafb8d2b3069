"""A site moves to another database: everything comes along, or nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from typer.testing import CliRunner, Result

from bot.alone import alone
from bot.channels.base import Address
from bot.cli import app
from storage import copying
from storage import tables as t
from storage.copying import CopyError, copy
from storage.crypto import new_keyring, parse_keyring
from storage.store import Store
from tests.databases import Databases, Engine, migrated
from tests.fakes.memory import MemoryChannel
from tests.world import CIPHER, CLIENT, World, opened


@pytest.fixture
def empty_url(databases: Databases, engine: Engine) -> Iterator[str]:
    """Lend a database without a row, of the kind that the world is not on."""
    other: Engine = "sqlite" if engine == "postgresql" else "postgresql"
    with databases.fresh(other, migrated) as url:
        yield url


@pytest.fixture
async def target(empty_url: str) -> AsyncIterator[Store]:
    """Open it with the keys of the world."""
    store = Store.open(empty_url, CIPHER)
    yield store
    await store.close()


async def busy(world: World) -> None:
    """Let there be scores, an alert, a remark, a second therapist who stands in, and an open question."""
    await world.add_therapist("T2", None)
    async with world.service.desk() as desk:
        (first, second) = await desk.tx.people.therapists()
        await desk.tx.people.set_backup(first.id, second.id)  # a row that refers to a later one
    await world.past("ors", [8, 8, 8, 8], 14)
    await world.ask()
    for answer in ("1", "1 it has been a hard week", "2", "1"):
        await world.hear(answer)
    await world.ask("srs")
    await world.hear("9")


async def counted(store: Store) -> dict[str, int]:
    """Count the rows of every table, but of those about the database itself."""
    async with store.engine.connect() as connection:
        names = await connection.run_sync(lambda one: sa.inspect(one).get_table_names())
        return {
            name: (await connection.exec_driver_sql(f"SELECT count(*) FROM {name}")).scalar_one()  # noqa: S608 (our own tables)
            for name in names
            if name not in {"alembic_version", t.compatibility.name}
        }


async def looked_through(store: Store) -> bool:
    """Tell whether the database knows how much there is in it; PostgreSQL says -1 where it doesn't."""
    if store.engine.dialect.name != "postgresql":
        return True
    async with store.engine.connect() as connection:
        known = "SELECT min(reltuples) FROM pg_class WHERE relname IN ('clients', 'schedules', 'outbox')"
        return bool((await connection.exec_driver_sql(known)).scalar_one() >= 0)


async def test_everything_comes_along_and_the_conversation_goes_on(
    world: World, target: Store, empty_url: str
) -> None:
    await busy(world)
    copied = await copy(world.store, target)
    assert copied == await counted(world.store) == await counted(target)
    assert {name for name, rows in copied.items() if rows} >= {
        *("therapists", "clients", "addresses", "schedules", "check_ins", "answers"),
        *("scores", "alerts", "remarks", "inbound", "outbox", "audit"),
    }
    assert await looked_through(target)
    network = MemoryChannel(clock=world.clock)
    async with opened(empty_url, network, clock=world.clock) as moved:
        for answer in ("9", "9", "8"):
            await moved.hear(answer)
        await moved.add_client("CD", "+15550199")  # a new row is numbered behind those that came along
        async with moved.store.reading() as tx:
            (first, _) = await tx.people.therapists()
            assert first.backup_id is not None
            client = await tx.people.client("AB")
            assert client is not None
            history = await tx.scores.history((await tx.people.episodes([client.id])).values())
    assert {measure: len(scores) for (_, measure), scores in history.items()} == {"ors": 2, "srs": 1}
    assert [one.address for one in network.sent[:2]] == [Address(CLIENT)] * 2


async def test_a_database_with_a_row_is_left_as_it_is(world: World, target: Store, empty_url: str) -> None:
    async with opened(empty_url) as other:
        await other.add_therapist("T9", None)
    with pytest.raises(CopyError, match="has rows in therapists: give an empty one"):
        await copy(world.store, target)
    assert {name for name, rows in (await counted(target)).items() if rows} == {"therapists", "audit"}


async def test_with_other_keys_nothing_is_copied(world: World, empty_url: str) -> None:
    other = Store.open(empty_url, parse_keyring(new_keyring()))
    with pytest.raises(CopyError, match="different keys"):
        await copy(world.store, other)
    assert not any((await counted(other)).values())
    await other.close()


async def test_what_reads_back_differently_is_not_copied(
    world: World, target: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = copying._copy  # noqa: SLF001 (a fault is put into it)

    async def faulty(table: sa.Table, source: AsyncConnection, target: AsyncConnection) -> int:
        rows = await plain(table, source, target)
        if table is t.clients:
            await target.execute(sa.update(t.clients).values(zone="UTC+1"))
        return rows

    monkeypatch.setattr(copying, "_copy", faulty)
    with pytest.raises(CopyError, match="clients reads back differently"):
        await copy(world.store, target)
    assert not any((await counted(target)).values())


def config(folder: Path, name: str) -> Path:
    """Write the config of a database of that name."""
    path = folder / f"{name}.toml"
    path.write_text(
        f'[database]\nurl = "sqlite:///{folder}/{name}.db"\n[keys]\nfile = "{folder}/keys"\n',
        encoding="utf-8",
    )
    return path


def run(*arguments: str | Path) -> Result:
    """Run a command."""
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_the_command_says_what_was_copied_and_what_is_to_be_done(tmp_path: Path) -> None:
    old, new = config(tmp_path, "old"), config(tmp_path, "new")
    assert run("therapist", "add", "KT", "--config", old).exit_code == 0
    done = run("db", "copy", "--config", old, "--to", new)
    assert done.exit_code == 0, done.output
    assert "rows were copied, read back and found the same." in done.output
    assert f"Run Attune with {new} from now on." in done.output
    assert "KT" in run("therapist", "list", "--config", new).output
    again = run("db", "copy", "--config", old, "--to", new)
    assert (again.exit_code, "give an empty one" in again.output) == (2, True)


def test_the_command_refuses_what_can_only_be_a_slip(tmp_path: Path) -> None:
    old, new = config(tmp_path, "old"), config(tmp_path, "new")
    nothing = run("db", "copy", "--config", old, "--to", new)
    assert (nothing.exit_code, "attune db upgrade first" in nothing.output) == (2, True)
    assert run("db", "upgrade", "--config", old).exit_code == 0
    same = run("db", "copy", "--config", old, "--to", old)
    assert (same.exit_code, "give" in same.output, "another database.url" in same.output) == (2, True, True)
    with alone(f"sqlite:///{tmp_path}/old.db"):
        running = run("db", "copy", "--config", old, "--to", new)
    assert (running.exit_code, "stop it first" in running.output) == (2, True)

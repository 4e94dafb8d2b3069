"""A database at the beginning of a walk, as often as it is wanted, in a few milliseconds."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Protocol

import psycopg
from sqlalchemy.engine import make_url


class Template(Protocol):
    """A database that can be brought back to how it was."""

    url: str

    def keep(self) -> None:
        """Take it as it is now for the beginning."""
        ...

    def restore(self) -> None:
        """Bring it back to the beginning; nobody is connected."""
        ...


class _File:
    """An SQLite file, and a copy of it."""

    def __init__(self, url: str, file: Path) -> None:
        self.url = url
        self._file, self._kept = file, file.with_suffix(".kept")

    def keep(self) -> None:
        shutil.copyfile(self._file, self._kept)

    def restore(self) -> None:
        for beside in ("-wal", "-shm"):
            self._file.with_name(f"{self._file.name}{beside}").unlink(missing_ok=True)
        shutil.copyfile(self._kept, self._file)


_KEEP = """
DO $$ DECLARE name text; BEGIN
    CREATE SCHEMA kept;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('CREATE TABLE kept.%1$I AS TABLE public.%1$I', name);
    END LOOP;
    CREATE TABLE kept."the sequences" AS
        SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public';
END $$
"""

_RESTORE = """
DO $$ DECLARE name text; value bigint; BEGIN
    SET LOCAL session_replication_role = replica; -- so that the order does not matter
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('DELETE FROM public.%I', name);
        EXECUTE format('INSERT INTO public.%1$I OVERRIDING SYSTEM VALUE TABLE kept.%1$I', name);
    END LOOP;
    FOR name, value IN SELECT * FROM kept."the sequences" LOOP
        PERFORM setval(format('public.%I', name), coalesce(value, 1), value IS NOT NULL);
    END LOOP;
END $$
"""

_ALONE = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


class _Rows:
    """A PostgreSQL database, and its rows in a schema beside it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def keep(self) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute(_KEEP)

    def restore(self) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute(_RESTORE)


def template(url: str) -> Template:
    """Give what brings the database at a URL back to how it was."""
    path = make_url(url).database if url.startswith("sqlite") else None
    return _Rows(url) if path is None else _File(url, Path(path))


def until_alone(url: str) -> None:
    """Wait until PostgreSQL has noticed that a killed process is gone, and has ended what it began."""
    if url.startswith("sqlite"):
        return
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(_ALONE).fetchone() != (0,):
            pass

"""One process for one SQLite file: a second one would take back what the first is sending."""

from __future__ import annotations

import contextlib
import fcntl
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from collections.abc import Iterator


class AlreadyRunningError(Exception):
    """Another process works on the same SQLite file."""


@contextlib.contextmanager
def alone(url: str) -> Iterator[None]:
    """Hold the SQLite file at `url` for this process; the lock goes with the process, however it ends.

    A PostgreSQL is for any number of processes, and is not held.

    Raises:
        AlreadyRunningError: another process has it.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        yield
        return
    with Path(f"{parsed.database}.lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            msg = f"another Attune runs on {parsed.database}; stop it first, or use PostgreSQL for several"
            raise AlreadyRunningError(msg) from error
        yield

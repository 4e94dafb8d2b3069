"""What is wrong with the database where a statement failed for no fault of its own, in one plain word."""

from __future__ import annotations

import sqlite3
from enum import StrEnum

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError


class Trouble(StrEnum):
    """A state of the database in which no message can be kept, whichever it is.

    DISK_FULL: there is no room to write. LOCKED: somebody else holds what is needed. READ_ONLY: it takes no
    writes (a standby, a file that is not ours). DAMAGED: what is kept can't be read. GONE: it can't be
    reached.
    """

    DISK_FULL = "disk full"
    LOCKED = "locked"
    READ_ONLY = "read-only"
    DAMAGED = "damaged"
    GONE = "gone"


_SQLITE = {
    sqlite3.SQLITE_FULL: Trouble.DISK_FULL,
    sqlite3.SQLITE_BUSY: Trouble.LOCKED,
    sqlite3.SQLITE_LOCKED: Trouble.LOCKED,
    sqlite3.SQLITE_PROTOCOL: Trouble.LOCKED,
    sqlite3.SQLITE_READONLY: Trouble.READ_ONLY,
    sqlite3.SQLITE_PERM: Trouble.READ_ONLY,
    sqlite3.SQLITE_CORRUPT: Trouble.DAMAGED,
    sqlite3.SQLITE_NOTADB: Trouble.DAMAGED,
    sqlite3.SQLITE_CANTOPEN: Trouble.GONE,
    sqlite3.SQLITE_IOERR: Trouble.GONE,
    sqlite3.SQLITE_NOMEM: Trouble.GONE,
    sqlite3.SQLITE_INTERRUPT: Trouble.GONE,
}
"""By SQLite's primary result code; every other is about the statement. Source: sqlite.org/rescode.html."""

_POSTGRESQL = {
    "53100": Trouble.DISK_FULL,
    "55P03": Trouble.LOCKED,  # lock_not_available
    "57014": Trouble.LOCKED,  # query_canceled: it took longer than it may
    "40001": Trouble.LOCKED,  # serialization_failure: others were always before us
    "40P01": Trouble.LOCKED,  # deadlock_detected: the same
    "25006": Trouble.READ_ONLY,  # read_only_sql_transaction: a standby
    "XX001": Trouble.DAMAGED,
    "XX002": Trouble.DAMAGED,
}
_POSTGRESQL_CLASSES = {
    "08": Trouble.GONE,  # connection
    "28": Trouble.GONE,  # it does not let us in
    "53": Trouble.GONE,  # no memory, no connections left
    "57": Trouble.GONE,  # it is shutting down, or starting
    "58": Trouble.GONE,  # the system under it
}
"""By the first two signs. Source: postgresql.org/docs/current/errcodes-appendix.html."""


def trouble(error: BaseException) -> Trouble | None:
    """Name the database's state that made a statement fail; None where the statement itself is to blame.

    What it names would befall any message, so it is no fault of the one that was being worked on.
    """
    if isinstance(error, NoConnectionError):
        return Trouble.LOCKED  # every connection waits for something
    if not isinstance(error, DBAPIError):
        return None
    code = getattr(error.orig, "sqlite_errorcode", None)
    if isinstance(code, int):
        return _SQLITE.get(code & 0xFF)
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(state, str):
        return _POSTGRESQL.get(state) or _POSTGRESQL_CLASSES.get(state[:2])
    lost = error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
    return Trouble.GONE if lost else None


def passing(error: BaseException) -> bool:
    """Tell whether the database is to blame and will do the same work once it is well: not so of damage."""
    return trouble(error) not in {None, Trouble.DAMAGED}

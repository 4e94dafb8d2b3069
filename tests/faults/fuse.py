"""Where a process is killed: around every statement, every commit and every call of a network."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import PoolProxiedConnection


@dataclass(slots=True)
class Fuse:
    """Counts the places that a process passes, and kills it at one of them.

    Attributes:
        places: the names of those passed so far.
        deadly: at which place, counted from 1 on; None for a run that only counts.
        armed: whether places are counted now.
    """

    places: list[str] = field(default_factory=list)
    deadly: int | None = None
    armed: bool = False

    def begin(self, deadly: int | None = None) -> None:
        """Count from the beginning."""
        self.places.clear()
        self.deadly = deadly
        self.armed = True

    def passing(self, place: str) -> None:
        """Count a place; at the deadly one this process ends, at once and without warning."""
        if not self.armed:
            return
        self.places.append(place)
        if len(self.places) == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def spared(self) -> Iterator[None]:
        """Count nothing: what is done here is the test's own."""
        before, self.armed = self.armed, False
        yield
        self.armed = before

    def watch(self, engine: sa.Engine) -> None:
        """Count the places around every statement and every commit of an engine."""

        @event.listens_for(engine, "before_cursor_execute")
        def _(_c: object, _cursor: object, statement: str, *_: object) -> None:
            self.passing(f"before {_brief(statement)}")

        @event.listens_for(engine, "after_cursor_execute")
        def _(_c: object, _cursor: object, statement: str, *_: object) -> None:
            self.passing(f"after {_brief(statement)}")

        commit = engine.dialect.do_commit

        def committing(dbapi_connection: PoolProxiedConnection) -> None:
            self.passing("before COMMIT")
            commit(dbapi_connection)
            self.passing("after COMMIT")

        # no event tells when a commit is done
        engine.dialect.do_commit = committing  # type: ignore[method-assign]


def _brief(statement: str) -> str:
    """Give the beginning of a statement: enough to know it by."""
    return " ".join(statement.split())[:60]

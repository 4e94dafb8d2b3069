"""Databases in which everybody takes part already."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog
from structlog.stdlib import ProcessorFormatter

from tests.databases import Databases, Engine
from tests.world import World, opened, staffed


@pytest.fixture(autouse=True)
def _logs_as_they_were(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Undo what a command that runs in this process does to its logs: other tests listen to them."""
    before, configure = structlog.get_config(), structlog.configure
    uncached = {"cache_logger_on_first_use": False}
    monkeypatch.setattr(structlog, "configure", lambda **given: configure(**given | uncached))
    yield
    configure(**before)
    root = logging.getLogger()
    root.handlers = [one for one in root.handlers if not isinstance(one.formatter, ProcessorFormatter)]


@pytest.fixture
def staffed_url(databases: Databases, engine: Engine) -> Iterator[str]:
    """Lend a database with an operator, a therapist and a client who has agreed, on each engine."""
    with databases.fresh(engine, staffed) as url:
        yield url


@pytest.fixture
async def world(staffed_url: str) -> AsyncIterator[World]:
    """Open it, on a network that can be asked what it sent; a weekly schedule is due in an hour."""
    async with opened(staffed_url) as world:
        yield world

"""Databases in which everybody takes part already."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest
import structlog
from structlog.stdlib import ProcessorFormatter

from tests.databases import Databases, Engine
from tests.fakes.memory import MemoryChannel
from tests.world import Clock, World, opened, staffed


@contextmanager
def logs_as_they_were() -> Iterator[None]:
    """Undo what a command that runs in this process does to its logs: other tests listen to them."""
    before, configure = structlog.get_config(), structlog.configure
    uncached = {"cache_logger_on_first_use": False}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(structlog, "configure", lambda **given: configure(**given | uncached))
        yield
    configure(**before)
    root = logging.getLogger()
    root.handlers = [one for one in root.handlers if not isinstance(one.formatter, ProcessorFormatter)]


@pytest.fixture(autouse=True, scope="module")
def _logs_after_a_file() -> Iterator[None]:
    """Undo what fixtures of a whole file do."""
    with logs_as_they_were():
        yield


@pytest.fixture(autouse=True)
def _logs_after_a_test() -> Iterator[None]:
    """Undo what a test does."""
    with logs_as_they_were():
        yield


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


@pytest.fixture
async def mute(staffed_url: str) -> AsyncIterator[World]:
    """Give the same people on a network that can't be asked."""
    clock = Clock()
    async with opened(staffed_url, MemoryChannel(clock=clock, can_be_asked=False), clock=clock) as world:
        yield world

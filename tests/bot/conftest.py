"""Databases in which everybody takes part already."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.databases import Databases, Engine
from tests.world import World, opened, staffed


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

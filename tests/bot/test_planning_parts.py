"""Clients are planned some at a time, and none is left out at the edges."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.service import planning
from storage import tables as t
from tests.bench.caseload import Caseload, serviced


@pytest.mark.parametrize("clients", [0, 1, 2, 3, 4, 5])
async def test_every_client_is_planned(
    database_url: str, monkeypatch: pytest.MonkeyPatch, clients: int
) -> None:
    monkeypatch.setattr(planning, "_AT_A_TIME", 2)
    async with serviced(database_url, Caseload(clients)) as service:
        await service.sync([])
        async with service.store.engine.connect() as connection:
            planned = await connection.scalars(sa.select(t.schedules.c.client_id))
            assert sorted(planned) == list(range(1, clients + 1))

"""The settings in force: one row, replaced as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from storage.store import Store

NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)


async def test_nothing_is_in_force_at_first(store: Store) -> None:
    async with store.reading() as tx:
        assert await tx.applied.latest() is None


async def test_what_was_put_last_is_in_force(store: Store) -> None:
    first: Mapping[str, Mapping[str, object]] = {"clinic": {"name": "A"}, "gone": {}}
    second: Mapping[str, Mapping[str, object]] = {
        "clinic": {"name": "Ü", "zone": "UTC"},
        "rules": {"off": ["drop"], "numbers": 34.5},
    }
    for minutes, settings in enumerate((first, second)):
        async with store.transaction() as tx:
            await tx.applied.put(settings, NOW + timedelta(minutes=minutes))
    async with store.reading() as tx:
        assert await tx.applied.latest() == (second, NOW + timedelta(minutes=1))

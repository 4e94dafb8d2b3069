"""Moments are aware and in UTC, whatever the database keeps; what can't be true can't be stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import tables as t
from storage.store import Store

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)


async def stored(store: Store, when: datetime) -> datetime:
    """Write a moment and read it back."""
    async with store.engine.begin() as connection:
        await connection.execute(
            sa.insert(t.therapists).values(code="T1", name=b"", language="en", zone="UTC", created_at=when)
        )
        found: datetime = (await connection.execute(sa.select(t.therapists.c.created_at))).scalar_one()
        return found


@pytest.mark.parametrize(
    "when",
    [
        pytest.param(NOON, id="UTC"),
        pytest.param(NOON.astimezone(ZoneInfo("Asia/Kathmandu")), id="a zone of three quarters of an hour"),
        pytest.param(NOON.replace(microsecond=1), id="to the microsecond"),
        pytest.param(
            datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1), id="the second 2:30"
        ),
        pytest.param(NOON.astimezone(timezone(timedelta(hours=-12))), id="the day before"),
    ],
)
async def test_a_moment_comes_back_as_it_was_in_utc(store: Store, when: datetime) -> None:
    read = await stored(store, when)
    assert read == when.astimezone(UTC)
    assert read.tzinfo is UTC


async def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(sa.exc.StatementError, match="a stored time must be aware: give it a zone"):
        await stored(store, NOON.replace(tzinfo=None))


@given(st.datetimes(timezones=st.timezones()))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_every_moment_is_turned_into_utc(when: datetime) -> None:
    dialect = sa.engine.default.DefaultDialect()
    try:
        there = when.astimezone(UTC)
    except OverflowError:
        return
    bound = t.Utc().process_bind_param(when, dialect)
    assert bound == there
    assert bound is not None
    assert bound.tzinfo is UTC
    assert t.Utc().process_result_value(bound.replace(tzinfo=None), dialect) == there


def test_no_moment_stays_none() -> None:
    dialect = sa.engine.default.DefaultDialect()
    assert t.Utc().process_bind_param(None, dialect) is None
    assert t.Utc().process_result_value(None, dialect) is None


def test_every_moment_is_of_the_type_that_refuses_naive_times() -> None:
    naive = [
        column
        for table in t.metadata.tables.values()
        for column in table.c
        if type(column.type) is sa.DateTime
    ]
    assert naive == []


def test_no_part_of_a_unique_key_may_be_missing() -> None:
    for table in t.metadata.tables.values():
        keys = [one for one in table.constraints if isinstance(one, sa.UniqueConstraint)]
        assert [column for key in keys for column in key.columns if column.nullable] == []

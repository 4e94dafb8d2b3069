"""A database of an earlier release, with people and alerts in it, is brought to the present form."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from alembic import command

from storage.crypto import Cipher
from storage.migrations import config, upgrade
from storage.records import Alert
from storage.store import Store
from tests.databases import Databases, Engine
from tests.storage.caseload import NOW

LATER = NOW + timedelta(minutes=5)

PERSON = {"language": "en", "zone": "Europe/London", "created_at": NOW}
CLIENT = {"therapist_id": 1, "country": "GB", "age_group": "adult", "state": "active"}
CHECK_IN = {
    "client_id": 1,
    "episode_id": 1,
    "measure": "ors",
    "origin": "request:1",
    "local_date": NOW.date(),
    "slot": "ors",
    "state": "open",
    "held": False,
    "refusals": 0,
    "due_at": NOW,
    "expires_at": LATER,
}
SCORE = {
    "check_in_id": 1,
    "episode_id": 1,
    "measure": "ors",
    "items": [70] * 4,
    "total": 280,
    "at": NOW,
    "source": "chat",
}
SCHEDULE = {
    "client_id": 1,
    "name": "fortnight",
    "rule": "every 14 days 18:00 Europe/London",
    "local_date": NOW.date() + timedelta(days=7),
    "next_due_at": NOW + timedelta(days=7),
    "active": True,
}
ALERT = {"client_id": 1, "therapist_id": 1, "findings": [], "raised_at": NOW}


@pytest.fixture
def first_release_url(databases: Databases, engine: Engine) -> Iterator[str]:
    """Lend a database as the first release made it, without a row."""
    with databases.fresh(engine) as url:
        yield url


async def test_rows_of_the_first_release_are_carried_over(first_release_url: str, cipher: Cipher) -> None:
    store = Store.open(first_release_url, cipher)
    async with store.engine.begin() as connection:
        await connection.run_sync(lambda sync: _move(sync, "0001"))
        await connection.run_sync(lambda sync: _fill(sync, cipher))
    await upgrade(store.engine)
    async with store.reading() as tx:
        therapist, client = await tx.people.therapist("T1"), await tx.people.client("AB")
        (check_in,) = await tx.check_ins.by_id([1])
        unseen, seen, slow = await tx.alerts.of_clients([1])
        score = await tx.scores.of(1)
        (schedule,) = await tx.schedules.of([1])
    await store.close()
    assert therapist is not None
    assert (therapist.name, therapist.backup_id) == ("Dr T1", None)
    assert client is not None
    assert (client.name, client.ask, client.discreet) == ("Name of AB", None, False)
    assert (check_in.together, check_in.resume_at) == (False, None)
    assert check_in.marks == (70, 70, 70, 70)
    assert score is not None
    assert score.total == 280
    assert (schedule.rule, schedule.next_due_at) == (SCHEDULE["rule"], SCHEDULE["next_due_at"])
    assert _stands(unseen) == (0, NOW, None, None), "nobody has looked: it climbs from now on"
    assert _stands(seen) == (0, None, LATER, "therapist T1"), "what was acknowledged was done with then"
    assert _stands(slow) == (0, None, None, None)


def _stands(alert: Alert) -> tuple[object, ...]:
    return alert.rung, alert.climb_at, alert.closed_at, alert.closed_by


async def test_the_way_back_keeps_what_the_first_release_knew(first_release_url: str, cipher: Cipher) -> None:
    store = Store.open(first_release_url, cipher)
    async with store.engine.begin() as connection:
        await connection.run_sync(lambda sync: _move(sync, "0001"))
    await upgrade(store.engine)
    async with store.engine.begin() as connection:
        await connection.run_sync(lambda sync: _move(sync, "0001"))
        columns = await connection.run_sync(lambda sync: sa.inspect(sync).get_columns("alerts"))
    await store.close()
    assert [one["name"] for one in columns][-2:] == ["acknowledged_at", "acknowledged_by"]


def _move(connection: sa.Connection, revision: str) -> None:
    """Bring a database to a revision, forward or back."""
    settings = config()
    settings.attributes["connection"] = connection
    move = command.downgrade if "alerts" in sa.inspect(connection).get_table_names() else command.upgrade
    move(settings, revision)


def _fill(connection: sa.Connection, cipher: Cipher) -> None:
    """Keep a therapist, a client, an answered check-in and three alerts as the first release wrote them."""
    tables = sa.MetaData()
    tables.reflect(connection)
    rows: dict[str, list[dict[str, object]]] = {
        "therapists": [{"code": "T1", "name": cipher.seal("therapists.name", "Dr T1")} | PERSON],
        "clients": [{"code": "AB", "name": cipher.seal("clients.name", "Name of AB")} | CLIENT | PERSON],
        "episodes": [{"client_id": 1, "opened_at": NOW}],
        "check_ins": [CHECK_IN],
        "answers": [{"check_in_id": 1, "position": at, "tenths": 70, "at": NOW} for at in range(4)],
        "scores": [SCORE],
        "schedules": [SCHEDULE],
        "alerts": [
            ALERT | {"severity": "urgent"},
            ALERT | {"severity": "urgent", "acknowledged_at": LATER, "acknowledged_by": "therapist T1"},
            ALERT | {"severity": "soon"},
        ],
    }
    for table, kept in rows.items():
        for row in kept:
            connection.execute(sa.insert(tables.tables[table]), row)

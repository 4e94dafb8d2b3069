"""Transactions: kept together or not at all, none lost, and nothing that names a person in the open."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
import sqlite3
import traceback
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import tables as t
from storage.crypto import Cipher
from storage.records import AuditEntry, Remark
from storage.store import DatabaseUrlError, Store, driver_url
from tests.databases import Databases, migrated
from tests.storage.caseload import HOUR, NOW, client, enrol, opened, received, therapist
from tests.storage.mail import draft


class OutOfPaperError(Exception):
    """Something went wrong halfway."""


async def test_a_transaction_is_kept_whole_or_not_at_all(store: Store) -> None:
    case = await enrol(store)

    async def halfway() -> None:
        async with store.transaction() as tx:
            await opened(tx, case)
            await tx.inbox.keep([received(case, "SM1")], NOW)
            await tx.outbox.queue([draft(case, "one")], NOW)
            raise OutOfPaperError

    with pytest.raises(OutOfPaperError):
        await halfway()
    async with store.engine.connect() as connection:
        for table in (t.check_ins, t.inbound, t.outbox):
            assert (await connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one() == 0


async def test_after_an_error_the_connection_is_good_for_the_next(store: Store) -> None:
    for _ in range(12):  # more than the pool holds
        with pytest.raises(sa.exc.IntegrityError):
            async with store.transaction() as tx:
                await tx.people.add_client(client("AB", 999), NOW)
    await enrol(store)


async def test_a_cancelled_transaction_leaves_nothing_and_blocks_nobody(store: Store) -> None:
    begun = asyncio.Event()

    async def never_ends() -> None:
        async with store.transaction() as tx:
            await tx.people.add_therapist(therapist("T9"), NOW)
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(never_ends())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with store.transaction() as tx:
        assert await tx.people.therapist("T9") is None
        assert await tx.people.add_therapist(therapist("T9"), NOW) is not None


async def test_reading_changes_nothing(store: Store) -> None:
    async with store.reading() as tx:
        await tx.people.add_therapist(therapist("T9"), NOW)
    async with store.reading() as tx:
        assert await tx.people.therapist("T9") is None


async def test_reading_sees_one_picture_while_others_write(store: Store) -> None:
    await enrol(store, "AB")
    async with store.reading() as tx:
        assert [one.code for one in await tx.people.clients()] == ["AB"]
        await enrol(store, "CD")  # a writer does not wait for readers
        assert [one.code for one in await tx.people.clients()] == ["AB"]
    async with store.reading() as tx:
        assert [one.code for one in await tx.people.clients()] == ["AB", "CD"]


async def test_after_reading_the_connection_writes_as_before(store: Store) -> None:
    for code in ("AB", "CD", "EF"):
        async with store.reading() as tx:
            await tx.people.clients()
        await enrol(store, code)
    async with store.reading() as tx:
        assert len(await tx.people.clients()) == 3


async def test_fifteen_writers_at_once_lose_no_update(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        check_in = await opened(tx, case)

    async def count() -> None:
        async with store.transaction() as tx:
            (found,) = await tx.check_ins.open_of([case.client])
            await asyncio.sleep(0.002)  # long enough for all others to have read, if they could
            await tx.check_ins.update([dataclasses.replace(found, refusals=found.refusals + 1)], NOW)

    await asyncio.gather(*(count() for _ in range(15)))
    async with store.reading() as tx:
        (found,) = await tx.check_ins.by_id([check_in.id])
    assert found.refusals == 15


NAME, ADDRESS, WORDS = "Alexandra Hawthorne", "+15550147", "my brother shouted at me"
BODY, DETAIL, TOKEN = "How has your week been?", "item 1 was 35", "tok-3f9a2c7d1e5b8064"


async def test_nothing_that_names_a_person_stands_in_the_database_file(
    databases: Databases, cipher: Cipher
) -> None:
    with databases.fresh("sqlite", migrated) as url:
        store = Store.open(url, cipher)
        await fill(store)
        files = [path for path in Path(url.removeprefix("sqlite:///")).parent.glob("*") if path.is_file()]
        raw = b"".join(path.read_bytes() for path in files)  # while it is open: with what is only in the WAL
        assert b"a visible code" in raw, "what is not sealed would be found"
        for secret in (NAME, ADDRESS, WORDS, BODY, DETAIL, TOKEN):
            for written in (secret.encode(), secret.encode("utf-16-le"), secret.encode().hex().encode()):
                assert written not in raw
        await store.close()


async def fill(store: Store) -> None:
    """Write a secret into every column that takes one."""
    case = await enrol(store)
    async with store.transaction() as tx:
        await tx.people.add_therapist(dataclasses.replace(therapist("a visible code"), name=NAME), NOW)
        await tx.people.add_client(dataclasses.replace(client("CD", case.therapist), name=NAME), NOW)
        await tx.addresses.meet([("sms", ADDRESS)], NOW)
        await tx.addresses.give("sms", ADDRESS, client_id=case.client)
        await tx.invites.add(TOKEN, NOW + HOUR, client_id=case.client)
        await tx.inbox.keep([received(case, "SM1", WORDS)], NOW)
        await tx.inbox.remark([Remark(0, case.client, None, WORDS, NOW)])
        await tx.outbox.queue([draft(case, BODY)], NOW)
        await tx.alerts.audit([AuditEntry(NOW, "client", "took_back", detail=DETAIL)])


async def test_an_error_shows_no_words_and_no_address(store: Store) -> None:
    case = await enrol(store)
    nobodys = dataclasses.replace(received(case, "SM1", WORDS), address_id=999, account=ADDRESS)
    with pytest.raises(sa.exc.IntegrityError) as raised:
        async with store.transaction() as tx:
            await tx.inbox.keep([nobodys], NOW)
    told = "".join(traceback.format_exception(raised.value))
    assert ADDRESS not in told
    assert WORDS not in told


async def test_sqlite_is_opened_as_clinical_data_needs_it(databases: Databases, cipher: Cipher) -> None:
    with databases.fresh("sqlite") as url:
        store = Store.open(url, cipher)
        async with store.engine.connect() as connection:
            found = {
                pragma: (await connection.exec_driver_sql(f"PRAGMA {pragma}")).scalar_one()
                for pragma in ("journal_mode", "synchronous", "foreign_keys")
            }
        await store.close()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}  # 2 is FULL


async def test_what_was_committed_is_there_after_a_crash(databases: Databases, cipher: Cipher) -> None:
    with databases.fresh("sqlite", migrated) as url:
        store = Store.open(url, cipher)
        await enrol(store)
        path = url.removeprefix("sqlite:///")
        for ending in ("", "-wal"):  # what the disk holds, with nothing closed
            shutil.copyfile(f"{path}{ending}", f"{path}.after{ending}")
        connection = sqlite3.connect(f"{path}.after")
        assert connection.execute("SELECT code FROM clients").fetchall() == [("AB",)]
        connection.close()
        await store.close()


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///attune.db", "sqlite+aiosqlite"),
        ("sqlite:////var/lib/attune.db", "sqlite+aiosqlite"),
        ("postgresql://attune@db/attune", "postgresql+psycopg"),
        ("postgresql+psycopg://attune@db/attune", "postgresql+psycopg"),
    ],
)
def test_a_database_is_named_without_its_driver(url: str, driver: str) -> None:
    assert driver_url(url).drivername == driver


@pytest.mark.parametrize(
    "url",
    [
        "",
        "attune.db",
        "mysql://attune:hunter2@db/attune",
        "postgres://attune:hunter2@db/attune",
        "postgresql://attune:hun@ter:hunter2@db/attune",
        "postgresql://attune@db:hunter2/attune",
    ],
)
def test_a_url_that_names_no_database_of_ours_is_not_repeated(url: str) -> None:
    with pytest.raises(
        DatabaseUrlError, match=r"^write sqlite:///path/to/attune\.db or postgresql://"
    ) as raised:
        driver_url(url)
    assert "hunter2" not in "".join(traceback.format_exception(raised.value, chain=True))

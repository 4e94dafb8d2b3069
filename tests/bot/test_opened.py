"""Starting on a database that is older, newer, or far newer than this version."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from bot.office import NotUpgradedError, as_it_is, opened, store_of
from bot.service import people
from bot.settings import Settings
from storage.crypto import KeyringError
from storage.records import Therapist
from storage.store import driver_url

KEYRING = f"k1 {'A' * 43}=\nindex {'B' * 42}A=\n"


def settings(url: str, *, upgrade: bool = True, keyring: str = KEYRING) -> Settings:
    """Give the settings of a worker on a database."""
    database = {"url": url, "upgrade_on_start": upgrade}
    return Settings.model_validate({"database": database, "keys": {"keyring": keyring}})


async def run(url: str, *statements: str) -> None:
    """Change a database behind everybody's back."""
    engine = create_async_engine(driver_url(url))
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(sa.text(statement))
    await engine.dispose()


AHEAD = "UPDATE alembic_version SET version_num = '9999'"


async def test_one_that_is_behind_is_upgraded_or_refused_with_what_to_do(database_url: str) -> None:
    refused = "the database is at nothing and this Attune needs [0-9]+: attune db upgrade"
    with pytest.raises(NotUpgradedError, match=refused):
        async with opened(settings(database_url, upgrade=False)):
            pytest.fail("it is not worked with")
    async with opened(settings(database_url)):
        pass
    async with opened(settings(database_url, upgrade=False)):
        pass


@pytest.mark.parametrize("upgrade", [True, False])
async def test_one_that_a_newer_version_has_added_to_is_worked_with(
    database_url: str, *, upgrade: bool
) -> None:
    async with opened(settings(database_url)):
        pass
    await run(database_url, AHEAD)
    async with opened(settings(database_url, upgrade=upgrade)) as service:
        await service.sync([])
    async with as_it_is(settings(database_url)) as looked_at:
        assert looked_at is not None


@pytest.mark.parametrize("opening", [opened, as_it_is])
async def test_one_that_has_left_this_version_behind_is_refused(database_url: str, opening: type) -> None:
    async with opened(settings(database_url)):
        pass
    await run(database_url, AHEAD, "INSERT INTO compatibility VALUES (1, '9998')")
    refused = "the database is at 9999 and needs an Attune that knows 9998; this one knows [0-9]+ at most"
    with pytest.raises(NotUpgradedError, match=refused):
        async with opening(settings(database_url)):
            pytest.fail("it is not worked with")


@pytest.mark.parametrize("opening", [opened, as_it_is])
async def test_one_that_other_keys_have_sealed_is_refused(database_url: str, opening: type) -> None:
    async with opened(settings(database_url)) as service, service.desk() as desk:
        await people.add_therapist(desk, Therapist(0, "T1", "en", "UTC", "Dr Ida Quimby"), [])
    async with opening(settings(database_url)):
        pass
    with pytest.raises(KeyringError, match="no name in this database opens with these keys"):
        async with opening(settings(database_url, keyring=KEYRING.replace("A" * 43, "B" * 42 + "A"))):
            pytest.fail("it is not worked with")


async def test_how_a_pooler_is_worked_with_reaches_the_store() -> None:
    given = {
        "url": "postgresql://u@pooler/n",
        "direct_url": "postgresql://u@server/n",
        "password": "hunter2",
        "listen": False,
    }
    store = store_of(Settings.model_validate({"database": given, "keys": {"keyring": KEYRING}}))
    assert store.direct is not None
    assert (store.engine.url.host, store.notifies) == ("pooler", False)
    reached = {name: store.direct.parameters[name] for name in ("host", "password", "dbname")}
    assert reached == {"host": "server", "password": "hunter2", "dbname": "n"}
    await store.close()

"""What every test has: no way off this machine, and databases of both kinds."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import cast

import pytest
from hypothesis import Phase, settings

from storage.crypto import Cipher, new_keyring, parse_keyring
from storage.store import Store
from tests.databases import Databases, Engine, migrated, postgres
from tests.guarded import network

network.install()


def pytest_configure(config: pytest.Config) -> None:
    """Let every Python that a test starts be guarded too.

    Where files are tested together, tests run in processes that this one starts: each installs the guard of
    its own, above, in which refusals are looked for.
    """
    runs_tests = hasattr(config, "workerinput") or not config.getoption("numprocesses", None)
    if runs_tests:
        guarded = [str(Path(network.__file__).parent), os.environ.get("PYTHONPATH")]
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, guarded))


settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=200, deadline=None, derandomize=True, print_blob=True)
# For make mutants: whether a law fails is all that is asked, and it is asked a thousand times.
settings.register_profile(
    "mutants", max_examples=10, deadline=None, derandomize=True, database=None, phases=[Phase.generate]
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(autouse=True)
def _stays_on_this_machine() -> Iterator[None]:
    """Fail a test that tried to leave, also where the code under test swallowed the refusal."""
    before = len(network.refused)
    yield
    tried = network.refused[before:]
    del network.refused[before:]
    if tried:
        pytest.fail(f"tried to reach {', '.join(tried)}: tests use this machine only", pytrace=False)


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Fresh databases of both kinds; the PostgreSQL is started once and stopped at the end."""
    with postgres() as server:
        yield Databases(tmp_path_factory.mktemp("databases"), server)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Name each database engine that Attune runs on, one after the other."""
    return cast("Engine", request.param)


@pytest.fixture
def database_url(databases: Databases, engine: Engine) -> Iterator[str]:
    """Lend this test the URL of an empty database of its own, on each engine."""
    with databases.fresh(engine) as url:
        yield url


@pytest.fixture
def migrated_url(databases: Databases, engine: Engine) -> Iterator[str]:
    """Lend this test the URL of a database with every table and no row, on each engine."""
    with databases.emptied(engine, migrated) as url:
        yield url


@pytest.fixture(scope="session")
def cipher() -> Cipher:
    """Make the keys of this test run."""
    return parse_keyring(new_keyring())


@pytest.fixture
async def store(migrated_url: str, cipher: Cipher) -> AsyncIterator[Store]:
    """Open a store on a database that nobody else uses, on each engine; its tables stay as they are."""
    opened = Store.open(migrated_url, cipher)
    yield opened
    await opened.close()

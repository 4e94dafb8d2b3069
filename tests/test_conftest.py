"""The guard and the databases that all other tests rely on."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from tests.databases import Databases, Engine
from tests.guarded import network
from tests.guarded.network import OffMachineError

ELSEWHERE = "192.0.2.1"
"""An address that belongs to nobody. Source: RFC 5737, TEST-NET-1."""


@pytest.fixture
def expected_refusals() -> Iterator[None]:
    """Forget what this test was refused on purpose, before the guard's own fixture looks."""
    yield
    network.refused.clear()


@pytest.mark.parametrize(
    ("host", "here"),
    [
        pytest.param("127.0.0.1", True, id="loopback"),
        pytest.param("127.8.8.8", True, id="all of 127/8"),
        pytest.param("::1", True, id="loopback of IPv6"),
        pytest.param("::ffff:127.0.0.1", True, id="IPv4 loopback inside IPv6"),
        pytest.param("localhost", True, id="its name"),
        pytest.param(b"localhost", True, id="its name in bytes"),
        pytest.param(None, True, id="no host: to listen on"),
        pytest.param("0.0.0.0", True, id="every address of ours"),  # noqa: S104 - nothing is bound to it
        pytest.param("128.0.0.1", False, id="just past 127/8"),
        pytest.param("10.0.0.1", False, id="a private network is another machine"),
        pytest.param("::ffff:192.0.2.1", False, id="another machine inside IPv6"),
        pytest.param("localhost.example", False, id="a name that begins alike"),
        pytest.param("api.telegram.org", False, id="a vendor"),
    ],
)
def test_what_counts_as_this_machine(host: object, here: bool) -> None:
    assert network.stays_here(host) is here


@pytest.mark.usefixtures("expected_refusals")
def test_a_socket_cannot_leave() -> None:
    with socket.socket() as sock, pytest.raises(OffMachineError):
        sock.connect((ELSEWHERE, 443))
    with socket.socket() as sock, pytest.raises(OffMachineError):
        sock.connect_ex((ELSEWHERE, 443))
    with socket.socket(type=socket.SOCK_DGRAM) as sock, pytest.raises(OffMachineError):
        sock.sendto(b"", (ELSEWHERE, 53))


@pytest.mark.usefixtures("expected_refusals")
def test_a_name_is_not_looked_up() -> None:
    with pytest.raises(OffMachineError):
        socket.getaddrinfo("attune.example", 443)
    with pytest.raises(OffMachineError):
        socket.gethostbyname("attune.example")


@pytest.mark.usefixtures("expected_refusals")
async def test_asyncio_cannot_leave() -> None:
    with pytest.raises(OffMachineError):
        await asyncio.open_connection(ELSEWHERE, 443)
    with pytest.raises(OffMachineError):
        await asyncio.open_connection("attune.example", 443)


@pytest.mark.usefixtures("expected_refusals")
def test_a_swallowed_refusal_is_remembered() -> None:
    with socket.socket() as sock, pytest.raises(OffMachineError):
        sock.connect((ELSEWHERE, 443))
    assert network.refused == [ELSEWHERE]


def test_a_python_that_a_test_starts_cannot_leave() -> None:
    attempt = f"import socket; socket.create_connection(({ELSEWHERE!r}, 443), timeout=1)"
    ended = subprocess.run([sys.executable, "-c", attempt], capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert "OffMachineError" in ended.stderr


async def test_asyncio_may_talk_to_this_machine() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "localhost", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


def test_a_database_is_empty_and_answers(engine: Engine, database_url: str) -> None:
    assert database_url.startswith(f"{engine}://")
    assert tables(database_url) == []


def test_a_prepared_database_is_a_copy_made_once(databases: Databases, engine: Engine) -> None:
    prepared: list[str] = []

    def prepare(url: str) -> None:
        prepared.append(url)
        execute(url, "CREATE TABLE mood (tenths INTEGER)")

    with databases.fresh(engine, prepare) as first, databases.fresh(engine, prepare) as second:
        execute(first, "CREATE TABLE note (words TEXT)")
        assert tables(first) == ["mood", "note"]
        assert tables(second) == ["mood"]
    assert len(prepared) == 1


def execute(url: str, statement: str) -> list[str]:
    """Run one statement and return the first column of what it gives."""
    if url.startswith("sqlite:///"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        with connection:
            found = [str(row[0]) for row in connection.execute(statement)]
        connection.close()
        return found
    with psycopg.connect(url) as postgres:
        cursor = postgres.execute(statement.encode())
        return [str(row[0]) for row in cursor] if cursor.description else []


def tables(url: str) -> list[str]:
    """Name the tables of a database, in order."""
    if url.startswith("sqlite:///"):
        return execute(url, "SELECT name FROM sqlite_schema ORDER BY name")
    return execute(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")

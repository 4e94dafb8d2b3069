"""Starts the outside servers for a test, waits until they answer, and leaves nothing running.

Each server gets a process group of its own, which is ended with the block, and a log, which is shown
when the server does not come up. Where one is missing, the test fails: `make outside` installs them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import sqlalchemy as sa

from tests.outside import environment

ACCOUNT = "AC0123456789abcdef0123456789abcdef"
AUTH_TOKEN = "outside-auth-token"
NUMBER = "+15550100999"

_PATIENCE = 60.0
"""Seconds for a server to come up. Prism reads 121 paths first, on a machine busy with other tests."""

_GRACE = 5.0
"""Seconds for a server to end by itself before it is killed."""


class NotUpError(Exception):
    """A server ended, or did not answer in time; the text is what it had printed."""


@dataclass(frozen=True, slots=True)
class Emulate:
    """Twilio as npm's `emulate` plays it: keeps messages, signs what it sends to webhooks.

    It knows no opt-out and no error codes, and a message's first status callback is sent before the
    request that made the message is answered.
    """

    url: str

    async def text(self, sender: str, body: str) -> str:
        """Send a text to NUMBER as if from a phone; returns its sid once our webhook has answered."""
        form = {"To": NUMBER, "From": sender, "Body": body}
        return str((await self._post("/_twilio/simulate/inbound-message", form))["sid"])

    async def report(self, sid: str, status: str) -> None:
        """Let a message reach a status ("sent", "delivered", "undelivered", "failed"…) and call back."""
        await self._post("/_twilio/simulate/message-status", {"MessageSid": sid, "Status": status})

    async def messages(self, *, to: str | None = None) -> list[dict[str, object]]:
        """List what the account sent and received, newest first, as Twilio's API tells it."""
        async with self._client() as client:
            answer = await client.get(
                f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
                params={"PageSize": "1000"} | ({"To": to} if to else {}),
            )
        return list(answer.raise_for_status().json()["messages"])

    async def _post(self, path: str, form: dict[str, str]) -> dict[str, object]:
        async with self._client() as client:
            answer = await client.post(path, data=form)
        return dict(answer.raise_for_status().json())

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, auth=(ACCOUNT, AUTH_TOKEN), timeout=30)


@dataclass(frozen=True, slots=True)
class Violation:
    """Where a request differs from Twilio's description ("request.body.To"), and how."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Prism:
    """Stoplight's Prism with Twilio's OpenAPI file, between a client and what plays Twilio."""

    url: str
    log: Path

    def violations(self) -> tuple[Violation, ...]:
        """Tell what was wrong with requests so far, oldest first; answers of the upstream don't count."""
        found = re.findall(r"Violation: (request\S*) (.*)", _printed(self.log))
        return tuple(Violation(where, what.strip()) for where, what in found)


@contextlib.asynccontextmanager
async def emulate(port: int, *, sms_url: str | None = None) -> AsyncIterator[Emulate]:
    """Run emulate's Twilio on `port`, with ACCOUNT, AUTH_TOKEN and NUMBER.

    Args:
        port: a free port of 127.0.0.1.
        sms_url: our webhook, called with a signed POST for each inbound text.
    """
    number = {"phone_number": NUMBER} | ({"sms_url": sms_url} if sms_url else {})
    account = {"sid": ACCOUNT, "auth_token": AUTH_TOKEN}
    with tempfile.TemporaryDirectory(prefix="attune-emulate-") as folder:
        seed = Path(folder) / "seed.json"
        seed.write_text(json.dumps({"twilio": {"account": account, "phone_numbers": [number]}}))
        start: list[Path | str] = [
            environment.NODE,
            environment.EMULATE,
            "start",
            "--service",
            "twilio",
            "--port",
            str(port),
            "--seed",
            seed,
        ]
        async with _running(start, port, Path(folder)):
            yield Emulate(f"http://127.0.0.1:{port}")


@contextlib.asynccontextmanager
async def prism(port: int, upstream: str, *, refuse: bool = False) -> AsyncIterator[Prism]:
    """Run Prism on `port` as a proxy in front of `upstream`, checking each request.

    Args:
        port: a free port of 127.0.0.1.
        upstream: the address of an Emulate.
        refuse: answer an invalid request with 422 instead of noting it. Then no list can be asked
            for: emulate's links between pages are relative, Twilio's description wants whole
            addresses, and Prism turns such an answer into a 500.
    """
    start: list[Path | str] = [
        environment.NODE,
        environment.PRISM,
        "proxy",
        environment.TWILIO_API,
        upstream,
        "--port",
        str(port),
    ]
    if refuse:
        start.append("--errors")
    with tempfile.TemporaryDirectory(prefix="attune-prism-") as folder:
        async with _running(start, port, Path(folder)) as log:
            yield Prism(f"http://127.0.0.1:{port}", log)


@contextlib.asynccontextmanager
async def pgbouncer(port: int, server: sa.URL) -> AsyncIterator[sa.URL]:
    """Run PgBouncer on `port`, which lends its connections to a server for one transaction each.

    Args:
        port: a free port of 127.0.0.1.
        server: the address of a database of a PostgreSQL that is reached by a Unix socket.

    Yields:
        The address of the same database behind it.
    """
    there = Path(str(server.query["host"]))
    with tempfile.TemporaryDirectory(prefix="attune-pgbouncer-") as folder:
        config = Path(folder) / "pgbouncer.ini"
        config.write_text(
            "[databases]\n"
            f"* = host={there} user={server.username}\n"
            "[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            "auth_type = any\npool_mode = transaction\ndefault_pool_size = 5\n"
        )
        start: list[Path | str] = [environment.pgbouncer(), config]
        if os.geteuid() == 0:  # as whom it refuses to run
            os.chmod(folder, 0o755)  # noqa: PTH101, S103 (at once, and for the config alone)
            start += ["-u", there.owner()]  # noqa: ASYNC240 (at once)
        async with _running(start, port, Path(folder)):
            yield sa.URL.create(
                "postgresql", server.username, host="127.0.0.1", port=port, database=server.database
            )


def free_port() -> int:
    """Find a port that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


async def segments(texts: Sequence[str]) -> tuple[int, ...]:
    """Count the segments that each text costs, by npm's sms-segments-calculator."""
    script = (
        "const { SegmentedMessage } = require('sms-segments-calculator');"
        "const texts = JSON.parse(process.argv[1]);"
        "console.log(JSON.stringify(texts.map((text) => new SegmentedMessage(text).segmentsCount)));"
    )
    return tuple(json.loads(await output(environment.NODE, "-e", script, json.dumps(texts))))


async def output(program: Path, *arguments: str, folder: Path = environment.NPM) -> str:
    """Run a program of the outside environment to its end, in `folder`, and return what it printed.

    Raises:
        NotUpError: it failed.
    """
    process = await asyncio.create_subprocess_exec(
        program,
        *arguments,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, complaints = await process.communicate()
    if process.returncode != 0:
        raise NotUpError(complaints.decode())
    return printed.decode()


@contextlib.asynccontextmanager
async def _running(command: Sequence[Path | str], port: int, folder: Path) -> AsyncIterator[Path]:
    """Run a server in a process group of its own; yields its log once `port` answers."""
    log = folder / "server.log"
    with log.open("wb") as printed:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=printed,
            stderr=printed,
            start_new_session=True,
        )
    try:
        await _until_answering(process, port, log)
        yield log
    finally:
        await _end(process)


async def _until_answering(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    try:
        async with asyncio.timeout(_PATIENCE):
            while process.returncode is None:
                with contextlib.suppress(ConnectionRefusedError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    await writer.wait_closed()
                    return
                await asyncio.sleep(0.05)
    except TimeoutError as error:
        raise NotUpError(_printed(log)) from error
    raise NotUpError(_printed(log))


def _printed(log: Path) -> str:
    return log.read_text(errors="replace")


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the whole group: politely, then by force."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _GRACE)
            return

"""Replies a second through the real webhook, beside a bare endpoint that checks the same signature.

Each request is a text by Twilio, signed, from a client of its own with an open question: 200 says that the
answer, and the next question, are on the disk. Servers are processes of their own; the load is ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import sqlalchemy as sa
from twilio.request_validator import RequestValidator

from storage import tables as t
from storage.crypto import new_keyring
from tests.bench import caseload
from tests.bench.caseload import Caseload
from tests.bench.loading import Outcome, load
from tests.bench.measure import Against, Figure
from tests.bench.webhook_server import PUBLIC_URL
from tests.fakes.twilio_rules import ACCOUNT, NUMBER, TOKEN

REPLIES = 2_000
"""How many clients answer, one question each."""

_WARMING_UP = 200
"""Requests before the clock starts, of clients of their own."""


def phone(number: int) -> str:
    """Give a client's telephone number."""
    return f"+1202{5_550_000 + number}"


def requests() -> list[bytes]:
    """Make what Twilio would send for a reply of each client, headers and all."""
    validator = RequestValidator(TOKEN)
    return [_request(validator, number) for number in range(1, _WARMING_UP + REPLIES + 1)]


def _request(validator: RequestValidator, number: int) -> bytes:
    form = {
        "MessageSid": f"SM{number:032x}",
        "AccountSid": ACCOUNT,
        "From": phone(number),
        "To": NUMBER,
        "Body": str(number % 11),
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "ApiVersion": "2010-04-01",
    }
    signature = validator.compute_signature(f"{PUBLIC_URL}/sms", form)
    body = urlencode(form).encode()
    head = (
        f"POST /sms HTTP/1.1\r\nHost: attune.example\r\nX-Twilio-Signature: {signature}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def prepare(url: str, keyring: str) -> None:
    """Fill a database with clients who are all asked the first question."""
    people = _WARMING_UP + REPLIES
    load = Caseload(people, people, due=datetime.now(UTC), channel="sms", address=phone)
    async with caseload.serviced(url, load, clock=_now, keyring=keyring) as service:
        await caseload.ask_all(service)


def _now() -> datetime:
    return datetime.now(UTC)


@contextlib.contextmanager
def server(*words: str) -> Iterator[int]:
    """Run a server in a process of its own; gives its port."""
    command = [sys.executable, "-m", "tests.bench.webhook_server", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


def rate(port: int, made: Sequence[bytes]) -> float:
    """Measure requests a second; every one must be answered 200."""
    _sent(port, made[:_WARMING_UP])
    return _sent(port, made[_WARMING_UP:]).rate


def _sent(port: int, made: Sequence[bytes]) -> Outcome:
    outcome = asyncio.run(load(port, made))
    if outcome.statuses != {200: len(made)}:
        msg = f"not every request was taken: {dict(outcome.statuses)}"
        raise RuntimeError(msg)
    return outcome


async def kept(url: str, keyring: str) -> int:
    """Count the answers that stand in the database."""
    async with caseload.serviced(url, keyring=keyring) as service, service.store.engine.connect() as one:
        return await one.scalar(sa.select(sa.func.count()).select_from(t.answers)) or 0


def figures(folder: Path) -> Iterator[Figure]:
    """Measure both servers on SQLite's disk, one after the other."""
    made = requests()
    url, keys = f"sqlite:///{folder / 'webhook.db'}", folder / "webhook.keys"
    keyring = new_keyring()
    keys.write_text(keyring)
    asyncio.run(prepare(url, keyring))
    with server("bare") as port:
        nothing = rate(port, made)
    with server("attune", url, str(keys)) as port:
        ours = rate(port, made)
    found = asyncio.run(kept(url, keyring))
    if found != len(made):
        msg = f"{found} of {len(made)} answers were kept"
        raise RuntimeError(msg)
    yield Figure("webhook", ours, "1/s", Against("a bare endpoint that checks the signature", nothing))

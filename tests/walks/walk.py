"""One installation and everything around it: its networks, its database, and the people who write to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from storage import tables as t
from tests.fakes.telegram import FakeTelegram
from tests.fakes.twilio import ACCOUNT, NUMBER, TOKEN, FakeTwilio
from tests.walks.attune import Attune, Section
from tests.walks.enrolment import CLIENT, THERAPIST
from tests.walks.ledger import Ledger
from tests.walks.phones import QUESTIONS, Phone


@dataclass(frozen=True, slots=True)
class Walk:
    """Attune on Telegram, with a client and a therapist."""

    telegram: FakeTelegram
    attune: Attune
    ledger: Ledger

    @property
    def client(self) -> Phone:
        """The client's phone."""
        return Phone(self.telegram, CLIENT)

    @property
    def therapist(self) -> Phone:
        """The therapist's phone."""
        return Phone(self.telegram, THERAPIST)

    async def answered(self, place: int, tenths: int) -> None:
        """Let the client see a question of the ORS and answer it, and wait until that is kept."""
        await self.client.sees(QUESTIONS["ors", place])
        self.client.write(f"{tenths // 10}")
        await self.ledger.until(t.answers, t.answers.c.inbound_id.is_not(None), count=place + 1)

    async def kill(self) -> None:
        """Kill the process, at once and without warning, and let its leases run out."""
        assert self.attune.running is not None
        await self.attune.running.kill()
        await self.ledger.a_minute_passes()

    async def restart(self) -> None:
        """Kill the process and start another, without waiting until it is up."""
        await self.kill()
        await self.attune.start()


async def handed_over(first: Walk, second: Walk, tenths: int) -> float:
    """Start two workers, kill the one that polls once the first question was answered; the other goes on.

    Args:
        first: the worker that is to begin.
        second: the worker that is to go on.
        tenths: the answer to the first question of the ORS.

    Returns:
        How many seconds nobody polled.
    """
    for walk in (first, second):
        await walk.attune.start()
        await walk.attune.until_ready()
    assert await second.attune.poller() == "another worker polls"
    await first.answered(0, tenths)
    await first.client.sees(QUESTIONS["ors", 1])
    await first.ledger.until_settled()
    assert first.attune.running is not None
    await first.attune.running.kill()
    return await second.attune.until_it_polls()


@asynccontextmanager
async def walking(
    telegram: FakeTelegram,
    folder: Path,
    url: str,
    secrets: Mapping[str, str] | None = None,
    /,
    **sections: Section,
) -> AsyncIterator[Walk]:
    """Set up Attune on a database, where Telegram is `telegram`; nothing runs yet.

    Args:
        telegram: the network.
        folder: for the config, the keys and the logs.
        url: the database's.
        secrets: further secrets, by setting.
        sections: further sections of the config.
    """
    given = {"telegram.token": telegram.token, **(secrets or {})}
    where: Section = {"api_base": telegram.base_url, "poll_seconds": 5, **sections.pop("telegram", {})}
    async with Ledger(url) as ledger, Attune(folder, url, given, telegram=where, **sections) as attune:
        yield Walk(telegram, attune, ledger)


@dataclass(frozen=True, slots=True)
class TextWalk:
    """Attune on text messages, with whoever writes to its number."""

    twilio: FakeTwilio
    attune: Attune
    ledger: Ledger


@asynccontextmanager
async def texting(
    folder: Path, url: str, secrets: Mapping[str, str], **sections: Section
) -> AsyncIterator[TextWalk]:
    """Set up Attune on a database, with a Twilio of our own; nothing runs yet."""
    public_url = "https://attune.example"
    given = {"sms.auth_token": TOKEN, **secrets}
    async with FakeTwilio(public_url=public_url) as twilio, Ledger(url) as ledger:
        sms: Section = {"account_sid": ACCOUNT, "from_number": NUMBER, "api_base": twilio.api_base}
        server = {"public_url": public_url}
        async with Attune(folder, url, given, sms=sms, server=server, **sections) as attune:
            twilio.bot_url = attune.url
            yield TextWalk(twilio, attune, ledger)

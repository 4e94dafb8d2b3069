"""Forged requests change nothing, and strangers learn nothing, through the real process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from storage import tables as t
from tests.fakes.telegram import FakeTelegram
from tests.fakes.twilio import ACCOUNT, NUMBER, TOKEN, FakeTwilio
from tests.fakes.twilio_rules import signature
from tests.walks.attune import CLINIC, Attune, Section, free_port
from tests.walks.enrolment import CLIENT, KEYRING, NAMES, THERAPIST
from tests.walks.ledger import Ledger
from tests.walks.phones import Phone

STRANGER = 471_199_999
STRANGERS_PHONE = "+12025550199"
SECRET = "a-webhook-secret"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
FORM = {"MessageSid": "SM" + "1" * 32, "From": STRANGERS_PHONE, "To": NUMBER, "Body": "7"}
STATUS = {"MessageSid": "SM" + "2" * 32, "MessageStatus": "delivered", "To": STRANGERS_PHONE}
UPDATE = {
    "update_id": 1,
    "message": {
        "message_id": 1,
        "date": 1,
        "chat": {"id": STRANGER, "type": "private"},
        "from": {"id": STRANGER, "is_bot": False, "first_name": "Mallory"},
        "text": "7",
    },
}


@dataclass(frozen=True, slots=True)
class Reached:
    """Attune reached by webhook on both networks, and the web server that they call."""

    telegram: FakeTelegram
    twilio: FakeTwilio
    attune: Attune
    ledger: Ledger
    web: httpx.AsyncClient

    async def form(self, path: str, fields: Mapping[str, str], signed: str | None) -> int:
        """Post a form as Twilio does, with a signature or without one; returns the status."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if signed is not None:
            headers["X-Twilio-Signature"] = signed
        answer = await self.web.post(path, content=urlencode(fields), headers=headers)
        return answer.status_code

    async def update(self, headers: Mapping[str, str]) -> int:
        """Post an update as Telegram does; returns the status."""
        return (await self.web.post("/telegram", json=UPDATE, headers=headers)).status_code


@pytest.fixture
async def reached(telegram: FakeTelegram, tmp_path: Path, enrolled_url: str) -> AsyncIterator[Reached]:
    """Start Attune, and let it send what waited."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    telegram.chats |= {CLIENT: [], THERAPIST: []}
    secrets = {
        "telegram.token": telegram.token,
        "telegram.webhook_secret": SECRET,
        "sms.auth_token": TOKEN,
        "keys.keyring": KEYRING,
    }
    async with (
        FakeTwilio(public_url=url, bot_url=url) as twilio,
        Ledger(enrolled_url) as ledger,
        httpx.AsyncClient(base_url=url, trust_env=False) as web,
    ):
        sections: dict[str, Section] = {
            "server": {"port": port, "public_url": url},
            "telegram": {"api_base": telegram.base_url, "mode": "webhook"},
            "sms": {"account_sid": ACCOUNT, "from_number": NUMBER, "api_base": twilio.api_base},
        }
        async with Attune(tmp_path, enrolled_url, secrets, **sections) as attune:
            await attune.start()
            await attune.until_ready()
            await ledger.until_settled()
            yield Reached(telegram, twilio, attune, ledger, web)


async def test_forged_requests_are_refused_and_change_nothing(reached: Reached) -> None:
    url = reached.attune.url
    before = await reached.ledger.everything()
    for path, fields in (("/sms", FORM), ("/sms/status", STATUS)):
        genuine = signature(TOKEN, url + path, fields)
        forgeries = {
            "unsigned": (fields, None),
            "signed by nobody": (fields, ""),
            "signed with another token": (fields, signature("another", url + path, fields)),
            "signed for another address": (
                fields,
                signature(TOKEN, "https://elsewhere.example" + path, fields),
            ),
            "changed after it was signed": ({**fields, "To": "+12025550100"}, genuine),
            "with a field that was not signed": ({**fields, "OptOutType": "STOP"}, genuine),
        }
        for how, (sent, signed) in forgeries.items():
            assert await reached.form(path, sent, signed) == 403, how
    for headers in ({}, {SECRET_HEADER: ""}, {SECRET_HEADER: "wrong"}, {SECRET_HEADER: SECRET.upper()}):
        assert await reached.update(headers) == 403, headers
    assert await reached.ledger.everything() == before


async def test_the_same_requests_are_taken_where_they_are_genuine(reached: Reached) -> None:
    url, before = reached.attune.url, await reached.ledger.count(t.inbound)
    assert await reached.form("/sms", FORM, signature(TOKEN, f"{url}/sms", FORM)) == 200
    assert await reached.form("/sms/status", STATUS, signature(TOKEN, f"{url}/sms/status", STATUS)) == 200
    assert await reached.update({SECRET_HEADER: SECRET}) == 200
    assert await reached.ledger.count(t.inbound) == before + 2
    assert await reached.ledger.count(t.delivery_reports) == 1


async def test_a_stranger_gets_one_polite_line_and_no_data(reached: Reached) -> None:
    stranger = Phone(reached.telegram, STRANGER)
    words = ("Hello?", "7", "ALERTS", "ACK 1", "AB", "/start AB")
    for text in words:
        stranger.write(text)
        await reached.twilio.receive(STRANGERS_PHONE, text)
    await reached.ledger.until(t.inbound, count=1 + 2 * len(words))
    await reached.ledger.until_settled()
    (line,) = [message.text for message in stranger.seen]
    (text,) = [message.body for message in reached.twilio.sent if message.to == STRANGERS_PHONE]
    assert line == text
    assert CLINIC in line
    assert not [one for one in ("AB", "KT", *NAMES) if one in line]


async def test_an_invitation_that_never_was_gives_nothing_away(reached: Reached) -> None:
    stranger = Phone(reached.telegram, STRANGER)
    before = await reached.ledger.everything()
    stranger.open_link("https://t.me/attune_test_bot?start=AAAAAAAAAAAAAAAAAAAAAA")
    said = await stranger.sees("This invitation is no longer valid.")
    assert not [one for one in ("AB", "KT", *NAMES) if one in said.text]
    after = await reached.ledger.everything()
    assert [table for table in after if after[table] != before[table]] == [
        "senders",  # whose turn it is
        "addresses",
        "inbound",
        "outbox",
    ]

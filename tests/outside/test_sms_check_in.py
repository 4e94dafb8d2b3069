"""A complete check-in by text message: the real process, emulate as Twilio, and Prism between them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from twilio.request_validator import RequestValidator

from storage import tables as t
from tests.outside import environment
from tests.outside.servers import (
    ACCOUNT,
    AUTH_TOKEN,
    NUMBER,
    Emulate,
    Prism,
    emulate,
    output,
    prism,
    segments,
)
from tests.segments import segments as counted
from tests.walks.attune import PATIENCE, Attune, free_port
from tests.walks.enrolment import CLIENT_PHONE, THERAPIST_PHONE
from tests.walks.gate import Gate
from tests.walks.ledger import Ledger, Sum
from tests.walks.phones import QUESTIONS

pytestmark = pytest.mark.outside

ORS, SRS = (71, 67, 83, 69), (80, 74, 91, 86)


@dataclass(frozen=True, slots=True)
class Clinic:
    """Attune on text messages: out through the gate and Prism to emulate, in by signed webhooks."""

    attune: Attune
    ledger: Ledger
    twilio: Emulate
    checked: Prism
    gate: Gate

    async def sees(self, phone: str, words: str) -> Mapping[str, object]:
        """Wait until somebody has received a text with these words, and give it."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for message in await self.twilio.messages(to=phone):
                    if words in str(message["body"]):
                        return message
                await asyncio.sleep(0.05)

    async def sent(self) -> list[Mapping[str, object]]:
        """Give every text that went out, newest first."""
        return [one for one in await self.twilio.messages() if one["direction"] != "inbound"]

    async def invite(self) -> None:
        """Enrol a therapist and a client by their numbers, and send the consent question."""
        await self.attune.do("therapist", "add", "KT", "--sms", THERAPIST_PHONE)
        await self.attune.do("client", "add", "AB", "--therapist", "KT", "--sms", CLIENT_PHONE)
        await self.attune.do("client", "invite", "AB")

    async def answer(self, measure: str, marks: tuple[int, ...]) -> None:
        """Answer each question of a measure once it has come."""
        for place, mark in enumerate(marks):
            await self.sees(CLIENT_PHONE, QUESTIONS[measure, place])
            await self.twilio.text(CLIENT_PHONE, f"{mark / 10}")


@pytest.fixture
async def clinic(tmp_path: Path) -> AsyncIterator[Clinic]:
    """Put the servers up, and start Attune in front of them."""
    port, between = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    database = f"sqlite:///{tmp_path / 'attune.db'}"
    async with contextlib.AsyncExitStack() as stack:
        twilio = await stack.enter_async_context(emulate(free_port(), sms_url=f"{url}/sms"))
        checked = await stack.enter_async_context(prism(between, twilio.url))
        gate = await stack.enter_async_context(Gate(checked.url))
        ledger = await stack.enter_async_context(Ledger(database))
        attune = await stack.enter_async_context(
            Attune(
                tmp_path,
                database,
                {"sms.auth_token": AUTH_TOKEN},
                server={"port": port, "public_url": url},
                sms={"account_sid": ACCOUNT, "from_number": NUMBER, "api_base": gate.url},
            )
        )
        await attune.start()
        await attune.until_ready()
        yield Clinic(attune, ledger, twilio, checked, gate)


async def test_from_consent_to_the_acknowledged_alert(clinic: Clinic) -> None:
    await clinic.invite()
    await clinic.sees(CLIENT_PHONE, "Write AGREE to take part")
    await clinic.twilio.text(CLIENT_PHONE, "AGREE")
    await clinic.sees(THERAPIST_PHONE, "AB has agreed")
    await clinic.attune.do("score", "add", "AB", "ors", "10", "10", "10", "10")
    await clinic.attune.do("client", "ask", "AB", "ors")
    await clinic.attune.do("client", "ask", "AB", "srs")
    await clinic.answer("ors", ORS)
    await clinic.sees(THERAPIST_PHONE, "Alert 1: AB")
    await clinic.answer("srs", SRS)
    await clinic.sees(THERAPIST_PHONE, "Alert 2: AB")
    await clinic.sees(CLIENT_PHONE, "Thank you for being frank.")
    await clinic.twilio.text(THERAPIST_PHONE, "ACK 1")
    await clinic.sees(THERAPIST_PHONE, "Alert 1 about AB is acknowledged.")
    await clinic.ledger.until_settled()
    assert await clinic.ledger.scores() == [Sum("ors", ORS, sum(ORS)), Sum("srs", SRS, sum(SRS))]
    assert await clinic.ledger.count(t.alerts, t.alerts.c.acknowledged_by == "therapist KT") == 1
    for message in await clinic.sent():
        await clinic.twilio.report(str(message["sid"]), "delivered")
    assert {one.state for one in await clinic.ledger.outbox()} == {"delivered"}
    assert clinic.checked.violations() == ()
    await check_cost([str(message["body"]) for message in await clinic.sent()])


async def check_cost(texts: list[str]) -> None:
    """Compare what texts cost with what sms-segments-calculator says, and questions with their limit."""
    script = (
        "const { SegmentedMessage } = require('sms-segments-calculator');"
        "const texts = JSON.parse(process.argv[1]);"
        "console.log(JSON.stringify(texts.map((text) => new SegmentedMessage(text).encodingName)));"
    )
    encodings = json.loads(await output(environment.NODE, "-e", script, json.dumps(texts)))
    costs = dict(zip(texts, await segments(texts), strict=True))
    assert {text: counted(text) for text in texts} == costs
    assert set(encodings) == {"GSM-7"}
    assert [text for text in texts if "0 = " in text and costs[text] > 2] == []


async def test_what_twilio_signed_is_taken_and_what_was_tampered_with_is_not(clinic: Clinic) -> None:
    sid = await clinic.twilio.text("+12025550199", "Hello")  # signed by emulate
    assert await clinic.ledger.count(t.inbound, t.inbound.c.external_id == sid) == 1
    await clinic.ledger.until_settled()
    before = await clinic.ledger.everything()
    form = {"MessageSid": "SM" + "7" * 32, "From": CLIENT_PHONE, "To": NUMBER, "Body": "7"}
    url = f"{clinic.attune.url}/sms"
    genuine = {"X-Twilio-Signature": RequestValidator(AUTH_TOKEN).compute_signature(url, form)}
    async with httpx.AsyncClient(trust_env=False) as forger:
        for tampered in ({"Body": "10"}, {"From": THERAPIST_PHONE}, {"OptOutType": "STOP"}):
            assert (await forger.post(url, data=form | tampered, headers=genuine)).status_code == 403
        assert (await forger.post(f"{url}/status", data=form, headers=genuine)).status_code == 403
        assert await clinic.ledger.everything() == before
        assert (await forger.post(url, data=form, headers=genuine)).status_code == 200


async def test_a_delivery_that_is_reported_before_the_message_is_known_counts(clinic: Clinic) -> None:
    taking = clinic.gate.hold("/Messages.json", carried_out=True)
    await clinic.twilio.text("+12025550199", "Hello")
    await taking.caught()
    (message,) = await clinic.sent()
    await clinic.twilio.report(str(message["sid"]), "delivered")
    assert [one.state for one in await clinic.ledger.outbox()] == ["leased"]
    assert await clinic.ledger.count(t.delivery_reports) == 1
    taking.release()
    await clinic.ledger.until_settled()
    assert [one.state for one in await clinic.ledger.outbox()] == ["delivered"]
    assert clinic.checked.violations() == ()

"""What the process logs names nobody: no address, name, word or score, and no secret, whatever happens."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import tables as t
from tests.fakes.telegram import FakeTelegram, Fault
from tests.fakes.twilio import Fault as TwilioFault
from tests.walks.enrolment import (
    CLIENT,
    CLIENT_PHONE,
    KEYRING,
    NAMES,
    THERAPIST,
    THERAPIST_PHONE,
)
from tests.walks.phones import QUESTIONS
from tests.walks.walk import TextWalk, Walk, walking

ANSWERS = ("7.1", "6.7", "8.3", "Rosalind moved out", "6.9")
"""What the client writes, in this order; the total is 29."""

WORDS = ("Rosalind", "moved out", QUESTIONS["ors", 1], "AGREE", "ACK", "Thank you")
PEOPLE = (*NAMES, str(CLIENT), str(THERAPIST), CLIENT_PHONE[1:], THERAPIST_PHONE[1:])
SCORES = {"7.1", "71", "6.7", "67", "8.3", "83", "6.9", "69", "290", "29.0", "400"}

pytestmark = pytest.mark.parametrize("engine", ["sqlite"])


def told(printed: str) -> list[str]:
    """Find what log lines tell of people; each line must be an object of JSON."""
    found = [one for one in (*PEOPLE, *WORDS) if one.lower() in printed.lower()]
    for line in printed.splitlines():
        said = {key: value for key, value in json.loads(line).items() if key != "timestamp"}
        found += SCORES & set(re.findall(r"[0-9]+(?:\.[0-9]+)?", json.dumps(said)))
    return found


@pytest.fixture
async def talkative(telegram: FakeTelegram, tmp_path: Path, enrolled_url: str) -> AsyncIterator[Walk]:
    """Set up Attune with everything logged that can be."""
    telegram.chats |= {CLIENT: [], THERAPIST: []}
    secrets = {"keys.keyring": KEYRING}
    async with walking(telegram, tmp_path, enrolled_url, secrets, logs={"level": "debug"}) as walk:
        yield walk


async def test_a_check_in_and_all_that_may_go_wrong_on_telegram(talkative: Walk) -> None:
    walk, telegram = talkative, talkative.telegram
    running = await walk.attune.start()
    for place, text in zip((0, 1, 2, 3, 3), ANSWERS, strict=True):
        await walk.client.sees(QUESTIONS["ors", place])
        await walk.ledger.until_settled()
        if place in {1, 2}:
            telegram.fail_next("getUpdates", Fault.BAD_GATEWAY if place == 1 else Fault.STRANGE)
        walk.client.write(text)
    await walk.therapist.sees("Rosalind moved out")
    await walk.therapist.sees("Alert 1")
    telegram.push("message", {"chat": {"id": CLIENT, "type": "private"}, "text": ["Rosalind"]})
    await walk.ledger.until(t.inbound, t.inbound.c.reading == "unreadable")
    telegram.fail_next("sendMessage", Fault.GARBAGE)
    walk.therapist.write("ACK 1")
    await walk.ledger.until(t.outbox, t.outbox.c.state == "unknown")
    walk.telegram.block(CLIENT)
    await walk.attune.do("client", "ask", "AB", "srs")
    await walk.therapist.sees("AB has stopped")
    assert await running.end() == 0
    assert '"level": "warning"' in running.printed
    assert told(running.printed) == []


async def test_a_check_in_and_all_that_may_go_wrong_by_text(by_text: TextWalk) -> None:
    walk, twilio = by_text, by_text.twilio
    running = await walk.attune.start()
    for place, text in zip((0, 1, 2, 3, 3), ANSWERS, strict=True):
        asked = (t.outbox.c.position == place, t.outbox.c.state == "sent")
        await walk.ledger.until(t.outbox, *asked, count=2 if text == ANSWERS[-1] else 1)
        if place in {1, 2}:
            twilio.fail_next(TwilioFault(code=20429, retry_after=1))
        await twilio.receive(CLIENT_PHONE, text)
    await walk.ledger.until(t.outbox, t.outbox.c.alert_id == 1, t.outbox.c.state == "sent")
    await twilio.receive(CLIENT_PHONE, ANSWERS[0], OptOutType="\0", NumMedia="many")
    await walk.ledger.until_settled()
    twilio.fail_next(TwilioFault(body="<p>Rosalind moved out</p>"))
    await twilio.receive(THERAPIST_PHONE, "ACK 1")
    await walk.ledger.until(t.outbox, t.outbox.c.state == "unknown")
    twilio.fail_next(TwilioFault(code=21211))
    await walk.attune.do("client", "ask", "AB", "srs")
    await walk.ledger.until(t.alerts, t.alerts.c.id == 2)
    twilio.auth_token = "another"
    assert (await twilio.receive(CLIENT_PHONE, ANSWERS[3])).status_code == 403
    assert await running.end() == 0
    assert '"level": "warning"' in running.printed
    assert told(running.printed) == []

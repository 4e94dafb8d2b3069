"""A complete check-in on Telegram: over HTTP by polling and by webhook, and in process through tg-auto-test.

What was said over HTTP is read again with aiogram's models, which are neither ours nor the library's.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import tables as t
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_world import Json
from tests.outside import environment
from tests.outside.servers import output
from tests.walks.attune import Section, free_port
from tests.walks.ledger import Sum
from tests.walks.phones import QUESTIONS
from tests.walks.walk import Walk, walking

pytestmark = pytest.mark.outside

ORS, SRS = (70, 67, 80, 69), (80, 74, 91, 90)
WEBHOOK_SECRET = "a-webhook-secret"


class RecordingTelegram(FakeTelegram):
    """Our Bot API server, which keeps every update that it ever had."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self.updates: list[Json] = []

    def push(self, kind: str, content: object) -> int:
        """Add an update, and keep it."""
        update = super().push(kind, content)
        self.updates.append(self.pending[-1])
        return update

    def said(self) -> dict[str, object]:
        """Give what both sides said: calls, updates, and the messages that calls were answered with."""
        messages = [self.message_json(chat, one) for chat in self.chats for one in self.from_bot(chat)]
        calls = [[call.method, call.parameters] for call in self.calls]
        return {"calls": calls, "updates": self.updates, "messages": messages}


@pytest.fixture
async def telegram() -> AsyncIterator[RecordingTelegram]:
    async with RecordingTelegram() as running:
        yield running


@pytest.fixture(params=["poll", "webhook"])
async def walk(
    request: pytest.FixtureRequest, telegram: RecordingTelegram, tmp_path: Path
) -> AsyncIterator[Walk]:
    """Start Attune, where updates are fetched and where they are brought."""
    port = free_port()
    sections: dict[str, Section] = {
        "telegram": {"mode": request.param},
        "server": {"port": port, "public_url": f"http://127.0.0.1:{port}"},
    }
    secrets = {"telegram.webhook_secret": WEBHOOK_SECRET}
    database = f"sqlite:///{tmp_path / 'attune.db'}"
    async with walking(telegram, tmp_path, database, secrets, **sections) as ready:
        await ready.attune.start()
        await ready.attune.until_ready()
        yield ready


async def test_a_complete_check_in(walk: Walk, telegram: RecordingTelegram, tmp_path: Path) -> None:
    await enrol(walk)
    await check_in(walk)
    assert await walk.ledger.scores() == [Sum("ors", ORS, sum(ORS)), Sum("srs", SRS, sum(SRS))]
    assert await walk.ledger.count(t.alerts, t.alerts.c.acknowledged_by == "therapist KT") == 2
    assert not any(message.labels for message in (*walk.client.seen, *walk.therapist.seen))
    shown = [walk.client.showing(question) for question in QUESTIONS.values()]
    chosen = [copies[0].text.rpartition(": ")[2] for copies in shown]
    assert [len(copies) for copies in shown] == [1] * len(QUESTIONS)
    assert chosen == [f"{mark / 10:g}" for mark in (*ORS, *SRS)]
    assert all(message.protected for message in walk.therapist.showing("You might ask"))
    assert {"sendMessage", "editMessageText", "answerCallbackQuery"} <= {one.method for one in telegram.calls}
    assert await aiogram_minds(telegram, tmp_path) == []


async def enrol(walk: Walk) -> None:
    """Enrol a therapist and a client by links, and ask both measures of the client once they agreed."""
    attune, client, therapist = walk.attune, walk.client, walk.therapist
    await attune.do("therapist", "add", "KT")
    await attune.do("client", "add", "AB", "--therapist", "KT")
    therapist.open_link((await attune.do("therapist", "invite", "KT")).out)
    await therapist.sees("You will receive")
    client.open_link((await attune.do("client", "invite", "AB")).out)
    await client.sees("Write AGREE to take part")
    client.press("AGREE")
    await therapist.sees("AB has agreed")
    await attune.do("score", "add", "AB", "ors", "10", "10", "10", "10")
    await attune.do("client", "ask", "AB", "ors")
    await attune.do("client", "ask", "AB", "srs")


async def check_in(walk: Walk) -> None:
    """Answer every question, by its button where it has one, and acknowledge: by word, then by button."""
    for key, mark in zip(sorted(QUESTIONS), (*ORS, *SRS), strict=True):
        question = await walk.client.sees(QUESTIONS[key])
        await walk.ledger.until_settled()
        if mark % 10:
            walk.client.write(f"{mark / 10}")
        else:
            walk.client.press(f"{mark // 10}", question)
    await walk.therapist.sees("Alert 2: AB")
    await walk.client.sees("Thank you for being frank.")
    walk.therapist.press("Acknowledge", await walk.therapist.sees("Alert 1: AB"))
    await walk.therapist.sees("Alert 1 about AB is acknowledged.")
    walk.therapist.press("Acknowledge", await walk.therapist.sees("Alert 2: AB"))
    await walk.therapist.sees("Alert 2 about AB is acknowledged.")
    await walk.ledger.until_settled()


async def aiogram_minds(telegram: RecordingTelegram, folder: Path) -> list[str]:
    """Have aiogram read all that was said; returns what it does not know."""
    said = folder / "said.json"
    said.write_text(json.dumps(telegram.said()))
    script = "tests.outside.aiogram_models"
    return list(
        json.loads(await output(environment.AIOGRAM, "-m", script, str(said), folder=environment.ROOT))
    )


async def test_a_check_in_in_process() -> None:
    if not environment.TG_AUTO_TEST.exists():
        missing = "no Python 3.12 or newer on this machine, which tg-auto-test needs"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    script = "tests.outside.in_process_check_in"
    played = json.loads(await output(environment.TG_AUTO_TEST, "-m", script, folder=environment.ROOT))
    asked = [QUESTIONS["ors", place] for place in range(len(ORS))]
    assert all(words in text for words, text in zip(asked, played["client"][1:-1], strict=True))
    assert played["client"][-1].startswith("Thank you, those were the questions.")
    assert [text.rpartition(": ")[2] for text in played["edits"]] == ["7", "6.7", "8", "6.9"]
    assert played["therapist"][-1].startswith("Alert 1: AB, ")
    assert played["scores"] == [["ors", list(ORS), sum(ORS)]]

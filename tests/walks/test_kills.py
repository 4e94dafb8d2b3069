"""Killed at any moment and started again, Attune loses no answer and asks nothing twice that was answered."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from functools import partial

import pytest

from storage import tables as t
from tests.fakes import twilio_rules
from tests.fakes.telegram import Fault
from tests.fakes.telegram_world import ChatMessage
from tests.walks.attune import PATIENCE
from tests.walks.ledger import Sum
from tests.walks.phones import QUESTIONS, Phone
from tests.walks.walk import TextWalk, Walk

SEED = 20_261_120
KILLS = 10
WITHIN = 0.15
"""Seconds within which an answer is worked on and the next question has gone: kills fall in here."""

ORS = (70, 67, 80, 69)
SRS = (80, 74, 91, 90)
ANSWERS = {("ors", place): mark for place, mark in enumerate(ORS)} | {
    ("srs", place): mark for place, mark in enumerate(SRS)
}
SCORES = [Sum("ors", ORS, sum(ORS)), Sum("srs", SRS, sum(SRS))]
ALERTS = [
    "deterioration+drop+item_drop+item_drop+item_drop+item_drop",
    "alliance_strained+alliance_low+alliance_item_low+alliance_item_low",
]

TAKEN_WITHOUT_A_WORD = twilio_rules.Fault(accepts=True, hangs=True)

on_sqlite = pytest.mark.parametrize("engine", ["sqlite"])


class Killer:
    """Kills the process after some of the things that people do, each time a random moment later."""

    def __init__(self, walk: Walk, acts: int) -> None:
        """Draw when to kill: after `KILLS` of so many acts."""
        self._walk = walk
        self._chance = random.Random(SEED)
        self._deadly = set(self._chance.sample(range(acts), KILLS))
        self._acts = 0
        self.kills = 0

    async def after(self, act: Callable[[], None]) -> None:
        """Let somebody do something, and perhaps kill the process."""
        act()
        self._acts += 1
        if self._acts - 1 in self._deadly:
            await asyncio.sleep(self._chance.uniform(0, WITHIN))
            await self._walk.restart()
            self.kills += 1


async def enrol(walk: Walk, killer: Killer) -> None:
    """Enrol a therapist and a client by the command line and by links, and ask for both measures."""
    client, therapist, attune = walk.client, walk.therapist, walk.attune
    await attune.do("therapist", "add", "KT")
    invited, _ = await asyncio.gather(
        attune.do("therapist", "invite", "KT"), attune.do("client", "add", "AB", "--therapist", "KT")
    )
    await killer.after(lambda: therapist.open_link(invited.out))
    await walk.ledger.until(t.addresses, t.addresses.c.therapist_id.is_not(None))
    invited = await attune.do("client", "invite", "AB")
    await killer.after(lambda: client.open_link(invited.out))
    await client.sees("Write AGREE to take part")
    await killer.after(lambda: client.press("AGREE"))
    await walk.ledger.until(t.clients, t.clients.c.state == "active")
    await attune.do("score", "add", "AB", "ors", "10", "10", "10", "10")
    await attune.do("client", "ask", "AB", "ors")
    await attune.do("client", "ask", "AB", "srs")


def answer(client: Phone, question: ChatMessage, mark: int) -> None:
    """Answer a question: by its button where there is one, else in writing."""
    if mark % 10:
        client.write(f"{mark / 10}")
    else:
        client.press(f"{mark // 10}", question)


async def test_ten_kills_at_random_moments(walk: Walk) -> None:
    await walk.attune.start()
    await walk.attune.until_ready()
    killer = Killer(walk, acts=3 + len(ANSWERS) + 1)
    await enrol(walk, killer)
    shown: dict[str, int] = {}
    for key, mark in ANSWERS.items():
        question = await walk.client.sees(QUESTIONS[key])
        shown[QUESTIONS[key]] = len(walk.client.showing(QUESTIONS[key]))
        await killer.after(partial(answer, walk.client, question, mark))
    await walk.ledger.until(t.alerts, count=len(ALERTS))
    numbers = await walk.ledger.alert_numbers()
    for number in numbers:
        await walk.therapist.sees(f"Alert {number}: AB")
    await killer.after(lambda: walk.therapist.write(f"ACK {numbers[0]}"))
    await walk.ledger.until(t.alerts, t.alerts.c.acknowledged_at.is_not(None))
    await walk.ledger.until_settled()
    assert killer.kills == KILLS
    assert await walk.ledger.answers("ors") == list(ORS)
    assert await walk.ledger.answers("srs") == list(SRS)
    assert await walk.ledger.scores() == SCORES
    assert await walk.ledger.alerts() == ALERTS
    assert {words: len(walk.client.showing(words)) for words in shown} == shown
    assert await walk.ledger.count(t.inbound) == 3 + len(ANSWERS) + 1


async def test_killed_between_any_two_replies(enrolled: Walk) -> None:
    walk = enrolled
    for place, mark in enumerate(ORS):
        await walk.attune.start()
        question = await walk.client.sees(QUESTIONS["ors", place])
        await walk.ledger.until_settled()
        await walk.kill()
        answer(walk.client, question, mark)
    await walk.attune.start()
    await walk.therapist.sees("Alert 1")
    await walk.ledger.until_settled()
    assert await walk.ledger.scores() == SCORES[:1]
    assert await walk.ledger.alerts() == ALERTS[:1]
    asked = [walk.client.showing(QUESTIONS["ors", place]) for place in range(len(ORS))]
    assert [len(copies) for copies in asked] == [1] * len(ORS)
    assert [copies[0].text.rpartition(": ")[2] for copies in asked] == ["7", "6.7", "8", "6.9"]
    assert not any(message.labels for message in walk.client.seen)


async def until_asking(walk: Walk, place: int) -> None:
    """Wait until a question is under way, and the process waits for Telegram's word on it."""
    await walk.ledger.until(t.outbox, t.outbox.c.position == place, t.outbox.c.state == "leased")


async def killed_while_asking(walk: Walk, fault: Fault) -> None:
    """Answer the first question, and kill the process while it waits for Telegram's word on the second."""
    await walk.attune.start()
    first = await walk.client.sees(QUESTIONS["ors", 0])
    await walk.ledger.until_settled()
    before = len(walk.telegram.called("sendMessage"))
    walk.telegram.fail_next("sendMessage", fault)
    answer(walk.client, first, ORS[0])
    await until_asking(walk, 1)
    await walk.telegram.until(lambda: len(walk.telegram.called("sendMessage")) > before, PATIENCE)
    await walk.kill()


async def test_a_question_answered_while_nobody_listened_is_not_asked_again(enrolled: Walk) -> None:
    walk, words = enrolled, QUESTIONS["ors", 1]
    await killed_while_asking(walk, Fault.TIMEOUT_AFTER)
    await walk.client.sees(words)
    walk.client.write("6.7")
    await walk.attune.start()
    await walk.client.sees(QUESTIONS["ors", 2])
    assert len(walk.client.showing(words)) == 1
    assert await walk.ledger.answers("ors") == [70, 67]


@on_sqlite
async def test_a_question_that_may_have_arrived_is_asked_again_and_counts_once(enrolled: Walk) -> None:
    walk, words = enrolled, QUESTIONS["ors", 1]
    await killed_while_asking(walk, Fault.TIMEOUT_AFTER)
    first_copy = await walk.client.sees(words)
    await walk.attune.start()
    second_copy = await walk.client.sees(words, times=2)
    walk.client.press("6", first_copy)
    await walk.client.sees(QUESTIONS["ors", 2])
    walk.client.press("9", second_copy)
    await walk.client.sees("You have answered that one.")
    await walk.ledger.until_settled()
    assert await walk.ledger.answers("ors") == [70, 60]
    assert len(walk.client.showing(words)) == 2


@on_sqlite
async def test_a_question_that_did_not_arrive_is_asked(enrolled: Walk) -> None:
    walk, words = enrolled, QUESTIONS["ors", 1]
    await killed_while_asking(walk, Fault.TIMEOUT_BEFORE)
    assert walk.client.showing(words) == []
    await walk.attune.start()
    await walk.client.sees(words)
    await walk.ledger.until_settled()
    assert len(walk.client.showing(words)) == 1


@on_sqlite
async def test_an_alert_that_may_have_arrived_is_sent_again_and_raised_once(enrolled: Walk) -> None:
    walk = enrolled
    await walk.attune.start()
    for place, mark in enumerate(ORS):
        question = await walk.client.sees(QUESTIONS["ors", place])
        await walk.ledger.until_settled()
        if place == len(ORS) - 1:
            walk.telegram.fail_next("sendMessage", Fault.TIMEOUT_AFTER, times=2)  # thanks, and the alert
        answer(walk.client, question, mark)
    await walk.therapist.sees("Alert 1")
    await walk.client.sees("Thank you, those were the questions.")
    await walk.restart()
    await walk.therapist.sees("Alert 1", times=2)
    await walk.ledger.until_settled()
    assert await walk.ledger.alerts() == ALERTS[:1]
    assert await walk.ledger.scores() == SCORES[:1]
    assert len(walk.client.showing("Thank you, those were the questions.")) == 1


@on_sqlite
async def test_a_text_that_was_taken_is_looked_up_and_not_sent_again(by_text: TextWalk) -> None:
    walk, twilio = by_text, by_text.twilio
    twilio.fail_next(TAKEN_WITHOUT_A_WORD, times=2)  # the first to the client, and to the therapist
    killed = await walk.attune.start()
    await walk.ledger.until(t.outbox, t.outbox.c.state == "leased", count=2)
    await until(lambda: len(twilio.sent) == 2)
    await killed.kill()
    await walk.attune.start()
    await walk.ledger.until_settled()
    queued = await walk.ledger.outbox()
    assert {one.state for one in queued} == {"sent"}
    texts = {(one.to, one.body) for one in twilio.sent}
    assert len(texts) == len(twilio.sent) == twilio.posts == len(queued)
    assert sum(QUESTIONS["ors", 0] in text for _, text in texts) == 1


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that a fake does not tell of."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.01)

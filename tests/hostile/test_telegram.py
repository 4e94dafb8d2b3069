"""A check-in over a Telegram that misbehaves: every answer counts once, and doubles are counted."""

from __future__ import annotations

from functools import partial

import pytest

from tests.fakes.telegram import FakeTelegram, Fault
from tests.hostile.stage import ALMA, IDA, OLE, Stage, polled

Pair = tuple[Stage, FakeTelegram]

CLIENT, THERAPIST, OPERATOR = int(ALMA), int(IDA), int(OLE)
ANSWERS = (7, 6, 8, 5)


def shown(telegram: FakeTelegram, words: str, chat: int = CLIENT) -> int:
    """Count the messages of the bot that hold these words."""
    return sum(words in one.text for one in telegram.from_bot(chat))


async def confirmed(telegram: FakeTelegram) -> None:
    """Wait until the bot has confirmed everything that people did."""
    await telegram.until(lambda: not telegram.pending, timeout=20)


async def answered(stage: Stage, telegram: FakeTelegram) -> None:
    """Answer the four questions, each once it is there."""
    async with polled(stage):
        for place, answer in enumerate(ANSWERS, 1):
            await stage.send_until(partial(shown, telegram, f"{place}/4"))
            await stage.later()
            kept = await stage.inbound()
            telegram.write(CLIENT, str(answer))
            await confirmed(telegram)
            assert await stage.inbound() == kept + 1, "confirmed only once it was kept"
        await stage.send()


@pytest.mark.parametrize(
    ("fault", "at_most"),
    [
        pytest.param(Fault.TIMEOUT_BEFORE, 1, id="timed out before accepting"),
        pytest.param(Fault.TIMEOUT_AFTER, 2, id="timed out after accepting"),
        pytest.param(Fault.SERVER_ERROR, 1, id="500"),
        pytest.param(Fault.BAD_GATEWAY, 1, id="502 with a page"),
        pytest.param(Fault.GARBAGE, 2, id="garbage after accepting"),
        pytest.param(Fault.STRANGE, 2, id="a strange result after accepting"),
        pytest.param(Fault.TOO_MANY, 1, id="429"),
        pytest.param(Fault.UNAUTHORIZED, 1, id="401"),
        pytest.param(Fault.PROXY_PAGE, 1, id="403 of a firewall"),
        pytest.param(Fault.SLOW, 1, id="slowly"),
    ],
)
async def test_a_check_in_comes_to_its_end_whatever_happens_to_its_first_question(
    telegram: Pair, fault: Fault, at_most: int
) -> None:
    stage, network = telegram
    network.fail_next("sendMessage", fault)
    await stage.ask()
    await answered(stage, network)
    assert await stage.marks() == [10 * one for one in ANSWERS]
    assert 1 <= shown(network, "1/4") <= at_most
    assert [shown(network, f"{place}/4") for place in (2, 3, 4)] == [1, 1, 1]
    assert shown(network, "Thank you") == 1


async def test_timed_out_though_delivered_is_three_copies_at_most(telegram: Pair) -> None:
    stage, network = telegram
    network.fail_next("sendMessage", Fault.TIMEOUT_AFTER, 9)
    await stage.ask()
    for _ in range(9):
        stage.clock.wait(seconds=16)
        await stage.send()
    assert shown(network, "1/4") == 3
    assert await stage.states() == ["sent"]


async def test_an_alert_that_timed_out_is_sent_again(telegram: Pair) -> None:
    stage, network = telegram
    network.fail_next("sendMessage", Fault.TIMEOUT_BEFORE, 2)
    async with polled(stage):
        network.write(CLIENT, "I want to die")
        await confirmed(network)
    await stage.send_until(lambda: shown(network, "URGENT", THERAPIST) > 0)
    assert shown(network, "988") == 1


async def test_one_who_blocked_the_bot_stops_nobody(telegram: Pair) -> None:
    stage, network = telegram
    network.block(CLIENT)
    await stage.ask()
    assert shown(network, "1/4") == 0
    assert await stage.states() == ["failed"]
    assert shown(network, "AB has stopped", THERAPIST) == 1


async def test_an_update_that_comes_twice_is_answered_once(telegram: Pair) -> None:
    stage, network = telegram
    await stage.ask()
    network.write(CLIENT, "7")
    again = dict(network.pending[0])
    async with polled(stage):
        await confirmed(network)
        network.pending.append(again)
        network.changed()
        await confirmed(network)
    await stage.send()
    assert await stage.marks() == [70]
    assert shown(network, "2/4") == 1


async def test_presses_out_of_order_answer_their_own_question(telegram: Pair) -> None:
    """The button of the first question, pressed again after the second was asked, changes nothing."""
    stage, network = telegram
    await stage.ask()
    question = network.from_bot(CLIENT)[-1]
    seven, three = question.data("7"), question.data("3")
    async with polled(stage):
        network.press(CLIENT, question.message_id, seven)
        await confirmed(network)
        await stage.send()
        network.push("callback_query", stale_press(network, question.message_id, three))
        await confirmed(network)
        await stage.send()
        network.write(CLIENT, "6")
        await confirmed(network)
    assert await stage.marks() == [70, 60], "and nobody is stuck"
    assert shown(network, "answered") >= 1, "they are told"


async def test_a_press_too_old_to_be_answered_is_taken_all_the_same(telegram: Pair) -> None:
    stage, network = telegram
    await stage.ask()
    question = network.from_bot(CLIENT)[-1]
    network.press(CLIENT, question.message_id, question.data("7"))
    network.expire_queries()
    async with polled(stage):
        await confirmed(network)
    assert await stage.marks() == [70]


async def test_polls_that_fail_lose_nothing(telegram: Pair) -> None:
    stage, network = telegram
    await stage.ask()
    for fault in (Fault.TIMEOUT_BEFORE, Fault.SERVER_ERROR, Fault.GARBAGE, Fault.TOO_MANY):
        network.fail_next("getUpdates", fault)
    network.write(CLIENT, "7")
    async with polled(stage):
        await confirmed(network)
    assert await stage.marks() == [70]


async def test_long_words_reach_the_therapist_in_their_order(telegram: Pair) -> None:
    stage, network = telegram
    words = " ".join(f"word{number}" for number in range(450))
    network.fail_next("sendMessage", Fault.SERVER_ERROR)
    async with polled(stage):
        network.write(CLIENT, words)
        await confirmed(network)
    await stage.send_until(lambda: shown(network, "word449", THERAPIST) > 0)
    parts = [one.text for one in network.from_bot(THERAPIST)]
    assert len(parts) > 1
    assert " ".join(parts).split('"')[1].split() == words.split()


def stale_press(network: FakeTelegram, message_id: int, data: str) -> object:
    """Make a press on a button that is no longer shown: the phone had not seen the edit yet."""
    return {
        "id": "990001",
        "from": network.person(CLIENT),
        "chat_instance": "1",
        "data": data,
        "message": network.message_json(CLIENT, network.message(CLIENT, message_id)),
    }

"""Long polling: nothing is confirmed before it is kept, and nothing stops it but being told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import httpx
import pytest
from structlog.testing import capture_logs

from bot.channels.base import Edited, Inbound, Left, Pressed, Returned, SentMedia, Unreadable, Wrote
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_wire import Patience
from tests.channels.telegram_setup import Inbox, connected, listening, until
from tests.fakes.telegram import FakeTelegram, Fault
from tests.fakes.telegram_world import FIRST_UPDATE, Button, ChatMessage

PERSON = 42


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    """Lend a Telegram."""
    async with FakeTelegram() as server:
        yield server


@pytest.fixture
async def channel(telegram: FakeTelegram) -> AsyncIterator[TelegramChannel]:
    """Lend a channel that is connected to it."""
    async with connected(telegram) as connection:
        yield connection


def question(telegram: FakeTelegram) -> int:
    """Show a question with one button, and return its id."""
    telegram.chats.setdefault(PERSON, [])
    asked = ChatMessage(
        telegram.next_message_id(), from_bot=True, text="?", keyboard=((Button("7", "a:7"),),)
    )
    telegram.add(PERSON, asked)
    return asked.message_id


async def test_what_people_do_arrives_in_order(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    asked = question(telegram)
    written = telegram.write(PERSON, "7")
    telegram.photo(PERSON)
    telegram.press(PERSON, asked, "a:7")
    telegram.edit(PERSON, written, "8")
    telegram.block(PERSON)
    telegram.unblock(PERSON)
    inbox = Inbox()
    async with listening(channel, inbox.accept):
        await telegram.until(lambda: not telegram.pending)
    said = [replace(one, sent_at=None) if isinstance(one, Edited) else one for one in inbox.said]
    assert said == [
        Wrote("7"),
        SentMedia("photo"),
        Pressed("a:7", str(asked)),
        Edited("8"),
        Left(),
        Returned(),
    ]
    assert {inbound.address for inbound in inbox.kept} == {"42"}


async def test_an_answer_arrives_while_a_poll_is_held(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    inbox = Inbox()
    async with listening(channel, inbox.accept):
        await telegram.until(lambda: bool(telegram.called("getUpdates")))
        assert inbox.kept == []
        telegram.write(PERSON, "7")
        await telegram.until(lambda: inbox.said == [Wrote("7")], 0.5)


async def test_nothing_is_confirmed_before_it_is_kept(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    inbox = Inbox()
    inbox.open.clear()
    telegram.write(PERSON, "7")
    async with listening(channel, inbox.accept):
        await until(lambda: bool(inbox.offered))
        await asyncio.sleep(0.05)
        assert len(telegram.called("getUpdates")) == 1
        assert len(telegram.pending) == 1
        inbox.open.set()
        await telegram.until(lambda: not telegram.pending)
    assert telegram.called("getUpdates")[1]["offset"] == str(FIRST_UPDATE + 1)


async def test_what_could_not_be_kept_comes_again(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    telegram.write(PERSON, "7")
    telegram.write(PERSON, "a secret")
    inbox = Inbox(failures=2)
    with capture_logs() as logs:
        async with listening(channel, inbox.accept):
            await telegram.until(lambda: not telegram.pending)
    assert inbox.said == [Wrote("7"), Wrote("a secret")]
    assert len(inbox.offered) == 6
    assert [log["fault"] for log in logs] == ["OSError", "OSError"]
    assert "secret" not in str(logs)


async def test_what_a_killed_bot_was_keeping_comes_to_the_next(telegram: FakeTelegram) -> None:
    telegram.write(PERSON, "7")
    first, second = Inbox(), Inbox()
    first.open.clear()
    async with connected(telegram) as killed:
        listener = asyncio.create_task(killed.listen(first.accept, asyncio.Event()))
        await until(lambda: bool(first.offered))
        listener.cancel()
        await asyncio.wait([listener])
    telegram.write(PERSON, "8")
    async with connected(telegram) as resumed, listening(resumed, second.accept):
        await telegram.until(lambda: not telegram.pending)
    assert first.kept == []
    assert second.said == [Wrote("7"), Wrote("8")]


async def test_a_long_queue_arrives_whole_and_once(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    for number in range(250):
        telegram.write(PERSON, str(number))
    inbox = Inbox()
    async with listening(channel, inbox.accept):
        await telegram.until(lambda: not telegram.pending)
    assert inbox.said == [Wrote(str(number)) for number in range(250)]


async def test_ids_may_start_anew_lower_after_a_quiet_week(telegram: FakeTelegram) -> None:
    inbox = Inbox()
    telegram.write(PERSON, "before")
    async with connected(telegram, poll_seconds=0) as channel, listening(channel, inbox.accept):
        await telegram.until(lambda: len(telegram.called("getUpdates")) == 3)
        telegram.next_update = 5
        telegram.write(PERSON, "after")
        await telegram.until(lambda: len(inbox.kept) == 2 and not telegram.pending)
    assert inbox.said == [Wrote("before"), Wrote("after")]
    assert ["offset" in call for call in telegram.called("getUpdates")[:3]] == [False, True, False]


@pytest.mark.parametrize("fault", [one for one in Fault if one is not Fault.SLOW])
async def test_a_poll_that_fails_is_made_again(telegram: FakeTelegram, fault: Fault) -> None:
    telegram.fail_next("getUpdates", fault)
    telegram.write(PERSON, "7")
    inbox = Inbox()
    with capture_logs() as logs:
        async with connected(telegram, poll_seconds=0) as channel, listening(channel, inbox.accept):
            await telegram.until(lambda: not telegram.pending)
    assert inbox.said == [Wrote("7")]
    assert [log["action"] for log in logs] == ["telegram.not_polled"]


async def test_it_waits_as_long_as_telegram_wants(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    telegram.fail_next("getUpdates", Fault.TOO_MANY)
    with capture_logs() as logs:
        async with listening(channel, Inbox().accept):
            await until(lambda: bool(logs))
            await asyncio.sleep(0.1)
            assert len(telegram.called("getUpdates")) == 1
    assert logs[0]["wait"] == 1.0


async def test_pauses_grow_and_begin_anew_after_a_success() -> None:
    patience = Patience(pauses=(1, 2, 5))
    assert [patience.pause(failures) for failures in (1, 2, 3, 4, 99)] == [1, 2, 5, 5, 5]


async def test_a_second_poller_does_not_end_the_first(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    inbox = Inbox()
    with capture_logs() as logs:
        async with listening(channel, inbox.accept), httpx.AsyncClient() as other:
            await telegram.until(lambda: len(telegram.called("getUpdates")) > 1)  # the first is not held
            await other.get(f"{telegram.base_url}/bot{telegram.token}/getUpdates")
            await until(lambda: bool(logs))
            assert "Another program polls Telegram with this bot's token" in str(channel.refused)
            telegram.write(PERSON, "7")
            await telegram.until(lambda: not telegram.pending)
            assert channel.refused is None
    assert inbox.said == [Wrote("7")]
    assert logs[0]["fault"] == "Conflict"


async def test_it_polls_only_while_it_may(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    """Whose turn it is is asked before each poll: two pollers would take updates from one another."""
    inbox, answers = Inbox(), [True, True, False]

    async def may() -> bool:
        return answers.pop(0)

    telegram.write(PERSON, "7")
    await channel.listen(inbox.accept, asyncio.Event(), may)
    assert inbox.said == [Wrote("7")]
    assert len(telegram.called("getUpdates")) == 2
    assert answers == []
    telegram.write(PERSON, "8")
    async with listening(channel, inbox.accept):
        await asyncio.sleep(0)  # it begins
        assert channel.last_poll is None, "what an earlier turn saw says nothing of this one"
        await telegram.until(lambda: not telegram.pending)
    assert inbox.said == [Wrote("7"), Wrote("8")]


async def test_a_webhook_is_deleted_first_and_nothing_is_dropped(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    telegram.write(PERSON, "7")
    telegram.resend_after = 60
    await channel.set_webhook("https://127.0.0.1:1/telegram")
    telegram.fail_next("deleteWebhook", Fault.SERVER_ERROR)
    inbox = Inbox()
    async with listening(channel, inbox.accept):
        await telegram.until(lambda: not telegram.pending)
    assert inbox.said == [Wrote("7")]
    assert len(telegram.called("deleteWebhook")) == 2


async def test_what_waits_is_heard_before_a_poll_is_held(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    telegram.write(PERSON, "7")
    inbox = Inbox()
    inbox.open.clear()
    async with listening(channel, inbox.accept):
        heard = asyncio.create_task(channel.caught_up())
        await until(lambda: bool(inbox.offered))
        assert not heard.done()
        inbox.open.set()
        await heard
        assert inbox.said == [Wrote("7")]
        await telegram.until(lambda: len(telegram.called("getUpdates")) > 2)
    assert [str(asked["timeout"]) for asked in telegram.called("getUpdates")] == ["0", "0", "1"]


async def test_the_last_poll_tells_that_polling_lives(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    telegram.fail_next("getUpdates", Fault.SERVER_ERROR, times=3)
    async with listening(channel, Inbox().accept):
        await telegram.until(lambda: len(telegram.called("getUpdates")) == 3)
        assert channel.last_poll is None
        telegram.write(PERSON, "7")
        await telegram.until(lambda: not telegram.pending)
    assert channel.last_poll is not None


async def test_only_what_is_read_is_asked_for(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    async with listening(channel, Inbox().accept):
        await telegram.until(lambda: bool(telegram.called("getUpdates")))
    asked = telegram.called("getUpdates")[0]
    assert asked["allowed_updates"] == '["message", "edited_message", "callback_query", "my_chat_member"]'
    assert "offset" not in asked


async def test_one_unreadable_update_holds_up_no_other(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    telegram.push("message", {"chat": "nonsense"})
    telegram.push("message", ["nonsense"])
    telegram.write(PERSON, "7")
    inbox = Inbox()
    async with listening(channel, inbox.accept):
        await telegram.until(lambda: not telegram.pending)
    assert [type(said) for said in inbox.said] == [Unreadable, Unreadable, Wrote]


async def test_groups_are_passed_over_and_confirmed(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    group = {"id": -100, "type": "group", "title": "Friends"}
    telegram.push("message", {"message_id": 1, "date": 1, "chat": group, "text": "hi"})
    inbox = Inbox()
    async with listening(channel, inbox.accept):
        await telegram.until(lambda: not telegram.pending)
    assert inbox.offered == []


async def test_a_press_is_answered_once_it_is_kept(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    inbox = Inbox(failures=1)
    query = telegram.press(PERSON, question(telegram), "a:7")
    async with listening(channel, inbox.accept):
        await telegram.until(lambda: bool(telegram.answered))
    assert telegram.answered == [query]
    assert len(inbox.kept) == 1


@pytest.mark.parametrize("fault", [None, Fault.TIMEOUT_BEFORE, Fault.SERVER_ERROR, Fault.TOO_MANY])
async def test_a_press_that_cannot_be_answered_holds_up_nothing(
    telegram: FakeTelegram, channel: TelegramChannel, fault: Fault | None
) -> None:
    telegram.press(PERSON, question(telegram), "a:7")
    if fault is None:
        telegram.expire_queries()
    else:
        telegram.fail_next("answerCallbackQuery", fault)
    inbox = Inbox()
    async with listening(channel, inbox.accept):
        await telegram.until(lambda: bool(telegram.called("answerCallbackQuery")))
        telegram.write(PERSON, "7")
        await telegram.until(lambda: not telegram.pending, 0.15)
    assert [type(said) for said in inbox.said] == [Pressed, Wrote]


async def test_closing_does_not_wait_for_an_answer_to_a_press(telegram: FakeTelegram) -> None:
    telegram.press(PERSON, question(telegram), "a:7")
    telegram.fail_next("answerCallbackQuery", Fault.TIMEOUT_BEFORE)
    async with connected(telegram, Patience(answer=60)) as channel:
        async with listening(channel, Inbox().accept):
            await telegram.until(lambda: bool(telegram.called("answerCallbackQuery")))
        async with asyncio.timeout(0.5):
            await channel.close()


async def test_it_stops_at_once_while_a_poll_is_held(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    async with listening(channel, Inbox().accept):
        await telegram.until(lambda: bool(telegram.called("getUpdates")))


async def test_it_stops_at_once_in_a_long_pause(telegram: FakeTelegram) -> None:
    telegram.fail_next("getUpdates", Fault.SERVER_ERROR, times=9)
    with capture_logs() as logs:
        async with connected(telegram, Patience(pauses=(60,))) as channel, listening(channel, Inbox().accept):
            await until(lambda: bool(logs))


async def test_stopping_waits_for_what_is_being_kept(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    telegram.write(PERSON, "7")
    inbox = Inbox()
    inbox.open.clear()
    async with listening(channel, inbox.accept) as stop:
        await until(lambda: bool(inbox.offered))
        stop.set()
        await asyncio.sleep(0.01)
        inbox.open.set()
    assert inbox.said == [Wrote("7")]


async def test_it_can_listen_again_after_it_stopped(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    inbox = Inbox()
    for text in ("7", "8"):
        telegram.write(PERSON, text)
        async with listening(channel, inbox.accept):
            await telegram.until(lambda: len(telegram.pending) == 0)
    assert inbox.said == [Wrote("7"), Wrote("8")]


async def test_updates_without_ids_are_not_asked_for_in_a_rush(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    telegram.pending.append({"nonsense": 1})
    seen: list[Inbound] = []

    async def accept(arrived: Sequence[Inbound]) -> None:
        seen.extend(arrived)

    with capture_logs() as logs:
        async with listening(channel, accept):
            await until(lambda: bool(logs))
    assert seen == []
    assert logs[0]["fault"] == "NetworkError"

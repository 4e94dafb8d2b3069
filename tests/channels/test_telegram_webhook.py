"""Updates by webhook: only Telegram's own, kept before they are answered."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.base import ChannelError, Pressed, RefusedError, SenderFaultError, Wrote
from bot.channels.telegram import PRESSES_REMEMBERED, TelegramChannel
from tests.channels.telegram_setup import IMPATIENT, SECRET, Inbox, connected, settings_for
from tests.fakes.server import LocalServer
from tests.fakes.telegram import FakeTelegram, Fault
from tests.fakes.telegram_world import Button, ChatMessage

PERSON = 42
HEADER = "X-Telegram-Bot-Api-Secret-Token"


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


def endpoint(channel: TelegramChannel, inbox: Inbox) -> Starlette:
    """Make a webhook that does with a channel what a webhook should do."""

    async def receive(request: Request) -> Response:
        if not channel.genuine(request.headers.get(HEADER)):
            return Response(status_code=403)
        inbound = channel.read(await request.json())
        if inbound is not None:
            try:
                await inbox.accept([inbound])
            except OSError:
                return Response(status_code=503)
            await channel.settle(inbound)
        return Response()

    return Starlette(routes=[Route("/telegram", receive, methods=["POST"])])


async def test_what_could_not_be_kept_is_pushed_again(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    inbox = Inbox(failures=2)
    telegram.write(PERSON, "7")
    telegram.write(PERSON, "8")
    async with LocalServer(endpoint(channel, inbox)) as server:
        await channel.set_webhook(f"{server.url}/telegram")
        await telegram.until(lambda: not telegram.pending)
        await channel.delete_webhook()
    assert inbox.said == [Wrote("7"), Wrote("8")]
    assert telegram.webhook_answers == [503, 503, 200, 200]


async def test_a_press_is_answered_once_it_is_kept(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    telegram.write(PERSON, "/start")
    telegram.add(PERSON, ChatMessage(9, from_bot=True, text="?", keyboard=((Button("7", "a:7"),),)))
    query = telegram.press(PERSON, 9, "a:7")
    inbox = Inbox()
    async with LocalServer(endpoint(channel, inbox)) as server:
        await channel.set_webhook(f"{server.url}/telegram")
        await telegram.until(lambda: bool(telegram.answered))
        await channel.delete_webhook()
    assert inbox.said[-1] == Pressed("a:7", "9")
    assert telegram.answered == [query]


@pytest.mark.parametrize(
    ("given", "genuine"),
    [
        (SECRET, True),
        (SECRET + "x", False),
        (SECRET[:-1], False),
        (SECRET.upper(), False),
        ("", False),
        (None, False),
        ("ünïcode", False),
        ("\ud800", False),
    ],
)
async def test_only_the_very_secret_is_genuine(
    channel: TelegramChannel,
    given: str | None,
    genuine: bool,
) -> None:
    assert channel.genuine(given) is genuine


@pytest.mark.parametrize("header", [{}, {HEADER: "wrong"}, {HEADER: ""}])
async def test_a_forged_update_changes_nothing(channel: TelegramChannel, header: dict[str, str]) -> None:
    inbox = Inbox()
    async with LocalServer(endpoint(channel, inbox)) as server, httpx.AsyncClient() as forger:
        answer = await forger.post(f"{server.url}/telegram", json={"update_id": 1}, headers=header)
    assert answer.status_code == 403
    assert inbox.offered == []


@pytest.mark.parametrize("given", ["", None, "anything"])
async def test_without_a_secret_nothing_is_genuine(telegram: FakeTelegram, given: str | None) -> None:
    settings = settings_for(telegram).model_copy(update={"webhook_secret": None})
    channel = await TelegramChannel.connect(settings, IMPATIENT)
    try:
        assert not channel.genuine(given)
        with pytest.raises(SenderFaultError):
            await channel.set_webhook("https://127.0.0.1/telegram")
    finally:
        await channel.close()


async def test_setting_a_webhook_asks_for_what_is_read_and_drops_nothing(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    await channel.set_webhook("https://127.0.0.1:1/telegram")
    (asked,) = telegram.called("setWebhook")
    assert asked["secret_token"] == SECRET
    assert asked["allowed_updates"] == '["message", "edited_message", "callback_query", "my_chat_member"]'
    assert asked.get("drop_pending_updates", "false") == "false"


async def test_a_url_that_telegram_does_not_take_is_refused(channel: TelegramChannel) -> None:
    with pytest.raises(RefusedError):
        await channel.set_webhook("http://example.org/telegram")


@pytest.mark.parametrize("method", ["setWebhook", "deleteWebhook"])
async def test_a_webhook_not_surely_set_may_be_set_again(
    telegram: FakeTelegram, channel: TelegramChannel, method: str
) -> None:
    telegram.fail_next(method, Fault.GARBAGE)
    with pytest.raises(ChannelError) as caught:
        await (
            channel.set_webhook("https://127.0.0.1:1/")
            if method == "setWebhook"
            else channel.delete_webhook()
        )
    assert type(caught.value) is ChannelError


async def test_presses_never_settled_are_forgotten_in_time(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    chat = {"id": PERSON, "type": "private"}
    arrived = [
        channel.read(
            {
                "update_id": number,
                "callback_query": {
                    "id": f"q{number}",
                    "from": {"id": PERSON},
                    "message": {"message_id": 1, "chat": chat},
                    "data": "a:7",
                },
            }
        )
        for number in range(PRESSES_REMEMBERED + 1)
    ]
    first, *_, last = arrived
    assert first is not None
    assert last is not None
    await channel.settle(first)
    assert telegram.called("answerCallbackQuery") == []
    await channel.settle(last)
    assert len(telegram.called("answerCallbackQuery")) == 1

"""POST /telegram: told apart from forgeries by its secret, kept, and then acknowledged."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr

from bot.channels.base import Pressed, Unreadable, Wrote
from bot.channels.telegram import TelegramChannel
from bot.settings import TelegramSettings
from bot.web.app import Readiness, build
from tests.fakes.server import LocalServer
from tests.fakes.telegram import FakeTelegram
from tests.web.keeper import Keeper

SECRET = "a-secret-of-the-webhook"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
CHAT = 5_550_100


async def _ready() -> Readiness:
    return Readiness(ready=True)


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        yield fake


@pytest.fixture
async def bot(telegram: FakeTelegram, keeper: Keeper) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the application on loopback, set Telegram's webhook to it, and lend a client of it."""
    channel = await TelegramChannel.connect(
        TelegramSettings(
            token=SecretStr(telegram.token), webhook_secret=SecretStr(SECRET), api_base=telegram.base_url
        )
    )
    app = build(accept=keeper.accept, report=keeper.report, readiness=_ready, telegram=channel, sms=None)
    async with LocalServer(app) as server, httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
        await channel.set_webhook(f"{server.url}/telegram")
        yield client
        await channel.delete_webhook()
    await channel.close()


@pytest.mark.usefixtures("bot")
async def test_what_a_person_writes_is_kept(telegram: FakeTelegram, keeper: Keeper) -> None:
    telegram.write(CHAT, "7")
    await telegram.until(lambda: bool(telegram.webhook_answers))
    assert telegram.webhook_answers == [200]
    assert [each.said for each in keeper.kept] == [Wrote("7")]


@pytest.mark.usefixtures("bot")
async def test_what_could_not_be_kept_comes_again(telegram: FakeTelegram, keeper: Keeper) -> None:
    keeper.fault = RuntimeError("no database")
    telegram.write(CHAT, "7")
    await telegram.until(lambda: bool(telegram.webhook_answers))
    keeper.fault = None
    await telegram.until(lambda: not telegram.pending)
    assert telegram.webhook_answers[0] == 503
    assert telegram.webhook_answers[-1] == 200
    assert keeper.words == ["7"]


async def test_a_press_is_settled_once_it_is_kept(
    bot: httpx.AsyncClient, telegram: FakeTelegram, keeper: Keeper
) -> None:
    telegram.write(CHAT, "/start")
    await telegram.until(lambda: bool(keeper.kept))
    asked = {
        "chat_id": CHAT,
        "text": "?",
        "reply_markup": '{"inline_keyboard": [[{"text": "7", "callback_data": "a:7"}]]}',
    }
    sent = await bot.post(f"{telegram.base_url}/bot{telegram.token}/sendMessage", json=asked)
    message = int(sent.json()["result"]["message_id"])
    telegram.press(CHAT, message, "a:7")
    await telegram.until(lambda: bool(telegram.answered))
    assert keeper.kept[-1].said == Pressed("a:7", str(message))


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no header"),
        pytest.param({HEADER: ""}, id="an empty one"),
        pytest.param({HEADER: SECRET[:-1]}, id="nearly"),
        pytest.param({HEADER: SECRET.upper()}, id="in capitals"),
    ],
)
async def test_a_forgery_is_refused_unread(
    bot: httpx.AsyncClient, keeper: Keeper, headers: dict[str, str]
) -> None:
    for body in (b'{"update_id": 1}', b"x" * 2_000_000):
        answer = await bot.post("/telegram", content=body, headers=headers)
        assert answer.status_code == 403
    assert not keeper.asked.is_set()


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"7", b"\xff\x00", b'"text"', b"[" * 100_000])
async def test_a_genuine_body_that_cannot_be_read_is_kept_and_acknowledged(
    bot: httpx.AsyncClient, keeper: Keeper, body: bytes
) -> None:
    """Were it refused, Telegram would send it for ever and nothing after it."""
    for _ in range(2):
        answer = await bot.post("/telegram", content=body, headers={HEADER: SECRET})
        assert answer.status_code == 200
    first, again = keeper.kept
    assert isinstance(first.said, Unreadable)
    assert "\x00" not in first.said.raw
    assert first.external_id == again.external_id


async def test_an_update_of_no_concern_is_acknowledged_and_not_kept(
    bot: httpx.AsyncClient, keeper: Keeper
) -> None:
    group = {"update_id": 5, "message": {"message_id": 1, "date": 0, "chat": {"id": -5, "type": "group"}}}
    answer = await bot.post("/telegram", json=group, headers={HEADER: SECRET})
    assert answer.status_code == 200
    assert not keeper.asked.is_set()


async def test_a_body_that_is_too_large_is_refused(bot: httpx.AsyncClient, keeper: Keeper) -> None:
    answer = await bot.post("/telegram", content=b"x" * 1_000_001, headers={HEADER: SECRET})
    assert answer.status_code == 413
    assert not keeper.asked.is_set()

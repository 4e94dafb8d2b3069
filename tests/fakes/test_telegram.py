"""The fake Bot API keeps to what the public server does; other tests rest on it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.fakes.telegram import FakeTelegram, Fault
from tests.fakes.telegram_methods import PHOTO_BYTES

PERSON = 42
ROOT = Path(__file__).parents[2]


class Bot:
    """Calls the Bot API without any library, and returns what it answers."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        """Take the bot's URL, token and all."""
        self._client = client
        self._url = url

    async def __call__(self, method: str, **parameters: object) -> dict[str, object]:
        """Call a method with JSON parameters."""
        answer = await self._client.post(f"{self._url}/{method}", json=parameters)
        return dict(answer.json())

    async def upload(self, photo: bytes, **parameters: str) -> dict[str, object]:
        """Send a photo as multipart."""
        url = f"{self._url}/sendPhoto"
        answer = await self._client.post(url, data=parameters, files={"photo": ("chart.png", photo)})
        return dict(answer.json())


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    """Lend a Telegram on which one person has written to the bot, which has read it."""
    async with FakeTelegram() as server:
        server.write(PERSON, "/start")
        server.pending.clear()
        yield server


@pytest.fixture
async def bot(telegram: FakeTelegram) -> AsyncIterator[Bot]:
    """Lend a bot."""
    async with httpx.AsyncClient() as client:
        yield Bot(client, f"{telegram.base_url}/bot{telegram.token}")


def keyboard(*rows: list[str]) -> dict[str, object]:
    return {"inline_keyboard": [[{"text": "button", "callback_data": data} for data in row] for row in rows]}


@pytest.mark.parametrize(
    ("parameters", "description"),
    [
        ({"text": "x" * 4096}, None),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": " \n"}, "message text is empty"),
        ({"chat_id": 77}, "chat not found"),
        ({"chat_id": "@name"}, "chat not found"),
        ({"reply_markup": keyboard(["d" * 64])}, None),
        ({"reply_markup": json.dumps(keyboard(["7"]))}, None),
        ({"reply_markup": keyboard(["d" * 65])}, "BUTTON_DATA_INVALID"),
        ({"reply_markup": keyboard(["\N{GREEK SMALL LETTER PI}" * 33])}, "BUTTON_DATA_INVALID"),
        ({"reply_markup": keyboard([""])}, "BUTTON_DATA_INVALID"),
        ({"reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
    ],
)
async def test_limits_of_a_message(bot: Bot, parameters: dict[str, object], description: str | None) -> None:
    answer = await bot("sendMessage", **{"chat_id": PERSON, "text": "x", **parameters})
    assert answer["ok"] is (description is None)
    assert answer.get("description") == (None if description is None else f"Bad Request: {description}")


@pytest.mark.parametrize(
    ("size", "caption", "error"),
    [
        (PHOTO_BYTES, 1024, None),
        (PHOTO_BYTES + 1, 0, "too big for a photo"),
        (9, 1025, "caption is too long"),
        (0, 0, "no photo"),
    ],
)
async def test_limits_of_a_photo(bot: Bot, size: int, caption: int, error: str | None) -> None:
    answer = await bot.upload(b"x" * size, chat_id=str(PERSON), caption="c" * caption)
    assert answer["ok"] is (error is None)
    assert (error or "") in str(answer.get("description", ""))


async def test_methods_and_tokens_that_are_none(telegram: FakeTelegram, bot: Bot) -> None:
    assert (await bot("sendCarrierPigeon"))["error_code"] == 404
    assert (await bot("GETME"))["ok"] is True
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{telegram.base_url}/bot1:wrong/getMe")
    assert (answer.status_code, answer.json()["description"]) == (401, "Unauthorized")


async def test_updates_come_again_until_an_offset_confirms_them(telegram: FakeTelegram, bot: Bot) -> None:
    for text in ("1", "2", "3"):
        telegram.write(PERSON, text)
    first = telegram.next_update - 3

    async def ids(**parameters: object) -> list[int]:
        result = (await bot("getUpdates", **parameters))["result"]
        assert isinstance(result, list)
        return [update["update_id"] - first for update in result]

    assert await ids() == [0, 1, 2]
    assert await ids(limit=2) == [0, 1]
    assert await ids(offset=first + 1) == [1, 2]
    assert await ids() == [1, 2]
    assert await ids(offset=-1) == [2]
    assert await ids(offset=first + 3) == []


async def test_a_poll_is_held_until_something_comes(telegram: FakeTelegram, bot: Bot) -> None:
    poll = asyncio.create_task(bot("getUpdates", timeout=30))
    await telegram.until(lambda: bool(telegram.called("getUpdates")))
    await asyncio.sleep(0.02)
    assert not poll.done()
    telegram.write(PERSON, "7")
    assert len(list((await poll)["result"])) == 1  # type: ignore[call-overload]


async def test_the_later_of_two_polls_ends_the_earlier(telegram: FakeTelegram, bot: Bot) -> None:
    earlier = asyncio.create_task(bot("getUpdates", timeout=30))
    await telegram.until(lambda: bool(telegram.called("getUpdates")))
    later = await bot("getUpdates", timeout=0)
    assert ((await earlier)["error_code"], later["ok"]) == (409, True)


async def test_no_poll_beside_a_webhook(telegram: FakeTelegram, bot: Bot) -> None:
    held = asyncio.create_task(bot("getUpdates", timeout=30))
    await telegram.until(lambda: bool(telegram.called("getUpdates")))
    await bot("setWebhook", url="https://127.0.0.1:1/")
    assert [(await held)["error_code"], (await bot("getUpdates"))["error_code"]] == [409, 409]
    await bot("deleteWebhook")
    assert (await bot("getUpdates"))["ok"]


@pytest.mark.parametrize(
    ("url", "secret", "taken"),
    [
        ("https://example.org/t", "A-z_0", True),
        ("http://example.org/t", "", False),
        ("https://example.org/t", "a b", False),
        ("https://example.org/t", "a" * 257, False),
    ],
)
async def test_what_a_webhook_may_be(bot: Bot, url: str, secret: str, taken: bool) -> None:
    assert (await bot("setWebhook", url=url, secret_token=secret))["ok"] is taken
    info = (await bot("getWebhookInfo"))["result"]
    assert isinstance(info, dict)
    assert info["url"] == (url if taken else "")


async def test_kinds_not_asked_for_do_not_come(telegram: FakeTelegram, bot: Bot) -> None:
    await bot("getUpdates", allowed_updates=["callback_query"])
    telegram.write(PERSON, "7")
    assert telegram.pending == []
    await bot("getUpdates")
    telegram.write(PERSON, "8")
    assert telegram.pending == []
    await bot("getUpdates", allowed_updates=[])
    telegram.write(PERSON, "9")
    assert len(telegram.pending) == 1


async def test_one_message_a_second_in_a_chat_and_thirty_in_all(telegram: FakeTelegram, bot: Bot) -> None:
    telegram.methods.limited = True
    for person in range(1, 41):
        telegram.write(person, "hi")
    sent = [await bot("sendMessage", chat_id=person, text="hi") for person in (1, 1, *range(2, 41))]
    assert [answer["ok"] for answer in sent] == [True, False, *[True] * 29, *[False] * 10]
    assert sent[1]["parameters"] == {"retry_after": 1}


async def test_buttons_of_an_edited_message_can_still_be_pressed_but_no_others(
    telegram: FakeTelegram, bot: Bot
) -> None:
    await bot("sendMessage", chat_id=PERSON, text="?", reply_markup=keyboard(["a:1", "a:2"]))
    (shown,) = telegram.from_bot(PERSON)
    await bot("editMessageReplyMarkup", chat_id=PERSON, message_id=shown.message_id)
    assert shown.keyboard == ()
    telegram.press(PERSON, shown.message_id, "a:1")
    with pytest.raises(LookupError):
        telegram.press(PERSON, shown.message_id, "a:3")


async def test_a_query_is_answered_once(telegram: FakeTelegram, bot: Bot) -> None:
    await bot("sendMessage", chat_id=PERSON, text="?", reply_markup=keyboard(["a:1"]))
    query = telegram.press(PERSON, telegram.from_bot(PERSON)[0].message_id, "a:1")
    assert (await bot("answerCallbackQuery", callback_query_id=query))["ok"]
    again = await bot("answerCallbackQuery", callback_query_id=query)
    assert "query is too old" in str(again["description"])


async def test_a_fault_is_met_as_often_as_was_said(telegram: FakeTelegram, bot: Bot) -> None:
    telegram.fail_next("getMe", Fault.SERVER_ERROR, times=2)
    assert [(await bot("getMe"))["ok"] for _ in range(3)] == [False, False, True]


@pytest.fixture
def process() -> Iterator[dict[str, str]]:
    """Lend a Telegram that runs as a process of its own: its base_url and token."""
    command = [sys.executable, "-m", "tests.fakes.telegram", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield json.loads(server.stdout.readline())
        finally:
            server.terminate()
    assert server.returncode == 0


async def test_as_a_process_of_its_own_people_act_by_http(process: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=process["base_url"]) as client:
        bot = Bot(client, f"/bot{process['token']}")

        async def person(what: str, **asked: object) -> object:
            answer = await client.post(f"/_fake/{what}", json={"chat_id": PERSON, **asked})
            return answer.json().get("result", answer.status_code)

        await person("write", text="/start")
        await bot("sendMessage", chat_id=PERSON, text="?", reply_markup=keyboard(["a:1"]))
        messages = await person("messages")
        assert isinstance(messages, list)
        assert [(shown["from_bot"], shown["text"], shown["keyboard"]) for shown in messages] == [
            (False, "/start", []),
            (True, "?", [[["button", "a:1"]]]),
        ]
        await person("press", message_id=messages[1]["message_id"], data="a:1")
        assert await person("press", message_id=1, data="a:9") == 400
        await person("photo", caption="me")
        await person("edit", message_id=1, text="/stop")
        await person("block")
        await person("unblock")
        pending = await person("pending")
        assert isinstance(pending, list)
        assert [next(kind for kind in update if kind != "update_id") for update in pending] == [
            "message",
            "callback_query",
            "message",
            "edited_message",
            "my_chat_member",
            "my_chat_member",
        ]
        await person("fail", method="getMe", fault="server_error")
        assert (await bot("getMe"))["error_code"] == 500
        calls = await person("calls")
        assert isinstance(calls, list)
        assert [method for method, _ in calls] == ["sendMessage", "getMe"]

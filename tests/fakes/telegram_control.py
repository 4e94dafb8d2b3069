"""People acting by HTTP, for a fake Bot API that runs as a process of its own.

GET or POST /_fake/<what>, parameters in the query, as a form or as JSON:

    write {chat_id, text} · photo {chat_id, caption} → the new message's id
    press {chat_id, message_id, data} → the query's id
    edit {chat_id, message_id, text} · block {chat_id} · unblock {chat_id}
    messages {chat_id} → the chat as it stands, oldest first
    calls → [[method, parameters], …] · pending → updates not confirmed
    fail {method, fault, times}: as `fail_next`

The answer is {"result": …}, or 400 with {"error": …} for what makes no sense, such as pressing a
button that never was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from tests.fakes.telegram_faults import Fault
from tests.fakes.telegram_world import ChatMessage, Json

if TYPE_CHECKING:
    from tests.fakes.telegram import FakeTelegram


def act(telegram: FakeTelegram, what: str, asked: Json) -> Response:
    """Do what is asked, and answer."""
    try:
        return JSONResponse({"result": _ACTS[what](telegram, asked)})
    except (LookupError, ValueError) as error:
        return JSONResponse({"error": repr(error)}, status_code=400)


def describe(message: ChatMessage) -> Json:
    """Describe a message as JSON, its keyboard as rows of [label, data], a photo by its size."""
    return {
        "message_id": message.message_id,
        "from_bot": message.from_bot,
        "text": message.text,
        "keyboard": [[[button.label, button.data] for button in row] for row in message.keyboard],
        "protected": message.protected,
        "photo": None if message.photo is None else len(message.photo),
        "earlier": message.earlier,
    }


def _write(telegram: FakeTelegram, asked: Json) -> object:
    return telegram.write(_number(asked, "chat_id"), str(asked["text"]))


def _photo(telegram: FakeTelegram, asked: Json) -> object:
    return telegram.photo(_number(asked, "chat_id"), str(asked["caption"]) if "caption" in asked else None)


def _press(telegram: FakeTelegram, asked: Json) -> object:
    return telegram.press(_number(asked, "chat_id"), _number(asked, "message_id"), str(asked["data"]))


def _edit(telegram: FakeTelegram, asked: Json) -> None:
    telegram.edit(_number(asked, "chat_id"), _number(asked, "message_id"), str(asked["text"]))


def _block(telegram: FakeTelegram, asked: Json) -> None:
    telegram.block(_number(asked, "chat_id"))


def _unblock(telegram: FakeTelegram, asked: Json) -> None:
    telegram.unblock(_number(asked, "chat_id"))


def _messages(telegram: FakeTelegram, asked: Json) -> object:
    return [describe(message) for message in telegram.chats.get(_number(asked, "chat_id"), ())]


def _calls(telegram: FakeTelegram, _: Json) -> object:
    return [[call.method, call.parameters] for call in telegram.calls]


def _pending(telegram: FakeTelegram, _: Json) -> object:
    return telegram.pending


def _fail(telegram: FakeTelegram, asked: Json) -> None:
    times = _number(asked, "times") if "times" in asked else 1
    telegram.fail_next(str(asked["method"]), Fault(str(asked["fault"])), times)


def _number(asked: Json, name: str) -> int:
    return int(str(asked[name]))


_ACTS: dict[str, Callable[[FakeTelegram, Json], object]] = {
    "write": _write,
    "photo": _photo,
    "press": _press,
    "edit": _edit,
    "block": _block,
    "unblock": _unblock,
    "messages": _messages,
    "calls": _calls,
    "pending": _pending,
    "fail": _fail,
}

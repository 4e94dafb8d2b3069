"""The Bot API's methods over a `World`, with Telegram's own limits and words for what is refused.

Source: core.telegram.org/bots/api; the wording of errors is that of the public server.
"""

from __future__ import annotations

import json
import re
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from tests.fakes.telegram_faults import ApiError
from tests.fakes.telegram_world import DEFAULT_KINDS, Button, ChatMessage, Json, Keyboard, World

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
DATA_BYTES = 64
PHOTO_BYTES = 10 * 1024 * 1024
BUTTONS = 100
BUTTONS_IN_ROW = 8
"""Undocumented; what more would become of is not known, so it is refused here."""

PER_CHAT = 1
IN_ALL = 30
"""Messages a second, by the FAQ at core.telegram.org/bots/faq."""

Parameters = Mapping[str, object]
"""A request's parameters: texts, or parsed JSON; files as bytes."""


@dataclass(slots=True)
class Webhook:
    """Where updates are posted."""

    url: str
    secret: str = ""
    last_error: str = ""


class Methods:
    """What the bot may call, by its lower-case name.

    Attributes:
        limited: whether Telegram's rates are enforced.
    """

    def __init__(self, world: World) -> None:
        """Work on a world."""
        self.world = world
        self.webhook: Webhook | None = None
        self.limited = False
        self._sent: deque[tuple[float, int]] = deque()
        self._table = {
            "getme": self._get_me,
            "sendmessage": self._send_message,
            "sendphoto": self._send_photo,
            "editmessagetext": self._edit_text,
            "editmessagereplymarkup": self._edit_keyboard,
            "answercallbackquery": self._answer_query,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._webhook_info,
        }

    def call(self, method: str, parameters: Parameters) -> object:
        """Carry a method out and return its result.

        Raises:
            ApiError: it is refused.
        """
        carry_out = self._table.get(method.lower())
        if carry_out is None:
            raise ApiError(404, "Not Found: method not found")
        return carry_out(parameters)

    def _get_me(self, _: Parameters) -> Json:
        return self.world.bot() | {
            "can_join_groups": False,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    def _send_message(self, parameters: Parameters) -> Json:
        chat_id = self._reachable_chat(parameters)
        text = _text(parameters, "text", TEXT_LIMIT, "message is too long")
        if not text:
            raise ApiError(400, "Bad Request: message text is empty")
        return self._show(chat_id, parameters, text)

    def _send_photo(self, parameters: Parameters) -> Json:
        chat_id = self._reachable_chat(parameters)
        photo = parameters.get("photo")
        if not isinstance(photo, bytes) or not photo:
            raise ApiError(400, "Bad Request: there is no photo in the request")
        if len(photo) > PHOTO_BYTES:
            reason = f"file of size {len(photo)} bytes is too big for a photo"
            raise ApiError(400, f"Bad Request: {reason}; the maximum size is {PHOTO_BYTES} bytes")
        caption = _text(parameters, "caption", CAPTION_LIMIT, "message caption is too long")
        return self._show(chat_id, parameters, caption, photo)

    def _show(self, chat_id: int, parameters: Parameters, text: str, photo: bytes | None = None) -> Json:
        keyboard = _keyboard(parameters)
        self._keep_rates(chat_id)
        message = ChatMessage(
            self.world.next_message_id(),
            from_bot=True,
            text=text,
            keyboard=keyboard,
            protected=_flag(parameters, "protect_content"),
            photo=photo,
        )
        self.world.add(chat_id, message)
        return self.world.message_json(chat_id, message)

    def _edit_text(self, parameters: Parameters) -> Json:
        text = _text(parameters, "text", TEXT_LIMIT, "message is too long")
        if not text:
            raise ApiError(400, "Bad Request: message text is empty")
        return self._edit(parameters, text)

    def _edit_keyboard(self, parameters: Parameters) -> Json:
        return self._edit(parameters, None)

    def _edit(self, parameters: Parameters, text: str | None) -> Json:
        chat_id = self._reachable_chat(parameters)
        keyboard = _keyboard(parameters)
        try:
            message = self.world.message(chat_id, _number(parameters, "message_id") or 0)
        except LookupError:
            raise ApiError(400, "Bad Request: message to edit not found") from None
        if not message.from_bot:
            raise ApiError(400, "Bad Request: message can't be edited")
        text = message.text if text is None else text
        if (text, keyboard) == (message.text, message.keyboard):
            raise ApiError(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are "
                "exactly the same as a current content and reply markup of the message",
            )
        message.show(text, keyboard)
        self.world.changed()
        return self.world.message_json(chat_id, message) | {"edit_date": int(time.time())}

    def _answer_query(self, parameters: Parameters) -> bool:
        query = str(parameters.get("callback_query_id", ""))
        if query not in self.world.queries:
            reason = "query is too old and response timeout expired or query ID is invalid"
            raise ApiError(400, f"Bad Request: {reason}")
        self.world.queries.discard(query)
        self.world.answered.append(query)
        self.world.changed()
        return True

    def _set_webhook(self, parameters: Parameters) -> bool:
        url = str(parameters.get("url", ""))
        secret = str(parameters.get("secret_token", ""))
        if not url:
            return self._delete_webhook(parameters)
        if not re.match(r"https://|http://127\.0\.0\.1[:/]", url):
            raise ApiError(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
            raise ApiError(400, "Bad Request: secret token contains unallowed characters")
        self.set_kinds(parameters)
        self._drop(parameters)
        self.webhook = Webhook(url, secret)
        self.world.changed()
        return True

    def _delete_webhook(self, parameters: Parameters) -> bool:
        self._drop(parameters)
        self.webhook = None
        self.world.changed()
        return True

    def _webhook_info(self, _: Parameters) -> Json:
        hook = self.webhook or Webhook("")
        about: Json = {
            "url": hook.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self.world.pending),
        }
        return about | ({"last_error_message": hook.last_error} if hook.last_error else {})

    def set_kinds(self, parameters: Parameters) -> None:
        """Note which kinds of update are asked for; where nothing is said, all stays as it was."""
        asked = _parsed(parameters.get("allowed_updates"))
        if isinstance(asked, list):
            self.world.kinds = frozenset(str(kind) for kind in asked) or DEFAULT_KINDS

    def _drop(self, parameters: Parameters) -> None:
        if _flag(parameters, "drop_pending_updates"):
            self.world.pending.clear()

    def _reachable_chat(self, parameters: Parameters) -> int:
        chat_id = _number(parameters, "chat_id")
        if chat_id is None or chat_id not in self.world.chats:
            raise ApiError(400, "Bad Request: chat not found")
        if chat_id in self.world.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        return chat_id

    def _keep_rates(self, chat_id: int) -> None:
        if not self.limited:
            return
        now = time.monotonic()
        while self._sent and self._sent[0][0] <= now - 1:
            self._sent.popleft()
        here = sum(1 for _, chat in self._sent if chat == chat_id)
        if here >= PER_CHAT or len(self._sent) >= IN_ALL:
            raise ApiError(429, "Too Many Requests: retry after 1", retry_after=1)
        self._sent.append((now, chat_id))


def _text(parameters: Parameters, name: str, limit: int, too_long: str) -> str:
    """Read a text; Telegram trims what is blank at its ends."""
    text = str(parameters.get(name, "")).strip()
    if len(text) > limit:
        raise ApiError(400, f"Bad Request: {too_long}")
    return text


def _number(parameters: Parameters, name: str) -> int | None:
    value = str(parameters.get(name, ""))
    return int(value) if re.fullmatch(r"-?\d+", value) else None


def _flag(parameters: Parameters, name: str) -> bool:
    return str(parameters.get(name, "")).lower() in {"true", "1"}


def _parsed(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        parsed: object = json.loads(value)
    except ValueError:
        return None
    return parsed


def _keyboard(parameters: Parameters) -> Keyboard:
    if "reply_markup" not in parameters:
        return ()
    markup = _parsed(parameters["reply_markup"])
    if not isinstance(markup, dict):
        raise ApiError(400, "Bad Request: can't parse reply keyboard markup JSON object")
    rows = markup.get("inline_keyboard")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise ApiError(400, 'Bad Request: field "inline_keyboard" must be of type Array')
    keyboard = tuple(tuple(_button(button) for button in row) for row in rows if row)
    if sum(map(len, keyboard)) > BUTTONS or any(len(row) > BUTTONS_IN_ROW for row in keyboard):
        raise ApiError(400, "Bad Request: reply markup is too long")
    return keyboard


def _button(button: object) -> Button:
    if not isinstance(button, dict) or not str(button.get("text", "")).strip():
        raise ApiError(400, "Bad Request: text buttons must have a non-empty text")
    data = str(button.get("callback_data", ""))
    if not 1 <= len(data.encode()) <= DATA_BYTES:
        raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")
    return Button(str(button["text"]), data)

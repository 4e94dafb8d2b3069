"""What Telegram would hold in memory for one bot: chats, buttons, and updates not yet confirmed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Json = dict[str, object]
"""A JSON object, as the Bot API takes and gives it."""

Keyboard = tuple[tuple["Button", ...], ...]

FIRST_UPDATE = 870_000_001
DEFAULT_KINDS = frozenset({"message", "edited_message", "callback_query", "my_chat_member"})
"""Of the kinds made here, those that Telegram sends unless it is asked otherwise."""


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button."""

    label: str
    data: str


@dataclass(slots=True)
class ChatMessage:
    """One message as it stands in a chat now.

    Attributes:
        from_bot: whether the bot wrote it, or the person.
        text: the text; a photo's caption.
        protected: it can't be forwarded or saved.
        earlier: the texts that stood there before an edit, oldest first.
        offered: all button data it ever had, since an app may still show an old keyboard.
    """

    message_id: int
    from_bot: bool
    text: str
    keyboard: Keyboard = ()
    protected: bool = False
    photo: bytes | None = None
    earlier: list[str] = field(default_factory=list)
    offered: set[str] = field(default_factory=set)
    date: int = field(default_factory=lambda: int(time.time()))

    @property
    def labels(self) -> tuple[str, ...]:
        """What its buttons show, row by row."""
        return tuple(button.label for row in self.keyboard for button in row)

    def data(self, label: str) -> str:
        """Find what the button so labelled carries; KeyError where there is none."""
        return {button.label: button.data for row in self.keyboard for button in row}[label]

    def show(self, text: str, keyboard: Keyboard) -> None:
        """Put a text and buttons in the place of the present ones."""
        if text != self.text:
            self.earlier.append(self.text)
        self.text, self.keyboard = text, keyboard
        self.offered.update(button.data for row in keyboard for button in row)


class World:
    """One bot's side of Telegram. People act by its methods; the Bot API reads and writes it.

    Attributes:
        chats: each chat's messages, oldest first; a chat exists once the person did something.
        pending: updates not yet confirmed, oldest first.
        kinds: the kinds of update that the bot asked for.
        queries: callback queries that can still be answered.
        answered: callback queries that were.
        language: the language code that people's apps report; None for none.
    """

    def __init__(self, bot_id: int, username: str) -> None:
        """Begin empty."""
        self.bot_id = bot_id
        self.username = username
        self.chats: dict[int, list[ChatMessage]] = {}
        self.blocked: set[int] = set()
        self.pending: list[Json] = []
        self.kinds = DEFAULT_KINDS
        self.queries: set[str] = set()
        self.answered: list[str] = []
        self.language: str | None = "en"
        self.next_update = FIRST_UPDATE
        self._last_message = 0
        self._last_query = 0
        self._changed = asyncio.Event()

    def write(self, chat_id: int, text: str) -> int:
        """Have a person write a text (commands too), and return its message id."""
        message = self._say(chat_id, text)
        self._push("message", {**self._envelope(chat_id, message), "text": text})
        return message.message_id

    def edit(self, chat_id: int, message_id: int, text: str) -> None:
        """Have a person edit a text of theirs."""
        message = self.message(chat_id, message_id)
        message.show(text, ())
        now = int(time.time())
        self._push("edited_message", {**self._envelope(chat_id, message), "edit_date": now, "text": text})

    def photo(self, chat_id: int, caption: str | None = None) -> int:
        """Have a person send a photo, and return its message id."""
        size: Json = {"file_id": "f1", "file_unique_id": "u1", "width": 90, "height": 90, "file_size": 1111}
        return self.send(chat_id, {"photo": [size]} | ({} if caption is None else {"caption": caption}))

    def send(self, chat_id: int, content: Json) -> int:
        """Have a person send anything ({"voice": {…}}), and return its message id."""
        message = self._say(chat_id, str(content.get("caption", "")))
        self._push("message", {**self._envelope(chat_id, message), **content})
        return message.message_id

    def press(self, chat_id: int, message_id: int, data: str) -> str:
        """Have a person press a button that the message has or once had, and return the query's id."""
        message = self.message(chat_id, message_id)
        if data not in message.offered:
            reason = "this message never had such a button"
            raise LookupError(reason)
        self._last_query += 1
        query = f"{self.bot_id}{self._last_query:08d}"
        self.queries.add(query)
        shown = self.message_json(chat_id, message)
        self._push(
            "callback_query",
            {"id": query, "from": self.person(chat_id), "message": shown, "chat_instance": "1", "data": data},
        )
        return query

    def block(self, chat_id: int) -> None:
        """Have a person block the bot."""
        self._stand(chat_id, "member", "kicked")
        self.blocked.add(chat_id)

    def unblock(self, chat_id: int) -> None:
        """Have a person take the bot back."""
        self.blocked.discard(chat_id)
        self._stand(chat_id, "kicked", "member")

    def push(self, kind: str, content: object) -> int:
        """Add an update of any kind and shape, as it is, and return its id."""
        update = self.next_update
        self.next_update += 1
        self.pending.append({"update_id": update, kind: content})
        self.changed()
        return update

    def confirm(self, offset: int) -> None:
        """Forget the updates before `offset`; a negative one keeps so many from the end."""
        if offset < 0:
            self.pending = self.pending[offset:]
        else:
            self.pending = [update for update in self.pending if _id(update) >= offset]

    def add(self, chat_id: int, message: ChatMessage) -> None:
        """Show a message of the bot's in a chat."""
        message.offered.update(button.data for row in message.keyboard for button in row)
        self.chats[chat_id].append(message)
        self.changed()

    def next_message_id(self) -> int:
        """Give the next message its number; they rise across all chats of one bot."""
        self._last_message += 1
        return self._last_message

    def message(self, chat_id: int, message_id: int) -> ChatMessage:
        """Find a message; LookupError where there is none."""
        for message in self.chats.get(chat_id, ()):
            if message.message_id == message_id:
                return message
        reason = "no such message"
        raise LookupError(reason)

    def from_bot(self, chat_id: int) -> list[ChatMessage]:
        """Give what the bot wrote in a chat, oldest first."""
        return [message for message in self.chats.get(chat_id, ()) if message.from_bot]

    def changed(self) -> None:
        """Wake whoever waits for something to happen."""
        event, self._changed = self._changed, asyncio.Event()
        event.set()

    async def until(self, condition: Callable[[], bool], timeout: float = 5.0) -> None:  # noqa: ASYNC109
        """Wait for a condition, looked at after each change; TimeoutError after `timeout` seconds."""
        async with asyncio.timeout(timeout):
            while not condition():
                await self._changed.wait()

    def person(self, chat_id: int) -> Json:
        """Describe a person as Telegram does."""
        person: Json = {"id": chat_id, "is_bot": False, "first_name": f"Person {chat_id}"}
        return person if self.language is None else {**person, "language_code": self.language}

    def bot(self) -> Json:
        """Describe the bot as Telegram does."""
        return {"id": self.bot_id, "is_bot": True, "first_name": "Attune", "username": self.username}

    def message_json(self, chat_id: int, message: ChatMessage) -> Json:
        """Describe a message as Telegram does."""
        return dict(self._parts(chat_id, message))

    def _parts(self, chat_id: int, message: ChatMessage) -> Iterator[tuple[str, object]]:
        yield from self._envelope(chat_id, message).items()
        if message.photo is None:
            yield "text", message.text
        else:
            size = {"file_id": "f2", "file_unique_id": "u2", "width": 800, "height": 600}
            yield "photo", [size]
            yield "caption", message.text
        if message.protected:
            yield "has_protected_content", True
        if message.keyboard:
            rows = [[{"text": b.label, "callback_data": b.data} for b in row] for row in message.keyboard]
            yield "reply_markup", {"inline_keyboard": rows}

    def _envelope(self, chat_id: int, message: ChatMessage) -> Json:
        return {
            "message_id": message.message_id,
            "from": self.bot() if message.from_bot else self.person(chat_id),
            "chat": {"id": chat_id, "type": "private", "first_name": f"Person {chat_id}"},
            "date": message.date,
        }

    def _say(self, chat_id: int, text: str) -> ChatMessage:
        if chat_id in self.blocked:
            reason = "who blocked the bot can't write to it"
            raise ValueError(reason)
        message = ChatMessage(self.next_message_id(), from_bot=False, text=text)
        self.chats.setdefault(chat_id, []).append(message)
        return message

    def _stand(self, chat_id: int, old: str, new: str) -> None:
        self.chats.setdefault(chat_id, [])
        member: Json = {"user": self.bot()}
        until: Json = {"until_date": 0}
        self._push(
            "my_chat_member",
            {
                "chat": {"id": chat_id, "type": "private", "first_name": f"Person {chat_id}"},
                "from": self.person(chat_id),
                "date": int(time.time()),
                "old_chat_member": member | {"status": old} | (until if old == "kicked" else {}),
                "new_chat_member": member | {"status": new} | (until if new == "kicked" else {}),
            },
        )

    def _push(self, kind: str, content: Json) -> None:
        if kind in self.kinds:
            self.push(kind, content)


def _id(update: Json) -> int:
    number = update["update_id"]
    assert isinstance(number, int)
    return number

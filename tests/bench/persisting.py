"""Durable replies a second, beside python-telegram-bot's ConversationHandler with PicklePersistence.

Both hold a conversation of four questions with as many people in turn, in one process and without a network.
There `update_persistence()` is awaited for each update, or else an update that was answered may be gone; by
default it is done once a minute, and what came meanwhile is lost with the process. Even awaited it does not
wait for the disk (no fsync), as `receive` does.
"""

from __future__ import annotations

import asyncio
import json
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from telegram import Chat, Message, MessageEntity, Update, User
from telegram.ext import (
    Application,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    ExtBot,
    MessageHandler,
    PersistenceInput,
    PicklePersistence,
    filters,
)
from telegram.request import BaseRequest, RequestData

from tests.bench import receive
from tests.bench.measure import Against, Figure

if TYPE_CHECKING:
    from typing import Any

PEOPLE = receive.CLIENTS
"""How many answer, the same as in `receive`."""

QUESTIONS = 4
_TOKEN = "7700551:AAFakeTokenOfABotThatLivesInBenches"
_NEVER = 1e9
"""Seconds between two writes in the background: more than any run takes, so that none falls into it."""


class _NoNetwork(BaseRequest):
    """Takes each call of the Bot API and answers at once that it was done."""

    def __init__(self) -> None:
        self._sent = 0

    @property
    def read_timeout(self) -> float | None:
        return None

    async def initialize(self) -> None:
        """Nothing is opened."""

    async def shutdown(self) -> None:
        """Nothing is closed."""

    async def do_request(
        self,
        url: str,
        method: str,  # noqa: ARG002 - it is called by this name
        request_data: RequestData | None = None,
        *_: object,
        **_timeouts: object,
    ) -> tuple[int, bytes]:
        """Say who the bot is, or that the message was sent."""
        if url.endswith("getMe"):
            who = {"id": 7700551, "is_bot": True, "first_name": "B", "username": "b_bot"}
            return _well(who)
        given = {} if request_data is None else request_data.parameters
        self._sent += 1
        chat = {"id": given.get("chat_id", 0), "type": "private"}
        return _well({"message_id": self._sent, "date": 1_772_445_600, "chat": chat, "text": "?"})


def _well(result: dict[str, object]) -> tuple[int, bytes]:
    return 200, json.dumps({"ok": True, "result": result}).encode()


async def _begin(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> int:
    assert update.message is not None
    await update.message.reply_text("How were you, from 0 to 10?")
    return 0


async def _answered(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    """Keep an answer and ask the next question, or thank and end."""
    assert update.message is not None
    assert context.user_data is not None
    kept: list[int] = context.user_data.setdefault("answers", [])
    kept.append(int(update.message.text or ""))
    if len(kept) % QUESTIONS:
        await update.message.reply_text(f"Question {len(kept) % QUESTIONS + 1}, from 0 to 10?")
        return len(kept) % QUESTIONS
    await update.message.reply_text("Thank you, those were the questions.")
    return ConversationHandler.END


def _application(file: Path) -> Application[Any, Any, Any, Any, Any, Any]:
    """Build what python-telegram-bot's own example of a kept conversation builds, with four questions."""
    conversation = ConversationHandler(
        entry_points=[CommandHandler("start", _begin)],
        states={
            number: [MessageHandler(filters.TEXT & ~filters.COMMAND, _answered)]
            for number in range(QUESTIONS)
        },
        fallbacks=[],
        name="questions",
        persistent=True,
    )
    nothing_else = PersistenceInput(bot_data=False, chat_data=False, callback_data=False)
    persistence = PicklePersistence(file, store_data=nothing_else, update_interval=_NEVER)
    bot = ExtBot(_TOKEN, request=_NoNetwork(), get_updates_request=_NoNetwork())
    application = Application.builder().bot(bot).persistence(persistence).build()
    application.add_handler(conversation)
    return application


def _update(bot: ExtBot[None], number: int, person: int, text: str) -> Update:
    command = [MessageEntity(MessageEntity.BOT_COMMAND, 0, len(text))] if text.startswith("/") else []
    message = Message(
        number,
        datetime(2026, 3, 2, tzinfo=UTC),
        Chat(person, "private"),
        from_user=User(person, "P", is_bot=False),
        text=text,
        entities=command,
    )
    message.set_bot(bot)
    return Update(number, message)


async def conversations(file: Path, *, awaited: bool) -> float:
    """Measure replies a second; `awaited` has each kept before the next is taken."""
    application = _application(file)
    await application.initialize()
    numbers = iter(range(1, 1_000_000))
    bot = application.bot
    for person in range(1, PEOPLE + 1):
        await application.process_update(_update(bot, next(numbers), person, "/start"))
    await application.update_persistence()
    updates = [
        _update(bot, next(numbers), person, str((person + question) % 11))
        for question in range(QUESTIONS)
        for person in range(1, PEOPLE + 1)
    ]
    began = time.perf_counter()
    for update in updates:
        await application.process_update(update)
        if awaited:
            await application.update_persistence()
    took = time.perf_counter() - began
    kept = sum(len(one["answers"]) for one in application.user_data.values())
    await application.shutdown()
    if kept != len(updates):
        msg = f"{kept} of {len(updates)} answers were kept"
        raise RuntimeError(msg)
    return len(updates) / took


def figures(folder: Path) -> Iterator[Figure]:
    """Measure `receive` in batches of 64 on SQLite, against both ways of keeping there."""
    ours = asyncio.run(receive.receive(f"sqlite:///{folder / 'against.db'}", 64))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of handlers it thinks unusual
        durable = asyncio.run(conversations(folder / "durable.pickle", awaited=True))
        default = asyncio.run(conversations(folder / "default.pickle", awaited=False))
    name = "python-telegram-bot's ConversationHandler"
    yield Figure("receive_against_ptb", ours, "1/s", Against(f"{name}, kept at each update", durable))
    yield Figure("receive_against_ptb_default", ours, "1/s", Against(f"{name}, kept once a minute", default))

"""Telegram's updates, read from the Bot API's own JSON.

Only the few fields that are needed are looked at: a new kind of attachment, or a field that nobody
knew when this was written, can't make a person's words unreadable.

Source: core.telegram.org/bots/api#update.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.channels.base import (
    Address,
    Edited,
    Inbound,
    Left,
    Pressed,
    Returned,
    Said,
    SentMedia,
    Unreadable,
    Wrote,
)

CHANNEL = "telegram"

ASKED_FOR = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of update to ask Telegram for; the last tells who blocked the bot, and who came back."""

MEDIA = (
    "animation",  # comes with a document beside it, so before that
    "venue",  # comes with a location beside it
    "photo",
    "voice",
    "audio",
    "video",
    "video_note",
    "sticker",
    "document",
    "location",
    "contact",
    "story",
    "paid_media",
    "poll",
    "checklist",
    "dice",
    "game",
)
"""What a message may hold in place of text, the telling one of a pair first."""

NOTICES = (
    "pinned_message",
    "message_auto_delete_timer_changed",
    "chat_background_set",
    "write_access_allowed",
    "connected_website",
    "proximity_alert_triggered",
)
"""What the app writes into a chat by itself: nobody said anything, so nothing is passed on."""

_UNSTORABLE = re.compile(r"[\ud800-\udfff]")


def _storable(value: object) -> object:
    """Take out of a text what a database refuses: NUL, and halves of surrogate pairs."""
    if not isinstance(value, str):
        return value
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value.replace("\0", ""))


_Text = Annotated[str, BeforeValidator(_storable)]


class _Chat(BaseModel):
    id: int
    type: str


class _User(BaseModel):
    id: int
    language_code: _Text | None = None


class _Message(BaseModel):
    model_config = ConfigDict(extra="allow")

    message_id: int
    chat: _Chat
    sender: _User | None = Field(default=None, alias="from")
    date: int = 0
    edit_date: int = 0
    text: _Text | None = None
    caption: _Text | None = None


class _Origin(BaseModel):
    """The message that a pressed button hung on; all but these two may be gone from it."""

    message_id: int
    chat: _Chat


class _CallbackQuery(BaseModel):
    id: str
    sender: _User = Field(alias="from")
    message: _Origin | None = None
    data: _Text | None = None


class _Member(BaseModel):
    status: str


class _ChatMemberUpdated(BaseModel):
    chat: _Chat
    sender: _User = Field(alias="from")
    date: int = 0
    new_chat_member: _Member


class _Update(BaseModel):
    update_id: int
    message: _Message | None = None
    edited_message: _Message | None = None
    callback_query: _CallbackQuery | None = None
    my_chat_member: _ChatMemberUpdated | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One update as read; `press` is the callback query's id, which Telegram wants answered."""

    inbound: Inbound
    press: str | None = None


@dataclass(frozen=True, slots=True)
class _Event:
    chat: _Chat
    sender: _User | None
    said: Said | None
    date: int = 0
    press: str | None = None


def read_update(payload: Mapping[str, object], account: str, now: datetime) -> Reading | None:
    """Read one update; it never raises.

    Args:
        payload: the update as decoded from JSON, whatever came.
        account: the bot's id.
        now: when it reached us, for updates that carry no time (aware UTC).

    Returns:
        None for what is none of our business: groups and channels, kinds that were not asked for,
        and the app's own notices. What can't be read comes back as `Unreadable`, whole.
    """
    try:
        update = _Update.model_validate(payload)
    except ValidationError:
        return Reading(_unreadable(payload, account, now))
    event = _event(update)
    if event is None or event.said is None or event.chat.type != "private":
        return None
    inbound = Inbound(
        channel=CHANNEL,
        account=account,
        external_id=str(update.update_id),
        address=Address(str(event.chat.id)),
        said=event.said,
        at=_moment(event.date) or now,
        language=event.sender.language_code if event.sender else None,
    )
    return Reading(inbound, event.press)


def next_offset(updates: Sequence[object]) -> int | None:
    """Give the offset that confirms these updates, or None where none of them has an id."""
    ids = [number for update in updates if (number := _whole_number(_dig(update, "update_id"))) is not None]
    return max(ids) + 1 if ids else None


def _event(update: _Update) -> _Event | None:
    if (message := update.message) is not None:
        return _Event(message.chat, message.sender, _said(message), message.date)
    if (edited := update.edited_message) is not None:
        words = _words(edited)
        now_reads = words and Edited(words.text, _moment(edited.date))
        return _Event(edited.chat, edited.sender, now_reads, edited.edit_date)
    if (query := update.callback_query) is not None and query.message is not None:
        said = None if query.data is None else Pressed(query.data, str(query.message.message_id))
        return _Event(query.message.chat, query.sender, said, press=query.id)
    if (membership := update.my_chat_member) is not None:
        return _Event(membership.chat, membership.sender, _standing(membership), membership.date)
    return None


def _said(message: _Message) -> Said | None:
    words = _words(message)
    if words is not None:
        return words
    held = message.model_extra or {}
    if any(notice in held for notice in NOTICES):
        return None
    return SentMedia(next((kind for kind in MEDIA if kind in held), "other"))


def _words(message: _Message) -> Wrote | None:
    """Read the text or caption; an edit without either (a live location moving on) says nothing."""
    if message.text is not None:
        return Wrote(message.text)
    return None if message.caption is None else Wrote(message.caption)


def _standing(membership: _ChatMemberUpdated) -> Said | None:
    match membership.new_chat_member.status:
        case "kicked":
            return Left()
        case "member":
            return Returned()
        case _:
            return None


def _moment(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (OverflowError, OSError, ValueError):  # a year that no calendar has
        return None


def _unreadable(payload: Mapping[str, object], account: str, now: datetime) -> Inbound:
    raw = json.dumps(payload, default=str)
    number = _whole_number(_dig(payload, "update_id"))
    senders = (_whole_number(_dig(payload, kind, "from", "id")) for kind in ASKED_FOR)
    sender = next((who for who in senders if who is not None), None)
    return Inbound(
        channel=CHANNEL,
        account=account,
        external_id=f"sha256:{hashlib.sha256(raw.encode()).hexdigest()}" if number is None else str(number),
        address=Address("" if sender is None else str(sender)),  # in a private chat both ids are one
        said=Unreadable(raw),
        at=now,
    )


def _dig(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _whole_number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None

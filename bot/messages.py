"""Messages as text, as the outbox keeps them, and what their buttons bring back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from bot.channels.base import Choice, Message
from scoring.instrument import ITEM_MAX, TEN, Mark, Scale

AGREE = "agree"
DECLINE = "decline"

PART_LIMIT = 1500
"""Characters that one message of a long text holds. A text message takes 1,600 at most.

Source: twilio.com/docs/api/errors/21617.
"""

_ROWS = 2
_SKIP = "-"
_DIGITS = 18
"""How many digits a number in a button may have: any number of ours, and none that a database cannot hold."""


@dataclass(frozen=True, slots=True)
class AnswerPress:
    """A press on a question's button: which check-in, which item, which answer (None: skip)."""

    check_in_id: int
    position: int
    mark: Mark


@dataclass(frozen=True, slots=True)
class AckPress:
    """A press on an alert's button."""

    alert_id: int


@dataclass(frozen=True, slots=True)
class ConsentPress:
    """A press under the consent question."""

    agreed: bool


@dataclass(frozen=True, slots=True)
class ConfirmPress:
    """A press under the question whether a session suits: which, when it was to start, and the answer."""

    session_id: int
    minute: int
    fits: bool

    def about(self, starts_at: datetime) -> bool:
        """Tell whether the question was about a session that starts then."""
        return self.minute == _minute(starts_at)


Press = AnswerPress | AckPress | ConsentPress | ConfirmPress


def ack(alert_id: int, label: str) -> tuple[tuple[Choice, ...], ...]:
    """Make the button that acknowledges an alert."""
    return ((Choice(label, f"ack:{alert_id}"),),)


def consent(agree: str, decline: str) -> tuple[tuple[Choice, ...], ...]:
    """Make the two buttons under the consent question."""
    return ((Choice(agree, AGREE), Choice(decline, DECLINE)),)


def confirm(session_id: int, starts_at: datetime, labels: tuple[str, str]) -> tuple[tuple[Choice, ...], ...]:
    """Make the buttons under the question whether a session suits; they are stale once it is moved."""
    fits, not_so = labels
    data = f"s:{session_id}:{_minute(starts_at)}"
    return ((Choice(fits, f"{data}:ok"), Choice(not_so, f"{data}:no")),)


def _minute(when: datetime) -> int:
    return int(when.timestamp()) // 60


def press(data: str) -> Press | None:
    """Read what a button brought back; None where it is none of ours."""
    match data.split(":"):
        case ["a", check_in, position, mark] if _is_number(check_in) and _is_number(position):
            if mark != _SKIP and not (_is_number(mark) and int(mark) <= ITEM_MAX):
                return None
            return AnswerPress(int(check_in), int(position), None if mark == _SKIP else int(mark))
        case ["ack", alert] if _is_number(alert):
            return AckPress(int(alert))
        case ["s", session, minute, ("ok" | "no") as fits] if _is_number(session) and _is_number(minute):
            return ConfirmPress(int(session), int(minute), fits == "ok")
        case [consent] if consent in {AGREE, DECLINE}:
            return ConsentPress(consent == AGREE)
        case _:
            return None


def _is_number(written: str) -> bool:
    return written.isascii() and written.isdecimal() and len(written) <= _DIGITS


def parts(text: str) -> tuple[str, ...]:
    """Cut a text that no network would take whole, at spaces where there are some."""
    cut = []
    while len(text) > PART_LIMIT:
        space = max(text.rfind(" ", 1, PART_LIMIT), text.rfind("\n", 1, PART_LIMIT))
        end = space if space > PART_LIMIT // 2 else PART_LIMIT
        cut.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return (*cut, text)


def pack(message: Message, picture_of: tuple[int, str] | None = None) -> str:
    """Write a message as text.

    A picture is not kept but drawn anew when it is sent: `picture_of` says of which client, by id, and in
    which language.
    """
    kept: dict[str, object] = {"text": message.text}
    if message.choices:
        kept["choices"] = [[[one.label, one.data] for one in row] for row in message.choices]
    if message.private:
        kept["private"] = True
    if message.replaces is not None:
        kept["replaces"] = message.replaces
    if picture_of is not None:
        kept["picture_of"] = picture_of
    return _WRITER.encode(kept)


def pack_question(
    text: str, check_in_id: int, position: int, skip: str, *, on: Scale = TEN, options: tuple[str, ...] = ()
) -> str:
    """Write a question as text, as `pack` would, with its buttons and one to skip labelled `skip`.

    The numbers stand in two rows; points that have names stand below one another, each with its own.
    """
    data = f"a:{check_in_id}:{position}:"
    rows = (
        ",".join([f'[{label},"{data}{mark}"]' for label, mark in row]) for row in _scale(skip, on, options)
    )
    return f'{{"text":{_WRITER.encode(text)},"choices":[[{"],[".join(rows)}]]}}'


@cache
def _scale(skip: str, on: Scale, options: tuple[str, ...]) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Lay out a question's buttons: of each, what it shows, as JSON, and the mark that it brings back."""
    numbers = range(on.top // 10 + 1)
    labels = [f"{place} = {option}" for place, option in enumerate(options)] or list(map(str, numbers))
    buttons = tuple(
        (_WRITER.encode(label), str(number * 10)) for number, label in zip(numbers, labels, strict=False)
    )
    passed = ((_WRITER.encode(skip), _SKIP),)
    if options:
        return (*((one,) for one in buttons), passed)
    half = (len(buttons) + 1) // _ROWS
    return (buttons[:half], buttons[half:], passed)


_WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def picture_of(body: str) -> tuple[int, str] | None:
    """Tell of which client, by id, a message shows the picture, and in which language; None where of none."""
    if (found := json.loads(body).get("picture_of")) is None:
        return None
    client_id, language = found
    return client_id, language


def unpack(body: str, valid_for: timedelta | None = None) -> Message:
    """Read a message that `pack` wrote."""
    kept = json.loads(body)
    return Message(
        text=kept["text"],
        choices=tuple(tuple(Choice(*one) for one in row) for row in kept.get("choices", ())),
        private=kept.get("private", False),
        replaces=kept.get("replaces"),
        valid_for=valid_for,
    )

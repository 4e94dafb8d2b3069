"""What differs between two configs, in words: without a secret, and without anybody's address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel

from bot.settings import ScheduleSettings, Settings
from bot.settings.faults import is_secret

Snapshot = Mapping[str, Mapping[str, object]]
"""Settings by section and key, as JSON can hold them; what is not set has no key."""

RESTART = ("database", "keys", "server", "secrets", "telegram", "sms", "logs", "limits", "metrics")
"""The sections that are read at the start only: what was opened, connected or set up by them stays."""

_OLDER = ("every", "day", "at", "when")
_LONG = 60
"""Signs of a text from which on it is only said that it changed."""


@dataclass(frozen=True, slots=True)
class Change:
    """One key that differs, or a whole section that is new or gone.

    Attributes:
        section: "clinic", "rules.numbers", "schedules weekly".
        key: the key in it; None for the whole section.
        before: its value in force; for a whole section all of its keys, or None.
        after: the value that would be.
    """

    section: str
    key: str | None
    before: object
    after: object

    @property
    def needs_restart(self) -> bool:
        """Whether it holds only from the next start on."""
        return self.section in RESTART

    def __str__(self) -> str:
        """Say it on one line."""
        later = " (needs a restart)" if self.needs_restart else ""
        if self.key is None:
            gone = self.after is None
            return f"{self.section}: {'gone' if gone else f'new: {_all(self.after)}'}{later}"
        if any(isinstance(value, str) and len(value) > _LONG for value in (self.before, self.after)):
            return f"{self.section}: {self.key} is another text{later}"
        return f"{self.section}: {self.key} {_said(self.before)} -> {_said(self.after)}{later}"


def snapshot(settings: Settings) -> Snapshot:
    """Write down what is set, but no secret, and no operator: their addresses are kept sealed elsewhere."""
    return {section: dict(keys) for section, keys in _sections("", settings) if section}


def changes(before: Snapshot, after: Snapshot) -> Iterator[Change]:
    """Find what differs, section by section in the order of the config."""
    for section in [*after, *(name for name in before if name not in after)]:
        old, new = before.get(section), after.get(section)
        if old is None or new is None:
            yield Change(section, None, old, new)
            continue
        for key in [*new, *(name for name in old if name not in new)]:
            if old.get(key) != new.get(key):
                yield Change(section, key, old.get(key), new.get(key))


def waiting(running: Settings, read: Settings) -> tuple[str, ...]:
    """Name the sections that differ, in secrets too, and hold only from the next start on."""
    return tuple(name for name in RESTART if getattr(running, name) != getattr(read, name))


def in_force(running: Settings, read: Settings) -> Settings:
    """Give the settings that hold once a running Attune has read them: without what needs a restart."""
    return read.model_copy(update={name: getattr(running, name) for name in RESTART})


def _sections(at: str, section: BaseModel) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Take a section apart: its own keys, then the sections in it."""
    inner: list[tuple[str, object]] = []
    own: dict[str, object] = {}
    for name, known in type(section).model_fields.items():
        value = getattr(section, name)
        place = f"{at}.{name}" if at else name
        if is_secret(known) or place == "operators" or value is None or value in ((), {}):
            continue
        if isinstance(value, BaseModel | Mapping) or _is_list_of_sections(value):
            inner.append((place, value))
        else:
            own[name] = _plain(value)
    if isinstance(section, ScheduleSettings):
        rest = {name: value for name, value in own.items() if name not in _OLDER}
        own, inner = {"name": section.name, "when": section.rule.text, **rest}, []
    yield at, own
    for place, value in inner:
        yield from _inside(place, value)


def _inside(place: str, value: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    if isinstance(value, BaseModel):
        yield from _sections(place, value)
    elif isinstance(value, Mapping):
        texts = {str(key): _plain(one) for key, one in value.items() if not _has_sections(one)}
        if texts:
            yield place, texts
        for key, one in value.items():
            if _has_sections(one):
                yield from _inside(f"{place}.{key}", one)
    elif isinstance(value, tuple):
        for label, one in zip(_labels(value), value, strict=True):
            yield from _sections(f"{place} {label}", one)


def _has_sections(value: object) -> bool:
    return isinstance(value, BaseModel | Mapping)


def _is_list_of_sections(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(one, BaseModel) for one in value)


def _labels(sections: Sequence[BaseModel]) -> list[str]:
    """Call each section by its name, or by its number where another has the same."""
    names = [str(getattr(one, "name", "")) for one in sections]
    found = Counter(names)
    return [name if found[name] == 1 else str(place + 1) for place, name in enumerate(names)]


def _plain(value: object) -> object:
    """Give a value as JSON can hold it, and gives it back."""
    match value:
        case bool() | int() | float() | str():
            return value
        case Decimal():
            return f"{value.normalize():f}"
        case time():
            return f"{value:%H:%M}"
        case tuple((date() as first, date() as last)):
            return str(first) if first == last else f"{first}/{last}"
        case tuple():
            return [_plain(one) for one in value]
        case date() | Path():
            return str(value)
        case _:
            msg = f"a setting of kind {type(value).__name__} has no words yet"
            raise TypeError(msg)


def _said(value: object) -> str:
    match value:
        case None | "":
            return "nothing"
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:g}"
        case list():
            return ", ".join(map(_said, value))
        case _:
            return str(value)


def _all(keys: object) -> str:
    pairs = keys.items() if isinstance(keys, Mapping) else ()
    return "; ".join(f"{key} {_said(value)}" for key, value in pairs if key != "name") or "with nothing set"

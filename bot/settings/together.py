"""What settings must be to one another: rules that no single value can break.

They read what was written, not the finished settings, so that they also speak where another value is
wrong: every fault is told at once. A value that is missing or wrong is left to the model, and a rule
that needs it stays silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.measures import MeasureFileError, own_measure
from bot.settings.lines import KeyPath
from bot.settings.values import Clock, Every, HoursOrNever, one_of, shown
from scoring.instruments import INSTRUMENTS

QUIET_FROM, QUIET_UNTIL = time(21), time(8)
REMINDER_AFTER, EXPIRES_AFTER = 24.0, 48.0
LICENSED = ("ors", "srs")
"""The measures whose published wording may not be used without a licence."""

_T = TypeVar("_T")
_CLOCK: TypeAdapter[time] = TypeAdapter(Clock)
_EVERY: TypeAdapter[object] = TypeAdapter(Every)
_HOURS: TypeAdapter[float | None] = TypeAdapter(HoursOrNever)
_SMS = {"account_sid": '"AC…"', "auth_token": "", "from_number": '"+12025550142"'}


@dataclass(frozen=True, slots=True)
class Clash:
    """Settings that don't go together: the key to change, what is wrong, and what to write instead."""

    path: KeyPath
    problem: str
    instead: str


def clashes(values: Mapping[str, object]) -> Iterator[Clash]:
    """Find everything in the merged values, nested as in the file, that doesn't go together."""
    for rule in _RULES:
        yield from rule(values)


def secret_advice(path: KeyPath) -> str:
    """Say where a secret is to be given: by which variable, or in which file."""
    name = "__".join(str(part) for part in path)
    return f"set ATTUNE_{name.upper()} in the environment, or write it to the secret file {name}"


def _weeks_have_days(values: Mapping[str, object]) -> Iterator[Clash]:
    for place, schedule in _schedules(values):
        every = _read(_EVERY, schedule.get("every", "week"))
        path: KeyPath = ("schedules", place, "day")
        if every == "week" and schedule.get("day") is None:
            yield Clash(
                path,
                "is missing: a weekly check-in needs its day",
                'write one of mon, tue, wed, thu, fri, sat, sun, e.g. day = "mon"',
            )
        elif isinstance(every, int) and schedule.get("day") is not None:
            yield Clash(
                path,
                f"means nothing where a check-in comes every {every} days",
                'take it out, or write every = "week"',
            )


def _reminders_come_first(values: Mapping[str, object]) -> Iterator[Clash]:
    for place, schedule in _schedules(values):
        reminder = _read(_HOURS, schedule.get("reminder_after", REMINDER_AFTER))
        expiry = _read(_HOURS, schedule.get("expires_after", EXPIRES_AFTER))
        if reminder is not None and expiry is not None and reminder >= expiry:
            told = "reminder_after" if "reminder_after" in schedule else "expires_after"
            yield Clash(
                ("schedules", place, told),
                f"a reminder after {reminder:g} hours comes too late: the check-in is over after {expiry:g}",
                f'write reminder_after as less than {expiry:g} or as "never"',
            )


def _names_differ(values: Mapping[str, object]) -> Iterator[Clash]:
    seen: dict[object, int] = {}
    for place, schedule in _schedules(values):
        name = schedule.get("name")
        if isinstance(name, str) and seen.setdefault(name, place) != place:
            yield Clash(
                ("schedules", place, "name"),
                f"is the name of schedules[{seen[name]}] too",
                "write a name that no other schedule has",
            )


def _measures_differ(values: Mapping[str, object]) -> Iterator[Clash]:
    for place, schedule in _schedules(values):
        measures = schedule.get("measures")
        listed = list(measures) if isinstance(measures, Sequence) and not isinstance(measures, str) else []
        for at, key in enumerate(listed):
            if key in listed[:at]:
                yield Clash(("schedules", place, "measures", at), "is in this list twice", "take one out")


def _measure_files_are_sound(values: Mapping[str, object]) -> Iterator[Clash]:
    keys: dict[str, Path] = {}
    for place, file in _measure_files(values):
        path: KeyPath = ("measures", "files", place)
        try:
            key = own_measure(file).instrument.key
        except MeasureFileError as error:
            yield Clash(
                path, f"names a file that can't be used: {error}", "docs/measures.md shows a whole one"
            )
            continue
        if keys.setdefault(key, file) is not file:
            yield Clash(
                path, f'has the key "{key}", as {keys[key]} has', "write another key into one of them"
            )


def _measures_are_known(values: Mapping[str, object]) -> Iterator[Clash]:
    known = {*INSTRUMENTS}
    for _, file in _measure_files(values):
        try:
            known.add(own_measure(file).instrument.key)
        except MeasureFileError:
            return  # that is told, and what is in the file may be what is missed here
    ordered = [*INSTRUMENTS, *sorted(known - INSTRUMENTS.keys())]
    for place, schedule in _schedules(values):
        measures = schedule.get("measures")
        for at, key in enumerate(measures if isinstance(measures, list | tuple) else ()):
            if isinstance(key, str) and key not in known:
                yield Clash(
                    ("schedules", place, "measures", at),
                    f"{shown(key)} is not a measure that Attune has",
                    one_of(f'"{one}"' for one in ordered),
                )


def _measure_files(values: Mapping[str, object]) -> Iterator[tuple[int, Path]]:
    files = _at(values, "measures", "files")
    for place, file in enumerate(files if isinstance(files, list | tuple) else ()):
        if isinstance(file, str | Path):
            yield place, Path(file)


def _quiet_has_an_end(values: Mapping[str, object]) -> Iterator[Clash]:
    start, end = _quiet(values)
    if start is not None and start == end:
        yield Clash(
            ("quiet_hours", "end"),
            f"quiet hours that start and end at {start:%H:%M} would be none, or the whole day",
            'write two different times, e.g. start = "21:00" and end = "08:00"',
        )


def _times_are_awake(values: Mapping[str, object]) -> Iterator[Clash]:
    start, end = _quiet(values)
    if start is None or end is None or start == end:
        return
    for place, schedule in _schedules(values):
        at = _read(_CLOCK, schedule.get("at"))
        if at is not None and ((start <= at < end) if start < end else (at >= start or at < end)):
            last = (start.hour * 60 + start.minute - 1) % (24 * 60)
            yield Clash(
                ("schedules", place, "at"),
                f"{at:%H:%M} is in the quiet hours ({start:%H:%M} to {end:%H:%M}) and would never be sent",
                f"write a time from {end:%H:%M} to {last // 60:02}:{last % 60:02}",
            )


def _webhooks_have_an_address(values: Mapping[str, object]) -> Iterator[Clash]:
    if _at(values, "telegram", "mode") != "webhook":
        return
    if _at(values, "server", "public_url") is None:
        yield _no_address('telegram.mode = "webhook" needs it')
    if _at(values, "telegram", "webhook_secret") is None:
        path: KeyPath = ("telegram", "webhook_secret")
        yield Clash(path, 'is missing: mode = "webhook" needs it', secret_advice(path))


def _sms_is_whole(values: Mapping[str, object]) -> Iterator[Clash]:
    sms = _at(values, "sms")
    given = {key for key, value in sms.items() if value is not None} if isinstance(sms, Mapping) else set()
    if given.isdisjoint({*_SMS, "messaging_service_sid", "whatsapp_from"}):
        return
    for key, example in _SMS.items():
        path: KeyPath = ("sms", key)
        if key in given or (key == "from_number" and "messaging_service_sid" in given):
            continue
        instead = f"write {key} = {example}" if example else secret_advice(path)
        either = ", or messaging_service_sid instead" if key == "from_number" else ""
        yield Clash(path, "is missing: text messages need it", instead + either)
    if _at(values, "server", "public_url") is None:
        yield _no_address("text messages need it, because Twilio delivers there")


def _wording_is_licensed(values: Mapping[str, object]) -> Iterator[Clash]:
    wording = _at(values, "wording")
    for key in LICENSED:
        if isinstance(wording, Mapping) and key in wording and _at(values, "licence", key) is None:
            yield Clash(
                ("wording", key),
                f"the published wording of {key.upper()} may be used only under a licence, and none is named",
                f'write under [licence] which one, e.g. {key} = "group licence 1234 of 2026"',
            )


def _wording_is_whole(values: Mapping[str, object]) -> Iterator[Clash]:
    for key, instrument in INSTRUMENTS.items():
        languages = _at(values, "wording", key)
        for language in languages if isinstance(languages, Mapping) else ():
            path: KeyPath = ("wording", key, str(language), "items")
            items = _at(values, *path)
            if not isinstance(items, Mapping):
                continue
            known = ", ".join(instrument.items)
            for item in instrument.items:
                if item not in items:
                    yield Clash((*path, item), "is missing: every item needs its text", f'write {item} = "…"')
            for item in items:
                if item not in instrument.items:
                    yield Clash((*path, str(item)), f"is not an item of {key}", f"write one of {known}")


def _no_address(why: str) -> Clash:
    return Clash(
        ("server", "public_url"),
        f"is missing: {why}",
        'write the https address that the networks reach, e.g. public_url = "https://attune.example.org"',
    )


def _schedules(values: Mapping[str, object]) -> Iterator[tuple[int, Mapping[str, object]]]:
    schedules = values.get("schedules")
    if isinstance(schedules, Sequence) and not isinstance(schedules, str):
        for place, schedule in enumerate(schedules):
            if isinstance(schedule, Mapping):
                yield place, schedule


def _quiet(values: Mapping[str, object]) -> tuple[time | None, time | None]:
    start, end = _at(values, "quiet_hours", "start"), _at(values, "quiet_hours", "end")
    return (
        _read(_CLOCK, QUIET_FROM if start is None else start),
        _read(_CLOCK, QUIET_UNTIL if end is None else end),
    )


def _at(values: Mapping[str, object], *path: str | int) -> object:
    found: object = values
    for part in path:
        found = found.get(str(part)) if isinstance(found, Mapping) else None
    return found


def _read(kind: TypeAdapter[_T], value: object) -> _T | None:
    try:
        return kind.validate_python(value)
    except ValidationError:
        return None


_RULES: tuple[Callable[[Mapping[str, object]], Iterator[Clash]], ...] = (
    _weeks_have_days,
    _reminders_come_first,
    _names_differ,
    _measures_differ,
    _measure_files_are_sound,
    _measures_are_known,
    _quiet_has_an_end,
    _times_are_awake,
    _webhooks_have_an_address,
    _sms_is_whole,
    _wording_is_licensed,
    _wording_is_whole,
)

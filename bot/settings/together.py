"""What settings must be to one another: rules that no single value can break.

They read what was written, not the finished settings, so that they also speak where another value is
wrong: every fault is told at once. A value that is missing or wrong is left to the model, and a rule
that needs it stays silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from bot.measures import MeasureFileError, own_measure
from bot.settings.clash import Clash, secret_advice, sections_in, value_at
from bot.settings.in_time import clashes_in_time
from bot.settings.lines import KeyPath
from bot.settings.values import one_of, shown
from scoring.instruments import INSTRUMENTS

LICENSED = ("ors", "srs")
"""The measures whose published wording may not be used without a licence."""

_HERE = frozenset({"127.0.0.1", "::1", "localhost"})
"""Hosts that only this machine reaches."""

_SMS = {"account_sid": '"AC…"', "auth_token": "", "from_number": '"+12025550142"'}


def clashes(values: Mapping[str, object]) -> Iterator[Clash]:
    """Find everything in the merged values, nested as in the file, that doesn't go together."""
    for rule in _RULES:
        yield from rule(values)


def _measures_differ(values: Mapping[str, object]) -> Iterator[Clash]:
    for place, schedule in sections_in(values, "schedules"):
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
    for place, schedule in sections_in(values, "schedules"):
        measures = schedule.get("measures")
        for at, key in enumerate(measures if isinstance(measures, list | tuple) else ()):
            if isinstance(key, str) and key not in known:
                yield Clash(
                    ("schedules", place, "measures", at),
                    f"{shown(key)} is not a measure that Attune has",
                    one_of(f'"{one}"' for one in ordered),
                )


def _measure_files(values: Mapping[str, object]) -> Iterator[tuple[int, Path]]:
    files = value_at(values, "measures", "files")
    for place, file in enumerate(files if isinstance(files, list | tuple) else ()):
        if isinstance(file, str | Path):
            yield place, Path(file)


def _webhooks_have_an_address(values: Mapping[str, object]) -> Iterator[Clash]:
    if value_at(values, "telegram", "mode") != "webhook":
        return
    if value_at(values, "server", "public_url") is None:
        yield _no_address('telegram.mode = "webhook" needs it')
    if value_at(values, "telegram", "webhook_secret") is None:
        path: KeyPath = ("telegram", "webhook_secret")
        yield Clash(path, 'is missing: mode = "webhook" needs it', secret_advice(path))


def _sms_is_whole(values: Mapping[str, object]) -> Iterator[Clash]:
    sms = value_at(values, "sms")
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
    if value_at(values, "server", "public_url") is None:
        yield _no_address("text messages need it, because Twilio delivers there")


def _wording_is_licensed(values: Mapping[str, object]) -> Iterator[Clash]:
    wording = value_at(values, "wording")
    for key in LICENSED:
        if isinstance(wording, Mapping) and key in wording and value_at(values, "licence", key) is None:
            yield Clash(
                ("wording", key),
                f"the published wording of {key.upper()} may be used only under a licence, and none is named",
                f'write under [licence] which one, e.g. {key} = "group licence 1234 of 2026"',
            )


def _wording_is_whole(values: Mapping[str, object]) -> Iterator[Clash]:
    for key, instrument in INSTRUMENTS.items():
        languages = value_at(values, "wording", key)
        for language in languages if isinstance(languages, Mapping) else ():
            path: KeyPath = ("wording", key, str(language), "items")
            items = value_at(values, *path)
            if not isinstance(items, Mapping):
                continue
            known = ", ".join(instrument.items)
            for item in instrument.items:
                if item not in items:
                    yield Clash((*path, item), "is missing: every item needs its text", f'write {item} = "…"')
            for item in items:
                if item not in instrument.items:
                    yield Clash((*path, str(item)), f"is not an item of {key}", f"write one of {known}")


def _numbers_are_for_few(values: Mapping[str, object]) -> Iterator[Clash]:
    host = value_at(values, "metrics", "host")
    if value_at(values, "metrics", "port") is None or value_at(values, "metrics", "token") is not None:
        return
    if isinstance(host, str) and host not in _HERE:
        path: KeyPath = ("metrics", "token")
        yield Clash(path, f"is missing: metrics.host {shown(host)} is reached by others", secret_advice(path))


def _metrics_have_a_port_of_their_own(values: Mapping[str, object]) -> Iterator[Clash]:
    server, metrics = (value_at(values, one, "port") for one in ("server", "metrics"))
    if metrics is not None and metrics == server:
        path: KeyPath = ("metrics", "port")
        yield Clash(path, f"is server.port too, {shown(metrics)}", "write another, or leave it out")


def _a_day_fits_into_a_month(values: Mapping[str, object]) -> Iterator[Clash]:
    day, month = (value_at(values, "costs", one) for one in ("segments_a_day", "segments_a_month"))
    if isinstance(day, int) and isinstance(month, int) and day > month:
        path: KeyPath = ("costs", "segments_a_day")
        yield Clash(path, f"is more than segments_a_month, {shown(month)}", "write less, or leave it out")


def _no_address(why: str) -> Clash:
    return Clash(
        ("server", "public_url"),
        f"is missing: {why}",
        'write the https address that the networks reach, e.g. public_url = "https://attune.example.org"',
    )


_RULES: tuple[Callable[[Mapping[str, object]], Iterator[Clash]], ...] = (
    clashes_in_time,
    _measures_differ,
    _measure_files_are_sound,
    _measures_are_known,
    _webhooks_have_an_address,
    _sms_is_whole,
    _wording_is_licensed,
    _wording_is_whole,
    _numbers_are_for_few,
    _metrics_have_a_port_of_their_own,
    _a_day_fits_into_a_month,
)

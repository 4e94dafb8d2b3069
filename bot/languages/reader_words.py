"""What people of one language write beside numbers, read from its `reader.toml`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import cast

SCALE = range(101)
"""What a number word may stand for, in tenths."""


@dataclass(frozen=True, slots=True)
class ReaderWords:
    """What people of one language write beside numbers. Whole messages are compared folded.

    Attributes:
        decimal_comma: whether "7,5" is always seven and a half.
        numbers: words for the numbers on the scale, in tenths.
        over: words for numbers beyond it.
        half: what adds a half to the number before it ("and a half").
        half_written_on: the same, written onto a number word ("einhalb").
        point: what is said between a number and its decimal ("point").
        no_number: phrases in which a number word counts nothing ("no one").
        no_typo: words that look like a mistyped number and are none ("fine").
        before: what may stand before a rating ("I'd say", "a solid").
        after: what may follow a rating without a sign between, and begins a comment ("because").
        at: after these a number is a time or a place ("at").
        times: words that are a time of day by themselves, with a number in them ("halvsyv").
        units: what makes the number before it a quantity ("minutes").
        ish: what may be written onto a number ("ish").
        out_of: what stands before the scale's end ("out of").
        either: what stands between two numbers of which one is meant ("or").
        up_to: what stands between the ends of a range ("to").
        between: what stands before two ends ("between").
        also: what stands between the last two of a list, and between two ends ("and").
        minus: what stands before a number below nought.
        percent: what stands after a percentage.
        negated: what says that a number is not meant ("not").
        correction: what announces another number ("sorry", "I meant").
        stop: whole messages that ask for silence; those of every language count in all.
        start: whole messages that ask for messages again.
        help: whole messages that ask what this is.
        skip: whole messages that leave a question out.
        back: whole messages that ask for the question before.
        agree: whole messages that consent.
        decline: whole messages that refuse consent.
        accept: whole messages that take a suggestion.
        go_on: whole messages that go on with a paused check-in.
        nothing: whole messages that say that there is nothing to add.
        no_session: whole messages that say that the session did not take place.
        take_break: whole messages that ask not to be asked for a while.
        asked_for: whole messages that ask to be written to in this language, in any language.
        courtesy: what may stand before or after any of these.
        later: whole messages that put the question off, or stand beside a time.
        delay_lead: what stands before a length of time that puts it off ("in").
        minutes: words for minutes.
        hours: words for hours.
        days: words for days.
        delays: whole phrases for a length of time, in minutes ("in an hour").
        tomorrow: phrases for tomorrow.
        morning: phrases for the coming morning.
        afternoon: phrases for this afternoon.
        evening: phrases for this evening.
        tomorrow_morning: phrases for the morning of tomorrow; so are the next two.
        tomorrow_afternoon: phrases for its afternoon.
        tomorrow_evening: phrases for its evening.
        joined: which of `also`, `at` and `up_to` are letters written onto a number word (Arabic "and");
            may be left out.
    """

    decimal_comma: bool
    numbers: Mapping[str, int]
    delays: Mapping[str, int]
    over: tuple[str, ...]
    half: tuple[str, ...]
    half_written_on: tuple[str, ...]
    point: tuple[str, ...]
    no_number: tuple[str, ...]
    no_typo: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    at: tuple[str, ...]
    times: tuple[str, ...]
    units: tuple[str, ...]
    ish: tuple[str, ...]
    out_of: tuple[str, ...]
    either: tuple[str, ...]
    up_to: tuple[str, ...]
    between: tuple[str, ...]
    also: tuple[str, ...]
    minus: tuple[str, ...]
    percent: tuple[str, ...]
    negated: tuple[str, ...]
    correction: tuple[str, ...]
    courtesy: tuple[str, ...]
    later: tuple[str, ...]
    delay_lead: tuple[str, ...]
    minutes: tuple[str, ...]
    hours: tuple[str, ...]
    days: tuple[str, ...]
    tomorrow: tuple[str, ...]
    morning: tuple[str, ...]
    afternoon: tuple[str, ...]
    evening: tuple[str, ...]
    tomorrow_morning: tuple[str, ...]
    tomorrow_afternoon: tuple[str, ...]
    tomorrow_evening: tuple[str, ...]
    stop: frozenset[str]
    start: frozenset[str]
    help: frozenset[str]
    skip: frozenset[str]
    back: frozenset[str]
    agree: frozenset[str]
    decline: frozenset[str]
    accept: frozenset[str]
    go_on: frozenset[str]
    nothing: frozenset[str]
    no_session: frozenset[str]
    take_break: frozenset[str]
    asked_for: frozenset[str]
    joined: tuple[str, ...] = ()


class ReaderWordsError(ValueError):
    """A `reader.toml` is wrong; the text says where, and what to write instead."""


def reader_words(table: Mapping[str, object], source: str) -> ReaderWords:
    """Make reader data of a parsed `reader.toml`; `source` names the file in an error.

    Raises:
        ReaderWordsError: a key is missing, unknown or of the wrong kind.
    """
    fields = {one.name: str(one.type) for one in dataclasses.fields(ReaderWords)}
    if wrong := sorted((fields.keys() ^ table.keys()) - {"joined"}):
        problem = "is missing" if wrong[0] in fields else "is not known"
        msg = f"{source}: {wrong[0]} {problem}"
        raise ReaderWordsError(msg)
    made: dict[str, object] = {
        "decimal_comma": table["decimal_comma"] is True,
        "numbers": _numbers(table["numbers"], source),
        "delays": _delays(table["delays"], source),
    }
    for name, kind in fields.items():
        if name not in made:
            listed = _texts(table.get(name, []), f"{source}: {name}")
            made[name] = frozenset(listed) if kind.startswith("frozenset") else listed
    return ReaderWords(**cast("dict[str, bool]", made))  # type: ignore[arg-type]  # each made as its type says


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        msg = f"{where} must be a list of texts"
        raise ReaderWordsError(msg)
    return tuple(cast("list[str]", value))


def _numbers(value: object, source: str) -> Mapping[str, int]:
    if not isinstance(value, dict):
        msg = f'{source}: numbers must be a table of words by points: "7" = ["seven"]'
        raise ReaderWordsError(msg)
    words: dict[str, int] = {}
    for points, listed in value.items():
        try:
            tenths = int(Decimal(points) * 10)
        except InvalidOperation:
            tenths = -1
        if tenths not in SCALE:
            msg = f'{source}: numbers: {points!r} must be points on the scale, such as "7" or "1.5"'
            raise ReaderWordsError(msg)
        words |= dict.fromkeys(_texts(listed, f"{source}: numbers.{points}"), tenths)
    return MappingProxyType(words)


def _delays(value: object, source: str) -> Mapping[str, int]:
    if not isinstance(value, dict) or not all(isinstance(one, int) and one > 0 for one in value.values()):
        msg = f'{source}: delays must be a table of minutes by phrase: "in an hour" = 60'
        raise ReaderWordsError(msg)
    return MappingProxyType(dict(value))

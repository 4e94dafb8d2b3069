"""The settings of what follows from danger: the ladder, a site's own phrases, texts and helplines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from bot.helplines import HELP, NOT_STATED, Help, Helpline
from bot.phrases import PatternError, compiled
from bot.settings.channels import Section
from bot.settings.values import Country, Hours, Language, Whole, refuse, shown

GAPS = ("{telling}", "{emergency}", "{helplines}")
"""What a site's own crisis text must leave open."""

_LETTERS_AT_LEAST = 3
_CODE = re.compile(r"[a-z]{2,3}")


def _phrase(words: str) -> str:
    if sum(map(str.isalpha, words)) < _LETTERS_AT_LEAST:
        refuse(
            f"{shown(words)} is too short for a phrase of danger and would be found everywhere",
            f"write at least {_LETTERS_AT_LEAST} letters",
        )
    try:
        compiled(words, {})
    except PatternError:
        refuse(f"{shown(words)} can't be read as a phrase", "write plain words, without ( ) { } [ ] | ? * #")
    return words


def _text(text: str) -> str:
    missing = [gap for gap in GAPS if gap not in text]
    if missing:
        refuse(
            f"leaves out {' and '.join(missing)}",
            "write where each goes: {telling} says who is being told, {emergency} is the emergency number,"
            " {helplines} are the country's lines",
        )
    return text


def _spoken(code: str) -> str:
    if not _CODE.fullmatch(code):
        refuse(f"{shown(code)} is not a language's code", 'write one of ISO 639-1, e.g. "en"')
    return code


def _day(value: object) -> object:
    if isinstance(value, str):
        with suppress(ValueError):
            return date.fromisoformat(value.strip())
    if not isinstance(value, date) or isinstance(value, datetime):
        refuse(f"{shown(value)} is not a date", 'write year, month and day, e.g. "2026-11-23"')
    return value


Minutes = Annotated[Whole, Field(ge=1, le=1440)]


class HelplineSettings(Section):
    """One helpline of a country; a site's own stand in for all of Attune's there."""

    country: Country = Field(examples=['"US"'])
    name: str = Field(min_length=1, max_length=60, examples=['"988 Suicide & Crisis Lifeline"'])
    number: str = Field(min_length=2, max_length=30, examples=['"988"'])
    text: str = Field("", max_length=30)  # the number for text messages
    languages: tuple[Annotated[str, AfterValidator(_spoken)], ...] = Field((), examples=['["en"]'])
    hours: str = Field(NOT_STATED, max_length=60)
    verified_on: Annotated[date, BeforeValidator(_day)] | None = Field(None, examples=['"2026-11-23"'])
    source: str = ""


class CrisisSettings(Section):
    """What happens until somebody closes an alert of danger, and a site's own words for it."""

    repeat_after_minutes: Minutes = 15
    backup_after_minutes: Minutes = 15
    operators_after_minutes: Minutes = 30
    seen_holds_minutes: Minutes = 60
    silence_after_hours: Hours = 12
    backups: tuple[str, ...] = Field((), examples=['["T2"]'])
    phrases: tuple[Annotated[str, AfterValidator(_phrase)], ...] = Field((), examples=['["the bridge"]'])
    text: Mapping[Language, Annotated[str, AfterValidator(_text)]] = Field(
        default_factory=dict, examples=['{ en = "…" }']
    )
    helplines: tuple[HelplineSettings, ...] = ()


def helplines_of(crisis: CrisisSettings) -> Mapping[str, Help]:
    """Turn a site's own helplines into its countries' help."""
    lines: dict[str, tuple[Helpline, ...]] = {}
    for one in crisis.helplines:
        verified_on = one.verified_on.isoformat() if one.verified_on else ""
        line = Helpline(
            one.name, one.number, one.text, one.languages, one.hours, verified_on, one.source or "config"
        )
        lines[one.country] = (*lines.get(one.country, ()), line)
    unknown = Help("112", ())
    return MappingProxyType(
        {country: Help(HELP.get(country, unknown).emergency, own) for country, own in lines.items()}
    )

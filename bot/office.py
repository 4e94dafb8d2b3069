"""From settings to a working service without any network: what the command line and the process share."""

from __future__ import annotations

import dataclasses
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.engine import make_url

from bot.channels.console import ConsoleChannel
from bot.channels.sms import SmsChannel
from bot.channels.telegram import TelegramChannel
from bot.ladder import Ladder
from bot.languages import LANGUAGES, ItemWords, MeasureWords
from bot.policy import Policy
from bot.safety import SHIPPED
from bot.service import Service
from bot.settings.crisis import helplines_of
from bot.timetable import DAYS, Quiet, Routine
from bot.wording import House
from scoring.instrument import AgeGroup, Instrument, Norms
from scoring.instruments import INSTRUMENTS
from storage import migrations
from storage.crypto import Cipher, load_or_make, parse_keyring
from storage.store import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from bot.settings import CrisisSettings, ScheduleSettings, Settings, WordingSettings

log = structlog.get_logger(__name__)

CHANNELS = (TelegramChannel, SmsChannel, ConsoleChannel)
"""Every channel there is."""

A_WEEK = 7


class NotUpgradedError(Exception):
    """The database is older than this Attune, and the settings forbid to upgrade it by itself."""


def utc_now() -> datetime:
    """Tell the time, aware UTC."""
    return datetime.now(UTC)


def policy_of(settings: Settings) -> Policy:
    """Turn settings into the site's choices as the use cases need them."""
    clinic = settings.clinic
    return Policy(
        house=House(
            clinic.name,
            clinic.contact,
            settings.consent.text,
            clinic.emergency_number,
            crisis=MappingProxyType(dict(settings.crisis.text)),
            helplines=helplines_of(settings.crisis),
        ),
        quiet=Quiet(settings.quiet_hours.start, settings.quiet_hours.end),
        routines=MappingProxyType({one.name: routine_of(one) for one in settings.schedules}),
        ruleset=settings.rules.ruleset,
        off=frozenset(settings.rules.off),
        instruments=_instruments(settings),
        wording=_wording(settings),
        consent_version=settings.consent.version,
        edits=frozenset(channel.name for channel in CHANNELS if channel.edits),
        stop_everywhere=settings.opt_out.every_channel,
        lexicon=SHIPPED.with_phrases(settings.crisis.phrases) if settings.crisis.phrases else SHIPPED,
        ladder=_ladder(settings.crisis),
        backups=settings.crisis.backups,
        zone=clinic.zone,
        country=clinic.country,
        language=clinic.language,
    )


def _ladder(crisis: CrisisSettings) -> Ladder:
    return Ladder(
        repeat_after=timedelta(minutes=crisis.repeat_after_minutes),
        backup_after=timedelta(minutes=crisis.backup_after_minutes),
        operators_after=timedelta(minutes=crisis.operators_after_minutes),
        seen_holds=timedelta(minutes=crisis.seen_holds_minutes),
        silence_after=timedelta(hours=crisis.silence_after_hours),
    )


def routine_of(schedule: ScheduleSettings) -> Routine:
    """Turn one schedule of the config into a routine."""
    weekly = schedule.every == "week"
    return Routine(
        name=schedule.name,
        measures=schedule.measures,
        weekday=DAYS.index(schedule.day) if weekly and schedule.day else None,
        days=A_WEEK if schedule.every == "week" else schedule.every,
        at=schedule.at,
        remind_after=None if schedule.reminder_after is None else timedelta(hours=schedule.reminder_after),
        expires_after=timedelta(hours=schedule.expires_after),
        default=schedule.default,
        together=schedule.ask == "together",
    )


def _instruments(settings: Settings) -> Mapping[str, Instrument]:
    """Put the site's own numbers in place of the rule set's."""
    numbers = settings.rules.numbers.tenths()
    ruleset = settings.rules.ruleset
    changed = {}
    for key, instrument in INSTRUMENTS.items():
        norms = _with_numbers(instrument.norms[ruleset], numbers)
        changed[key] = dataclasses.replace(
            instrument, norms=MappingProxyType({**instrument.norms, ruleset: norms})
        )
    return MappingProxyType(changed)


def _with_numbers(norms: Norms, numbers: Mapping[str, int]) -> Norms:
    """Replace the numbers that a measure has; one that it has not is none of its."""
    names = {
        "reliable_change": "reliable_change",
        "concern_total": "srs_total",
        "concern_item": "srs_item",
        "concern_drop": "srs_drop",
    }
    own = {
        name: numbers[given]
        for name, given in names.items()
        if getattr(norms, name) is not None and given in numbers
    }
    cutoff = {age: numbers.get(f"cutoff_{age.value}", value) for age, value in norms.cutoff.items()}
    return Norms(
        reliable_change=own.get("reliable_change", norms.reliable_change),
        cutoff=MappingProxyType({AgeGroup(age): value for age, value in cutoff.items()}),
        cutoff_is_functional=norms.cutoff_is_functional,
        concern_total=own.get("concern_total", norms.concern_total),
        concern_item=own.get("concern_item", norms.concern_item),
        concern_drop=own.get("concern_drop", norms.concern_drop),
    )


def _wording(settings: Settings) -> Mapping[tuple[str, str], MeasureWords]:
    return MappingProxyType(
        {
            (measure, language): _measure_words(LANGUAGES[language].measures[measure], words)
            for measure, languages in settings.wording.items()
            for language, words in languages.items()
        }
    )


def _measure_words(ours: MeasureWords, given: WordingSettings) -> MeasureWords:
    """Put a site's licensed text in place of ours; labels stay."""
    items = {
        key: ItemWords(words.label, given.items.get(key, words.question), given.low, given.high)
        for key, words in ours.items.items()
    }
    return MeasureWords(
        intro=given.intro or ours.intro,
        about=ours.about,
        title=ours.title,
        items=MappingProxyType(items),
        ours=not given.items.keys() >= ours.items.keys(),
    )


def cipher_of(settings: Settings) -> Cipher:
    """Read the keys, from the environment or the file; a missing file is made, and where is logged.

    Raises:
        KeyringError: the keys are malformed.
    """
    if settings.keys.keyring is not None:
        return parse_keyring(settings.keys.keyring.get_secret_value())
    cipher, made = load_or_make(settings.keys.file)
    if made:
        log.warning(
            "New keys were made. Keep a copy of this file apart from the database's backup: without it"
            " nothing that names a person can be read again.",
            action="keys_made",
            file=str(settings.keys.file.absolute()),
        )
    return cipher


def database_url(settings: Settings) -> str:
    """Give the database's URL with its password."""
    url = make_url(settings.database.url)
    if settings.database.password is not None:
        url = url.set(password=settings.database.password.get_secret_value())
    return url.render_as_string(hide_password=False)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Service]:
    """Open the database, bring it to the present form, and give the service on it.

    Raises:
        NotUpgradedError: it is older than this Attune and `database.upgrade_on_start` is off.
        KeyringError: the keys are malformed.
    """
    store = Store.open(database_url(settings), cipher_of(settings))
    try:
        before, newest = await migrations.revision(store.engine)
        if before != newest and not settings.database.upgrade_on_start:
            msg = (
                f"the database is at {before or 'nothing'} and this Attune needs {newest}: attune db upgrade"
            )
            raise NotUpgradedError(msg)
        if before != newest:
            await migrations.upgrade(store.engine)
            log.info("The database was upgraded.", action="upgraded", before=before, after=newest)
        yield Service(store, policy_of(settings), utc_now)
    finally:
        await store.close()

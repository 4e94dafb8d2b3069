"""From settings to a working service without any network: what the command line and the process share."""

from __future__ import annotations

import dataclasses
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.engine import make_url

from bot import trajectories
from bot.channels.console import ConsoleChannel
from bot.channels.sms import SmsChannel
from bot.channels.telegram import TelegramChannel
from bot.ladder import Ladder
from bot.languages import LANGUAGES, ItemWords, MeasureWords
from bot.measures import MeasureFileError, own_measures
from bot.policy import Policy
from bot.safety import SHIPPED
from bot.service import Service
from bot.settings import ConfigError, Fault
from bot.settings.crisis import helplines_of
from bot.timetable import DAYS, Quiet, Routine
from bot.wording import House
from scoring.instrument import AgeGroup, Instrument, Norms
from scoring.instruments import INSTRUMENTS, PAIR
from storage import migrations
from storage.crypto import Cipher, load_or_make, parse_keyring
from storage.store import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from bot.measures import OwnMeasure
    from bot.settings import CrisisSettings, RuleNumbers, ScheduleSettings, Settings, WordingSettings

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
    clinic, own = settings.clinic, _own_measures(settings)
    policy = Policy(
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
        instruments=_instruments(settings.rules.ruleset, settings.rules.numbers, own),
        curves=trajectories.curves(settings),
        models=trajectories.models(settings),
        wording=_wording(settings, own),
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
    return dataclasses.replace(policy, therapists=_therapists(settings, policy, own))


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


def _own_measures(settings: Settings) -> Mapping[str, OwnMeasure]:
    """Read the files of the site's own measures.

    Raises:
        ConfigError: one can't be used.
    """
    try:
        return own_measures(settings.measures.files)
    except MeasureFileError as error:
        fault = Fault("measures.files", None, str(error), "docs/measures.md shows a whole file")
        raise ConfigError((fault,)) from error


def _instruments(
    ruleset: str, numbers: RuleNumbers, own: Mapping[str, OwnMeasure]
) -> Mapping[str, Instrument]:
    """Put the site's numbers in place of the rule set's; a measure of its own has those of its file."""
    changed = {
        key: dataclasses.replace(
            instrument,
            norms=MappingProxyType(
                {**instrument.norms, ruleset: _with_numbers(instrument.norms[ruleset], _given(numbers, key))}
            ),
        )
        for key, instrument in INSTRUMENTS.items()
    }
    added = {key: one.instrument for key, one in own.items()}
    return MappingProxyType({**changed, **added})


def _given(numbers: RuleNumbers, measure: str) -> Mapping[str, int | str | tuple[int, ...]]:
    """Give the numbers that the config sets for a measure: those of other measures begin with its key."""
    given = numbers.given()
    if measure in PAIR:
        return given
    own = {
        name.removeprefix(f"{measure}_"): one for name, one in given.items() if name.startswith(f"{measure}_")
    }
    return {**own, **({f"cutoff_{age}": own["cutoff"] for age in AgeGroup} if "cutoff" in own else {})}


_NUMBERS = {
    "concern_total": "srs_total",
    "concern_item": "srs_item",
    "concern_drop": "srs_drop",
    "soon_fall": "srs_soon_fall",
    "unusual_fall": "srs_unusual_fall",
}
"""What the config calls some numbers; all others it calls as the norms do."""


def _with_numbers(norms: Norms, given: Mapping[str, int | str | tuple[int, ...]]) -> Norms:
    """Replace the numbers that a measure has; one that it has not is none of its."""
    own: dict[str, Any] = {
        name: given[called]
        for name in Norms.__slots__
        if name != "cutoff"
        and getattr(norms, name) is not None
        and (called := _NUMBERS.get(name, name)) in given
    }
    if norms.cutoff and "at_cutoff" in given:
        own["cutoff_is_functional"] = given["at_cutoff"] == "functional"
    ages = {age: given.get(f"cutoff_{age}", value) for age, value in norms.cutoff.items()}
    cutoff = {age: value for age, value in ages.items() if isinstance(value, int)}
    return dataclasses.replace(norms, cutoff=MappingProxyType(cutoff), **own)


def _therapists(
    settings: Settings, policy: Policy, measures: Mapping[str, OwnMeasure]
) -> Mapping[str, Policy]:
    """Give the policies of the therapists whose clients are judged by numbers of their own."""
    rules = settings.rules
    return MappingProxyType(
        {
            code: dataclasses.replace(
                policy,
                off=policy.off if own.off is None else frozenset(own.off),
                instruments=_instruments(
                    rules.ruleset,
                    rules.numbers.model_copy(update=own.numbers.model_dump(exclude_unset=True)),
                    measures,
                ),
            )
            for code, own in rules.therapists.items()
        }
    )


def _wording(settings: Settings, own: Mapping[str, OwnMeasure]) -> Mapping[tuple[str, str], MeasureWords]:
    """Give the site's licensed wording, and that of its own measures."""
    added = {(key, code): words for key, one in own.items() for code, words in one.words.items()}
    return MappingProxyType(
        {
            **added,
            **{
                (measure, language): _measure_words(LANGUAGES[language].measures[measure], words)
                for measure, languages in settings.wording.items()
                for language, words in languages.items()
            },
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

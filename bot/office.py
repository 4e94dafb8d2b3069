"""From settings to a working service without any network: what the command line and the process share."""

from __future__ import annotations

import dataclasses
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.engine import make_url

from bot import trajectories
from bot.caps import CostRules
from bot.channels.console import ConsoleChannel
from bot.channels.sms import SmsChannel
from bot.channels.telegram import TelegramChannel
from bot.ladder import Ladder
from bot.measured import instruments_of, own_measures_of, wording_of
from bot.policy import Policy, SessionRules
from bot.safety import SHIPPED
from bot.service import Service
from bot.settings.crisis import helplines_of
from bot.timetable import DaysOff, Quiet, Routine
from bot.wording import House
from storage import migrations
from storage.crypto import Cipher, KeyringError, load_or_make, parse_keyring
from storage.store import Access, Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from bot.measures import OwnMeasure
    from bot.settings import (
        CostSettings,
        CrisisSettings,
        ScheduleSettings,
        SessionSettings,
        Settings,
    )
    from storage.migrations import Form

log = structlog.get_logger(__name__)

CHANNELS = (TelegramChannel, SmsChannel, ConsoleChannel)
"""Every channel there is."""


class NotUpgradedError(Exception):
    """The database is older than this Attune and not to be upgraded by itself, or it is too new."""


def utc_now() -> datetime:
    """Tell the time, aware UTC."""
    return datetime.now(UTC)


def policy_of(settings: Settings) -> Policy:
    """Turn settings into the site's choices as the use cases need them."""
    clinic, own = settings.clinic, own_measures_of(settings)
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
        instruments=instruments_of(settings.rules.ruleset, settings.rules.numbers, own),
        curves=trajectories.curves(settings),
        models=trajectories.models(settings),
        wording=wording_of(settings, own),
        consent_version=settings.consent.version,
        edits=frozenset(channel.name for channel in CHANNELS if channel.edits),
        stop_everywhere=settings.opt_out.every_channel,
        lexicon=SHIPPED.with_phrases(settings.crisis.phrases) if settings.crisis.phrases else SHIPPED,
        ladder=_ladder(settings.crisis),
        backups=settings.crisis.backups,
        zone=clinic.zone,
        country=clinic.country,
        language=clinic.language,
        programmes=MappingProxyType({name: one.schedules for name, one in settings.programmes.items()}),
        most_a_day=settings.check_ins.most_a_day,
        pause_after=settings.check_ins.pause_after,
        pause_for=timedelta(days=settings.check_ins.pause_days),
        sessions=_session_rules(settings.sessions),
        costs=_cost_rules(settings.costs),
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


def _cost_rules(costs: CostSettings) -> CostRules:
    return CostRules(costs.price, costs.segments_a_day, costs.segments_a_month, costs.warn_at_percent)


def routine_of(schedule: ScheduleSettings) -> Routine:
    """Turn one schedule of the config into a routine."""
    return Routine(
        name=schedule.name,
        measures=schedule.measures,
        when=schedule.rule,
        reminders=tuple(timedelta(hours=hours) for hours in schedule.reminder_after),
        expires_after=timedelta(hours=schedule.expires_after),
        late_by=timedelta(hours=schedule.late_by),
        answers_late=timedelta(hours=schedule.late_answers),
        default=schedule.default,
        together=schedule.ask == "together",
        start=schedule.start,
        end=schedule.end,
        off=DaysOff(schedule.skip, schedule.holidays),
    )


def _session_rules(sessions: SessionSettings) -> SessionRules:
    hours = sessions.confirm_hours_before
    return SessionRules(
        confirm_before=None if hours is None else timedelta(hours=hours),
        can_cancel=sessions.can_cancel,
        length=timedelta(minutes=sessions.minutes),
        ahead=timedelta(days=sessions.days_ahead),
    )


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
                instruments=instruments_of(
                    rules.ruleset,
                    rules.numbers.model_copy(update=own.numbers.model_dump(exclude_unset=True)),
                    measures,
                ),
            )
            for code, own in rules.therapists.items()
        }
    )


def operators_of(settings: Settings) -> list[tuple[str, str]]:
    """Give the operators' (channel, address) pairs."""
    by_channel = {"telegram": settings.operators.telegram, "sms": settings.operators.sms}
    return [(channel, address) for channel, addresses in by_channel.items() for address in addresses]


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
    return _with_password(settings, settings.database.url)


def _with_password(settings: Settings, address: str) -> str:
    url = make_url(address)
    if settings.database.password is not None:
        url = url.set(password=settings.database.password.get_secret_value())
    return url.render_as_string(hide_password=False)


def store_of(settings: Settings) -> Store:
    """Open the database of the settings; nothing connects yet.

    Raises:
        KeyringError: the keys are malformed.
    """
    database = settings.database
    access = Access(
        prepared=database.prepared_statements,
        notifies=database.listen,
        direct_url=None if database.direct_url is None else _with_password(settings, database.direct_url),
    )
    return Store.open(database_url(settings), cipher_of(settings), access)


@asynccontextmanager
async def as_it_is(settings: Settings) -> AsyncIterator[Service | None]:
    """Open the database to look at it: nothing is made and nothing brought to another form.

    Yields:
        None where no Attune has worked with this database yet.

    Raises:
        NotUpgradedError: it is older than this Attune, or too new for it.
        KeyringError: the keys are malformed, or another database's.
    """
    if not _is_there(settings):
        yield None
        return
    store = store_of(settings)
    try:
        form = await migrations.form(store.engine)
        if form.revision is not None:
            _refuse_misfit(form, upgrades=False)
            await _refuse_other_keys(store)
        yield Service(store, policy_of(settings), utc_now) if form.revision else None
    finally:
        await store.close()


def _refuse_misfit(form: Form, *, upgrades: bool) -> None:
    """Refuse a database whose form this Attune can't work with, unless it `upgrades` one that is behind."""
    if form.behind and not upgrades:
        at = form.revision or "nothing"
        msg = f"the database is at {at} and this Attune needs {form.newest}: attune db upgrade"
        raise NotUpgradedError(msg)
    if form.ahead and not form.fits:
        msg = (
            f"the database is at {form.revision} and needs an Attune that knows {form.oldest}; this one knows"
            f" {form.newest} at most: install a newer one"
        )
        raise NotUpgradedError(msg)


async def _refuse_other_keys(store: Store) -> None:
    """Refuse keys that open no name; a single one that does not open is gone without (`storage.seals`)."""
    async with store.reading() as transaction:
        if not await transaction.people.keys_fit():
            msg = (
                "no name in this database opens with these keys: write the keyring that it was sealed with to"
                " keys.file or keys.keyring"
            )
            raise KeyringError(msg)


def _is_there(settings: Settings) -> bool:
    """Tell whether there can be a database with something in it: opening it would make the files of one."""
    url = make_url(database_url(settings))
    kept = url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()
    return kept and (settings.keys.keyring is not None or settings.keys.file.is_file())


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Service]:
    """Open the database, bring it to the present form, and give the service on it.

    Raises:
        NotUpgradedError: it is older than this Attune and `database.upgrade_on_start` is off, or too new.
        KeyringError: the keys are malformed, or another database's.
    """
    store = store_of(settings)
    try:
        form = await migrations.form(store.engine)
        _refuse_misfit(form, upgrades=settings.database.upgrade_on_start)
        if form.behind:
            before, after = await migrations.upgrade(store.engine)
            if before != after:  # else another worker has just done it
                log.info("The database was upgraded.", action="upgraded", before=before, after=after)
        if form.ahead:
            log.warning(
                "A newer Attune has upgraded the database; this one works with it, until it is exchanged.",
                action="ahead",
                database=form.revision,
                newest=form.newest,
            )
        await _refuse_other_keys(store)
        yield Service(store, policy_of(settings), utc_now)
    finally:
        await store.close()

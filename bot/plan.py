"""A config in words: what this site will do, and what somebody should still see to."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from math import ceil
from typing import TYPE_CHECKING

from bot.helplines import HELP, stale
from bot.languages import LANGUAGES
from bot.settings.crisis import helplines_of
from bot.times_in_words import of_time
from bot.wording import points
from scoring.instrument import Gauge
from scoring.instruments import INSTRUMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.policy import Policy
    from bot.settings import Settings
    from scoring.instrument import Instrument


def describe(settings: Settings, policy: Policy) -> Iterator[str]:
    """Say what the config will do, a line at a time, and then what to see to before clients are asked."""
    clinic = settings.clinic
    yield f"{clinic.name}, in {clinic.zone}."
    yield from _channels(settings)
    yield f"Kept in {settings.database.url}; keys in {_keys(settings)}."
    yield from _workers(settings)
    yield from _watched(settings)
    yield from of_time(settings)
    yield f"Rule set {policy.ruleset}:"
    for instrument in policy.instruments.values():
        yield f"  {_measure(policy, instrument)}"
    if settings.rules.off:
        yield f"Switched off: {', '.join(settings.rules.off)}."
    yield from _therapists(settings)
    yield from _ladder(settings)
    for notice in (*notices(settings), *_not_offered(settings, policy)):
        yield f"Note: {notice}"


def _workers(settings: Settings) -> Iterator[str]:
    """Say what several processes on one database do for one another; on SQLite there is one."""
    if settings.database.url.startswith("postgresql"):
        waking = "wake each other" if settings.database.listen else "each look for work every second"
        polls = settings.telegram.token is not None and settings.telegram.mode == "poll"
        polling = "; one of them polls Telegram" if polls else ""
        yield f"Any number of workers may use this database: they {waking}{polling}."


def notices(settings: Settings, today: date | None = None) -> Iterator[str]:
    """Say what a clinic should see to; none of it keeps Attune from running."""
    for key in ("ors", "srs"):
        if getattr(settings.licence, key) is None:
            yield (
                f"no licence is given for the published {key.upper()} texts, so Attune asks in its own plain"
                " wording; its cutoffs are indicative, and alerts say so. See README, Licensing."
            )
    if not (settings.operators.telegram or settings.operators.sms):
        yield "no operators are set: nobody is told when an alert can't be delivered. Set [operators]."
    if not settings.crisis.backups:
        yield (
            "no backups are set: where a therapist has none of their own and doesn't answer, danger goes to"
            " the operators. Set crisis.backups."
        )
    if not settings.clinic.contact:
        yield "no independent contact is set: HELP names nobody but the therapist. Set clinic.contact."
    yield from _helplines(settings, today or datetime.now(UTC).date())
    yield from _drafts(settings)
    yield from _over(settings, today or datetime.now(UTC).date())
    yield from _without_file(settings)
    yield "Attune is not an emergency service. A clinician must sign off thresholds, wording and crisis text."


def _drafts(settings: Settings) -> Iterator[str]:
    """Say which of the languages that the config names nobody has reviewed."""
    spoken = {settings.clinic.language, *(code for by_code in settings.wording.values() for code in by_code)}
    if drafts := sorted(LANGUAGES[code].name for code in spoken if LANGUAGES[code].draft):
        yield (
            f"no named reviewer has read the texts in {', '.join(drafts)} yet: they are drafts. Have somebody"
            " who speaks the language read them, and enter who it was in bot/languages/…/language.toml."
        )


def _over(settings: Settings, today: date) -> Iterator[str]:
    """Say which schedules ask nobody any more."""
    for one in settings.schedules:
        if one.end is not None and one.end < today:
            yield f"schedule {one.name} ended on {one.end}: it asks nobody any more. Write a later end."


def _without_file(settings: Settings) -> Iterator[str]:
    """Say which calendars are to be read out of a file that isn't there; it may still come."""
    for one in settings.calendars:
        if one.file is not None and not os.access(one.file, os.R_OK):
            yield (
                f"calendar {one.name} is to be read from {one.file}, which isn't there or can't be read: no"
                " session comes from it until it can. Put the file there, or correct its path."
            )


def _therapists(settings: Settings) -> Iterator[str]:
    """Say which therapists' clients are judged otherwise; the config can't know whether there is one."""
    for code, own in settings.rules.therapists.items():
        numbers = ", ".join(
            f"{name} {value}" for name, value in own.numbers.model_dump(exclude_none=True).items()
        )
        off = None if own.off is None else f"switched off: {', '.join(own.off) or 'nothing'}"
        said = "; ".join(filter(None, (numbers, off))) or "nothing of their own"
        yield f"  Clients of {code} (if a therapist has that code): {said}."


def _ladder(settings: Settings) -> Iterator[str]:
    crisis = settings.crisis
    backups = ", ".join(crisis.backups) or "their own backup, if they have one"
    yield (
        f"Danger: the therapist at once, again after {crisis.repeat_after_minutes} min; {backups} after"
        f" {crisis.backup_after_minutes} min more; {crisis.operators_after_minutes} min later the operators,"
        f" and the client gets the crisis text once more. Seen holds it for {crisis.seen_holds_minutes} min;"
        " only CLOSED, with what was done, ends it, and routine check-ins wait until then. A client who"
        f" writes nothing for {crisis.silence_after_hours:g} h is reported."
    )
    if crisis.phrases:
        yield f"Phrases of danger of your own: {len(crisis.phrases)}."


def _helplines(settings: Settings, today: date) -> Iterator[str]:
    """Say which of the country's helplines somebody should check."""
    country = settings.clinic.country
    known = {**HELP, **helplines_of(settings.crisis)}
    if not known.get(country):
        yield f"no helplines are known for {country}; the crisis text names 112 only."
        return
    here = known[country]
    names = {name for _, name in stale(today, known={country: here})}
    for line in here.helplines:
        if line.name in names and not line.verified_on:
            yield f"nobody has verified {line.name} ({line.number}): ring it, and read the crisis text."
        elif line.name in names:
            yield f"{line.name} ({line.number}) was last verified on {line.verified_on}: ring it again."


def _channels(settings: Settings) -> Iterator[str]:
    telegram, sms = settings.telegram, settings.sms
    if telegram.token is not None:
        how = "by long polling" if telegram.mode == "poll" else f"at {settings.server.public_url}/telegram"
        yield f"Telegram: on, heard {how}; at most {telegram.messages_per_second:g} messages a second."
    if sms.account_sid is not None:
        sender = sms.messaging_service_sid or sms.from_number
        minutes = ceil(1000 / sms.rate / 60)
        yield (
            f"SMS: on, sent from {sender}, heard at {settings.server.public_url}/sms; at most {sms.rate:g}"
            f" segments a second, so 1,000 messages of one segment take {minutes} min."
        )
        yield from _costs(settings)
    if telegram.token is None and sms.account_sid is None:
        yield "No channel is configured: set ATTUNE_TELEGRAM__TOKEN or [sms], or attune run --console."


def _costs(settings: Settings) -> Iterator[str]:
    """Say when routine questions by text message wait for a cap, if ever."""
    costs = settings.costs
    pairs = ((costs.segments_a_day, "a day"), (costs.segments_a_month, "a month"))
    caps = " or ".join(f"{most} segments {span}" for most, span in pairs if most is not None)
    if caps:
        yield (
            f"  Beyond {caps} routine questions and reminders by text message wait; alerts, crisis texts and"
            f" answers never do. Operators are told from {costs.warn_at_percent} % on."
        )


def _watched(settings: Settings) -> Iterator[str]:
    """Say where Prometheus finds numbers, and who is let in."""
    server, own = settings.server, settings.metrics
    asked = "by whoever shows the token" if own.token is not None else "by anybody on this machine"
    places = [f"{own.host}:{own.port}"] if own.port is not None else []
    if own.token is not None:
        places.append(f"{server.host}:{server.port}")
    if places:
        yield f"Numbers for Prometheus: /metrics at {' and '.join(places)}, read {asked}."


def _keys(settings: Settings) -> str:
    return "the environment" if settings.keys.keyring is not None else str(settings.keys.file)


def _measure(policy: Policy, instrument: Instrument) -> str:
    """Say what a measure is judged by, and in which languages it can be asked where that is not all."""
    offered = policy.offered_in(instrument.key)
    names = ", ".join(policy.languages[code].name for code in offered) or "no language"
    spoken = "" if len(offered) == len(policy.languages) else f"; asked in {names} only"
    whose = "" if instrument.key in INSTRUMENTS else "; your own"
    return f"{instrument.name} ({instrument.key}): {_numbers(policy, instrument)}{spoken}{whose}"


def _not_offered(settings: Settings, policy: Policy) -> Iterator[str]:
    """Say which schedules ask what can't be asked in the clinic's language."""
    language = policy.speak(None)
    for schedule in settings.schedules:
        for key in schedule.measures:
            if not policy.offers(key, language):
                yield (
                    f"schedule {schedule.name} asks {key}, which has no text in {language.name} that may be"
                    " used: clients who are written to in it are not asked it."
                )


def _numbers(policy: Policy, instrument: Instrument) -> str:
    norms = instrument.norms[policy.ruleset]
    parts = []
    if norms.reliable_change is not None:
        parts.append(f"reliable change {points(norms.reliable_change)}")
    if norms.cutoff:
        ages = ", ".join(f"{age} {points(value)}" for age, value in norms.cutoff.items())
        parts.append(f"cutoff {ages}")
    if instrument.gauges is Gauge.ALLIANCE and norms.concern_total is not None:
        parts.append(f"concern below {points(norms.concern_total)}")
    if norms.concern_item is not None:
        parts.append(f"an item below {points(norms.concern_item)}")
    if norms.concern_drop is not None:
        parts.append(f"a fall of {points(norms.concern_drop)}")
    parts += [f"danger from {points(least)} in {item}" for item, least in instrument.risk_items.items()]
    return ", ".join(parts) or "trend only"

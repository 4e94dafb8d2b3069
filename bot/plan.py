"""A config in words: what this site will do, and what somebody should still see to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.helplines import HELP
from bot.wording import points
from scoring.instrument import Gauge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.policy import Policy
    from bot.settings import ScheduleSettings, Settings
    from scoring.instrument import Instrument

_DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}


def describe(settings: Settings, policy: Policy) -> Iterator[str]:
    """Say what the config will do, a line at a time, and then what to see to before clients are asked."""
    clinic = settings.clinic
    yield f"{clinic.name}, in {clinic.zone}."
    yield from _channels(settings)
    yield f"Kept in {settings.database.url}; keys in {_keys(settings)}."
    quiet = settings.quiet_hours
    yield f"Nothing is started between {quiet.start:%H:%M} and {quiet.end:%H:%M}."
    if not settings.schedules:
        yield "No schedules: clients are asked only by hand (attune client ask AB ors)."
    for one in settings.schedules:
        yield _schedule(one)
    yield f"Rule set {policy.ruleset}:"
    for instrument in policy.instruments.values():
        yield f"  {instrument.name} ({instrument.key}): {_numbers(policy, instrument)}"
    if settings.rules.off:
        yield f"Switched off: {', '.join(settings.rules.off)}."
    for notice in notices(settings):
        yield f"Note: {notice}"


def notices(settings: Settings) -> Iterator[str]:
    """Say what a clinic should see to; none of it keeps Attune from running."""
    for key in ("ors", "srs"):
        if getattr(settings.licence, key) is None:
            yield (
                f"no licence is given for the published {key.upper()} texts, so Attune asks in its own plain"
                " wording; its cutoffs are indicative, and alerts say so. See README, Licensing."
            )
    if not (settings.operators.telegram or settings.operators.sms):
        yield "no operators are set: nobody is told when an alert can't be delivered. Set [operators]."
    if not settings.clinic.contact:
        yield "no independent contact is set: HELP names nobody but the therapist. Set clinic.contact."
    here = HELP.get(settings.clinic.country)
    if here is None:
        yield f"no helplines are known for {settings.clinic.country}; the crisis text names 112 only."
    else:
        for line in here.helplines:
            if not line.verified_on:
                yield f"nobody has verified {line.name} ({line.number}): ring it, and read the crisis text."
    yield "Attune is not an emergency service. A clinician must sign off thresholds, wording and crisis text."


def _channels(settings: Settings) -> Iterator[str]:
    telegram, sms = settings.telegram, settings.sms
    if telegram.token is not None:
        how = "by long polling" if telegram.mode == "poll" else f"at {settings.server.public_url}/telegram"
        yield f"Telegram: on, heard {how}."
    if sms.account_sid is not None:
        sender = sms.messaging_service_sid or sms.from_number
        yield f"SMS: on, sent from {sender}, heard at {settings.server.public_url}/sms."
    if telegram.token is None and sms.account_sid is None:
        yield "No channel is configured: set ATTUNE_TELEGRAM__TOKEN or [sms], or attune run --console."


def _keys(settings: Settings) -> str:
    return "the environment" if settings.keys.keyring is not None else str(settings.keys.file)


def _schedule(one: ScheduleSettings) -> str:
    when = f"every {_DAYS[one.day or 'mon']}" if one.every == "week" else f"every {one.every} days"
    reminder = "no reminder" if one.reminder_after is None else f"a reminder after {one.reminder_after:g} h"
    who = "every client" if one.default else "nobody by default"
    return (
        f"Schedule {one.name}: {' then '.join(one.measures)} {when} at {one.at:%H:%M} in the client's zone;"
        f" {reminder}; open for {one.expires_after:g} h; {who}."
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
    return ", ".join(parts) or "trend only"

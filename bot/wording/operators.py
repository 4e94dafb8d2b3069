"""What an operator reads: technical alarms, which name ids and never a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.caps import Cap
from bot.languages import Language
from bot.wording.house import House


def operator_welcome(language: Language) -> str:
    """Confirm START to an operator."""
    return language.text("You will receive technical alarms here again.")


def operator_help(language: Language) -> str:
    """Answer HELP to an operator."""
    return language.text("You receive Attune's technical alarms here. Write STOP to end them.")


def operator_stopped(language: Language) -> str:
    """Confirm STOP to an operator, where no network has."""
    return language.text("You will get no more technical alarms here. Write START if you want them again.")


def alarm(language: Language, house: House, what: str) -> str:
    """Tell operators of something technical; `what` names ids, never a person."""
    return language.text("Attune at {clinic}: {what}").format(clinic=house.name, what=what)


def alert_undeliverable(language: Language, number: int, *, urgent: bool) -> str:
    """Say which alert reached nobody; an urgent one is of danger to a client."""
    if urgent:
        return language.text(
            "URGENT: alert {number} is about danger to a client and could not be delivered to the therapist."
            " Please pass it on now: attune alert list."
        ).format(number=number)
    return language.text(
        "alert {number} could not be delivered to its therapist. Please pass it on: attune alert list."
    ).format(number=number)


def alert_unclosed(language: Language, number: int, told: Sequence[str]) -> str:
    """Say which alert of danger nobody has closed, and which therapists were told of it, by code."""
    return language.text(
        "URGENT: nobody has closed alert {number}, which is about danger to a client. Told so far: {codes}."
        " Please see that somebody acts now: attune alert list."
    ).format(number=number, codes=", ".join(told))


def crisis_undeliverable(language: Language) -> str:
    """Say that the crisis text did not reach whoever is in danger."""
    return language.text("the crisis text could not be delivered to somebody who wrote words of danger.")


def remark_undeliverable(language: Language) -> str:
    """Say that a client's words reached nobody."""
    return language.text(
        "a client's words could not be passed on, because their therapist has no address that works."
        " They are kept."
    )


def sender_stopped(language: Language, channel: str) -> str:
    """Say that a network refuses our own account."""
    return language.text(
        "{channel} refuses our account, so nothing goes out there. It is tried again every few minutes;"
        " see the log for the reason."
    ).format(channel=channel)


def address_barred(language: Language, channel: str, code: str) -> str:
    """Say that something between us and one address keeps messages from it, and why as the network put it."""
    return language.text(
        "{channel} lets no message through to one address ({code}): a filter, or a region or number that the"
        " account may not write to. Please look at the account there."
    ).format(channel=channel, code=code)


def alarm_undeliverable(language: Language, channel: str) -> str:
    """Say to an operator that an alarm did not reach another one."""
    return language.text(
        "an alarm could not be delivered to another operator's address on {channel}. Please see that alarms"
        " reach them."
    ).format(channel=channel)


def therapist_silent(language: Language, code: str) -> str:
    """Say which therapist no longer receives alerts."""
    return language.text(
        "therapist {code} can no longer be reached. Alerts to them have nowhere to go."
    ).format(code=code)


def kept_unread(language: Language, inbound: int) -> str:
    """Say that a message could not be worked on and was kept."""
    return language.text(
        "message {inbound} could not be worked on. It is kept; please look at the log."
    ).format(inbound=inbound)


def missed_while_away(language: Language, count: int, first: datetime, last: datetime) -> str:
    """Say how many check-ins were not asked because nothing was sent when they were due."""
    return language.text(
        "check-ins that were due while Attune was away and are now kept as missed: {count} (from {first} to"
        " {last} UTC)."
    ).format(count=count, first=f"{first:%Y-%m-%d %H:%M}", last=f"{last:%Y-%m-%d %H:%M}")


def config_refused(language: Language, faults: int) -> str:
    """Say that a config which was read while Attune runs has so many faults, and changed nothing."""
    return language.text(
        "the config was read again and can't be used. Faults: {count}. Nothing was changed; see attune check."
    ).format(count=faults)


def restart_needed(language: Language, sections: Sequence[str]) -> str:
    """Say which sections of a config that was read while Attune runs hold only from the next start on."""
    return language.text(
        "the config was read again. What changed under {sections} holds from the next start on."
    ).format(sections=", ".join(sections))


def calendar_unreadable(language: Language, name: str) -> str:
    """Say that a calendar could not be read several times in a row."""
    return language.text(
        "the calendar {name} can't be read any more. Sessions stay as they are until it can; see the log for"
        " the reason."
    ).format(name=name)


def calendar_readable(language: Language, name: str) -> str:
    """Say that a calendar can be read again."""
    return language.text("the calendar {name} can be read again.").format(name=name)


def calendar_emptied(language: Language, name: str, count: int) -> str:
    """Say that many sessions are gone from a calendar at once, and what becomes of them."""
    return language.text(
        "the calendar {name} no longer has {count} of the sessions planned from it. They are called off only"
        " if the next two readings say so too."
    ).format(name=name, count=count)


def cap_near(language: Language, cap: Cap, spent: int) -> str:
    """Say that a cap on costs comes near, and what happens once it is reached."""
    return language.text(
        "{spent} of {most} text message segments are used (costs.{key}). Once all are, routine questions and"
        " reminders by text message wait."
    ).format(spent=spent, most=cap.most, key=cap.key)


def cap_reached(language: Language, cap: Cap, spent: int) -> str:
    """Say that a cap on costs is reached, what waits for how long, and what does not."""
    return language.text(
        "costs.{key} is reached: {spent} of {most} text message segments. Routine questions and reminders by"
        " text message wait until {time} UTC. Alerts, crisis texts and answers go on."
    ).format(key=cap.key, spent=spent, most=cap.most, time=f"{cap.ends_at:%Y-%m-%d %H:%M}")


def kept_by_cap(language: Language, count: int) -> str:
    """Say how many check-ins were not asked because a cap on costs held them back until they were over."""
    return language.text(
        "check-ins that were never asked because of a cap on costs and are now kept as missed: {count}."
    ).format(count=count)


def found_in_list(language: Language, count: int) -> str:
    """Say how many texts had not come by the webhook and were found in the network's list."""
    return language.text(
        "text messages that never reached Attune and were found in Twilio's list: {count}. They have been"
        " read now. Please see why Twilio could not deliver them."
    ).format(count=count)


def stranger_in_danger(language: Language) -> str:
    """Say that somebody who is no client wrote words of danger."""
    return language.text("somebody who is no client here wrote words of danger and was sent the crisis text.")

"""What an operator reads: technical alarms, which name ids and never a person."""

from __future__ import annotations

from collections.abc import Sequence

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


def stranger_in_danger(language: Language) -> str:
    """Say that somebody who is no client wrote words of danger."""
    return language.text("somebody who is no client here wrote words of danger and was sent the crisis text.")

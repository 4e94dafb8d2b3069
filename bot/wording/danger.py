"""What is read in a crisis by whoever wrote words of danger."""

from __future__ import annotations

from enum import Enum, auto
from typing import assert_never

from bot.helplines import NOT_STATED, Helpline, lines
from bot.languages import Language
from bot.safety import Concern
from bot.wording.check_in import passed_on
from bot.wording.house import House, help_in, helplines_of

ROUND_THE_CLOCK = "24/7"


class Telling(Enum):
    """Who is being told of what a client wrote."""

    THERAPIST = auto()
    COLLEAGUE = auto()
    UNCONFIRMED = auto()
    NOBODY = auto()


def crisis(
    language: Language, house: House, country: str, telling: Telling, *, plan: str | None = None
) -> str:
    """Answer danger: the same text whatever was written, or the site's own.

    Args:
        language: the reader's.
        house: the clinic.
        country: where the reader is, for helplines.
        telling: who is being told.
        plan: the safety plan that the client made with the therapist; its words come first.
    """
    parts = {
        "{clinic}": house.name,
        "{telling}": _telling(language, telling),
        "{emergency}": help_in(house, country).emergency,
        "{helplines}": "\n".join(
            _helpline(language, one) for one in lines(country, language.code, helplines_of(house))
        ),
    }
    text = house.crisis.get(language.code) or _fixed(language)
    for gap, filled in parts.items():
        text = text.replace(gap, filled)
    return "\n".join([*([language.text("From your safety plan:"), plan] if plan else []), text.rstrip()])


def _fixed(language: Language) -> str:
    thanks = language.text(
        "Thank you for telling me. This is an automated service and nobody watches it around the clock."
    )
    call = language.text("Please talk to a person now. If you are in danger, call {emergency}.")
    return f"{thanks} {{telling}}\n{call}\n{{helplines}}"


def _telling(language: Language, telling: Telling) -> str:
    match telling:
        case Telling.THERAPIST:
            return language.text("I am telling your therapist now.")
        case Telling.COLLEAGUE:
            return language.text("I can't reach your therapist, so I am telling a colleague of theirs now.")
        case Telling.UNCONFIRMED:
            return language.text("I can't tell yet whether anybody has been in touch with you.")
        case Telling.NOBODY:
            return language.text("I can't reach a therapist for you.")
        case _:
            assert_never(telling)


def _helpline(language: Language, line: Helpline) -> str:
    call = language.text("{name}: call {number}.")
    if line.text:
        call = language.text("{name}: call {number} or text {text}.")
    said = call.format(name=line.name, number=line.number, text=line.text)
    return said if line.hours in {ROUND_THE_CLOCK, NOT_STATED, ""} else f"{said} ({line.hours})"


def concern(
    language: Language, house: House, country: str, telling: Telling, *, about: Concern
) -> str | None:
    """Answer another danger with where to turn; None where words of the past need no such answer."""
    match about:
        case Concern.PAST:
            return None
        case Concern.VIOLENCE | Concern.ABUSE:
            turn = language.text(
                "If you are not safe right now, call {emergency}, or go where there are people: to a"
                " neighbour, a hospital or the police. If somebody else reads this phone, delete these"
                " messages."
            )
        case Concern.CHILD:
            turn = language.text("If a child is not safe right now, call {emergency}.")
        case Concern.MEDICAL:
            turn = language.text(
                "If this may be a medical emergency, call {emergency} now. I can't call anybody for you."
            )
        case _:
            assert_never(about)
    thanks = language.text(
        "Thank you for telling me. This is an automated service and nobody watches it around the clock."
    )
    where = turn.format(emergency=help_in(house, country).emergency)
    return f"{thanks} {_telling(language, telling)}\n{where}"


def crisis_pause(language: Language) -> str:
    """Say that the questions wait."""
    return language.text("The questions can wait. If you want to go on with them, write continue.")


def no_text_sent(language: Language) -> str:
    """Say beside an answer on a paper form that its writer has no address, and so got no crisis text."""
    return language.text("(From a paper form: no text could be sent to them.)")


def stand_by(language: Language, *, told: bool) -> str:
    """Confirm words that were written while the questions wait."""
    return f"{passed_on(language, told=told)} {crisis_pause(language)}"

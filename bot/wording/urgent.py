"""What a therapist reads of danger: the alert at each step, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never

from bot.languages import Language
from bot.safety import Concern
from bot.wording.alerts import acknowledge_with


class Occasion(Enum):
    """Why somebody is told of danger."""

    FIRST = auto()
    MORE = auto()
    STILL_OPEN = auto()
    FOR_A_COLLEAGUE = auto()


@dataclass(frozen=True, slots=True)
class Others:
    """Who else was told: therapists by code, and whether the operators were."""

    codes: tuple[str, ...] = ()
    operators: bool = False


def crisis_alert(
    language: Language,
    number: int,
    code: str,
    *,
    words: Sequence[str],
    occasion: Occasion = Occasion.FIRST,
    therapist: str = "",
    others: Others = Others(),
) -> str:
    """Tell of danger, at any hour.

    Args:
        language: the reader's.
        number: the alert's.
        code: the client's.
        words: what the client wrote, oldest first.
        occasion: why the reader is told.
        therapist: the code of the client's own, for a colleague.
        others: who else was told.
    """
    head = _head(language, occasion).format(number=number, code=code, therapist=therapist)
    wrote = language.text("They wrote: {words}").format(words=_quoted(words)) if words else ""
    sent = language.text("They have been sent the crisis text with helplines. Please contact them now.")
    if occasion is Occasion.FOR_A_COLLEAGUE:
        sent = language.text(
            "They have been sent the crisis text with helplines. Please reach {therapist}, or contact them"
            " yourself, now."
        ).format(therapist=therapist)
    how = language.text(
        "Reply ACK {number} when you have seen this, and CLOSED {number} with what was done once it is dealt"
        " with."
    ).format(number=number)
    return "\n".join([f"{head} {wrote}".rstrip(), f"{sent} {_told(language, others)}", how])


def _head(language: Language, occasion: Occasion) -> str:
    match occasion:
        case Occasion.FIRST:
            return language.text("URGENT ({number}): {code} may be in danger.")
        case Occasion.MORE:
            return language.text("URGENT ({number}) again: {code} has written more.")
        case Occasion.STILL_OPEN:
            return language.text("URGENT ({number}) is still open: {code} may be in danger.")
        case Occasion.FOR_A_COLLEAGUE:
            return language.text("URGENT ({number}), for {therapist}: {code} may be in danger.")
        case _:
            assert_never(occasion)


def _told(language: Language, others: Others) -> str:
    told = language.text("Only you have been told.")
    if others.codes:
        told = language.text("Also told: {codes}.").format(codes=", ".join(others.codes))
    if not others.operators:
        return told
    too = language.text("The operators have been told too.")
    return f"{told} {too}" if others.codes else too


def _quoted(words: Sequence[str]) -> str:
    return "\n".join(f'"{one}"' for one in words)


def concern_alert(
    language: Language,
    number: int,
    code: str,
    *,
    about: Concern,
    words: Sequence[str],
    therapist: str = "",
) -> str:
    """Tell of another danger; `therapist` is the client's own, where a colleague reads it."""
    match about:
        case Concern.PAST:
            said = language.text(
                "URGENT ({number}): {code} wrote of suicide, as denied, past or somebody else's. Please ask"
                " about it."
            )
        case Concern.VIOLENCE:
            said = language.text("URGENT ({number}): {code} wrote of violence.")
        case Concern.ABUSE:
            said = language.text("URGENT ({number}): {code} wrote of abuse.")
        case Concern.CHILD:
            said = language.text("URGENT ({number}): {code} wrote of danger to a child.")
        case Concern.MEDICAL:
            said = language.text("URGENT ({number}): {code} wrote of what may be a medical emergency.")
        case _:
            assert_never(about)
    head = said.format(number=number, code=code)
    wrote = language.text("They wrote: {words}").format(words=_quoted(words))
    lines = [f"{head} {wrote}", acknowledge_with(language, number)]
    if therapist:
        lines.insert(
            1, language.text("Their therapist {therapist} can't be reached.").format(therapist=therapist)
        )
    return "\n".join(lines)


def seen(language: Language, number: int, code: str, minutes: int) -> str:
    """Confirm that danger was seen, which does not end it."""
    return language.text(
        "Thank you. Alert {number} about {code} is seen, and comes back after {minutes} min unless it is"
        " closed: write CLOSED {number} and what was done."
    ).format(number=number, code=code, minutes=minutes)


def seen_by(language: Language, number: int, code: str, who: str) -> str:
    """Tell others who were told that somebody has seen it."""
    return language.text("Alert {number} about {code} was seen by {who}.").format(
        number=number, code=code, who=who
    )


def closed(language: Language, number: int, code: str, *, crisis: bool) -> str:
    """Confirm that an alert is closed; after a `crisis` check-ins go on."""
    said = language.text("Thank you. Alert {number} about {code} is closed.").format(number=number, code=code)
    if not crisis:
        return said
    goes_on = language.text("Check-ins that waited for it go on.")
    return f"{said} {goes_on}"


def closed_before(language: Language, number: int, code: str, who: str) -> str:
    """Answer a second closing, or an acknowledgement after it."""
    return language.text("Alert {number} about {code} was closed before, by {who}.").format(
        number=number, code=code, who=who
    )


def closed_by(language: Language, number: int, code: str, *, who: str, what: str) -> str:
    """Tell others who were told that somebody has closed it, and what was done."""
    return language.text("Alert {number} about {code} was closed by {who}: {what}").format(
        number=number, code=code, who=who, what=f'"{what}"'
    )


def close_how(language: Language, number: int) -> str:
    """Answer CLOSED without its number or what was done."""
    return language.text(
        "To close an alert, write its number and what was done, for example: CLOSED {number} spoke on the"
        " phone, safe tonight"
    ).format(number=number)


def silent(language: Language, number: int, code: str, when: str) -> str:
    """Tell that a client has written nothing since a crisis."""
    return language.text(
        "{code} has written nothing since {when}, when they wrote of danger (alert {number}). Please make"
        " sure that they are safe."
    ).format(code=code, when=when, number=number)

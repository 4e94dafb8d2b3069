"""The words on a client's picture, for the therapist and for the client, and those of its text version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from bot.languages import Language, MeasureWords
from bot.wording.figures import points
from scoring.outlook import Basis


@dataclass(frozen=True, slots=True)
class ChartWords:
    """The words on a therapist's picture of a client, with their gaps still open.

    Attributes:
        language: the language's code, for dates.
        right_to_left: whether it is written so.
        outcome: names the outcome measure.
        alliance: names the alliance measure.
        items: names each item of the alliance measure, in its order.
        cutoff: labels the cutoff; {points} is a gap.
        clinical: labels the range beyond it.
        concern: labels the alliance's line; {points} is a gap.
        nothing: stands where there are no scores.
        scale: says which way is up.
        indicative: says that the wording is ours.
        best: labels the client's own best.
        expected: labels the expected line.
        band: labels the range about it.
        failing: labels the line below which therapy is off track.
        missed: labels check-ins without an answer.
        alert: labels alerts.
        seen: labels their acknowledgements.
        dip: labels an expected dip; {date} is a gap.
        chance: warns of taking a change after a decision for its effect.
    """

    language: str
    right_to_left: bool
    outcome: str
    alliance: str
    items: tuple[str, ...]
    cutoff: str
    clinical: str
    concern: str
    nothing: str
    scale: str
    indicative: str
    best: str
    expected: str
    band: str
    failing: str
    missed: str
    alert: str
    seen: str
    dip: str
    chance: str
    in_text: TextWords


@dataclass(frozen=True, slots=True)
class TextWords:
    """The words of the text version, with their gaps still open.

    Attributes:
        change: gives a measure's {title}, its {first}, {last} and {best} total.
        once: gives the {title} and the {last} total where there is but one.
        course: explains the row of digits, {course}.
        alerts: counts alerts, {number}, and those not acknowledged, {open}.
        missed: counts missed check-ins, {number}.
    """

    change: str
    once: str
    course: str
    alerts: str
    missed: str


@dataclass(frozen=True, slots=True)
class OwnWords:
    """The words on a client's own picture: plain and kind, no cutoff, nothing clinical.

    Attributes:
        language: the language's code, for dates.
        right_to_left: whether it is written so.
        title: stands over it.
        started: labels the first point.
        now: labels the last.
        best: labels the best.
        up: says which way is up.
        talk: says what it is good for.
        nothing: stands where there is no score yet.
        in_text: says the same in a text message; {first}, {last} and {best} are gaps.
        once: the same where there is but one score; {last} is a gap.
    """

    language: str
    right_to_left: bool
    title: str
    started: str
    now: str
    best: str
    up: str
    talk: str
    nothing: str
    in_text: str
    once: str


def chart_words(
    language: Language, outcome: MeasureWords, alliance: MeasureWords, items: Sequence[str]
) -> ChartWords:
    """Give the words on a therapist's picture of a client.

    Args:
        language: the therapist's.
        outcome: how the outcome measure is put.
        alliance: how the alliance measure is put.
        items: the keys of the alliance measure's items, in its order.
    """
    return ChartWords(
        language=language.code,
        right_to_left=language.right_to_left,
        outcome=_capital(outcome.title),
        alliance=_capital(alliance.title),
        items=tuple(alliance.items[key].label for key in items),
        cutoff=language.text("cutoff {points}"),
        clinical=language.text("clinical range"),
        concern=language.text("concern below {points}"),
        nothing=language.text("no scores yet"),
        scale=language.text("0 to 40, higher is better"),
        indicative=language.text("(own wording, cutoffs indicative)"),
        best=language.text("own best"),
        expected=language.text("expected"),
        band=language.text("expected range"),
        failing=language.text("off track below this line"),
        missed=language.text("missed"),
        alert=language.text("alert"),
        seen=language.text("seen"),
        dip=language.text("dip expected until {date}"),
        chance=language.text(
            "Very low scores tend to rise by themselves and very high ones to fall: a change after a decision"
            " need not come from it."
        ),
        in_text=_text_words(language),
    )


def _text_words(language: Language) -> TextWords:
    return TextWords(
        change=language.text("{title}, of 40: first {first}, now {last}, best {best}"),
        once=language.text("{title}, of 40: now {last}"),
        course=language.text("Course (0 low, 9 high): {course}"),
        alerts=language.text("Alerts: {number}, not seen: {open}"),
        missed=language.text("Missed check-ins: {number}"),
    )


def own_words(language: Language) -> OwnWords:
    """Give the words on a client's own picture."""
    return OwnWords(
        language=language.code,
        right_to_left=language.right_to_left,
        title=language.text("How you have been"),
        started=language.text("where you started"),
        now=language.text("where you are now"),
        best=language.text("your own best"),
        up=language.text("The higher the line, the better things were for you."),
        talk=language.text("Ups and downs are part of it. If you like, talk about it at your next session."),
        nothing=language.text("Your answers will show here."),
        in_text=language.text(
            "You started at {first} of 40, and now you are at {last}. Your own best so far: {best}."
        ),
        once=language.text("You are at {last} of 40 now."),
    )


def rests_on(language: Language, basis: Basis, episodes: int) -> str:
    """Say what the expected line on a picture rests on: how many closed episodes, where that is known."""
    match basis:
        case Basis.CURVE:
            text = language.text("Expected line: the clinic's curve file.")
        case Basis.MODEL:
            text = language.text("Expected line: fitted to {number} closed therapies here.")
        case Basis.SIMILAR:
            text = language.text("Expected line: the {number} most similar clients here.")
        case _:
            assert_never(basis)
    return text.format(number=episodes)


def said(template: str, tenths: int) -> str:
    """Put points into a text with the gap {points}."""
    return template.format(points=points(tenths))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

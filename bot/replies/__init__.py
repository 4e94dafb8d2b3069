"""Reading what a person wrote: accept what is plainly meant, ask again about everything else, never guess.

A reply is folded to its plain form, looked at for danger, compared with the whole messages that steer, and
split into words that play parts beside a number (lexing), the numbers with what belongs to them (mentions),
and what these come to together (judging). All words are data: bot/languages/<code>/reader.toml.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from bot.languages import Language
from bot.plain import clean, fold
from bot.replies import steering
from bot.replies.comments import beside
from bot.replies.fitting import USUAL, Answers, answers
from bot.replies.grammar import Grammar, grammar_of
from bot.replies.judging import Found, comment_span, judge
from bot.replies.lexing import lexemes, tenths_of
from bot.replies.steering import Later, Steer, Until, language_asked
from bot.safety import NO_SIGNS, SHIPPED, Lexicon, Signs

__all__ = [
    "USUAL",
    "AllPoints",
    "Answers",
    "Comment",
    "Correction",
    "Expecting",
    "Later",
    "Points",
    "Reading",
    "Reply",
    "Steer",
    "Unclear",
    "Until",
    "Why",
    "answers",
    "command",
    "language_asked",
    "read",
    "says",
]


class Why(StrEnum):
    """Why a reply is unclear; the question that follows takes it up."""

    RANGE = "range"
    SEVERAL = "several"
    OFF_SCALE = "off_scale"
    QUANTITY = "quantity"
    TYPO = "typo"
    WORDS = "words"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Points:
    """One number on the scale, in tenths, and what else was written."""

    tenths: int
    comment: str = ""


@dataclass(frozen=True, slots=True)
class AllPoints:
    """A number for each of the open items, in their order, in tenths."""

    tenths: tuple[int, ...]
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """Another number for the answer before, in tenths."""

    tenths: int
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """Free text where nothing is open."""

    words: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """No number that could be taken; `suggest` (tenths) is one that is likely meant."""

    why: Why
    suggest: int | None = None


Reply = Points | AllPoints | Correction | Later | Unclear | Steer | Comment


@dataclass(frozen=True, slots=True)
class Expecting:
    """What a reply is read against.

    Attributes:
        language: the client's.
        suggested: tenths that "ok" would accept, or None.
        remaining: how many items are open; with 0, words are a comment.
        answered: how many items have an answer, which a correction may change.
        lexicon: the phrases of danger.
        held: whether the check-in is paused, so that "continue" goes on.
        session: whether the questions are about a session, which may not have taken place.
        answers: what answers the open question.
    """

    language: Language
    suggested: int | None = None
    remaining: int = 1
    answered: int = 0
    lexicon: Lexicon = SHIPPED
    held: bool = False
    session: bool = False
    answers: Answers = USUAL


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text was read as. `signs` of danger are a flag on whatever else was read."""

    reply: Reply
    signs: Signs

    @property
    def at_risk(self) -> bool:
        """Whether the text holds a sign of danger to the writer's life."""
        return self.signs.crisis


_BARE = re.compile(r"([0-9]{1,2}(?:\.[0-9])?)(?: ?/ ?10)?[.!]*")
"""A number and nothing else: what nearly every reply is."""


def read(text: str, expecting: Expecting) -> Reading:
    """Read a reply to the open question; it is pure and takes linear time."""
    folded = fold(text.replace("\n", ";"))
    bare = _BARE.fullmatch(folded)
    if bare and expecting.answers is USUAL and (tenths := tenths_of(bare.group(1))) is not None:
        return Reading(Points(tenths), NO_SIGNS)
    signs = expecting.lexicon.look(folded)
    return Reading(_reply(text, folded, expecting), signs)


def command(text: str, language: Language) -> Steer | None:
    """Tell whether the whole message is STOP, START or HELP, in any shipped language."""
    return steering.command(steering.forms(fold(text), grammar_of(language.code)))


def says(text: str, language: Language, name: str) -> bool:
    """Tell whether the whole message stands in a list of the language's reader data, such as "agree"."""
    return steering.says(steering.forms(fold(text), grammar_of(language.code)), language.code, name)


def _reply(text: str, folded: str, expecting: Expecting) -> Reply:
    known = grammar_of(expecting.language.code)
    said = steering.forms(folded, known)
    steered = steering.command(said) or _option(said, expecting.answers) or _steered(said, expecting)
    if steered is not None:
        return steered
    if (alone := known.alone.get(said[0])) is not None:
        return _fitting(Points(alone), expecting.answers, scaled=False)
    if known.mentions_number(folded):
        comma_lists = expecting.remaining > 1 and not known.words.decimal_comma
        found = lexemes(folded, known, comma_lists=comma_lists)
        judged = judge(found, expecting.remaining)
        if judged is not None and judged.what in {"rating", "list"}:
            comment = beside(text, folded, comment_span(found, judged, len(folded)))
            taken = _taken(judged, comment, correcting=expecting.answered > 0)
            return _fitting(taken, expecting.answers, scaled=judged.scaled)
    else:
        judged = None
    if expecting.remaining == 0 and folded.strip(";"):
        return Comment(clean(text))
    return _refused(folded, judged, known, expecting.answers)


def _fitting(
    taken: Points | AllPoints | Correction, wanted: Answers, *, scaled: bool
) -> Points | AllPoints | Correction | Unclear:
    """Take numbers that stand on the scale, and no others."""
    if wanted is USUAL:
        return taken
    tenths = taken.tenths if isinstance(taken, AllPoints) else (taken.tenths,)
    return taken if wanted.takes(tenths, scaled=scaled) else Unclear(Why.OFF_SCALE)


def _taken(judged: Found, comment: str, *, correcting: bool) -> Points | AllPoints | Correction:
    if judged.what == "list":
        return AllPoints(judged.tenths, comment)
    if judged.corrects and correcting:
        return Correction(judged.tenths[0], comment)
    return Points(judged.tenths[0], comment)


def _option(said: tuple[str, ...], wanted: Answers) -> Points | None:
    """Take an answer in the measure's own words."""
    tenths = wanted.option(said) if wanted.options else None
    return None if tenths is None else Points(tenths)


def _steered(said: tuple[str, ...], expecting: Expecting) -> Reply | None:
    code = expecting.language.code
    if listed := steering.lists(said, code):
        if expecting.suggested is not None and "accept" in listed:
            return Points(expecting.suggested)
        if expecting.held and "go_on" in listed:
            return Steer.GO_ON
        if expecting.session and "no_session" in listed:
            return Steer.NO_SESSION
        if "take_break" in listed:
            return Steer.BREAK
        for steer in (Steer.SKIP, Steer.BACK):
            if steer in listed:
                return steer
    return steering.later(said, code)


def _refused(folded: str, judged: Found | None, known: Grammar, wanted: Answers) -> Unclear:
    """Say why there is no number; what is likely meant is offered where it would answer."""
    if not folded.strip(";"):
        return Unclear(Why.EMPTY)
    if judged is not None:
        return Unclear(Why(judged.what), wanted.suggestable(judged.tenths[0] if judged.tenths else None))
    slip = wanted.suggestable(_slip(folded, known))
    return Unclear(Why.WORDS) if slip is None else Unclear(Why.TYPO, slip)


_SLIP_WORDS = 6
"""In a longer reply an unknown word is not taken for a mistyped number."""


def _slip(folded: str, known: Grammar) -> int | None:
    """Find the number that a mistyped word probably is, where nothing else of weight was written."""
    if folded.count(" ") >= _SLIP_WORDS or not known.holds_slip(folded):
        return None
    unknown = [one for one in lexemes(folded, known, comma_lists=False) if not one.parts]
    return known.slips.get(unknown[0].text) if len(unknown) == 1 else None

"""Finding danger in what somebody wrote. Every text passes here before anything else is done with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property

from bot import phrases
from bot.languages import LANGUAGES, RiskWords
from bot.phrases import Phrasebook
from bot.plain import fold, typed


class Concern(StrEnum):
    """A danger other than to the writer's own life now, of which the therapist should hear."""

    PAST = "past"
    VIOLENCE = "violence"
    ABUSE = "abuse"
    CHILD = "child"
    MEDICAL = "medical"


@dataclass(frozen=True, slots=True)
class Signs:
    """What a text shows.

    Attributes:
        crisis: danger to the writer's life or body, now.
        concern: another danger, or suicidality that is denied, past or another's.
        leaving: whether the writer thinks of ending, pausing or changing the therapy.
    """

    crisis: bool = False
    concern: Concern | None = None
    leaving: bool = False


NO_SIGNS = Signs()

_SIGNS = frozenset("@$!|*#")
_DISGUISED = re.compile(r"(?<=[a-z])[!|1](?=[a-z])")
_MASKED = re.compile(r"(?<=[a-z])[*#](?=[a-z])")
_PASSED_OVER = " / "
"""Stands where words were passed over, so that what is left and right of them does not join."""


class Lexicon:
    """Phrases of danger in every shipped language, ready to be looked for."""

    def __init__(self, languages: Iterable[RiskWords], own: Sequence[str] = ()) -> None:
        """Keep the phrases of `languages`, and a site's `own`; the former are compiled when first needed.

        Raises:
            PatternError: one of the site's own can't be read.
        """
        self._languages = tuple(languages)
        self._own = tuple(own)
        self._mine = tuple(("own", phrases.compiled(pattern, {})) for pattern in self._own)

    @cached_property
    def _book(self) -> Phrasebook:
        patterns = (
            (kind, phrases.compiled(pattern, language.lists))
            for language in self._languages
            for kind, listed in language.patterns.items()
            for pattern in listed
        )
        near = [word for language in self._languages for word in language.near]
        idle = [word for language in self._languages for word in language.idle]
        return Phrasebook([*patterns, *self._mine], near, idle)

    def ready(self) -> Lexicon:
        """Read the phrases now, which takes a second or two, so that no message waits for it."""
        self.look("")
        return self

    def with_phrases(self, own: Sequence[str]) -> Lexicon:
        """Add a site's own phrases of danger; nothing harmless hides them.

        Raises:
            PatternError: one of them can't be read.
        """
        return Lexicon(self._languages, (*self._own, *own))

    def look(self, folded: str) -> Signs:
        """Look for signs of danger in a folded text."""
        words = phrases.words_of(_undisguised(folded))
        text, candidates = self._book.found(words)
        if not candidates:
            return NO_SIGNS
        if any(shape.search(text) for kind, shape in candidates if kind == "own"):
            return Signs(crisis=True)
        if " ".join(words) in _steering():
            return NO_SIGNS
        text = _without(text, candidates, "harmless")
        rest = _without(text, candidates, "past")
        kinds = {kind for kind, shape in candidates if kind not in _HIDING and shape.search(rest)}
        concern = next((one for one in _CONCERNS if one in kinds), None)
        if concern is None and rest != text:
            concern = Concern.PAST
        return Signs("crisis" in kinds, None if "crisis" in kinds else concern, "leaving" in kinds)


_HIDING = {"harmless", "past", "own"}
_CONCERNS = (Concern.CHILD, Concern.VIOLENCE, Concern.ABUSE, Concern.MEDICAL)


_STEERING = (
    *("stop", "start", "help", "skip", "back", "agree", "decline", "accept", "go_on", "nothing"),
    *("no_session", "later", "asked_for", "courtesy"),
)


@cache
def _steering() -> frozenset[str]:
    """Give the whole messages that steer a conversation, and are no sign of danger however they sound."""
    return frozenset(
        " ".join(phrases.words_of(form))
        for language in LANGUAGES.values()
        for name in _STEERING
        for phrase in getattr(language.reader, name)
        for form in typed(phrase)
    )


def _undisguised(folded: str) -> str:
    """Write out signs that stand for letters ("k!ll", "su*cide", "$uicide")."""
    if _SIGNS.isdisjoint(folded):
        return folded
    plain = folded.replace("@", "a").replace("$", "s")
    return _MASKED.sub("", _DISGUISED.sub("i", plain))


def _without(text: str, candidates: Sequence[tuple[str, re.Pattern[str]]], kind: str) -> str:
    """Pass over every span of a kind."""
    for one, shape in candidates:
        if one == kind:
            text = shape.sub(_PASSED_OVER, text)
    return text


SHIPPED = Lexicon(language.risk for language in LANGUAGES.values())
"""The phrases of all shipped languages."""


def look(text: str, lexicon: Lexicon = SHIPPED) -> Signs:
    """Look for signs of danger in what somebody wrote, in any shipped language.

    It aims at recall: it would rather call a therapist once too often.
    """
    return lexicon.look(fold(text))


def at_risk(text: str, lexicon: Lexicon = SHIPPED) -> bool:
    """Tell whether a text holds a phrase of danger to the writer's life."""
    return look(text, lexicon).crisis

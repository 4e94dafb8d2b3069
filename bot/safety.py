"""Finding danger in what somebody wrote. Every text passes here before anything else is done with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property

from bot import garbage, phrases, weighing
from bot.danger import Shipped, phrases_of, shipped
from bot.languages import LANGUAGES, RiskWords
from bot.phrasebook import Phrasebook
from bot.phrases import words_of
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

_PASSED_OVER = " / "
"""Stands where words were passed over, so that what is left and right of them does not join."""


class Lexicon:
    """Phrases and weights of danger, ready to be looked for."""

    def __init__(
        self,
        languages: Iterable[RiskWords] = (),
        own: Sequence[str] = (),
        shipped: Callable[[], Shipped] | None = None,
    ) -> None:
        """Keep the phrases of `languages`, and a site's `own`; the former are compiled when first needed.

        Args:
            languages: the phrases of each.
            own: a site's, which always count.
            shipped: gives, when first needed, what ships, in the place of `languages`; only there are words
                weighed too.

        Raises:
            PatternError: one of the site's own can't be read.
        """
        self._languages = tuple(languages)
        self._own = tuple(own)
        self._mine = tuple(("own", phrases.compiled(pattern, {})) for pattern in self._own)
        self._shipped = shipped

    @cached_property
    def _book(self) -> Phrasebook:
        book = phrases_of(self._languages).book() if self._shipped is None else self._shipped().book
        return book.with_patterns(self._mine) if self._mine else book

    def ready(self) -> Lexicon:
        """Read phrases and weights now, which takes a moment, so that no message waits for it.

        They are some hundred thousand objects that live as long as the process (`bot.garbage`).
        """
        with garbage.staying():
            self.look("ready")
        return self

    def with_phrases(self, own: Sequence[str]) -> Lexicon:
        """Add a site's own phrases of danger; nothing harmless hides them.

        Raises:
            PatternError: one of them can't be read.
        """
        return Lexicon(self._languages, (*self._own, *own), self._shipped)

    def look(self, folded: str) -> Signs:
        """Look for signs of danger in a folded text."""
        words = phrases.spelt_out(folded)
        text, candidates = self._book.found(words)
        if candidates and any(shape.search(text) for kind, shape in candidates if kind == "own"):
            return Signs(crisis=True)
        polite = _without_courtesy(words)
        if " ".join(polite) in _steering() or " ".join(words) in _steering():
            return NO_SIGNS
        tips = self._shipped is not None and self._shipped().scale.tips(weighing.plain(polite))
        if not candidates:
            return Signs(crisis=True) if tips else NO_SIGNS
        text = _without(text, candidates, "harmless")
        rest = _without(text, candidates, "past")
        kinds = {kind for kind, shape in candidates if kind not in _HIDING and shape.search(rest)}
        crisis = tips or "crisis" in kinds
        concern = next((one for one in _CONCERNS if one in kinds), None)
        if concern is None and rest != text:
            concern = Concern.PAST
        return Signs(crisis, None if crisis else concern, "leaving" in kinds)


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


def weighed_words(folded: str) -> list[str]:
    """Give the words of a folded text as they are weighed."""
    return weighing.plain(_without_courtesy(phrases.spelt_out(folded)))


@cache
def _courtesies() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    """Give the courtesies of all languages as words, by their last word."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for language in LANGUAGES.values():
        for phrase in language.reader.courtesy:
            for words in {tuple(words_of(form)) for form in typed(phrase)} - {()}:
                found.setdefault(words[-1], set()).add(words)
    return {last: tuple(sorted(listed, key=len, reverse=True)) for last, listed in found.items()}


def _without_courtesy(words: Sequence[str]) -> Sequence[str]:
    """Leave out a courtesy at the end, which makes nothing more or less dangerous."""
    for courtesy in _courtesies().get(words[-1], ()) if words else ():
        if len(words) > len(courtesy) and tuple(words[-len(courtesy) :]) == courtesy:
            return words[: -len(courtesy)]
    return words


def _without(text: str, candidates: Sequence[tuple[str, re.Pattern[str]]], kind: str) -> str:
    """Pass over every span of a kind."""
    for one, shape in candidates:
        if one == kind:
            text = shape.sub(_PASSED_OVER, text)
    return text


SHIPPED = Lexicon(shipped=shipped)
"""What finds danger in all shipped languages."""


def look(text: str, lexicon: Lexicon = SHIPPED) -> Signs:
    """Look for signs of danger in what somebody wrote, in any shipped language.

    It aims at recall: it would rather call a therapist once too often.
    """
    return lexicon.look(fold(text))


def at_risk(text: str, lexicon: Lexicon = SHIPPED) -> bool:
    """Tell whether a text shows danger to the writer's life."""
    return look(text, lexicon).crisis

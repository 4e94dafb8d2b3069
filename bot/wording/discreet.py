"""What is asked of a client whose phone is shared: by numbers and hints that tell nobody else anything."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType

from bot.languages import Language, MeasureWords


def discreet_words(language: Language, words: MeasureWords) -> MeasureWords:
    """Put a measure in words that name neither a clinic, nor therapy, nor what the number is about."""
    low, high = language.text("low"), language.text("high")
    items = {}
    for number, (key, item) in enumerate(words.items.items(), 1):
        hint = _hint(language, key) or language.text("Number {number}").format(number=number)
        items[key] = dataclasses.replace(item, label=hint, question=hint, low=low, high=high)
    return dataclasses.replace(
        words,
        intro=language.text("It's time for your {count} numbers.").format(count=len(items)),
        about=language.text("your numbers"),
        stem="",
        options=(),
        items=MappingProxyType(items),
    )


def _hint(language: Language, key: str) -> str | None:
    """Remind those who know of the area, by its item's key; None for one without a hint of its own."""
    hints = {
        "individual": language.text("You"),
        "interpersonal": language.text("Close by"),
        "social": language.text("Further out"),
        "relationship": language.text("Heard"),
        "goals": language.text("Aims"),
        "approach": language.text("Ways"),
        "overall": language.text("All in all"),
    }
    return hints.get(key)


def discreet_thanks(language: Language) -> str:
    """Thank for a check-in, and leave the door open for words."""
    return language.text(
        "Thank you, those were your numbers. Is there anything else? Just write it, or write no."
    )


def consent_opener(language: Language) -> str:
    """Ask whether it is a good moment for the consent question, which says what this is."""
    return language.text(
        "Hello, this is the message you were told of. Write OPEN when you can read it alone."
    )

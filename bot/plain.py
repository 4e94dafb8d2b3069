"""The plain form of what somebody typed: the first step of every reading."""

from __future__ import annotations

import re
import unicodedata

LENGTH = 4096
"""How much of a text is read, in characters. Source: core.telegram.org/bots/api#sendmessage."""

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u201b\u02bc\u2032\u00b4`\uff07", "'"))
_SPACES = re.compile(r"\s+")


def clean(text: str) -> str:
    """Drop what no reader sees and no database holds: NUL, control and format characters, surrogates."""
    kept = "".join(
        " " if character.isspace() else character
        for character in text[:LENGTH]
        if character.isspace() or unicodedata.category(character) not in {"Cc", "Cf", "Cs"}
    )
    return kept.strip()


def storable(text: str) -> str:
    """Keep a text as written, but for NUL and lone surrogates, which no database takes."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def fold(text: str) -> str:
    """Bring a text to the form in which it is compared.

    Case, width, combining marks, curly apostrophes and runs of space make no difference; digits of any
    script become 0-9.
    """
    # apostrophes first: NFKD takes an acute accent that stands alone for a space and a mark
    flat = "".join(map(_flat, clean(text).translate(_APOSTROPHES)))
    plain = unicodedata.normalize("NFKD", flat).casefold()
    return _SPACES.sub(" ", "".join(_folded(character) for character in plain)).strip()


def _flat(character: str) -> str:
    """Keep a raised or lowered digit from becoming a plain one: "1⁰" is not 10."""
    raised = not character.isascii() and unicodedata.decomposition(character).startswith(("<super>", "<sub>"))
    return "^" if raised and character.isdigit() else character


def _folded(character: str) -> str:
    if character.isascii():
        return character
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return "" if category in {"Mn", "Me"} else character

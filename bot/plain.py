"""The plain form of what somebody typed: the first step of every reading."""

from __future__ import annotations

import unicodedata

LENGTH = 4096
"""How much of a text is read, in characters. Source: core.telegram.org/bots/api#sendmessage."""

_SAME = {
    **dict.fromkeys("\u2018\u2019\u201b\u02bc\u2032\u00b4`\uff07", "'"),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"),
    **dict.fromkeys("\u2044\u2215", "/"),
    "\u060c": ",",
    "\u061b": ";",
    "\u061f": "?",
    "\u066a": "%",
    "\u066b": ".",
    "\u0640": "",  # the Arabic stretching stroke
    "\u0649": "\u064a",  # letters that Arabic keyboards and habits exchange
    "\u06cc": "\u064a",
    "\u0629": "\u0647",
    "\u06a9": "\u0643",
    "\U0001f51f": "10",  # the keycap of ten
}
"""Signs that stand for one another, by the one they are compared as."""


class _Folds(dict[str, str]):
    """What each character is compared as, worked out when first met."""

    def __missing__(self, character: str) -> str:
        """Fold one character."""
        found = self[character] = _folded(character)
        return found


def _folded(character: str) -> str:
    if (same := _SAME.get(character)) is not None:
        return same
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category in {"Cc", "Cf", "Cs"}:
        return ""
    if category == "No" and (sign := _number_sign(character)):
        return sign
    plain = unicodedata.normalize("NFKD", character).casefold()
    return "".join(_without_marks(one) for one in plain)


def _number_sign(character: str) -> str:
    """Give what a circled digit, a raised digit or a fraction in one character is compared as."""
    decomposition = unicodedata.decomposition(character)
    if decomposition.startswith("<fraction>"):
        return character
    if decomposition.startswith(("<super>", "<sub>")):
        return "^"  # "1" and a raised nought are not 10
    value = unicodedata.numeric(character, -1)
    return str(int(value)) if not decomposition and value in range(11) else ""


def _without_marks(character: str) -> str:
    if character in _SAME:
        return _SAME[character]
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if character.isspace():
        return " "
    return "" if category in {"Mn", "Me", "Cf", "Cc", "Cs"} else character


FOLDS = _Folds()
"""What each character is compared as: lower case, without marks, digits as 0-9, spaces as " "."""

_ASCII = {code: FOLDS[chr(code)] for code in range(128)}


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

    Case, width, combining marks, curly apostrophes, kinds of dash and runs of space make no difference;
    digits of any script become 0-9.
    """
    text = text[:LENGTH]
    plain = text.translate(_ASCII) if text.isascii() else "".join(map(FOLDS.__getitem__, text))
    return " ".join(plain.split())


_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae"})
_WITHOUT = str.maketrans({"ø": "o", "æ": "a", "å": "a"})


def typed(text: str) -> tuple[str, ...]:
    """Give the folded forms in which a text is typed: as it is, and where its letters are not at hand."""
    plain = text.lower()
    if plain.isascii():
        return (fold(plain),)
    forms = (plain, plain.translate(_SPELT_OUT), plain.translate(_WITHOUT))
    return tuple(dict.fromkeys(fold(form) for form in forms))

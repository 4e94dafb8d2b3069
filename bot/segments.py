"""How many text messages a text takes on its way: what networks bill.

Source: 3GPP TS 23.038, the GSM 7-bit default alphabet and its extension table; a text in it has 160 places,
or 153 in each part of several; any other goes in UCS-2 and has 70, or 67 in each part
(twilio.com/docs/glossary/what-sms-character-limit).
"""

from __future__ import annotations

from collections.abc import Iterable

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
"""What takes two places."""

_GSM = (160, 153)
_UCS2 = (70, 67)
_BEYOND = 0xFFFF
"""The last character that UCS-2 holds in one place; an emoji takes two."""


def strangers(text: str) -> set[str]:
    """Find what is not in the alphabet: one such character makes every part hold 67 instead of 153."""
    return set(text) - BASIC - EXTENDED


def segments(text: str) -> int:
    """Count the text messages that a text takes; an empty one takes one too."""
    if strangers(text):
        return _parts((2 if ord(character) > _BEYOND else 1 for character in text), *_UCS2)
    return _parts((2 if character in EXTENDED else 1 for character in text), *_GSM)


def _parts(places: Iterable[int], alone: int, part: int) -> int:
    """Count parts; a character of two places is never parted."""
    parts, used, total = 1, 0, 0
    for place in places:
        if used + place > part:
            parts, used = parts + 1, 0
        used += place
        total += place
    return 1 if total <= alone else parts

"""How many text messages a text costs.

Source: 3GPP TS 23.038, the GSM 7-bit default alphabet and its extension table; a message of several parts
has 153 places in each (twilio.com/docs/glossary/what-sms-character-limit).
"""

from __future__ import annotations

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
"""What takes two places."""

ALONE = 160
PART = 153


def strangers(text: str) -> set[str]:
    """Find what is not in the alphabet: one such character makes every part hold 67 instead of 153."""
    return set(text) - BASIC - EXTENDED


def segments(text: str) -> int:
    """Count the text messages that a text of the alphabet takes."""
    if strangers(text):
        msg = "not in the GSM 7-bit alphabet"
        raise ValueError(msg)
    places = [2 if character in EXTENDED else 1 for character in text]
    if sum(places) <= ALONE:
        return 1
    parts, used = 1, 0
    for place in places:
        if used + place > PART:  # a pair is never parted
            parts, used = parts + 1, 0
        used += place
    return parts

"""How many text messages a text of ours takes, which is held to the GSM alphabet."""

from __future__ import annotations

from bot import segments as counted
from bot.segments import BASIC, EXTENDED, strangers

__all__ = ["BASIC", "EXTENDED", "segments", "strangers"]


def segments(text: str) -> int:
    """Count the text messages that a text of the alphabet takes.

    Raises:
        ValueError: it is not in the alphabet, so that each of its parts holds less than half.
    """
    if strangers(text):
        msg = "not in the GSM 7-bit alphabet"
        raise ValueError(msg)
    return counted.segments(text)

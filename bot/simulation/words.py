"""What synthetic clients write beside numbers, in each language. None of it means more than it says."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

AGREE = "agree"
"""Consent. It is taken in English everywhere, as is every word below that steers."""

LATER = ("later", "tomorrow", "in 2 hours")
"""What puts a question off."""

STOP, START, GO_ON = "STOP", "START", "continue"

DANGER = "I want to kill myself"
"""Danger to life. It is found in any language, whatever the client's own is."""

UNCLEAR = ("hmm", "so-so", "7 or 8", "not sure really")
"""What is no answer, and is asked about again."""

SESSIONS = "SESSION {code} weekly wed 15:00 50min"
"""How a therapist announces the sessions with a client, on the therapist's own clock."""

DONE = "spoke on the phone"
"""How a therapist closes an alert."""

BESIDE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ar": ("أسبوع صعب", "كان لدي عمل كثير"),
        "da": ("en hård uge", "meget arbejde"),
        "de": ("schwere Woche", "viel Arbeit"),
        "en": ("rough week", "a lot of work"),
        "es": ("semana dura", "mucho trabajo"),
        "fr": ("semaine difficile", "beaucoup de travail"),
        "nl": ("zware week", "veel werk"),
    }
)
"""What stands beside a number, by the language's code."""

"""Labelled texts about danger, and how much of it is found.

`seen` holds what the writers of the lexicon looked at while they wrote; `held_out` what they did not.
A row: {"text", "language", "label": "risk" | "concern" | "safe", "kind", "explicit"}.
"""

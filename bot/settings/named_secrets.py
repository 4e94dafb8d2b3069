"""Secrets of a list's sections: the section names a secret file, and what the file holds takes its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.settings.clash import Clash, sections_in

_NAMED = {"calendars": ("url_secret", "url")}
"""The lists whose sections may name a secret file: by which key, and what the file holds."""


def put_in(values: dict[str, object], directory: Path | None) -> Iterator[Clash]:
    """Put what named secret files hold into the merged values, and tell which can't be read.

    Nothing here repeats what a file holds.
    """
    for key, (names, holds) in _NAMED.items():
        listed = values.get(key)
        if not isinstance(listed, list):
            continue
        filled: list[object] = list(listed)
        for place, section in sections_in(values, key):
            name = section.get(names)
            if not isinstance(name, str):
                continue
            if directory is None:
                advice = "name the directory of secret files: secrets.dir, or ATTUNE_SECRETS_DIR"
                yield Clash(
                    (key, place, names), "names a secret file, and there is no place for them", advice
                )
            elif (held := _read(directory, name)) is None:
                yield Clash(
                    (key, place, names),
                    "names no secret file that can be read",
                    f"write the address into a file of that name in {directory}",
                )
            else:
                filled[place] = {**section, holds: held}
        values[key] = filled


def _read(directory: Path, name: str) -> str | None:
    """Read a file of the directory itself; a name that leads elsewhere is none."""
    if Path(name).name != name:
        return None
    try:
        return (directory / name).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None

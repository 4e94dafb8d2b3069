"""Brings the catalogues in line with the texts of bot/wording: `python -m tests.catalogue [language …]`.

Translations stay; new texts come in empty, and those that are gone go. A language without a catalogue
gets one. A test holds every catalogue complete.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ROOT / "bot" / "languages"
TEXTS = ROOT / "bot" / "wording"

_KEYWORDS = {"text": None, "plural": (1, 2)}
"""How bot/wording names a text that is translated: `language.text(…)`, `language.plural(…)`."""

_HEADER = "# Attune in {language}: what people read, by the English text of bot/wording.\n# {reviewed}"
_BEGAN = datetime(2026, 11, 20, tzinfo=UTC)
"""One date for every header, so that a catalogue changes only where a text does."""


def texts() -> Catalog:
    """Collect every text that bot/wording has translated, in the order of its files."""
    catalogue = Catalog(charset="utf-8")
    found = extract_from_dir(TEXTS, keywords=_KEYWORDS, method_map=[("**.py", "python")])
    for _, _, message, _, _ in sorted(found, key=lambda one: (one[0], one[1])):
        catalogue.add(message)
    return catalogue


def catalogue_of(code: str) -> Catalog:
    """Load a language's catalogue, or begin one."""
    file = LANGUAGES / code / "attune.po"
    if not file.is_file():
        return Catalog(locale=code)
    with file.open("rb") as opened:
        return read_po(opened, locale=code)


def update(code: str) -> int:
    """Bring one catalogue in line; returns how many texts have no translation."""
    catalogue = catalogue_of(code)
    catalogue.update(texts(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.project, catalogue.version = "Attune", ""
    catalogue.creation_date = catalogue.revision_date = _BEGAN
    catalogue.last_translator = catalogue.language_team = ""
    name = Locale.parse(code).english_name
    catalogue.header_comment = _HEADER.format(
        language=name, reviewed="language.toml says who reviewed it; until somebody has, it is a draft."
    )
    with (LANGUAGES / code / "attune.po").open("wb") as opened:
        write_po(opened, catalogue, width=110, no_location=True)
    return sum(not _translated(message.string) for message in catalogue if message.id)


def _translated(string: str | tuple[str, ...] | list[str] | None) -> bool:
    return bool(string) and (isinstance(string, str) or all(string or ()))


def main() -> None:
    """Update the languages named, or all but English."""
    shipped = sorted(folder.name for folder in LANGUAGES.iterdir() if (folder / "language.toml").is_file())
    for code in sys.argv[1:] or [one for one in shipped if one != "en"]:
        sys.stdout.write(f"{code}: {update(code)} texts to translate\n")


if __name__ == "__main__":
    main()

"""The measures as a site has them: Attune's with the site's numbers and licensed wording, and its own."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bot.languages import LANGUAGES, ItemWords, MeasureWords
from bot.measures import MeasureFileError, own_measures
from bot.settings import ConfigError, Fault
from scoring.instrument import AgeGroup, Instrument, Norms
from scoring.instruments import INSTRUMENTS, PAIR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.measures import OwnMeasure
    from bot.settings import RuleNumbers, Settings, WordingSettings


def own_measures_of(settings: Settings) -> Mapping[str, OwnMeasure]:
    """Read the files of the site's own measures.

    Raises:
        ConfigError: one can't be used.
    """
    try:
        return own_measures(settings.measures.files)
    except MeasureFileError as error:
        fault = Fault("measures.files", None, str(error), "docs/measures.md shows a whole file")
        raise ConfigError((fault,)) from error


def instruments_of(
    ruleset: str, numbers: RuleNumbers, own: Mapping[str, OwnMeasure]
) -> Mapping[str, Instrument]:
    """Put the site's numbers in place of the rule set's; a measure of its own has those of its file."""
    changed = {
        key: dataclasses.replace(
            instrument,
            norms=MappingProxyType(
                {**instrument.norms, ruleset: _with_numbers(instrument.norms[ruleset], _given(numbers, key))}
            ),
        )
        for key, instrument in INSTRUMENTS.items()
    }
    added = {key: one.instrument for key, one in own.items()}
    return MappingProxyType({**changed, **added})


def _given(numbers: RuleNumbers, measure: str) -> Mapping[str, int | str | tuple[int, ...]]:
    """Give the numbers that the config sets for a measure: those of other measures begin with its key."""
    given = numbers.given()
    if measure in PAIR:
        return given
    own = {
        name.removeprefix(f"{measure}_"): one for name, one in given.items() if name.startswith(f"{measure}_")
    }
    return {**own, **({f"cutoff_{age}": own["cutoff"] for age in AgeGroup} if "cutoff" in own else {})}


_NUMBERS = {
    "concern_total": "srs_total",
    "concern_item": "srs_item",
    "concern_drop": "srs_drop",
    "soon_fall": "srs_soon_fall",
    "unusual_fall": "srs_unusual_fall",
}
"""What the config calls some numbers; all others it calls as the norms do."""


def _with_numbers(norms: Norms, given: Mapping[str, int | str | tuple[int, ...]]) -> Norms:
    """Replace the numbers that a measure has; one that it has not is none of its."""
    own: dict[str, Any] = {
        name: given[called]
        for name in Norms.__slots__
        if name != "cutoff"
        and getattr(norms, name) is not None
        and (called := _NUMBERS.get(name, name)) in given
    }
    if norms.cutoff and "at_cutoff" in given:
        own["cutoff_is_functional"] = given["at_cutoff"] == "functional"
    ages = {age: given.get(f"cutoff_{age}", value) for age, value in norms.cutoff.items()}
    cutoff = {age: value for age, value in ages.items() if isinstance(value, int)}
    return dataclasses.replace(norms, cutoff=MappingProxyType(cutoff), **own)


def wording_of(settings: Settings, own: Mapping[str, OwnMeasure]) -> Mapping[tuple[str, str], MeasureWords]:
    """Give the site's licensed wording, and that of its own measures."""
    added = {(key, code): words for key, one in own.items() for code, words in one.words.items()}
    return MappingProxyType(
        {
            **added,
            **{
                (measure, language): _measure_words(LANGUAGES[language].measures[measure], words)
                for measure, languages in settings.wording.items()
                for language, words in languages.items()
            },
        }
    )


def _measure_words(ours: MeasureWords, given: WordingSettings) -> MeasureWords:
    """Put a site's licensed text in place of ours; labels stay."""
    items = {
        key: ItemWords(words.label, given.items.get(key, words.question), given.low, given.high)
        for key, words in ours.items.items()
    }
    return MeasureWords(
        intro=given.intro or ours.intro,
        about=ours.about,
        title=ours.title,
        items=MappingProxyType(items),
        ours=not given.items.keys() >= ours.items.keys(),
    )

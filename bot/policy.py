"""How a site wants things done: the settings as the use cases need them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.languages import LANGUAGES, Language, MeasureWords
from bot.timetable import Quiet, Routine
from bot.wording import House
from scoring.instrument import AgeGroup, Instrument
from scoring.instruments import INSTRUMENTS
from scoring.rules import Rule, Setup, rules_for

DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True)
class Policy:
    """A site's choices.

    Attributes:
        house: the clinic as its people know it.
        quiet: when the bot starts no message.
        routines: the schedules of the config, by name.
        ruleset: whose numbers judge scores.
        off: the rules that are switched off, by key.
        instruments: the measures, with the site's own numbers in place of the defaults.
        wording: a site's licensed wording, by (measure, language).
        consent_version: which consent text clients agree to.
        edits: the channels on which a message can be replaced after it was sent.
        answers_stop: the channels on which the network itself answers STOP.
        zone: the clinic's zone.
        country: the clinic's country, for people of whom none is known.
    """

    house: House
    quiet: Quiet
    routines: Mapping[str, Routine] = field(default_factory=dict)
    ruleset: str = "icce"
    off: frozenset[str] = frozenset()
    instruments: Mapping[str, Instrument] = field(default_factory=lambda: INSTRUMENTS)
    wording: Mapping[tuple[str, str], MeasureWords] = field(default_factory=dict)
    consent_version: str = "1"
    edits: frozenset[str] = frozenset()
    answers_stop: frozenset[str] = frozenset()
    zone: str = "UTC"
    country: str = "US"
    language: str = DEFAULT_LANGUAGE

    def speak(self, code: str | None) -> Language:
        """Give a language by code, or the site's own where it does not ship."""
        return LANGUAGES.get(code or self.language) or LANGUAGES[self.language]

    def words(self, measure: str, language: Language) -> MeasureWords:
        """Give a measure's wording: the site's licensed one, else ours."""
        return self.wording.get((measure, language.code)) or language.measures[measure]

    def rules(self, measure: str, age_group: AgeGroup) -> tuple[Rule, ...]:
        """Give the rules that judge a measure's scores for an age group."""
        instrument = self.instruments[measure]
        return rules_for(Setup(instrument, instrument.norms[self.ruleset], age_group), self.off)

    def default_routines(self) -> Mapping[str, Routine]:
        """Give the schedules that clients get unless told otherwise."""
        return MappingProxyType({name: one for name, one in self.routines.items() if one.default})

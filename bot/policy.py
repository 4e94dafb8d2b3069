"""How a site wants things done: the settings as the use cases need them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.ladder import Ladder
from bot.languages import LANGUAGES, Language, MeasureWords
from bot.safety import SHIPPED, Lexicon
from bot.timetable import Quiet, Routine
from bot.wording import House
from bot.wording.discreet import discreet_words
from scoring.instrument import AgeGroup, Instrument
from scoring.instruments import INSTRUMENTS
from scoring.rules import Rule, Setup, rules_for
from storage.records import Client

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
        stop_everywhere: whether a client's STOP on one channel holds for all their addresses.
        lexicon: the phrases of danger, with the site's own.
        languages: what can be spoken, by code.
        ladder: how an alert of danger climbs.
        backups: the codes of the therapists who stand in where a therapist has nobody of their own.
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
    consent_version: str = "2"
    edits: frozenset[str] = frozenset()
    stop_everywhere: bool = True
    lexicon: Lexicon = SHIPPED
    languages: Mapping[str, Language] = field(default_factory=lambda: LANGUAGES)
    ladder: Ladder = field(default_factory=Ladder)
    backups: tuple[str, ...] = ()
    zone: str = "UTC"
    country: str = "US"
    language: str = DEFAULT_LANGUAGE

    def speak(self, code: str | None) -> Language:
        """Give a language by code, or the site's own where it does not ship."""
        return self.languages.get(code or self.language) or self.languages[self.language]

    def speak_to(self, client: Client) -> Language:
        """Give a client's language, discreet where the client's phone is shared."""
        language = self.speak(client.language)
        return language.discreetly if client.discreet else language

    def spoken(self, tag: str | None) -> str | None:
        """Find the language that a network's tag names ("de-AT"), by its code; None where it isn't spoken."""
        code = (tag or "").replace("_", "-").partition("-")[0].lower()
        return code if code in self.languages else None

    def words(self, measure: str, language: Language) -> MeasureWords:
        """Give a measure's wording: the site's licensed one, else ours; neither on a shared phone."""
        words = self.wording.get((measure, language.code)) or language.measures[measure]
        return discreet_words(language, words) if language.discreet else words

    def rules(self, measure: str, age_group: AgeGroup) -> tuple[Rule, ...]:
        """Give the rules that judge a measure's scores for an age group."""
        instrument = self.instruments[measure]
        return rules_for(Setup(instrument, instrument.norms[self.ruleset], age_group), self.off)

    def default_routines(self) -> Mapping[str, Routine]:
        """Give the schedules that clients get unless told otherwise."""
        return MappingProxyType({name: one for name, one in self.routines.items() if one.default})

"""How a site wants things done: the settings as the use cases need them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.caps import CostRules
from bot.ladder import Ladder
from bot.languages import LANGUAGES, Language, MeasureWords
from bot.safety import SHIPPED, Lexicon
from bot.timetable import Quiet, Routine
from bot.wording import House
from bot.wording.discreet import discreet_words
from scoring.instrument import AgeGroup, Gauge, Instrument
from scoring.instruments import INSTRUMENTS
from scoring.model import Model
from scoring.rules import Rule, Setup, rules_for
from scoring.trajectory import Curve
from storage.records import Client

DEFAULT_LANGUAGE = "en"


_OTHER = {Gauge.OUTCOME: Gauge.ALLIANCE, Gauge.ALLIANCE: Gauge.OUTCOME}


@dataclass(frozen=True, slots=True)
class SessionRules:
    """How sessions are kept.

    Attributes:
        confirm_before: how long before a session its client is asked to confirm it; None for never.
        can_cancel: whether a client may call a session off by message.
        length: how long a session is where nobody says.
        ahead: how far ahead the sessions of a series are planned.
    """

    confirm_before: timedelta | None = None
    can_cancel: bool = True
    length: timedelta = timedelta(minutes=50)
    ahead: timedelta = timedelta(days=28)


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
        curves: the site's expected trajectories, by (measure, age group).
        models: what was fitted to the site's own closed episodes, by (measure, age group).
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
        language: the clinic's language.
        programmes: the names of the schedules of each programme, by its name.
        most_a_day: how many check-ins a client is asked or reminded of on one day at most.
        pause_after: after how many unanswered check-ins in a row a client is offered a break; None for never.
        pause_for: how long that break is.
        sessions: how sessions are kept.
        costs: what text messages may cost.
        therapists: the policies of those whose clients are judged by numbers of their own, by code.
    """

    house: House
    quiet: Quiet
    routines: Mapping[str, Routine] = field(default_factory=dict)
    ruleset: str = "icce"
    off: frozenset[str] = frozenset()
    instruments: Mapping[str, Instrument] = field(default_factory=lambda: INSTRUMENTS)
    curves: Mapping[tuple[str, AgeGroup], Curve] = field(default_factory=dict)
    models: Mapping[tuple[str, AgeGroup], Model] = field(default_factory=dict)
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
    therapists: Mapping[str, Policy] = field(default_factory=dict)
    programmes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    most_a_day: int = 6
    pause_after: int | None = 3
    pause_for: timedelta = timedelta(days=14)
    sessions: SessionRules = field(default_factory=SessionRules)
    costs: CostRules = field(default_factory=CostRules)
    _judging: dict[tuple[str, AgeGroup, str | None], tuple[Setup, tuple[Rule, ...]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def of_therapist(self, code: str | None) -> Policy:
        """Give the policy by which a therapist's clients are judged, by the therapist's code."""
        return self.therapists.get(code or "", self)

    def speak(self, code: str | None) -> Language:
        """Give a language by code, or the site's own where it does not ship."""
        return self.languages.get(code or self.language) or self.languages[self.language]

    def speak_to(self, client: Client) -> Language:
        """Give a client's language: simple for a child, discreet where the client's phone is shared."""
        language = self.speak(client.language)
        if client.age_group is AgeGroup.CHILD:
            language = language.simply
        return language.discreetly if client.discreet else language

    def spoken(self, tag: str | None) -> str | None:
        """Find the language that a network's tag names ("de-AT"), by its code; None where it isn't spoken."""
        code = (tag or "").replace("_", "-").partition("-")[0].lower()
        return code if code in self.languages else None

    def words(self, measure: str, language: Language) -> MeasureWords:
        """Give a measure's wording: the site's own, else ours; to a child ours, on a shared phone neither.

        Where the language has none (see `offers`) it is that of the site's language, or of any other.
        """
        words = self._words(measure, language)
        if words is None:
            spoken = (self.languages.get(self.language), *self.languages.values())
            found = (self._words(measure, one) for one in spoken if one is not None)
            words = next(one for one in found if one is not None)
        return discreet_words(language, words) if language.discreet else words

    def _words(self, measure: str, language: Language) -> MeasureWords | None:
        if language.to_child and measure in language.to_children:
            return language.to_children[measure]
        return self.wording.get((measure, language.code)) or language.measures.get(measure)

    def offers(self, measure: str, language: Language) -> bool:
        """Tell whether a measure may be asked in a language: it has words there that may be put as they are.

        An official text is not put into hints for a shared phone: that would be another measure.
        """
        words = self._words(measure, language)
        return words is not None and not (words.official and language.discreet)

    def offered_in(self, measure: str) -> tuple[str, ...]:
        """List the languages in which a measure may be asked, by their codes."""
        return tuple(code for code, one in self.languages.items() if self.offers(measure, one))

    def setup(self, measure: str, age_group: AgeGroup) -> Setup:
        """Give what a measure's scores are judged by, for an age group."""
        instrument = self.instruments[measure]
        curve = self.curves.get((measure, age_group))
        return Setup(instrument, instrument.norms[self.ruleset], age_group, curve=curve)

    def judging(
        self, measure: str, age_group: AgeGroup, beside: str | None = None
    ) -> tuple[Setup, tuple[Rule, ...]]:
        """Give what judges a measure's scores for an age group, beside those of another one; made once."""
        kind = (measure, age_group, beside)
        if kind not in self._judging:
            other = None if beside is None else self.setup(beside, age_group)
            setup = dataclasses.replace(self.setup(measure, age_group), beside=other)
            self._judging[kind] = setup, rules_for(setup, self.off)
        return self._judging[kind]

    def beside(self, measure: str, answered: Collection[str]) -> str | None:
        """Name the measure of the other kind that stands beside one: the first that was answered."""
        other = _OTHER.get(self.instruments[measure].gauges)
        found = (key for key, one in self.instruments.items() if one.gauges is other and key in answered)
        return next(found, None)

    def usual_for(self, client: Client) -> frozenset[str]:
        """Name the schedules that a client has unless told otherwise: the programme's, or everybody's."""
        if client.programme in self.programmes:
            return frozenset(self.programmes[client.programme])
        return frozenset(name for name, one in self.routines.items() if one.default)

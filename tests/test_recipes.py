"""CONTRIBUTING.md's recipes, followed: each adds its thing without a change to service or conversation."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, time
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.conversation import Conversation, advance
from bot.languages import LANGUAGES, ItemWords, MeasureWords
from bot.office import CHANNELS
from bot.policy import Policy
from bot.service.asking import asking
from bot.timetable import Quiet
from bot.wording import House
from scoring.instrument import AgeGroup, Asked, Gauge, Response
from scoring.instruments import INSTRUMENTS, read
from scoring.rules import RULES, Course, Finding, Rule, Setup, Severity, judge, rules_for
from scoring.score import Score, score
from storage.records import CheckIn, CheckInState
from tests.channels import networks

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)

SLEEP = """
key = "sleep"
name = "Sleep"
gauges = "outcome"
higher_is = "better"
asked = "between"
items = ["length", "rest"]
[icce]
reliable_change = 30
cutoff = { adult = 120 }
"""


def _sleep_words() -> MeasureWords:
    words = {key: ItemWords(key, f"How was your {key}?", "bad", "good") for key in ("length", "rest")}
    return MeasureWords("Two questions.", "your sleep", "sleep", MappingProxyType(words))


def _with_sleep() -> Policy:
    """Make a site with one measure more: its data file, and its words."""
    return Policy(
        House("here"),
        Quiet(time(21), time(8)),
        instruments={**INSTRUMENTS, "sleep": read(SLEEP, "sleep.toml")},
        wording={("sleep", "en"): _sleep_words()},
    )


def test_a_measure_is_one_data_file_and_its_words() -> None:
    """It is asked, answered, scored and judged by what was there before."""
    policy = _with_sleep()
    conversation = Conversation(Response(policy.instruments["sleep"]), LANGUAGES["en"])
    for text in ("3", "4.5"):
        conversation = dataclasses.replace(advance(conversation, text).conversation, shown=True)
    latest = score(conversation.response, NOW)
    assert latest == Score("sleep", (30, 45), NOW)
    assert latest is not None
    _, rules = policy.judging("sleep", AgeGroup.ADULT)
    found = judge(rules, Course((Score("sleep", (80, 80), NOW), latest)))
    assert [one.rule for one in found] == ["deterioration", "drop", "crossed_below"]


def test_a_measure_is_put_in_its_own_words() -> None:
    """The question is made of the measure's words, whatever the measure."""
    policy = _with_sleep()
    check_in = CheckIn(1, 1, 1, "sleep", CheckInState.OPEN, False, 0, None, NOW, NOW)  # noqa: FBT003 (held)
    response = Response(policy.instruments["sleep"])
    draft = asking(policy, LANGUAGES["en"], check_in, response=response, not_before=NOW)
    assert "1/2 How was your length?" in draft.body


def test_a_rule_is_a_class_and_an_entry() -> None:
    """It is made with its numbers by its entry, and asked by `judge`."""

    @dataclasses.dataclass(frozen=True, slots=True)
    class Rock:
        """Find a total of nothing at all."""

        def __call__(self, course: Course) -> tuple[Finding, ...]:
            total = course.latest.total
            return () if total else (Finding("rock", Severity.SOON, None, None, total),)

    table = {**RULES, "rock": (frozenset({Gauge.OUTCOME}), _always(Rock()))}
    setup = Setup(INSTRUMENTS["ors"], INSTRUMENTS["ors"].norms["icce"], AgeGroup.ADULT)
    rules = rules_for(setup, table=table)
    assert [one.rule for one in judge(rules, Course((Score("ors", (0, 0, 0, 0), NOW),)))] == ["rock"]
    assert judge(rules, Course((Score("ors", (0, 0, 0, 1), NOW),))) == ()
    assert len(rules_for(setup, frozenset({"rock"}), table)) == len(rules) - 1


def _always(rule: Rule) -> Callable[[Setup], Rule | None]:
    return lambda _setup: rule


def test_every_channel_keeps_the_contract() -> None:
    """A channel in the table has a harness, so that the one contract runs on it."""
    assert all(getattr(networks, channel.__name__, None) is channel for channel in CHANNELS)


OFFICIAL = {"gad7", "phq9"}
"""Measures that are asked in their official text alone: a language without one doesn't offer them."""


def test_every_language_has_all_that_a_language_needs() -> None:
    """Words for every item of every measure that it offers, and a way into every kind of suggestion."""
    for language in LANGUAGES.values():
        assert set(INSTRUMENTS) - OFFICIAL <= set(language.measures) <= set(INSTRUMENTS)
        for key, words in language.measures.items():
            assert words.items.keys() == set(INSTRUMENTS[key].items)
        for gauge in Gauge:
            assert (gauge.value, "overall") in language.guidance
    assert set(LANGUAGES["en"].measures) == set(INSTRUMENTS)


def test_when_a_measure_is_asked_is_data() -> None:
    """The two measures that ship are asked on either side of the session."""
    assert INSTRUMENTS["ors"].asked is Asked.BEFORE
    assert INSTRUMENTS["srs"].asked is Asked.AFTER

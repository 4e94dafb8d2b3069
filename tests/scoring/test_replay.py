"""Replaying past episodes: what would have been told when, and how it goes with how they ended."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.change import Category
from scoring.hindsight import (
    FEW,
    OF_ALLIANCE,
    OF_OUTCOME,
    Foresight,
    Share,
    by_therapist,
    endings_of,
    load_of,
    look_back,
    rule_counts,
)
from scoring.histories import Ended, Episode
from scoring.instrument import AgeGroup, Instrument
from scoring.instruments import INSTRUMENTS
from scoring.replay import ending, outcome_of, replay
from scoring.rules import RULES, Rule, Setup, Severity, rules_for
from scoring.score import Score

MONDAY = datetime(2026, 1, 5, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Book:
    """A site that judges ORS and SRS by the numbers as they ship, but for those of one therapist."""

    ruleset: str = "icce"
    off: frozenset[str] = frozenset()
    strict: str = "nobody"
    instruments: Mapping[str, Instrument] = dataclasses.field(default_factory=lambda: INSTRUMENTS)

    def of_therapist(self, code: str | None) -> Book:
        return dataclasses.replace(self, ruleset="pcoms") if code == self.strict else self

    def beside(self, measure: str, answered: Collection[str]) -> str | None:
        other = "ors" if measure == "srs" else "srs"
        return other if other in answered else None

    def setup(self, measure: str, age_group: AgeGroup) -> Setup:
        instrument = self.instruments[measure]
        return Setup(instrument, instrument.norms[self.ruleset], age_group)

    def judging(
        self, measure: str, age_group: AgeGroup, beside: str | None = None
    ) -> tuple[Setup, tuple[Rule, ...]]:
        other = None if beside is None else self.setup(beside, age_group)
        setup = dataclasses.replace(self.setup(measure, age_group), beside=other)
        return setup, rules_for(setup, self.off)


ICCE = Book()
ONLY_DETERIORATION = Book(off=frozenset(RULES) - {"deterioration"})


def weekly(measure: str, *totals: int, late: float = 0) -> tuple[Score, ...]:
    """Make scores known by their totals, in tenths, a week apart; `late` hours after the first of the day."""
    return tuple(
        Score(measure, (total,), MONDAY + timedelta(weeks=week, hours=late))
        for week, total in enumerate(totals)
    )


def episode(
    *scores: Score,
    ended: Ended | None = Ended.PLANNED,
    age_group: AgeGroup = AgeGroup.ADULT,
    therapist: str = "",
) -> Episode:
    ordered = tuple(sorted(scores, key=lambda one: one.at))
    return Episode("AB", "1", ordered, age_group, ended, therapist)


def told(given_episode: Episode, book: Book = ICCE) -> list[tuple[int, list[str], list[str], int]]:
    """Give each message: (week, what was news, what else held, how many outcome scores came after it)."""
    return [
        (
            (one.score.at - MONDAY).days // 7,
            [each.rule for each in one.fresh],
            [each.rule for each in one.findings if each not in one.fresh],
            one.left,
        )
        for one in replay(given_episode, book).told
    ]


@pytest.mark.parametrize(
    ("scores", "messages"),
    [
        pytest.param(weekly("ors", 300, 251), [], id="a tenth short of reliable"),
        pytest.param(
            weekly("ors", 300, 250), [(1, ["deterioration", "drop"], [], 0)], id="reliable: with the last"
        ),
        pytest.param(
            weekly("ors", 200, 150, 150, 99, 101),
            [
                (1, ["deterioration", "drop"], [], 3),
                (3, ["deterioration", "drop"], [], 1),
            ],
            id="what lasts is told once, and again once it is reliably worse than it was told",
        ),
        pytest.param(
            weekly("ors", 300, 250, 260, 250),
            [(1, ["deterioration", "drop"], [], 2), (3, ["deterioration"], [], 0)],
            id="what had ceased is told anew",
        ),
        pytest.param(
            weekly("ors", 300, 250, 249, 200),
            [(1, ["deterioration", "drop"], [], 2), (2, ["crossed_below"], ["deterioration"], 1)],
            id="a message tells all that holds: 4.9 worse than that is no news",
        ),
        pytest.param(
            (*weekly("ors", 300, 300, 289), *weekly("srs", 380, 355, 350, late=1)),
            [
                (1, ["alliance_low", "alliance_drop"], [], 1),
                (2, ["alliance_strained"], [], 0),
            ],
            id="one fall of outcome beside one weak alliance is told once, not with either measure",
        ),
        pytest.param(
            (*weekly("ors", 200, 189), *weekly("srs", 380, 370, late=1)),
            [(1, ["alliance_strained", "alliance_drop"], [], 0)],
            id="alliance is judged beside the outcome of that day",
        ),
    ],
)
def test_what_would_have_been_told(
    scores: tuple[Score, ...], messages: list[tuple[int, list[str], list[str], int]]
) -> None:
    assert told(episode(*scores)) == messages


def test_what_was_told_of_one_outcome_measure_hides_nothing_of_another() -> None:
    depression = weekly("phq9", 100, 160, 170)
    outcome = tuple(
        Score("ors", (total,), MONDAY + timedelta(weeks=week, hours=1))
        for week, total in ((0, 160), (1, 100))
    )
    assert [
        (one.score.instrument, one.fresh[0].now)
        for one in replay(episode(*depression, *outcome), ONLY_DETERIORATION).told
    ] == [("phq9", 160), ("ors", 100)], "10 worse than was told of PHQ-9 is no news, whatever ORS came to"


def test_scores_of_a_day_come_in_the_order_in_which_they_are_asked() -> None:
    outcome, alliance = weekly("ors", 200, 189), weekly("srs", 380, 370)
    one, other = episode(*outcome, *alliance), episode(*alliance, *outcome)
    assert one.scores != other.scores
    assert told(one) == told(other) == [(1, ["alliance_strained", "alliance_drop"], [], 0)]


def test_a_message_is_as_urgent_as_the_most_urgent_news_in_it() -> None:
    good, bad = replay(episode(*weekly("ors", 200, 250, 200)), ICCE).told
    assert (good.severity, good.alert) == (Severity.DIGEST, False)
    assert (bad.severity, bad.alert) == (Severity.SOON, True)


def test_a_therapists_own_numbers_judge_their_clients() -> None:
    book = dataclasses.replace(ONLY_DETERIORATION, strict="KT")
    scores = weekly("ors", 300, 245)
    assert told(episode(*scores, therapist="LM"), book) == [(1, ["deterioration"], [], 0)]
    assert told(episode(*scores, therapist="KT"), book) == [], "pcoms wants 6.0"
    assert ending(episode(*scores, therapist="LM"), book) is Category.DETERIORATED
    assert ending(episode(*scores, therapist="KT"), book) is Category.UNCHANGED


measures = st.sampled_from(["ors", "srs"])
forms = st.tuples(measures, st.tuples(*[st.integers(0, 100)] * 4))
histories = st.lists(forms, min_size=1, max_size=14).map(
    lambda rows: tuple(
        Score(measure, items, MONDAY + timedelta(hours=12 * place))
        for place, (measure, items) in enumerate(rows)
    )
)


@given(histories, st.integers(1, 14))
def test_nothing_that_came_later_changes_what_was_told(scores: tuple[Score, ...], until: int) -> None:
    whole = replay(episode(*scores), ICCE)
    part = replay(episode(*scores[:until]), ICCE)
    earlier = [one for one in whole.told if one.score in scores[:until]]
    assert [(one.score, one.fresh, one.findings) for one in part.told] == [
        (one.score, one.fresh, one.findings) for one in earlier
    ]


@given(histories)
def test_all_that_is_told_holds_and_no_message_is_without_news(scores: tuple[Score, ...]) -> None:
    for one in replay(episode(*scores), ICCE).told:
        assert one.fresh
        assert set(one.fresh) <= set(one.findings)
        assert one.left == sum(each.instrument == "ors" and each.at > one.score.at for each in scores)


@pytest.mark.parametrize(
    ("scores", "measure"),
    [
        (weekly("srs", 380, 370), None),
        (weekly("ors", 200), "ors"),
        ((*weekly("ors", 200, 210), *weekly("gad7", 100, 90)), "ors"),
        ((*weekly("ors", 200), *weekly("gad7", 100, 90)), "gad7"),
        ((*weekly("phq9", 100, 90), *weekly("gad7", 100, 90)), "gad7"),
    ],
)
def test_sessions_are_counted_by_the_outcome_measure_with_most_scores(
    scores: tuple[Score, ...], measure: str | None
) -> None:
    assert outcome_of(episode(*scores), ICCE) == measure


WORSE, BETTER = weekly("ors", 300, 300, 250), weekly("ors", 200, 210, 250)


def test_how_episodes_ended() -> None:
    found = endings_of(
        [
            episode(*WORSE),
            episode(*BETTER, ended=Ended.DROPPED),
            episode(*WORSE, ended=Ended.DROPPED),
            episode(*WORSE, ended=None),
            episode(*WORSE, ended=Ended.OPEN),
            episode(*weekly("ors", 200), ended=Ended.DROPPED),
            episode(*weekly("srs", 300, 350), ended=Ended.DROPPED),
        ],
        ICCE,
    )
    assert found.deteriorated == {0, 2, 3}
    assert found.otherwise == {1}
    assert found.dropped == {1, 2, 5}, "without outcome, sessions can't be counted"
    assert found.planned == {0}
    assert found.unscored == {5, 6}
    assert found.running == {4}


def test_an_alert_with_the_last_score_is_too_late_for_a_deterioration_and_in_time_for_a_drop_out() -> None:
    late, early = weekly("ors", 300, 300, 250), weekly("ors", 300, 250, 300, 250)
    calm = weekly("ors", 300, 300, 300)
    seen = look_back(
        [
            episode(*late, ended=Ended.DROPPED),
            episode(*early, ended=Ended.DROPPED),
            episode(*calm, ended=Ended.DROPPED),
            episode(*calm),
            episode(*late, ended=Ended.PLANNED),
        ],
        ONLY_DETERIORATION,
    )
    assert seen.of_deterioration() == Foresight(Share(1, 3), Share(2, 2), (2,))
    assert seen.of_drop_out() == Foresight(Share(2, 3), Share(1, 2), (0, 2))
    assert seen.of_drop_out().lead == 1
    assert seen.of_drop_out(OF_ALLIANCE) == Foresight(Share(0, 3), Share(2, 2), ())
    assert seen.of_drop_out(OF_ALLIANCE).lead is None


def test_a_note_for_the_morning_is_no_alert() -> None:
    seen = look_back([episode(*weekly("ors", 200, 250, 255), ended=Ended.DROPPED)], ICCE)
    assert [one.alert for one in seen.replayed[0].told] == [False]
    assert seen.of_drop_out().flagged == Share(0, 1)


def test_a_quiet_finding_in_an_alert_flags_nothing_by_itself() -> None:
    items = ((50, 50, 50, 50), (50, 50, 50, 30), (50, 50, 50, 30))
    scores = [Score("ors", one, MONDAY + timedelta(weeks=week)) for week, one in enumerate(items)]
    alliance = weekly("srs", 400, 330, late=-1)
    seen = look_back([episode(*scores, *alliance, ended=Ended.DROPPED)], ICCE)
    with_item = next(
        one for one in seen.replayed[0].told if any(each.rule == "item_drop" for each in one.fresh)
    )
    assert with_item.alert, "strained, and beside it an item that fell"
    assert not with_item.speaks({"item_drop"}, alert=True)
    assert with_item.speaks({"item_drop"}, alert=False)


def test_numbers_are_compared_by_the_same_endings() -> None:
    episodes = [episode(*weekly("ors", 300, 260, 245)), episode(*weekly("ors", 300, 260, 239))]
    pcoms = dataclasses.replace(ONLY_DETERIORATION, ruleset="pcoms")
    theirs = endings_of(episodes, pcoms)
    assert look_back(episodes, ONLY_DETERIORATION).endings.deteriorated == {0, 1}
    assert look_back(episodes, ONLY_DETERIORATION, theirs).endings.deteriorated == {1}


@pytest.mark.parametrize(
    ("worse", "others", "few"), [(FEW - 1, FEW, True), (FEW, FEW - 1, True), (FEW, FEW, False)]
)
def test_too_few_of_either_ending_are_too_few_to_say(worse: int, others: int, few: bool) -> None:
    assert Foresight(Share(0, worse), Share(0, others), ()).few is few


@pytest.mark.parametrize(
    ("days", "weeks"),
    [
        pytest.param((0,), 1, id="one day"),
        pytest.param((0, 6), 1, id="Monday to Sunday"),
        pytest.param((6, 7), 2, id="Sunday and the Monday after"),
        pytest.param((0, 21), 4, id="weeks without a score between count"),
    ],
)
def test_a_client_counts_in_every_calendar_week(days: tuple[int, ...], weeks: int) -> None:
    scores = [Score("ors", (300,), MONDAY + timedelta(days=day)) for day in days]
    load = load_of([replay(episode(*scores), ICCE)])
    assert (load.weeks, load.client_weeks) == (weeks, weeks)


def test_messages_are_counted_by_week_and_therapist() -> None:
    down, up = weekly("ors", 300, 250, 300), weekly("ors", 200, 250, 250)
    one, two = episode(*down, therapist="KT"), episode(*up, therapist="KT")
    three, four = episode(*down, therapist="LM"), episode(*down)
    seen = look_back([one, two, three, four], ONLY_DETERIORATION)
    assert (seen.load.alerts, seen.load.notes, seen.load.busiest) == (3, 0, 3)
    assert (seen.load.weeks, seen.load.client_weeks) == (3, 12)
    assert seen.load.for_clients(10, seen.load.alerts) == 2.5
    loads = by_therapist(look_back([one, two, three, four], ICCE).replayed)
    assert list(loads) == ["KT", "LM"], "whose therapist isn't known counts for none"
    kt = loads["KT"]
    assert (kt.alerts, kt.notes, kt.weeks, kt.client_weeks, kt.busiest) == (1, 1, 3, 6, 1)


def test_each_rule_is_counted_by_what_it_would_have_told_by_itself() -> None:
    episodes = [
        episode(*weekly("ors", 300, 250, 300, 250)),  # told twice, ends deteriorated
        episode(*weekly("ors", 300, 250), ended=Ended.DROPPED),  # with the last score: too late
        episode(*weekly("ors", 300, 250, 300)),  # ends well
        episode(*weekly("ors", 300, 300)),
    ]
    seen = look_back(episodes, ICCE)
    count = next(one for one in rule_counts(seen.replayed, seen.endings) if one.rule == "deterioration")
    assert (count.alerts, count.notes, count.episodes) == (4, 0, 3)
    assert (count.ahead, count.lost, count.well) == (1, 1, 1)
    assert [one.rule for one in rule_counts(seen.replayed, seen.endings)] == list(RULES)


def test_every_rule_is_of_outcome_or_of_alliance() -> None:
    assert set(RULES) == OF_OUTCOME | OF_ALLIANCE
    assert not OF_OUTCOME & OF_ALLIANCE
    assert "deterioration" in OF_OUTCOME
    assert {"alliance_low", "alliance_strained"} <= OF_ALLIANCE


def test_two_measures_that_move_alike_are_both_told() -> None:
    twin = dataclasses.replace(INSTRUMENTS["ors"], key="twin")
    book = Book(instruments={**INSTRUMENTS, "twin": twin})
    both = episode(*weekly("ors", 240, 160), *weekly("twin", 240, 160, late=1))
    assert [one.score.instrument for one in replay(both, book).alerts] == ["ors", "twin"]

"""What each kind of person does about a message, and that the real reader reads it as it is meant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from bot import commands, replies, safety
from bot.commands import Acknowledge, Close
from bot.languages import LANGUAGES
from bot.replies import Later, Points, Steer, Unclear
from bot.simulation import caseload, habits, words
from bot.simulation.acts import Act, Deed, Heard, Question
from bot.simulation.courses import STEADY
from bot.simulation.habits import Habit, Mind
from bot.simulation.personas import CLIENTS, IN_DANGER, THERAPISTS, Persona
from scoring.instruments import INSTRUMENTS

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
ORS = INSTRUMENTS["ors"]


def mind(seed: int = 1, turn: int = 3, language: str = "en") -> Mind:
    """Make up somebody's mind."""
    return Mind(Random(seed), turn, STEADY, language)


def asked(
    kind: str = "question", *, check_in: int = 1, position: int = 0, before: int = 0, items: int = 1
) -> Heard:
    """Make a message that asks."""
    return Heard(kind, AT, 0, Question(ORS, position, items, check_in, before))


def told(alert: int = 7, times: int = 0) -> Heard:
    """Make a message that tells a therapist of an alert."""
    return Heard("alert", AT, 0, alert=alert, told=times)


def said(acts: Sequence[Act]) -> list[str]:
    """Give what is said or done."""
    return [str(one.what) for one in acts]


@pytest.mark.parametrize(
    ("habit", "first", "reminder", "next_item"),
    [
        pytest.param(habits.prompt, 1, 1, 1, id="prompt"),
        pytest.param(habits.late, 0, 1, 1, id="late: when reminded"),
        pytest.param(habits.very_late, 1, 0, 1, id="very late: no reminder brings it forward"),
        pytest.param(habits.silent, 0, 0, 0, id="silent"),
    ],
)
def test_when_somebody_begins_to_answer(habit: Habit, first: int, reminder: int, next_item: int) -> None:
    assert len(habit(asked(), mind())) == first
    assert len(habit(asked("reminder", before=1), mind())) == reminder
    assert len(habit(asked(position=1), mind())) == next_item


def test_very_late_is_after_two_days() -> None:
    (act,) = habits.very_late(asked(), mind())
    assert act.after > timedelta(hours=48)


@pytest.mark.parametrize(
    ("habit", "before", "at", "after"),
    [
        pytest.param(habits.falling_silent, 1, [], 0, id="silent"),
        pytest.param(habits.pausing, 1, [Deed.PAUSE, Deed.RESUME], 1, id="pausing"),
        pytest.param(habits.in_danger, 1, [words.DANGER, words.GO_ON], 1, id="in danger"),
        pytest.param(habits.leaving, 1, [words.STOP], 1, id="leaving for good"),
    ],
)
def test_a_habit_turns_at_one_check_in(habit: Habit, before: int, at: list[str], after: int) -> None:
    assert len(habit(asked(check_in=2), mind())) == before
    assert said(habit(asked(check_in=3), mind())) == [str(one) for one in at]
    assert len(habit(asked(check_in=4), mind())) == after


def test_every_other_one_who_leaves_comes_back() -> None:
    assert said(habits.leaving(asked(check_in=4), mind(turn=4))) == [words.STOP, words.START]


@pytest.mark.parametrize("habit", [habits.postponing, habits.unclear])
def test_nobody_is_unclear_or_late_twice_about_one_item(habit: Habit) -> None:
    for seed in range(50):
        (act,) = habit(asked(before=1), mind(seed))
        assert str(act.what).isdigit()


def test_questions_put_together_are_answered_together() -> None:
    (act,) = habits.prompt(asked("together", items=4), mind())
    assert len(str(act.what).split()) == 4


@pytest.mark.parametrize("persona", [*CLIENTS, IN_DANGER, *THERAPISTS], ids=lambda one: one.name)
def test_nobody_does_anything_about_a_message_that_asks_nothing(persona: Persona) -> None:
    for kind in ("reply", "note", "crisis"):
        assert persona.habit(Heard(kind, AT, 0, Question(ORS, 0, 1, 3, 0)), mind()) == ()


@pytest.mark.parametrize(
    ("habit", "commanded"),
    [
        pytest.param(habits.acknowledging, [Acknowledge(7)], id="acknowledging"),
        pytest.param(habits.closing, [Acknowledge(7), Close(7, words.DONE)], id="closing"),
        pytest.param(habits.slow, [Acknowledge(7)], id="slow"),
        pytest.param(habits.silent, [], id="never"),
    ],
)
def test_therapists_answer_an_alert_once(habit: Habit, commanded: list[object]) -> None:
    acts = habit(told(), mind())
    assert [commands.read(str(one.what), LANGUAGES["da"]) for one in acts] == commanded
    assert habit(told(times=1), mind()) == ()


@pytest.mark.parametrize("code", caseload.LANGUAGES)
def test_what_they_write_is_read_as_it_is_meant(code: str) -> None:
    expecting = replies.Expecting(LANGUAGES[code], remaining=3)
    for beside in words.BESIDE[code]:
        (act,) = habits.wordy(asked(), mind(language=code))
        assert isinstance(replies.read(str(act.what), expecting).reply, Points)
        assert replies.read(f"7, {beside}", expecting).reply == Points(70, beside)
    for text in words.LATER:
        assert isinstance(replies.read(text, expecting).reply, Later)
    for text in words.UNCLEAR:
        assert isinstance(replies.read(text, expecting).reply, Unclear)
    assert replies.command(words.STOP, LANGUAGES[code]) is Steer.STOP
    assert replies.command(words.START, LANGUAGES[code]) is Steer.START
    assert replies.says(words.AGREE, LANGUAGES[code], "agree")
    assert replies.says(words.GO_ON, LANGUAGES[code], "go_on")


def test_danger_is_danger_and_nothing_else_is() -> None:
    harmless = [text for beside in words.BESIDE.values() for text in beside]
    harmless += [*words.LATER, *words.UNCLEAR, words.DONE, words.AGREE, words.GO_ON]
    assert safety.at_risk(words.DANGER)
    assert [one for one in harmless if safety.at_risk(one)] == []


def test_every_language_is_spoken() -> None:
    assert set(caseload.LANGUAGES) == set(LANGUAGES) == set(words.BESIDE)

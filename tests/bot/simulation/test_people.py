"""What comes of the kinds of people there are: the service answers each of them as it answers people."""

from __future__ import annotations

from datetime import timedelta

from bot.simulation import habits, words
from bot.simulation.entries import CLINIC, OFFICE, Entry
from bot.simulation.personas import CLIENTS
from tests.bot.simulation.scenes import kinds, people, played, scenario, turning


def asked_after(entries: list[Entry], last: Entry) -> list[Entry]:
    """Pick what somebody is asked after something happened."""
    return [one for one in kinds(entries, "question") if one.at > last.at]


async def test_whoever_leaves_for_good_is_asked_nothing_more() -> None:
    entries, summary = await played(turning(3, weeks=6), people(habits.leaving))
    (stop,) = kinds(entries, "stop")
    assert (stop.text, asked_after(entries, stop)) == (words.STOP, [])
    assert summary.scores == {"ors": 2}


async def test_whoever_comes_back_is_asked_again_from_then_on() -> None:
    entries, summary = await played(turning(2, weeks=7), people(habits.leaving))
    (stop,), (start,) = kinds(entries, "stop"), kinds(entries, "start")
    assert start.at - stop.at == timedelta(weeks=3)
    assert [one for one in asked_after(entries, stop) if one.at < start.at] == []
    assert asked_after(entries, start) != []
    assert summary.scores["ors"] > 1


async def test_a_pause_holds_until_the_office_ends_it() -> None:
    entries, summary = await played(turning(2, weeks=8), people(habits.pausing))
    (paused,), (resumed,) = kinds(entries, "pause"), kinds(entries, "resume")
    assert (paused.sender, paused.receiver) == (OFFICE, "C001")
    assert resumed.at - paused.at == timedelta(weeks=4)
    assert [one for one in asked_after(entries, paused) if one.at < resumed.at] == []
    assert asked_after(entries, resumed) != []
    assert summary.office == {"pause": 1, "resume": 1}


async def test_danger_is_answered_at_once_and_closed_by_the_therapist() -> None:
    entries, summary = await played(scenario(4, 1, danger=True))
    (cry,) = [one for one in entries if one.text == words.DANGER]
    helped = [one for one in kinds(entries, "crisis", "C001") if one.sender == CLINIC]
    assert (cry.kind, helped[0].at) == ("crisis", cry.at)
    assert cry.at in {one.at for one in kinds(entries, "alert", "T01") if "C001" in one.text}
    assert kinds(entries, "go_on")[0].at > cry.at
    assert summary.alerts["urgent"] == 1


async def test_whoever_deteriorates_is_told_of() -> None:
    (falling,) = [one for one in CLIENTS if one.name == "deteriorating"]
    entries, summary = await played(scenario(6, 1), [falling])
    numbers = [int(one.text) for one in kinds(entries, "score")]
    assert sum(numbers[-4:]) <= sum(numbers[:4]) - 5  # a reliable change of ORS, to the worse
    assert kinds(entries, "alert", "T01")[-1].at > entries[0].at + timedelta(weeks=2)
    assert summary.scores == {"ors": 6}


async def test_the_late_answer_when_reminded_and_the_very_late_when_it_is_over() -> None:
    entries, summary = await played(scenario(2, 1), people(habits.late))
    (first, *_) = kinds(entries, "score")
    assert first.at > kinds(entries, "reminder")[0].at
    assert summary.check_ins["complete"] >= 1
    _, over = await played(scenario(2, 1), people(habits.very_late))
    assert "complete" not in over.check_ins

"""Where two things meet: two measures, two episodes, two therapists' numbers, a correction, a pause."""

from __future__ import annotations

import dataclasses

import pytest

from bot.service import people
from scoring.instrument import AgeGroup
from tests.world import CLIENT, THERAPIST, World, opened


def alerts(world: World) -> list[str]:
    """Give the alerts that the therapist has read."""
    return [text for text in world.channel.texts(THERAPIST) if text.startswith("Alert")]


async def form(world: World, measure: str, *points: int, days: float = 0) -> None:
    """Enter a paper form."""
    await world.past(measure, points, days)
    await world.send_out()


async def unanswered(world: World, times: int) -> None:
    """Let check-ins pass without an answer."""
    for _ in range(times):
        await world.ask()
        world.clock.wait(hours=49)
        await world.service.expire_due()
        world.clock.wait(hours=23)
        await world.send_out()


async def test_two_measures_that_move_alike_are_both_told(world: World) -> None:
    await form(world, "phq9", 1, 1, 1, 1, 1, 0, 0, 0, 0, days=14)
    await form(world, "gad7", 1, 1, 1, 1, 1, 0, 0, days=14)
    world.forget()
    await form(world, "phq9", 2, 2, 2, 2, 2, 1, 0, 0, 0)
    world.clock.wait(minutes=3)
    await form(world, "gad7", 2, 2, 2, 2, 2, 1, 0)
    assert len(alerts(world)) == 2


async def test_silence_is_counted_anew_in_a_new_episode(world: World) -> None:
    world.forget()
    await unanswered(world, 2)
    assert len(alerts(world)) == 1
    async with world.service.desk() as desk:
        await people.close(desk, "AB", "unplanned")
    async with world.service.desk() as desk:
        await people.resume(desk, "AB")
    await unanswered(world, 1)
    assert len(alerts(world)) == 1
    await unanswered(world, 1)
    assert len(alerts(world)) == 2


async def test_a_pause_for_danger_is_no_silence(world: World) -> None:
    await unanswered(world, 1)
    await world.ask()
    await world.hear("I want to kill myself")
    await world.hear("CLOSED 1 spoke, safe", THERAPIST)
    world.clock.wait(hours=72)
    world.forget()
    await world.service.expire_due()
    world.clock.wait(hours=24)
    await world.send_out()
    assert all("Did not answer" not in text for text in alerts(world))


@pytest.mark.parametrize(("days", "told"), [(1, 1), (8, 0)])
async def test_danger_on_a_paper_form_counts_for_a_week_though_another_came_after_it(
    world: World, days: int, told: int
) -> None:
    await form(world, "phq9", 0, 0, 0, 0, 0, 0, 0, 0, 0, days=0.5)
    world.forget()
    await form(world, "phq9", 0, 0, 0, 0, 0, 0, 0, 0, 3, days=days)
    assert sum("CLOSED" in text for text in world.channel.texts(THERAPIST)) == told


async def test_a_paper_form_writes_to_nobody_who_wrote_stop(world: World) -> None:
    await world.hear("STOP")
    world.forget()
    await form(world, "phq9", 0, 0, 0, 0, 0, 0, 0, 0, 1)
    assert world.channel.texts(CLIENT) == []
    assert "no text could be sent to them" in "\n".join(world.channel.texts(THERAPIST))


async def test_what_a_correction_left_standing_is_what_later_scores_are_compared_with(world: World) -> None:
    await form(world, "ors", 6, 6, 6, 6, days=14)
    await world.ask()
    for point in ("5", "5", "5", "0"):
        await world.hear(point)
    await world.hear("sorry, 4")
    world.forget()
    for points in ((4, 4, 4, 4), (4, 3, 4, 3)):  # 16 is 3.0 below the 19 that was corrected; 14 is 5.0 below
        world.clock.wait(days=7)
        await form(world, "ors", *points)
    assert "\n- Reliably lower than at the start: 24 to 14" in "\n".join(alerts(world))


async def test_a_therapists_own_rules_hold_for_events_and_for_the_chart(staffed_url: str) -> None:
    async with opened(staffed_url) as usual:
        site = usual.service.policy
    ors = site.instruments["ors"]
    norms = dataclasses.replace(ors.norms["icce"], cutoff={AgeGroup.ADULT: 300})
    higher = dataclasses.replace(ors, norms={**ors.norms, "icce": norms})
    own = dataclasses.replace(site, off=frozenset(), instruments={**site.instruments, "ors": higher})
    choices = dataclasses.replace(site, off=frozenset({"opted_out", "leaving"}), therapists={"T1": own})
    async with opened(staffed_url, choices=choices) as world:
        await form(world, "ors", 8, 8, 8, 8)
        await world.hear("CHART AB", THERAPIST)
        assert "(cutoff 30)" in world.channel.texts(THERAPIST)[-1]
        world.forget()
        await world.hear("I want to stop therapy")
        await world.hear("STOP")
        assert len([text for text in world.channel.texts(THERAPIST) if "ACK" in text]) == 2


async def test_what_was_decided_in_an_earlier_episode_is_of_that_one(world: World) -> None:
    await form(world, "ors", 8, 8, 8, 8, days=7)
    await world.hear("DIP AB: until 1 May: old dip", THERAPIST)
    async with world.service.desk() as desk:
        await people.close(desk, "AB", "planned")
    await world.hear("chart ab", THERAPIST)
    closed = world.channel.texts(THERAPIST)[-1]
    assert "now 32" in closed
    assert "old dip" in closed
    world.clock.wait(days=100)
    async with world.service.desk() as desk:
        await people.resume(desk, "AB")
    await form(world, "ors", 8, 8, 8, 8)
    world.clock.wait(days=1)
    world.forget()
    await form(world, "ors", 5, 5, 5, 5)
    await world.hear("CHART AB", THERAPIST)
    assert all("old dip" not in text for text in world.channel.texts(THERAPIST))


async def test_what_was_never_asked_is_not_missed(world: World) -> None:
    await world.service.start_due()
    world.clock.wait(hours=2)
    await world.tick()  # the weekly ORS is asked, and the SRS waits behind it
    world.clock.wait(days=3)
    await world.tick()
    await world.hear("CHART AB", THERAPIST)
    assert "Missed check-ins: 1" in world.channel.texts(THERAPIST)[-1]


@pytest.mark.parametrize(
    "written", ["NOTE AB: changed focus", "note ab changed focus", "NOTE AB, changed focus"]
)
async def test_a_decision_is_taken_as_people_write_it(world: World, written: str) -> None:
    await world.hear(written, THERAPIST)
    assert world.channel.texts(THERAPIST)[-1].startswith('Noted for AB: "changed focus"')


async def test_a_year_of_two_digits_is_a_year(world: World) -> None:
    await world.hear("DIP AB until 1.12.27: trauma work", THERAPIST)
    assert "until 1 December 2027" in world.channel.texts(THERAPIST)[-1]


async def test_a_chart_of_nobody_is_explained(world: World) -> None:
    await world.hear("CHART", THERAPIST)
    assert world.channel.texts(THERAPIST)[-1] == "Write CHART and a client's code, such as CHART AB."

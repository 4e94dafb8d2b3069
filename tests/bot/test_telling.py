"""What a therapist is told of scores: each state once, what is new by name, and what was decided."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest

from bot.office import policy_of
from bot.settings import Settings
from tests.world import THERAPIST, World, opened

STARTED = 42
"""Days ago when the first form was filled in."""


async def answer(world: World, measure: str, *points: str) -> Sequence[str]:
    """Answer a check-in, and give what the therapist is told within a day."""
    await world.ask(measure)
    world.forget()
    for one in points:
        await world.hear(one)
    world.clock.wait(hours=24)
    await world.send_out()
    return [text for text in world.channel.texts(THERAPIST) if text.startswith("Alert")]


async def test_a_state_that_lasts_is_told_once(world: World) -> None:
    await world.past("ors", [8, 8, 8, 8], STARTED)
    (told,) = await answer(world, "ors", "5", "5", "5", "5")
    assert "Reliably lower than at the start: 32 to 20" in told
    assert await answer(world, "ors", "5", "5", "5", "5") == []
    assert await answer(world, "ors", "5", "5", "5", "5.5") == []


async def test_it_is_told_again_when_it_got_reliably_worse_bit_by_bit(world: World) -> None:
    await world.past("ors", [8, 8, 8, 8], STARTED)
    await answer(world, "ors", "5", "5", "5", "5")
    assert await answer(world, "ors", "4", "4", "5", "5") == []
    assert await answer(world, "ors", "4", "4", "4", "3.1") == []
    (told,) = await answer(world, "ors", "4", "4", "4", "3")
    assert "- Reliably lower than at the start: 32 to 15" in told


async def test_what_was_told_before_is_marked_beside_what_is_new(world: World) -> None:
    await world.past("ors", [8, 8, 8, 8], STARTED)
    await answer(world, "ors", "5", "5", "5", "5")
    await answer(world, "ors", "5", "5", "5", "5")
    (told,) = await answer(world, "ors", "6", "6", "2", "6")
    assert "\n- Fell: Work, school, friends, 5 to 2\n- as before: Reliably lower" in told


async def test_it_is_told_again_after_it_had_ended(world: World) -> None:
    await world.past("ors", [8, 8, 8, 8], STARTED)
    await answer(world, "ors", "5", "5", "5", "5")
    await answer(world, "ors", "8", "8", "8", "8")
    (told,) = await answer(world, "ors", "6", "6", "6", "6")
    assert "- Reliably lower than at the start: 32 to 24" in told


async def test_an_alert_opened_again_is_told_again_while_it_lasts(world: World) -> None:
    await world.past("ors", [8, 8, 8, 8], STARTED)
    await answer(world, "ors", "5", "5", "5", "5")
    await world.hear("ACK 1", THERAPIST)
    world.forget()
    await world.hear("reopen 1", THERAPIST)
    (said,) = world.channel.texts(THERAPIST)
    assert said.startswith("Alert 1 about AB is open again.")
    await world.hear("alerts", THERAPIST)
    assert "1: AB" in world.channel.texts(THERAPIST)[-1]
    (told,) = await answer(world, "ors", "5", "5", "5", "5")
    assert "- Reliably lower than at the start: 32 to 20" in told


async def test_what_was_named_again_beside_news_is_told_again_too(world: World) -> None:
    await world.past("ors", [8, 8, 8, 8], STARTED)
    await answer(world, "ors", "5", "5", "5", "5")
    (told,) = await answer(world, "ors", "6", "6", "2", "6")
    assert "- as before: Reliably lower" in told
    await world.hear("reopen 1", THERAPIST)
    (told,) = await answer(world, "ors", "6", "6", "2", "6")
    assert "\n- Reliably lower than at the start: 32 to 20" in told
    assert await answer(world, "ors", "6", "6", "2", "6") == []


async def test_an_alert_of_danger_is_not_opened_again(world: World) -> None:
    await world.hear("I want to die")
    world.forget()
    await world.hear("REOPEN 1", THERAPIST)
    await world.hear("CLOSED 1 spoke, safe", THERAPIST)
    await world.hear("REOPEN 1", THERAPIST)
    await world.hear("REOPEN 7", THERAPIST)
    danger, _, closed, unknown = world.channel.texts(THERAPIST)
    assert "can't be opened again" in danger
    assert closed == "Alert 1 about AB was closed before, by T1."
    assert unknown.startswith("You have no alert 7.")


async def test_a_weak_alliance_while_outcome_fell_comes_first_with_its_own_opener(world: World) -> None:
    await world.past("ors", [6, 6, 6, 6], 14)
    await world.past("srs", [10, 10, 10, 10], 14)
    await world.past("srs", [9, 8, 9, 9], 7)
    (told,) = await answer(world, "ors", "6", "6", "5", "6")
    assert told.splitlines()[1] == "- The alliance looks weak while outcome fell: 24 to 23"
    assert "Are we working on what you most want to work on?" in told


async def test_a_dip_that_was_expected_is_said_and_silences_nothing(world: World) -> None:
    await world.past("ors", [8, 8, 8, 8], STARTED)
    await world.hear("dip AB until 20 December: trauma work", THERAPIST)
    assert "a dip is expected until 20 December 2026" in world.channel.texts(THERAPIST)[-1]
    (told,) = await answer(world, "ors", "5", "5", "5", "5")
    assert '(You expected a dip until 20 December 2026: "trauma work")' in told
    world.clock.wait(days=30)
    (later,) = await answer(world, "ors", "3", "3", "3", "3")
    assert "dip" not in later


@pytest.mark.parametrize(
    ("written", "answer_begins"),
    [
        pytest.param("NOTE AB changed focus to sleep", "Noted for AB", id="decided"),
        pytest.param("note", "To record what you decided", id="nothing said"),
        pytest.param("NOTE AB", "To record what you decided", id="no words"),
        pytest.param("DIP AB trauma work", "To record what you decided", id="no day"),
        pytest.param("DIP AB 2026-11-22 trauma", "To record what you decided", id="a day that is over"),
        pytest.param("DIP AB 5/1 trauma", "To record what you decided", id="a day that may be two"),
        pytest.param("NOTE ZZ changed focus", "You have no client ZZ.", id="nobody's client"),
    ],
)
async def test_what_is_said_to_a_decision(world: World, written: str, answer_begins: str) -> None:
    await world.hear(written, THERAPIST)
    assert world.channel.texts(THERAPIST)[-1].startswith(answer_begins)


async def test_another_therapists_client_is_not_there(world: World) -> None:
    await world.add_therapist("T2", "+15550177")
    await world.send_out()
    world.forget()
    await world.hear("NOTE AB something", "+15550177")
    assert world.channel.texts("+15550177") == ["You have no client AB."]
    async with world.store.reading() as transaction:
        client = await transaction.people.client("AB")
        assert client is not None
        assert await transaction.decisions.of(client.id) == ()


async def test_a_therapists_own_numbers_judge_their_clients(staffed_url: str) -> None:
    own = {"numbers": {"reliable_change": 13}, "off": ["item_drop", "crossed_below"]}
    choices = policy_of(Settings.model_validate({"rules": {"therapists": {"T1": own}}}))
    assert choices.of_therapist("T1").off == {"item_drop", "crossed_below"}
    assert choices.of_therapist("T9") is choices
    async with opened(staffed_url) as world:
        usual = world.service.policy
        own_policy = choices.of_therapist("T1")
        theirs = dataclasses.replace(usual, instruments=own_policy.instruments, off=own_policy.off)
        async with opened(
            staffed_url, choices=dataclasses.replace(usual, therapists={"T1": theirs})
        ) as other:
            await other.past("ors", [8, 8, 8, 8], STARTED)
            assert await answer(other, "ors", "5", "5", "5", "5") == []
            (told,) = await answer(other, "ors", "5", "5", "5", "4")
            assert "Reliably lower than at the start: 32 to 19" in told

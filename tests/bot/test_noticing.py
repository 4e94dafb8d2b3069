"""What a text shows beside its answer: thoughts of leaving, and dangers other than to the writer's life."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator

import pytest

from bot.channels.base import Edited
from bot.languages import RiskWords
from bot.safety import Lexicon
from bot.service import people
from storage.records import Alert
from tests.world import CLIENT, THERAPIST, World, opened, policy

LEXICON = Lexicon(
    [
        RiskWords(
            patterns={
                "crisis": ("want to die",),
                "leaving": ("stop therapy", "another therapist"),
                "violence": ("hits me",),
            },
            lists={},
            near=(),
        )
    ]
)
"""Phrases of this test's own: it is not about which there are."""

LEAVING = "I want to stop therapy"
PASSED_ON = "Thank you for telling me. I have passed it on to your therapist."


@pytest.fixture
async def site(staffed_url: str) -> AsyncIterator[World]:
    """Open a site that knows these phrases."""
    async with opened(staffed_url) as world:
        world.service.policy = dataclasses.replace(world.service.policy, lexicon=LEXICON)
        yield world


async def raised(world: World) -> list[tuple[str, ...]]:
    """Give the rules of every alert."""
    async with world.store.reading() as transaction:
        alerts: tuple[Alert, ...] = await transaction.alerts.recent(50)
    return [tuple(finding.rule for finding in one.findings) for one in reversed(alerts)]


async def test_thoughts_of_leaving_reach_the_therapist_in_the_clients_words(site: World) -> None:
    await site.hear(LEAVING)
    (told,) = site.channel.texts(THERAPIST)
    assert f'"{LEAVING}"' in told
    assert "Reply ACK" in told
    assert site.channel.texts(CLIENT) == [PASSED_ON]
    assert await raised(site) == [("leaving",)]


async def test_it_is_an_alert_once_a_day_and_words_are_passed_on_all_the_same(site: World) -> None:
    await site.hear(LEAVING)
    site.clock.wait(hours=12)
    site.forget()
    await site.hear("really, another therapist")
    site.clock.wait(hours=3)
    await site.tick()
    assert site.channel.texts(THERAPIST)[0] == 'AB wrote:\n"really, another therapist"'
    assert await raised(site) == [("leaving",)]
    site.clock.wait(hours=9, minutes=1)
    await site.hear(LEAVING)
    assert await raised(site) == [("leaving",), ("leaving",)]


async def test_mid_check_in_it_is_acknowledged_and_the_question_stays(site: World) -> None:
    await site.ask()
    site.forget()
    await site.hear(LEAVING)
    acknowledged, again = site.channel.texts(CLIENT)
    assert acknowledged == PASSED_ON
    assert "0 = very badly" in again
    for _ in range(4):
        await site.hear("6")
    assert [text for text in site.channel.texts(THERAPIST) if LEAVING in text] == [
        site.channel.texts(THERAPIST)[0]
    ], "the words are told once, not again at the end"


async def test_a_number_beside_it_is_kept(site: World) -> None:
    await site.ask()
    await site.hear(f"3, {LEAVING}")
    assert "2/4" in site.channel.texts(CLIENT)[-1]
    assert await raised(site) == [("leaving",)]


async def test_an_edit_says_it_too(site: World) -> None:
    await site.hear(Edited(LEAVING))
    assert await raised(site) == [("leaving",)]


async def test_it_can_be_switched_off_and_the_words_still_go(site: World) -> None:
    site.service.policy = dataclasses.replace(site.service.policy, off=frozenset({"leaving"}))
    await site.hear(LEAVING)
    assert site.channel.texts(THERAPIST) == [f'AB wrote:\n"{LEAVING}"']
    assert await raised(site) == []


async def test_a_crisis_in_the_same_text_is_the_only_alert(site: World) -> None:
    await site.hear(f"{LEAVING}, I want to die, he hits me")
    assert await raised(site) == [("crisis",)]


async def test_what_a_therapist_did_about_a_danger_is_no_danger_to_the_therapist(site: World) -> None:
    await site.hear("I want to die")
    site.forget()
    await site.hear("CLOSED 1 we spoke, she does not want to die tonight", THERAPIST)
    assert not [text for text in site.channel.texts(THERAPIST) if "call 911" in text]
    await site.hear("I want to die", THERAPIST)
    assert [text for text in site.channel.texts(THERAPIST) if "call 911" in text]


async def test_who_has_not_agreed_is_not_told_on(migrated_url: str) -> None:
    async with opened(migrated_url) as world:
        world.service.policy = dataclasses.replace(policy([world.channel]), lexicon=LEXICON)
        await world.add_therapist()
        await world.add_client()
        await world.hear(LEAVING)
        assert await raised(world) == []


@pytest.mark.parametrize("state", ["nothing open", "open", "stopped", "paused", "edit", "invited"])
async def test_another_danger_is_told_in_every_state(site: World, migrated_url: str, state: str) -> None:
    if state == "invited":
        async with opened(migrated_url) as world:
            world.service.policy = dataclasses.replace(policy([world.channel]), lexicon=LEXICON)
            await world.add_therapist()
            await world.add_client()
            await world.hear("he hits me")
            assert await raised(world) == [("concern",)]
        return
    if state == "open":
        await site.ask()
    elif state == "stopped":
        await site.hear("stop")
    elif state == "paused":
        async with site.service.desk() as desk:
            await people.pause(desk, "AB")
    await site.hear(Edited("he hits me") if state == "edit" else "he hits me")
    assert ("concern",) in await raised(site)
    told = [text for text in site.channel.texts(THERAPIST) if "he hits me" in text]
    assert len(told) == 1, "the words are told once"

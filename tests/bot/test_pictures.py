"""A therapist asks for a client's trajectory: a picture where the network shows one, words everywhere."""

from __future__ import annotations

import pytest

from bot import messages
from bot.channels.base import Message
from tests.fakes.memory import MemoryChannel
from tests.world import CLIENT, THERAPIST, Clock, World, opened

PNG = b"\x89PNG"


async def asked(world: World, written: str) -> Message:
    """Let the therapist write, and give the one message that answers."""
    await world.past("ors", [8, 8, 8, 8], 21)
    await world.past("ors", [5, 5, 5, 5], 14)
    await world.past("srs", [9, 9, 9, 9], 14)
    await world.hear("NOTE AB changed focus to sleep", THERAPIST)
    world.forget()
    await world.hear(written, THERAPIST)
    (sent,) = world.channel.sent
    assert sent.address == THERAPIST
    return sent.message


@pytest.mark.parametrize("written", ["CHART AB", "chart AB.", "/graph AB", "graph: AB"])
async def test_without_pictures_words_say_it(world: World, written: str) -> None:
    message = await asked(world, written)
    assert message.picture is None
    assert message.private
    assert "Outcome (ORS), of 40: first 32, now 20, best 32" in message.text
    assert "Course (0 low, 9 high): 85" in message.text
    assert "Alerts: 1, not seen: 1" in message.text


async def test_with_pictures_one_stands_over_the_words(staffed_url: str) -> None:
    clock = Clock()
    async with opened(staffed_url, MemoryChannel(clock=clock, pictures=True), clock=clock) as world:
        message = await asked(world, "CHART AB")
        assert message.picture is not None
        assert message.picture.startswith(PNG)
        assert "now 20" in message.text


async def test_a_picture_that_cannot_be_drawn_leaves_the_words(
    staffed_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    async with opened(staffed_url, MemoryChannel(clock=clock, pictures=True), clock=clock) as world:

        async def fails(_client_id: int, _language: str) -> bytes:
            raise MemoryError

        monkeypatch.setattr(world.service, "picture", fails)
        message = await asked(world, "CHART AB")
        assert message.picture is None
        assert "now 20" in message.text


async def test_nobody_elses_client_is_shown(world: World) -> None:
    assert (await asked(world, "CHART ZZ")).text.startswith("You have no client")


async def test_a_client_gets_no_therapists_chart(world: World) -> None:
    await world.past("ors", [8, 8, 8, 8], 21)
    world.forget()
    await world.hear("CHART AB", CLIENT)
    assert all("of 40" not in text for text in world.channel.texts(CLIENT))


def test_what_is_kept_of_a_picture_is_whose_it_is() -> None:
    body = messages.pack(Message("words", private=True), picture_of=(7, "de"))
    assert messages.picture_of(body) == (7, "de")
    assert messages.unpack(body) == Message("words", private=True)
    assert messages.picture_of(messages.pack(Message("words"))) is None

"""Somebody who writes more than is answered: kept, searched for danger, asked once to wait."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from bot.channels.base import Left, Pressed, Said
from bot.service.flooding import Flood, Floods
from storage import tables as t
from tests.world import CLIENT, THERAPIST, World

STRANGER = "+15550160"
DANGER = "I want to die"


async def flooded(world: World, *said: Said | str, address: str = CLIENT, limit: int = 2) -> Sequence[str]:
    """Let so much arrive at once where `limit` is answered; give what they receive."""
    world.service.floods = Floods(limit)
    world.forget()
    await world.inbox.accept([world.inbound(one, address) for one in said])
    await world.send_out()
    return world.channel.texts(address)


async def readings(world: World) -> Sequence[str | None]:
    """Give what each message was read as, oldest first, without the consent."""
    async with world.store.engine.connect() as connection:
        found = await connection.execute(sa.select(t.inbound.c.reading).order_by(t.inbound.c.id))
        return list(found.scalars())[1:]


async def test_up_to_the_limit_all_is_answered(world: World) -> None:
    assert len(await flooded(world, "HELP", "HELP")) == 2


async def test_beyond_it_all_is_kept_and_one_answer_asks_to_wait(world: World) -> None:
    texts = await flooded(world, *["HELP"] * 6)
    assert len(texts) == 3
    assert "faster than I can answer" in texts[-1]
    assert await readings(world) == ["help"] * 2 + ["too_many"] * 4


async def test_it_counts_over_batches_and_ends_with_the_minute(world: World) -> None:
    await flooded(world, "HELP", "HELP")
    for _ in range(3):
        await world.hear("HELP")
    assert len(world.channel.texts(CLIENT)) == 3, "asked to wait once"
    world.clock.wait(minutes=2)
    await world.hear("HELP")
    assert len(world.channel.texts(CLIENT)) == 4


async def test_the_same_that_comes_again_does_not_count(world: World) -> None:
    """A network may bring it often while the database is away."""
    world.service.floods = Floods(2)
    one = world.inbound("HELP")
    for _ in range(5):
        await world.inbox.accept([one])
    await world.hear("HELP")
    assert await readings(world) == ["help", "help"]


@pytest.mark.parametrize("address", [CLIENT, STRANGER])
async def test_danger_is_answered_whatever_came_before(world: World, address: str) -> None:
    texts = await flooded(world, *["hello"] * 5, DANGER, address=address)
    assert any("988" in text for text in texts)


async def test_danger_again_and_again_is_answered_once_in_a_while(world: World) -> None:
    await flooded(world, "HELP", "HELP", *[DANGER] * 4)
    alerts = [text for text in world.channel.texts(THERAPIST) if "URGENT" in text]
    assert len(alerts) == 1
    assert await readings(world) == ["help", "help", *["crisis"] * 4]
    world.clock.wait(seconds=61)
    world.service.floods.end(flood_of(world, 9))
    await world.hear(DANGER)
    assert len([text for text in world.channel.texts(THERAPIST) if "URGENT" in text]) == 2


def flood_of(world: World, many: int) -> Flood:
    """Make a batch of so many messages of the client."""
    flood = world.service.floods.begin(world.clock())
    flood.came[world.channel.name, CLIENT] = many
    return flood


async def test_another_danger_does_not_hide_this_one(world: World) -> None:
    texts = await flooded(world, "HELP", "HELP", "he hits me every day", DANGER)
    assert any("988" in text for text in texts)


async def test_stop_is_heard(world: World) -> None:
    texts = await flooded(world, *["hello"] * 5, "stop")
    assert "no more messages" in texts[-1]


async def test_what_the_network_says_by_itself_is_no_message(world: World) -> None:
    await flooded(world, *["HELP"] * 5, Left())
    assert (await readings(world))[-1] == "stop"


async def test_a_therapist_is_heard_however_much_they_write(world: World) -> None:
    """What they write may be ACK."""
    await flooded(world, *["HELP"] * 5, address=THERAPIST)
    assert "too_many" not in await readings(world)


async def test_a_number_among_too_many_answers_nothing(world: World) -> None:
    await world.ask()
    texts = await flooded(world, "so so", "hm", "7", Pressed("x", "1"))
    assert not any(text.startswith("2/4") for text in texts)
    world.clock.wait(minutes=2)
    await world.hear("7")
    assert world.channel.texts(CLIENT)[-1].startswith("2/4")


async def test_strangers_are_told_nothing(world: World) -> None:
    texts = await flooded(world, *["hello"] * 6, address=STRANGER)
    assert len(texts) == 1, "the one line"


async def test_what_was_not_kept_does_not_count(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.service.floods = floods = Floods(2)
    with monkeypatch.context() as patch:
        patch.setattr("bot.service.desk.Desk.flush", _broken)
        patch.setattr("bot.service.Service.keep_poison", _kept)
        for _ in range(5):
            await world.hear("HELP")
    assert floods.begin(world.clock()).over == 0
    await world.hear("HELP")
    assert (await readings(world))[-1] == "help"


async def _broken(_: object) -> None:
    raise RuntimeError


async def _kept(*_: object) -> None:
    return


async def test_who_counts_hears_of_it_once_a_batch(world: World) -> None:
    told: list[int] = []
    world.service.floods = Floods(2, told.append)
    await world.inbox.accept([world.inbound("HELP") for _ in range(5)])
    assert told == [3]

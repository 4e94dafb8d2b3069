"""What a batch of replies asks of the database is as much for many replies as for few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from bot.service import people
from scoring.instrument import AgeGroup
from scoring.instruments import INSTRUMENTS
from storage.records import Client, ClientState
from storage.store import Store
from tests.world import AGREES, World

FEW = [f"+1555020{number:04}" for number in range(32)]
MANY = [f"+1555030{number:04}" for number in range(64)]

ITEMS = len(INSTRUMENTS["ors"].items)

WELL, BADLY = "9", "2"
"""Answers: badly after well is told of at once, for every client."""

_BEGINNING = 80


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """Note what is asked of a database, by how each statement begins: the rest may be as long as a batch."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, text: str, *_rest: object) -> None:
        asked.append(text[:_BEGINNING])

    engine = store.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def code_of(address: str) -> str:
    """Name the client at an address."""
    return f"C{address[-7:]}"


async def enrol(world: World, addresses: Sequence[str]) -> None:
    """Add clients who agree."""
    async with world.service.desk() as desk:
        for address in addresses:
            code, adult = code_of(address), AgeGroup.ADULT
            client = Client(0, code, 0, "en", "UTC", "US", adult, ClientState.INVITED, None)
            await people.add_client(desk, client, "T1", [(world.channel.name, address)])
    await world.service.receive([world.inbound(AGREES, address) for address in addresses])


async def ask(world: World, addresses: Sequence[str]) -> None:
    """Open a check-in of each client, and send what follows."""
    async with world.service.desk() as desk:
        for address in addresses:
            await people.ask(desk, code_of(address), "ors")
    await world.send_out()


async def answer(world: World, addresses: Sequence[str], text: str) -> list[str]:
    """Let all answer in one batch; returns the statements."""
    replies = [world.inbound(text, address) for address in addresses]
    with statements(world.store) as asked:
        await world.service.receive(replies)
    return asked


async def test_a_batch_of_64_asks_no_more_than_one_of_32(world: World) -> None:
    everybody = [*FEW, *MANY]
    await enrol(world, everybody)
    for text in (WELL, BADLY):
        await ask(world, everybody)
        for item in range(ITEMS):
            of_few = await answer(world, FEW, text)
            of_many = await answer(world, MANY, text)
            assert of_few == of_many, f"item {item}, answered {text}"
            await world.send_out()
        world.clock.wait(days=7)
    async with world.store.reading() as transaction:
        alerts = await transaction.alerts.open_of()
    assert {one.client_code for one in alerts} == set(map(code_of, everybody)), (
        "the last batches were told of"
    )


@pytest.mark.parametrize("many", [1, 64])
async def test_an_answer_within_a_check_in_takes_few_statements(world: World, many: int) -> None:
    await enrol(world, MANY[:many])
    await ask(world, MANY[:many])
    asked = await answer(world, MANY[:many], WELL)
    assert len(asked) <= 11, "\n".join(asked)

"""A client's goals, in their own words: what the goals measure asks about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.plain import storable
from bot.service.opening import open_waiting
from bot.service.people import PeopleError, known
from storage.goals import MEASURE
from storage.records import ClientState

if TYPE_CHECKING:
    from bot.service.desk import Desk

LONGEST = 120
"""How many characters a goal may have: with its question it is to fit into two text messages."""


async def add(desk: Desk, code: str, text: str) -> tuple[str, ...]:
    """Keep one more goal of a client; returns all of them.

    Raises:
        PeopleError: no such client, no text or too long a one, or the client has as many as can be asked.
    """
    client = await known(desk, code)
    goal = " ".join(storable(text).split())
    if not 0 < len(goal) <= LONGEST:
        msg = f'a goal is 1 to {LONGEST} characters, such as "sleep through the night"'
        raise PeopleError(msg)
    goals = await of(desk, code)
    most = len(desk.policy.instruments[MEASURE].items)
    if len(goals) >= most:
        msg = f"{code} has {most} goals already; end one first: attune client goal {code} --end 1"
        raise PeopleError(msg)
    await desk.tx.goals.add(client.id, goal, desk.now)
    desk.audit("administrator", "goal_set", client=client)
    return (*goals, goal)


async def end(desk: Desk, code: str, number: int) -> tuple[str, ...]:
    """End a goal by its number in the list; what is open about the goals is withdrawn. Returns those left.

    Raises:
        PeopleError: no such client, or no goal of that number.
    """
    client = await known(desk, code)
    if number < 1 or not await desk.tx.goals.end(client.id, number - 1, desk.now):
        msg = f"{code} has no goal {number}; see: attune client goal {code}"
        raise PeopleError(msg)
    withdrawn = await desk.tx.check_ins.withdraw(client.id, desk.now, measure=MEASURE)
    await desk.tx.outbox.withdraw_questions(withdrawn, desk.now)
    if withdrawn and client.state is ClientState.ACTIVE:
        await open_waiting(desk, {client.id: client})
    desk.audit("administrator", "goal_ended", client=client, detail=f"goal {number}")
    return await of(desk, code)


async def of(desk: Desk, code: str) -> tuple[str, ...]:
    """List a client's goals, oldest first.

    Raises:
        PeopleError: no such client.
    """
    client = await known(desk, code)
    return (await desk.tx.goals.of([client.id])).get(client.id, ())

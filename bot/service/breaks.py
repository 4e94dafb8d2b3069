"""A break from the questions: a client asks for it, and ends it whenever they like."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from bot import wording
from bot.service import planning, session_sync
from bot.timetable import day_of
from bot.wording.sessions import Clock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.service.desk import Desk
    from storage.records import Client, Contact

_A_DAY = timedelta(days=1)


async def take(desk: Desk, client: Client, contact: Contact) -> None:
    """Ask a client nothing by schedule for a while, from today on; their therapist is told.

    What is open or waits for them is withdrawn. What falls due meanwhile is skipped, and not missed. A
    second wish begins the break anew.
    """
    today = day_of(desk.now, client.zone)
    until = today + max(desk.policy.pause_for.days, 1) * _A_DAY
    withdrawn = await desk.tx.check_ins.withdraw(client.id, desk.now)
    await desk.tx.outbox.withdraw_questions(withdrawn, desk.now)
    await desk.tx.absences.wake(client.id, today)
    await desk.tx.absences.add((today, until - _A_DAY), desk.now, client_id=client.id, resting=True)
    await _plan(desk, client)
    clock = Clock(client.zone, desk.now)
    desk.reply(contact, wording.break_taken(desk.policy.speak_to(client), until, clock), kind="break")
    desk.note(client, "note", partial(wording.told_break, code=client.code, until=until, clock=clock))
    desk.audit("client", "took_break", client=client, detail=f"until {until}")


async def end(desk: Desk, client: Client) -> bool:
    """Go on asking a client who takes a break; False where they take none."""
    if not await desk.tx.absences.wake(client.id, day_of(desk.now, client.zone)):
        return False
    await _plan(desk, client)
    desk.note(client, "note", partial(wording.told_back, code=client.code))
    desk.audit("client", "ended_break", client=client)
    return True


async def resting(desk: Desk, clients: Iterable[Client]) -> frozenset[int]:
    """Tell which of some clients take a break now, by id."""
    return await desk.tx.absences.resting({one.id: day_of(desk.now, one.zone) for one in clients})


async def _plan(desk: Desk, client: Client) -> None:
    """Skip what falls into the break, or no more; the sessions themselves go on."""
    await planning.plan(desk, [client])
    await session_sync.sync(desk, [client])

"""Which check-in a client is asked next, and when: one at a time, the most important first, few a day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot import timetable
from bot.service import asking
from storage.records import AddressState, CheckInState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.service.desk import Desk
    from storage.records import CheckIn, Client, Contact, NewCheckIn

_DAY = timedelta(days=1)


async def open_new(desk: Desk, new: Sequence[NewCheckIn], clients: Mapping[int, Client]) -> int:
    """Keep new check-ins and ask the first question where nothing else is open; returns how many are new."""
    added = await desk.tx.check_ins.add(new)
    wanting = [one.client_id for one in added if one.state is CheckInState.WAITING]
    await open_waiting(desk, {one: clients[one] for one in wanting})
    return len(added)


async def open_waiting(desk: Desk, clients: Mapping[int, Client]) -> None:
    """Ask these clients the first question of what waits for them, where nothing else is open."""
    opened = await open_next(desk, clients)
    await send_openings(desk, [(clients[one.client_id], None, one) for one in opened])


async def open_next(
    desk: Desk,
    clients: Mapping[int, Client],
    *,
    wanted: bool = False,
    answering: Collection[int] = (),
) -> Sequence[CheckIn]:
    """Open the check-in that each client should have next, where none is open and they had not enough today.

    Args:
        desk: the transaction's desk.
        clients: who may be asked, by id.
        wanted: they asked for it, so that neither a crisis nor the number of today's messages keeps it back.
        answering: the ids of those who have just written, so that they are asked at any hour.
    """
    if not clients:
        return ()
    busy = {one.client_id for one in await desk.tx.check_ins.open_of(clients)}
    free = [client_id for client_id in clients if client_id not in busy]
    found = await _due(desk, await desk.tx.openings.next_waiting(free, desk.now, wanted=wanted))
    if not wanted:
        found = tuple(await _within_the_day(desk, found, clients))
    await _set_open(
        desk, found, {one: clients[one] for one in clients if one not in answering and not wanted}
    )
    return found


async def _due(desk: Desk, found: Sequence[CheckIn]) -> Sequence[CheckIn]:
    """Leave out, until it is due, what is not: it was made by a clock that has been put back since."""
    await desk.tx.openings.put_off({one.client_id: one.due_at for one in found if one.due_at > desk.now})
    return tuple(one for one in found if one.due_at <= desk.now)


async def _set_open(desk: Desk, found: Sequence[CheckIn], waking: Mapping[int, Client]) -> None:
    """Open check-ins from when their question may go out, which their reminders are counted from.

    Args:
        desk: the transaction's desk.
        found: the check-ins.
        waking: the clients, by id, who are asked in waking hours only.
    """
    alike: dict[tuple[datetime, int | None], list[int]] = {}
    for one in found:
        client = waking.get(one.client_id)
        asked = timetable.waking(desk.now, client.zone, desk.policy.quiet) if client else desk.now
        alike.setdefault((asked, next(iter(one.reminders), None)), []).append(one.id)
    for (asked, minutes), ids in alike.items():
        remind_at = None if minutes is None else asked + timedelta(minutes=minutes)
        await desk.tx.openings.set_open(ids, asked, remind_at=remind_at)


async def _within_the_day(
    desk: Desk, found: Sequence[CheckIn], clients: Mapping[int, Client]
) -> Sequence[CheckIn]:
    """Leave out, until their next morning, whoever was written to often enough today."""
    if not found:
        return found
    begun = await desk.tx.openings.begun([one.client_id for one in found], desk.now - 2 * _DAY)
    kept: list[CheckIn] = []
    later: dict[int, datetime] = {}
    for one in found:
        client = clients[one.client_id]
        if not had_enough(desk, client, begun.get(client.id, ())):
            kept.append(one)
        else:
            tomorrow = timetable.day_of(desk.now, client.zone) + _DAY
            later[client.id] = timetable.moment(tomorrow, desk.policy.quiet.end, client.zone)
    await desk.tx.openings.put_off(later)
    return kept


def had_enough(desk: Desk, client: Client, begun: Iterable[datetime]) -> bool:
    """Tell whether a client was written to often enough today, by when they were of late."""
    today = timetable.day_of(desk.now, client.zone)
    return sum(timetable.day_of(one, client.zone) == today for one in begun) >= desk.policy.most_a_day


async def send_openings(
    desk: Desk,
    openings: Sequence[tuple[Client, Contact | None, CheckIn | None]],
    thanks: Mapping[int, str | None] | None = None,
) -> None:
    """Send the first message of check-ins: as an answer to who just wrote, else in waking hours.

    Args:
        desk: the transaction's desk.
        openings: whose, where to, and which.
        thanks: what to thank with who has just answered another, by the client's id.
    """
    absent = [client.id for client, contact, check_in in openings if contact is None and check_in]
    addresses = await first_addresses(desk, absent)
    begun = [one.episode_id for _, contact, one in openings if contact is None and one]
    missed = await desk.tx.silence.unanswered_in_a_row(begun) if begun else {}
    for client, contact, check_in in openings:
        reached = contact or addresses.get(client.id)
        if reached is None or check_in is None:
            continue
        when = desk.now if contact else timetable.waking(desk.now, client.zone, desk.policy.quiet)
        language = desk.language_of(reached)
        draft = asking.opening(
            desk.policy,
            language,
            check_in,
            when,
            following=contact is not None,
            thanks=(thanks or {}).get(client.id),
            missed=missed.get(check_in.episode_id, 0),
        )
        desk.question(reached, draft)


async def first_addresses(desk: Desk, client_ids: Sequence[int]) -> Mapping[int, Contact]:
    """Map clients to the first address of theirs that they may be asked at; who has none is left out."""
    contacts = await desk.tx.addresses.of_clients(client_ids) if client_ids else ()
    found: dict[int, Contact] = {}
    for contact in asked_at(contacts):
        if contact.client is not None:
            found.setdefault(contact.client.id, contact)
    return found


def asked_at(contacts: Sequence[Contact]) -> Sequence[Contact]:
    """Choose of all addresses of clients those at which they may be asked now.

    Where a client agreed at some address, it is one of those, even while none of them can be written to. Who
    agreed before addresses were told apart may be asked at any.
    """
    agreed = {one.client.id for one in contacts if one.client is not None and one.agreed}
    return [
        one
        for one in contacts
        if one.client is not None
        and one.state is AddressState.ACTIVE
        and (one.agreed or one.client.id not in agreed)
    ]

"""What text messages cost, kept as they go and come, and what is held back when a cap is reached."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from bot import messages, wording
from bot.channels.base import Wrote
from bot.segments import segments
from storage.costs import Spent
from storage.records import QUESTIONS, TOGETHER, OutboxState, Priority

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.caps import Cap
    from bot.channels.base import Inbound
    from bot.service.delivery import Attempt
    from bot.service.desk import Desk
    from storage.records import Outgoing

log = structlog.get_logger(__name__)

BILLED: Final = "sms"
"""The channel whose messages are billed one by one."""

_WHOLE: Final = "whatsapp:"
"""How an address begins whose messages are billed, but not by segments."""

_FIRST = ("question", TOGETHER)
"""The kinds of a check-in's first message."""


async def newly_sent(desk: Desk, attempts: Sequence[Attempt]) -> tuple[Spent, ...]:
    """List what these attempts cost, before they are noted: afterwards nothing tells which are new.

    A message that was sent twice costs twice; one of which two workers heard the same is one.
    """
    sent = [
        one
        for one in attempts
        if one.outgoing.channel == BILLED
        and one.note.state is OutboxState.SENT
        and one.note.external_id is not None
    ]
    if not sent:
        return ()
    known = await desk.tx.outcomes.external_ids([one.outgoing.id for one in sent])
    return tuple(
        Spent(desk.now.date(), one.outgoing.address_id, _segments(one.outgoing))
        for one in sent
        if known.get(one.outgoing.id) != one.note.external_id
    )


async def spend(desk: Desk, spent: Sequence[Spent]) -> None:
    """Keep what messages cost, and tell operators of a cap that comes near or is reached."""
    await desk.tx.costs.add(spent)
    if not spent:
        return
    for cap in desk.policy.costs.caps(desk.now):
        total = await desk.tx.costs.spent(cap.first, cap.last)
        percent = cap.used(total, desk.policy.costs.warn_at)
        if percent is not None:
            await _tell(desk, cap, percent, total)


async def received(desk: Desk, arrived: Iterable[tuple[Inbound, int]]) -> None:
    """Keep what messages cost that came in, each with the id of its address."""
    await desk.tx.costs.add(
        [
            Spent(desk.now.date(), address_id, _incoming(one), incoming=True)
            for one, address_id in arrived
            if one.channel == BILLED
        ]
    )


async def hold_back(desk: Desk, ready: Sequence[Outgoing]) -> Mapping[int, datetime]:
    """Hold back, of what is about to go, what would go beyond a cap; returns until when, by its id.

    Only first questions of routine check-ins, and reminders, ever wait for a cap, and only where they have
    segments. All else goes, and what it costs is taken into account before they are looked at.
    """
    caps = desk.policy.costs.caps(desk.now)
    billed = [one for one in ready if one.channel == BILLED]
    waiting = [one for one in billed if _is_routine(one) and _segments(one)] if caps else []
    if not waiting:
        return {}
    left = {cap: cap.most - await desk.tx.costs.spent(cap.first, cap.last) for cap in caps}
    if sum(map(_segments, billed)) <= min(left.values()):
        return {}
    waiting = await _may_wait(desk, waiting)
    going = sum(_segments(one) for one in billed if one not in waiting)
    held = _beyond(waiting, {cap: rest - going for cap, rest in left.items()})
    for cap in {cap for _, some in held for cap in some}:
        await _tell(desk, cap, 100, cap.most - left[cap])
    until = {one.id: max(cap.ends_at for cap in some) for one, some in held}
    for moment in set(until.values()):
        await desk.tx.costs.hold([one for one, when in until.items() if when == moment], moment)
    await desk.flush()
    return until


async def tell_kept_from(desk: Desk, count: int) -> None:
    """Tell operators of check-ins that a cap kept from being asked until they were over."""
    if count:
        desk.alarm(partial(wording.kept_by_cap, count=count))
        log.warning("Check-ins were over before a cap let them go.", action="kept_by_cap", count=count)


def _beyond(waiting: Sequence[Outgoing], left: Mapping[Cap, int]) -> list[tuple[Outgoing, tuple[Cap, ...]]]:
    """Find what there is no room for under some caps, most urgent first."""
    rest = dict(left)
    held: list[tuple[Outgoing, tuple[Cap, ...]]] = []
    for one in waiting:
        size = _segments(one)
        if over := tuple(cap for cap, room in rest.items() if room < size):
            held.append((one, over))
        else:
            rest = {cap: room - size for cap, room in rest.items()}
    return held


def _is_routine(outgoing: Outgoing) -> bool:
    """Tell whether a message is a question or a reminder that the bot starts."""
    if outgoing.kind == "reminder" or outgoing.priority is Priority.REMINDER:
        return outgoing.kind in QUESTIONS
    started = outgoing.priority is Priority.QUESTION and outgoing.kind in _FIRST
    return started and outgoing.position == 0


async def _may_wait(desk: Desk, waiting: Sequence[Outgoing]) -> list[Outgoing]:
    """Leave out the questions that somebody asked for, or that go on with what a client has begun."""
    questions = {one.check_in_id for one in waiting if one.priority is Priority.QUESTION}
    routine = await desk.tx.costs.may_wait([one for one in questions if one is not None])
    return [one for one in waiting if one.priority is not Priority.QUESTION or one.check_in_id in routine]


async def _tell(desk: Desk, cap: Cap, percent: int, spent: int) -> None:
    """Tell operators once how much of a cap is used."""
    if not await desk.tx.costs.tell_once(cap.period, percent, cap.most, desk.now):
        return
    say = wording.cap_reached if percent == 100 else wording.cap_near  # noqa: PLR2004 (all of it)
    desk.alarm(partial(say, cap=cap, spent=spent))
    log.warning("A cap on costs comes near.", action="cap", cap=cap.key, percent=percent, spent=spent)


def _segments(outgoing: Outgoing) -> int:
    text = messages.unpack(outgoing.body).text
    return 0 if outgoing.address.startswith(_WHOLE) else segments(text)


def _incoming(inbound: Inbound) -> int:
    if inbound.address.startswith(_WHOLE):
        return 0
    return segments(inbound.said.text) if isinstance(inbound.said, Wrote) else 1

"""The use cases, one transaction each. Decisions are made by pure functions and carried out here."""

from __future__ import annotations

import dataclasses
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, assert_never

import structlog

from bot import charts, safety, wording
from bot.channels.base import (
    DeliveryReport,
    Edited,
    Inbound,
    Left,
    Outcome,
    Pressed,
    Returned,
    Said,
    SentMedia,
    Unreadable,
    Wrote,
)
from bot.crossings import tried_again
from bot.plain import storable
from bot.service import (
    confirming,
    costs,
    crisis,
    delivery,
    escalation,
    pictures,
    planning,
    reminding,
    schedules,
    session_check_ins,
    session_series,
    session_sync,
)
from bot.service.desk import Desk
from bot.service.flooding import Floods
from bot.service.intake import Intake
from bot.service.shares import work_on
from storage.records import Arrived, OutboxState, Received
from storage.trouble import passing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from bot.policy import Policy
    from bot.service.delivery import Attempt
    from storage.records import Contact
    from storage.store import Store

log = structlog.get_logger(__name__)


class Service:
    """What the product does, by use case."""

    def __init__(self, store: Store, policy: Policy, clock: Callable[[], datetime]) -> None:
        """Keep the database, the site's choices, and what tells the time (aware UTC)."""
        self.store = store
        self.policy = policy
        self.clock = clock
        self.floods = Floods()
        self._looked_at: datetime | None = None

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[Desk]:
        """Open a transaction and a desk on it; what was collected is written at the end, or nothing is."""
        async with self.store.transaction() as transaction:
            desk = Desk(transaction, self.policy, self.clock())
            yield desk
            await desk.flush()

    async def picture(self, client_id: int, language: str) -> bytes:
        """Draw a client's picture as it is now, in a therapist's language."""
        async with self.store.reading() as transaction:
            (client,) = await transaction.people.clients([client_id])
            spoken = self.policy.speak(language)
            chart, _ = await pictures.chart_of(transaction, self.policy, client, spoken)
        return await charts.drawn(chart)

    async def receive(self, batch: Sequence[Inbound]) -> None:
        """Work on what arrived, in one transaction: once this returns, it is kept.

        What was seen before (by the network's id) is passed over.
        """
        batch = _cleaned(batch)
        async with self.desk() as desk:
            senders = {(one.channel, one.address): None for one in batch}
            await desk.tx.holds.writers(senders)
            contacts = dict(await desk.tx.addresses.contacts(senders))
            if unknown := [one for one in senders if one not in contacts]:
                await desk.tx.addresses.meet(unknown, desk.now)
                contacts |= await desk.tx.addresses.contacts(unknown)
            kept = await desk.tx.inbox.keep(
                [_received(one, contacts[one.channel, one.address].id) for one in batch], desk.now
            )
            fresh = {
                key: one for one in batch if (key := (one.channel, one.account, one.external_id)) in kept
            }
            addresses = {(one.channel, one.address) for one in fresh.values()}
            flood = self.floods.begin(desk.now)
            wrote: dict[tuple[str, str], Contact] = {
                key: one for key, one in contacts.items() if key in addresses
            }
            intake = Intake(desk, wrote, flood)
            await intake.load()
            for key, inbound in fresh.items():
                await intake.take(inbound, kept[key])
            await intake.finish()
            came = [(one, contacts[one.channel, one.address].id) for one in fresh.values()]
            await costs.received(desk, came)
        self.floods.end(flood)

    @tried_again
    async def keep_poison(self, inbound: Inbound, fault: str) -> None:
        """Keep a message that can't be worked on, with the kind of error, and tell operators."""
        (cleaned,) = _cleaned([inbound])
        async with self.desk() as desk:
            pair = (cleaned.channel, cleaned.address)
            await desk.tx.addresses.meet([pair], desk.now)
            contacts = await desk.tx.addresses.contacts([pair])
            kept = await desk.tx.inbox.keep([_received(cleaned, contacts[pair].id)], desk.now, fault[:64])
            for inbound_id in kept.values():
                desk.alarm(partial(wording.kept_unread, inbound=inbound_id))
            await costs.received(desk, [(cleaned, contacts[pair].id)] * len(kept))

    async def rescue(self, inbound: Inbound) -> None:
        """Answer danger in a message that could not be worked on; anything else is left alone.

        Where that fails too, its writer gets the crisis text all the same, and operators are told.
        """
        (cleaned,) = _cleaned([inbound])
        if not isinstance(cleaned.said, Wrote | Edited) or not safety.at_risk(
            cleaned.said.text, self.policy.lexicon
        ):
            return
        words = cleaned.said.text
        try:
            await self._answer(cleaned, lambda desk, contact: crisis.answer(desk, contact, words))
        except Exception as error:
            if passing(error):
                raise
            log.exception("A cry for help could not be answered as others are.", action="rescue")
            await self._answer(cleaned, crisis.text_alone)
            await self._answer(cleaned, lambda desk, contact: crisis.alarm_alone(desk, contact, words))

    @tried_again
    async def _answer(self, inbound: Inbound, work: Callable[[Desk, Contact], Awaitable[None]]) -> None:
        """Do something for who wrote a message."""
        async with self.desk() as desk:
            pair = (inbound.channel, inbound.address)
            await desk.tx.holds.writers([pair])
            await desk.tx.addresses.meet([pair], desk.now)
            contacts = await desk.tx.addresses.contacts([pair])
            await work(desk, contacts[pair])

    @tried_again
    async def reported(self, reports: Sequence[DeliveryReport]) -> None:
        """Keep what a network says of messages it took; a failure is followed up."""
        async with self.desk() as desk:
            await desk.tx.holds.written_to(
                {one.external_id for one in reports if one.outcome is Outcome.FAILED}
            )
            await delivery.reported(
                desk, [_arrived(one) for one in reports if one.outcome is not Outcome.SENT]
            )

    @tried_again
    async def settle(self, attempts: Sequence[Attempt]) -> None:
        """Write how attempts to send ended."""
        async with self.desk() as desk:
            lost = [one.outgoing for one in attempts if one.note.state is OutboxState.FAILED]
            await desk.tx.holds.clients({one.client_id for one in lost if one.client_id is not None})
            await delivery.settle(desk, attempts)

    async def start_due(self) -> int:
        """Open the check-ins that are due; returns how many schedules were."""
        return await work_on(self.desk, schedules.start_due)

    async def plan_sessions(self) -> int:
        """Make the sessions of series that are to be planned by now; returns how many series were due."""
        return await work_on(self.desk, session_series.plan_sessions)

    async def start_session_asks(self) -> int:
        """Open the check-ins around sessions that are due; returns how many schedules were."""
        return await work_on(self.desk, session_check_ins.start_session_asks)

    async def ask_to_confirm(self) -> int:
        """Ask the clients of coming sessions whether these suit them; returns how many sessions were due."""
        return await work_on(self.desk, confirming.ask_to_confirm)

    async def open_put_off(self) -> int:
        """Ask what waited for another day; returns how many clients were waiting."""
        return await work_on(self.desk, schedules.open_put_off)

    @tried_again
    async def report_missed(self) -> int:
        """Tell operators of check-ins that were missed while nothing was sent; returns how many."""
        async with self.desk() as desk:
            return await schedules.report_missed(desk)

    async def remind_due(self) -> int:
        """Remind of check-ins that are unanswered; returns how many."""
        return await work_on(self.desk, reminding.remind_due)

    async def resume_due(self) -> int:
        """Put questions again that clients had put off until now; returns how many."""
        return await work_on(self.desk, reminding.resume_due)

    async def expire_due(self) -> int:
        """Close check-ins whose time is over; returns how many."""
        return await work_on(self.desk, reminding.expire_due)

    @tried_again
    async def escalate_due(self) -> int:
        """Let crises climb that nobody has closed, and tell of silence after one; returns how many."""
        async with self.desk() as desk:
            moved = await escalation.escalate_due(desk, self._looked_at)
        self._looked_at = desk.now
        return moved

    @tried_again
    async def sync(
        self,
        operators: Sequence[tuple[str, str]],
        *,
        policy: Policy | None = None,
        applied: Mapping[str, Mapping[str, object]] | None = None,
        waiting: Sequence[str] = (),
    ) -> None:
        """Bring the database in line with the config: schedules and operators' (channel, address) pairs.

        Args:
            operators: those whom the config names.
            policy: the site's choices from now on; None where they stay. Either all is brought in line with
                them, or they stay as they were.
            applied: the settings, to be kept as those in force.
            waiting: the sections of the config that changed and wait for a restart: operators are told.
        """
        before = self.policy
        try:
            async with self.store.transaction() as transaction:
                # From here on whoever opens a desk works by the new choices, after this transaction.
                self.policy = policy or before
                desk = Desk(transaction, self.policy, self.clock())
                unknown = await _bring_in_line(desk, operators)
                if applied is not None:
                    await transaction.applied.put(applied, desk.now)
                if waiting:
                    desk.alarm(partial(wording.restart_needed, sections=waiting))
                await desk.flush()
        except BaseException:
            self.policy = before
            raise
        for code in unknown:
            log.warning("crisis.backups names no therapist of this clinic.", action="sync", code=code)

    @tried_again
    async def refuse_config(self, faults: int) -> None:
        """Tell operators that the config was read again and can't be used."""
        async with self.desk() as desk:
            desk.alarm(partial(wording.config_refused, faults=faults))


async def _bring_in_line(desk: Desk, operators: Sequence[tuple[str, str]]) -> Sequence[str]:
    """Give the people of this database what the config says; returns the backups that are no therapists."""
    await desk.tx.holds.every_client()  # nothing falls due for anybody meanwhile
    await desk.tx.addresses.set_operators(operators, desk.now)
    await desk.tx.costs.let_go(desk.now)
    await schedules.let_go(desk)
    await planning.sync(desk)
    await session_sync.sync_all(desk)
    return await escalation.unknown_backups(desk)


def _cleaned(batch: Sequence[Inbound]) -> list[Inbound]:
    """Take out what no database can hold."""
    return [
        dataclasses.replace(one, said=dataclasses.replace(one.said, text=text))
        if isinstance(one.said, Wrote | Edited) and (text := storable(one.said.text)) != one.said.text
        else one
        for one in batch
    ]


def _received(inbound: Inbound, address_id: int) -> Received:
    kind, said = _kept_as(inbound.said)
    return Received(
        inbound.channel, inbound.account, inbound.external_id, address_id, kind, storable(said), inbound.at
    )


def _arrived(report: DeliveryReport) -> Arrived:
    return Arrived(
        report.channel,
        report.account,
        report.external_id,
        report.outcome,
        report.code,
        report.at,
        report.cause,
    )


def _kept_as(said: Said) -> tuple[str, str]:
    """Give what is kept of something that arrived: its kind, and its words."""
    match said:
        case Wrote(text, _):
            return "text", text
        case Edited(text, _):
            return "edit", text
        case Pressed(data, _):
            return "press", data
        case SentMedia(kind):
            return "media", kind
        case Left() | Returned():
            return type(said).__name__.lower(), ""
        case Unreadable(raw):
            return "unreadable", raw
        case _:
            assert_never(said)

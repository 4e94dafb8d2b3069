"""Statements about what goes out: queue, lease, note, reconcile."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.costs import HELD
from storage.crypto import SealError
from storage.ready import READY, UNSETTLED, Wanted
from storage.records import (
    AddressState,
    Arrived,
    Asked,
    CheckInState,
    Draft,
    Note,
    OutboxState,
    Outgoing,
    Priority,
)
from storage.statements import Row, among, insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.crypto import Cipher

_NOTES = 4_152_718
"""The advisory lock under which notes and reports are written (any number would do)."""

GONE = (OutboxState.SENT, OutboxState.DELIVERED, OutboxState.LEASED, OutboxState.UNKNOWN)
"""The states of what went out, or may have."""

_TOGETHER = "together"
"""The kind of a message that puts all open questions."""

_QUESTIONS = ("question", "reminder", _TOGETHER)
PUT = (*_QUESTIONS, "confirm", "consent", "crisis", "break")
"""What ends the matter before it: a number that comes after it answers nothing older."""

_STARTED_BY_US = (*_QUESTIONS, "confirm", "consent", "note", "remark")
"""What never goes to an address that asked for silence, whenever it was queued."""

_WHY_TOO_LATE = sa.case((t.outbox.c.reason == HELD, HELD), else_="too late")
"""A cap that kept a message from going stays the reason for it."""


def _channel_of(address: sa.ColumnElement[int]) -> sa.ScalarSelect[str]:
    return sa.select(t.addresses.c.channel).where(t.addresses.c.id == address).scalar_subquery()


_QUEUE = sa.insert(t.outbox).values(channel=_channel_of(sa.bindparam("to", type_=t.Id)))


_SEALED = "does not open"
"""Why a message failed whose key is gone."""


class OutboxRows:
    """Messages on their way out, each in a state."""

    def __init__(self, connection: AsyncConnection, cipher: Cipher) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection
        self._cipher = cipher
        self.queued = False
        """Whether this transaction queued anything that may go at once."""

    async def queue(self, drafts: Sequence[Draft], now: datetime) -> None:
        """Queue messages in this order."""
        self.queued |= any(one.not_before <= now for one in drafts)
        if drafts:
            await self._connection.execute(
                _QUEUE,
                [
                    {
                        "address_id": one.address_id,
                        "to": one.address_id,
                        "kind": one.kind,
                        "priority": int(one.priority),
                        "body": self._cipher.seal("outbox.body", one.body),
                        "state": OutboxState.WAITING,
                        "created_at": now,
                        "not_before": one.not_before,
                        "valid_until": one.valid_until,
                        "attempts": 0,
                        "check_in_id": one.check_in_id,
                        "position": one.position,
                        "alert_id": one.alert_id,
                    }
                    for one in drafts
                ],
            )

    async def withdraw_questions(self, check_in_ids: Iterable[int], now: datetime) -> None:
        """Stop questions and reminders that have not gone out and are no longer the open one's."""
        await self._connection.execute(_ANSWERED, {"ids": check_in_ids, "now": now})

    async def unsent(self, check_in_ids: Iterable[int]) -> frozenset[int]:
        """Tell of which check-ins a question or a reminder is still on its way out."""
        found = await self._connection.execute(
            sa.select(t.outbox.c.check_in_id)
            .where(
                t.outbox.c.check_in_id.in_(list(check_in_ids)),
                t.outbox.c.kind.in_(_QUESTIONS),
                t.outbox.c.state.in_(UNSETTLED),
            )
            .distinct()
        )
        return frozenset(found.scalars())

    async def confirming(self, client_ids: Iterable[int]) -> tuple[tuple[int, str], ...]:
        """List what is still to ask clients whether a session suits them: id and body.

        One that does not open is left out: it is given up when it is its turn to go.
        """
        rows = await self._connection.execute(
            sa.select(t.outbox.c.id, t.outbox.c.body)
            .join(t.addresses, t.addresses.c.id == t.outbox.c.address_id)
            .where(
                t.addresses.c.client_id.in_(list(client_ids)),
                t.outbox.c.kind == "confirm",
                t.outbox.c.state.in_([OutboxState.WAITING, OutboxState.UNKNOWN]),
            )
            .order_by(t.outbox.c.id)
        )
        found: list[tuple[int, str]] = []
        for row in rows:
            with suppress(SealError):
                found.append((row.id, self._cipher.open("outbox.body", row.body)))
        return tuple(found)

    async def withdraw(self, ids: Iterable[int], now: datetime) -> None:
        """Stop messages whose subject is gone and that have not gone out."""
        await self._connection.execute(
            sa.update(t.outbox)
            .where(
                t.outbox.c.id.in_(list(ids)),
                t.outbox.c.state.in_([OutboxState.WAITING, OutboxState.UNKNOWN]),
            )
            .values(state=OutboxState.WITHDRAWN, reason="changed", sent_at=now)
        )

    async def withdraw_all(
        self, address_ids: Iterable[int], keep: Iterable[str], now: datetime
    ) -> frozenset[int]:
        """Stop everything waiting for addresses that asked for silence, but for the kinds in `keep`.

        Returns:
            The numbers of the alerts among it.
        """
        found = await self._connection.execute(
            sa.update(t.outbox)
            .where(
                t.outbox.c.address_id.in_(list(address_ids)),
                t.outbox.c.kind.not_in(list(keep)),
                t.outbox.c.state.in_([OutboxState.WAITING, OutboxState.UNKNOWN]),
            )
            .values(state=OutboxState.WITHDRAWN, reason="stopped", sent_at=now)
            .returning(t.outbox.c.alert_id)
        )
        return frozenset(number for number in found.scalars() if number is not None)

    async def withdraw_alert(self, alert_id: int, now: datetime) -> None:
        """Stop what is still to go out about an alert."""
        await self._connection.execute(
            sa.update(t.outbox)
            .where(
                t.outbox.c.alert_id == alert_id,
                t.outbox.c.state.in_([OutboxState.WAITING, OutboxState.UNKNOWN]),
            )
            .values(state=OutboxState.WITHDRAWN, reason="closed", sent_at=now)
        )

    async def lapse(self, now: datetime) -> None:
        """Give up what is no longer valid before it could be sent."""
        over = (t.outbox.c.state == OutboxState.WAITING, t.outbox.c.valid_until <= now)
        await self._connection.execute(
            sa.update(t.outbox)
            .where(t.outbox.c.id.in_(_free(*over)))
            .values(state=OutboxState.WITHDRAWN, reason=_WHY_TOO_LATE, sent_at=now)
        )

    async def ready(self, wanted: Wanted) -> tuple[Outgoing, ...]:
        """Find what may go out now: per address only the head of its line, most urgent first.

        A message waits behind everything of its address that is more urgent, or as urgent and older, and
        behind whatever is under way to the same address. One that is tried again keeps its place in the
        line, but a cry for help waits for none. A question that was answered meanwhile is withdrawn here,
        however it came to be waiting. What is found is kept from other processes until the transaction ends.
        """
        statement = READY[self._connection.dialect.name]
        while True:
            ids = [row.id for row in await self._connection.execute(statement, wanted.parameters)]
            if not ids or not await self._withdraw_overtaken(ids, wanted.now):
                break
        found = await self._outgoing(t.outbox.c.id.in_(ids)) if ids else ()
        place = {one: number for number, one in enumerate(ids)}
        found = tuple(sorted(found, key=lambda one: place[one.id]))
        crises = tuple(one for one in found if one.priority is Priority.CRISIS)
        return crises + found[len(crises) :][: wanted.most]

    async def take(self, ready: Sequence[Outgoing], now: datetime, until: datetime) -> tuple[Outgoing, ...]:
        """Lease what `ready` found, or some of it, until a moment."""
        if not ready:
            return ()
        await self._connection.execute(
            sa.update(t.outbox)
            .where(t.outbox.c.id.in_([one.id for one in ready]))
            .values(
                state=OutboxState.LEASED,
                leased_at=now,
                lease_until=until,
                attempts=t.outbox.c.attempts + 1,
            )
        )
        return tuple(dataclasses.replace(one, leased_at=now, attempts=one.attempts + 1) for one in ready)

    async def adopt(self) -> None:
        """Give what an earlier version queued the channel by which it is found."""
        strays = (t.outbox.c.state == OutboxState.WAITING, t.outbox.c.channel.is_(None))
        await self._connection.execute(
            sa.update(t.outbox)
            .where(t.outbox.c.id.in_(_free(*strays)))
            .values(channel=_channel_of(t.outbox.c.address_id))
        )

    async def _withdraw_overtaken(self, ids: Sequence[int], now: datetime) -> int:
        """Stop what must not go out any more: it was under way while an answer or a STOP came in.

        The same holds for what was put off, or paused for danger, meanwhile: whoever is in danger is not
        asked whether a session suits them.
        """
        answered = (
            sa.select(sa.func.count())
            .select_from(t.answers)
            .where(t.answers.c.check_in_id == t.outbox.c.check_in_id)
            .correlate(t.outbox)
            .scalar_subquery()
        )
        awaited = sa.exists().where(
            t.check_ins.c.id == t.outbox.c.check_in_id,
            t.check_ins.c.state == CheckInState.OPEN,
            ~t.check_ins.c.held,
            t.check_ins.c.resume_at.is_(None),
        )
        in_danger = sa.exists().where(
            t.addresses.c.id == t.outbox.c.address_id,
            t.alerts.c.client_id == t.addresses.c.client_id,
            t.alerts.c.climb_at.is_not(None),
            t.alerts.c.closed_at.is_(None),
        )
        silent = sa.exists().where(
            t.addresses.c.id == t.outbox.c.address_id, t.addresses.c.state != AddressState.ACTIVE
        )
        found = await self._connection.execute(
            sa.update(t.outbox)
            .where(
                t.outbox.c.id.in_(ids),
                sa.or_(
                    t.outbox.c.kind.in_(_QUESTIONS) & (~awaited | (t.outbox.c.position != answered)),
                    t.outbox.c.kind.in_(_STARTED_BY_US) & silent,
                    (t.outbox.c.kind == "confirm") & in_danger,
                ),
            )
            .values(state=OutboxState.WITHDRAWN, reason="overtaken", sent_at=now)
        )
        return found.rowcount

    async def postpone(self, until: Mapping[int, datetime]) -> None:
        """Let waiting messages wait until a moment: by id."""
        at: defaultdict[datetime, list[int]] = defaultdict(list)
        for one, moment in until.items():
            at[moment].append(one)
        for moment, ids in at.items():
            await self._connection.execute(
                sa.update(t.outbox)
                .where(t.outbox.c.id.in_(ids), t.outbox.c.state == OutboxState.WAITING)
                .values(not_before=moment)
            )

    async def give_back(self, until: Mapping[int, datetime]) -> None:
        """Give leased messages back untried, not to go before a moment: by id."""
        await self._connection.execute(
            sa.update(t.outbox)
            .where(t.outbox.c.id.in_(list(until)), t.outbox.c.state == OutboxState.LEASED)
            .values(state=OutboxState.WAITING, lease_until=None, attempts=t.outbox.c.attempts - 1)
        )
        await self.postpone(until)

    async def lost_leases(self, now: datetime) -> int:
        """Move messages whose lease ran out to the unknown state: they may have been sent."""
        lost = (t.outbox.c.state == OutboxState.LEASED, t.outbox.c.lease_until <= now)
        found = await self._connection.execute(
            sa.update(t.outbox)
            .where(t.outbox.c.id.in_(_free(*lost)))
            .values(state=OutboxState.UNKNOWN, not_before=now)
        )
        return found.rowcount

    async def reclaim(self, now: datetime) -> int:
        """Take all messages that are leased or unknown, to be asked about at once: their process is gone."""
        found = await self._connection.execute(
            sa.update(t.outbox)
            .where(t.outbox.c.state.in_([OutboxState.LEASED, OutboxState.UNKNOWN]))
            .values(state=OutboxState.UNKNOWN, not_before=now)
        )
        return found.rowcount

    async def lease_unknown(
        self, channels: Iterable[str], now: datetime, until: datetime, limit: int
    ) -> tuple[Outgoing, ...]:
        """Take messages of unknown outcome, to be asked about; each is passed over until `until`."""
        chosen = (
            sa.select(t.outbox.c.id)
            .join(t.addresses, t.addresses.c.id == t.outbox.c.address_id)
            .where(
                t.outbox.c.state == OutboxState.UNKNOWN,
                t.outbox.c.not_before <= now,
                t.addresses.c.channel.in_(list(channels)),
            )
            .order_by(t.outbox.c.priority, t.outbox.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True, of=t.outbox)
        )
        ids = list((await self._connection.execute(chosen)).scalars())
        if not ids:
            return ()
        await self._connection.execute(
            sa.update(t.outbox).where(t.outbox.c.id.in_(ids)).values(not_before=until)
        )
        return await self._outgoing(t.outbox.c.id.in_(ids))

    async def external_ids(self, ids: Sequence[int]) -> Mapping[int, str | None]:
        """Map messages to the ids that the network gave them; until the end nobody else notes any."""
        await self._one_at_a_time()
        found = await self._connection.execute(
            sa.select(t.outbox.c.id, t.outbox.c.external_id).where(t.outbox.c.id.in_(ids))
        )
        return {row.id: row.external_id for row in found}

    async def note(self, notes: Sequence[Note]) -> tuple[Outgoing, ...]:
        """Write how attempts ended, and apply what the network said of them meanwhile.

        What was withdrawn meanwhile is not queued again.

        Returns:
            The messages that failed by a report that came before this note.
        """
        await self._one_at_a_time()
        alike: defaultdict[tuple[OutboxState, bool], list[Note]] = defaultdict(list)
        for one in notes:
            alike[one.state, one.not_before is not None].append(one)
        for (state, later), some in alike.items():
            await self._note(some, state, later=later)
        ids = [one.external_id for one in notes if one.external_id is not None]
        failed = await self._apply_reports(ids) if ids else []
        return await self._outgoing(t.outbox.c.id.in_(failed)) if failed else ()

    async def _note(self, notes: Sequence[Note], state: OutboxState, *, later: bool) -> None:
        """Write how attempts ended that ended in one state, at once or to be tried again later."""
        taken = (
            ("account", "external_id", "sent_at") if state in {OutboxState.SENT, OutboxState.FAILED} else ()
        )
        noted = ("reason", *taken, *(["not_before"] if later else []))
        statement = sa.update(t.outbox).where(t.outbox.c.id == sa.bindparam("which"))
        if state in UNSETTLED:
            statement = statement.where(sa.or_(*(t.outbox.c.state == sa.literal(one) for one in UNSETTLED)))
        values = {name: sa.bindparam(f"its_{name}", type_=t.outbox.c[name].type) for name in noted}
        await self._connection.execute(
            statement.values(state=state, lease_until=None, **values),
            [
                {"which": one.outbox_id, **{f"its_{name}": _noted(one, name) for name in noted}}
                for one in notes
            ],
        )

    async def arrived(self, reports: Sequence[Arrived]) -> tuple[Outgoing, ...]:
        """Keep delivery reports and apply them; returns the messages that failed by them.

        A report may come before our own note of the id; it waits here, and `note` applies it.
        """
        if not reports:
            return ()
        await self._one_at_a_time()
        await self._connection.execute(
            insert(self._connection, t.delivery_reports).on_conflict_do_nothing(),
            [
                {
                    "channel": one.channel,
                    "account": one.account,
                    "external_id": one.external_id,
                    "outcome": one.outcome,
                    "code": one.code,
                    "cause": one.cause,
                    "at": one.at,
                }
                for one in reports
            ],
        )
        ids = [one.external_id for one in reports]
        failed = await self._apply_reports(ids)
        return await self._outgoing(t.outbox.c.id.in_(failed)) if failed else ()

    async def causes(self, ids: Iterable[int]) -> Mapping[int, tuple[str, str | None, str | None]]:
        """Map messages that were reported as failed to our account, the network's code, and what it means."""
        reports = t.delivery_reports
        found = await self._connection.execute(
            sa.select(t.outbox.c.id, reports.c.account, reports.c.code, reports.c.cause)
            .join(
                t.delivery_reports,
                (t.delivery_reports.c.external_id == t.outbox.c.external_id)
                & (t.delivery_reports.c.account == t.outbox.c.account),
            )
            .where(t.outbox.c.id.in_(list(ids)), t.delivery_reports.c.outcome == "failed")
        )
        return {row.id: (row.account, row.code, row.cause) for row in found}

    async def revive(self, outbox_id: int, reason: str, not_before: datetime, *, called: bool) -> None:
        """Let a message that did not arrive go once more, not before a moment.

        Where it was `called`, because the phone did not answer, it begins anew, so that nothing waits behind
        it meanwhile; and its network is not believed a second time.
        """
        anew = {"attempts": 0, "no_answer_at": not_before} if called else {}
        await self._connection.execute(
            sa.update(t.outbox)
            .where(
                t.outbox.c.id == outbox_id, t.outbox.c.state.in_([OutboxState.FAILED, OutboxState.WAITING])
            )
            .values(
                state=OutboxState.WAITING,
                reason=reason,
                not_before=not_before,
                external_id=None,
                account=None,
                sent_at=None,
                **anew,
            )
        )

    async def questions_to(self, address_id: int) -> tuple[Outgoing, ...]:
        """List the questions that wait to go to an address."""
        waiting = (t.outbox.c.state == OutboxState.WAITING) & t.outbox.c.kind.in_(_QUESTIONS)
        return await self._outgoing((t.outbox.c.address_id == address_id) & waiting)

    async def failed_at(self, outgoing: Outgoing, since: datetime) -> frozenset[int]:
        """List the addresses at which the same message has failed since a moment, by id."""
        found = await self._connection.execute(
            sa.select(t.outbox.c.address_id)
            .join(t.addresses, t.addresses.c.id == t.outbox.c.address_id)
            .where(
                t.addresses.c.client_id == outgoing.client_id,
                t.outbox.c.kind == outgoing.kind,
                t.outbox.c.check_in_id.is_not_distinct_from(outgoing.check_in_id),
                t.outbox.c.position.is_not_distinct_from(outgoing.position),
                t.outbox.c.state == OutboxState.FAILED,
                t.outbox.c.created_at >= since,
            )
        )
        return frozenset(found.scalars())

    async def told_with(self, alert_id: int) -> str:
        """Give the body of the first message about an alert; "" where there is none, or its key is gone."""
        found = await self._connection.execute(
            sa.select(t.outbox.c.body).where(t.outbox.c.alert_id == alert_id).order_by(t.outbox.c.id).limit(1)
        )
        body = found.scalar_one_or_none()
        with suppress(SealError):
            return self._cipher.open("outbox.body", body) if body else ""
        return ""

    async def overdue(self, before: datetime, now: datetime, limit: int) -> frozenset[int]:
        """Take the alerts that may not have gone out though it was time before a moment: their numbers, once.

        An alert that went to another address is left out; so is a message that was taken once.
        """
        gone = t.outbox.alias("gone")
        elsewhere = sa.exists().where(
            gone.c.alert_id == t.outbox.c.alert_id,
            gone.c.state.in_([OutboxState.SENT, OutboxState.DELIVERED]),
        )
        late = sa.or_(
            t.outbox.c.not_before <= before,
            t.outbox.c.reason == _SEALED,
            (t.outbox.c.attempts > 0) & (t.outbox.c.created_at <= before),
        )
        chosen = (
            sa.select(t.outbox.c.id)
            .where(sa.text(t.UNSENT_ALERTS), late, ~elsewhere)
            .limit(limit)
            .with_for_update(skip_locked=True, of=t.outbox)
        )
        ids = list((await self._connection.execute(chosen)).scalars())
        if not ids:
            return frozenset()
        found = await self._connection.execute(
            sa.update(t.outbox)
            .where(t.outbox.c.id.in_(ids))
            .values(overdue_at=now)
            .returning(t.outbox.c.alert_id)
        )
        return frozenset(number for number in found.scalars() if number is not None)

    async def _one_at_a_time(self) -> None:
        """Keep a note and a report from passing each other unseen; SQLite has one writer anyway."""
        if self._connection.dialect.name == "postgresql":
            await self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_NOTES)))

    async def _apply_reports(self, external_ids: Sequence[str]) -> list[int]:
        """Move sent messages on by their reports; a final state is never left. Returns the newly failed."""
        failed: list[int] = []
        for outcome, state in (("delivered", OutboxState.DELIVERED), ("failed", OutboxState.FAILED)):
            report = (
                sa.select(t.delivery_reports.c.code)
                .where(
                    t.delivery_reports.c.external_id == t.outbox.c.external_id,
                    t.delivery_reports.c.account == t.outbox.c.account,
                    t.delivery_reports.c.outcome == outcome,
                )
                .correlate(t.outbox)
            )
            found = await self._connection.execute(
                sa.update(t.outbox)
                .where(
                    t.outbox.c.external_id.in_(external_ids),
                    t.outbox.c.state == OutboxState.SENT,
                    report.exists(),
                )
                .values(state=state, reason=report.limit(1).scalar_subquery())
                .returning(t.outbox.c.id)
            )
            ids = list(found.scalars())
            failed += ids if state is OutboxState.FAILED else []
        return failed

    async def asked(self, check_in_ids: Iterable[int]) -> Mapping[int, Asked]:
        """Map check-ins to what went out of their questions, or may have; where nothing did, there is none.

        A reply that belongs to a check-in is one that put it off: those are counted.
        """
        found = await self._connection.execute(_ASKED, {"ids": check_in_ids})
        messages: defaultdict[int, list[Row]] = defaultdict(list)
        for row in found.all():
            messages[row.check_in_id].append(row)
        return {number: _asked(some) for number, some in messages.items()}

    async def last_put(self, client_id: int) -> int | None:
        """Give the check-in of what was put to a client last, at any address; None where that has none.

        The question whether a session suits them, a crisis text, or that they take a break belongs to none.
        """
        row = await self._newest(client_id, t.outbox.c.kind.in_(PUT))
        return None if row is None else row.check_in_id

    async def last_confirm(self, client_id: int) -> str | None:
        """Give the body of the question whether a session suits a client, if they were sent nothing since.

        None too where it can't have reached them, or its key is gone. Whatever was queued after it to any
        of their addresses counts as sent.
        """
        row = await self._newest(client_id)
        if row is None or row.kind != "confirm" or row.state not in GONE:
            return None
        try:
            return self._cipher.open("outbox.body", row.body)
        except SealError:
            return None

    async def _newest(self, client_id: int, *which: sa.ColumnElement[bool]) -> Row | None:
        """Find the message queued last for a client, at any of their addresses."""
        theirs = sa.select(t.addresses.c.id).where(t.addresses.c.client_id == client_id)
        found = await self._connection.execute(
            sa.select(t.outbox.c.kind, t.outbox.c.state, t.outbox.c.check_in_id, t.outbox.c.body)
            .where(t.outbox.c.address_id.in_(theirs), *which)
            .order_by(t.outbox.c.id.desc())
            .limit(1)
        )
        return found.one_or_none()

    async def consent_shown(self, address_id: int) -> bool:
        """Tell whether the consent question went out to an address, or may have."""
        found = await self._connection.execute(
            sa.select(t.outbox.c.id)
            .where(
                t.outbox.c.address_id == address_id,
                t.outbox.c.kind == "consent",
                t.outbox.c.state.in_(GONE),
            )
            .limit(1)
        )
        return found.first() is not None

    async def oldest_waiting(self, now: datetime) -> datetime | None:
        """When the longest waiting message that may go out now could first have gone."""
        found = await self._connection.execute(
            sa.select(sa.func.min(t.outbox.c.not_before), sa.literal(1)).where(
                t.outbox.c.state == OutboxState.WAITING, t.outbox.c.not_before <= now
            )
        )
        oldest = found.one()[0]
        return oldest if oldest is None else t.Utc().process_result_value(oldest, self._connection.dialect)

    async def _outgoing(self, which: sa.ColumnElement[bool]) -> tuple[Outgoing, ...]:
        rows = await self._connection.execute(
            sa.select(
                t.outbox,
                t.addresses.c.channel,
                t.addresses.c.address.label("sealed_address"),
                t.addresses.c.client_id,
                t.addresses.c.free_at.label("chat_free_at"),
                sa.func.coalesce(t.clients.c.zone, t.therapists.c.zone).label("zone"),
            )
            .join(t.addresses, t.addresses.c.id == t.outbox.c.address_id)
            .outerjoin(t.clients, t.clients.c.id == t.addresses.c.client_id)
            .outerjoin(t.therapists, t.therapists.c.id == t.addresses.c.therapist_id)
            .where(which)
            .order_by(t.outbox.c.priority, t.outbox.c.id)
        )
        found: list[Outgoing] = []
        sealed: list[int] = []
        for row in rows:
            try:
                found.append(self._one(row))
            except SealError:
                sealed.append(row.id)
        if sealed:  # its key is gone: it must not keep the others from going
            await self._connection.execute(
                sa.update(t.outbox)
                .where(t.outbox.c.id.in_(sealed))
                .values(state=OutboxState.FAILED, reason=_SEALED)
            )
        return tuple(found)

    def _one(self, row: Row) -> Outgoing:
        return Outgoing(
            id=row.id,
            address_id=row.address_id,
            channel=row.channel,
            address=self._cipher.open("addresses.address", row.sealed_address),
            kind=row.kind,
            body=self._cipher.open("outbox.body", row.body),
            attempts=row.attempts,
            created_at=row.created_at,
            leased_at=row.leased_at or row.created_at,
            valid_until=row.valid_until,
            check_in_id=row.check_in_id,
            position=row.position,
            alert_id=row.alert_id,
            client_id=row.client_id,
            external_id=row.external_id,
            priority=Priority(row.priority),
            zone=row.zone,
            chat_free_at=row.chat_free_at,
            no_answer=row.no_answer_at is not None,
        )


def _free(*which: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    """Select messages that no other transaction is at work on: for those there is a next time."""
    return sa.select(t.outbox.c.id).where(*which).with_for_update(skip_locked=True).scalar_subquery()


_ANSWERED = (
    sa.update(t.outbox)
    .where(
        among(t.outbox.c.check_in_id, "ids"),
        t.outbox.c.kind.in_(_QUESTIONS),
        t.outbox.c.state.in_([OutboxState.WAITING, OutboxState.UNKNOWN]),
    )
    .values(state=OutboxState.WITHDRAWN, reason="answered", sent_at=sa.bindparam("now", type_=t.Utc))
)
"""Built once, as what follows: it is asked with each batch of messages."""

_ASKED = (
    sa.select(t.outbox.c.check_in_id, t.outbox.c.position, t.outbox.c.external_id, t.outbox.c.kind)
    .where(
        among(t.outbox.c.check_in_id, "ids"),
        sa.or_(
            t.outbox.c.kind.in_(_QUESTIONS) & t.outbox.c.state.in_(GONE),
            (t.outbox.c.kind == "reply") & t.outbox.c.position.is_(None),
        ),
    )
    .order_by(t.outbox.c.id)
)


def _asked(messages: Sequence[Row]) -> Asked:
    """Make of the messages of one check-in, oldest first, what went out of it."""
    put = [one for one in messages if one.position is not None]
    together = [one.position for one in put if one.kind == _TOGETHER]
    return Asked(
        {one.position: one.external_id for one in put if one.kind != _TOGETHER},
        together[-1] if together else None,
        len(messages) - len(put),
    )


def _noted(note: Note, column: str) -> object:
    return note.at if column == "sent_at" else getattr(note, column)

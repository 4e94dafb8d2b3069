"""What must hold of every message that reached somebody."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from storage import tables as t
from storage.records import CheckInState, OutboxState, Priority
from tests.bot.time.quiet import is_quiet

if TYPE_CHECKING:
    from datetime import datetime

    from storage.statements import Row
    from tests.bot.time.stage import Stage

QUESTIONS = {"question", "reminder", "together"}

_ANSWERS = {Priority.CRISIS, Priority.REPLY}


@dataclass(slots=True)
class Post:
    """What is remembered of messages.

    Attributes:
        stage: the clinic.
        wrote: when each client wrote, by id.
        counted: how many messages of the channel were looked at.
        latest: the last message that was queued, by id.
        begun: which first questions and reminders each client has had: when each was decided, by id.
        asked: the check-ins whose first question went out.
    """

    stage: Stage
    wrote: defaultdict[int, set[datetime]] = field(default_factory=lambda: defaultdict(set))
    counted: int = 0
    latest: int = 0
    begun: defaultdict[int, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    asked: set[int] = field(default_factory=set)

    def look(self) -> None:
        """Check what went out since the last look, and what waits to go."""
        for one in self.stage.channel.sent[self.counted :]:
            (row,) = self.stage.rows(_MESSAGES.where(t.outbox.c.external_id == one.external_id))
            if row.client_id is not None:
                self._to_client(row, one.at)
            elif row.therapist_id is not None and row.priority not in _ANSWERS:
                hours = self.stage.service.policy.quiet
                assert not is_quiet(one.at, row.therapist_zone, hours), (
                    f"{row.kind} to a therapist at {one.at}"
                )
        self.counted = len(self.stage.channel.sent)
        self._queued()
        waiting = sa.and_(
            t.outbox.c.state == OutboxState.WAITING,
            t.outbox.c.kind.in_(QUESTIONS),
            t.check_ins.c.state != CheckInState.OPEN,
        )
        over = self.stage.rows(_MESSAGES.where(waiting))
        assert not over, f"{over[0].kind} of a check-in that is {over[0].check_in_state} waits to go out"

    def _queued(self) -> None:
        """Check what was queued since the last look: what the bot starts is not meant for quiet hours."""
        hours = self.stage.service.policy.quiet
        for row in self.stage.rows(_MESSAGES.where(t.outbox.c.id > self.latest).order_by(t.outbox.c.id)):
            self.latest = row.id
            if row.client_id is not None and row.priority in {Priority.QUESTION, Priority.REMINDER}:
                there = row.not_before.astimezone(ZoneInfo(row.zone))
                assert not is_quiet(row.not_before, row.zone, hours), f"{row.kind} is to go out at {there}"

    def _to_client(self, row: Row, at: datetime) -> None:
        """Check one message to a client, sent just now."""
        if row.priority in _ANSWERS:
            assert row.created_at in self.wrote[row.client_id], f"{row.kind} answers nobody"
        else:
            hours = self.stage.service.policy.quiet
            assert not is_quiet(at, row.zone, hours), f"{row.kind} at {at.astimezone(ZoneInfo(row.zone))}"
        if row.kind in QUESTIONS:
            self._question(row, at)

    def _question(self, row: Row, at: datetime) -> None:
        """Check a question or a reminder: in its time, unanswered, and not one too many that day."""
        assert row.check_in_state == CheckInState.OPEN, (
            f"{row.kind} of a check-in that is {row.check_in_state}"
        )
        assert row.position == row.answered, f"{row.kind} {row.position} with {row.answered} answers"
        first = row.check_in_id not in self.asked and row.position == 0
        self.asked.add(row.check_in_id)
        if first or row.priority == Priority.REMINDER:
            assert at >= row.due_at, f"check-in {row.check_in_id}, due at {row.due_at}, was asked at {at}"
            self._count(row, row.opened_at if first else row.created_at, at)

    def _count(self, row: Row, decided: datetime, at: datetime) -> None:
        """Count what the bot starts: few a day, on the client's calendar."""
        place = ZoneInfo(row.zone)
        today = decided.astimezone(place).date()
        had = sum(one.astimezone(place).date() == today for one in self.begun[row.client_id])
        most = self.stage.service.policy.most_a_day
        assert had < most, f"message {had + 1} of {most} on {today}, sent at {at}"
        self.begun[row.client_id].append(decided)


_ANSWERED = (
    sa.select(sa.func.count())
    .select_from(t.answers)
    .where(t.answers.c.check_in_id == t.outbox.c.check_in_id)
    .scalar_subquery()
    .label("answered")
)

_MESSAGES = (
    sa.select(
        t.outbox,
        t.addresses.c.client_id,
        t.addresses.c.therapist_id,
        t.clients.c.zone,
        t.therapists.c.zone.label("therapist_zone"),
        t.check_ins.c.due_at,
        t.check_ins.c.opened_at,
        t.check_ins.c.state.label("check_in_state"),
        _ANSWERED,
    )
    .join(t.addresses, t.addresses.c.id == t.outbox.c.address_id)
    .outerjoin(t.clients, t.clients.c.id == t.addresses.c.client_id)
    .outerjoin(t.therapists, t.therapists.c.id == t.addresses.c.therapist_id)
    .outerjoin(t.check_ins, t.check_ins.c.id == t.outbox.c.check_in_id)
)

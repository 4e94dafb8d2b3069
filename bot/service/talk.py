"""A client's open check-in while a batch is worked on."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.conversation import Conversation
from bot.service import asking
from bot.service.closing import Ended
from storage.records import Answer, Asked, CheckIn, CheckInState, Client, Contact

if TYPE_CHECKING:
    from datetime import datetime

    from bot.service.desk import Desk


@dataclass(slots=True)
class Talk:
    """An open check-in under way: it changes with each message of the batch and is written once at the end.

    Attributes:
        check_in: the record as it stands in the database.
        client: whose.
        conversation: as it stands now.
        asked: which of its questions went out.
        resume_at: when it is put again, where the client put it off.
        sources: which inbound message the answer at each position was read from.
        ended: how it ended, once it has.
        early: whether a question that waits to go out is to be dropped.
        begun: whether any question was answered, if only to take the answer back.
    """

    check_in: CheckIn
    client: Client
    conversation: Conversation
    asked: Asked = field(default_factory=Asked)
    resume_at: datetime | None = None
    sources: dict[int, int] = field(default_factory=dict)
    ended: Ended | None = None
    early: bool = False
    begun: bool = False

    def changed(self) -> CheckIn | None:
        """Give the record as it is to be written; None where it stays as it is, as between two answers."""
        before, now = self.check_in, self.conversation
        state = self.ended.state if self.ended else CheckInState.OPEN
        resume_at = self.resume_at if now.resting else None
        after = (state, now.held, now.refusals, now.suggested, now.together, resume_at)
        if after == (
            before.state,
            before.held,
            before.refusals,
            before.suggested,
            before.together,
            before.resume_at,
        ):
            return None
        return dataclasses.replace(
            before,
            state=state,
            held=now.held,
            refusals=now.refusals,
            suggested=now.suggested,
            together=now.together,
            resume_at=resume_at,
        )

    def answers(self, desk: Desk) -> tuple[Answer, ...]:
        """Give the answers that are new or changed."""
        before = self.check_in.marks
        return tuple(
            Answer(self.check_in.id, position, mark, self.sources.get(position), desk.now)
            for position, mark in enumerate(self.conversation.response.marks)
            if position >= len(before) or before[position] != mark or position in self.sources
        )

    @property
    def moved(self) -> bool:
        """Whether a question that waits to go out is no longer the one to ask."""
        return bool(self.sources) or self.taken_back or self.ended is not None or self.early

    @property
    def taken_back(self) -> bool:
        """Whether the record holds more answers than now stand."""
        return len(self.conversation.response.marks) < len(self.check_in.marks)


@dataclass(frozen=True, slots=True)
class Heard:
    """Who wrote, and the message's id in the inbox; `pressed` is the network's id of a button's message."""

    contact: Contact
    inbound_id: int
    pressed: str | None = None


def talk_of(desk: Desk, check_in: CheckIn, client: Client, asked: Asked) -> Talk:
    """Take up an open check-in where it stands."""
    conversation = Conversation(
        asking.response_of(desk.policy, check_in),
        desk.policy.speak_to(client),
        check_in.refusals,
        check_in.suggested,
        check_in.held,
        shown=asked.shows(len(check_in.marks), together=check_in.together),
        together=check_in.together,
        resting=check_in.resume_at is not None,
        postponed=asked.postponed,
        lexicon=desk.policy.lexicon,
        options=desk.policy.words(check_in.measure, desk.policy.speak_to(client)).options,
    )
    begun = bool(check_in.marks) or any(asked.singly)  # a question after the first went out
    return Talk(check_in, client, conversation, asked, check_in.resume_at, begun=begun)

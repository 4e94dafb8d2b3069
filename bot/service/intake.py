"""What arrives, by whom it is from: danger first, then the conversation, command or consent it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from bot import commands, replies, safety, wording
from bot.channels.base import (
    Edited,
    Inbound,
    Keyword,
    Left,
    Pressed,
    Returned,
    SentMedia,
    Unreadable,
    Wrote,
)
from bot.conversation import advance
from bot.replies import Expecting, Steer
from bot.service import (
    belated,
    breaks,
    confirming,
    crisis,
    gestures,
    joining,
    late,
    noticing,
    opting,
    speaking,
    therapists,
    unasked,
)
from bot.service.batch import Batch
from bot.service.flooding import surplus
from bot.service.talk import Heard
from bot.service.talking import hear, put_again
from storage.records import AddressState, Client, ClientState, Contact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.safety import Signs
    from bot.service.desk import Desk
    from bot.service.flooding import Flood


_MOVING = {"stop", "start", "invitation", "consent", "stranger"}
"""Readings after which somebody is not who they were, or was told something."""


class Intake:
    """One batch of messages, worked on in the order they came."""

    def __init__(self, desk: Desk, contacts: Mapping[tuple[str, str], Contact], flood: Flood) -> None:
        """Begin with the people who wrote, and how much they wrote before."""
        self._desk = desk
        self._flood = flood
        self._batch = Batch(desk, contacts)

    async def load(self) -> None:
        """Lock and load the open check-ins of the clients who wrote."""
        await self._batch.load()

    async def finish(self) -> None:
        """Write how the check-ins stand, and what follows from those that ended."""
        await self._batch.finish()

    async def take(self, inbound: Inbound, inbound_id: int) -> None:
        """Work on one message."""
        contact = await self._batch.sender(inbound)
        over = self._flood.is_over(contact, inbound)
        kept_as = surplus(self._batch, self._flood, contact, inbound) if over else None
        reading = kept_as or await self._work_on(contact, inbound, inbound_id)
        self._batch.note(inbound_id, reading)
        if reading in _MOVING:
            await self._batch.refresh(contact)

    async def _work_on(self, contact: Contact, inbound: Inbound, inbound_id: int) -> str:
        match inbound.said:
            case Wrote():
                reading = await self._wrote(contact, inbound, inbound.said, inbound_id)
            case Edited():
                reading = await gestures.edited(self._batch, contact, inbound.said, inbound_id)
            case Pressed(data, message_id):
                reading = await gestures.pressed(
                    self._batch, contact, data, message_id=message_id, inbound_id=inbound_id
                )
            case SentMedia():
                reading = await gestures.media(self._desk, contact)
            case Left():
                await opting.leave(self._desk, contact, by="network")
                reading = "stop"
            case Returned():  # nothing is said: an unblocked bot is sent /start straight afterwards
                await opting.come_back(self._desk, contact)
                reading = "start"
            case Unreadable(raw):
                if safety.at_risk(raw, self._desk.policy.lexicon):
                    await self._batch.cry(contact, raw)
                self._desk.alarm(lambda language: wording.kept_unread(language, inbound_id))
                reading = "unreadable"
            case _:
                assert_never(inbound.said)
        return reading

    async def _wrote(self, contact: Contact, inbound: Inbound, wrote: Wrote, inbound_id: int) -> str:
        signs = safety.look(wrote.text, self._desk.policy.lexicon)
        if inbound.listed and (reading := await self._belated(contact, inbound, inbound_id, signs=signs)):
            return reading
        if not signs.crisis:
            if token := joining.token_in(wrote.text):
                return await joining.by_invitation(self._desk, contact, token, inbound.language)
            if wrote.taken and (reading := await self._taken(contact, wrote.taken)):
                return reading
        if contact.therapist is not None:
            return await self._from_therapist(contact, wrote, in_danger=signs.crisis)
        leaving = await noticing.notice(self._desk, contact, wrote.text, signs)
        if contact.client is None:
            return await self._from_stranger(contact, wrote.text, in_danger=signs.crisis)
        return await self._from_client(
            contact, contact.client, wrote.text, signs=signs, leaving=leaving, inbound_id=inbound_id
        )

    async def _belated(
        self, contact: Contact, inbound: Inbound, inbound_id: int, *, signs: Signs
    ) -> str | None:
        """Answer a text that came too late for what it was about; None for one like any other."""
        talk = self._batch.talk(contact)
        if not isinstance(inbound.said, Wrote) or joining.token_in(inbound.said.text):
            return None
        if not signs.crisis:
            return await belated.answer(self._desk, Heard(contact, inbound_id), talk, inbound)
        if not await belated.overtaken(self._desk, contact, talk, inbound.at):
            return None
        await self._batch.cry(contact, inbound.said.text)  # a number beside it answers nothing
        return "crisis"

    async def _taken(self, contact: Contact, taken: Keyword) -> str | None:
        """Do as a network did that has acted on a text, and answered it; None where it is a text like others.

        "YES" is START to Twilio, and to us only where there is something to start again.
        """
        match taken:
            case Keyword.STOP:
                await opting.leave(self._desk, contact)
                return "stop"
            case Keyword.START if contact.state is AddressState.STOPPED:
                return await self._start(contact)
            case Keyword.START:
                return None
            case Keyword.HELP:
                return "help"
            case _:
                assert_never(taken)

    async def _from_therapist(self, contact: Contact, wrote: Wrote, *, in_danger: bool) -> str:
        command = commands.read(wrote.text, self._desk.language_of(contact))
        reading = await therapists.obey(self._desk, contact, command)
        if in_danger and reading != "closed":  # what was done about danger may well name it
            await crisis.answer(self._desk, contact, wrote.text)
        return reading

    async def _from_stranger(self, contact: Contact, text: str, *, in_danger: bool) -> str:
        if in_danger:
            await crisis.answer(self._desk, contact, text)
            return "crisis"
        return await joining.from_stranger(self._desk, contact, text)

    async def _from_client(
        self,
        contact: Contact,
        client: Client,
        text: str,
        *,
        signs: Signs,
        leaving: bool,
        inbound_id: int,
    ) -> str:
        """Work on a client's words; `leaving`: the therapist has been told of them already."""
        if not signs.crisis and (code := self._desk.policy.spoken(replies.language_asked(text))):
            return await self._speak(contact, client, code)
        talk = self._batch.talk(contact)
        if talk is None and signs.crisis:
            await self._batch.cry(contact, text)
            return "crisis"
        if talk is None:
            return await self._with_nothing_open(contact, client, text, inbound_id)
        if leaving and advance(talk.conversation, text).reading == "unclear":
            told = await self._desk.reaches(client.therapist_id)  # the question that follows is no answer
            self._desk.reply(contact, wording.passed_on(self._desk.language_of(contact), told=told))
        return await hear(self._desk, talk, text, Heard(contact, inbound_id))

    async def _with_nothing_open(self, contact: Contact, client: Client, text: str, inbound_id: int) -> str:
        if client.state is ClientState.INVITED:
            return await joining.before_consent(self._desk, contact, client, text)
        policy = self._desk.policy
        language = policy.speak_to(client)
        expecting = Expecting(language, remaining=0, answered=1, lexicon=policy.lexicon, held=True)
        reply = replies.read(text, expecting).reply
        if reply is Steer.START:
            return await self._start(contact)
        if reading := await confirming.hear(self._desk, contact, client, text):
            return reading
        if talk := await late.said(self._batch, contact, text):
            return await hear(self._desk, talk, text, Heard(contact, inbound_id))
        return await unasked.answer(self._desk, contact, text, reply, inbound_id=inbound_id)

    async def _start(self, contact: Contact) -> str:
        """Write to an address again, and go on where its owner was."""
        if contact.therapist is not None:
            return await therapists.obey(self._desk, contact, Steer.START)
        if contact.client is None:
            return await joining.start_stranger(self._desk, contact)
        await opting.come_back(self._desk, contact)
        contact = await self._batch.refresh(contact)
        if contact.client is not None:
            await breaks.end(self._desk, contact.client)
        language, talk = self._desk.language_of(contact), self._batch.talk(contact)
        if contact.client is not None and contact.client.state is ClientState.INVITED:
            self._desk.consent(contact, answering=True)
        elif contact.client is not None and contact.client.state is not ClientState.ACTIVE:
            self._desk.reply(contact, wording.all_right(language))
        elif talk is None or talk.conversation.held:
            self._desk.reply(contact, wording.started(language))
        else:
            self._desk.reply(contact, wording.started(language, asking=True))
            put_again(self._desk, talk, contact)
        return "start"

    async def _speak(self, contact: Contact, client: Client, code: str) -> str:
        """Write to a client in another language, beginning with what they are to read next."""
        changed = await speaking.speak(self._desk, client, code)
        contact = self._batch.changed(contact, changed)
        talk = self._batch.talk(contact)
        if contact.state is AddressState.ACTIVE and changed.state is ClientState.INVITED:
            self._desk.consent(contact, answering=True)
        elif contact.state is AddressState.ACTIVE and (talk is None or talk.conversation.held):
            self._desk.reply(contact, wording.language_changed(self._desk.language_of(contact)))
        elif talk is not None:
            put_again(self._desk, talk, contact)
        return "language"

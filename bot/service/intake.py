"""What arrives, by whom it is from: danger first, then the conversation, command or consent it belongs to."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, assert_never

from bot import commands, messages, replies, safety, wording
from bot.channels.base import Edited, Inbound, Left, Pressed, Returned, SentMedia, Unreadable, Wrote
from bot.conversation import Conversation, advance, choose
from bot.messages import AckPress, AnswerPress, ConsentPress
from bot.replies import Expecting, Points, Steer, Unclear, Why
from bot.service import asking, crisis, joining, therapists
from bot.service.closing import close, go_on, tell_event
from bot.service.talking import Heard, Talk, carry_out, opt_out
from storage.records import AddressState, CheckIn, Client, ClientState, Contact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.service.desk import Desk


_MOVING = {"stop", "start", "invitation", "consent"}
"""Readings after which somebody is not who they were."""


class Intake:
    """One batch of messages, worked on in the order they came."""

    def __init__(self, desk: Desk, contacts: Mapping[tuple[str, str], Contact]) -> None:
        """Begin with the people who wrote."""
        self._desk = desk
        self._contacts = dict(contacts)
        self._talks: dict[int, Talk] = {}
        self._asked: Mapping[tuple[int, int], str | None] = {}
        self._readings: list[tuple[int, str]] = []

    async def load(self) -> None:
        """Lock and load the open check-ins of the clients who wrote."""
        clients = {one.client.id: one.client for one in self._contacts.values() if one.client}
        if not clients:
            return
        found = await self._desk.tx.check_ins.open_of(clients)
        self._asked = await self._desk.tx.outbox.asked([one.id for one in found]) if found else {}
        self._talks = {one.client_id: self._talk(one, clients[one.client_id]) for one in found}

    def _talk(self, check_in: CheckIn, client: Client) -> Talk:
        conversation = Conversation(
            asking.response_of(self._desk.policy, check_in),
            self._desk.policy.speak(client.language),
            check_in.refusals,
            check_in.suggested,
            check_in.held,
            shown=(check_in.id, len(check_in.marks)) in self._asked,
        )
        return Talk(check_in, client, conversation)

    async def take(self, inbound: Inbound, inbound_id: int) -> None:
        """Work on one message."""
        contact = await self._sender(inbound)
        match inbound.said:
            case Wrote(text):
                reading = await self._wrote(contact, text, inbound_id)
            case Edited(text):
                reading = await self._edited(contact, text)
            case Pressed(data, message_id):
                reading = await self._pressed(contact, data, message_id, inbound_id)
            case SentMedia():
                reading = await self._media(contact)
            case Left():
                reading = await self._left(contact)
            case Returned():
                reading = await self._returned(contact)
            case Unreadable(raw):
                if safety.at_risk(raw):
                    await crisis.answer(self._desk, contact, raw)
                self._desk.alarm(lambda language: wording.kept_unread(language, inbound_id))
                reading = "unreadable"
            case _:
                assert_never(inbound.said)
        self._readings.append((inbound_id, reading))
        if reading in _MOVING:
            await self._refresh(contact)

    async def _sender(self, inbound: Inbound) -> Contact:
        """Give who sent something; an address that was thought dead and now writes is alive."""
        key = (inbound.channel, inbound.address)
        contact = self._contacts[key]
        if contact.state is AddressState.UNREACHABLE and not isinstance(inbound.said, Left | Unreadable):
            await self._desk.tx.people.set_address_state([contact.id], AddressState.ACTIVE)
            contact = self._contacts[key] = dataclasses.replace(contact, state=AddressState.ACTIVE)
        return contact

    async def _refresh(self, contact: Contact) -> None:
        """See somebody who just came or left as who they are now, for the rest of the batch."""
        key = (contact.channel, contact.address)
        self._contacts.update(await self._desk.tx.people.contacts([key]))

    async def finish(self) -> None:
        """Write how the check-ins stand, and what follows from those that ended."""
        talks = list(self._talks.values())
        check_ins = self._desk.tx.check_ins
        for talk in talks:
            if talk.taken_back:
                await check_ins.take_back(talk.check_in.id, talk.conversation.response.position)
        await check_ins.answer([answer for talk in talks for answer in talk.answers(self._desk)])
        touched = [talk for talk in talks if talk.changed() != talk.check_in or talk.sources]
        await check_ins.update([talk.changed() for talk in touched], self._desk.now)
        if moved := [talk.check_in.id for talk in talks if talk.moved]:
            await self._desk.tx.outbox.withdraw_questions(moved, self._desk.now)
        await close(self._desk, [talk.ended for talk in talks if talk.ended])
        await self._desk.tx.inbox.note_readings(self._readings)

    # What somebody wrote

    async def _wrote(self, contact: Contact, text: str, inbound_id: int) -> str:
        if (token := joining.token_in(text)) and not safety.at_risk(text):
            return await joining.by_invitation(self._desk, contact, token)
        if contact.therapist is not None:
            return await self._from_therapist(contact, text)
        if contact.client is None:
            return await self._from_stranger(contact, text)
        if contact.client.state is ClientState.INVITED:
            return await self._before_consent(contact, contact.client, text)
        talk = self._talks.get(contact.client.id)
        if talk is None or talk.ended or contact.state is not AddressState.ACTIVE:
            return await self._with_nothing_open(contact, contact.client, text)
        turn = advance(talk.conversation, text)
        await carry_out(self._desk, talk, turn, self._heard(talk, contact, inbound_id))
        return turn.reading

    def _heard(self, talk: Talk, contact: Contact, inbound_id: int) -> Heard:
        position = talk.conversation.response.position
        return Heard(contact, inbound_id, self._asked.get((talk.check_in.id, position)))

    async def _from_therapist(self, contact: Contact, text: str) -> str:
        if safety.at_risk(text):
            await crisis.answer(self._desk, contact, text)
        command = commands.read(text, self._desk.language_of(contact))
        return await therapists.obey(self._desk, contact, command)

    async def _from_stranger(self, contact: Contact, text: str) -> str:
        if safety.at_risk(text):
            await crisis.answer(self._desk, contact, text)
            return "crisis"
        steer = replies.command(text, self._desk.policy.speak(None))
        if steer is Steer.START and contact.operator:
            await self._desk.tx.people.set_address_state([contact.id], AddressState.ACTIVE)
            self._desk.reply(contact, wording.operator_welcome(self._desk.language_of(contact)))
            return "start"
        return await joining.greet_stranger(self._desk, contact, stop=steer is Steer.STOP)

    async def _before_consent(self, contact: Contact, client: Client, text: str) -> str:
        if safety.at_risk(text):
            await crisis.answer(self._desk, contact, text)
            return "crisis"
        language = self._desk.language_of(contact)
        steer = replies.command(text, language)
        if steer is Steer.STOP:
            await opt_out(self._desk, client, contact)
            return steer
        said = replies.says(text, language)
        if said & language.reader.agree and await self._may_agree(contact):
            return await joining.agree(self._desk, contact, client)
        if steer is Steer.HELP:
            self._desk.reply(contact, wording.help_text(language, self._desk.policy.house, client.country))
        elif steer is Steer.START:
            await self._desk.tx.people.set_address_state([contact.id], AddressState.ACTIVE)
            self._desk.consent(contact, answering=True)
        elif contact.state is not AddressState.ACTIVE:
            return "comment"
        elif said & language.reader.decline:
            return await joining.decline(self._desk, contact, client)
        elif said & language.reader.nothing:
            self._desk.reply(contact, wording.all_right(language))
        else:
            shown = await self._desk.tx.outbox.consent_shown(contact.id)
            self._desk.consent(contact, again=shown, answering=True)
        return "consent"

    async def _may_agree(self, contact: Contact) -> bool:
        """Tell whether AGREE is consent: only to a text that was shown."""
        return await self._desk.tx.outbox.consent_shown(contact.id)

    async def _with_nothing_open(self, contact: Contact, client: Client, text: str) -> str:
        language = self._desk.language_of(contact)
        reading = replies.read(text, Expecting(language))
        if reading.at_risk:
            await crisis.answer(self._desk, contact, text)
            return "crisis"
        match reading.reply:
            case Steer.STOP:
                await opt_out(self._desk, client, contact)
            case Steer.START:
                await self._returned(contact)
                self._welcome_back(contact, client)
            case Steer.HELP:
                house = self._desk.policy.house
                self._desk.reply(contact, wording.help_text(language, house, client.country))
            case _ if contact.state is not AddressState.ACTIVE:
                self._desk.pass_on(client, text)
                return "comment"
            case Steer.GO_ON if await go_on(self._desk, client, contact):
                pass
            case Points() | Steer.SKIP | Steer.BACK | Steer.GO_ON:
                self._desk.reply(contact, wording.nothing_open(language))
            case Unclear(why):
                return await self._free_text(contact, client, text, empty=why is Why.EMPTY)
        return (
            "score" if isinstance(reading.reply, Points) else str(getattr(reading.reply, "value", "nothing"))
        )

    async def _free_text(self, contact: Contact, client: Client, text: str, *, empty: bool) -> str:
        """Answer words with nothing open; but for courtesies they go to the therapist."""
        language = self._desk.language_of(contact)
        if empty:
            self._desk.reply(contact, wording.text_only(language))
            return "empty"
        if replies.says(text, language) & (
            language.reader.nothing | language.reader.accept | language.reader.agree
        ):
            self._desk.reply(contact, wording.all_right(language))
            return "nothing"
        self._desk.pass_on(client, text)
        told = await self._desk.reaches(client.therapist_id)
        self._desk.reply(contact, wording.passed_on(language, told=told))
        return "comment"

    # What else somebody did

    async def _pressed(self, contact: Contact, data: str, message_id: str, inbound_id: int) -> str:
        match messages.press(data):
            case AckPress(alert_id) if contact.therapist:
                return await therapists.acknowledge(self._desk, contact, alert_id, pressed=message_id)
            case ConsentPress(agreed) if contact.client and contact.client.state is ClientState.INVITED:
                join = joining.agree if agreed else joining.decline
                return await join(self._desk, contact, contact.client, pressed=message_id)
            case AnswerPress() as press if contact.client:
                return await self._chose(
                    contact, contact.client, press, message_id=message_id, inbound_id=inbound_id
                )
            case _:
                if contact.client or contact.therapist:
                    self._desk.reply(contact, wording.closed_question(self._desk.language_of(contact)))
                return "stale"

    async def _chose(
        self, contact: Contact, client: Client, press: AnswerPress, *, message_id: str, inbound_id: int
    ) -> str:
        talk = self._talks.get(client.id)
        language = self._desk.language_of(contact)
        here = contact.state is AddressState.ACTIVE
        if talk is None or talk.ended or talk.check_in.id != press.check_in_id or not here:
            self._desk.reply(contact, wording.closed_question(language))
            return "stale"
        if talk.conversation.response.position != press.position:
            self._desk.reply(contact, wording.answered_already(language))
            return "stale"
        turn = choose(talk.conversation, press.mark)
        await carry_out(self._desk, talk, turn, Heard(contact, inbound_id, message_id))
        return turn.reading

    async def _edited(self, contact: Contact, text: str) -> str:
        """Read an edited message for danger and pass its words on; it never answers the open question."""
        if safety.at_risk(text):
            await crisis.answer(self._desk, contact, text)
            return "crisis"
        if contact.client is None or contact.client.consented_at is None:
            return "edited"
        self._desk.pass_on(contact.client, text)
        if contact.state is AddressState.ACTIVE:
            self._desk.reply(contact, wording.edited(self._desk.language_of(contact)))
        return "edited"

    async def _media(self, contact: Contact) -> str:
        if contact.client is None and contact.therapist is None:
            return await joining.greet_stranger(self._desk, contact, stop=False)
        if contact.state is AddressState.ACTIVE:
            self._desk.reply(contact, wording.text_only(self._desk.language_of(contact)))
        return "empty"

    def _welcome_back(self, contact: Contact, client: Client) -> None:
        """Confirm START; in the middle of a check-in the open question follows."""
        language = self._desk.language_of(contact)
        talk = self._talks.get(client.id)
        if client.state is not ClientState.ACTIVE:
            self._desk.reply(contact, wording.all_right(language))
            return
        if talk is None or talk.ended or talk.conversation.held:
            self._desk.reply(contact, wording.started(language))
            return
        self._desk.reply(contact, wording.started(language, asking=True))
        response = talk.conversation.response
        question = asking.asking(
            self._desk.policy, language, talk.check_in, response=response, not_before=self._desk.now
        )
        self._desk.question(contact, question)

    async def _left(self, contact: Contact) -> str:
        if contact.therapist:
            await therapists.leave(self._desk, contact)
            return "stop"
        await self._desk.tx.people.set_address_state([contact.id], AddressState.STOPPED)
        await self._desk.tx.outbox.withdraw_all([contact.id], (), self._desk.now)
        if contact.client and contact.state is AddressState.ACTIVE:
            self._desk.audit("client", "opted_out", client=contact.client)
            await tell_event(self._desk, contact.client, "opted_out")
        return "stop"

    async def _returned(self, contact: Contact) -> str:
        """Write to an address again. Nothing is said: an unblocked bot is sent /start straight afterwards."""
        await self._desk.tx.people.set_address_state([contact.id], AddressState.ACTIVE)
        client = contact.client
        if client and client.state is not ClientState.INVITED and contact.state is not AddressState.ACTIVE:
            self._desk.audit("client", "opted_in", client=client)
            self._desk.note(client, "note", lambda language: wording.opted_in(language, client.code))
        return "start"

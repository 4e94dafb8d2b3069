"""One batch of messages under way: who wrote them, their open check-ins, and what each was read as."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from bot.channels.base import Inbound, Left, Unreadable
from bot.service import crisis
from bot.service.closing import close
from bot.service.talk import Talk, talk_of
from storage.records import AddressState, Asked, Client, Contact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.service.desk import Desk


class Batch:
    """What is known of the people who wrote; it changes with each message and is written once at the end."""

    def __init__(self, desk: Desk, contacts: Mapping[tuple[str, str], Contact]) -> None:
        """Begin with the people who wrote."""
        self.desk = desk
        self._contacts = dict(contacts)
        self._talks: dict[int, Talk] = {}
        self._readings: list[tuple[int, str]] = []

    async def load(self) -> None:
        """Lock and load the open check-ins of the clients who wrote."""
        clients = {one.client.id: one.client for one in self._contacts.values() if one.client}
        if not clients:
            return
        found = await self.desk.tx.check_ins.open_of(clients)
        asked = await self.desk.tx.sent.asked([one.id for one in found]) if found else {}
        self._talks = {
            one.client_id: talk_of(self.desk, one, clients[one.client_id], asked.get(one.id, Asked()))
            for one in found
        }

    async def sender(self, inbound: Inbound) -> Contact:
        """Give who sent something; an address that was thought dead and now writes is alive."""
        key = (inbound.channel, inbound.address)
        contact = self._contacts[key]
        if contact.state is AddressState.UNREACHABLE and not isinstance(inbound.said, Left | Unreadable):
            await self.desk.tx.addresses.set_state([contact.id], AddressState.ACTIVE)
            contact = self._contacts[key] = dataclasses.replace(contact, state=AddressState.ACTIVE)
        return contact

    async def refresh(self, contact: Contact) -> Contact:
        """See somebody who just came or left as who they are now, at each of their addresses."""
        theirs = [key for key, one in self._contacts.items() if one.id == contact.id or _same(one, contact)]
        self._contacts.update(await self.desk.tx.addresses.contacts(theirs))
        return self._contacts[contact.channel, contact.address]

    def changed(self, contact: Contact, client: Client) -> Contact:
        """See a client as they are now for the rest of the batch; returns the contact as of now."""
        for key, one in self._contacts.items():
            if _same(one, contact):
                self._contacts[key] = dataclasses.replace(one, client=client)
        if talk := self._talks.get(client.id):
            talk.client = client
            speaking = dataclasses.replace(talk.conversation, language=self.desk.policy.speak_to(client))
            talk.conversation = speaking
        return dataclasses.replace(contact, client=client)

    def talk(self, contact: Contact) -> Talk | None:
        """Give the check-in that a client's words may answer: none after STOP."""
        known = self._talks.get(contact.client.id) if contact.client else None
        return known if known and not known.ended and contact.state is AddressState.ACTIVE else None

    def take_up(self, talk: Talk) -> None:
        """Go on with a check-in that was opened while the batch is worked on."""
        self._talks[talk.client.id] = talk

    async def cry(self, contact: Contact, words: str) -> None:
        """Answer danger that was not written to an open question; what is open pauses all the same."""
        await crisis.answer(self.desk, contact, words)
        if talk := self._talks.get(contact.client.id) if contact.client else None:
            # the record as it is now: what follows in this batch is written where it differs from that
            talk.check_in = dataclasses.replace(talk.check_in, held=True, refusals=0, suggested=None)
            talk.conversation = dataclasses.replace(talk.conversation, held=True)

    def note(self, inbound_id: int, reading: str) -> None:
        """Remember what a message was read as."""
        self._readings.append((inbound_id, reading))

    async def finish(self) -> None:
        """Write how the check-ins stand, and what follows from those that ended."""
        talks = list(self._talks.values())
        await self.desk.tx.answers.take_back(
            {talk.check_in.id: talk.conversation.response.position for talk in talks if talk.taken_back}
        )
        await self.desk.tx.answers.keep([answer for talk in talks for answer in talk.answers(self.desk)])
        await self.desk.tx.check_ins.update(
            [after for talk in talks if (after := talk.changed())], self.desk.now
        )
        if moved := [talk.check_in.id for talk in talks if talk.moved]:
            await self.desk.tx.outbox.withdraw_questions(moved, self.desk.now)
        await close(self.desk, [talk.ended for talk in talks if talk.ended])
        await self.desk.tx.inbox.note_readings(self._readings)


def _same(one: Contact, other: Contact) -> bool:
    """Tell whether two addresses are one client's."""
    return one.client is not None and other.client is not None and one.client.id == other.client.id

"""STOP and START: one wish, whether in words, by a block, or by what a network says when it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import wording
from bot.service import therapists
from bot.service.closing import tell_event
from bot.service.opening import asked_at
from storage.records import AddressState, ClientState, Contact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.service.desk import Desk


async def leave(desk: Desk, contact: Contact, *, by: str = "client", confirm: bool = False) -> None:
    """Write to somebody no more, and tell the therapist once; of a crisis text that waits nothing is lost.

    Args:
        desk: the transaction's desk.
        contact: the address from which, or about which, the wish came.
        by: who says so: "client", in words; "network", by a block or a refusal.
        confirm: whether to answer it, because no network has.
    """
    if by == "network" and contact.state is AddressState.STOPPED:
        return
    if contact.therapist is not None:
        await therapists.leave(desk, contact)
        return
    theirs = await _addresses(desk, contact)
    stopping = [one for one in theirs if desk.policy.stop_everywhere or one.channel == contact.channel]
    ids = [one.id for one in stopping]
    await desk.tx.addresses.set_state(ids, AddressState.STOPPED)
    await desk.tx.outbox.withdraw_all(ids, ("crisis",), desk.now)
    if confirm:
        elsewhere = [one for one in asked_at(theirs) if one not in stopping]
        _confirm(desk, contact, elsewhere=bool(elsewhere))
    if contact.client is not None and any(one.state is AddressState.ACTIVE for one in stopping):
        desk.audit(by, "opted_out", client=contact.client)
        await tell_event(desk, contact.client, "opted_out")


def _confirm(desk: Desk, contact: Contact, *, elsewhere: bool) -> None:
    """Answer STOP; `elsewhere`: messages go on to another address of theirs."""
    language = desk.language_of(contact)
    if contact.client is None:
        desk.reply(contact, wording.operator_stopped(language))
    else:
        desk.reply(contact, wording.stopped(language, elsewhere=elsewhere))


async def _addresses(desk: Desk, contact: Contact) -> Sequence[Contact]:
    """List every address of the person, this one as it is known here."""
    if contact.client is None:
        return [contact]
    found = await desk.tx.addresses.of_clients([contact.client.id])
    return [contact, *(one for one in found if one.id != contact.id)]


async def come_back(desk: Desk, contact: Contact) -> None:
    """Write to an address again, and to no other: no network lifts another's block."""
    await desk.tx.addresses.set_state([contact.id], AddressState.ACTIVE)
    client = contact.client
    if client:
        await desk.tx.addresses.agree_at(contact.id, desk.now)
    if client and client.state is not ClientState.INVITED and contact.state is not AddressState.ACTIVE:
        desk.audit("client", "opted_in", client=client)
        desk.note(client, "note", lambda language: wording.opted_in(language, client.code))

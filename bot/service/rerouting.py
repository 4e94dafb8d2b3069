"""What did not arrive at one address goes to another, where its owner agreed to that."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from bot import wording
from bot.channels.base import Message
from bot.hours import may_go
from bot.messages import pack
from storage.records import AddressState, Draft, Priority

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.service.desk import Desk
    from storage.records import Contact, Outgoing

log = structlog.get_logger(__name__)

LOST_ALARM: Final = "lost alarm"
"""The kind of what operators are told of an alarm that is lost: of that one nobody is told again."""

_FAILED_OF_LATE = timedelta(days=1)


async def another_address(desk: Desk, client_id: int, *, but: Collection[int]) -> Contact | None:
    """Find an address at which a client agreed to be written to, and may be; `but` are the ids of others."""
    for one in await desk.tx.addresses.of_clients([client_id]):
        if one.agreed and one.state is AddressState.ACTIVE and one.id not in but:
            return one
    return None


async def to_another(desk: Desk, outgoing: Outgoing) -> bool:
    """Send what failed to the client's other address; False where there is none, or it failed there too."""
    if outgoing.client_id is None:
        return False
    failed = await desk.tx.outcomes.failed_at(outgoing, desk.now - _FAILED_OF_LATE)
    contact = await another_address(desk, outgoing.client_id, but={outgoing.address_id, *failed})
    if contact is None:
        return False
    forward(desk, outgoing, contact)
    return True


def forward(desk: Desk, outgoing: Outgoing, contact: Contact) -> None:
    """Queue a message anew for another address of the client: at once where they wait for it."""
    zone = None if contact.client is None else contact.client.zone
    desk.queue(
        Draft(
            contact.id,
            outgoing.kind,
            outgoing.priority,
            outgoing.body,
            may_go(outgoing, zone, desk.policy.quiet, desk.now),
            valid_until=outgoing.valid_until,
            check_in_id=outgoing.check_in_id,
            position=outgoing.position,
        )
    )


async def alarm_elsewhere(desk: Desk, outgoing: Outgoing, *, anew: bool) -> None:
    """Tell the log of an alarm that one address did not take, and the other operators where that is news."""
    log.error("An alarm could not be delivered.", action="alarm", outbox=outgoing.id)
    if outgoing.kind == LOST_ALARM or not anew:
        return
    for contact in await desk.tx.addresses.of_operators():
        if contact.state is AddressState.ACTIVE and contact.id != outgoing.address_id:
            language = desk.language_of(contact)
            what = wording.alarm_undeliverable(language, outgoing.channel)
            body = pack(Message(wording.alarm(language, desk.policy.house, what)))
            desk.queue(Draft(contact.id, LOST_ALARM, Priority.ALERT, body, desk.now))

"""Twilio's own list of messages, page by page: what came in, and what became of ours.

Source: twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources,
twilio.com/docs/usage/twilios-response#pagination.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Final

from twilio.base import values
from twilio.base.exceptions import TwilioException

from bot.channels.base import ChannelError, DeliveryReport, Inbound
from bot.channels.sms_forms import read_message, read_status

if TYPE_CHECKING:
    from twilio.base.page import Page
    from twilio.rest.api.v2010.account.message import MessageInstance, MessageList

PAGE: Final = 1000
"""How many messages a page holds at most."""

MOST_PAGES: Final = 200
"""After how many pages a list is given up: so much for one day is no clinic's."""

INBOUND: Final = "inbound"

NOT_TWILIO = (AttributeError, TypeError, ValueError, TwilioException)
"""What twilio's library raises of a JSON object that is not the resource it asked for."""


async def pages(
    messages: MessageList, since: datetime, *, to: str | None = None, sender: str | None = None
) -> AsyncIterator[Sequence[MessageInstance]]:
    """Read the list from the newest to what was sent on the day of `since`, in UTC.

    Args:
        messages: the account's.
        since: whose day is the last.
        to: the number they were sent to; None for any.
        sender: the number that they were sent from; None for any.

    Raises:
        ChannelError: no answer now, or the list has no end; ask again later.
    """
    day = datetime.combine(since.astimezone(UTC).date(), time(), UTC)
    which = {"to": to or values.unset, "from_": sender or values.unset}
    try:
        page: Page = await messages.page_async(**which, date_sent_after=day, page_size=PAGE)
        for _ in range(MOST_PAGES):
            yield tuple(page)
            following = await page.next_page_async()
            if following is None:
                return
            page = following
    except NOT_TWILIO:  # not `from error`: its text may hold the list
        msg = "Twilio's list of messages can't be read"
        raise ChannelError(msg) from None
    msg = f"Twilio's list of messages has more than {MOST_PAGES} pages: begin later"
    raise ChannelError(msg)


def inbound_of(message: MessageInstance, account: str) -> Inbound:
    """Turn a message of the list into what a person did, when Twilio says that they did it."""
    form = {
        "MessageSid": message.sid or "",
        "From": message.from_ or "",
        "To": message.to or "",
        "Body": message.body or "",
        "NumMedia": message.num_media or "0",
    }
    found = read_message(form, account, sent_at(message) or datetime.now(UTC))
    return dataclasses.replace(found, listed=True)


def sent_at(message: MessageInstance) -> datetime | None:
    """Give when a message was sent, or at least made; None where the list doesn't say."""
    known = (message.date_sent, message.date_created)
    return next((one for one in known if isinstance(one, datetime)), None)


def report_of(message: MessageInstance, account: str) -> DeliveryReport | None:
    """Turn a message of the list into a report; None where it says nothing that counts."""
    form = {
        "MessageSid": message.sid or "",
        "MessageStatus": str(message.status or ""),
        "ErrorCode": str(message.error_code or ""),
    }
    return read_status(form, account, datetime.now(UTC))

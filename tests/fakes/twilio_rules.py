"""What Twilio takes, refuses and answers, as far as the fake goes: values, and no network.

Source: twilio.com/docs/messaging/api/message-resource, twilio.com/docs/usage/webhooks.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from pydantic import BaseModel

ACCOUNT = "AC" + "0" * 32
TOKEN = "a-token-of-the-fake"
NUMBER = "+12025550142"
WHATSAPP = "whatsapp:+12025550143"

BODY_LIMIT = 1600

STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_WORDS = frozenset({"START", "YES", "UNSTOP"})
HELP_WORDS = frozenset({"HELP", "INFO"})

_ADDRESS = re.compile(r"(whatsapp:)?\+[1-9][0-9]{6,14}")
_STATUS_OF = {20003: 401, 20404: 404, 20429: 429}


class Fault(BaseModel, frozen=True):
    """What happens to the next request in place of a good answer.

    Attributes:
        accepts: the message is taken all the same.
        hangs: no answer comes, until the fake is closed.
        drips: an answer begins, and comes a byte at a time until the fake is closed.
        body: a body that is not Twilio's.
        status: the HTTP status; without `body`, a JSON error comes with it.
        code: Twilio's error code; the HTTP status follows from it.
        retry_after: seconds for the header Retry-After.
        slow: seconds until a message that was taken is answered for, as it should be.
    """

    accepts: bool = False
    hangs: bool = False
    drips: bool = False
    body: str | None = None
    status: int | None = None
    code: int | None = None
    retry_after: int | None = None
    slow: float = 0.0

    @property
    def http_status(self) -> int:
        """The status that this fault is answered with."""
        return self.status or _STATUS_OF.get(self.code or 0, 201 if self.code is None else 400)


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that the fake took from the bot, or from a person."""

    sid: str
    to: str
    body: str
    form: Mapping[str, str]
    created: datetime
    sent: datetime | None = None
    status: str = "queued"
    code: int | None = None
    direction: str = "outbound-api"

    def payload(self) -> dict[str, object]:
        """Show the message as Twilio's JSON does."""
        stamp = format_datetime(self.created)
        return {
            "account_sid": ACCOUNT,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": stamp,
            "date_sent": format_datetime(self.sent) if self.sent else None,
            "date_updated": stamp,
            "direction": self.direction,
            "error_code": self.code,
            "error_message": None,
            "from": self.form.get("From"),
            "messaging_service_sid": self.form.get("MessagingServiceSid"),
            "num_media": self.form.get("NumMedia", "0"),
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {},
            "to": self.to,
            "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{self.sid}.json",
        }


def new_sid() -> str:
    """Make an id of the form that messages have."""
    return "SM" + secrets.token_hex(16)


def refused(form: Mapping[str, str], numbers: Sequence[str], opted_out: frozenset[str]) -> int | None:
    """Give the code with which Twilio would refuse this message; None where it takes it."""
    to, sender, body = form.get("To", ""), form.get("From"), form.get("Body", "")
    rules = (
        (not to, 21604),
        (not sender and "MessagingServiceSid" not in form, 21603),
        (_ADDRESS.fullmatch(to) is None, 21211),
        (sender is not None and sender not in numbers, 21606),
        (not body, 21602),
        (len(body) > BODY_LIMIT, 21617),
        (not 1 <= int(form.get("ValidityPeriod", "36000")) <= 36_000, 21623),
        (to in opted_out, 21610),
    )
    return next((code for breaks, code in rules if breaks), None)


def error_payload(code: int, status: int, address: str, body: str) -> dict[str, object]:
    """Explain a refusal. Like Twilio's own, the explanation quotes the number (and more)."""
    return {
        "code": code,
        "message": f"The 'To' number {address} can't be written: {body}",
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


def in_dates(message: SentMessage, query: Mapping[str, str]) -> bool:
    """Apply the list's filters by the date of sending; what waits still has no such date."""
    bounds = {key: query[key][:10] for key in ("DateSent", "DateSent<", "DateSent>") if key in query}
    if not bounds:
        return True
    if message.sent is None:
        return False
    day = message.sent.astimezone(UTC).date().isoformat()
    return (
        bounds.get("DateSent", day) == day
        and day <= bounds.get("DateSent<", day)
        and day >= bounds.get("DateSent>", day)
    )


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """Sign a webhook. Source: twilio.com/docs/usage/webhooks/webhooks-security."""
    text = url + "".join(key + form[key] for key in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode()


def opt_out_type(body: str) -> str | None:
    """Say what Twilio itself makes of a text: STOP, START, HELP or nothing."""
    word = body.strip().upper()
    if word in STOP_WORDS:
        return "STOP"
    if word in START_WORDS:
        return "START"
    return "HELP" if word in HELP_WORDS else None

"""Twilio's webhooks, read: what a person did, and how a message of ours fared.

Source: twilio.com/docs/messaging/guides/webhook-request.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from bot.channels.base import (
    Address,
    DeliveryReport,
    Inbound,
    Keyword,
    Left,
    Outcome,
    Returned,
    Said,
    SentMedia,
    Unreadable,
    Wrote,
)
from bot.channels.sms_errors import CAUSES, CODES, Verdict

CHANNEL: Final = "sms"

OUTCOMES: Mapping[str, Outcome] = MappingProxyType(
    {
        "accepted": Outcome.SENT,
        "queued": Outcome.SENT,
        "sending": Outcome.SENT,
        "sent": Outcome.SENT,
        "delivered": Outcome.DELIVERED,
        "read": Outcome.DELIVERED,
        "undelivered": Outcome.FAILED,
        "failed": Outcome.FAILED,
        "canceled": Outcome.FAILED,
    }
)
"""Source: twilio.com/docs/messaging/api/message-resource#message-status-values."""

_TYPES: Mapping[str, Keyword] = MappingProxyType({one.name: one for one in Keyword})
"""What `OptOutType` may say. Source: twilio.com/docs/messaging/tutorials/advanced-opt-out."""

_WORDS: Mapping[str, Keyword] = MappingProxyType(
    {
        **dict.fromkeys(
            ("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"), Keyword.STOP
        ),
        **dict.fromkeys(("start", "yes", "unstop"), Keyword.START),
        **dict.fromkeys(("help", "info"), Keyword.HELP),
    }
)
"""Source: Twilio, Twilio support for opt-out keywords (SMS STOP filtering)."""

_BY_TEXT: Mapping[str, Verdict] = MappingProxyType({str(code): verdict for code, verdict in CODES.items()})


def read_message(form: Mapping[str, str], account: str, now: datetime) -> Inbound:
    """Turn a message webhook into what a person did; it never raises.

    A STOP, START or HELP stays the text that it is, so that it is read like every other text; beside it
    stands that Twilio has acted on it.
    """
    sid = form.get("MessageSid") or form.get("SmsSid") or ""
    sender = form.get("From", "")
    return Inbound(
        channel=CHANNEL,
        account=account,
        external_id=_clean(sid) or _fingerprint(form),
        address=Address(_clean(sender)),
        said=_said(form) if sid and sender else Unreadable(_whole(form)),
        at=now,
    )


def read_status(form: Mapping[str, str], account: str, now: datetime) -> DeliveryReport | None:
    """Turn a status webhook into a report; None where it says nothing that counts."""
    sid = form.get("MessageSid") or form.get("SmsSid")
    outcome = OUTCOMES.get(form.get("MessageStatus", ""))
    if not sid or outcome is None:
        return None
    code = (form.get("ErrorCode") or None) if outcome is Outcome.FAILED else None
    verdict = _BY_TEXT.get(code or "")
    return DeliveryReport(
        channel=CHANNEL,
        account=account,
        external_id=_clean(sid),
        outcome=outcome,
        at=now,
        code=_clean(code) if code else None,
        cause=CAUSES.get(verdict.move) if verdict else None,
    )


def _said(form: Mapping[str, str]) -> Said:
    text = _clean(form.get("Body", ""))
    taken = _TYPES.get(form.get("OptOutType", "")) or taken_by_twilio(text, form.get("From", ""))
    if text.strip() or taken is Keyword.HELP:
        return Wrote(text, taken)
    if taken is not None:
        return Left() if taken is Keyword.STOP else Returned()
    if form.get("NumMedia", "0") not in {"", "0"}:
        return SentMedia("media")
    return Wrote(text)


def taken_by_twilio(text: str, sender: str) -> Keyword | None:
    """Tell what Twilio takes a text message for without being told to.

    It says so (`OptOutType`) only where a messaging service has its Advanced Opt-Out. Without that it acts
    on a telephone number's text that is one of its words and nothing else, and on nobody's over WhatsApp.
    """
    return _WORDS.get(text.strip().casefold()) if sender.startswith("+") else None


def _clean(text: str) -> str:
    """Take out NUL, which a database refuses."""
    return text.replace("\0", "")


def _whole(form: Mapping[str, str]) -> str:
    return json.dumps(dict(form), sort_keys=True)


def _fingerprint(form: Mapping[str, str]) -> str:
    """Stand in for an id that is missing: the same request again gives the same."""
    return "unreadable-" + hashlib.sha256(_whole(form).encode()).hexdigest()[:40]

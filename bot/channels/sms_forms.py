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
    Left,
    Outcome,
    Returned,
    Said,
    SentMedia,
    Unreadable,
    Wrote,
)
from bot.channels.sms_errors import CODES, Move, Verdict

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

_BY_TEXT: Mapping[str, Verdict] = MappingProxyType({str(code): verdict for code, verdict in CODES.items()})


def read_message(form: Mapping[str, str], account: str, now: datetime) -> Inbound:
    """Turn a message webhook into what a person did; it never raises.

    A STOP or START stays the text that it is, so that it is read like every other text.
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
        opted_out=verdict is not None and verdict.move is Move.OPTED_OUT,
        unreachable=verdict is not None and verdict.move is Move.STOP_ADDRESS,
    )


def _said(form: Mapping[str, str]) -> Said:
    text = _clean(form.get("Body", ""))
    if text.strip():
        return Wrote(text)
    if form.get("OptOutType") == "STOP":
        return Left()
    if form.get("OptOutType") == "START":
        return Returned()
    if form.get("NumMedia", "0") not in {"", "0"}:
        return SentMedia("media")
    return Wrote(text)


def _clean(text: str) -> str:
    """Take out NUL, which a database refuses."""
    return text.replace("\0", "")


def _whole(form: Mapping[str, str]) -> str:
    return json.dumps(dict(form), sort_keys=True)


def _fingerprint(form: Mapping[str, str]) -> str:
    """Stand in for an id that is missing: the same request again gives the same."""
    return "unreadable-" + hashlib.sha256(_whole(form).encode()).hexdigest()[:40]

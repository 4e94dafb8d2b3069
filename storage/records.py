"""What the tables hold, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum

from scoring.instrument import AgeGroup, Mark
from scoring.rules import Finding, Severity
from scoring.score import Score


class ClientState(StrEnum):
    """Where a client stands: nothing is asked unless ACTIVE."""

    INVITED = "invited"
    ACTIVE = "active"
    PAUSED = "paused"
    CLOSED = "closed"


class AddressState(StrEnum):
    """Whether an address may be written to; STOPPED is the person's own wish."""

    ACTIVE = "active"
    STOPPED = "stopped"
    UNREACHABLE = "unreachable"


class CheckInState(StrEnum):
    """A check-in's life: waiting behind another one, open, then one of five endings."""

    WAITING = "waiting"
    OPEN = "open"
    COMPLETE = "complete"
    PARTIAL = "partial"
    EXPIRED = "expired"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"


class OutboxState(StrEnum):
    """A message's life. WITHDRAWN: no longer wanted before it was sent."""

    WAITING = "waiting"
    LEASED = "leased"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"


class Priority(IntEnum):
    """What is sent first; one person's messages otherwise keep their order."""

    CRISIS = 0
    ALERT = 10
    REPLY = 20
    QUESTION = 30
    REMINDER = 40
    DIGEST = 50


@dataclass(frozen=True, slots=True)
class Therapist:
    """Someone who receives alerts. `name` never leaves the command line."""

    id: int
    code: str
    language: str
    zone: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """Someone who is asked. `name` never leaves the command line; messages carry `code`."""

    id: int
    code: str
    therapist_id: int
    language: str
    zone: str
    country: str
    age_group: AgeGroup
    state: ClientState
    consented_at: datetime | None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """An address and whose it is: a client's, a therapist's, an operator's or a stranger's."""

    id: int
    channel: str
    address: str
    state: AddressState
    operator: bool
    told_at: datetime | None
    client: Client | None
    therapist: Therapist | None


@dataclass(frozen=True, slots=True)
class Received:
    """Something that arrived, to be kept: `said` is the text sealed, `kind` what it was."""

    channel: str
    account: str
    external_id: str
    address_id: int
    kind: str
    said: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Schedule:
    """A client's next occurrence of one schedule of the config."""

    id: int
    client_id: int
    name: str
    rule: str
    local_date: date
    next_due_at: datetime


@dataclass(frozen=True, slots=True)
class NewCheckIn:
    """An occurrence to open: unique by (client, origin, local date, slot)."""

    client_id: int
    episode_id: int
    measure: str
    origin: str
    local_date: date
    slot: str
    state: CheckInState
    due_at: datetime
    remind_at: datetime | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A check-in as it stands, with its answers in the order of the items."""

    id: int
    client_id: int
    episode_id: int
    measure: str
    state: CheckInState
    held: bool
    refusals: int
    suggested: int | None
    due_at: datetime
    expires_at: datetime
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to keep; `inbound_id` is the message it was read from, where there is one."""

    check_in_id: int
    position: int
    tenths: Mark
    inbound_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class KeptScore:
    """A score to keep, and where it came from: "chat" or "paper"."""

    check_in_id: int
    episode_id: int
    score: Score
    source: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to queue. `body` is the channel's message as text; it is sealed when kept."""

    address_id: int
    kind: str
    priority: Priority
    body: str
    not_before: datetime
    valid_until: datetime | None = None
    check_in_id: int | None = None
    position: int | None = None
    alert_id: int | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message under way, leased to this process; `zone` is its reader's, where one is known."""

    id: int
    address_id: int
    channel: str
    address: str
    kind: str
    body: str
    attempts: int
    created_at: datetime
    leased_at: datetime
    valid_until: datetime | None
    check_in_id: int | None
    position: int | None
    alert_id: int | None
    client_id: int | None
    external_id: str | None = None
    priority: Priority = Priority.REPLY
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """How an attempt to send ended."""

    outbox_id: int
    state: OutboxState
    at: datetime
    account: str | None = None
    external_id: str | None = None
    reason: str | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A network's later word on a message: `outcome` is sent, delivered or failed."""

    channel: str
    account: str
    external_id: str
    outcome: str
    code: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Remark:
    """A client's own words, to be passed on."""

    id: int
    client_id: int
    check_in_id: int | None
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Alert:
    """Something a therapist is told of and acknowledges."""

    id: int
    client_id: int
    client_code: str
    therapist_id: int
    check_in_id: int | None
    severity: Severity
    findings: tuple[Finding, ...]
    raised_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what; `detail` is sealed when kept."""

    at: datetime
    actor: str
    action: str
    client_id: int | None = None
    therapist_id: int | None = None
    check_in_id: int | None = None
    detail: str | None = None

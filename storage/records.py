"""What the tables hold, as values."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import IntEnum, StrEnum
from typing import Final

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


TOGETHER: Final = "together"
"""The kind of a message that puts all open questions."""

QUESTIONS: Final = ("question", "reminder", TOGETHER)
"""The kinds of what a client is asked by a check-in; an answer to it is awaited."""


class Priority(IntEnum):
    """What is sent first; one person's messages otherwise keep their order."""

    CRISIS = 0
    ALERT = 10
    REPLY = 20
    QUESTION = 30
    REMINDER = 40
    DIGEST = 50


class Importance(IntEnum):
    """Which check-in is asked first where several wait."""

    ASKED_FOR = 0
    SESSION = 1
    ROUTINE = 2


@dataclass(frozen=True, slots=True)
class Therapist:
    """Someone who receives alerts. `name` never leaves the command line; `backup_id` stands in for them."""

    id: int
    code: str
    language: str
    zone: str
    name: str = ""
    backup_id: int | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """Someone who is asked. `name` never leaves the command line; messages carry `code`.

    Attributes:
        language: a code; "" where none was chosen: the clinic's, until something is known.
        ask: "one" or "together", how items are asked; None: as the schedule says.
        discreet: the phone is shared: no text says what it is about.
        programme: the programme whose schedules are theirs; "" for the schedules that everybody gets.
    """

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
    ask: str | None = None
    discreet: bool = False
    programme: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """An address and whose it is: a client's, a therapist's, an operator's or a stranger's.

    `agreed`: the client came to this very address by themselves, or said yes there.
    """

    id: int
    channel: str
    address: str
    state: AddressState
    operator: bool
    told_at: datetime | None
    client: Client | None
    therapist: Therapist | None
    agreed: bool = False


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
    """A client's next occurrence of one schedule of the config.

    Attributes:
        rule: by which the next occurrence was planned, to see whether the rule has changed.
        local_date: the next occurrence's date on the client's clock; with `wall` it names the occurrence.
        next_due_at: the moment of the next occurrence.
        wall: its wall time.
        active: whether it falls due at all; False too where it has come to its end.
        last_date: the local date of the last occurrence that fell due.
        given: True or False where somebody gave it to the client or took it away; None: as the config says.
        own_when: the client's own rule, as the config would write it; None for the schedule's.
        starts_on: the first local date, for this client; None for any.
        ends_on: the last one; None for any.
    """

    id: int
    client_id: int
    name: str
    rule: str
    local_date: date
    next_due_at: datetime
    wall: time = time()
    active: bool = True
    last_date: date | None = None
    given: bool | None = None
    own_when: Mapping[str, object] | None = None
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class NewCheckIn:
    """An occurrence to open: unique by (client, origin, local date, slot).

    Attributes:
        session_id: the session that it belongs to.
        importance: see `Importance`.
        late_until: until when an answer still counts after its end; None where it doesn't.
        untold: missed while nothing was sent, and nobody has been told.
        reminders: how many minutes after its question was asked it is reminded of, each time; in order.
    """

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
    together: bool = False
    resume_at: datetime | None = None
    session_id: int | None = None
    importance: int = Importance.ROUTINE
    late_until: datetime | None = None
    untold: bool = False
    reminders: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A check-in as it stands, with its answers in the order of the items.

    Attributes:
        texts: the items themselves, where these are in the client's own words.
        origin: what it comes from: "schedule:…", "session:…", "request:…".
        session_id: the session that it belongs to.
        reminded: how often it has been reminded of.
        late_until: until when an answer still counts after its end; None where it doesn't.
        late: whether it went on after its end.
        opened_at: when its first question was asked, or may be; None while it waits.
        closed_at: when it ended.
        remind_at: when it is reminded of next; None for never.
        reminders: how many minutes after `opened_at` it is reminded of, each time; in order.
        told_partly: whether the therapist read what there was of it, before it went on.
    """

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
    together: bool = False
    resume_at: datetime | None = None
    texts: tuple[str, ...] = ()
    origin: str = ""
    session_id: int | None = None
    reminded: int = 0
    late_until: datetime | None = None
    late: bool = False
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    remind_at: datetime | None = None
    reminders: tuple[int, ...] = ()
    told_partly: bool = False

    def reopened(self) -> CheckIn:
        """Give it as it goes on after its end, until `late_until`; nothing reminds of it.

        Raises:
            ValueError: no answer counts after its end.
        """
        if self.late_until is None:
            msg = "a check-in without late_until stays closed"
            raise ValueError(msg)
        return dataclasses.replace(
            self,
            state=CheckInState.OPEN,
            refusals=0,
            suggested=None,
            expires_at=self.late_until,
            resume_at=None,
            closed_at=None,
            remind_at=None,
            late=True,
            told_partly=self.told_partly or self.state is CheckInState.PARTIAL,
        )


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
    """A score to keep, and where it came from: "chat", "paper" or "import"."""

    check_in_id: int
    episode_id: int
    score: Score
    source: str


@dataclass(frozen=True, slots=True)
class Filed:
    """A score that is kept, whose it is, and where it came from."""

    client_id: int
    episode_id: int
    score: Score
    source: str


@dataclass(frozen=True, slots=True)
class CareEpisode:
    """A client's care from its beginning to its end; open while it has none."""

    id: int
    client_id: int
    opened_at: datetime
    closed_at: datetime | None
    ending: str | None


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
class Asked:
    """What went out of a check-in's questions, or may have.

    Attributes:
        singly: the network's id of the message that put the question at each position by itself.
        together: from which position on all open questions were put in one message; None where never.
        postponed: how often the client put it off.
    """

    singly: Mapping[int, str | None] = field(default_factory=dict)
    together: int | None = None
    postponed: int = 0

    def shows(self, position: int, *, together: bool) -> bool:
        """Tell whether the question at a position was put, in the way in which it is put now."""
        return self.together == position if together else position in self.singly


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message under way, or about to be.

    Attributes:
        leased_at: when a process took it last to send it; when it is taken now, where none did before.
        zone: its reader's, where one is known.
        no_answer: whether its network has said of it that the phone did not answer.
        chat_free_at: when all that went to this address will have taken its time (`bot.pace`).
        unsure: how often it was sent before without anybody ever knowing whether it went.
        reason: why it waits, where it was tried before.
    """

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
    chat_free_at: datetime | None = None
    no_answer: bool = False
    unsure: int = 0
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """How an attempt to send ended.

    Attributes:
        leased_at: when the message was taken for that attempt. Where it was taken again since, the note is
            of the past, and changes nothing but that the network took the message; None changes it anyhow.
    """

    outbox_id: int
    state: OutboxState
    at: datetime
    account: str | None = None
    external_id: str | None = None
    reason: str | None = None
    not_before: datetime | None = None
    leased_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A network's later word on a message: `outcome` is sent, delivered or failed; `cause` says why."""

    channel: str
    account: str
    external_id: str
    outcome: str
    code: str | None
    at: datetime
    cause: str | None = None


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
    """Something a therapist is told of: seen once acknowledged, ended once closed.

    Attributes:
        closing: what was done, in the words of who closed it.
        rung: how far a crisis has climbed; `climb_at` is when it climbs next, None for any other alert.
        words: what a client in danger wrote, oldest first, and `heard_at` when they last did.
        silence_at: when to look whether the client has written since.
        reopened_at: when the therapist asked to be told again of what lasts.
    """

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
    closed_at: datetime | None = None
    closed_by: str | None = None
    closing: str | None = None
    rung: int = 0
    climb_at: datetime | None = None
    words: tuple[str, ...] = ()
    heard_at: datetime | None = None
    silence_at: datetime | None = None
    reopened_at: datetime | None = None

    @property
    def crisis_open(self) -> bool:
        """Whether it is of danger to a client's life that nobody has dealt with yet."""
        return self.climb_at is not None and self.closed_at is None


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that a therapist decided about a therapy, in their own words.

    Attributes:
        at: when it was recorded, aware UTC.
        dip_until: up to and with which day, on the therapist's calendar, lower scores are expected; or None.
    """

    client_id: int
    therapist_id: int
    words: str
    at: datetime
    dip_until: date | None = None

    def expects_dip(self, day: date) -> bool:
        """Tell whether lower scores are expected on a day."""
        return self.dip_until is not None and day <= self.dip_until


@dataclass(frozen=True, slots=True)
class Emergency:
    """What a client gave for a crisis, in their own words; None where they gave nothing."""

    safety_plan: str | None = None
    contact: str | None = None
    whereabouts: str | None = None


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

"""Every number that this process tells Prometheus, defined once, in a registry of its own.

Labels come from closed sets: a channel, a priority, a kind of reason. Nothing of people is among them, and
what is not in its set is counted as "other". Counts are of this process; what is read from the database
(`show`) is the same in every process, so of several take the highest.
"""

from __future__ import annotations

from collections import Counter as Tally
from types import MappingProxyType
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bot.limits import Limit
from storage.records import OutboxState, Priority
from storage.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from bot.channels.base import DeliveryReport
    from bot.service.delivery import Attempt
    from storage.depths import Depths

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""Of what `text` gives."""

OTHER = "other"

CHANNELS = frozenset({"telegram", "sms", "console", OTHER})

PRIORITIES: Mapping[Priority, str] = MappingProxyType({one: one.name.lower() for one in Priority})

OUTCOMES: Mapping[OutboxState, str] = MappingProxyType(
    {
        OutboxState.SENT: "sent",
        OutboxState.DELIVERED: "sent",
        OutboxState.WAITING: "again",
        OutboxState.UNKNOWN: "unknown",
        OutboxState.FAILED: "failed",
    }
)

REASONS: Mapping[str | None, str] = MappingProxyType(
    {
        None: "none",
        "UnreachableError": "unreachable",
        "RefusedError": "refused",
        "NotNowError": "not_now",
        "NoAnswerError": "no_answer",
        "OutcomeUnknownError": "no_word",
        "SenderFaultError": "sender_fault",
        "ChannelError": "network",
        "repeated": "repeated",
        "unconfirmed": "unconfirmed",
    }
)
"""Why an attempt ended as it did, by what the outbox keeps beside the message."""

PARTS = frozenset({"inbox", "outbox", "ticker", "reports", "ready", OTHER})
"""What works with the database."""

_UNSEEN = float("nan")
"""What is not known: no rule that compares it with a number finds it true."""

_WORK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_WAITS = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600, 14400, 43200)
_SIZES = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """The numbers of one process. What counts holds one of these; what decides knows nothing of it."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._registry = own = CollectorRegistry()
        ProcessCollector(registry=own)
        # What arrives.
        self._kept = Counter("attune_inbound", "Messages that were kept.", ["channel"], registry=own)
        self._poison = Counter("attune_inbound_poison", "Messages kept unread.", registry=own)
        self._not_kept = Counter("attune_inbound_not_kept", "Messages to come again.", registry=own)
        self._batch = Histogram(
            "attune_inbound_batch_size", "Messages in one transaction.", buckets=_SIZES, registry=own
        )
        self._batch_time = Histogram(
            "attune_inbound_batch_seconds", "Time of one such transaction.", buckets=_WORK, registry=own
        )
        self._reply_time = Histogram(
            "attune_reply_seconds",
            "From a message's arrival to its commit, which queues what answers it.",
            buckets=_WORK,
            registry=own,
        )
        self._inbox = Gauge("attune_inbox_waiting", "Messages that wait to be kept.", registry=own)
        self._inbox_age = Gauge("attune_inbox_oldest_seconds", "How long the first waits.", registry=own)
        self._refused = Counter("attune_refused", "Refusals over a limit.", ["limit"], registry=own)
        # What goes out.
        self._sends = Counter(
            "attune_sends", "Attempts to send.", ["channel", "outcome", "reason"], registry=own
        )
        self._reported = Counter(
            "attune_reported", "What networks said later.", ["channel", "outcome", "cause"], registry=own
        )
        self._round = Histogram(
            "attune_send_batch_size", "Messages in one round of sending.", buckets=_SIZES, registry=own
        )
        self._alert_time = Histogram(
            "attune_alert_seconds",
            "From a finding to the network's taking of its alert; nights are in it where it may wait.",
            ["priority"],
            buckets=_WAITS,
            registry=own,
        )
        self._leases = Counter("attune_leases_lost", "Messages whose sender ended midway.", registry=own)
        self._waiting = Gauge(
            "attune_outbox_waiting", "Messages that may go out now.", ["priority"], registry=own
        )
        self._oldest = Gauge(
            "attune_outbox_oldest_seconds", "How long the first waits.", ["priority"], registry=own
        )
        self._unknown = Gauge("attune_outbox_unknown", "Messages of unknown outcome.", registry=own)
        self._stranded = Gauge(
            "attune_outbox_stranded", "Messages for a network that is not configured here.", registry=own
        )
        self._leased = Gauge("attune_outbox_leased", "Messages under way.", registry=own)
        self._halted = Gauge("attune_sender_halted", "Whether it must rest.", ["channel"], registry=own)
        # What runs by itself.
        self._polled = Gauge(
            "attune_poll_last_success_timestamp_seconds", "When Telegram last answered.", registry=own
        )
        self._ticks = Counter("attune_ticks", "Ticks of the clock.", ["outcome"], registry=own)
        self._tick_time = Histogram("attune_tick_seconds", "Time of one tick.", buckets=_WORK, registry=own)
        self._ticked = Gauge(
            "attune_tick_last_success_timestamp_seconds", "When one last went well.", registry=own
        )
        self._reconciled = Gauge(
            "attune_reconciled_through_timestamp_seconds",
            "Up to when what Twilio lists was compared with what is kept.",
            registry=own,
        )
        self._errors = Counter(
            "attune_database_errors", "Transactions that failed.", ["part", "trouble"], registry=own
        )
        self._trouble = Gauge("attune_database_trouble", "1 while it is so.", ["trouble"], registry=own)
        self._clock = Gauge(
            "attune_clock_ahead_seconds", "How far this clock is ahead of the database's.", registry=own
        )
        self._ready = Gauge("attune_ready", "What /readyz says, 0 or 1.", registry=own)
        self._begin()
        self.in_trouble(None)
        self._ticked.set_to_current_time()  # so that a clock that never ticks well is seen
        for one in (self._polled, self._reconciled, self._clock):
            one.set(_UNSEEN)  # not every process does these

    def _begin(self) -> None:
        """Show what was never counted as nothing: a rule sees only what grows from a number that is there."""
        for limit in Limit:
            self._refused.labels(limit.value)
        for priority in ("crisis", "alert"):
            self._alert_time.labels(priority)
        reasons = {*REASONS.values(), "opted_out", OTHER}
        for channel in ("telegram", "sms"):
            self._kept.labels(channel)
            self._halted.labels(channel)
            self._sends.labels(channel, "sent", "none")
            for outcome in {*OUTCOMES.values()} - {"sent"}:
                for reason in reasons - {"none"}:
                    self._sends.labels(channel, outcome, reason)

    # What the inbox tells.

    def arrived(self, channels: Iterable[str], waited: Sequence[float], seconds: float) -> None:
        """Count a group that was kept: by channel, how long each waited, how long the transaction took."""
        for channel, many in Tally(channels).items():
            self._kept.labels(_known(channel)).inc(many)
        for one in waited:
            self._reply_time.observe(one)
        self._batch.observe(len(waited))
        self._batch_time.observe(seconds)

    def poison(self) -> None:
        """Count a message that was kept unread."""
        self._poison.inc()

    def not_kept(self, many: int) -> None:
        """Count messages that the database did not take, and that their network is to bring again."""
        self._not_kept.inc(many)

    def waits(self, many: int, oldest: float) -> None:
        """Say how many messages wait to be kept, and how long the first has, in seconds."""
        self._inbox.set(many)
        self._inbox_age.set(oldest)

    def refused(self, limit: Limit, many: int = 1) -> None:
        """Count what was over a limit."""
        self._refused.labels(limit.value).inc(many)

    # What the outbox tells.

    def tried(self, attempts: Sequence[Attempt]) -> None:
        """Count a round of sending that has been noted."""
        self._round.observe(len(attempts))
        for one in attempts:
            outcome = OUTCOMES.get(one.note.state, OTHER)
            reason = "opted_out" if one.opted_out else REASONS.get(one.note.reason, OTHER)
            self._sends.labels(_known(one.outgoing.channel), outcome, reason).inc()
            if outcome == "sent" and one.outgoing.kind == "alert":
                took = (one.note.at - one.outgoing.created_at).total_seconds()
                self._alert_time.labels(PRIORITIES[one.outgoing.priority]).observe(took)

    def reported(self, reports: Sequence[DeliveryReport]) -> None:
        """Count what networks said of messages that they had taken."""
        for one in reports:
            cause = "none" if one.cause is None else one.cause.value
            self._reported.labels(_known(one.channel), one.outcome.value, cause).inc()

    def leases_lost(self, many: int) -> None:
        """Count messages whose lease ran out."""
        self._leases.inc(many)

    def halted(self, channel: str, *, now: bool) -> None:
        """Say whether a sender must rest."""
        self._halted.labels(_known(channel)).set(now)

    # What the clock, the poller and the reconciliation tell.

    def ticked(self, seconds: float, now: datetime | None) -> None:
        """Count a tick; `now` where it went well, None where a part of it failed."""
        self._ticks.labels("failed" if now is None else "ok").inc()
        self._tick_time.observe(seconds)
        if now is not None:
            self._ticked.set(now.timestamp())

    def polled(self, at: datetime | None) -> None:
        """Say when Telegram last answered a poll of this process."""
        if at is not None:
            self._polled.set(at.timestamp())

    def reconciled(self, through: datetime | None) -> None:
        """Say up to when what a network lists was compared with what is kept."""
        if through is not None:
            self._reconciled.set(through.timestamp())

    # What all tell of the database.

    def database_failed(self, part: str, trouble: Trouble) -> None:
        """Count a transaction that the database could not do."""
        self._errors.labels(part if part in PARTS else OTHER, _word(trouble)).inc()

    def in_trouble(self, trouble: Trouble | None) -> None:
        """Say what is wrong with the database now."""
        for one in Trouble:
            self._trouble.labels(_word(one)).set(one is trouble)

    def clock(self, ahead: timedelta | None) -> None:
        """Say how far this process's clock is ahead of the database's; None where there is only one."""
        self._clock.set(_UNSEEN if ahead is None else _seconds(ahead))

    # What is shown.

    def show(self, depths: Depths | None, *, ready: bool) -> None:
        """Put in what was read just now; without `depths` what is in the database is shown as unknown."""
        self._ready.set(ready)
        for priority, label in PRIORITIES.items():
            line = None if depths is None else depths.waiting.get(priority)
            unseen = _UNSEEN if depths is None else 0
            self._waiting.labels(label).set(line.many if line else unseen)
            self._oldest.labels(label).set(_seconds(line.oldest) if line else unseen)
        self._unknown.set(_UNSEEN if depths is None else depths.unknown)
        self._leased.set(_UNSEEN if depths is None else depths.leased)
        self._stranded.set(_UNSEEN if depths is None else depths.stranded)

    def text(self) -> bytes:
        """Write everything as Prometheus reads it."""
        return generate_latest(self._registry)

    @property
    def registry(self) -> CollectorRegistry:
        """All of it, as the library has it."""
        return self._registry


def _known(channel: str) -> str:
    return channel if channel in CHANNELS else OTHER


def _word(trouble: Trouble) -> str:
    return trouble.value.replace(" ", "_").replace("-", "_")


def _seconds(age: timedelta) -> float:
    return age.total_seconds()

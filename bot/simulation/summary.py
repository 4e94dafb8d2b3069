"""What a simulation comes to, in numbers."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.simulation.entries import CLINIC, OFFICE
from storage.records import CheckInState

if TYPE_CHECKING:
    from bot.simulation.entries import Entry
    from storage.store import Transaction


@dataclass(slots=True)
class Messages:
    """How many messages went out and came in, by kind; and what the office did."""

    out: Counter[str] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)
    office: Counter[str] = field(default_factory=Counter)

    def count(self, entry: Entry) -> None:
        """Count one."""
        by_sender = {CLINIC: self.out, OFFICE: self.office}
        by_sender.get(entry.sender, self.received)[entry.kind] += 1


@dataclass(frozen=True, slots=True)
class Summary:
    """What a simulation comes to.

    Attributes:
        clients: how many there were.
        therapists: how many there were.
        weeks: how long it went on.
        instants: at how many moments something happened; the time between was jumped.
        check_ins: by state.
        answered: of those that were asked and are over, the share that was answered in whole or in part;
            None where there are none.
        scores: by measure.
        alerts: by severity.
        acknowledged: how many alerts somebody has seen or closed.
        out: messages that went out, by kind.
        received: messages that came in, by what they were read as.
        office: what the office did.
    """

    clients: int
    therapists: int
    weeks: int
    instants: int
    check_ins: Mapping[str, int]
    answered: float | None
    scores: Mapping[str, int]
    alerts: Mapping[str, int]
    acknowledged: int
    out: Mapping[str, int]
    received: Mapping[str, int]
    office: Mapping[str, int]

    def lines(self) -> str:
        """Write it to be read."""
        share = "none is over" if self.answered is None else f"{self.answered:.1%}"
        people = f"clients: {self.clients}; therapists: {self.therapists}"
        return "\n".join(
            (
                f"{people}; weeks: {self.weeks}; instants: {self.instants}",
                f"check-ins: {_counts(self.check_ins)}",
                f"answered, of those asked that are over: {share}",
                f"scores: {_counts(self.scores)}",
                f"alerts: {_counts(self.alerts)}; seen or closed: {self.acknowledged}",
                f"messages out: {_counts(self.out)}",
                f"messages in: {_counts(self.received)}",
                f"done by the office: {_counts(self.office)}",
            )
        )

    def json(self) -> str:
        """Write it as one line of JSON, under the key "summary"."""
        return json.dumps({"summary": dataclasses.asdict(self)}, ensure_ascii=False)


def _counts(numbers: Mapping[str, int]) -> str:
    total = sum(numbers.values())
    parts = ", ".join(f"{count} {word}" for word, count in numbers.items())
    return f"{total} ({parts})" if parts else "none"


async def summed_up(
    transaction: Transaction, messages: Messages, *, clients: int, therapists: int, weeks: int, instants: int
) -> Summary:
    """Count what the database holds at the end, beside the messages that were counted on the way."""
    tally = transaction.tally
    check_ins = await tally.check_ins()
    return Summary(
        clients=clients,
        therapists=therapists,
        weeks=weeks,
        instants=instants,
        check_ins=check_ins,
        answered=_answered(check_ins),
        scores=await tally.scores(),
        alerts=await tally.alerts(),
        acknowledged=await tally.acknowledged(),
        out=_by_word(messages.out),
        received=_by_word(messages.received),
        office=_by_word(messages.office),
    )


def _answered(check_ins: Mapping[str, int]) -> float | None:
    answered = sum(check_ins.get(one, 0) for one in (CheckInState.COMPLETE, CheckInState.PARTIAL))
    over = answered + check_ins.get(CheckInState.EXPIRED, 0)
    return round(answered / over, 4) if over else None


def _by_word(counter: Counter[str]) -> Mapping[str, int]:
    return dict(sorted(counter.items()))

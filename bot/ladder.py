"""How an alert of danger climbs until it is closed: from the therapist to the backups to the operators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum


class Rung(IntEnum):
    """How far an alert has climbed; the number is stored. At the top the client hears once more, too."""

    THERAPIST = 0
    AGAIN = 1
    BACKUP = 2
    OPERATORS = 3


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether the therapist, and any backup, has an address that works."""

    therapist: bool
    backups: bool


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done now, and when to look again. `rung` is None where nothing is."""

    rung: Rung | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Ladder:
    """The times between the rungs: this project's own choice, for each site to set.

    Attributes:
        repeat_after: from the first alert to its repetition.
        backup_after: from there to the backups.
        operators_after: from there to the operators and the client.
        seen_holds: how long an alert that somebody has seen stays where it is.
        silence_after: after which silence of the client the therapist hears of it.
        remind_after: how often an alert at the top is told again.
    """

    repeat_after: timedelta = timedelta(minutes=15)
    backup_after: timedelta = timedelta(minutes=15)
    operators_after: timedelta = timedelta(minutes=30)
    seen_holds: timedelta = timedelta(minutes=60)
    silence_after: timedelta = timedelta(hours=12)
    remind_after: timedelta = timedelta(days=1)

    def first(self, reach: Reach, now: datetime) -> Step:
        """Say where an alert begins: on the first rung where somebody can be reached."""
        rung = _stand(Rung.THERAPIST, reach)
        return Step(rung, now + self._wait(rung))

    def renewed(self, rung: Rung, reach: Reach, now: datetime) -> Step:
        """Say where an open alert stands when there is new danger: nobody has seen that yet."""
        stands = _stand(rung, reach)
        return Step(stands, now + min(self._wait(stands), self.operators_after))

    def climb(self, rung: Rung, seen_at: datetime | None, now: datetime, *, reach: Reach) -> Step:
        """Say what follows for an open alert whose time has come.

        Args:
            rung: where it stands.
            seen_at: when somebody last acknowledged it.
            now: the present moment.
            reach: who can be reached; a rung without anybody is passed over.
        """
        if seen_at is not None and now < seen_at + self.seen_holds:
            return Step(None, seen_at + self.seen_holds)
        higher = _stand(Rung(min(rung + 1, Rung.OPERATORS)), reach)
        return Step(higher, now + self._wait(higher))

    def _wait(self, rung: Rung) -> timedelta:
        waits = {
            Rung.THERAPIST: self.repeat_after,
            Rung.AGAIN: self.backup_after,
            Rung.BACKUP: self.operators_after,
            Rung.OPERATORS: self.remind_after,
        }
        return waits[rung]


def _stand(rung: Rung, reach: Reach) -> Rung:
    """Pass over rungs on which nobody can be reached."""
    if rung <= Rung.AGAIN and not reach.therapist:
        rung = Rung.BACKUP
    if rung is Rung.BACKUP and not reach.backups:
        rung = Rung.OPERATORS
    return rung

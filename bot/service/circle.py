"""Who can be told of a client's danger, and telling them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot import wording
from bot.ladder import Reach, Rung
from bot.service.desk import ToTherapist
from storage.records import AddressState, Priority, Therapist

if TYPE_CHECKING:
    from bot.languages import Language
    from bot.service.desk import Desk, Say
    from bot.wording import Occasion
    from storage.records import Alert


@dataclass(frozen=True, slots=True)
class Circle:
    """A client's therapist, and those who stand in.

    Attributes:
        therapist: the client's own.
        reached: whether they have an address that works.
        backups: those who stand in and have one: the therapist's own backup, else the config's.
        codes: every therapist's code, by id.
    """

    therapist: Therapist
    reached: bool
    backups: tuple[Therapist, ...]
    codes: Mapping[int, str]

    @property
    def reach(self) -> Reach:
        """Who can be reached, as the ladder asks it."""
        return Reach(therapist=self.reached, backups=bool(self.backups))

    @property
    def telling(self) -> wording.Telling:
        """Who is being told, as the client reads it."""
        if self.reached:
            return wording.Telling.THERAPIST
        return wording.Telling.COLLEAGUE if self.backups else wording.Telling.NOBODY

    def up_to(self, rung: Rung) -> tuple[Therapist, ...]:
        """Give those who are told of an alert on a rung."""
        therapist = (self.therapist,) if self.reached else ()
        return (*therapist, *self.backups) if rung >= Rung.BACKUP else therapist


async def circle_of(desk: Desk, therapist_id: int) -> Circle:
    """Find who can be told of the danger of a therapist's client."""
    everybody = {one.id: one for one in await desk.tx.people.therapists()}
    therapist = everybody[therapist_id]
    own = [one for one in everybody.values() if one.id == therapist.backup_id]
    named = {one.code: one for one in everybody.values() if one.id != therapist_id}
    shared = [named[code] for code in desk.policy.backups if code in named]
    asked = [one.id for one in (therapist, *own, *shared)]
    contacts = await desk.tx.people.addresses_of(therapist_ids=asked)
    live = {one.therapist.id for one in contacts if one.therapist and one.state is AddressState.ACTIVE}
    return Circle(
        therapist=therapist,
        reached=therapist_id in live,
        backups=tuple(one for one in own if one.id in live) or tuple(one for one in shared if one.id in live),
        codes={one.id: one.code for one in everybody.values()},
    )


async def told_of(desk: Desk, alert: Alert) -> tuple[int, ...]:
    """List the therapists to whom an alert went or is to go, by id, in the order of the telling."""
    return tuple(dict.fromkeys((*await desk.tx.alerts.told(alert.id), *desk.being_told(alert))))


async def tell(
    desk: Desk,
    alert: Alert,
    circle: Circle,
    *,
    to: Iterable[Therapist],
    occasion: Occasion,
    words: tuple[str, ...] | None = None,
    priority: Priority = Priority.CRISIS,
) -> None:
    """Send a crisis to therapists, each reading who else was told.

    Args:
        desk: the transaction's desk.
        alert: the crisis, on the rung where it now stands.
        circle: who can be told.
        to: who is told now.
        occasion: why; who hears of it for the first time, for a colleague, reads it as that.
        words: what they read of what was written; None: everything.
        priority: CRISIS goes out at any hour, ALERT in waking hours.
    """
    before = await told_of(desk, alert)
    readers = tuple(to)
    told = tuple(dict.fromkeys((*before, *(one.id for one in readers))))
    for reader in readers:
        others = wording.Others(
            tuple(circle.codes[one] for one in told if one != reader.id), alert.rung >= Rung.OPERATORS
        )
        new = reader.id not in before and reader.id != alert.therapist_id
        why = wording.Occasion.FOR_A_COLLEAGUE if new else occasion
        shown = alert.words if words is None or new else words
        say = _saying(alert, why, shown, others=others, therapist=circle.therapist.code)
        desk.tell(ToTherapist(reader.id, "alert", say, priority, alert))


def _saying(
    alert: Alert, occasion: Occasion, words: tuple[str, ...], *, others: wording.Others, therapist: str
) -> Say:
    def say(language: Language) -> str:
        return wording.crisis_alert(
            language,
            alert.id,
            alert.client_code,
            words=words,
            occasion=occasion,
            therapist=therapist,
            others=others,
        )

    return say

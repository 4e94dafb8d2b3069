"""Who can be told of a therapist's clients: the therapist, and those who stand in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot import wording
from bot.ladder import Reach, Rung
from storage.records import AddressState, Therapist

if TYPE_CHECKING:
    from bot.service.desk import Desk


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
    contacts = await desk.tx.addresses.of_therapists(asked)
    live = {one.therapist.id for one in contacts if one.therapist and one.state is AddressState.ACTIVE}
    return Circle(
        therapist=therapist,
        reached=therapist_id in live,
        backups=tuple(one for one in own if one.id in live) or tuple(one for one in shared if one.id in live),
        codes={one.id: one.code for one in everybody.values()},
    )

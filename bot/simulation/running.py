"""The course of a simulation: from one instant at which something happens to the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.simulation import words
from bot.simulation.acts import Deed
from bot.simulation.caseload import Caseload, Somebody, caseload
from bot.simulation.clinic import Clinic
from bot.simulation.entries import CLINIC, OFFICE, Entry
from bot.simulation.people import Ear, Planned, Plans
from bot.simulation.personas import CLIENTS, Persona
from bot.simulation.summary import Messages, Summary, summed_up
from bot.timetable import SessionRule

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from datetime import datetime

    from bot.policy import Policy
    from bot.simulation.network import Taken
    from bot.simulation.scenario import Scenario
    from storage.tally import Came, Went

_WEEK = timedelta(weeks=1)
_ANNOUNCED_AFTER = timedelta(hours=36)
_MOMENT = timedelta(microseconds=1)


async def simulate(
    scenario: Scenario, policy: Policy, personas: Sequence[Persona] = CLIENTS
) -> AsyncIterator[Entry | Summary]:
    """Give every message of a scenario in the order of time, and the summary last.

    Raises:
        SimulationError: something failed in the service.
    """
    everybody = caseload(scenario, personas)
    async with Clinic.open(policy, scenario.begins) as clinic:
        await clinic.enrol(everybody)
        course = Course(scenario, clinic, everybody)
        messages = Messages()
        async for entry in course.entries():
            messages.count(entry)
            yield entry
        async with clinic.service.store.reading() as transaction:
            yield await summed_up(
                transaction,
                messages,
                clients=len(everybody.clients),
                therapists=len(everybody.therapists),
                weeks=scenario.weeks,
                instants=course.instants,
            )


class Course:
    """A simulation under way."""

    def __init__(self, scenario: Scenario, clinic: Clinic, everybody: Caseload) -> None:
        """Begin with a clinic in which everybody is enrolled."""
        self._scenario = scenario
        self.clinic = clinic
        self._people = {one.code: one for one in (*everybody.therapists, *everybody.clients)}
        self._ears = {code: Ear() for code in self._people}
        self._plans = Plans()
        if any(isinstance(one.when, SessionRule) for one in clinic.service.policy.routines.values()):
            self._announce_sessions(everybody)
        self.instants = 0
        """At how many moments something happened so far."""

    def _announce_sessions(self, everybody: Caseload) -> None:
        """Let therapists announce their sessions, once the clients have had time to agree."""
        at = self._scenario.begins + _ANNOUNCED_AFTER
        for client in everybody.clients:
            text = words.SESSIONS.format(code=client.code)
            self._plans.put(self._people[client.therapist], at, text)

    async def entries(self) -> AsyncIterator[Entry]:
        """Go from instant to instant, and give what is said at each; the time between is jumped."""
        before = self._scenario.begins - _MOMENT
        now: datetime | None = self._scenario.begins
        while now is not None and now < self._scenario.ends:
            self.clinic.clock.now = now
            self.instants += 1
            for entry in await self._come():
                yield entry
            if await self.clinic.due_since(before):
                await self.clinic.tick()
            await self.clinic.deliver()
            sent, due = await self.clinic.sent()
            for taken, went in sent:
                yield self._reach(taken, went)
            before = now
            now = min((one for one in (due, self._plans.next()) if one is not None), default=None)

    async def _come(self) -> Sequence[Entry]:
        """Let everybody do what they mean to do now: what is written goes in as one batch."""
        planned = self._plans.due(self.clinic.clock.now)
        written = [one for one in planned if not isinstance(one.what, Deed)]
        came = await self.clinic.hear(written)
        entries = [self._written(one, came) for one in written]
        for one in planned:
            if isinstance(one.what, Deed):
                await self.clinic.do(one.what, one.who.code)
                entries.append(self._done(one))
        return entries

    def _written(self, one: Planned, came: Mapping[int, Came]) -> Entry:
        reading = came[one.number].reading or ""
        return Entry(one.at, one.who.zone, one.who.code, CLINIC, reading, str(one.what))

    def _done(self, one: Planned) -> Entry:
        return Entry(one.at, one.who.zone, OFFICE, one.who.code, str(one.what), "")

    def _reach(self, taken: Taken, went: Went) -> Entry:
        """Let a message reach whoever it is for, who decides what to do about it."""
        now, policy = self.clinic.clock.now, self.clinic.service.policy
        who: Somebody | None = self._people.get(taken.address)
        if who is not None:
            week = (now - self._scenario.begins) // _WEEK
            self._plans.add(who, self._ears[who.code].hear(went, policy, at=now, week=week))
        zone = who.zone if who is not None else policy.zone
        return Entry(now, zone, CLINIC, taken.address, went.kind, taken.text)

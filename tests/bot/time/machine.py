"""The machine: whatever can happen to a clinic's time, in any order."""

from __future__ import annotations

import contextlib
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.channels.base import ChannelError, NotNowError
from bot.service import people, preferences, sessions
from bot.service.absences import Whose, begin, end
from bot.service.sessions import By, SessionError
from scoring.instrument import AgeGroup
from storage import tables as t
from storage.records import CheckInState, Client, ClientState
from storage.sessions import SessionState
from tests.bot.time.choices import BEGINNINGS, ZONES, policies
from tests.bot.time.lost import Ledger
from tests.bot.time.sent import Post
from tests.bot.time.stage import Stage
from tests.fakes.memory import Lost
from tests.world import AGREES, OPERATOR

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import date

    from tests.bot.time.stage import Lend

MOST_CLIENTS = 3

_BY = By("administrator")
_DAY = timedelta(days=1)

_LIVED = st.sampled_from((1, 5, 17, 45, 61, 150, 5 * 60, 13 * 60, 26 * 60))
"""Minutes in which everything runs."""

_SLEPT = st.sampled_from((1, 20, 61, 4 * 60, 7 * 60, 13 * 60, 25 * 60, 49 * 60, 5 * 24 * 60, 9 * 24 * 60))
"""Minutes in which nothing does."""

_MINUTES = st.sampled_from((0, 1, 29, 30, 31, 60, 120, 121, 360, 1440, 2000, 4000))

_WHO = st.integers(0, MOST_CLIENTS - 1)

_WORDS = st.sampled_from(
    ("later", "in 2 hours", "tomorrow morning", "break", "start", "we didn't meet", "hm")
)


class TimeMachine(RuleBasedStateMachine):
    """A clinic to which all of this happens."""

    def __init__(self, lend: Lend) -> None:
        """Keep where databases come from."""
        super().__init__()
        self._lend = lend
        self._open = ExitStack()

    @initialize(begins=st.sampled_from(BEGINNINGS), config=st.integers(0, 4), zone=st.sampled_from(ZONES))
    def open(self, begins: datetime, config: int, zone: str) -> None:
        """Begin near a change of clocks, with one client."""
        self.policies = policies(begins.date())
        url = self._open.enter_context(self._lend())
        self.stage = Stage.set_up(url, self.policies[config], begins)
        self._open.callback(self.stage.close)
        self.ledger = Ledger(self.stage, begins.date() - 3 * _DAY)
        self.post = Post(self.stage)
        self.faults: list[Lost] = []
        self._join(zone)

    def teardown(self) -> None:
        """Close everything."""
        self._open.close()

    @invariant()
    def what_must_hold_at_any_moment(self) -> None:
        """Look at the rows and at what was sent."""
        self.ledger.look()
        self.post.look()

    # --- people

    @precondition(lambda self: len(self.clients()) < MOST_CLIENTS)
    @rule(zone=st.sampled_from(ZONES))
    def another_client(self, zone: str) -> None:
        """Add a client who agrees at once."""
        self._join(zone)

    @rule(who=_WHO, zone=st.sampled_from(ZONES))
    def moves_house(self, who: int, zone: str) -> None:
        """Give a client another zone."""
        client = self._client(who)
        self._unsettle(client.id)
        self.stage.run(self._at_desk(preferences.change, client.code, preferences.Change(zone=zone)))

    @rule(who=_WHO)
    def is_paused_or_asked_again(self, who: int) -> None:
        """Pause a client, or end the pause."""
        client = self._client(who)
        self._unsettle(client.id)
        change = people.pause if client.state is ClientState.ACTIVE else people.resume
        self.stage.run(self._at_desk(change, client.code))

    @rule(who=_WHO, first=st.integers(-1, 5), days=st.integers(0, 8), therapist=st.booleans())
    def goes_away(self, who: int, first: int, days: int, *, therapist: bool) -> None:
        """Let a client be away, or all the therapist's clients."""
        day = self.stage.now.date() + first * _DAY
        self._unsettle(None)
        self.stage.run(self._absence(who, (day, day + days * _DAY), therapist=therapist))

    @rule(who=_WHO, therapist=st.booleans())
    def comes_back(self, who: int, *, therapist: bool) -> None:
        """End a time away."""
        self._unsettle(None)
        self.stage.run(self._absence(who, None, therapist=therapist))

    # --- sessions

    @rule(who=_WHO, minutes=_MINUTES, length=st.sampled_from((30, 50)))
    def session_is_planned(self, who: int, minutes: int, length: int) -> None:
        """Plan a session, soon or in some days; it may also have begun."""
        starts = self.stage.now.replace(second=0, microsecond=0) + timedelta(minutes=minutes - 30)
        times = (starts, starts + timedelta(minutes=length))
        client = self._client(who)
        self._unsettle(client.id)
        self.stage.run(self._at_desk(sessions.book, client, times, by=_BY))

    @precondition(lambda self: self.planned())
    @rule(which=st.integers(0, 5), minutes=_MINUTES)
    def session_is_moved(self, which: int, minutes: int) -> None:
        """Move a session to another time."""
        starts = self.stage.now.replace(second=0, microsecond=0) + timedelta(minutes=minutes - 30)
        times = (starts, starts + timedelta(minutes=50))
        self.stage.run(self._session(sessions.move, self._planned(which), times=times))

    @precondition(lambda self: self.planned())
    @rule(which=st.integers(0, 5), held=st.booleans())
    def session_does_not_take_place(self, which: int, *, held: bool) -> None:
        """Call a session off, or mark that its client did not come."""
        self.stage.run(self._session(sessions.call_off if held else sessions.no_show, self._planned(which)))

    # --- words

    @rule(who=_WHO, points=st.integers(0, 10))
    def answers(self, who: int, points: int) -> None:
        """Answer the open question."""
        self._say(who, str(points))

    @rule(who=_WHO)
    def answers_everything(self, who: int) -> None:
        """Answer until nothing is open."""
        is_open = (t.check_ins.c.client_id == self._client(who).id, t.check_ins.c.state == CheckInState.OPEN)
        for _ in range(8):  # one that has not gone out yet is not answered
            for one in self.stage.rows(sa.select(t.check_ins.c.together).where(*is_open)):
                self._say(who, "7 7 7 7" if one.together else "7")

    @rule(who=_WHO, words=_WORDS)
    def says(self, who: int, words: str) -> None:
        """Write something that is no number."""
        self._say(who, words)

    # --- the config

    @rule(config=st.integers(0, 4))
    def config_is_read_again(self, config: int) -> None:
        """Put another config in force, as the process does at SIGHUP."""
        self._unsettle(None)
        operators = [(self.stage.channel.name, OPERATOR)]
        self.stage.run(self.stage.service.sync(operators, policy=self.policies[config]))

    # --- time

    @rule(minutes=_LIVED)
    def time_passes(self, minutes: int) -> None:
        """Let everything run for a while: whatever falls due is done at its moment."""
        ends = self.stage.now + timedelta(minutes=minutes)
        self._tick()
        while (due := self._next_due()) is not None and due < ends:
            self.stage.world.clock.now = due
            self._tick()
        self.stage.world.clock.now = ends
        self._tick()

    @rule()
    def the_next_thing_comes(self) -> None:
        """Go straight to what is due next."""
        self.stage.world.clock.now = self._next_due() or self.stage.now
        self._tick()

    @rule(minutes=_SLEPT, before=st.booleans())
    def nothing_runs(self, minutes: int, *, before: bool) -> None:
        """Be down for a while; in the end a tick comes first, or a message or a change does."""
        self.stage.world.clock.wait(minutes=minutes)
        if before:
            self._tick()

    @rule(minutes=_SLEPT)
    def the_clock_is_put_back(self, minutes: int) -> None:
        """Step the clock back."""
        self._unsettle(None)
        self.stage.world.clock.wait(minutes=-minutes)
        self._tick()

    @rule(again=st.sampled_from((1, 40, 120)), whole=st.booleans())
    def network_refuses(self, again: int, *, whole: bool) -> None:
        """Let the next send fail for now."""
        error: ChannelError = ChannelError("busy")
        if again > 1:
            error = NotNowError("slow down", timedelta(minutes=again), whole_sender=whole)
        self.stage.channel.faults.append(Lost(error))

    @rule()
    def a_tick(self) -> None:
        """Do what the clock brings now, and once more at the same moment: then there is nothing to do."""
        self._tick()
        before = self.stage.everything()
        self._tick()
        for name, rows in self.stage.everything().items():
            assert rows == before[name], f"the second tick at one moment changed {name}"

    # --- how

    def clients(self) -> list[Client]:
        """List the clients."""
        return self.stage.run(self._clients())

    async def _clients(self) -> list[Client]:
        async with self.stage.world.store.reading() as transaction:
            return list(await transaction.people.clients())

    def _client(self, who: int) -> Client:
        found = self.clients()
        return found[who % len(found)]

    def _unsettle(self, client_id: int | None) -> None:
        self.ledger.unsettled(client_id)

    def _join(self, zone: str) -> None:
        number = len(self.clients())
        self.stage.run(self._added(f"C{number}", f"+1555020{number}", zone))
        self.post.wrote[self._client(number).id].add(self.stage.now)
        self.stage.run(self.stage.world.hear(AGREES, f"+1555020{number}"))

    async def _added(self, code: str, address: str, zone: str) -> None:
        new = Client(0, code, 0, "en", zone, "US", AgeGroup.ADULT, ClientState.INVITED, None)
        async with self.stage.service.desk() as desk:
            await people.add_client(desk, new, "T1", [(self.stage.channel.name, address)])

    async def _at_desk(self, work: Callable[..., Awaitable[object]], *given: object, **named: object) -> None:
        async with self.stage.service.desk() as desk:
            with contextlib.suppress(SessionError):
                await work(desk, *given, **named)

    async def _absence(self, who: int, days: tuple[date, date] | None, *, therapist: bool) -> None:
        async with self.stage.service.desk() as desk:
            treating = await desk.tx.people.therapist("T1")
            assert treating is not None
            everybody = await desk.tx.people.clients()
            whose = Whose(treating, None if therapist else everybody[who % len(everybody)])
            if days is None:
                await end(desk, whose, by=_BY)
            else:
                await begin(desk, whose, days, by=_BY)

    def planned(self) -> list[int]:
        """List the sessions that are planned, by id."""
        planned = t.sessions.c.state == SessionState.PLANNED
        return [one.id for one in self.stage.rows(sa.select(t.sessions.c.id).where(planned))]

    def _planned(self, which: int) -> int:
        found = self.planned()
        return found[which % len(found)]

    async def _session(
        self, change: Callable[..., Awaitable[object]], session_id: int, **named: object
    ) -> None:
        async with self.stage.service.desk() as desk:
            (session,) = await desk.tx.sessions.by_id([session_id])
            (client,) = await desk.tx.people.clients([session.client_id])
            self._unsettle(client.id)
            with contextlib.suppress(SessionError):
                await change(desk, client, session, by=_BY, **named)

    def _say(self, who: int, words: str) -> None:
        client = self._client(who)
        if words in {"break", "start"}:
            self._unsettle(client.id)
        self.post.wrote[client.id].add(self.stage.now)
        self.stage.run(self.stage.world.hear(words, f"+1555020{client.code[1:]}"))
        self.what_must_hold_at_any_moment()

    def _next_due(self) -> datetime | None:
        return self.stage.run(self._upcoming())

    async def _upcoming(self) -> datetime | None:
        async with self.stage.world.store.reading() as transaction:
            return await transaction.upcoming(self.stage.now)

    def _tick(self) -> None:
        """Do what the clock brings, then send what may go."""
        self.stage.run(self.stage.ticker.tick())
        assert self.stage.ticker.failures == 0, "a part of a tick failed; the log says which"
        self.ledger.ticked()
        self.post.look()
        self.stage.run(self.stage.world.send_out())
        self.post.look()

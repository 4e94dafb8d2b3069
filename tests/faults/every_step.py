"""Kills a process at every step of a walk, starts another, and compares with a walk in which nobody died."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from storage.store import Store
from tests.databases import Databases, Engine, migrated
from tests.faults import processes
from tests.faults.fuse import Fuse
from tests.faults.installation import CIPHER, MONDAY, Clock, Installation
from tests.faults.journal import TAKEN, Journal, JournalChannel
from tests.faults.picture import draw, said
from tests.faults.templates import template, until_alone
from tests.faults.verdict import Evidence, Verdict, judge
from tests.faults.walks import Walk, policy

NETWORKS = ("telegram", "sms")
"""One that can't be asked whether it took a message, and one that can."""

_DOWN = timedelta(seconds=90)
"""How long a killed process stays down: longer than its leases."""

_RECOVERY = 80
"""At how many places the process after a killed one is killed too: by then it found what was left behind."""


class SurvivedError(AssertionError):
    """A process that was to be killed came to its end: it did not pass the place that another one passed."""


class Stage:
    """One walk on one database and one network, as often as it is wanted."""

    def __init__(self, walk: Walk, network: str, url: str, folder: Path) -> None:
        """Bring the database to where the walk begins, and see how it ends when nobody dies.

        Args:
            walk: what happens.
            network: the name of the channel.
            url: of a database with every table and no row.
            folder: for the network's memory.
        """
        self._walk, self._network = walk, network
        self._journal, self._kept_journal = folder / "network.jsonl", folder / "kept.jsonl"
        self._clock, self._fuse = Clock(), Fuse()
        self._store = Store.open(url, CIPHER)
        self._fuse.watch(self._store.engine.sync_engine)
        self._database = template(url)
        asyncio.run(self._process(walk.prepare))
        self._database.keep()
        shutil.copyfile(self._journal, self._kept_journal)
        self.places(())
        self._should = self._evidence()

    def places(self, before: Sequence[int]) -> Sequence[str]:
        """Name the places that a process passes, after others were killed at these; nobody dies in it."""
        self._restore()
        for deadly in before:
            self._kill(deadly)
        asyncio.run(self._live(None))
        return tuple(self._fuse.places)

    def killed(self, deadly: Sequence[int]) -> Verdict:
        """Kill processes at these places, one after the other, and let the next one finish.

        Raises:
            SurvivedError: one passed no such place.
            ChildProcessError: one failed.
        """
        self._restore()
        kills = []
        for one in deadly:
            self._kill(one)
            kills.append(self._evidence())
        processes.was_killed(processes.fork(partial(self._live, None)))
        return judge(self._should, kills, self._evidence(), can_be_asked=self._network == "sms")

    def _kill(self, deadly: int) -> None:
        if not processes.was_killed(processes.fork(partial(self._live, deadly))):
            raise SurvivedError(deadly)
        until_alone(self._database.url)
        self._clock.now += _DOWN

    async def _live(self, deadly: int | None) -> None:
        """Be one process: go through the walk from its beginning; what is acknowledged comes no more."""
        self._fuse.begin(deadly)
        await self._process(self._go_through)

    async def _go_through(self, world: Installation) -> None:
        await world.begin()
        for act in self._walk.acts:
            world.clock.reach(MONDAY + act.after)
            await (world.hear(act.heard) if act.heard else world.tick())

    async def _process(self, life: Callable[[Installation], Awaitable[None]]) -> None:
        with Journal(self._journal) as journal:
            channel = JournalChannel(self._network, journal, self._clock, self._fuse.passing)
            choices = policy(edits=channel.edits)
            try:
                await life(Installation(self._store, channel, choices, clock=self._clock, fuse=self._fuse))
            finally:
                await self._store.close()

    def _restore(self) -> None:
        self._database.restore()
        shutil.copyfile(self._kept_journal, self._journal)
        self._clock.now = MONDAY

    def _evidence(self) -> Evidence:
        with Journal(self._journal) as journal:
            sent = Counter(said(one) for one in journal.messages())
            return Evidence(draw(self._database.url), sent, journal.heard())


@contextmanager
def stage(walk: Walk, engine: Engine, network: str, databases: Databases) -> Iterator[Stage]:
    """Set up a walk; its database is gone afterwards."""
    with (
        databases.fresh(engine, migrated) as url,
        tempfile.TemporaryDirectory(prefix="attune-faults-") as folder,
    ):
        yield Stage(walk, network, url, Path(folder))


def kill_points(set_up: Stage) -> Iterator[tuple[tuple[int, ...], str]]:
    """Give the numbers of all kills of a walk, each with the name of its place.

    After every place of the first process come those of a second one, which finds what the first left behind
    when it was killed with a message of which nobody knows whether it went.
    """
    first = set_up.places(())
    yield from (((number,), place) for number, place in enumerate(first, 1))
    unsure = first.index(TAKEN) + 1
    second = set_up.places((unsure,))[:_RECOVERY]
    yield from (((unsure, number), f"again, {place}") for number, place in enumerate(second, 1))

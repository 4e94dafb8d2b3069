"""Several workers at a time, each killed sooner or later, and another started in its place."""

from __future__ import annotations

import os
import random
import signal
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime

from tests.faults import processes
from tests.faults.worker import Event

Life = Callable[[socket.socket], Coroutine[object, object, None]]
"""What a worker does, from the first to the last, with the mailbox that the network brings things to."""


@dataclass(slots=True)
class Herd:
    """The workers that live now.

    Attributes:
        killed: the process ids of those that were killed, each with when.
    """

    life: Life
    chance: random.Random
    killed: dict[int, datetime] = field(default_factory=dict)
    _living: dict[int, socket.socket] = field(default_factory=dict)

    def start(self) -> None:
        """Start a worker."""
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)  # noqa: FBT003 - the standard library's
        others = tuple(self._living.values())

        async def live() -> None:
            for each in (ours, *others):
                each.close()
            await self.life(its)

        self._living[processes.fork(live)] = ours
        its.close()

    def kill_one(self, now: datetime) -> None:
        """Kill any of them, at once and without warning; `now` is noted."""
        victim = self.chance.choice(sorted(self._living))
        os.kill(victim, signal.SIGKILL)
        assert processes.was_killed(victim)
        self.killed[victim] = now
        self._living.pop(victim).close()

    def bring(self, event: Event) -> None:
        """Bring something to any of them; where its mailbox is full, or it just died, it is lost."""
        try:
            self.chance.choice(list(self._living.values())).send(event.packed())
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            return

    def stand(self) -> None:
        """See that all of them still live: nobody may end but by our hand.

        Raises:
            ChildProcessError: one has ended.
        """
        for worker in self._living:
            ended, status = os.waitpid(worker, os.WNOHANG)
            if ended:
                reason = f"a worker ended by itself, with {os.waitstatus_to_exitcode(status)}"
                raise ChildProcessError(reason)

    def end(self) -> None:
        """Kill all that is left."""
        for worker, mailbox in self._living.items():
            os.kill(worker, signal.SIGKILL)
            os.waitpid(worker, 0)
            mailbox.close()
        self._living.clear()

"""Forked children: each a process of its own, of a parent that has everything loaded and nothing running."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Coroutine

from bot.safety import SHIPPED

_ENDING = 10.0
"""Seconds within which a thread that was told to end has ended."""


class NotWarmError(RuntimeError):
    """The parent has threads of its own, which a fork would leave behind."""


def warm_up() -> None:
    """Load what every process needs, so that its children need not; what is loaded stays as it is."""
    SHIPPED.ready()
    gc.collect()
    gc.freeze()


def fork(life: Callable[[], Coroutine[object, object, None]]) -> int:
    """Start a child that lives once, in an event loop of its own; returns its process id.

    It ends with status 0, or with 1 after writing why.

    Raises:
        NotWarmError: the parent must not have threads.
    """
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(_ENDING)  # of a connection that was closed just now
    if threading.active_count() != 1:
        reason = f"threads run in the parent: {threading.enumerate()}; end them before a fork"
        raise NotWarmError(reason)
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        asyncio.run(life())
        status = 0
    except BaseException:  # noqa: BLE001 - it must end here, and not go on as a second parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def was_killed(child: int) -> bool:
    """Wait for a child, and tell whether it was killed or ended by itself.

    Raises:
        ChildProcessError: it failed.
    """
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True
    if status:
        reason = f"a process ended with {os.waitstatus_to_exitcode(status)}: it says why on stderr"
        raise ChildProcessError(reason)
    return False

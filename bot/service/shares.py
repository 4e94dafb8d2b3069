"""What is due, worked on in one transaction; where any of it fails, one by one: it keeps no other waiting."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple, Protocol

import structlog

from bot.crossings import tried_again
from bot.service.desk import LIMIT
from storage.trouble import passing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from contextlib import AbstractAsyncContextManager

    from bot.service.desk import Desk
    from storage.records import Client

    Desks = Callable[[], AbstractAsyncContextManager[Desk]]

log = structlog.get_logger(__name__)


class Share(NamedTuple):
    """How much of what is due a transaction works on, the longest due first: so many, after others."""

    most: int = LIMIT
    skip: int = 0


ALL = Share()
"""As much as a transaction should hold."""


class Work(Protocol):
    """A kind of work that falls due; says how much of it was done."""

    __name__: str

    async def __call__(self, desk: Desk, share: Share = ..., /) -> int:
        """Work on a share of what is due."""


class OneByOneError(Exception):
    """Something that is due can't be worked on; its cause is the first reason. All else was."""


async def whose(desk: Desk, ids: Collection[int]) -> dict[int, Client]:
    """Give by id the clients whose share of a work it is; where that fails, the log has their ids."""
    desk.at_hand = ids
    return {one.id: one for one in await desk.tx.people.clients(ids)}


async def work_on(desks: Desks, work: Work) -> int:
    """Work on what is due; returns how much of it was worked on.

    What fails by itself stays due, and is tried again at the next tick: up to LIMIT such failures keep
    nothing else from its turn.

    Raises:
        OneByOneError: some of it failed, after all else was done.
        DBAPIError: the database is in trouble.
    """
    at_hand: list[int] = []
    once = _transaction(work, at_hand)
    try:
        return await once(desks, ALL)
    except Exception as error:
        if passing(error):
            raise
        log.exception("What is due could not be done together: it is done one by one.", **_of(work))
    done = 0
    failed: list[Exception] = []
    whom: list[int] = []
    while done + len(failed) < LIMIT:
        try:
            one = await once(desks, Share(1, len(failed)))
        except Exception as error:
            if passing(error):
                raise
            if type(error) not in {type(one) for one in failed}:
                log.exception("Something that is due could not be done; it is tried again.", **_of(work))
            failed.append(error)
            whom += at_hand
            continue
        if not one:
            break
        done += one
    if failed:
        log.error("What is due for these clients was left.", **_of(work), count=len(failed), clients=whom)
        msg = f"{len(failed)} of what is due could not be done"
        raise OneByOneError(msg) from failed[0]
    return done


def _transaction(work: Work, at_hand: list[int]) -> Callable[[Desks, Share], Awaitable[int]]:
    """Let a work be a transaction of its own, which says in `at_hand` whose it was, done or failed."""

    @tried_again
    @functools.wraps(work)
    async def once(desks: Desks, share: Share) -> int:
        at_hand.clear()
        async with desks() as desk:
            try:
                return await work(desk, share)
            finally:
                at_hand.extend(desk.at_hand)

    return once


def _of(work: Work) -> dict[str, str]:
    return {"action": "one_by_one", "work": work.__name__}

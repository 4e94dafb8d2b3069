"""Transactions that others came between: they were rolled back, and tried again they may well be done.

Rows are locked in one order (`storage.holds`), which leaves few that can wait for one another. What remains
PostgreSQL finds out after a second, ends one of the two, and says so.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

log = structlog.get_logger(__name__)

Owner = TypeVar("Owner")
P = ParamSpec("P")
T = TypeVar("T")

TRIES = 3
"""How often a transaction is tried where others come between."""

_CROSSED = {"40P01", "40001"}
"""PostgreSQL's words for two transactions that wait for one another, or can't be put in an order."""


def came_between(error: DBAPIError) -> bool:
    """Tell whether another transaction is to blame: tried again, the same work may well be done."""
    return isinstance(error, IntegrityError) or getattr(error.orig, "sqlstate", None) in _CROSSED


def tried_again(
    work: Callable[Concatenate[Owner, P], Awaitable[T]],
) -> Callable[Concatenate[Owner, P], Coroutine[None, None, T]]:
    """Let a method that is one transaction, and nothing else, be tried again where others came between."""

    @functools.wraps(work)
    async def trying(self: Owner, /, *args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(TRIES - 1):
            try:
                return await work(self, *args, **kwargs)
            except DBAPIError as error:
                if not came_between(error):
                    raise
                log.info(
                    "A transaction is tried again: another came between.",
                    action="again",
                    work=work.__name__,
                    fault=type(error.orig).__name__,
                )
        return await work(self, *args, **kwargs)

    return trying

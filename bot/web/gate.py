"""Who is let in: so many requests at a time, and of those that no network sent so many a minute."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from time import monotonic
from typing import TYPE_CHECKING

import structlog
from starlette.responses import Response

from bot.limits import Limit, Limits, Rates, Refusals, Spell
from bot.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from structlog.typing import FilteringBoundLogger

_log: FilteringBoundLogger = structlog.get_logger()

_WAIT = "60"
"""Seconds that a place is told to wait which sends what no network sent."""


class Gate:
    """Counts the requests under way, and the forgeries of each place.

    What a network signed is let in from wherever it comes: behind a proxy all may seem to come from one
    place, and a forger there must not be able to shut Twilio out.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        metrics: Metrics | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Begin with nobody inside; `clock` gives seconds and never goes back."""
        self._limits = limits or Limits()
        self._refusals = Refusals(metrics or Metrics(), clock)
        self._clock = clock
        self._inside = 0
        self._forgeries = Rates[str]()
        self._spell = Spell(clock)

    def enter(self) -> bool:
        """Let a request in, where there is room; whoever is let in must `leave`."""
        self._inside += 1
        if self._inside <= self._limits.requests:
            return True
        self._inside -= 1
        self.note(Limit.REQUESTS)
        return False

    def leave(self) -> None:
        """Make room."""
        self._inside -= 1

    def note(self, limit: Limit) -> None:
        """Count what was over a limit."""
        self._refusals.note(limit)

    def forged(self, source: str, request: Request) -> Response:
        """Refuse what no network sent; a place that goes on with it is told to wait."""
        place, now = _place(request), self._clock()
        self._forgeries.add(place, now)
        if self._forgeries.so_far(place, now) > self._limits.forgeries:
            self.note(Limit.SOURCE)
            return Response(status_code=429, headers={"Retry-After": _WAIT})
        self._refusals.count(Limit.FORGED)
        if self._spell.begins():
            _log.warning(
                "a webhook request that is not genuine was refused", action="webhook.refused", source=source
            )
        return Response(status_code=403)


def _place(request: Request) -> str:
    """Give where a request comes from: an address, or of the newer kind the network that one house has."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return str(int(address) >> 64) if isinstance(address, IPv6Address) else host

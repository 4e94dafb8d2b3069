"""Calendars as bytes, out of files and from servers: whole, or not at all.

Whoever knows a calendar's address can read it. So nothing here repeats an address, in errors neither.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.calendars.parts import MOST_BYTES
from storage.calendars import Seen

PATIENCE = 30.0
"""Seconds that a server has for all of a calendar, redirects included."""

_TURNS = 5
"""How many redirects are followed."""

_LONGEST_TAG, _LONGEST_DATE = 1024, 64
"""Signs of what a server calls a content, and of its date, that are kept; longer ones are not used."""

_ASKED = {"Accept": "text/calendar, */*;q=0.1", "User-Agent": "attune"}

_GONE = frozenset({401, 403, 404, 410})

_TOO_LARGE = f"it is larger than {MOST_BYTES // 1_000_000} MB: publish a shorter time"


class FetchError(Exception):
    """A calendar can't be had. Says why and what to look at, never where the calendar is."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A calendar as it is now, and by what to tell whether it has changed."""

    data: bytes
    seen: Seen


class Fetcher:
    """Fetches calendars; keeps the connections to servers open until it is closed."""

    def __init__(self, patience: float = PATIENCE) -> None:
        """Give servers so many seconds for a calendar; nothing connects yet."""
        self._patience = patience
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def close(self) -> None:
        """Let go of every connection."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def fetch(self, url: str, seen: Seen | None = None) -> Fetched | None:
        """Fetch a calendar from a server.

        Args:
            url: where it is: https, or http on this machine.
            seen: what it was last; None where it is wanted in any case.

        Returns:
            The whole calendar; None where it is as it was.

        Raises:
            FetchError: it can't be had.
        """
        try:
            async with asyncio.timeout(self._patience):
                return await self._asked(url, seen)
        except TimeoutError:
            msg = f"its server took longer than {self._patience:g} s: it is tried again"
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            msg = f"its server can't be reached, or broke off ({type(error).__name__}): it is tried again"
        # Outside of the handlers, and so without their errors, which hold the address.
        raise FetchError(msg)

    async def _opened(self) -> httpx.AsyncClient:
        """Make the client once; that loads certificates, so not in the loop."""
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(
                    httpx.AsyncClient, headers=_ASKED, timeout=self._patience
                )
            return self._client

    async def _asked(self, url: str, seen: Seen | None) -> Fetched | None:
        """Ask a server, and whom it sends us to."""
        client = await self._opened()
        request = client.build_request("GET", url, headers=_unless_as(seen))
        for _ in range(_TURNS + 1):
            response = await client.send(request, stream=True)
            try:
                if response.next_request is None:
                    return await _taken(response, seen)
                request = _followed(request, response.next_request)
            finally:
                await response.aclose()
        msg = "its server sends us round in circles: give the address at which the calendar itself is"
        raise FetchError(msg)


def _unless_as(seen: Seen | None) -> Mapping[str, str]:
    """Ask for a calendar only if it is not what it was."""
    known = {
        "If-None-Match": seen.etag if seen else None,
        "If-Modified-Since": seen.modified if seen else None,
    }
    return {name: value for name, value in known.items() if value is not None}


def _followed(request: httpx.Request, target: httpx.Request) -> httpx.Request:
    """Follow a redirect that is as safe as the address: http is for this machine only, so it stays there."""
    same_place = (target.url.scheme, target.url.host) == (request.url.scheme, request.url.host)
    if target.url.scheme != "https" and not same_place:
        msg = (
            "its server sends us to an unsafe address: give the https address at which the calendar itself is"
        )
        raise FetchError(msg)
    return target


async def _taken(response: httpx.Response, seen: Seen | None) -> Fetched | None:
    """Take a calendar in, up to its limit."""
    if response.status_code == httpx.codes.NOT_MODIFIED and _unless_as(seen):
        return None
    if response.status_code != httpx.codes.OK:
        raise FetchError(_refusal(response.status_code))
    data = bytearray()
    async for piece in response.aiter_bytes():
        data += piece
        if len(data) > MOST_BYTES:
            raise FetchError(_TOO_LARGE)
    etag = _short(response.headers.get("ETag"), _LONGEST_TAG)
    modified = _short(response.headers.get("Last-Modified"), _LONGEST_DATE)
    return _unless_same(Fetched(bytes(data), Seen(_digest(data), etag, modified)), seen)


def _refusal(status: int) -> str:
    if status in _GONE:
        return f"its server gives nothing at this address (HTTP {status}): give the calendar's new address"
    return f"its server does not give it (HTTP {status}): it is tried again"


def _short(said: str | None, longest: int) -> str | None:
    return said if said is not None and len(said) <= longest else None


async def read_file(path: Path, seen: Seen | None = None) -> Fetched | None:
    """Read a calendar's file.

    Returns:
        All of it; None where it is as it was.

    Raises:
        FetchError: it can't be read.
    """
    try:
        data = await asyncio.to_thread(_content, path)
    except OSError as error:
        msg = f"its file can't be read ({type(error).__name__}): see that it is there, and ours to read"
        raise FetchError(msg) from error
    if len(data) > MOST_BYTES:
        raise FetchError(_TOO_LARGE)
    return _unless_same(Fetched(data, Seen(_digest(data))), seen)


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _unless_same(fetched: Fetched, seen: Seen | None) -> Fetched | None:
    return None if seen is not None and seen.digest == fetched.seen.digest else fetched


def _digest(data: bytes | bytearray) -> str:
    return hashlib.sha256(data).hexdigest()

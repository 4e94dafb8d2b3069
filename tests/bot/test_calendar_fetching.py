"""Calendars from servers and files: whole or not at all, and where they are is never said."""

from __future__ import annotations

import dataclasses
import traceback
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from bot.calendar_reading import Fetched, Fetcher, FetchError
from bot.calendar_reading.fetching import read_file
from bot.calendars.parts import MOST_BYTES
from storage.calendars import Seen
from tests.bot.written_calendars import ONCE, calendar
from tests.fakes.calendars import SECRET, CalendarServer

CALENDAR = calendar(ONCE).encode()


@pytest.fixture
async def server() -> AsyncIterator[CalendarServer]:
    """Serve a calendar."""
    async with CalendarServer(CALENDAR) as server:
        yield server


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    """Give something that fetches."""
    fetcher = Fetcher()
    yield fetcher
    await fetcher.close()


async def fetched(fetcher: Fetcher, url: str, seen: Seen | None = None) -> Fetched:
    """Fetch a calendar that is there and new."""
    found = await fetcher.fetch(url, seen)
    assert found is not None
    return found


async def test_a_calendar_is_fetched_whole(server: CalendarServer, fetcher: Fetcher) -> None:
    assert (await fetched(fetcher, server.url)).data == CALENDAR
    assert "accept: text/calendar" in server.asked[0].lower()


async def test_a_server_that_knows_it_unchanged_sends_nothing(
    server: CalendarServer, fetcher: Fetcher
) -> None:
    server.etag = '"v1"'
    server.headers = {"Last-Modified": "Mon, 23 Nov 2026 17:00:00 GMT"}
    first = await fetched(fetcher, server.url)
    assert await fetcher.fetch(server.url, first.seen) is None
    assert 'if-none-match: "v1"' in server.asked[1].lower()
    assert "if-modified-since: mon, 23 nov 2026 17:00:00 gmt" in server.asked[1].lower()
    server.etag = '"v2"'
    server.body += b"\r\n"
    assert (await fetched(fetcher, server.url, first.seen)).seen.etag == '"v2"'


async def test_a_server_that_knows_nothing_is_compared_with(server: CalendarServer, fetcher: Fetcher) -> None:
    first = await fetched(fetcher, server.url)
    assert first.seen == Seen(first.seen.digest)
    assert await fetcher.fetch(server.url, first.seen) is None
    server.body += b"\r\n"
    assert (await fetched(fetcher, server.url, first.seen)).data == server.body


async def test_what_a_server_calls_it_is_left_if_it_is_too_long(
    server: CalendarServer, fetcher: Fetcher
) -> None:
    server.etag = '"' + "v" * 1023 + '"'
    assert (await fetched(fetcher, server.url)).seen.etag is None


FAULTS: Mapping[str, tuple[Mapping[str, object], str]] = {
    "at fault": ({"status": 500}, "HTTP 500"),
    "nothing there": ({"status": 404}, "HTTP 404"),
    "forbidden": ({"status": 403}, "new address"),
    "unchanged, though nobody asked": ({"status": 304, "body": b""}, "HTTP 304"),
    "cut in the middle": ({"cut": len(CALENDAR) // 2}, "broke off"),
    "too large": ({"body": b" " * (MOST_BYTES + 1)}, "larger than 10 MB"),
    "sent to plain http": ({"status": 302, "headers": {"Location": "http://example.org/"}}, "unsafe"),
    "sent to a file": ({"status": 302, "headers": {"Location": "file:///etc/passwd"}}, "unsafe"),
    "sent to ftp": ({"status": 301, "headers": {"Location": "ftp://example.org/"}}, "unsafe"),
    "sent to nowhere": ({"status": 302, "headers": {"Location": "http://[::bad/"}}, "can't be reached"),
    "sent without a word": ({"status": 302}, "HTTP 302"),
    "sent in circles": ({"status": 302, "headers": {"Location": f"/{SECRET}"}}, "circles"),
    "packed in a way that it isn't": ({"headers": {"Content-Encoding": "gzip"}}, "broke off"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_anything_less_is_an_error_that_does_not_say_where(
    server: CalendarServer, fetcher: Fetcher, fault: str
) -> None:
    broken, says = FAULTS[fault]
    for name, value in broken.items():
        setattr(server, name, value)
    with pytest.raises(FetchError, match=says) as caught:
        await fetcher.fetch(server.url)
    told = "".join(traceback.format_exception(caught.value))
    assert SECRET not in told
    assert caught.value.__context__ is None, "which holds the address"


async def test_a_server_has_only_so_long(server: CalendarServer, fetcher: Fetcher) -> None:
    await fetched(fetcher, server.url)
    hasty = Fetcher(patience=0.2)
    server.pause = 1.0
    with pytest.raises(FetchError, match=r"took longer than 0\.2 s") as caught:
        await hasty.fetch(server.url)
    assert caught.value.__context__ is None
    await hasty.close()


async def test_nobody_there(fetcher: Fetcher) -> None:
    async with CalendarServer() as server:
        url = server.url
    with pytest.raises(FetchError, match="can't be reached"):
        await fetcher.fetch(url)


async def test_a_redirect_on_this_machine_is_followed(server: CalendarServer, fetcher: Fetcher) -> None:
    async with CalendarServer(status=307, headers={"Location": server.url}) as first:
        assert (await fetched(fetcher, first.url)).data == CALENDAR


async def test_as_much_as_may_be_is_taken(server: CalendarServer, fetcher: Fetcher) -> None:
    server.body = b" " * MOST_BYTES
    assert len((await fetched(fetcher, server.url)).data) == MOST_BYTES


async def test_a_file_is_read_and_told_when_it_is_the_same(tmp_path: Path) -> None:
    file = tmp_path / "a.ics"
    file.write_bytes(CALENDAR)
    first = await read_file(file)
    assert first is not None
    assert first.data == CALENDAR
    assert await read_file(file, first.seen) is None
    assert await read_file(file, dataclasses.replace(first.seen, digest="another")) == first


async def test_a_file_that_is_not_there_or_too_large(tmp_path: Path) -> None:
    for file in (tmp_path / "none.ics", tmp_path):
        with pytest.raises(FetchError, match="can't be read"):
            await read_file(file)
    large = tmp_path / "large.ics"
    large.write_bytes(b" " * (MOST_BYTES + 1))
    with pytest.raises(FetchError, match="10 MB"):
        await read_file(large)

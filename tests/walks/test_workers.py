"""Two workers on one PostgreSQL: one polls, and the other goes on where it was killed or asked to stop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import tables as t
from tests.fakes.telegram import FakeTelegram
from tests.walks.enrolment import CLIENT, KEYRING, THERAPIST
from tests.walks.phones import QUESTIONS
from tests.walks.walk import Walk, handed_over, walking

ORS = (70, 60, 80, 70)

TAKEN_OVER = 20.0
"""Seconds within which another worker polls: two and a poll, on a machine that is busy with other tests."""

pytestmark = pytest.mark.parametrize("engine", ["postgresql"])


@pytest.fixture
async def pair(telegram: FakeTelegram, tmp_path: Path, enrolled_url: str) -> AsyncIterator[tuple[Walk, Walk]]:
    """Set up two workers on a database in which the client has agreed and is asked the ORS."""
    telegram.chats |= {CLIENT: [], THERAPIST: []}
    keys = {"keys.keyring": KEYRING}
    async with (
        walking(telegram, tmp_path / "one", enrolled_url, keys) as one,
        walking(telegram, tmp_path / "two", enrolled_url, keys) as two,
    ):
        yield one, two


async def test_one_polls_and_the_other_takes_over_when_it_is_killed_or_stopped(
    pair: tuple[Walk, Walk], telegram: FakeTelegram
) -> None:
    first, second = pair
    assert await handed_over(first, second, ORS[0]) < TAKEN_OVER
    await second.answered(1, ORS[1])
    await second.client.sees(QUESTIONS["ors", 2])

    await first.attune.start()
    await first.attune.until_ready()
    assert await first.attune.poller() == "another worker polls"
    assert second.attune.running is not None
    assert await second.attune.running.end() == 0
    assert await first.ledger.count(t.outbox, t.outbox.c.state == "leased") == 0
    assert await first.attune.until_it_polls() < TAKEN_OVER
    await first.answered(2, ORS[2])
    await first.answered(3, ORS[3])
    await first.ledger.until_settled()

    assert await first.ledger.answers("ors") == list(ORS)
    assert {len(first.client.showing(QUESTIONS["ors", place])) for place in range(len(ORS))} == {1}
    assert telegram.pending == []

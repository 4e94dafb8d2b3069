"""Closed episodes: what a site's own past is learned from."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scoring.histories import Ended, Episode
from scoring.instrument import AgeGroup
from scoring.score import Score
from storage.records import KeptScore
from storage.store import Store
from tests.storage.caseload import NOW, Case, enrol, occurrence

WEEK = timedelta(weeks=1)


def ors(week: int, *items: int) -> Score:
    """Make a score so many weeks from now."""
    return Score("ors", items, NOW + week * WEEK)


async def keep(store: Store, case: Case, *scores: Score) -> None:
    """Keep scores of a client's open episode, each with a check-in of its own."""
    async with store.transaction() as tx:
        added = await tx.check_ins.add([occurrence(case, day) for day in range(len(scores))])
        pairs = zip(added, scores, strict=True)
        await tx.scores.keep([KeptScore(one.id, case.episode, score, "chat") for one, score in pairs])


async def close(store: Store, case: Case, ending: str) -> None:
    """End a client's open episode."""
    async with store.transaction() as tx:
        await tx.people.close_episode(case.client, ending, NOW + 9 * WEEK)


async def closed(store: Store, measure: str = "ors") -> tuple[Episode, ...]:
    """Give the closed episodes."""
    async with store.reading() as tx:
        return await tx.episodes.closed(measure)


async def test_a_closed_episode_is_given_with_the_scores_of_a_measure_oldest_first(store: Store) -> None:
    case = await enrol(store)
    later, first, session = (
        ors(1, 50, 50, 50, 50),
        ors(0, 40, 41, 42, 43),
        Score("srs", (90, 90, 90, 90), NOW),
    )
    await keep(store, case, later, first, session)
    assert await closed(store) == (), "an open episode isn't over"
    await close(store, case, "planned")
    expected = Episode("AB", str(case.episode), (first, later), AgeGroup.ADULT, Ended.PLANNED)
    assert await closed(store) == (expected,)
    assert [one.scores for one in await closed(store, "srs")] == [(session,)]
    assert await closed(store, "phq9") == ()


@pytest.mark.parametrize(
    ("ending", "ended"),
    [("planned", Ended.PLANNED), ("unplanned", Ended.DROPPED), ("transferred", None)],
)
async def test_how_it_ended(store: Store, ending: str, ended: Ended | None) -> None:
    case = await enrol(store)
    await keep(store, case, ors(0, 40, 40, 40, 40))
    await close(store, case, ending)
    (found,) = await closed(store)
    assert found.ended is ended
    assert found.closed


async def test_episodes_are_kept_apart_and_come_in_the_order_they_began(store: Store) -> None:
    first, second = await enrol(store, "AB"), await enrol(store, "CD")
    await keep(store, second, ors(0, 10, 10, 10, 10))
    await keep(store, first, ors(1, 20, 20, 20, 20))
    await close(store, second, "planned")
    await close(store, first, "planned")
    assert [(one.client, one.totals("ors")) for one in await closed(store)] == [("AB", (80,)), ("CD", (40,))]

"""Answers and scores: an answer stands at its item, a changed one takes its place, and no score is lost."""

from __future__ import annotations

import dataclasses
from datetime import datetime

import pytest
import sqlalchemy as sa

from scoring.instrument import Mark
from scoring.score import Score
from storage.records import Answer, CheckIn, CheckInState, KeptScore
from storage.store import Store
from tests.storage.caseload import HOUR, NOW, enrol, occurrence, opened, received


def answer(check_in: CheckIn, position: int, mark: Mark, at: datetime = NOW) -> Answer:
    """Make an answer that came from no message."""
    return Answer(check_in.id, position, mark, None, at)


async def test_answers_come_back_in_the_order_of_the_items(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        mine, theirs = await opened(tx, one), await opened(tx, other)
        await tx.answers.keep([answer(mine, 1, 0), answer(theirs, 0, 100), answer(mine, 0, 75)])
        await tx.answers.keep([answer(mine, 2, None)])
        await tx.answers.keep([])
        found = await tx.check_ins.open_of([one.client, other.client])
        assert [each.marks for each in found] == [(75, 0, None), (100,)]
        assert found == await tx.check_ins.by_id([mine.id, theirs.id])


async def test_a_changed_answer_takes_the_place_of_the_earlier(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        check_in = await opened(tx, case)
        await tx.answers.keep([answer(check_in, 0, 70), answer(check_in, 1, 60)])
        await tx.answers.keep([answer(check_in, 0, 30), answer(check_in, 0, 40)])
        (found,) = await tx.check_ins.by_id([check_in.id])
    assert found.marks == (40, 60)


async def test_answers_are_taken_back_from_a_place_on(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        mine, theirs = await opened(tx, one), await opened(tx, other)
        both = [answer(each, place, 10 * place) for each in (mine, theirs) for place in range(3)]
        await tx.answers.keep(both)
        await tx.answers.take_back({mine.id: 1})
        found = await tx.check_ins.by_id([mine.id, theirs.id])
    assert [each.marks for each in found] == [(0,), (0, 10, 20)]


@pytest.mark.parametrize("tenths", [-1, 101])
async def test_an_answer_off_the_scale_cannot_be_kept(store: Store, tenths: int) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        check_in = await opened(tx, case)
    with pytest.raises(sa.exc.IntegrityError):
        async with store.transaction() as tx:
            await tx.answers.keep([answer(check_in, 0, tenths)])


async def test_an_answer_knows_the_message_it_was_read_from(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        check_in = await opened(tx, case)
        (inbound,) = (await tx.inbox.keep([received(case, "SM1")], NOW)).values()
        await tx.answers.keep([Answer(check_in.id, 0, 70, inbound, NOW)])
    with pytest.raises(sa.exc.IntegrityError):
        async with store.transaction() as tx:
            await tx.answers.keep([Answer(check_in.id, 1, 70, inbound + 99, NOW)])


async def test_scores_come_back_by_episode_and_measure_oldest_first(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        days = await tx.check_ins.add([occurrence(one, day, CheckInState.COMPLETE) for day in range(4)])
        (theirs,) = await tx.check_ins.add([occurrence(other, 0, CheckInState.COMPLETE)])
        newest = Score("ors", (10, 20, 30, 40), NOW + 2 * HOUR)
        oldest = Score("ors", (0, 0, 0, 0), NOW)
        tied = Score("ors", (100, 100, 100, 100), NOW + 2 * HOUR)
        alliance = Score("srs", (90, 90, 90, 90), NOW + HOUR)
        kept = (newest, oldest, tied, alliance)
        await tx.scores.keep(
            [KeptScore(day.id, one.episode, score, "chat") for day, score in zip(days, kept, strict=True)]
        )
        await tx.scores.keep([KeptScore(theirs.id, other.episode, oldest, "paper")])
        await tx.scores.keep([])
        found = await tx.scores.history([one.episode, other.episode])
        assert await tx.scores.history([]) == {}
    assert found == {
        (one.episode, "ors"): (oldest, newest, tied),
        (one.episode, "srs"): (alliance,),
        (other.episode, "ors"): (oldest,),
    }
    assert all(type(item) is int for series in found.values() for score in series for item in score.items)


async def test_a_check_in_has_one_score(store: Store) -> None:
    case = await enrol(store)
    kept = KeptScore(0, case.episode, Score("ors", (10, 20, 30, 40), NOW), "chat")
    async with store.transaction() as tx:
        check_in = await opened(tx, case)
        await tx.scores.keep([dataclasses.replace(kept, check_in_id=check_in.id)])
    with pytest.raises(sa.exc.IntegrityError):
        async with store.transaction() as tx:
            await tx.scores.keep([dataclasses.replace(kept, check_in_id=check_in.id)])

"""Times away as they are kept: what their end ends, and what it leaves alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from storage.store import Store
from tests.storage.caseload import NOW, TODAY, enrol

DAY = timedelta(days=1)


def days(first: int, last: int) -> tuple[date, date]:
    """Give a time away, in days from today."""
    return TODAY + first * DAY, TODAY + last * DAY


@pytest.mark.parametrize(
    ("kept", "ended", "left"),
    [
        pytest.param([], [], [], id="none"),
        pytest.param([(-3, -1)], [], [(-3, -1)], id="over yesterday"),
        pytest.param([(-3, 0)], [(-3, 0)], [(-3, -1)], id="its last day"),
        pytest.param([(0, 3)], [(0, 3)], [], id="its first day"),
        pytest.param([(0, 0)], [(0, 0)], [], id="its only day"),
        pytest.param([(-1, 1)], [(-1, 1)], [(-1, -1)], id="begun"),
        pytest.param([(1, 3)], [(1, 3)], [], id="to come"),
        pytest.param([(-1, 1), (7, 9)], [(-1, 1)], [(-1, -1), (7, 9)], id="one holds and one is to come"),
        pytest.param([(30, 40), (7, 9)], [(7, 9)], [(30, 40)], id="the next of two"),
        pytest.param([(7, 9), (7, 9)], [(7, 9)], [], id="told twice"),
        pytest.param([(7, 12), (7, 9)], [(7, 9)], [(7, 12)], id="the shorter of two from one day"),
        pytest.param([(-2, 2), (0, 5)], [(-2, 2), (0, 5)], [(-2, -1)], id="two that hold"),
    ],
)
@pytest.mark.parametrize("whose", ["client", "therapist"])
async def test_only_what_holds_is_ended_or_else_the_next(
    store: Store,
    *,
    whose: str,
    kept: list[tuple[int, int]],
    ended: list[tuple[int, int]],
    left: list[tuple[int, int]],
) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        (client,) = await tx.people.clients([case.client])
        client_id, therapist_id = (case.client, None) if whose == "client" else (None, client.therapist_id)
        for one in kept:
            await tx.absences.add(days(*one), NOW, client_id=client_id, therapist_id=therapist_id)
        done = await tx.absences.end(TODAY, client_id=client_id, therapist_id=therapist_id)
        assert done == tuple(days(*one) for one in ended)
        found = (await tx.absences.of([case.client])).get(case.client, ())
        assert list(found) == [days(*one) for one in left]


async def test_the_breaks_and_the_times_of_others_go_on(store: Store) -> None:
    case, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        await tx.absences.add(days(-1, 12), NOW, client_id=case.client, resting=True)
        await tx.absences.add(days(-1, 1), NOW, client_id=other.client)
        assert await tx.absences.end(TODAY, client_id=case.client) == ()
        assert await tx.absences.of([case.client, other.client]) == {
            case.client: (days(-1, 12),),
            other.client: (days(-1, 1),),
        }

"""Therapists, clients and their episodes: kept, found again, moved from state to state."""

from __future__ import annotations

import dataclasses

import pytest
import sqlalchemy as sa

from storage import tables as t
from storage.records import ClientState
from storage.store import Store
from tests.storage.caseload import HOUR, NOW, client, enrol, therapist


async def test_a_therapist_is_kept_and_found_by_code(store: Store) -> None:
    async with store.transaction() as tx:
        number = await tx.people.add_therapist(therapist("T1"), NOW)
    assert number is not None
    async with store.reading() as tx:
        assert await tx.people.therapist("T1") == dataclasses.replace(therapist("T1"), id=number)
        assert await tx.people.therapist("T2") is None


async def test_a_client_is_kept_and_found_by_code(store: Store) -> None:
    async with store.transaction() as tx:
        owner = await tx.people.add_therapist(therapist(), NOW)
        assert owner is not None
        number = await tx.people.add_client(client("AB", owner), NOW)
    assert number is not None
    kept = dataclasses.replace(client("AB", owner), id=number)
    async with store.transaction() as tx:
        assert await tx.people.client("AB") == kept
        assert await tx.people.client("AB", lock=True) == kept
        assert await tx.people.client("ab") is None


async def test_a_code_is_one_persons(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        assert await tx.people.add_therapist(therapist("T1"), NOW) is None
        assert await tx.people.add_client(client("AB", case.therapist), NOW) is None
        assert len(await tx.people.clients()) == len(await tx.people.therapists()) == 1


async def test_a_client_needs_a_therapist_that_there_is(store: Store) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        async with store.transaction() as tx:
            await tx.people.add_client(client("AB", 999), NOW)


async def test_people_are_listed_by_code(store: Store) -> None:
    cases = [await enrol(store, code, owner) for code, owner in (("CD", "T2"), ("AB", "T1"), ("EF", "T1"))]
    async with store.reading() as tx:
        assert [one.code for one in await tx.people.therapists()] == ["T1", "T2"]
        assert [one.code for one in await tx.people.clients()] == ["AB", "CD", "EF"]
        assert [one.code for one in await tx.people.clients([cases[0].client, cases[1].client, 99])] == [
            "AB",
            "CD",
        ]
        assert await tx.people.clients([]) == ()


async def test_a_client_moves_between_states_alone(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        await tx.people.set_client_state(one.client, ClientState.PAUSED)
    async with store.reading() as tx:
        states = {found.id: found.state for found in await tx.people.clients()}
    assert states == {one.client: ClientState.PAUSED, other.client: ClientState.ACTIVE}


async def test_consent_is_kept_once_with_its_version_and_time(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        await tx.people.set_client_state(case.client, ClientState.INVITED)
        assert await tx.people.consent(case.client, "1", NOW)
        assert not await tx.people.consent(case.client, "2", NOW + HOUR), "an agreement is not overwritten"
        found = await tx.people.client("AB")
    assert found is not None
    assert (found.state, found.consented_at) == (ClientState.ACTIVE, NOW)
    async with store.engine.connect() as connection:
        assert (await connection.execute(sa.select(t.clients.c.consent_version))).scalar_one() == "1"


@pytest.mark.parametrize("state", [ClientState.ACTIVE, ClientState.PAUSED, ClientState.CLOSED])
async def test_only_somebody_invited_can_agree(store: Store, state: ClientState) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        await tx.people.set_client_state(case.client, state)
        assert not await tx.people.consent(case.client, "1", NOW)
        found = await tx.people.client("AB")
    assert found is not None
    assert (found.state, found.consented_at) == (state, None)


async def test_a_client_has_one_open_episode_and_a_new_one_after_it(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        await tx.people.open_episode(case.client, NOW + HOUR)
        assert await tx.people.episodes([case.client]) == {case.client: case.episode}
        await tx.people.close_episode(case.client, "planned", NOW + HOUR)
        assert await tx.people.episodes([case.client]) == {}
        await tx.people.open_episode(case.client, NOW + 2 * HOUR)
        (again,) = (await tx.people.episodes([case.client])).values()
    assert again != case.episode


async def test_closing_an_episode_leaves_those_before_as_they_ended(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        await tx.people.close_episode(case.client, "planned", NOW)
        await tx.people.open_episode(case.client, NOW)
        await tx.people.close_episode(case.client, "moved away", NOW + HOUR)
    async with store.engine.connect() as connection:
        rows = await connection.execute(
            sa.select(t.episodes.c.ending, t.episodes.c.closed_at).order_by(t.episodes.c.id)
        )
        assert [tuple(row) for row in rows] == [("planned", NOW), ("moved away", NOW + HOUR)]


async def test_the_clients_of_one_therapist_are_listed_by_code(store: Store) -> None:
    second, first = await enrol(store, "CD"), await enrol(store, "AB")
    other = await enrol(store, "EF", "T2")
    async with store.reading() as tx:
        theirs = await tx.people.clients(therapist_id=first.therapist)
        others = await tx.people.clients(therapist_id=other.therapist)
    assert [one.id for one in theirs] == [first.client, second.client]
    assert [one.code for one in others] == ["EF"]

"""Addresses: whose they are, who may be written to, and invitations that are used once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from storage.records import AddressState
from storage.store import Store
from tests.storage.caseload import HOUR, NOW, enrol

STRANGER = ("sms", "+15550100")
AB = ("sms", "+1AB")
T1 = ("telegram", "1T1")


async def test_who_is_behind_an_address(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        await tx.addresses.meet([STRANGER], NOW)
        found = await tx.addresses.contacts([AB, T1, STRANGER, ("sms", "+19990000")])
    assert set(found) == {AB, T1, STRANGER}
    ours, theirs, nobodys = found[AB], found[T1], found[STRANGER]
    assert (ours.id, ours.channel, ours.address, ours.state) == (case.address, *AB, AddressState.ACTIVE)
    assert ours.client is not None
    assert (ours.client.id, ours.client.code, ours.client.zone) == (case.client, "AB", "Europe/Paris")
    assert ours.therapist is None
    assert theirs.therapist is not None
    assert (theirs.therapist.id, theirs.therapist.code, theirs.therapist.zone) == (
        case.therapist,
        "T1",
        "Europe/London",
    )
    assert theirs.client is None
    assert (nobodys.client, nobodys.therapist, nobodys.operator, nobodys.told_at) == (None, None, False, None)


async def test_a_contact_carries_no_name(store: Store) -> None:
    await enrol(store)
    async with store.reading() as tx:
        found = await tx.addresses.contacts([AB, T1])
    assert "Name of" not in repr(found)
    assert "Dr" not in repr(found)


async def test_the_same_number_on_another_network_is_another_address(store: Store) -> None:
    await enrol(store)
    async with store.reading() as tx:
        assert await tx.addresses.contacts([("whatsapp", AB[1])]) == {}
        assert await tx.addresses.contacts([]) == {}


async def test_an_address_is_met_once_and_keeps_what_it_is(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        await tx.addresses.set_state([case.address], AddressState.STOPPED)
        await tx.addresses.meet([STRANGER, AB, STRANGER], NOW)
        await tx.addresses.meet([], NOW)
        found = await tx.addresses.contacts([AB, STRANGER])
    assert found[AB].id == case.address
    assert found[AB].state is AddressState.STOPPED
    assert found[AB].client is not None
    assert len(found) == 2


async def test_an_address_that_is_somebodys_is_not_given_away(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        assert not await tx.addresses.give(*AB, client_id=other.client)
        assert not await tx.addresses.give(*AB, therapist_id=one.therapist)
        assert not await tx.addresses.give(*T1, client_id=one.client)
        assert await tx.addresses.give(*AB, client_id=one.client), "it is theirs already"
        assert not await tx.addresses.give("sms", "+19990000", client_id=one.client), "nobody has met it"
        found = await tx.addresses.contacts([AB])
    owner = found[AB].client
    assert owner is not None
    assert owner.id == one.client


async def test_an_address_is_one_persons(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        await tx.addresses.meet([STRANGER], NOW)
    with pytest.raises(sa.exc.IntegrityError):
        async with store.transaction() as tx:
            await tx.addresses.give(*STRANGER, client_id=case.client, therapist_id=case.therapist)


async def test_addresses_are_listed_in_the_order_they_were_made_known(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    second = ("telegram", "0")
    async with store.transaction() as tx:
        await tx.addresses.meet([second, STRANGER], NOW)
        await tx.addresses.give(*second, client_id=one.client)
        await tx.addresses.set_operators([STRANGER], NOW)
        await tx.addresses.set_state([one.address], AddressState.UNREACHABLE)
        ours = await tx.addresses.of_clients([one.client])
        theirs = await tx.addresses.of_therapists([other.therapist])
        operators = await tx.addresses.of_operators()
        nobody = await tx.addresses.of_clients([])
    assert [(found.channel, found.address, found.state) for found in ours] == [
        (*AB, AddressState.UNREACHABLE),
        (*second, AddressState.ACTIVE),
    ]
    assert [found.address for found in theirs] == [T1[1]]
    assert [found.address for found in operators] == [STRANGER[1]]
    assert nobody == ()


async def test_operators_are_those_of_the_config_and_no_others(store: Store) -> None:
    await enrol(store)
    first, second = ("sms", "+15550111"), ("sms", "+15550112")
    async with store.transaction() as tx:
        for wanted in ([first, T1], [second, T1], []):
            await tx.addresses.set_operators(wanted, NOW)
            found = await tx.addresses.of_operators()
            assert {(one.channel, one.address) for one in found} == set(wanted)
        contacts = await tx.addresses.contacts([T1])
    assert contacts[T1].therapist is not None, "who is a therapist too stays one"


async def test_only_the_addresses_named_change_state(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        await tx.addresses.set_state([one.address], AddressState.STOPPED)
        await tx.addresses.note_told([other.address], NOW)
        found = await tx.addresses.contacts([AB, ("sms", "+1CD")])
    assert (found[AB].state, found[AB].told_at) == (AddressState.STOPPED, None)
    assert (found["sms", "+1CD"].state, found["sms", "+1CD"].told_at) == (AddressState.ACTIVE, NOW)


async def test_an_invitation_works_once(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        await tx.invites.add("token-of-client", NOW + HOUR, client_id=case.client)
        await tx.invites.add("token-of-therapist", NOW + HOUR, therapist_id=case.therapist)
        assert await tx.invites.use("token-of-nobody", NOW) is None
        assert await tx.invites.use("token-of-client", NOW) == (case.client, None)
        assert await tx.invites.use("token-of-client", NOW) is None
        assert await tx.invites.use("token-of-therapist", NOW) == (None, case.therapist)


@pytest.mark.parametrize(
    ("late", "works"),
    [pytest.param(-1, True, id="a second before"), pytest.param(0, False, id="at its end")],
)
async def test_an_invitation_ends(store: Store, late: int, works: bool) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        await tx.invites.add("token", NOW + HOUR, client_id=case.client)
        used = await tx.invites.use("token", NOW + HOUR + late * HOUR / 3600)
    assert used == ((case.client, None) if works else None)


async def test_an_invitation_is_for_one_person(store: Store) -> None:
    case = await enrol(store)
    for both in ({}, {"client_id": case.client, "therapist_id": case.therapist}):
        with pytest.raises(sa.exc.IntegrityError):
            async with store.transaction() as tx:
                await tx.invites.add("token", NOW + HOUR, **both)


async def test_an_invitation_that_came_from_the_wrong_address_can_be_used_again(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        await tx.invites.add("token", NOW + HOUR, client_id=case.client)
        assert await tx.invites.use("token", NOW) == (case.client, None)
        await tx.invites.give_back("token")
        assert await tx.invites.use("token", NOW) == (case.client, None)


async def test_an_operator_may_be_a_therapist_and_is_never_a_client(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        await tx.addresses.set_operators([STRANGER], NOW)
        assert not await tx.addresses.give(*STRANGER, client_id=case.client)
        assert await tx.addresses.give(*STRANGER, therapist_id=case.therapist)
        found = await tx.addresses.contacts([STRANGER])
    assert found[STRANGER].operator
    assert found[STRANGER].therapist is not None

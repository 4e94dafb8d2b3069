"""What does not open is gone without, whoever it belongs to, and the log names its row once."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from storage import seals
from storage import tables as t
from storage.crypto import SealError
from storage.records import AddressState, Decision, Emergency, Remark
from storage.store import Store
from tests.storage.caseload import HOUR, NOW, enrol, opened
from tests.storage.test_crises import raised


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the log know of no row yet."""
    monkeypatch.setattr(seals, "_named", set())


async def damage(store: Store, column: sa.Column[object], row_id: int) -> None:
    """Change a byte of a sealed value."""
    which = column.table.c.id == row_id
    async with store.engine.begin() as connection:
        sealed = (await connection.execute(sa.select(column).where(which))).scalar_one()
        assert isinstance(sealed, bytes)
        changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
        await connection.execute(sa.update(column.table).where(which).values({column.name: changed}))


async def test_a_name_is_stood_in_for_by_the_code(store: Store) -> None:
    one, _ = await enrol(store, "AB", "T1"), await enrol(store, "CD", "T2")
    await damage(store, t.therapists.c.name, one.therapist)
    await damage(store, t.clients.c.name, one.client)
    with capture_logs() as logs:
        async with store.transaction() as tx:
            therapists, clients = await tx.people.therapists(), await tx.people.clients()
            locked = await tx.people.client("AB", lock=True)
            assert await tx.people.keys_fit(), "it is one row"
    assert [found.name for found in therapists] == ["T1", "Dr T2"]
    assert [found.name for found in clients] == ["AB", "Name of CD"]
    assert locked == clients[0]
    assert [(said["log_level"], said["column"], said["id"]) for said in logs] == [
        ("error", "therapists.name", one.therapist),
        ("error", "clients.name", one.client),
    ], "once each"


async def test_keys_that_open_no_name_are_another_databases(store: Store) -> None:
    async with store.reading() as tx:
        assert await tx.people.keys_fit(), "there is nobody yet"
    case = await enrol(store)
    await damage(store, t.therapists.c.name, case.therapist)
    async with store.reading() as tx:
        assert await tx.people.keys_fit(), "another one opens"
    await damage(store, t.clients.c.name, case.client)
    async with store.reading() as tx:
        assert not await tx.people.keys_fit()


async def test_a_crisis_climbs_without_its_words_and_keeps_them(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    lost, kept = await raised(store, one), await raised(store, other)
    await damage(store, t.alerts.c.words, lost.id)
    async with store.transaction() as tx:
        due = await tx.alerts.to_climb(NOW + HOUR, 10)
        assert [(found.id, found.words) for found in due] == [(lost.id, ()), (kept.id, kept.words)]
        await tx.alerts.save(dataclasses.replace(due[0], rung=1))
    await damage(store, t.alerts.c.words, lost.id)  # the same byte: as it was
    async with store.reading() as tx:
        found = await tx.alerts.find(lost.id)
    assert found == dataclasses.replace(lost, rung=1)


async def test_an_alert_is_found_without_what_was_done(store: Store) -> None:
    kept = await raised(store, await enrol(store))
    async with store.transaction() as tx:
        await tx.alerts.close(kept.id, None, by="desk", closing="spoke with her", now=NOW)
    await damage(store, t.alerts.c.closing, kept.id)
    async with store.reading() as tx:
        found = await tx.alerts.find(kept.id)
    assert found is not None
    assert (found.closing, found.closed_at) == (None, NOW)


async def test_of_words_to_pass_on_the_others_are_taken(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        check_in = await opened(tx, case)
        words = [Remark(0, case.client, check_in.id, text, NOW) for text in ("first", "second")]
        await tx.inbox.remark(words)
    async with store.engine.connect() as connection:
        first = (await connection.execute(sa.select(sa.func.min(t.remarks.c.id)))).scalar_one()
    await damage(store, t.remarks.c.text, first)
    with capture_logs() as logs:
        async with store.transaction() as tx:
            found = await tx.inbox.untold([check_in.id], NOW)
    assert [one.text for one in found] == ["second"]
    assert [(said["column"], said["id"]) for said in logs] == [("remarks.text", first)]
    assert "first" not in str(logs)


@pytest.mark.parametrize(
    ("state", "given"),
    [
        (AddressState.ACTIVE, AddressState.UNREACHABLE),
        (AddressState.UNREACHABLE, AddressState.UNREACHABLE),
        (AddressState.STOPPED, AddressState.STOPPED),
    ],
)
async def test_an_address_is_given_as_one_that_can_not_be_reached(
    store: Store, state: AddressState, given: AddressState
) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        await tx.addresses.set_state([one.address], state)
    await damage(store, t.addresses.c.address, one.address)
    async with store.reading() as tx:
        found = await tx.addresses.of_clients([one.client, other.client])
    assert [(each.id, each.state) for each in found] == [
        (one.address, given),
        (other.address, AddressState.ACTIVE),
    ]


async def test_a_goal_that_does_not_open_keeps_its_place(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        for case, goal in ((one, "sleep"), (one, "walk"), (other, "read")):
            await tx.goals.add(case.client, goal, NOW)
    async with store.engine.connect() as connection:
        first = (await connection.execute(sa.select(sa.func.min(t.goals.c.id)))).scalar_one()
    await damage(store, t.goals.c.text, first)
    async with store.reading() as tx:
        assert await tx.goals.of([one.client, other.client]) == {
            one.client: ("", "walk"),
            other.client: ("read",),
        }


async def test_a_decision_holds_without_its_words(store: Store) -> None:
    case = await enrol(store)
    until = date(2026, 4, 1)
    async with store.transaction() as tx:
        await tx.decisions.add(Decision(case.client, case.therapist, "a hard month", NOW, until))
    async with store.engine.connect() as connection:
        number = (await connection.execute(sa.select(t.decisions.c.id))).scalar_one()
    await damage(store, t.decisions.c.words, number)
    async with store.reading() as tx:
        (found,) = await tx.decisions.expecting_dips([case.client], until)
    assert (found.words, found.dip_until) == ("", until)


async def test_a_plan_is_gone_without_by_the_crisis_text_and_told_to_who_looks(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        assert await tx.people.safety_plan(case.client) is None
        await tx.people.set_emergency(case.client, Emergency("Ring Mia.", "Mia"))
        assert await tx.people.safety_plan(case.client) == "Ring Mia."
    await damage(store, t.clients.c.safety_plan, case.client)
    async with store.transaction() as tx:
        assert await tx.people.safety_plan(case.client) is None
        with pytest.raises(SealError):
            await tx.people.emergency(case.client)

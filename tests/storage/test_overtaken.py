"""What must not go out any more when its turn comes: answered meanwhile, over, or no longer wanted."""

from __future__ import annotations

import dataclasses

import pytest

from scoring.instrument import Mark
from storage.records import AddressState, Answer, CheckIn, CheckInState, Draft
from storage.store import Store
from tests.storage.caseload import NOW, Case, enrol, opened
from tests.storage.mail import bodies, draft, lease, note, queue, sent, states


def question(case: Case, check_in: CheckIn, position: int = 0) -> Draft:
    """Make a question of a check-in."""
    return draft(case, f"{position + 1}/4", kind="question", check_in_id=check_in.id, position=position)


async def answer(store: Store, check_in: CheckIn, position: int, mark: Mark) -> None:
    """Keep an answer."""
    async with store.transaction() as tx:
        await tx.answers.keep([Answer(check_in.id, position, mark, None, NOW)])


@pytest.mark.parametrize("mark", [0, None])
async def test_a_question_that_was_answered_meanwhile_is_not_asked(store: Store, mark: Mark) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        check_in = await opened(tx, case)
    await queue(store, question(case, check_in))
    await answer(store, check_in, 0, mark)
    assert await bodies(store) == []
    assert await states(store) == [("withdrawn", "overtaken")]
    await queue(store, question(case, check_in, 1))
    assert await bodies(store) == ["2/4"], "the open one is"


async def test_a_question_of_a_check_in_that_does_not_go_on_is_not_asked(store: Store) -> None:
    held, over = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        one, other = await opened(tx, held), await opened(tx, over)
        await tx.check_ins.update(
            [dataclasses.replace(one, held=True), dataclasses.replace(other, state=CheckInState.EXPIRED)], NOW
        )
    await queue(store, question(held, one), question(over, other), draft(held, "reply"))
    assert await bodies(store) == ["reply"], "at once: it waits behind nothing"
    assert await states(store) == [("withdrawn", "overtaken")] * 2 + [("leased", None)]


@pytest.mark.parametrize("state", [AddressState.STOPPED, AddressState.UNREACHABLE])
async def test_nothing_that_we_begin_goes_to_somebody_who_wants_silence(
    store: Store, state: AddressState
) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        check_in = await opened(tx, case)
        await tx.addresses.set_state([case.address], state)
    begun = ("question", "reminder", "consent", "note", "remark")
    for kind in (*begun, "reply", "crisis", "alert"):
        await queue(store, draft(case, kind, kind=kind, check_in_id=check_in.id, position=0))
        went = await lease(store)
        assert [one.body for one in went] == ([] if kind in begun else [kind])
        await note(store, *(sent(one, kind) for one in went))
    assert [reason for _, reason in await states(store)] == ["overtaken"] * 5 + [None] * 3


async def test_only_a_question_of_the_client_that_has_not_gone_out_is_listed_and_withdrawn(
    store: Store,
) -> None:
    case, other = await enrol(store, "AB"), await enrol(store, "CD")
    await queue(store, draft(case, "gone", kind="confirm"))
    await note(store, *(sent(one, "1") for one in await lease(store)))
    await queue(store, *(draft(one, f"q{one.client}", kind="confirm") for one in (case, case, other)))
    await queue(store, draft(case, "note", kind="note"))
    async with store.transaction() as tx:
        found = await tx.outbox.confirming([case.client])
        assert [body for _, body in found] == [f"q{case.client}"] * 2
        await tx.outbox.withdraw([found[0][0]], NOW)
        await tx.outbox.withdraw([], NOW)
        assert await tx.outbox.confirming([case.client]) == found[1:]
    assert [one for one in await states(store) if one[0] == "withdrawn"] == [("withdrawn", "changed")]

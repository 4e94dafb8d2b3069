"""What became of messages: withdrawn, lapsed, sent, and what the network says of them later, in any order."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from storage.records import Answer, Asked, CheckIn, Note, OutboxState, Priority
from storage.store import Store
from tests.storage.caseload import HOUR, NOW, Case, alert, enrol, opened
from tests.storage.mail import arrive, bodies, draft, lease, note, queue, sent, states

TICK = timedelta(microseconds=1)


async def open_check_in(store: Store, case: Case) -> CheckIn:
    """Keep a check-in that is open."""
    async with store.transaction() as tx:
        return await opened(tx, case)


async def send(store: Store, external_id: str = "SM1") -> int:
    """Lease the one message that may go, and note that it was sent."""
    (one,) = await lease(store)
    await note(store, sent(one, external_id))
    return one.id


async def test_an_answered_question_is_no_longer_asked(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    mine, theirs = await open_check_in(store, one), await open_check_in(store, other)
    await queue(
        store,
        draft(one, "question", kind="question", check_in_id=mine.id),
        draft(one, "reminder", kind="reminder", check_in_id=mine.id),
        draft(one, "thanks", kind="reply", check_in_id=mine.id),
        draft(other, "theirs", kind="question", check_in_id=theirs.id),
    )
    async with store.transaction() as tx:
        await tx.outbox.withdraw_questions([mine.id], NOW)
    assert [state for state, _ in await states(store)] == ["withdrawn", "withdrawn", "waiting", "waiting"]
    assert await bodies(store) == ["thanks", "theirs"]


async def test_a_question_under_way_or_gone_is_not_withdrawn(store: Store) -> None:
    case = await enrol(store)
    check_in = await open_check_in(store, case)
    for ending in ("SM1", None):
        await queue(store, draft(case, "question", kind="question", check_in_id=check_in.id))
        if ending:
            await send(store, ending)
    await lease(store)
    async with store.transaction() as tx:
        await tx.outbox.withdraw_questions([check_in.id], NOW)
    assert [state for state, _ in await states(store)] == ["sent", "leased"]


async def test_somebody_who_asked_for_silence_gets_it_but_for_the_crisis_text(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    await queue(
        store,
        draft(one, "question", kind="question"),
        draft(one, "crisis", kind="crisis", priority=Priority.CRISIS),
        draft(other, "theirs"),
    )
    async with store.transaction() as tx:
        assert await tx.outbox.withdraw_all([one.address], ("crisis",), NOW) == frozenset()
    assert await states(store) == [("withdrawn", "stopped"), ("waiting", None), ("waiting", None)]


async def test_withdrawing_tells_which_alerts_nobody_will_read(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        alerts = [await tx.alerts.add(alert(case)) for _ in range(2)]
        await tx.outbox.queue(
            [dataclasses.replace(draft(case, "alert", kind="alert"), alert_id=one.id) for one in alerts], NOW
        )
        await tx.outbox.queue([draft(case, "reply")], NOW)
        assert await tx.outbox.withdraw_all([case.address], (), NOW) == {one.id for one in alerts}


async def test_what_is_too_late_is_not_sent(store: Store) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "for an hour", valid_until=NOW + HOUR), draft(case, "for ever"))
    async with store.transaction() as tx:
        await tx.outbox.lapse(NOW + HOUR - TICK)
        await tx.outbox.lapse(NOW + HOUR)
    assert await states(store) == [("withdrawn", "too late"), ("waiting", None)]


async def test_a_message_withdrawn_while_it_was_under_way_is_not_queued_again(store: Store) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "one"))
    (one,) = await lease(store)
    await note(store, Note(one.id, OutboxState.UNKNOWN, NOW, not_before=NOW))
    async with store.transaction() as tx:
        await tx.outbox.withdraw_all([case.address], (), NOW)
    await note(store, Note(one.id, OutboxState.WAITING, NOW, not_before=NOW))
    assert await states(store) == [("withdrawn", "stopped")]


@pytest.mark.parametrize(
    ("outcome", "state"), [("delivered", ("delivered", None)), ("failed", ("failed", "30003"))]
)
@pytest.mark.parametrize("early", [True, False])
async def test_a_report_counts_before_and_after_our_own_note(
    store: Store, outcome: str, state: tuple[str, str | None], early: bool
) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "one"))
    (one,) = await lease(store)
    code = "30003" if outcome == "failed" else None
    told = await arrive(store, outcome, code=code) if early else ()
    noted = await note(store, sent(one))
    told += await arrive(store, outcome, code=code)
    assert await states(store) == [state]
    assert [each.id for each in (*told, *noted)] == ([one.id] if outcome == "failed" else []), "said once"


async def test_the_same_report_twice_says_nothing_new(store: Store) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "one"))
    await send(store)
    assert [one.body for one in await arrive(store, "failed", code="30003")] == ["one"]
    assert await arrive(store, "failed", code="30003") == ()
    assert await arrive(store, "failed", code="30005") == ()
    assert await states(store) == [("failed", "30003")]


@pytest.mark.parametrize("first", ["delivered", "failed"])
@pytest.mark.parametrize("later", ["delivered", "failed", "sent"])
async def test_a_final_state_is_never_left_by_a_report(store: Store, first: str, later: str) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "one"))
    await send(store)
    await arrive(store, first)
    assert (await arrive(store, later)) == ()
    assert [state for state, _ in await states(store)] == [first]


@pytest.mark.parametrize("first", ["delivered", "failed"])
@pytest.mark.parametrize("late", [OutboxState.WAITING, OutboxState.UNKNOWN, OutboxState.SENT])
async def test_a_final_state_is_never_left_by_a_late_note(
    store: Store, first: str, late: OutboxState
) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "one"))
    number = await send(store)
    await arrive(store, first)
    await note(store, Note(number, late, NOW + HOUR, "AC1", "SM1", not_before=NOW))
    assert [state for state, _ in await states(store)] == [first]


async def test_a_message_that_was_sent_is_not_sent_again_by_a_late_note(store: Store) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "one"))
    number = await send(store)
    await note(store, Note(number, OutboxState.WAITING, NOW, not_before=NOW))
    assert await bodies(store) == []


async def test_a_report_is_about_the_message_of_its_own_account(store: Store) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "one"))
    (one,) = await lease(store)
    await note(store, dataclasses.replace(sent(one), account="AC2"))
    await arrive(store, "delivered")
    assert await states(store) == [("sent", None)]


async def test_a_report_on_nothing_of_ours_is_kept_and_harms_nothing(store: Store) -> None:
    assert await arrive(store, "failed", "SM9") == ()
    async with store.transaction() as tx:
        assert await tx.outcomes.arrived([]) == ()
        assert await tx.outcomes.note([]) == ()
        await tx.outbox.queue([], NOW)


async def test_which_message_asked_the_open_question(store: Store) -> None:
    case = await enrol(store)
    check_in = await open_check_in(store, case)

    async def put(kind: str, position: int, external_id: str | None) -> None:
        await queue(store, draft(case, "one", kind=kind, check_in_id=check_in.id, position=position))
        if external_id:
            await send(store, external_id)

    await put("question", 0, "SM1")
    await put("reminder", 0, "SM2")
    async with store.transaction() as tx:
        await tx.answers.keep([Answer(check_in.id, 0, 70, None, NOW)])
    await put("question", 1, "SM3")
    await put("reply", 1, "SM4")
    await arrive(store, "delivered", "SM2")
    await put("question", 1, None)
    async with store.reading() as tx:
        found = await tx.sent.asked([check_in.id])
        assert found == {check_in.id: Asked({0: "SM2", 1: "SM3"})}
        assert await tx.sent.asked([]) == {}


async def test_questions_put_together_are_not_those_put_singly_and_postponements_count(store: Store) -> None:
    case = await enrol(store)
    check_in = await open_check_in(store, case)
    for kind, position, external_id in (
        ("together", 0, "SM1"),
        ("reply", None, "SM2"),
        ("reply", None, None),
    ):
        await queue(store, draft(case, "one", kind=kind, check_in_id=check_in.id, position=position))
        if external_id:
            await send(store, external_id)
    async with store.reading() as tx:
        found = (await tx.sent.asked([check_in.id]))[check_in.id]
    assert found == Asked(together=0, postponed=2)
    assert [found.shows(0, together=True), found.shows(0, together=False)] == [True, False]
    assert not found.shows(1, together=True)


@pytest.mark.parametrize(
    ("states", "never"),
    [
        pytest.param((), False, id="of one without messages nothing is known"),
        pytest.param((OutboxState.FAILED,), True, id="refused"),
        pytest.param((OutboxState.FAILED, OutboxState.WAITING), True, id="refused, and waiting elsewhere"),
        pytest.param((OutboxState.FAILED, OutboxState.SENT), False, id="sent elsewhere"),
        pytest.param((OutboxState.UNKNOWN,), False, id="it may have gone"),
    ],
)
async def test_a_check_in_was_not_asked_where_no_question_of_it_went(
    store: Store, states: tuple[OutboxState, ...], never: bool
) -> None:
    case = await enrol(store)
    check_in = await open_check_in(store, case)
    await queue(store, draft(case, "thanks", check_in_id=check_in.id))
    for state in states:
        await queue(store, draft(case, "q", kind="question", check_in_id=check_in.id, position=0))
        async with store.transaction() as tx:
            (one,) = await tx.outbox.questions_to(case.address)
            await tx.outcomes.note([Note(one.id, state, NOW, not_before=NOW)])
            waiting = await tx.outbox.questions_to(case.address)
            assert len(waiting) == (state in {OutboxState.WAITING, OutboxState.UNKNOWN})
    async with store.transaction() as tx:
        assert await tx.outbox.never_asked([check_in.id]) == ({check_in.id} if never else frozenset())


async def test_how_often_nobody_knew_is_counted_apart(store: Store) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "one"))
    (one,) = await lease(store)
    assert one.unsure == 0
    for _ in range(2):
        async with store.transaction() as tx:
            await tx.outcomes.doubt([one])
            await tx.outcomes.doubt([])
    await note(store, Note(one.id, OutboxState.WAITING, NOW, reason="repeated", not_before=NOW))
    (again,) = await lease(store)
    assert (again.unsure, again.reason) == (1, "repeated"), "what two workers saw is one"

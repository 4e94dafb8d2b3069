"""The order in which messages go out: most urgent first, one at a time to each address, none twice."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta

import pytest

from storage.records import Note, OutboxState, Priority
from storage.store import Store
from tests.storage.caseload import HOUR, NOW, enrol, opened
from tests.storage.mail import bodies, draft, lease, leased, note, queue, sent, states

TICK = timedelta(microseconds=1)


async def test_a_leased_message_is_told_whole(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        check_in = await opened(tx, case)
    asked = draft(case, "How?", kind="question", valid_until=NOW + HOUR, check_in_id=check_in.id, position=0)
    await queue(store, asked)
    (one,) = await lease(store, NOW + TICK)
    assert (one.address_id, one.channel, one.address, one.client_id) == (
        case.address,
        "sms",
        "+1AB",
        case.client,
    )
    assert (one.kind, one.body, one.attempts) == ("question", "How?", 1)
    assert (one.created_at, one.leased_at, one.valid_until) == (NOW, NOW + TICK, NOW + HOUR)
    assert (one.check_in_id, one.position, one.alert_id, one.external_id) == (check_in.id, 0, None, None)


async def test_to_one_address_goes_one_message_at_a_time_in_order(store: Store) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "first"), draft(case, "second"))
    (first,) = await lease(store)
    assert first.body == "first"
    assert await bodies(store) == [], "the second waits while the first is under way"
    await note(store, sent(first))
    assert await bodies(store) == ["second"]


async def test_the_most_urgent_goes_first(store: Store) -> None:
    case = await enrol(store)
    ordered = list(Priority)
    await queue(store, *(draft(case, one.name, priority=one) for one in reversed(ordered)))
    went = []
    for _ in ordered:
        (one,) = await lease(store)
        went.append(one.body)
        await note(store, sent(one, f"SM{one.id}"))
    assert went == [one.name for one in ordered]


async def test_people_do_not_wait_for_one_another(store: Store) -> None:
    cases = [await enrol(store, code) for code in ("AB", "CD", "EF")]
    await queue(
        store,
        draft(cases[0], "question", priority=Priority.QUESTION),
        draft(cases[1], "reply"),
        draft(cases[2], "crisis", priority=Priority.CRISIS),
        draft(cases[0], "reminder", priority=Priority.REMINDER),
    )
    assert await bodies(store) == ["crisis", "reply", "question"]


async def test_a_round_has_a_limit_and_takes_the_most_urgent(store: Store) -> None:
    cases = [await enrol(store, code) for code in ("AB", "CD", "EF")]
    priorities = (Priority.QUESTION, Priority.REPLY, Priority.CRISIS)
    await queue(store, *(draft(case, p.name, priority=p) for case, p in zip(cases, priorities, strict=True)))
    assert await bodies(store, limit=2) == ["CRISIS", "REPLY"]
    assert await bodies(store, limit=2) == ["QUESTION"]


async def test_a_message_waits_for_its_moment_and_holds_nobody_up(store: Store) -> None:
    case = await enrol(store)
    morning = NOW + HOUR
    await queue(
        store, draft(case, "morning", priority=Priority.ALERT, not_before=morning), draft(case, "now")
    )
    assert await bodies(store, morning - TICK) == ["now"]
    assert await bodies(store, morning) == [], "the address is busy"


async def test_at_its_moment_it_goes(store: Store) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "morning", not_before=NOW + HOUR))
    assert await bodies(store, NOW + HOUR - TICK) == []
    assert await bodies(store, NOW + HOUR) == ["morning"]


async def test_only_the_channels_that_are_awake_are_served(store: Store) -> None:
    case = await enrol(store)
    await queue(
        store,
        draft(case, "sms"),
        dataclasses.replace(draft(case, "telegram"), address_id=case.therapist_address),
    )
    async with store.transaction() as tx:
        assert await leased(tx, channel="console") == ()
        served = await leased(tx, channel="telegram")
    assert [one.body for one in served] == ["telegram"]


async def test_nothing_overtakes_a_message_whose_outcome_is_unknown(store: Store) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "asked"), draft(case, "next"))
    (asked,) = await lease(store)
    await note(store, Note(asked.id, OutboxState.UNKNOWN, NOW, not_before=NOW))
    assert await bodies(store) == []
    await queue(store, draft(case, "crisis", priority=Priority.CRISIS))
    assert await bodies(store) == ["crisis"], "but what is more urgent does not wait for it"


async def test_even_the_crisis_text_waits_while_a_message_is_under_way(store: Store) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "under way"))
    await lease(store)
    await queue(store, draft(case, "crisis", priority=Priority.CRISIS))
    assert await bodies(store) == []


async def test_a_message_that_is_tried_again_keeps_its_place(store: Store) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "first"), draft(case, "second"))
    (first,) = await lease(store)
    await note(store, Note(first.id, OutboxState.WAITING, NOW, reason="NotNowError", not_before=NOW + HOUR))
    assert await bodies(store, NOW + HOUR - TICK) == [], "the second would come before the first"
    await queue(store, draft(case, "crisis", priority=Priority.CRISIS))
    assert await bodies(store, NOW) == ["crisis"], "but what is more urgent does not wait for it"


async def test_a_message_that_is_tried_again_goes_at_its_moment(store: Store) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "first"), draft(case, "second"))
    (first,) = await lease(store)
    await note(store, Note(first.id, OutboxState.WAITING, NOW, not_before=NOW + HOUR))
    assert await bodies(store, NOW + HOUR) == ["first"]


async def test_attempts_are_counted(store: Store) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "one"))
    for attempt in (1, 2, 3):
        (one,) = await lease(store)
        assert one.attempts == attempt
        await note(store, Note(one.id, OutboxState.WAITING, NOW, not_before=NOW))


async def test_a_message_that_was_given_back_was_not_tried(store: Store) -> None:
    case, other = await enrol(store, "AB"), await enrol(store, "CD")
    await queue(store, draft(case, "later"), draft(case, "behind"), draft(other, "now"))
    later, now = await lease(store)
    await note(store, sent(now))
    async with store.transaction() as tx:
        await tx.leases.give_back([(later, NOW + HOUR), (now, NOW + HOUR)])
        await tx.leases.give_back([])
    assert [state for state, _ in await states(store)] == ["waiting", "waiting", "sent"], "what went is gone"
    (behind,) = await lease(store, NOW + HOUR - TICK)
    await note(store, sent(behind, "SM2"))
    (again,) = await lease(store, NOW + HOUR)
    assert (behind.body, again.body, again.attempts) == ("behind", "later", 1)


@pytest.mark.parametrize("state", [OutboxState.WAITING, OutboxState.UNKNOWN, OutboxState.FAILED])
async def test_a_note_of_an_earlier_attempt_changes_nothing(store: Store, state: OutboxState) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "one"))
    (first,) = await lease(store)
    await note(store, Note(first.id, OutboxState.WAITING, NOW, not_before=NOW, leased_at=first.leased_at))
    (second,) = await lease(store, NOW + TICK)
    assert second.leased_at != first.leased_at
    late = Note(first.id, state, NOW, reason="late", not_before=NOW, leased_at=first.leased_at)
    await note(store, late)
    async with store.transaction() as tx:
        await tx.leases.give_back([(first, NOW)])
    assert await states(store) == [("leased", None)]
    await note(store, dataclasses.replace(late, leased_at=second.leased_at))
    assert await states(store) == [(state, "late")]


async def test_what_the_network_took_counts_whichever_attempt_it_was(store: Store) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "one"))
    (first,) = await lease(store)
    await note(store, Note(first.id, OutboxState.WAITING, NOW, not_before=NOW))
    await lease(store, NOW + TICK)
    await note(store, dataclasses.replace(sent(first), leased_at=first.leased_at))
    assert [state for state, _ in await states(store)] == ["sent"]


async def test_what_was_put_off_for_long_holds_up_nobody(store: Store) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "tonight"), draft(case, "now"))
    (first,) = await lease(store)
    await note(store, Note(first.id, OutboxState.WAITING, NOW, not_before=NOW + HOUR + TICK))
    assert await bodies(store, NOW) == ["now"]


async def test_what_a_process_left_behind_is_taken_at_once(store: Store) -> None:
    cases = [await enrol(store, code) for code in ("AB", "CD", "EF")]
    await queue(store, *(draft(case, code) for case, code in zip(cases, ("AB", "CD", "EF"), strict=True)))
    unsure, done, _left = await lease(store)
    await note(store, sent(done), Note(unsure.id, OutboxState.UNKNOWN, NOW, not_before=NOW + 9 * HOUR))
    async with store.transaction() as tx:
        assert await tx.leases.reclaim(NOW) == 2
        asked = await tx.leases.lease_unknown(["sms"], NOW, NOW + HOUR, 10)
    assert [one.body for one in asked] == ["AB", "EF"]


async def test_a_lease_that_ran_out_may_have_been_sent(store: Store) -> None:
    case = await enrol(store)
    await queue(store, draft(case, "one"))
    await lease(store)  # for an hour
    async with store.transaction() as tx:
        assert await tx.leases.lost_leases(NOW + HOUR - TICK) == 0
        assert await tx.leases.lost_leases(NOW + HOUR) == 1
        assert await tx.leases.lost_leases(NOW + HOUR) == 0
    assert await states(store) == [("unknown", None)]
    assert await bodies(store, NOW + 2 * HOUR) == [], "it is asked about before it is sent again"


async def test_what_is_unknown_is_asked_about_by_one_at_a_time(store: Store) -> None:
    cases = [await enrol(store, code) for code in ("AB", "CD")]
    await queue(
        store, *(draft(case, case_name) for case, case_name in zip(cases, ("one", "other"), strict=True))
    )
    one, other = await lease(store)
    await note(store, Note(one.id, OutboxState.UNKNOWN, NOW, not_before=NOW + HOUR))
    async with store.transaction() as tx:
        assert await tx.leases.lease_unknown(["sms"], NOW, NOW + HOUR, 10) == ()
        assert await tx.leases.lease_unknown(["telegram"], NOW + HOUR, NOW + 2 * HOUR, 10) == ()
        asked = await tx.leases.lease_unknown(["sms"], NOW + HOUR, NOW + 2 * HOUR, 10)
        assert await tx.leases.lease_unknown(["sms"], NOW + HOUR, NOW + 2 * HOUR, 10) == ()
    assert [(found.id, found.body, found.leased_at) for found in asked] == [(one.id, "one", NOW)]
    assert await states(store) == [("unknown", None), ("leased", None)]
    assert other.body == "other"


async def test_workers_never_lease_the_same_message(store: Store) -> None:
    cases = [await enrol(store, code) for code in ("AB", "CD", "EF")]
    await queue(store, *(draft(case, str(number)) for case in cases for number in (1, 2)))
    rounds = await asyncio.gather(*(bodies(store) for _ in range(4)))
    assert sorted(body for went in rounds for body in went) == ["1", "1", "1"]

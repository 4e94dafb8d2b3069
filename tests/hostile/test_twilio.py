"""A check-in over a Twilio that misbehaves: every answer counts once, and no text goes twice."""

from __future__ import annotations

from functools import partial
from itertools import permutations

import pytest

from tests.fakes.twilio import FakeTwilio, Fault
from tests.hostile.stage import ALMA, IDA, OLE, Stage, number

Pair = tuple[Stage, FakeTwilio]

CLIENT, THERAPIST, OPERATOR = number(ALMA), number(IDA), number(OLE)
ANSWERS = (7, 6, 8, 5)


def texts(twilio: FakeTwilio, to: str = CLIENT) -> list[str]:
    """Give what Twilio took for somebody."""
    return [one.body for one in twilio.sent if one.to == to]


def shown(twilio: FakeTwilio, words: str, to: str = CLIENT) -> int:
    """Count the texts that hold these words."""
    return sum(words in text for text in texts(twilio, to))


async def answered(stage: Stage, twilio: FakeTwilio) -> None:
    """Answer the four questions, each once it is there."""
    for place, answer in enumerate(ANSWERS, 1):
        await stage.send_until(partial(shown, twilio, f"{place}/4"))
        await stage.later()
        response = await twilio.receive(CLIENT, str(answer))
        assert response.status_code == 200
    await stage.send()


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(hangs=True), id="timed out before accepting"),
        pytest.param(Fault(hangs=True, accepts=True), id="timed out after accepting"),
        pytest.param(Fault(status=500), id="500 before accepting"),
        pytest.param(Fault(status=500, accepts=True), id="500 after accepting"),
        pytest.param(Fault(status=502, body="<html>", accepts=True), id="502 with a page"),
        pytest.param(Fault(status=201, body="garbage", accepts=True), id="garbage after accepting"),
        pytest.param(Fault(drips=True, accepts=True), id="a byte at a time"),
        pytest.param(Fault(code=20429, retry_after=3), id="429"),
        pytest.param(Fault(code=21611), id="queue full"),
        pytest.param(Fault(code=20003), id="401"),
        pytest.param(Fault(status=403, body="<html>"), id="403"),
        pytest.param(Fault(slow=0.1), id="slowly"),
    ],
)
async def test_a_check_in_comes_to_its_end_and_no_text_goes_twice(twilio: Pair, fault: Fault) -> None:
    stage, network = twilio
    network.fail_next(fault)
    await stage.ask()
    await answered(stage, network)
    assert await stage.marks() == [10 * one for one in ANSWERS]
    assert [shown(network, f"{place}/4") for place in (1, 2, 3, 4)] == [1, 1, 1, 1]


async def test_a_list_that_cannot_be_read_is_asked_for_again_before_anything_goes_twice(twilio: Pair) -> None:
    stage, network = twilio
    network.fail_next(Fault(status=500, accepts=True))
    network.fail_next(Fault(status=500), 3)
    await stage.ask()
    await answered(stage, network)
    assert shown(network, "1/4") == 1


@pytest.mark.parametrize("order", [*permutations(["sent", "delivered", "undelivered"])])
async def test_reports_in_any_order_and_twice(twilio: Pair, order: tuple[str, ...]) -> None:
    stage, network = twilio
    await stage.ask()
    (question,) = [one.sid for one in network.sent if one.to == CLIENT]
    for status in (*order, *order):
        response = await network.status(question, status, 30005 if status == "undelivered" else None)
        assert response is not None
        assert response.status_code in {200, 204}
    first = min(order.index("delivered"), order.index("undelivered"))
    assert await stage.states() == ["delivered" if order[first] == "delivered" else "failed"]


async def test_a_report_that_comes_before_the_answer_to_our_own_request_counts(twilio: Pair) -> None:
    stage, network = twilio
    network.callbacks = ("queued", "sent", "delivered")
    await stage.ask()
    assert await stage.states() == ["delivered"]


@pytest.mark.parametrize(
    ("code", "state"),
    [
        pytest.param(30003, "waiting", id="no answer: once more"),
        pytest.param(30008, "waiting", id="nobody knows why: once more"),
        pytest.param(30022, "waiting", id="too fast: again"),
        pytest.param(30001, "waiting", id="queue full: again"),
        pytest.param(30034, "waiting", id="not registered: once it is"),
        pytest.param(30005, "failed", id="nobody there"),
        pytest.param(30007, "failed", id="filtered"),
        pytest.param(30036, "failed", id="its time was over"),
    ],
)
async def test_what_each_report_of_failure_leads_to(twilio: Pair, code: int, state: str) -> None:
    stage, network = twilio
    await stage.ask()
    (question,) = [one.sid for one in network.sent if one.to == CLIENT]
    await network.status(question, "undelivered", code)
    assert await stage.states() == [state]
    if state == "waiting":
        await stage.send_until(lambda: shown(network, "1/4") == 2)
    if code == 30007:
        await stage.send()
        assert shown(network, "30007", OPERATOR) == 1


async def test_a_text_that_comes_twice_is_answered_once(twilio: Pair) -> None:
    stage, network = twilio
    await stage.ask()
    sid = network.arrive(CLIENT, "7")
    for _ in range(3):
        assert (await network.receive(CLIENT, "7", sid=sid)).status_code == 200
    await stage.send()
    assert await stage.marks() == [70]


async def test_the_same_text_twice_at_the_same_instant_is_two_answers(twilio: Pair) -> None:
    stage, network = twilio
    await stage.ask()
    await network.receive(CLIENT, "7")
    await stage.send()
    await network.receive(CLIENT, "7")
    assert await stage.marks() == [70, 70]


async def test_a_stop_that_only_twilio_knew_of_is_one_refused_send_and_no_more(twilio: Pair) -> None:
    stage, network = twilio
    network.opt_out(CLIENT)
    await stage.ask()
    refused = network.posts
    stage.clock.wait(hours=25)
    await stage.send()
    assert network.posts - refused <= 1, "the therapist hears, and the client is left alone"
    assert texts(network) == []


async def test_nul_and_odd_unicode_are_kept_and_answered(twilio: Pair) -> None:
    stage, network = twilio
    await stage.ask()
    for words in ("7\0", "\u200f\ufeff\U0001f9e0", "\u0000\u0000"):
        assert (await network.receive(CLIENT, words)).status_code == 200
    assert (await stage.marks())[:1] == [70]

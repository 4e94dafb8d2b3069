"""What becomes of a message that was not simply sent: every row of the table in `bot.retries`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.channels.base import (
    Cause,
    ChannelError,
    NoAnswerError,
    NotNowError,
    OutcomeUnknownError,
    RefusedError,
    SenderFaultError,
    UnreachableError,
)
from bot.retries import (
    ASK_FOR,
    ATTEMPTS,
    REPEATS,
    Fate,
    Loss,
    Retry,
    Tried,
    after,
    after_report,
    backoff,
    not_there,
    unanswered,
    unconfirmed,
)
from tests.world import MONDAY

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
BUSY = NotNowError("busy", 40 * SECOND)
RESTING = NotNowError("busy", 40 * SECOND, whole_sender=True)
NO_ANSWER = NoAnswerError("no answer", HOUR)
OH = ChannelError("oh")
US = SenderFaultError("us")
QUESTION = Tried("question", 1)


def tried(attempts: int, kind: str = "question", *, crisis: bool = False) -> Tried:
    return Tried(kind, attempts, crisis=crisis)


def again(
    why: str,
    seconds: float,
    *,
    rests: bool = False,
    no_answer: bool = False,
    sender_fault: bool = False,
    stalled: bool = False,
    said: str = "",
) -> Retry:
    return Retry(
        Fate.AGAIN,
        why,
        MONDAY + timedelta(seconds=seconds),
        rests=rests,
        no_answer=no_answer,
        sender_fault=sender_fault,
        stalled=stalled,
        said=said,
    )


@pytest.mark.parametrize(
    ("message", "error", "retry"),
    [
        pytest.param(
            QUESTION,
            UnreachableError("gone"),
            Retry(Fate.GIVEN_UP, "UnreachableError", lost=Loss.UNREACHABLE),
            id="refused for good",
        ),
        pytest.param(
            QUESTION,
            UnreachableError("filtered", barred=True),
            Retry(Fate.GIVEN_UP, "filtered", lost=Loss.UNREACHABLE, barred=True),
            id="refused for good, for a reason that operators can look after",
        ),
        pytest.param(
            QUESTION,
            UnreachableError("stop", opted_out=True),
            Retry(Fate.GIVEN_UP, "UnreachableError", lost=Loss.OPTED_OUT),
            id="opted out",
        ),
        pytest.param(
            QUESTION, RefusedError("long"), Retry(Fate.GIVEN_UP, "RefusedError", said="long"), id="this one"
        ),
        pytest.param(
            QUESTION,
            OutcomeUnknownError("timed out"),
            Retry(Fate.ASK, "OutcomeUnknownError", MONDAY + 15 * SECOND),
            id="ask before sending again",
        ),
        pytest.param(QUESTION, BUSY, again("NotNowError", 40), id="when the network says"),
        pytest.param(tried(99), BUSY, again("NotNowError", 40), id="however often it says so"),
        pytest.param(QUESTION, RESTING, again("NotNowError", 40, rests=True), id="the whole sender rests"),
        pytest.param(
            QUESTION, NO_ANSWER, again("NoAnswerError", 3600, no_answer=True), id="a phone that is off"
        ),
        pytest.param(
            Tried("question", 1, called_before=True),
            NO_ANSWER,
            Retry(Fate.GIVEN_UP, "NoAnswerError", lost=Loss.UNREACHABLE),
            id="and still is",
        ),
        pytest.param(
            QUESTION,
            US,
            again("SenderFaultError", 300, rests=True, sender_fault=True, said="us"),
            id="our account",
        ),
        pytest.param(
            tried(99),
            US,
            again("SenderFaultError", 300, rests=True, sender_fault=True, said="us"),
            id="for ever",
        ),
        pytest.param(
            Tried("question", 2, faulted_before=True),
            US,
            again("SenderFaultError", 300, sender_fault=True, said="us"),
            id="it alone rests where it met that before",
        ),
        pytest.param(QUESTION, OH, again("ChannelError", 5), id="with patience"),
        pytest.param(tried(3), OH, again("ChannelError", 20), id="and more of it"),
        pytest.param(tried(ATTEMPTS - 1), OH, again("ChannelError", 1800), id="once more"),
        pytest.param(
            tried(ATTEMPTS - 1, "reply"), OH, again("ChannelError", 1800), id="a thank-you once more, too"
        ),
        pytest.param(
            tried(ATTEMPTS, "reply"), OH, Retry(Fate.GIVEN_UP, "ChannelError"), id="but not for ever"
        ),
        pytest.param(
            tried(ATTEMPTS), OH, again("ChannelError", 1800, stalled=True), id="a question on and on"
        ),
        pytest.param(
            tried(ATTEMPTS - 1, "alert", crisis=True), OH, again("ChannelError", 60), id="danger once more"
        ),
        pytest.param(
            tried(ATTEMPTS, "alert", crisis=True),
            OH,
            again("ChannelError", 60, stalled=True),
            id="and then each minute, but somebody hears",
        ),
        pytest.param(
            tried(5, "crisis", crisis=True), OH, again("ChannelError", 60), id="a cry for help: each minute"
        ),
        pytest.param(
            tried(4, "crisis", crisis=True), OH, again("ChannelError", 40), id="or sooner, at first"
        ),
    ],
)
def test_what_becomes_of_a_message(message: Tried, error: ChannelError, retry: Retry) -> None:
    assert after(message, error, MONDAY, 0.0) == retry


def test_what_a_network_names_is_kept_to_and_a_tenth_more() -> None:
    assert after(QUESTION, BUSY, MONDAY, 1.0).at == MONDAY + 44 * SECOND


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(1, 5), (2, 10), (3, 20), (4, 40), (5, 80), (9, 1280), (10, 1800), (11, 1800), (1_000_000, 1800)],
)
def test_waits_double_up_to_half_an_hour(attempts: int, seconds: int) -> None:
    assert backoff(attempts, 0.0) == timedelta(seconds=seconds)
    assert backoff(attempts, 1.0) == timedelta(seconds=seconds * 1.25)


def test_all_waits_together_are_as_the_table_says() -> None:
    waits = sum((backoff(attempt, 0.0) for attempt in range(1, ATTEMPTS)), timedelta())
    assert round(waits / timedelta(minutes=1)) == 103


# What a network says later


@pytest.mark.parametrize(
    ("message", "cause", "retry"),
    [
        pytest.param(QUESTION, None, Retry(Fate.GIVEN_UP, "failed"), id="for no known reason"),
        pytest.param(
            QUESTION, Cause.OPTED_OUT, Retry(Fate.GIVEN_UP, "opted_out", lost=Loss.OPTED_OUT), id="opted out"
        ),
        pytest.param(
            QUESTION,
            Cause.UNREACHABLE,
            Retry(Fate.GIVEN_UP, "unreachable", lost=Loss.UNREACHABLE),
            id="nobody there",
        ),
        pytest.param(
            QUESTION,
            Cause.BARRED,
            Retry(Fate.GIVEN_UP, "barred", lost=Loss.UNREACHABLE, barred=True),
            id="filtered",
        ),
        pytest.param(QUESTION, Cause.NO_ANSWER, again("no_answer", 3600, no_answer=True), id="phone off"),
        pytest.param(
            Tried("question", 1, called_before=True),
            Cause.NO_ANSWER,
            Retry(Fate.GIVEN_UP, "no_answer", lost=Loss.UNREACHABLE),
            id="and still is",
        ),
        pytest.param(QUESTION, Cause.BUSY, again("busy", 60, rests=True), id="too fast: a minute at least"),
        pytest.param(tried(6), Cause.BUSY, again("busy", 160, rests=True), id="and longer each time"),
        pytest.param(tried(ATTEMPTS - 1), Cause.BUSY, again("busy", 1800, rests=True), id="once more"),
        pytest.param(tried(ATTEMPTS), Cause.BUSY, Retry(Fate.GIVEN_UP, "busy"), id="but not for ever"),
        pytest.param(
            tried(ATTEMPTS - 1, "alert"), Cause.BUSY, again("busy", 1800, rests=True), id="an alert as well"
        ),
        pytest.param(
            tried(ATTEMPTS, "alert"),
            Cause.BUSY,
            again("busy", 1800, stalled=True),
            id="and then for ever, alone",
        ),
        pytest.param(
            QUESTION,
            Cause.SENDER_FAULT,
            again("sender_fault", 300, rests=True, sender_fault=True),
            id="our account",
        ),
    ],
)
def test_what_follows_a_report_of_failure(message: Tried, cause: Cause | None, retry: Retry) -> None:
    assert after_report(message, cause, MONDAY, 0.0) == retry


# What nobody knows


@pytest.mark.parametrize("attempts", range(1, ATTEMPTS))
def test_what_was_certainly_not_sent_is_sent_at_once(attempts: int) -> None:
    assert not_there(tried(attempts), MONDAY) == Retry(Fate.AGAIN, "repeated", MONDAY)


@pytest.mark.parametrize("kind", ["crisis", "alert", "alarm", "lost alarm", "remark", "question", "reminder"])
def test_what_must_arrive_is_tried_however_often_nothing_took_it(kind: str) -> None:
    for attempts in (ATTEMPTS, ATTEMPTS + 1, 1_000):
        assert after(tried(attempts, kind), OH, MONDAY, 0.0) == again("ChannelError", 1800, stalled=True)
        assert not_there(tried(attempts, kind), MONDAY) == again("unconfirmed", 1800, stalled=True)


@pytest.mark.parametrize("kind", ["reply", "note", "consent", "confirm", "edit", "chart", "break"])
def test_what_is_never_sent_is_given_up(kind: str) -> None:
    assert not_there(tried(ATTEMPTS, kind), MONDAY) == Retry(Fate.GIVEN_UP, "unconfirmed")


@pytest.mark.parametrize(
    ("kind", "last"),
    [
        ("crisis", Fate.GIVEN_UP),
        ("alert", Fate.GIVEN_UP),
        ("alarm", Fate.GIVEN_UP),
        ("question", Fate.TAKEN_AS_SENT),
        ("reminder", Fate.TAKEN_AS_SENT),
        ("together", Fate.TAKEN_AS_SENT),
        ("consent", Fate.TAKEN_AS_SENT),
        ("remark", Fate.GIVEN_UP),
        ("note", Fate.TAKEN_AS_SENT),
        ("edit", Fate.TAKEN_AS_SENT),
    ],
)
def test_what_matters_is_repeated_where_no_network_can_be_asked(kind: str, last: Fate) -> None:
    for before in range(REPEATS - 1):
        refused_too = Tried(kind, ATTEMPTS + before, unsure=before)
        assert unconfirmed(refused_too, MONDAY) == Retry(Fate.AGAIN, "repeated", MONDAY, unsure=True)
    assert unconfirmed(Tried(kind, REPEATS, unsure=REPEATS - 1), MONDAY) == Retry(last, "unconfirmed")


@pytest.mark.parametrize("kind", ["reply", "break", "chart", "confirm"])
def test_what_is_not_worth_a_double_is_not_repeated(kind: str) -> None:
    assert unconfirmed(tried(1, kind), MONDAY) == Retry(Fate.TAKEN_AS_SENT, "unconfirmed")


@pytest.mark.parametrize(
    ("kind", "for_so_long", "fate"),
    [
        pytest.param("alert", ASK_FOR - SECOND, Fate.ASK, id="an alert waits for an answer"),
        pytest.param("alert", ASK_FOR, Fate.AGAIN, id="but not for ever"),
        pytest.param("crisis", ASK_FOR, Fate.AGAIN, id="nor does a crisis text"),
        pytest.param("alarm", ASK_FOR, Fate.AGAIN, id="or an alarm"),
        pytest.param("lost alarm", ASK_FOR, Fate.AGAIN, id="or that one is lost"),
        pytest.param("remark", ASK_FOR, Fate.AGAIN, id="or a client's words"),
        pytest.param("question", 100 * ASK_FOR, Fate.ASK, id="a question does"),
    ],
)
def test_how_long_a_network_is_asked(kind: str, for_so_long: timedelta, fate: Fate) -> None:
    retry = unanswered(tried(1, kind), OH, MONDAY - for_so_long, MONDAY)
    assert retry.fate is fate
    if fate is Fate.ASK:
        assert retry == Retry(Fate.ASK, "ChannelError", MONDAY + 15 * SECOND)


def test_an_account_that_can_not_even_ask_is_told_to_operators() -> None:
    assert unanswered(QUESTION, US, MONDAY, MONDAY).sender_fault

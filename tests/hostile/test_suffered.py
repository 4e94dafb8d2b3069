"""What the users of other bots suffered, and the tests that show that nobody here does."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import requires
from pathlib import Path
from types import MappingProxyType

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.ticker import Ticker
from tests.fakes.telegram import FakeTelegram
from tests.hostile.stage import Stage

TESTS = Path(__file__).resolve().parents[1]

SHOWN_BY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "updates confirmed before processing": (
            "channels/test_telegram_polling.py::test_nothing_is_confirmed_before_it_is_kept",
            "web/test_web.py::test_it_is_answered_only_once_it_is_kept",
        ),
        "the same update again, two answers": (
            "hostile/test_telegram.py::test_an_update_that_comes_twice_is_answered_once",
            "hostile/test_twilio.py::test_a_text_that_comes_twice_is_answered_once",
        ),
        "pending updates dropped at restart": (
            "channels/test_telegram_polling.py::test_what_a_killed_bot_was_keeping_comes_to_the_next",
            "channels/test_telegram_polling.py::test_a_webhook_is_deleted_first_and_nothing_is_dropped",
        ),
        "a poison update for ever": (
            "bot/test_inbox.py::test_a_poison_message_harms_nobody_else",
            "channels/test_telegram_polling.py::test_one_unreadable_update_holds_up_no_other",
            "web/test_telegram_webhook.py::test_a_genuine_body_that_cannot_be_read_is_kept_and_acknowledged",
        ),
        "two pollers": (
            "channels/test_telegram_polling.py::test_a_second_poller_does_not_end_the_first",
            "bot/test_election.py::test_one_polls_and_the_other_says_so",
        ),
        "polling silently dead": (
            "channels/test_telegram_polling.py::test_the_last_poll_tells_that_polling_lives",
            "hostile/test_telegram.py::test_polls_that_fail_lose_nothing",
        ),
        "the pool of connections exhausted by a batch": (
            "channels/test_telegram.py::test_a_hundred_messages_at_once_all_go",
        ),
        "timed out though delivered, six copies": (
            "hostile/test_telegram.py::test_timed_out_though_delivered_is_three_copies_at_most",
            "hostile/test_twilio.py::test_a_check_in_comes_to_its_end_and_no_text_goes_twice",
        ),
        "bursts of 429 at round hours": (
            "bot/test_sharing.py::test_two_workers_share_one_budget",
            "bot/test_sharing.py::test_a_sender_that_must_rest_rests_for_all_workers",
            "channels/test_telegram.py::test_telegrams_rates_are_met_with_patience",
        ),
        "one who blocked the bot stops the batch": (
            "hostile/test_telegram.py::test_one_who_blocked_the_bot_stops_nobody",
            "bot/test_outbox.py::test_one_who_blocked_us_stops_nobody",
        ),
        "a stale button leaves a person stuck": (
            "hostile/test_telegram.py::test_presses_out_of_order_answer_their_own_question",
            "hostile/test_telegram.py::test_a_press_too_old_to_be_answered_is_taken_all_the_same",
        ),
        "state lost on restart": (
            "walks/test_kills.py::test_killed_between_any_two_replies",
            "faults/test_every_step.py::test_nothing_is_lost",
        ),
        "a chart drawn on the event loop delays everything": (
            "bot/test_charts.py::test_the_event_loop_goes_on_meanwhile",
        ),
        "clock changes ask twice": (
            "bot/timetable/test_clock_changes.py::test_a_daily_schedule_falls_due_once_a_date",
        ),
        "clock changes skip a day": (
            "bot/timetable/test_clock_changes.py::test_a_daily_schedule_falls_due_once_a_date",
            "bot/timetable/test_clock_changes.py::test_every_other_date_exists",
        ),
        "clock changes hang the process": (
            "bot/timetable/test_clock_changes.py::test_what_a_clock_change_does",
            "hostile/test_suffered.py::test_what_ticks_knows_no_wall_clock_and_no_jitter",
        ),
        "as many sends as workers": (
            "bot/test_workers.py::test_what_falls_due_is_done_once_however_many_do_it",
            "storage/test_leasing.py::test_workers_never_lease_the_same_message",
        ),
        "a renamed function deletes every job": (
            "hostile/test_suffered.py::test_what_ticks_remembers_nothing",
        ),
        "SQLite locked": ("storage/test_store.py::test_fifteen_writers_at_once_lose_no_update",),
        "SQLite loses updates without a word": (
            "storage/test_store.py::test_fifteen_writers_at_once_lose_no_update",
            "storage/test_store.py::test_what_was_committed_is_there_after_a_crash",
        ),
        "a signature fails behind a proxy": (
            "web/test_web.py::test_what_a_proxy_says_of_the_url_counts_for_nothing",
            "web/test_web.py::test_the_url_is_checked_as_it_was_written",
        ),
        "the same text twice at the same instant": (
            "hostile/test_twilio.py::test_the_same_text_twice_at_the_same_instant_is_two_answers",
        ),
        "a POST that is retried is a double text": (
            "hostile/test_twilio.py::test_a_check_in_comes_to_its_end_and_no_text_goes_twice",
            "channels/test_sms.py::test_the_timeout_is_kept_and_nothing_is_posted_twice",
        ),
        "callbacks out of order": (
            "hostile/test_twilio.py::test_reports_in_any_order_and_twice",
            "hostile/test_twilio.py::test_a_report_that_comes_before_the_answer_to_our_own_request_counts",
        ),
        "STOP not synced": (
            "hostile/test_twilio.py::test_a_stop_that_only_twilio_knew_of_is_one_refused_send_and_no_more",
        ),
        "reminders after the answer came": (
            "bot/test_outbox.py::test_a_reminder_never_comes_after_the_answer",
        ),
        "parts in the wrong order": (
            "hostile/test_telegram.py::test_long_words_reach_the_therapist_in_their_order",
            "storage/test_leasing.py::test_to_one_address_goes_one_message_at_a_time_in_order",
        ),
        "NUL or odd Unicode fails for ever": (
            "hostile/test_twilio.py::test_nul_and_odd_unicode_are_kept_and_answered",
            "bot/test_inbox.py::test_text_that_no_database_takes_is_kept_all_the_same",
        ),
        "no time zones in a slim image": (
            "hostile/test_suffered.py::test_zones_are_known_where_the_system_has_none",
        ),
    }
)
"""What others suffered, and what shows here that it does not happen: file::test, from tests/ on."""


@pytest.mark.parametrize("suffered", SHOWN_BY)
def test_every_test_named_is_there(suffered: str) -> None:
    for named in SHOWN_BY[suffered]:
        file, _, name = named.partition("::")
        assert name in names_in(TESTS / file), named


@cache
def names_in(file: Path) -> frozenset[str]:
    """Give the names of a file's tests."""
    return frozenset(_functions(ast.parse(file.read_text(encoding="utf-8"))))


def _functions(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name


@pytest.fixture
def scheduler(telegram: tuple[Stage, FakeTelegram], monkeypatch: pytest.MonkeyPatch) -> AsyncIOScheduler:
    """Give what makes the ticks, as it was told to, on a stage where nothing runs."""
    made: list[AsyncIOScheduler] = []
    monkeypatch.setattr(AsyncIOScheduler, "start", lambda self, *_: made.append(self))
    Ticker(telegram[0].service, lambda: None).start()
    (one,) = made
    return one


def test_what_ticks_remembers_nothing(scheduler: AsyncIOScheduler) -> None:
    """There is one job, for everything and everybody, and no store from which it could be deleted."""
    (job,) = scheduler.get_jobs()
    assert not scheduler._jobstores, "none is given, so it has the one in memory"  # noqa: SLF001 - nothing else says so
    assert job.kwargs == {}


def test_what_ticks_knows_no_wall_clock_and_no_jitter(scheduler: AsyncIOScheduler) -> None:
    (job,) = scheduler.get_jobs()
    assert type(job.trigger).__name__ == "IntervalTrigger"
    assert job.trigger.jitter is None
    assert str(job.trigger.timezone) == "UTC"


def test_zones_are_known_where_the_system_has_none() -> None:
    """A slim image brings none: the package is one of ours."""
    assert any(one.startswith("tzdata") for one in requires("attune") or ())
    program = "import zoneinfo; print(zoneinfo.TZPATH, zoneinfo.ZoneInfo('America/New_York'))"
    shown = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONTZPATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == "() America/New_York"

"""A config in words: what somebody should still see to is said."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import plan
from bot.languages import LANGUAGES
from bot.office import policy_of
from bot.settings import ClinicSettings, Settings
from bot.times_in_words import in_words, of_time
from bot.timetable import read_rule

LATER_END = "it asks nobody any more. Write a later end."


def drafts(settings: Settings) -> list[str]:
    """Give what is said of languages that nobody has reviewed."""
    return [notice for notice in plan.notices(settings) if "drafts" in notice]


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_language_of_a_config_is_a_draft_until_somebody_has_read_it(code: str) -> None:
    said = drafts(Settings(clinic=ClinicSettings(language=code)))
    assert bool(said) == LANGUAGES[code].draft
    if said:
        assert LANGUAGES[code].name in said[0]
        others = {one.name for one in LANGUAGES.values()} - {LANGUAGES[code].name}
        assert not [name for name in others if name in said[0]], "only those in use"


@pytest.mark.parametrize(
    ("end", "over"), [("2026-11-27", True), ("2026-11-28", False), (None, False), ("2027-07-31", False)]
)
def test_a_schedule_that_has_ended_is_noted(end: str | None, *, over: bool) -> None:
    schedule = {"name": "weekly", "measures": ["ors"], "when": {"weekly": "mon 10:00"}, "end": end}
    settings = Settings.model_validate({"schedules": [schedule]})
    said = [one for one in plan.notices(settings, date(2026, 11, 28)) if "asks nobody any more" in one]
    assert said == ([f"schedule weekly ended on {end}: {LATER_END}"] if over else [])


def test_a_calendar_whose_file_is_not_there_is_noted(tmp_path: Path) -> None:
    file = tmp_path / "kt.ics"
    calendar = {"name": "kt", "therapist": "T1", "file": str(file)}
    settings = Settings.model_validate({"calendars": [calendar]})
    assert any(f"read from {file}, which isn't there" in one for one in plan.notices(settings))
    file.touch()
    assert not any("isn't there or" in one for one in plan.notices(settings))


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        pytest.param({}, [], id="off"),
        pytest.param(
            {"port": 9464},
            ["Numbers for Prometheus: /metrics at 127.0.0.1:9464, read by anybody on this machine."],
            id="a port of their own",
        ),
        pytest.param(
            {"port": 9464, "token": "hunter2"},
            [
                (
                    "Numbers for Prometheus: /metrics at 127.0.0.1:9464 and 127.0.0.1:8080, read by whoever"
                    " shows the token."
                )
            ],
            id="and a token",
        ),
    ],
)
def test_where_the_numbers_are_is_said(metrics: dict[str, object], said: list[str]) -> None:
    settings = Settings.model_validate({"metrics": metrics})
    lines = plan.describe(settings, policy_of(settings))
    assert [line for line in lines if line.startswith("Numbers")] == said


def test_a_reviewer_makes_a_language_no_draft() -> None:
    assert not dataclasses.replace(LANGUAGES["en"], reviewer="A. Person, 2026-11-20").draft


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ({"weekly": "mon 10:00"}, "every Monday at 10:00"),
        ({"weekly": ["thu 18:00", "mon 10:00"]}, "every Monday at 10:00 and Thursday at 18:00"),
        ({"every": "1 day 09:00"}, "every 1 day at 09:00"),
        ({"every": "14 days 10:00"}, "every 14 days at 10:00"),
        ({"every": "2 weeks mon 10:00"}, "every 2 weeks on Monday at 10:00"),
        ({"cron": "0 10 * * mon"}, "by cron 0 10 * * mon"),
        ({"before_session": "2 hours"}, "2 hours before each session"),
        ({"before_session": "60 min"}, "1 hour before each session"),
        ({"before_session": "1 day 18:00"}, "1 day before each session at 18:00"),
        ({"after_session": "90 min"}, "90 minutes after each session"),
        ({"after_session": "0 min"}, "0 minutes after each session"),
        (
            {"after_enrolment": ["3 days 10:00", "1 day 11:00"]},
            "1 day after enrolment at 11:00 and 3 days after enrolment at 10:00",
        ),
    ],
)
def test_every_kind_of_time_has_words(when: dict[str, object], said: str) -> None:
    assert in_words(read_rule(when)) == said


OF_TIME = """
Nothing is started between 21:00 and 08:00.

Schedule weekly: ors then srs every Monday at 10:00 in the client's zone; from 2026-09-01 until 2027-07-31;
not on 2026-12-24 to 2027-01-02, 2027-05-01 and public holidays of DE-BY; reminders after 4 h and 24 h; open
for 48 h; asked up to 48 h late; answers count for 24 h more; nobody by default; question by question.

Schedule before: ors 2 hours before each session; no reminder; open for 48 h or until it begins; asked up to
24 h late; no late answers; every client; all questions in one message.

Clients of programme pilot have weekly and before instead.

A client is asked or reminded of 1 check-in a day at most. After 4 check-ins unanswered in a row a break of
7 days is offered.

Clients are asked 24 h before a session to confirm it; they can't call one off by message. A session takes
50 min where nobody says; series are planned 28 days ahead.

Calendar kt: sessions of therapist T1 from a secret address, read every 60 minutes.

Calendar ib: sessions of therapist T2 from the file ib.ics, read every 5 minutes.
"""


def paragraphs(text: str) -> list[str]:
    """Give each paragraph on one line."""
    return [" ".join(one.split()) for one in text.strip().split("\n\n")]


def test_all_that_the_config_says_of_time_is_said() -> None:
    settings = Settings.model_validate(
        {
            "schedules": [
                {
                    "name": "weekly",
                    "measures": ["ors", "srs"],
                    "when": {"weekly": "mon 10:00"},
                    "reminder_after": [4, 24],
                    "late_by": 72,
                    "start": "2026-09-01",
                    "end": "2027-07-31",
                    "skip": ["2026-12-24/2027-01-02", "2027-05-01"],
                    "holidays": "DE-BY",
                    "default": False,
                },
                {
                    "name": "before",
                    "measures": ["ors"],
                    "when": {"before_session": "2 hours"},
                    "reminder_after": "never",
                    "late_answers": 0,
                    "ask": "together",
                },
            ],
            "programmes": {"pilot": {"schedules": ["weekly", "before"]}},
            "check_ins": {"most_a_day": 1, "pause_after": 4, "pause_days": 7},
            "sessions": {"confirm_hours_before": 24, "can_cancel": False},
            "calendars": [
                {"name": "kt", "therapist": "T1", "url": SecretStr("https://example.org/hunter2.ics")},
                {"name": "ib", "therapist": "T2", "file": "ib.ics", "every_minutes": 5},
            ],
        }
    )
    said = list(of_time(settings))
    assert said == paragraphs(OF_TIME)
    whole = list(plan.describe(settings, policy_of(settings)))
    assert [line for line in whole if line in said] == said
    assert "hunter2" not in "".join(whole)


def test_what_is_switched_off_is_said_too() -> None:
    never = {"check_ins": {"pause_after": "never"}, "sessions": {"confirm_hours_before": "never"}}
    said = "\n".join(of_time(Settings.model_validate(never)))
    assert "No schedules" in said
    assert "Nobody is offered a break." in said
    assert "Nobody is asked to confirm a session; they can call one off" in said


@pytest.mark.parametrize(
    ("database", "said"),
    [
        pytest.param({}, (), id="SQLite has one process"),
        pytest.param({"url": "postgresql://u@h/n"}, ("wake each other",), id="PostgreSQL"),
        pytest.param(
            {"url": "postgresql://u@h/n", "listen": False},
            ("each look for work every second",),
            id="without notices",
        ),
    ],
)
def test_what_several_workers_do_for_one_another_is_said(
    database: dict[str, str | bool], said: tuple[str, ...]
) -> None:
    settings = Settings.model_validate({"database": database, "telegram": {"token": "7700551:AAfew"}})
    lines = plan.describe(settings, policy_of(settings))
    assert [line for line in lines if line.startswith("Any number")] == [
        f"Any number of workers may use this database: they {one}; one of them polls Telegram."
        for one in said
    ]


@pytest.mark.parametrize(
    ("costs", "said"),
    [
        pytest.param({}, None, id="no cap"),
        pytest.param({"segments_a_day": 1000}, "Beyond 1000 segments a day routine", id="a day"),
        pytest.param(
            {"segments_a_day": 1000, "segments_a_month": 9000},
            "Beyond 1000 segments a day or 9000 segments a month routine",
            id="both",
        ),
    ],
)
def test_what_waits_for_a_cap_is_said(costs: dict[str, int], said: str | None) -> None:
    settings = Settings.model_validate(
        {
            "sms": {"account_sid": "AC" + "0" * 32, "auth_token": "t", "from_number": "+12025550142"},
            "server": {"public_url": "https://attune.example.org"},
            "costs": costs,
        }
    )
    told = [line for line in plan.describe(settings, policy_of(settings)) if "Beyond" in line]
    assert bool(told) is (said is not None)
    assert all(said in line for line in told if said)

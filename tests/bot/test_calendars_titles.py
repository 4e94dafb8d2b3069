"""Whom a title names."""

from __future__ import annotations

import pytest

from bot.calendars import Reading, read
from tests.bot.written_calendars import ONCE, SPRING, SUMMER, calendar, reading


@pytest.mark.parametrize(
    ("title", "code"),
    [
        pytest.param("AB", "AB", id="the code alone"),
        pytest.param("session ab, room 2", "AB", id="among words, in small letters"),
        pytest.param("(AB)", "AB", id="in brackets"),
        pytest.param("AB - first", "AB", id="before a dash"),
        pytest.param("Canceled: AB", "AB", id="after a colon"),
        pytest.param("AB\\, at ours", "AB", id="before a comma"),
        pytest.param("AB AB", "AB", id="twice"),
        pytest.param("AB-12", "AB-12", id="a code that another begins"),
        pytest.param("ab-12 10:30", "AB-12", id="before a time"),
        pytest.param("ABC", None, id="in a longer word"),
        pytest.param("CAB", None, id="at the end of a longer word"),
        pytest.param("AB2", None, id="in a longer number"),
        pytest.param("AB-13", None, id="in a longer code"),
        pytest.param("X-AB", None, id="at the end of a longer code"),
        pytest.param("AB_1", None, id="before an underscore"),
        pytest.param("Äab", None, id="after a letter that isn't English"),
        pytest.param("AB-123", None, id="in a code with more digits"),
        pytest.param("", None, id="no title"),
    ],
)
def test_a_title_names_a_client(title: str, code: str | None) -> None:
    found = reading(calendar(ONCE.replace("SUMMARY:AB", f"SUMMARY:{title}")))
    assert [one.code for one in found.meetings] == ([code] if code else [])
    assert (found.ambiguous, found.unreadable) == (0, 0)


@pytest.mark.parametrize("title", ["AB and CD", "AB/CD", "AB-12 or ab"])
def test_a_title_that_names_two_clients_is_nobodys_and_counted(title: str) -> None:
    assert reading(calendar(ONCE.replace("SUMMARY:AB", f"SUMMARY:{title}"))) == Reading((), ambiguous=1)


@pytest.mark.parametrize(
    ("title", "named"),
    [("at 12:30", 0), ("on 1.12.", 0), ("12/5", 0), ("12: room 5", 1), ("no. 12", 1), ("12.", 1), ("112", 0)],
)
def test_a_code_of_digits_is_no_part_of_a_time_or_date(title: str, named: int) -> None:
    data = calendar(ONCE.replace("SUMMARY:AB", f"SUMMARY:{title}")).encode()
    assert len(read(data, ["12"], start=SPRING, end=SUMMER, zone="UTC").meetings) == named


def test_codes_that_differ_in_capitals_only_name_two() -> None:
    data = calendar(ONCE).encode()
    assert read(data, ["AB", "ab"], start=SPRING, end=SUMMER, zone="UTC") == Reading((), ambiguous=1)


@pytest.mark.parametrize("codes", [[], [""], [" "]])
def test_where_there_are_no_codes_nobody_is_named(codes: list[str]) -> None:
    data = calendar(ONCE, ONCE.replace("SUMMARY:AB", "SUMMARY: ")).encode()
    assert read(data, codes, start=SPRING, end=SUMMER, zone="UTC") == Reading(())

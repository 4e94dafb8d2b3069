"""Where a client is sent in a crisis: whole, dialled as written, and honest about who checked it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import phonenumbers
import pytest
from babel import Locale
from phonenumbers import shortnumberinfo

from bot.helplines import HELP, NOT_STATED, Help, Helpline, lines, stale
from bot.languages import LANGUAGES

DIALLED = re.compile(r"\*?\d+( \d+)*")
TEXTED = re.compile(r"([A-Z]+ to )?\d+( \d+)*")
DAYS = r"(daily|(Mon|Tue|Wed|Thu|Fri|Sat|Sun)(-(Mon|Tue|Wed|Thu|Fri|Sat|Sun))?)"
SPAN = rf"{DAYS} \d\d:\d\d-\d\d:\d\d"
HOURS = re.compile(rf"24/7|{NOT_STATED}|{SPAN}(, {SPAN})*")
REQUIRED = frozenset(
    {"US", "CA", "GB", "IE", "AU", "NZ", "DE", "AT", "CH", "FR", "BE", "NL", "ES", "DK", "NO", "SE"}
)
SHORT = 6  # digits: a country's short codes, which no numbering plan here lists in full
TODAY = date(2026, 11, 20)
LINE = Helpline(
    name="Line",
    number="116 123",
    text="",
    languages=("en",),
    hours="24/7",
    verified_on="",
    source="example.org",
)


@pytest.mark.parametrize("country", sorted(HELP))
def test_a_country_is_whole(country: str) -> None:
    here = HELP[country]
    assert country in phonenumbers.SUPPORTED_REGIONS
    # Source: libphonenumber's metadata of what each country answers as an emergency.
    assert shortnumberinfo.is_emergency_number(here.emergency, country)
    assert here.helplines
    for line in here.helplines:
        assert line.name.strip() == line.name != ""
        assert DIALLED.fullmatch(line.number)
        assert not line.text or TEXTED.fullmatch(line.text)
        assert line.languages
        assert HOURS.fullmatch(line.hours)
        assert not line.verified_on or date.fromisoformat(line.verified_on) <= date(2100, 1, 1)
        assert line.source.strip() == line.source != ""


@pytest.mark.parametrize("country", sorted(HELP))
def test_no_line_is_named_or_numbered_twice(country: str) -> None:
    here = HELP[country].helplines
    assert len({line.name for line in here}) == len(here)
    assert len({line.number.replace(" ", "") for line in here}) == len(here)
    for line in here:
        assert len(set(line.languages)) == len(line.languages)


@pytest.mark.parametrize("country", sorted(HELP))
def test_a_long_number_exists_in_its_countrys_numbering_plan(country: str) -> None:
    for line in HELP[country].helplines:
        if sum(character.isdigit() for character in line.number) > SHORT:
            assert phonenumbers.is_valid_number_for_region(phonenumbers.parse(line.number, country), country)


def test_every_language_is_one_that_exists() -> None:
    known = Locale("en").languages
    for here in HELP.values():
        for line in here.helplines:
            for language in line.languages:
                assert re.fullmatch(r"[a-z]{2}", language)
                assert language in known


def test_the_countries_that_were_asked_for_are_there() -> None:
    assert set(HELP) >= REQUIRED


def test_countries_that_speak_spanish_and_arabic_are_there() -> None:
    answering = {
        language: {country for country in HELP if language in HELP[country].helplines[0].languages}
        for language in ("es", "ar")
    }
    assert answering["es"] >= {"ES", "MX", "AR", "CL", "CO", "PE", "US"}
    assert answering["ar"] >= {"EG", "LB", "SA", "AE", "QA", "TN"}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_language_that_ships_is_answered_somewhere(language: str) -> None:
    assert any(language in line.languages for here in HELP.values() for line in here.helplines)


@pytest.mark.parametrize(
    ("country", "emergency", "number"),
    [
        # Source: CLINICAL, Risk
        ("US", "911", "988"),
        ("CA", "911", "988"),
        ("GB", "999", "116 123"),
        ("IE", "112", "116 123"),
        ("AU", "000", "13 11 14"),
        ("DE", "112", "0800 111 0 111"),
        ("ES", "112", "024"),
        ("FR", "112", "3114"),
        ("NL", "112", "113"),
        ("DK", "112", "70 201 201"),
        ("NO", "112", "116 123"),
        ("SE", "112", "90101"),
    ],
)
def test_the_numbers_are_those_of_the_source(country: str, emergency: str, number: str) -> None:
    assert HELP[country].emergency == emergency
    assert HELP[country].helplines[0].number == number


def test_only_where_it_is_known_can_a_text_be_sent() -> None:
    assert {country for country, here in HELP.items() if any(line.text for line in here.helplines)} == {
        "AU",
        "CA",
        "IE",
        "NZ",
        "US",
    }


@pytest.mark.parametrize(
    ("country", "language", "numbers"),
    [
        pytest.param("BE", "fr", ["0800 32 123", "1813", "02 648 40 14"], id="the second language first"),
        pytest.param("BE", "en", ["02 648 40 14", "1813", "0800 32 123"], id="the last one first"),
        pytest.param("BE", "nl", ["1813", "0800 32 123", "02 648 40 14"], id="in order already"),
        pytest.param("BE", "ar", ["1813", "0800 32 123", "02 648 40 14"], id="none answers: all, in order"),
        pytest.param("US", "es", ["988"], id="one line, several languages"),
        pytest.param("ZZ", "en", [], id="a country unknown"),
    ],
)
def test_lines_that_answer_in_the_clients_language_come_first(
    country: str, language: str, numbers: list[str]
) -> None:
    assert [line.number for line in lines(country, language)] == numbers


@pytest.mark.parametrize("country", sorted(HELP))
@pytest.mark.parametrize("language", ["ar", "en", "es"])
def test_no_line_is_lost_for_its_language(country: str, language: str) -> None:
    ordered = lines(country, language)
    assert set(ordered) == set(HELP[country].helplines)
    for group in (True, False):
        assert [one for one in ordered if (language in one.languages) is group] == [
            one for one in HELP[country].helplines if (language in one.languages) is group
        ]


@pytest.mark.parametrize(
    ("verified_on", "today", "months", "found"),
    [
        pytest.param("", TODAY, 12, True, id="never"),
        pytest.param("2026-11-20", TODAY, 12, False, id="today"),
        pytest.param("2025-11-20", TODAY, 12, False, id="twelve months to the day"),
        pytest.param("2025-11-19", TODAY, 12, True, id="twelve months and a day"),
        pytest.param("2026-08-20", TODAY, 3, False, id="a site's own three months to the day"),
        pytest.param("2026-08-19", TODAY, 3, True, id="a site's own three months and a day"),
        pytest.param("2025-12-31", date(2026, 12, 31), 12, False, id="December to the day"),
        pytest.param("2025-12-30", date(2026, 12, 31), 12, True, id="December and a day"),
        pytest.param("2027-02-28", date(2028, 2, 29), 12, False, id="a leap day, from the last of February"),
        pytest.param("2027-02-27", date(2028, 2, 29), 12, True, id="a leap day, from the day before it"),
    ],
)
def test_a_line_is_stale_when_nobody_verified_it_lately(
    verified_on: str, today: date, months: int, found: bool
) -> None:
    known = {"GB": Help("999", (replace(LINE, verified_on=verified_on),))}
    assert stale(today, months=months, known=known) == ((("GB", "Line"),) if found else ())


def test_what_is_stale_is_told_in_order_and_what_is_fresh_is_not() -> None:
    fresh = replace(LINE, name="Fresh", verified_on=TODAY.isoformat())
    known = {"IE": Help("112", (fresh, LINE)), "GB": Help("999", (replace(LINE, name="Other"),))}
    assert stale(TODAY, known=known) == (("IE", "Line"), ("GB", "Other"))


def test_what_ships_and_nobody_has_verified_is_stale() -> None:
    unverified = {
        (country, line.name)
        for country, here in HELP.items()
        for line in here.helplines
        if not line.verified_on
    }
    assert unverified <= set(stale(TODAY))

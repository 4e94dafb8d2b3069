"""Where a client is sent in a crisis: whole, and in a form that can be dialled."""

from __future__ import annotations

import re
from datetime import date

import pytest

from bot.helplines import HELP

DIALLED = re.compile(r"\+?\d[\d ]*")


@pytest.mark.parametrize("country", sorted(HELP))
def test_a_country_is_whole(country: str) -> None:
    here = HELP[country]
    assert re.fullmatch(r"[A-Z]{2}", country)
    assert DIALLED.fullmatch(here.emergency)
    assert here.helplines
    for line in here.helplines:
        assert line.name
        assert DIALLED.fullmatch(line.number)
        assert not line.text or DIALLED.fullmatch(line.text)
        assert not line.verified_on or date.fromisoformat(line.verified_on) <= date(2100, 1, 1)


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
        "US",
        "CA",
    }

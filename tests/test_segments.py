"""The counter of text messages: costs rest on it, and the tests of our own texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.segments import BASIC, EXTENDED, segments, strangers
from tests.segments import segments as of_our_own


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("", 1, id="nothing"),
        pytest.param("a" * 160, 1, id="the most that one takes"),
        pytest.param("a" * 161, 2, id="one letter more"),
        pytest.param("a" * 306, 2, id="the most that two take"),
        pytest.param("a" * 307, 3, id="one letter more than two take"),
        pytest.param("€" * 80, 1, id="two places each"),
        pytest.param("€" * 81, 2, id="two places each, one more"),
        pytest.param("a" * 152 + "€" + "a" * 151, 2, id="a pair is not parted"),
        pytest.param("a" * 152 + "€" + "a" * 152, 3, id="a pair is not parted, and no room is left"),
        pytest.param("\u2019" * 70, 1, id="the most that one takes in UCS-2"),
        pytest.param("\u2019" * 71, 2, id="one more in UCS-2"),
        pytest.param("a" * 70 + "\u2019", 2, id="one curly quote doubles the cost"),
        pytest.param("\u0645" * 134, 2, id="the most that two take in UCS-2"),
        pytest.param("\u0645" * 135, 3, id="one more than two take in UCS-2"),
        pytest.param("\U0001f642" * 35, 1, id="two places each in UCS-2"),
        pytest.param("\U0001f642" * 36, 2, id="two places each in UCS-2, one more"),
        pytest.param("\u0645" * 66 + "\U0001f642" + "\u0645" * 66, 3, id="no emoji is parted"),
    ],
)
def test_parts_of_a_text(text: str, parts: int) -> None:
    assert segments(text) == parts


def test_the_alphabet_is_whole() -> None:
    assert len(BASIC) == 127  # 128 places less the escape
    assert len(EXTENDED) == 10
    assert not BASIC & EXTENDED


def test_what_a_phone_writes_by_itself_is_not_in_it() -> None:
    assert strangers("don\u2019t \u2013 \u201cit\u201d 7") == set("\u2019\u2013\u201c\u201d")
    with pytest.raises(ValueError, match="alphabet"):
        of_our_own("don\u2019t")


@given(st.text(), st.text())
def test_more_text_never_costs_less(first: str, second: str) -> None:
    assert segments(first + second) >= max(segments(first), segments(second))

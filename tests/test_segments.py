"""The counter of text messages that other tests rely on."""

from __future__ import annotations

import pytest

from tests.segments import BASIC, EXTENDED, segments, strangers


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 151, 2),
        ("a" * 152 + "€" + "a" * 152, 3),
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
        segments("don\u2019t")

"""Messages leave the outbox as they went in; a button brings back what it was made for, or nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import DATA_LIMIT, Choice, Message
from bot.messages import (
    PART_LIMIT,
    AckPress,
    AnswerPress,
    ConfirmPress,
    ConsentPress,
    ack,
    confirm,
    consent,
    pack,
    pack_question,
    parts,
    press,
    unpack,
)
from scoring.instrument import TEN, Scale

BIGGEST = 2**63 - 1
"""The highest id that a database gives."""

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
DATA = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=DATA_LIMIT)
CHOICES = st.builds(Choice, TEXTS, DATA)
MESSAGES = st.builds(
    Message,
    text=TEXTS,
    choices=st.lists(st.lists(CHOICES, max_size=3).map(tuple), max_size=3).map(tuple),
    private=st.booleans(),
    replaces=st.none() | TEXTS,
    valid_for=st.none() | st.timedeltas(),
)


def test_the_question_whether_a_session_suits_has_two_buttons() -> None:
    start = datetime(2026, 3, 3, 15, tzinfo=UTC)
    ((yes, no),) = confirm(7, start, ("That works", "I can't"))
    assert (yes.label, no.label) == ("That works", "I can't")
    for choice, fits in ((yes, True), (no, False)):
        pressed = press(choice.data)
        assert isinstance(pressed, ConfirmPress)
        assert (pressed.session_id, pressed.fits) == (7, fits)
        assert pressed.about(start)
        assert not pressed.about(start + timedelta(minutes=1)), "it was moved"


@given(MESSAGES)
def test_a_message_comes_out_as_it_went_in(message: Message) -> None:
    assert unpack(pack(message), message.valid_for) == message


def test_how_long_a_message_is_good_for_is_told_when_it_goes_out() -> None:
    packed = pack(Message("How?", valid_for=timedelta(hours=48)))
    assert unpack(packed).valid_for is None
    assert unpack(packed, timedelta(hours=1)).valid_for == timedelta(hours=1)


def test_a_question_has_a_button_for_each_number_and_one_to_skip() -> None:
    first, second, last = unpack(pack_question("How?", 7, 2, "Skip")).choices
    assert [one.label for one in (*first, *second)] == [str(number) for number in range(11)]
    assert [press(one.data) for one in (*first, *second)] == [
        AnswerPress(7, 2, number * 10) for number in range(11)
    ]
    assert len(first) <= 6, "more are too small for a thumb"
    assert [(one.label, press(one.data)) for one in last] == [("Skip", AnswerPress(7, 2, None))]


@given(st.integers(1, BIGGEST), st.integers(0, 99))
def test_every_button_fits_and_brings_back_its_own_question(check_in: int, position: int) -> None:
    # Telegram takes 1 to 64 bytes. Source: core.telegram.org/bots/api#inlinekeyboardbutton
    rows = (*unpack(pack_question("How?", check_in, position, "Skip")).choices, *ack(check_in, "Seen"))
    buttons = [one for row in rows for one in row]
    assert all(1 <= len(one.data.encode()) <= 64 for one in buttons)


@given(st.integers(1, 10**18 - 1), st.integers(0, 99))
def test_a_press_names_check_in_and_item(check_in: int, position: int) -> None:
    for row in unpack(pack_question("How?", check_in, position, "Skip")).choices:
        for one in row:
            read = press(one.data)
            assert isinstance(read, AnswerPress)
            assert (read.check_in_id, read.position) == (check_in, position)
    assert press(ack(check_in, "Seen")[0][0].data) == AckPress(check_in)


@given(
    TEXTS,
    st.integers(1, BIGGEST),
    st.integers(0, 20),
    st.lists(TEXTS, min_size=1, max_size=12).map(tuple),
)
def test_a_question_is_written_as_any_message_with_its_buttons(
    text: str, check_in: int, position: int, labels: tuple[str, ...]
) -> None:
    skip, *options = labels
    for scale_of in (TEN, Scale(30, whole=True)):
        written = pack_question(text, check_in, position, skip, on=scale_of, options=tuple(options))
        message = unpack(written)
        assert pack(message) == written
        assert message.text == text
        *points, (passed,) = message.choices
        shown = [f"{place} = {option}" for place, option in enumerate(options)] or [str(n) for n in range(11)]
        places = scale_of.top // 10 + 1
        assert [one.label for row in points for one in row] == shown[:places]
        assert passed.label == skip


def test_consent_is_two_buttons() -> None:
    ((yes, no),) = consent("AGREE", "NO")
    assert (yes.label, press(yes.data)) == ("AGREE", ConsentPress(agreed=True))
    assert (no.label, press(no.data)) == ("NO", ConsentPress(agreed=False))


@pytest.mark.parametrize(
    "data",
    [
        "",
        "a",
        "a:1:2",
        "a:1:2:70:9",
        "a::2:70",
        "a:1::70",
        "a:1:2:",
        "a:1:2:101",
        "a:1:2:-1",
        "a:1:2:7.5",
        "a:1:2:--",
        "a:-1:2:70",
        "a:1:-2:70",
        "a: 1:2:70",
        "a:1\n:2:70",
        "a:x:2:70",
        "a:\u0661:2:70",
        "a:\u00b2:2:70",
        "a:1:2:\u0667\u0660",
        f"a:{'9' * 19}:2:70",
        f"a:1:2:{'9' * 5000}",
        "A:1:2:70",
        "ack",
        "ack:",
        "ack:-1",
        "ack:x",
        "ack:1:2",
        "ack:\u0661",
        "s:1:2",
        "s:1:2:yes",
        "s:-1:2:ok",
        f"s:{'9' * 19}:2:ok",
        f"s:1:{'9' * 19}:no",
        f"ack:{'9' * 19}",
        f"ack:{'9' * 5000}",
        "AGREE",
        "agree:1",
        "agree\0",
        "drop table",
        "\ud800",
    ],
)
def test_a_press_that_is_none_of_ours_is_nothing(data: str) -> None:
    assert press(data) is None


@given(
    st.text(st.characters(), max_size=70)
    | st.from_regex(r"(a|ack|s):[0-9]{0,30}(:([-0-9]{0,30}|ok|no)){0,3}")
)
def test_no_data_makes_it_fail_or_names_what_no_database_holds(data: str) -> None:
    match press(data):
        case AnswerPress(check_in_id, position, mark):
            assert 0 <= check_in_id <= BIGGEST
            assert 0 <= position <= BIGGEST
            assert mark is None or 0 <= mark <= 100
        case AckPress(alert_id):
            assert 0 <= alert_id <= BIGGEST
        case ConfirmPress(session_id, minute, _):
            assert 0 <= session_id <= BIGGEST
            assert 0 <= minute <= BIGGEST
        case ConsentPress() | None:
            pass


@given(st.text(st.sampled_from("ab \n"), max_size=4 * PART_LIMIT))
def test_a_long_text_goes_in_parts_and_loses_no_word(text: str) -> None:
    cut = parts(text)
    assert all(len(one) <= PART_LIMIT for one in cut)
    assert "".join("".join(cut).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        pytest.param("", [0], id="nothing"),
        pytest.param("a" * PART_LIMIT, [PART_LIMIT], id="just one"),
        pytest.param("a" * (PART_LIMIT + 1), [PART_LIMIT, 1], id="no space to cut at"),
        pytest.param("a" * 1000 + " " + "b" * 1000, [1000, 1000], id="cut at the space"),
        pytest.param("a" * 1000 + "\n" + "b" * 1000, [1000, 1000], id="cut at the line"),
        pytest.param("a " + "b" * 2000, [PART_LIMIT, 502], id="not at a space far ahead of the end"),
    ],
)
def test_where_a_long_text_is_cut(text: str, lengths: list[int]) -> None:
    assert [len(one) for one in parts(text)] == lengths

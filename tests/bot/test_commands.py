"""What a therapist writes: a command, or something to answer with help."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import Acknowledge, Close, Command, ListAlerts, read
from bot.languages import LANGUAGES
from bot.replies import Steer

ENGLISH = LANGUAGES["en"]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("ACK 41", Acknowledge(41)),
        ("ack 41", Acknowledge(41)),
        ("Ack41", Acknowledge(41)),
        ("/ack 41", Acknowledge(41)),
        ("ack #41.", Acknowledge(41)),
        ("Ack: 41!", Acknowledge(41)),
        ("acknowledge 41", Acknowledge(41)),
        ("Acknowledged 41", Acknowledge(41)),
        ("seen 41", Acknowledge(41)),
        ("ACK \u0664\u0661", Acknowledge(41)),
        (" ack\u00a041 ", Acknowledge(41)),
        ("ack 0", Acknowledge(0)),
        ("ack 999999999999", Acknowledge(999_999_999_999)),
        (
            "CLOSED 41 spoke on the phone, safe tonight",
            Close(41, "spoke on the phone, safe tonight"),
        ),
        ("closed #41: saw her.\nShe is with Mia ", Close(41, "saw her.\nShe is with Mia")),
        ("/close 41 - done, see notes", Close(41, "done, see notes")),
        ("CLOSED \u0664\u0661 ok", Close(41, "ok")),
        ("Closed", Close(None, "")),
        ("closed 41", Close(41, "")),
        ("closed 41 !!! 42", Close(41, "")),
        ("closed spoke on the phone", Close(None, "spoke on the phone")),
        ("closed 1000000000000 rang", Close(None, "1000000000000 rang")),
        ("closed 41st street", Close(None, "41st street")),
        ("ALERTS", ListAlerts()),
        ("alert", ListAlerts()),
        ("/alerts", ListAlerts()),
        ("Open!", ListAlerts()),
        ("STOP", Steer.STOP),
        ("/stop", Steer.STOP),
        ("help", Steer.HELP),
        ("/help", Steer.HELP),
        ("Start please", Steer.START),
        ("/start", Steer.START),
    ],
)
def test_a_command(text: str, command: Command) -> None:
    assert read(text, ENGLISH) == command


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ack",
        "ack forty-one",
        "ack 41 42",
        "ack -41",
        "ack 41a",
        "ack 4.1",
        "back 41",
        "41",
        "thanks, ack 41",
        "ack 1000000000000",
        "ack " + "9" * 4000,
        "I have seen it",
        "closet 41 spoke",
        "I closed 41",
        "which alerts are open",
        "please call me",
    ],
)
def test_no_command_is_made_of_anything_else(text: str) -> None:
    assert read(text, ENGLISH) is None


@given(st.text(st.characters(), max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    read(text, ENGLISH)


@given(st.integers(0, 10**12 - 1), st.sampled_from(["ack {}", "ACK{}", "Ack #{}", "seen {}!"]))
def test_every_number_is_acknowledged_as_it_is(number: int, form: str) -> None:
    assert read(form.format(number), ENGLISH) == Acknowledge(number)

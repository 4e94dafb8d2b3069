"""Every kind of update that Telegram can bring, as the channel reads it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Edited, Left, Pressed, Returned, Said, SentMedia, Unreadable, Wrote
from bot.channels.telegram_updates import MEDIA, next_offset, read_update

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
THEN = datetime(2026, 2, 28, 9, 30, tzinfo=UTC)
ACCOUNT = "99"
CHAT = {"id": 42, "type": "private", "first_name": "Ada"}
FROM = {"id": 42, "is_bot": False, "first_name": "Ada", "language_code": "de-AT"}
ENVELOPE = {"message_id": 5, "chat": CHAT, "from": FROM, "date": int(THEN.timestamp())}
GROUP = {"id": -100, "type": "supergroup", "title": "Friends"}


def update(kind: str, content: object, number: int = 7) -> dict[str, object]:
    return {"update_id": number, kind: content}


def message(**content: object) -> dict[str, object]:
    return update("message", ENVELOPE | content)


def press(**content: object) -> dict[str, object]:
    return update("callback_query", {"id": "q1", "from": FROM, "chat_instance": "1"} | content)


def membership(status: str, **content: object) -> dict[str, object]:
    member = {"user": {"id": 99, "is_bot": True, "first_name": "Bot"}, "status": status}
    return update(
        "my_chat_member",
        {"chat": CHAT, "from": FROM, "date": ENVELOPE["date"], "new_chat_member": member} | content,
    )


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        pytest.param(message(text="rough week, 7"), Wrote("rough week, 7"), id="text"),
        pytest.param(message(text="/start abc-DEF_1"), Wrote("/start abc-DEF_1"), id="command"),
        pytest.param(message(photo=[{}], caption="7"), Wrote("7"), id="caption"),
        pytest.param(message(text="a\x00b"), Wrote("ab"), id="NUL is left out"),
        pytest.param(message(text="a\ud800b"), Wrote("a\N{REPLACEMENT CHARACTER}b"), id="half a character"),
        pytest.param(message(text="\N{GRINNING FACE}"), Wrote("\N{GRINNING FACE}"), id="emoji"),
        pytest.param(message(text="x" * 4096), Wrote("x" * 4096), id="the longest text"),
        pytest.param(message(text="7", hologram={"new": 1}), Wrote("7"), id="text beside something new"),
        pytest.param(message(hologram={"new": 1}), SentMedia("other"), id="something new"),
        pytest.param(
            message(animation={}, document={}), SentMedia("animation"), id="animation, with its document"
        ),
        pytest.param(message(venue={}, location={}), SentMedia("venue"), id="venue, with its location"),
        pytest.param(message(pinned_message=ENVELOPE), None, id="the app's own notice"),
        pytest.param(message(text="7", chat=GROUP), None, id="in a group"),
        pytest.param(
            update("edited_message", ENVELOPE | {"text": "8", "edit_date": 1}),
            Edited("8", THEN),
            id="edited text, by when it was sent",
        ),
        pytest.param(update("edited_message", ENVELOPE | {"location": {}}), None, id="a live location moves"),
        pytest.param(press(data="a:7", message=ENVELOPE), Pressed("a:7", "5"), id="press"),
        pytest.param(
            press(data="a:7", message={"message_id": 5, "chat": CHAT, "date": 0}),
            Pressed("a:7", "5"),
            id="press on a message that is no longer accessible",
        ),
        pytest.param(press(data="a:7", message=ENVELOPE | {"chat": GROUP}), None, id="press in a group"),
        pytest.param(press(game_short_name="chess", message=ENVELOPE), None, id="press on a game"),
        pytest.param(press(data="a:7", inline_message_id="1"), None, id="press on an inline message"),
        pytest.param(membership("kicked"), Left(), id="blocked"),
        pytest.param(membership("member"), Returned(), id="unblocked"),
        pytest.param(membership("restricted"), None, id="neither"),
        pytest.param(membership("kicked", chat=GROUP), None, id="thrown out of a group"),
        pytest.param(update("poll_answer", {"poll_id": "1"}), None, id="a kind not asked for"),
        pytest.param({"update_id": 7}, None, id="nothing"),
    ],
)
def test_each_kind_of_update(payload: dict[str, object], said: Said | None) -> None:
    reading = read_update(payload, ACCOUNT, NOW)
    assert (reading.inbound.said if reading else None) == said


@pytest.mark.parametrize("kind", MEDIA)
def test_each_kind_of_media(kind: str) -> None:
    reading = read_update(message(**{kind: {}}), ACCOUNT, NOW)
    assert reading is not None
    assert reading.inbound.said == SentMedia(kind)


def test_all_about_a_message() -> None:
    reading = read_update(message(text="7"), ACCOUNT, NOW)
    assert reading is not None
    inbound = reading.inbound
    assert (inbound.channel, inbound.account, inbound.external_id) == ("telegram", "99", "7")
    assert (inbound.address, inbound.at, inbound.language) == ("42", THEN, "de-AT")
    assert reading.press is None


def test_a_press_has_no_time_of_its_own_and_wants_an_answer() -> None:
    reading = read_update(press(data="a:7", message=ENVELOPE), ACCOUNT, NOW)
    assert reading is not None
    assert (reading.inbound.at, reading.press) == (NOW, "q1")


def test_an_edit_happened_when_it_was_edited() -> None:
    edited = ENVELOPE | {"text": "8", "edit_date": int(NOW.timestamp())}
    reading = read_update(update("edited_message", edited), ACCOUNT, THEN)
    assert reading is not None
    assert reading.inbound.at == NOW


@pytest.mark.parametrize("date", [0, -5, 10**18])
def test_a_date_that_cannot_be_is_now(date: int) -> None:
    reading = read_update(message(text="7", date=date), ACCOUNT, NOW)
    assert reading is not None
    assert (reading.inbound.said, reading.inbound.at) == (Wrote("7"), NOW)


@pytest.mark.parametrize(
    ("payload", "external_id", "address"),
    [
        pytest.param(message(text={"not": "text"}), "7", "42", id="a text that is none"),
        pytest.param(message(chat="here"), "7", "42", id="a chat that is none"),
        pytest.param(update("message", "hello"), "7", "", id="a message that is none"),
        pytest.param(press(message=ENVELOPE, data=["a"]), "7", "42", id="a press that is none"),
    ],
)
def test_what_cannot_be_read_is_kept_whole(
    payload: dict[str, object], external_id: str, address: str
) -> None:
    reading = read_update(payload, ACCOUNT, NOW)
    assert reading is not None
    said = reading.inbound.said
    assert isinstance(said, Unreadable)
    assert json.loads(said.raw) == payload
    assert (reading.inbound.external_id, reading.inbound.address) == (external_id, address)


def test_without_an_id_the_same_content_is_the_same_event() -> None:
    readings = [read_update(payload, ACCOUNT, NOW) for payload in ({"a": 1}, {"a": 1}, {"a": 2})]
    first, again, other = (reading.inbound.external_id for reading in readings if reading)
    assert first == again != other


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NEAR_UPDATES = st.fixed_dictionaries(
    {"update_id": st.integers() | ANY_JSON},
    optional={
        "message": st.dictionaries(st.sampled_from([*ENVELOPE, "text", "caption", "photo"]), ANY_JSON)
        | ANY_JSON,
        "edited_message": ANY_JSON,
        "callback_query": st.dictionaries(st.sampled_from(["id", "from", "message", "data"]), ANY_JSON),
        "my_chat_member": ANY_JSON,
    },
)


@given(NEAR_UPDATES)
def test_reading_never_raises_and_what_it_gives_can_be_stored(payload: dict[str, object]) -> None:
    reading = read_update(payload, ACCOUNT, NOW)
    if reading is not None:
        assert reading.inbound.external_id
        kept = repr(reading.inbound.said).encode()
        assert b"\0" not in kept


@given(st.text(st.characters() | st.just("\0") | st.characters(categories=["Cs"])))
def test_every_text_stays_readable_and_can_be_stored(text: str) -> None:
    reading = read_update(message(text=text), ACCOUNT, NOW)
    assert reading is not None
    assert isinstance(reading.inbound.said, Wrote)
    kept = reading.inbound.said.text
    kept.encode()
    assert "\0" not in kept
    assert len(kept) == len(text.replace("\0", ""))


@pytest.mark.parametrize(
    ("updates", "offset"),
    [
        ([], None),
        ([{"update_id": 5}], 6),
        ([{"update_id": 5}, {"update_id": 9}, {"update_id": 7}], 10),
        ([{"update_id": 5}, {"update_id": "6"}, "7", None], 6),
        (["7", {"id": 7}, {"update_id": True}], None),
    ],
)
def test_the_offset_confirms_every_update_that_came(updates: list[object], offset: int | None) -> None:
    assert next_offset(updates) == offset

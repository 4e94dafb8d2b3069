"""What the Telegram channel sends, and what its caller is told when that doesn't work."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pydantic import SecretStr
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.warnings import PTBDeprecationWarning

from bot.channels.base import (
    Address,
    CannotAskError,
    Channel,
    ChannelError,
    Choice,
    Message,
    NotNowError,
    OutcomeUnknownError,
    RefusedError,
    SenderFaultError,
    UnreachableError,
)
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_wire import channel_error, wait_of
from tests.channels.telegram_setup import IMPATIENT, connected, settings_for
from tests.fakes.telegram import FakeTelegram, Fault

PERSON = 42
HERE = Address("42")
SCALE = ((Choice("0", "a:0"), Choice("1", "a:1")), (Choice("Skip", "a:s"),))
WORDS = "How was your week, dear client?"


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    """Lend a Telegram on which one person has written to the bot."""
    async with FakeTelegram() as server:
        server.write(PERSON, "/start")
        yield server


@pytest.fixture
async def channel(telegram: FakeTelegram) -> AsyncIterator[TelegramChannel]:
    """Lend a channel that is connected to it."""
    async with connected(telegram) as connection:
        yield connection


async def test_a_message_arrives_with_its_buttons(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    receipt = await channel.send(HERE, Message(WORDS, choices=SCALE))
    shown = telegram.from_bot(PERSON)[0]
    assert receipt.external_id == str(shown.message_id)
    assert (shown.text, shown.protected) == (WORDS, False)
    assert [[(b.label, b.data) for b in row] for row in shown.keyboard] == [
        [("0", "a:0"), ("1", "a:1")],
        [("Skip", "a:s")],
    ]


async def test_a_private_message_is_protected_and_links_are_not_previewed(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    await channel.send(HERE, Message(WORDS, private=True))
    assert telegram.from_bot(PERSON)[0].protected
    assert telegram.called("sendMessage")[0]["link_preview_options"] == '{"is_disabled": true}'


async def test_text_is_sent_as_it_is(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    text = "*7* _of_ <b>10</b> & 😀\nnew line"
    await channel.send(HERE, Message(text))
    assert telegram.from_bot(PERSON)[0].text == text
    assert "parse_mode" not in telegram.called("sendMessage")[0]


async def test_an_edit_takes_the_place_of_text_and_buttons(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    first = await channel.send(HERE, Message(WORDS, choices=SCALE))
    again = await channel.send(HERE, Message("You chose 1").replacing(first.external_id))
    (shown,) = telegram.from_bot(PERSON)
    assert again == first
    assert (shown.text, shown.keyboard, shown.earlier) == ("You chose 1", (), [WORDS])


async def test_an_edit_may_bring_other_buttons(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    first = await channel.send(HERE, Message(WORDS, choices=SCALE))
    await channel.send(HERE, Message(WORDS, choices=SCALE[1:]).replacing(first.external_id))
    assert telegram.from_bot(PERSON)[0].labels == ("Skip",)


async def test_an_edit_that_changes_nothing_is_a_success(channel: TelegramChannel) -> None:
    message = Message(WORDS, choices=SCALE)
    first = await channel.send(HERE, message)
    assert await channel.send(HERE, message.replacing(first.external_id)) == first


@pytest.mark.parametrize("replaced", ["999999", "1", "SM123", "٣", "²", ""])
async def test_an_edit_of_what_is_no_message_of_ours_is_refused(
    channel: TelegramChannel, replaced: str
) -> None:
    with pytest.raises(RefusedError):
        await channel.send(HERE, Message(WORDS).replacing(replaced))


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_AFTER, Fault.GARBAGE, Fault.STRANGE])
async def test_an_edit_of_unknown_outcome_is_simply_made_again(
    telegram: FakeTelegram, channel: TelegramChannel, fault: Fault
) -> None:
    first = await channel.send(HERE, Message(WORDS))
    edit = Message("You chose 1").replacing(first.external_id)
    telegram.fail_next("editMessageText", fault)
    with pytest.raises(ChannelError) as caught:
        await channel.send(HERE, edit)
    assert type(caught.value) is ChannelError
    assert await channel.send(HERE, edit) == first
    assert telegram.from_bot(PERSON)[0].text == "You chose 1"


async def test_it_cannot_be_asked_what_it_sent(channel: TelegramChannel) -> None:
    with pytest.raises(CannotAskError):
        await channel.find(HERE, Message(WORDS), datetime.now(UTC))


async def test_a_hundred_messages_at_once_all_go(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    receipts = await asyncio.gather(*(channel.send(HERE, Message(f"{n}")) for n in range(100)))
    assert len({receipt.external_id for receipt in receipts}) == len(telegram.from_bot(PERSON)) == 100


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.TIMEOUT_BEFORE, OutcomeUnknownError),
        (Fault.TIMEOUT_AFTER, OutcomeUnknownError),
        (Fault.SERVER_ERROR, OutcomeUnknownError),
        (Fault.BAD_GATEWAY, OutcomeUnknownError),
        (Fault.GARBAGE, OutcomeUnknownError),
        (Fault.STRANGE, OutcomeUnknownError),
        (Fault.TOO_MANY, NotNowError),
        (Fault.FORBIDDEN, UnreachableError),
        (Fault.UNAUTHORIZED, SenderFaultError),
        pytest.param(Fault.PROXY_PAGE, ChannelError, id="a firewall's 403 is nobody's wish"),
    ],
)
async def test_each_fault_names_the_next_move(
    telegram: FakeTelegram, channel: TelegramChannel, fault: Fault, error: type[ChannelError]
) -> None:
    telegram.fail_next("sendMessage", fault)
    with pytest.raises(ChannelError) as caught:
        await channel.send(HERE, Message(WORDS))
    assert type(caught.value) is error
    accepted = fault in {Fault.TIMEOUT_AFTER, Fault.GARBAGE, Fault.STRANGE}
    assert len(telegram.from_bot(PERSON)) == accepted
    await channel.send(HERE, Message("the next one goes"))


async def test_the_wait_is_what_telegram_says_and_for_the_whole_bot(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    telegram.fail_next("sendMessage", Fault.TOO_MANY)
    with pytest.raises(NotNowError) as caught:
        await channel.send(HERE, Message(WORDS))
    assert (caught.value.wait, caught.value.whole_sender) == (timedelta(seconds=1), True)


async def test_telegrams_rates_are_met_with_patience(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    telegram.methods.limited = True
    await channel.send(HERE, Message("1"))
    with pytest.raises(NotNowError):
        await channel.send(HERE, Message("2"))


async def test_who_blocked_the_bot_opted_out(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    telegram.block(PERSON)
    with pytest.raises(UnreachableError) as caught:
        await channel.send(HERE, Message(WORDS))
    assert caught.value.opted_out
    telegram.unblock(PERSON)
    await channel.send(HERE, Message(WORDS))


@pytest.mark.parametrize("address", ["77", "@someone", "", "+15550100"])
async def test_who_is_not_on_telegram_is_unreachable(channel: TelegramChannel, address: str) -> None:
    with pytest.raises(UnreachableError) as caught:
        await channel.send(Address(address), Message(WORDS))
    assert not caught.value.opted_out


@pytest.mark.parametrize(
    ("text", "goes"), [("x" * 4096, True), ("x" * 4097, False), ("  ", False), ("", False)]
)
async def test_what_no_message_can_be_is_refused(channel: TelegramChannel, text: str, *, goes: bool) -> None:
    if goes:
        await channel.send(HERE, Message(text))
    else:
        with pytest.raises(RefusedError):
            await channel.send(HERE, Message(text))


async def test_where_nothing_listens_nothing_was_sent() -> None:
    async with FakeTelegram() as telegram:
        channel = await TelegramChannel.connect(settings_for(telegram), IMPATIENT)
    with pytest.raises(ChannelError) as caught:
        await channel.send(HERE, Message(WORDS))
    assert type(caught.value) is ChannelError
    await channel.close()


@pytest.mark.parametrize(
    ("cause", "error"),
    [
        (httpx.ConnectTimeout(""), ChannelError),
        (httpx.PoolTimeout(""), ChannelError),
        (httpx.ConnectError(""), ChannelError),
        (httpx.ProxyError(""), ChannelError),
        (httpx.ReadTimeout(""), OutcomeUnknownError),
        (httpx.WriteTimeout(""), OutcomeUnknownError),
        (httpx.ReadError(""), OutcomeUnknownError),
        (httpx.WriteError(""), OutcomeUnknownError),
        (httpx.RemoteProtocolError(""), OutcomeUnknownError),
    ],
)
def test_only_what_may_have_left_this_machine_is_of_unknown_outcome(
    cause: httpx.HTTPError, error: type[ChannelError]
) -> None:
    lost = TimedOut() if isinstance(cause, httpx.TimeoutException) else NetworkError("lost")
    lost.__cause__ = cause
    assert type(channel_error(lost)) is error


@pytest.mark.parametrize(
    ("said", "error", "opted_out"),
    [
        (Forbidden("Forbidden: bot was blocked by the user"), UnreachableError, True),
        (Forbidden("Forbidden: user is deactivated"), UnreachableError, False),
        (Forbidden("Forbidden: bot can't initiate conversation with a user"), UnreachableError, False),
        (ChatMigrated(-100), UnreachableError, False),
        (BadRequest("Bad Request: chat not found"), UnreachableError, False),
        (BadRequest("Bad Request: PEER_ID_INVALID"), UnreachableError, False),
        (BadRequest("Bad Request: message is too long"), RefusedError, None),
        (BadRequest("Bad Request: BUTTON_DATA_INVALID"), RefusedError, None),
        (RetryAfter(timedelta(seconds=3)), NotNowError, None),
        (InvalidToken(), SenderFaultError, None),
        (Conflict("Conflict"), ChannelError, None),
        (TelegramError("something new"), ChannelError, None),
    ],
    ids=str,
)
def test_each_refusal_names_the_next_move(
    said: TelegramError,
    error: type[ChannelError],
    opted_out: bool | None,
) -> None:
    fault = channel_error(said)
    assert type(fault) is error
    assert getattr(fault, "opted_out", None) == opted_out


def test_the_wait_is_read_as_a_number_or_as_a_timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wait_of(RetryAfter(7)) == timedelta(seconds=7)
    monkeypatch.setenv("PTB_TIMEDELTA", "false")
    with pytest.warns(PTBDeprecationWarning):
        assert wait_of(RetryAfter(7)) == timedelta(seconds=7)


async def test_the_bot_is_known_by_id_and_name(channel: TelegramChannel) -> None:
    as_seen_by_others: Channel = channel
    assert (as_seen_by_others.name, as_seen_by_others.account) == ("telegram", "7700551")
    assert as_seen_by_others.edits
    assert channel.username == "attune_test_bot"
    assert channel.last_poll is None


async def test_a_wrong_token_is_our_fault_and_is_not_quoted(telegram: FakeTelegram) -> None:
    wrong = "7700551:AAThisIsNotTheToken"
    settings = settings_for(telegram).model_copy(update={"token": SecretStr(wrong)})
    with pytest.raises(SenderFaultError) as caught:
        await TelegramChannel.connect(settings, IMPATIENT)
    assert "AAThis" not in "".join(traceback.format_exception(caught.value))


async def test_without_a_token_nothing_is_tried(telegram: FakeTelegram) -> None:
    settings = settings_for(telegram).model_copy(update={"token": None})
    with pytest.raises(SenderFaultError):
        await TelegramChannel.connect(settings, IMPATIENT)
    assert telegram.calls == []


@pytest.mark.parametrize(
    "fault", [Fault.SERVER_ERROR, Fault.BAD_GATEWAY, Fault.STRANGE, Fault.TIMEOUT_BEFORE]
)
async def test_a_telegram_that_is_down_may_be_asked_again(telegram: FakeTelegram, fault: Fault) -> None:
    telegram.fail_next("getMe", fault)
    with pytest.raises(ChannelError) as caught:
        await TelegramChannel.connect(settings_for(telegram), IMPATIENT)
    assert type(caught.value) is ChannelError


async def test_neither_token_nor_words_get_into_logs_or_errors(
    telegram: FakeTelegram, channel: TelegramChannel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    errors: list[str] = []
    for fault in (None, *Fault):
        if fault is not None:
            telegram.fail_next("sendMessage", fault)
        try:
            await channel.send(HERE, Message(WORDS))
        except ChannelError as error:
            errors.extend(traceback.format_exception(error))
    written = caplog.text + "".join(errors)
    assert len(errors) > len(Fault)
    assert telegram.token not in written
    assert "dear client" not in written

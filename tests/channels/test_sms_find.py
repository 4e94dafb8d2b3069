"""Asking Twilio for a message that may have been sent."""

from __future__ import annotations

import dataclasses
import logging
import traceback
from datetime import UTC, datetime, timedelta

import pytest

from bot.channels.base import Address, ChannelError, Message, NotNowError, SenderFaultError
from bot.channels.sms import SmsChannel
from tests.channels.networks import PUBLIC_URL, sms_settings
from tests.fakes.twilio import FakeTwilio, Fault

PERSON = Address("+12025550100")
HELLO = Message("How are you? 0-10")


async def test_a_text_made_in_the_second_before_is_found(sms: SmsChannel) -> None:
    """Twilio's times have no fractions: made at 12:00:00.9, listed as 12:00:00."""
    receipt = await sms.send(PERSON, HELLO)
    since = datetime.now(UTC).replace(microsecond=0) + timedelta(microseconds=900_000)
    assert await sms.find(PERSON, HELLO, since) == receipt


async def test_an_earlier_message_of_the_same_text_is_not_the_one(
    twilio: FakeTwilio, sms: SmsChannel
) -> None:
    await sms.send(PERSON, HELLO)
    twilio.sent[0] = dataclasses.replace(twilio.sent[0], created=datetime.now(UTC) - timedelta(seconds=10))
    assert await sms.find(PERSON, HELLO, datetime.now(UTC)) is None


@pytest.mark.parametrize("status", ["queued", "sent", "delivered", "failed"])
async def test_a_message_is_found_in_whatever_state(twilio: FakeTwilio, sms: SmsChannel, status: str) -> None:
    since = datetime.now(UTC)
    receipt = await sms.send(PERSON, HELLO)
    await twilio.status(receipt.external_id, status)
    assert await sms.find(PERSON, HELLO, since) == receipt


async def test_what_a_trial_account_adds_hides_nothing(twilio: FakeTwilio, sms: SmsChannel) -> None:
    since = datetime.now(UTC)
    receipt = await sms.send(PERSON, HELLO)
    body = f"Sent from your Twilio trial account - {HELLO.text}"
    twilio.sent[0] = dataclasses.replace(twilio.sent[0], body=body)
    assert await sms.find(PERSON, HELLO, since) == receipt


async def test_a_message_on_the_second_page_is_found(twilio: FakeTwilio, sms: SmsChannel) -> None:
    since = datetime.now(UTC)
    receipt = await sms.send(PERSON, HELLO)
    other = dataclasses.replace(twilio.sent[0], sid="SM0", body="another")
    twilio.sent.extend([other] * 1000)
    assert await sms.find(PERSON, HELLO, since) == receipt


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param(Fault(status=500), ChannelError, id="500"),
        pytest.param(Fault(code=20429), NotNowError, id="429"),
        pytest.param(Fault(code=20003), SenderFaultError, id="401"),
        pytest.param(Fault(status=200, body=""), ChannelError, id="nothing"),
        pytest.param(Fault(status=200, body="<html>"), ChannelError, id="a page"),
        pytest.param(Fault(status=200, body="{}"), ChannelError, id="no list"),
        pytest.param(Fault(status=202, body='{"messages": []}'), ChannelError, id="202"),
        pytest.param(
            Fault(status=200, body='{"messages": [7]}'), ChannelError, id="a list of something else"
        ),
        pytest.param(
            Fault(status=200, body='{"messages": [{"date_created": 7}]}'), ChannelError, id="an odd date"
        ),
    ],
)
async def test_no_answer_is_never_taken_for_not_sent(
    twilio: FakeTwilio, sms: SmsChannel, fault: Fault, error: type[ChannelError]
) -> None:
    twilio.fail_next(fault)
    with pytest.raises(ChannelError) as raised:
        await sms.find(PERSON, HELLO, datetime.now(UTC))
    assert type(raised.value) is error


async def test_a_list_that_does_not_come_is_no_answer(twilio: FakeTwilio, impatient: SmsChannel) -> None:
    twilio.fail_next(Fault(hangs=True))
    with pytest.raises(ChannelError) as raised:
        await impatient.find(PERSON, HELLO, datetime.now(UTC))
    assert type(raised.value) is ChannelError


async def test_asking_leaves_no_number_behind(twilio: FakeTwilio, caplog: pytest.LogCaptureFixture) -> None:
    """The number asked about is in the URL, which httpx would log."""
    for name in ("", "httpx", "httpcore", "twilio"):
        caplog.set_level(logging.DEBUG, name)
    channel = await SmsChannel.connect(sms_settings(twilio.api_base, timeout=0.2), PUBLIC_URL)
    assert await channel.find(PERSON, HELLO, datetime.now(UTC)) is None
    told: list[str] = []
    for fault in (Fault(code=20003), Fault(hangs=True), Fault(status=202, body='{"messages": []}')):
        twilio.fail_next(fault)
        with pytest.raises(ChannelError) as raised:
            await channel.find(PERSON, HELLO, datetime.now(UTC))
        told += traceback.format_exception(raised.value)
    await channel.close()
    told += [each.getMessage() for each in caplog.records if not each.name.startswith("uvicorn")]
    assert PERSON.removeprefix("+") not in "".join(told)

"""Twilio's own list: what it says came in, and what it says became of ours."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.channels import sms_list
from bot.channels.base import (
    Address,
    ChannelError,
    DeliveryReport,
    Inbound,
    Keyword,
    Message,
    Outcome,
    SentMedia,
    Wrote,
)
from bot.channels.sms import SmsChannel
from tests.channels.networks import PUBLIC_URL, sms_settings
from tests.fakes.twilio import ACCOUNT, FakeTwilio, Fault

PERSON = Address("+12025550100")
SINCE = datetime(2026, 11, 23, 17, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SERVICE = "MG" + "0" * 32


@pytest.fixture
async def of_a_service(twilio: FakeTwilio) -> AsyncIterator[SmsChannel]:
    """Connect a channel whose numbers a messaging service chooses."""
    settings = sms_settings(twilio.api_base).model_copy(update={"messaging_service_sid": SERVICE})
    channel = await SmsChannel.connect(settings, PUBLIC_URL)
    yield channel
    await channel.close()


async def received(channel: SmsChannel, since: datetime = SINCE) -> list[Inbound]:
    """List what came in."""
    return [one async for page in channel.received_since(since) for one in page]


async def statuses(channel: SmsChannel, since: datetime = SINCE) -> list[DeliveryReport]:
    """List what became of ours."""
    return [one async for page in channel.statuses(since) for one in page]


async def test_what_came_in_is_told_as_the_webhook_would_have(twilio: FakeTwilio, sms: SmsChannel) -> None:
    at = SINCE + timedelta(hours=3)
    sid = twilio.arrive(PERSON, "7 rough week", at=at)
    assert await received(sms) == [
        Inbound("sms", ACCOUNT, sid, PERSON, Wrote("7 rough week"), at, listed=True)
    ]


async def test_a_stop_and_a_picture_are_told_as_what_they_are(twilio: FakeTwilio, sms: SmsChannel) -> None:
    twilio.arrive(PERSON, "Stop", at=SINCE)
    twilio.arrive(PERSON, "", at=SINCE - SECOND, NumMedia="1")
    said = [one.said for one in await received(sms, SINCE - SECOND)]
    assert said == [Wrote("Stop", Keyword.STOP), SentMedia("media")]


@pytest.mark.parametrize(
    ("late", "told"),
    [(timedelta(), True), (-SECOND, False), (timedelta(days=2), True), (-timedelta(days=1), False)],
)
async def test_what_came_before_is_left_out(
    twilio: FakeTwilio, sms: SmsChannel, late: timedelta, told: bool
) -> None:
    twilio.arrive(PERSON, "7", at=SINCE + late)
    assert bool(await received(sms)) is told


async def test_only_what_was_sent_to_our_numbers_is_ours(twilio: FakeTwilio, sms: SmsChannel) -> None:
    for number in ("+12025550199", None):
        fields = {} if number is None else {"To": number}
        twilio.arrive(PERSON, "to us" if number is None else "to others", at=SINCE, **fields)
    twilio.arrive(f"whatsapp:{PERSON}", "by WhatsApp", at=SINCE)
    await sms.send(PERSON, Message("ours"))
    said = [one.said for one in await received(sms)]
    assert said == [Wrote("to us"), Wrote("by WhatsApp")]


async def test_a_services_numbers_are_ours_too(twilio: FakeTwilio, of_a_service: SmsChannel) -> None:
    others = {"To": "+12025550199"}
    twilio.arrive(PERSON, "to the service", at=SINCE, MessagingServiceSid=SERVICE, **others)
    twilio.arrive(PERSON, "to another", at=SINCE, **others)
    twilio.arrive(PERSON, "to our number", at=SINCE)
    assert {one.said for one in await received(of_a_service)} == {
        Wrote("to the service"),
        Wrote("to our number"),
    }


async def test_every_page_is_read(
    twilio: FakeTwilio, sms: SmsChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms_list, "PAGE", 2)
    for number in range(5):
        twilio.arrive(PERSON, str(number), at=SINCE + number * SECOND)
    pages = [len(page) async for page in sms.received_since(SINCE)]
    assert pages == [2, 2, 1, 0], "three pages of the number, one of WhatsApp"
    assert twilio.lists == 4


@pytest.mark.parametrize(("most", "given_up"), [(2, True), (3, False)])
async def test_a_list_without_an_end_is_given_up(
    twilio: FakeTwilio, sms: SmsChannel, monkeypatch: pytest.MonkeyPatch, *, most: int, given_up: bool
) -> None:
    monkeypatch.setattr(sms_list, "PAGE", 2)
    monkeypatch.setattr(sms_list, "MOST_PAGES", most)
    for _ in range(5):
        twilio.arrive(PERSON, "7", at=SINCE)
    if given_up:
        with pytest.raises(ChannelError, match="begin later"):
            await received(sms)
    else:
        assert len(await received(sms)) == 5


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        ("queued", None, None),
        ("sent", None, Outcome.SENT),
        ("delivered", None, Outcome.DELIVERED),
        ("undelivered", 30005, Outcome.FAILED),
        ("failed", 30007, Outcome.FAILED),
    ],
)
async def test_what_became_of_a_message_is_told(
    twilio: FakeTwilio, sms: SmsChannel, *, status: str, code: int | None, outcome: Outcome | None
) -> None:
    receipt = await sms.send(PERSON, Message("How are you?"))
    twilio.arrive(PERSON, "7")
    await twilio.status(receipt.external_id, status, code)
    told = await statuses(sms, datetime.now(UTC) - timedelta(hours=1))
    assert [(one.external_id, one.outcome, one.code) for one in told] == (
        [] if outcome is None else [(receipt.external_id, outcome, str(code) if code else None)]
    )


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(code=20429),
        Fault(code=20003),
        Fault(status=200, body=""),
        Fault(status=200, body="{}"),
        Fault(status=200, body='{"messages": [7]}'),
        Fault(status=200, body='{"messages": [{"sid": "SM1", "date_sent": 7}]}'),
    ],
    ids=repr,
)
async def test_no_answer_is_never_taken_for_an_empty_list(
    twilio: FakeTwilio, sms: SmsChannel, fault: Fault
) -> None:
    for ask in (received, statuses):
        twilio.fail_next(fault)
        with pytest.raises(ChannelError):
            await ask(sms)


async def test_the_list_leaves_no_number_and_no_words_behind(
    twilio: FakeTwilio, sms: SmsChannel, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("", "httpx", "httpcore", "twilio"):
        caplog.set_level(logging.DEBUG, name)
    twilio.arrive(PERSON, "a rough week", at=SINCE)
    assert len(await received(sms)) == 1
    body = f'{{"messages": [{{"from": "{PERSON}", "body": "a rough week", "date_sent": 7}}]}}'
    twilio.fail_next(Fault(status=200, body=body))
    with pytest.raises(ChannelError) as raised:
        await received(sms)
    told = [*traceback.format_exception(raised.value)]
    told += [each.getMessage() for each in caplog.records if not each.name.startswith("uvicorn")]
    assert PERSON.removeprefix("+") not in "".join(told)
    assert "rough" not in "".join(told)

"""The SMS channel against a fake Twilio: what is sent, and what its refusals mean."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.channels.base import (
    Address,
    ChannelError,
    Message,
    NoAnswerError,
    NotNowError,
    OutcomeUnknownError,
    Receipt,
    RefusedError,
    SenderFaultError,
    UnreachableError,
)
from bot.channels.sms import SmsChannel
from bot.channels.sms_errors import CODES, Move, refusal
from bot.settings import SmsSettings
from tests.channels.networks import PUBLIC_URL, sms_settings
from tests.fakes.twilio import NUMBER, WHATSAPP, FakeTwilio, Fault

PERSON = Address("+12025550100")
ON_WHATSAPP = Address("whatsapp:+12025550100")
SERVICE = "MG" + "0" * 32
HELLO = Message("How are you? 0-10")


async def refused(sms: SmsChannel, message: Message = HELLO) -> ChannelError:
    """Send, and return the error."""
    with pytest.raises(ChannelError) as raised:
        await sms.send(PERSON, message)
    return raised.value


# ---- what Twilio's errors mean -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "error"),
    [
        pytest.param((20003,), SenderFaultError, id="the account is refused"),
        pytest.param((20429, 21611, 30001, 30022, 63017, 63038), NotNowError, id="slow down"),
        pytest.param((21211, 21217, 21614, 30005, 30006), UnreachableError, id="nobody there"),
        pytest.param((30004, 30007), UnreachableError, id="blocked or filtered"),
        pytest.param((21408, 21608), UnreachableError, id="configuration, of one region or one number"),
        pytest.param((21606, 21603, 21212), SenderFaultError, id="configuration"),
        pytest.param((21610,), UnreachableError, id="opted out"),
        pytest.param((30003, 30008), NoAnswerError, id="once more later"),
        pytest.param((30034,), SenderFaultError, id="not registered"),
        pytest.param((30036, 21617), RefusedError, id="this message can't be sent"),
    ],
)
async def test_each_code_says_what_to_do(
    twilio: FakeTwilio, sms: SmsChannel, codes: tuple[int, ...], error: type[ChannelError]
) -> None:
    for code in codes:
        twilio.fail_next(Fault(code=code))
        raised = await refused(sms)
        assert type(raised) is error
        assert str(code) in str(raised)
        if isinstance(raised, UnreachableError):
            assert raised.opted_out == (code == 21610)
            assert raised.barred == (code in {30004, 30007, 21408, 21608})
        if isinstance(raised, NotNowError):
            assert raised.wait >= timedelta(seconds=1)
            assert raised.whole_sender == (code not in {30003, 30008})


@pytest.mark.parametrize("move", Move)
def test_every_move_has_its_error(move: Move) -> None:
    verdicts = [(code, verdict) for code, verdict in CODES.items() if verdict.move is move]
    assert verdicts or move is Move.TRY_AGAIN
    for code, verdict in verdicts:
        assert verdict.reason in str(refusal(400, code))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param(Fault(status=500), OutcomeUnknownError, id="500"),
        pytest.param(Fault(status=502, body="<html>"), OutcomeUnknownError, id="502 of a proxy"),
        pytest.param(Fault(status=503), OutcomeUnknownError, id="503"),
        pytest.param(Fault(status=500, code=20429), OutcomeUnknownError, id="500 whatever its code"),
        pytest.param(Fault(status=429, body="slow"), NotNowError, id="429 without a code"),
        pytest.param(Fault(status=401, body=""), SenderFaultError, id="401"),
        pytest.param(Fault(status=403, body="<html>"), SenderFaultError, id="403"),
        pytest.param(Fault(status=404), SenderFaultError, id="404"),
        pytest.param(Fault(status=400, code=21999), RefusedError, id="400 with a code nobody knows"),
        pytest.param(Fault(status=400, body='{"code": "x"}'), RefusedError, id="400 with an odd code"),
        pytest.param(Fault(status=302, body=""), ChannelError, id="a redirect is not followed"),
        pytest.param(Fault(status=409, body=""), ChannelError, id="409"),
    ],
)
async def test_each_http_status_says_what_to_do(
    twilio: FakeTwilio, sms: SmsChannel, fault: Fault, error: type[ChannelError]
) -> None:
    twilio.fail_next(fault)
    assert type(await refused(sms)) is error
    assert twilio.posts == 1


@pytest.mark.parametrize(
    "body",
    [
        "",
        "OK",
        "[" * 100_000,
        "<html>sign in to the hotel's network</html>",
        "[]",
        "7",
        "{}",
        '{"sid": null}',
        '{"sid": ""}',
        '{"sid": 7}',
        '{"sid": "SM1", "date_created": 7}',
        '{"sid": "SM1", "date_created": "Mon, 99 Jan 2026 00:00:00 +0000"}',
    ],
)
async def test_a_success_that_is_not_twilios_is_an_unknown_outcome(
    twilio: FakeTwilio, sms: SmsChannel, body: str
) -> None:
    twilio.fail_next(Fault(accepts=True, body=body))
    assert type(await refused(sms)) is OutcomeUnknownError


async def test_a_message_that_failed_at_once_is_refused(twilio: FakeTwilio, sms: SmsChannel) -> None:
    twilio.fail_next(Fault(body='{"sid": "SM1", "status": "failed", "error_code": 30006}'))
    assert type(await refused(sms)) is UnreachableError


async def test_a_429_says_itself_how_long_to_wait(twilio: FakeTwilio, sms: SmsChannel) -> None:
    for given, seconds in ((17, 17), (None, 10)):
        twilio.fail_next(Fault(code=20429, retry_after=given))
        error = await refused(sms)
        assert isinstance(error, NotNowError)
        assert error.wait == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(hangs=True, accepts=True), id="no answer"),
        pytest.param(Fault(drips=True, accepts=True), id="an answer that never ends"),
    ],
)
async def test_the_timeout_is_kept_and_nothing_is_posted_twice(
    twilio: FakeTwilio, impatient: SmsChannel, fault: Fault
) -> None:
    twilio.fail_next(fault)
    begun = time.monotonic()
    assert type(await refused(impatient)) is OutcomeUnknownError
    assert 0.19 < time.monotonic() - begun < 2
    await asyncio.sleep(0.05)
    assert (twilio.posts, len(twilio.sent)) == (1, 1)


async def test_a_closed_channel_sends_nothing(twilio: FakeTwilio, sms: SmsChannel) -> None:
    await sms.close()
    assert type(await refused(sms)) is ChannelError
    assert twilio.posts == 0


# ---- what is sent --------------------------------------------------------------------------------


async def test_a_message_carries_its_terms(twilio: FakeTwilio, sms: SmsChannel) -> None:
    await sms.send(PERSON, HELLO)
    assert twilio.sent[0].form == {
        "To": PERSON,
        "From": NUMBER,
        "Body": HELLO.text,
        "StatusCallback": f"{PUBLIC_URL}/sms/status",
        "SmartEncoded": "false",
    }


@pytest.mark.parametrize(
    ("valid_for", "seconds"),
    [
        (timedelta(seconds=-1), "5"),
        (timedelta(seconds=4), "5"),
        (timedelta(seconds=6), "6"),
        (timedelta(hours=2), "7200"),
        (timedelta(seconds=36_000), "36000"),
        (timedelta(seconds=36_001), "36000"),
        (timedelta(days=2), "36000"),
    ],
)
async def test_validity_is_kept_within_twilios_bounds(
    twilio: FakeTwilio, sms: SmsChannel, valid_for: timedelta, seconds: str
) -> None:
    await sms.send(PERSON, dataclasses.replace(HELLO, valid_for=valid_for))
    assert twilio.sent[0].form["ValidityPeriod"] == seconds


@pytest.mark.parametrize(
    ("changes", "address", "sender"),
    [
        pytest.param({}, PERSON, {"From": NUMBER}, id="a number"),
        pytest.param(
            {"from_number": None, "messaging_service_sid": SERVICE},
            PERSON,
            {"MessagingServiceSid": SERVICE},
            id="a service",
        ),
        pytest.param(
            {"messaging_service_sid": SERVICE},
            PERSON,
            {"From": NUMBER, "MessagingServiceSid": SERVICE},
            id="a number of a service",
        ),
        pytest.param({"messaging_service_sid": SERVICE}, ON_WHATSAPP, {"From": WHATSAPP}, id="WhatsApp"),
        pytest.param(
            {"whatsapp_from": WHATSAPP.removeprefix("whatsapp:")},
            ON_WHATSAPP,
            {"From": WHATSAPP},
            id="WhatsApp, from a bare number",
        ),
    ],
)
async def test_the_sender_follows_from_the_address(
    twilio: FakeTwilio, changes: dict[str, object], address: Address, sender: dict[str, str]
) -> None:
    channel = await SmsChannel.connect(sms_settings(twilio.api_base).model_copy(update=changes))
    await channel.send(address, HELLO)
    await channel.close()
    form = twilio.sent[0].form
    assert {key: form[key] for key in ("From", "MessagingServiceSid") if key in form} == sender
    assert "StatusCallback" not in form


@pytest.mark.parametrize(
    ("address", "error"),
    [
        pytest.param(PERSON, SenderFaultError, id="no number at all: nobody can be written"),
        pytest.param(ON_WHATSAPP, UnreachableError, id="no WhatsApp: this person can't be written"),
    ],
)
async def test_without_a_sender_nothing_is_sent(
    twilio: FakeTwilio, address: Address, error: type[ChannelError]
) -> None:
    nobody = {"from_number": None, "whatsapp_from": None}
    channel = await SmsChannel.connect(sms_settings(twilio.api_base).model_copy(update=nobody))
    with pytest.raises(error):
        await channel.send(address, HELLO)
    await channel.close()
    assert twilio.posts == 0


@pytest.mark.parametrize(
    "settings",
    [SmsSettings(), SmsSettings(account_sid="AC" + "0" * 32), SmsSettings(auth_token=SecretStr("t"))],
)
async def test_without_an_account_there_is_no_channel(settings: SmsSettings) -> None:
    with pytest.raises(ValueError, match="account_sid"):
        await SmsChannel.connect(settings)


async def test_sends_at_once_do_not_wait_for_each_other(twilio: FakeTwilio, sms: SmsChannel) -> None:
    twilio.fail_next(Fault(hangs=True))
    stuck = asyncio.create_task(refused(sms))
    while twilio.posts == 0:  # noqa: ASYNC110 - the fake has no event to wait for
        await asyncio.sleep(0.001)
    receipt = await sms.send(PERSON, HELLO)
    assert not stuck.done()
    assert receipt == Receipt(twilio.sent[0].sid)
    await twilio.stop()
    await stuck

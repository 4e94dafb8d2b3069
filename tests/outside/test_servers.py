"""Each outside server and library is up, and is what the other tests here take it for."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from twilio.request_validator import RequestValidator

from bot.segments import segments as counted
from tests.outside import environment
from tests.outside.servers import (
    ACCOUNT,
    AUTH_TOKEN,
    NUMBER,
    Emulate,
    NotUpError,
    emulate,
    free_port,
    output,
    prism,
    segments,
)
from tests.outside.webhook import Webhook, webhook

pytestmark = pytest.mark.outside

PHONE = "+15550100001"
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


@pytest.fixture
async def hook() -> AsyncIterator[Webhook]:
    """Listen for what Twilio would send us."""
    async with webhook() as listening:
        yield listening


@pytest.fixture
async def twilio(hook: Webhook) -> AsyncIterator[Emulate]:
    """Run emulate with `hook` as the number's webhook."""
    async with emulate(free_port(), sms_url=f"{hook.url}/sms") as running:
        yield running


async def post(url: str, **form: str) -> httpx.Response:
    """Ask for a message as any client of Twilio's API would."""
    async with httpx.AsyncClient(auth=(ACCOUNT, AUTH_TOKEN), timeout=30) as client:
        return await client.post(url + MESSAGES, data=form)


async def test_emulate_keeps_what_is_sent_and_signs_its_callbacks(twilio: Emulate, hook: Webhook) -> None:
    sent = await post(
        twilio.url, To=PHONE, From=NUMBER, Body="How are you?", StatusCallback=f"{hook.url}/sms/status"
    )
    assert sent.status_code == 201
    sid = sent.json()["sid"]
    await twilio.report(sid, "delivered")
    assert [message["body"] for message in await twilio.messages(to=PHONE)] == ["How are you?"]
    assert [call.form["MessageStatus"] for call in hook.calls] == ["queued", "delivered"]
    assert all(signed(hook))


async def test_emulate_sends_a_text_to_our_webhook_signed(twilio: Emulate, hook: Webhook) -> None:
    sid = await twilio.text(PHONE, "7,5 😀")
    (call,) = hook.calls
    assert call.url == f"{hook.url}/sms"
    fields = {name: call.form[name] for name in ("MessageSid", "From", "To", "Body")}
    assert fields == {"MessageSid": sid, "From": PHONE, "To": NUMBER, "Body": "7,5 😀"}
    assert all(signed(hook))


async def test_emulate_refuses_a_wrong_token(twilio: Emulate) -> None:
    async with httpx.AsyncClient(auth=(ACCOUNT, "wrong")) as client:
        refused = await client.get(twilio.url + MESSAGES)
    assert (refused.status_code, refused.json()["code"]) == (401, 20003)


async def test_prism_refuses_what_twilios_description_does_not_allow(twilio: Emulate) -> None:
    async with prism(free_port(), twilio.url, refuse=True) as checked:
        refused = await post(checked.url, From=NUMBER, Body="To nobody")
        sent = await post(checked.url, To=PHONE, From=NUMBER, Body="To somebody")
    assert (refused.status_code, sent.status_code) == (422, 201)
    assert [message["body"] for message in await twilio.messages()] == ["To somebody"]


async def test_prism_notes_violations_of_requests_only(twilio: Emulate) -> None:
    async with prism(free_port(), twilio.url) as checked:
        await post(checked.url, To=PHONE, From=NUMBER, Body="Fine", ValidityPeriod="3600")
        async with httpx.AsyncClient(auth=(ACCOUNT, AUTH_TOKEN)) as client:
            assert (await client.get(checked.url + MESSAGES, params={"To": PHONE})).status_code == 200
        assert checked.violations() == ()
        await post(checked.url, To=PHONE, From=NUMBER, Body="Not fine", ValidityPeriod="soon")
        assert [violation.where for violation in checked.violations()] == ["request.body.ValidityPeriod"]


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        pytest.param("a" * 160, 1, id="GSM-7, one segment full"),
        pytest.param("a" * 161, 2, id="GSM-7, one more"),
        pytest.param("’" * 70, 1, id="UCS-2, one segment full"),
        pytest.param("’" + "a" * 70, 2, id="one curly quote makes all of it UCS-2"),
        pytest.param("a" * 152 + "€" + "a" * 152, 3, id="what takes two places is not parted"),
        pytest.param("م" * 66 + "\U0001f642" + "م" * 66, 3, id="nor is an emoji"),
    ],
)
async def test_segments_are_counted(text: str, cost: int) -> None:
    assert await segments([text]) == (cost,)
    assert counted(text) == cost


async def test_a_program_that_fails_says_why() -> None:
    with pytest.raises(NotUpError, match="no such thing"):
        await output(environment.NODE, "-e", "throw new Error('no such thing')")


async def test_aiogram_reads_an_update() -> None:
    update = {"update_id": 1, "message": {"message_id": 2, "date": 0, "chat": {"id": 3, "type": "private"}}}
    script = (
        "import sys; from aiogram.types import Update\n"
        "print(Update.model_validate_json(sys.argv[1]).message.chat.id)"
    )
    assert (await output(environment.AIOGRAM, "-c", script, json.dumps(update))).strip() == "3"


async def test_tg_auto_test_talks_with_our_channel_where_python_is_new_enough() -> None:
    if not environment.TG_AUTO_TEST.exists():
        pytest.skip("no Python 3.12 or newer on this machine, which tg-auto-test needs")
    said = await output(environment.TG_AUTO_TEST, "-m", "tests.outside.in_process", folder=environment.ROOT)
    assert json.loads(said) == ["You wrote /start token", "You pressed seven"]


def signed(hook: Webhook) -> list[bool]:
    """Say of each call whether Twilio's own validator takes its signature."""
    validator = RequestValidator(AUTH_TOKEN)
    return [validator.validate(call.url, call.form, call.signature) for call in hook.calls]

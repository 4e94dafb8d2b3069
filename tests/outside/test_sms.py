"""The SMS channel and its webhooks against a Twilio that nobody here wrote, and Twilio's own description."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from bot.channels.base import Address, Choice, Message, Outcome, Wrote
from bot.channels.sms import SmsChannel
from bot.settings import SmsSettings
from bot.web.app import Readiness, build
from tests.fakes.server import LocalServer
from tests.outside.servers import (
    ACCOUNT,
    AUTH_TOKEN,
    NUMBER,
    Emulate,
    Prism,
    emulate,
    free_port,
    prism,
)
from tests.web.keeper import Keeper

pytestmark = pytest.mark.outside

PERSON = Address("+15550100001")
TEXT = "Wie geht es dir? \U0001f642 \u05e9\u05dc\u05d5\u05dd + & %"


@dataclass(frozen=True, slots=True)
class Clinic:
    """A bot's text messages: out through Prism to emulate, in by the web application."""

    sms: SmsChannel
    keeper: Keeper
    twilio: Emulate
    checked: Prism


async def _ready() -> Readiness:
    return Readiness(ready=True)


@pytest.fixture
async def clinic() -> AsyncIterator[Clinic]:
    """Put the parts together; what is sent from here is checked by Twilio's description."""
    keeper, bot, between = Keeper(), free_port(), free_port()
    settings = SmsSettings(
        account_sid=ACCOUNT, auth_token=SecretStr(AUTH_TOKEN), api_base=f"http://127.0.0.1:{between}"
    ).model_copy(update={"from_number": NUMBER})
    url = f"http://127.0.0.1:{bot}"
    sms = await SmsChannel.connect(settings, url)
    app = build(accept=keeper.accept, report=keeper.report, readiness=_ready, telegram=None, sms=sms)
    async with (
        LocalServer(app, bot),
        emulate(free_port(), sms_url=f"{url}/sms") as twilio,
        prism(between, twilio.url) as checked,
    ):
        yield Clinic(sms, keeper, twilio, checked)
    await sms.close()


async def test_a_message_is_sent_found_and_reported(clinic: Clinic) -> None:
    since = datetime.now(UTC)
    message = Message(TEXT, choices=((Choice("7", "a:7"),),), valid_for=timedelta(hours=48))
    receipt = await clinic.sms.send(PERSON, message)
    assert [each["body"] for each in await clinic.twilio.messages(to=PERSON)] == [TEXT]
    assert await clinic.sms.find(PERSON, message, since) == receipt
    assert await clinic.sms.find(PERSON, Message("another"), since) is None
    await clinic.twilio.report(receipt.external_id, "delivered")
    assert {each.external_id for each in clinic.keeper.reports} == {receipt.external_id}
    assert clinic.keeper.reports[-1].outcome is Outcome.DELIVERED
    assert clinic.checked.violations() == ()


async def test_what_came_in_and_what_became_of_ours_stand_in_the_list(clinic: Clinic) -> None:
    since = datetime.now(UTC) - timedelta(minutes=1)
    sid = await clinic.twilio.text(PERSON, TEXT)
    receipt = await clinic.sms.send(PERSON, Message(TEXT))
    await clinic.twilio.report(receipt.external_id, "delivered")
    came = [one async for page in clinic.sms.received_since(since) for one in page]
    assert [(one.external_id, one.address, one.said) for one in came] == [(sid, PERSON, Wrote(TEXT))]
    assert came[0].listed
    assert came[0].at >= since
    told = [one async for page in clinic.sms.statuses(since) for one in page]
    assert [(one.external_id, one.outcome) for one in told] == [(receipt.external_id, Outcome.DELIVERED)]
    assert clinic.checked.violations() == ()


async def test_a_text_comes_in(clinic: Clinic) -> None:
    sid = await clinic.twilio.text(PERSON, TEXT)
    (inbound,) = clinic.keeper.kept
    assert (inbound.external_id, inbound.address, inbound.said) == (sid, PERSON, Wrote(TEXT))

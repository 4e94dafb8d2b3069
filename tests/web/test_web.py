"""The web application: who is let in, what is kept, and what the networks are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlencode

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from structlog.testing import capture_logs

from bot.channels.base import Address, Cause, Message, Outcome
from bot.channels.sms import SmsChannel
from bot.web.app import Readiness, build
from bot.web.webhooks import FORM_LIMIT
from tests.channels.networks import sms_settings
from tests.fakes.server import LocalServer
from tests.fakes.twilio import FakeTwilio
from tests.fakes.twilio_rules import signature
from tests.web.keeper import Keeper

PUBLIC = "https://clinic.example"
PERSON = Address("+12025550100")
TOKEN, OLD_TOKEN = "the-new-token", "the-token-before"
FORM = {"MessageSid": "SM1", "From": PERSON, "Body": "the brother again", "FromCity": ""}
FORM_TYPE = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}


async def ready() -> Readiness:
    """Say that all is well."""
    return Readiness(ready=True, parts=(("database", True, "ok"), ("outbox", True, "0 s")))


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio(public_url=PUBLIC) as fake:
        fake.auth_token = TOKEN
        yield fake


@pytest.fixture
async def sms(twilio: FakeTwilio) -> AsyncIterator[SmsChannel]:
    tokens = {"auth_token": SecretStr(TOKEN), "previous_auth_token": SecretStr(OLD_TOKEN)}
    settings = sms_settings(twilio.api_base).model_copy(update=tokens)
    channel = await SmsChannel.connect(settings, PUBLIC)
    yield channel
    await channel.close()


@pytest.fixture
def app(keeper: Keeper, sms: SmsChannel) -> Starlette:
    return build(accept=keeper.accept, report=keeper.report, readiness=ready, telegram=None, sms=sms)


@pytest.fixture
async def bot(app: Starlette, twilio: FakeTwilio) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the application on loopback, known to Twilio as PUBLIC, and lend a client of it."""
    async with LocalServer(app) as server, httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
        twilio.bot_url = server.url
        yield client


def signed(form: dict[str, str], path: str = "/sms", token: str = TOKEN) -> dict[str, str]:
    """Give the headers that Twilio would send."""
    return FORM_TYPE | {"X-Twilio-Signature": signature(token, PUBLIC + path, form)}


# ---- text messages -------------------------------------------------------------------------------


async def test_a_text_is_kept_and_answered_with_nothing(
    bot: httpx.AsyncClient, twilio: FakeTwilio, keeper: Keeper
) -> None:
    assert bot.base_url != PUBLIC
    answer = await twilio.receive(PERSON, "7 \U0001f642 \u05e9\u05dc\u05d5\u05dd & = + %")
    assert (answer.status_code, answer.text) == (200, "<Response/>")
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert keeper.words == ["7 \U0001f642 \u05e9\u05dc\u05d5\u05dd & = + %"]
    assert keeper.kept[0].address == PERSON


@pytest.mark.usefixtures("bot")
async def test_it_is_answered_only_once_it_is_kept(twilio: FakeTwilio, keeper: Keeper) -> None:
    keeper.may_commit.clear()
    posting = asyncio.create_task(twilio.receive(PERSON, "7"))
    await keeper.asked.wait()
    await asyncio.sleep(0.02)
    assert not posting.done()
    keeper.may_commit.set()
    assert (await posting).status_code == 200


@pytest.mark.usefixtures("bot")
async def test_the_same_text_again_is_handed_on_again(twilio: FakeTwilio, keeper: Keeper) -> None:
    """Telling what was seen before is the inbox's work; its key is the network's id."""
    for _ in range(2):
        await twilio.receive(PERSON, "7", sid="SM7")
    assert [each.external_id for each in keeper.kept] == ["SM7", "SM7"]


@pytest.mark.parametrize("token", [TOKEN, OLD_TOKEN])
@pytest.mark.usefixtures("bot")
async def test_either_token_will_do_while_it_is_being_changed(
    twilio: FakeTwilio, keeper: Keeper, token: str
) -> None:
    twilio.auth_token = token
    assert (await twilio.receive(PERSON, "7")).status_code == 200
    assert keeper.words == ["7"]


_MANY = {str(number): "" for number in range(1001)}


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(("/sms", FORM, FORM_TYPE), id="unsigned"),
        pytest.param(("/sms", FORM, FORM_TYPE | {"X-Twilio-Signature": ""}), id="an empty signature"),
        pytest.param(("/sms", FORM, signed(FORM, token="guess")), id="another token"),
        pytest.param(("/sms", FORM | {"Body": "10"}, signed(FORM)), id="another text"),
        pytest.param(("/sms", FORM | {"Added": ""}, signed(FORM)), id="a blank field more"),
        pytest.param(("/sms", {"MessageSid": "SM1"}, signed(FORM)), id="fields missing"),
        pytest.param(("/sms?a=1", FORM, signed(FORM)), id="a query more"),
        pytest.param(("/sms/status", FORM, signed(FORM)), id="another path"),
        pytest.param(("/sms", {}, signed(FORM)), id="no body"),
        pytest.param(("/sms", _MANY, signed(_MANY)), id="more fields than Twilio ever sends"),
    ],
)
async def test_a_forgery_is_refused_and_not_kept(
    bot: httpx.AsyncClient, keeper: Keeper, forged: tuple[str, dict[str, str], dict[str, str]]
) -> None:
    path, body, headers = forged
    with capture_logs() as logs:
        answer = await bot.post(path, content=urlencode(body), headers=headers)
    assert (answer.status_code, answer.text) == (403, "")
    assert not keeper.asked.is_set()
    assert [each["action"] for each in logs] == ["webhook.refused"]
    assert FORM["Body"] not in repr(logs)
    assert PERSON not in repr(logs)


@pytest.mark.parametrize(
    "body", [b"\xff\xfe\x00", b"%FF%FE=%00", b"&&&===", b'{"From": "+12025550100"}', b"\x00" * 100]
)
async def test_what_is_no_form_is_refused(bot: httpx.AsyncClient, keeper: Keeper, body: bytes) -> None:
    answer = await bot.post("/sms", content=body, headers=signed(FORM))
    assert answer.status_code == 403
    assert not keeper.asked.is_set()


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Host": "internal:8080"}, id="a host of its own"),
        pytest.param({"X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"}, id="forwarded"),
        pytest.param({"Forwarded": "proto=http;host=evil.example"}, id="forwarded, the new way"),
        pytest.param({"X-Original-URL": "/elsewhere"}, id="rewritten"),
    ],
)
async def test_what_a_proxy_says_of_the_url_counts_for_nothing(
    bot: httpx.AsyncClient, keeper: Keeper, headers: dict[str, str]
) -> None:
    answer = await bot.post("/sms", content=urlencode(FORM), headers=signed(FORM) | headers)
    assert answer.status_code == 200
    assert keeper.words == [FORM["Body"]]


@pytest.mark.parametrize("path", ["/sms?clinic=a%2Fb&x=", "/sms?a=1+2", "/%73ms"])
async def test_the_url_is_checked_as_it_was_written(
    bot: httpx.AsyncClient, keeper: Keeper, path: str
) -> None:
    answer = await bot.post(path, content=urlencode(FORM), headers=signed(FORM, path))
    assert answer.status_code == 200
    assert keeper.words == [FORM["Body"]]


async def test_blank_fields_count(bot: httpx.AsyncClient, keeper: Keeper) -> None:
    form = FORM | {"Body": "", "MediaUrl0": "", "FromState": ""}
    answer = await bot.post("/sms", content=urlencode(form), headers=signed(form))
    assert answer.status_code == 200
    assert keeper.words == [""]


async def test_a_genuine_text_that_cannot_be_read_is_kept_all_the_same(
    bot: httpx.AsyncClient, keeper: Keeper
) -> None:
    form = {"Body": "from nobody"}
    answer = await bot.post("/sms", content=urlencode(form), headers=signed(form))
    assert answer.status_code == 200
    assert "from nobody" in repr(keeper.kept[0].said)


# ---- what is too large, and what can't be kept ---------------------------------------------------


async def _in_pieces() -> AsyncIterator[bytes]:
    for _ in range(FORM_LIMIT // 50_000 + 1):
        yield b"x" * 50_000


@pytest.mark.parametrize("path", ["/sms", "/sms/status"])
async def test_a_body_that_is_too_large_is_refused(app: Starlette, keeper: Keeper, path: str) -> None:
    transport, headers = httpx.ASGITransport(app), signed(FORM)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
        announced = await client.post(path, content=b"x" * (FORM_LIMIT + 1), headers=headers)
        in_pieces = await client.post(path, content=_in_pieces(), headers=headers)
        largest = await client.post(path, content=b"x" * FORM_LIMIT, headers=headers)
    assert (announced.status_code, in_pieces.status_code, largest.status_code) == (413, 413, 403)
    assert not keeper.asked.is_set()


async def test_a_body_announced_as_too_large_is_not_even_begun(app: Starlette) -> None:
    begun = False

    async def body() -> AsyncIterator[bytes]:
        nonlocal begun
        begun = True
        yield b"x"

    headers = signed(FORM) | {"Content-Length": str(FORM_LIMIT + 1)}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC) as client:
        assert (await client.post("/sms", content=body(), headers=headers)).status_code == 413
    assert not begun


@pytest.mark.parametrize("path", ["/sms", "/sms/status"])
async def test_what_could_not_be_kept_is_asked_for_again(
    bot: httpx.AsyncClient, keeper: Keeper, path: str
) -> None:
    keeper.fault = RuntimeError(f"INSERT failed for {FORM['Body']} of {PERSON}")
    form = FORM | {"MessageStatus": "sent"}
    with capture_logs() as logs:
        answer = await bot.post(path, content=urlencode(form), headers=signed(form, path))
    assert answer.status_code == 503
    assert answer.text == ""
    assert [(each["action"], each["error"]) for each in logs] == [("webhook.failed", "RuntimeError")]
    assert FORM["Body"] not in repr(logs)
    assert PERSON not in repr(logs)
    keeper.fault = None
    again = await bot.post(path, content=urlencode(form), headers=signed(form, path))
    assert again.status_code == 200


# ---- how messages fared --------------------------------------------------------------------------


@pytest.mark.usefixtures("bot")
async def test_reports_come_in_any_order_and_twice(
    twilio: FakeTwilio, keeper: Keeper, sms: SmsChannel
) -> None:
    receipt = await sms.send(PERSON, Message("hello"))
    for status in ("delivered", "sent", "delivered"):
        answer = await twilio.status(receipt.external_id, status)
        assert answer is not None
        assert (answer.status_code, answer.text) == (200, "<Response/>")
    assert [each.outcome for each in keeper.reports] == [
        Outcome.DELIVERED,
        Outcome.SENT,
        Outcome.DELIVERED,
    ]
    assert {each.external_id for each in keeper.reports} == {receipt.external_id}


@pytest.mark.usefixtures("bot")
async def test_a_report_may_come_before_the_message_is_known_to_be_sent(
    twilio: FakeTwilio, keeper: Keeper, sms: SmsChannel
) -> None:
    twilio.callbacks = ("sent",)
    sending = asyncio.create_task(sms.send(PERSON, Message("hello")))
    await keeper.asked.wait()
    assert not sending.done()
    assert (await sending).external_id == keeper.reports[0].external_id


@pytest.mark.usefixtures("bot")
async def test_a_failure_says_that_the_person_opted_out(twilio: FakeTwilio, keeper: Keeper) -> None:
    await twilio.status("SM9", "failed", 21610)
    assert (keeper.reports[0].outcome, keeper.reports[0].cause) == (Outcome.FAILED, Cause.OPTED_OUT)


@pytest.mark.usefixtures("bot")
async def test_a_status_that_says_nothing_is_acknowledged_and_forgotten(
    twilio: FakeTwilio, keeper: Keeper
) -> None:
    answer = await twilio.status("SM9", "invented_later")
    assert answer is not None
    assert answer.status_code == 200
    assert not keeper.asked.is_set()


# ---- what else is served -------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/sms", "/sms/status"])
async def test_webhooks_are_posted(bot: httpx.AsyncClient, path: str) -> None:
    assert (await bot.get(path)).status_code == 405


@pytest.mark.parametrize("path", ["/sms", "/sms/status", "/telegram", "/"])
async def test_a_network_that_is_not_set_up_has_no_page(keeper: Keeper, path: str) -> None:
    app = build(accept=keeper.accept, report=keeper.report, readiness=ready, telegram=None, sms=None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC) as client:
        assert (await client.post(path)).status_code == 404


async def test_a_process_that_lives_is_healthy(bot: httpx.AsyncClient, keeper: Keeper) -> None:
    keeper.fault = RuntimeError("no database")
    assert (await bot.get("/healthz")).status_code == 200


async def _unready() -> Readiness:
    return Readiness(ready=False, parts=(("poller", False, "180 s since the last poll"),))


async def _broken() -> Readiness:
    reason = "password=hunter2"
    raise RuntimeError(reason)


@pytest.mark.parametrize(
    ("readiness", "status", "body"),
    [
        pytest.param(
            ready,
            200,
            {
                "ready": True,
                "parts": {
                    "database": {"ok": True, "detail": "ok"},
                    "outbox": {"ok": True, "detail": "0 s"},
                },
            },
            id="ready",
        ),
        pytest.param(
            _unready,
            503,
            {"ready": False, "parts": {"poller": {"ok": False, "detail": "180 s since the last poll"}}},
            id="not ready",
        ),
        pytest.param(_broken, 503, {"ready": False, "parts": {}}, id="nobody knows"),
    ],
)
async def test_readiness_is_told_part_by_part(
    keeper: Keeper,
    readiness: Callable[[], Awaitable[Readiness]],
    status: int,
    body: dict[str, object],
) -> None:
    app = build(accept=keeper.accept, report=keeper.report, readiness=readiness, telegram=None, sms=None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC) as client:
        with capture_logs() as logs:
            answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (status, body)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "hunter2" not in repr(logs)

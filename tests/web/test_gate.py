"""Who is let in: so many at a time, forgers so many a minute, and what a network signed always."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import httpx
import pytest
from starlette.applications import Starlette
from structlog.testing import capture_logs

from bot.channels.sms import SmsChannel
from bot.inbox import FullError
from bot.limits import Limits
from bot.metrics import Metrics
from bot.web import webhooks
from bot.web.app import build
from bot.web.gate import Gate
from storage.trouble import Trouble
from tests.storage.test_trouble import sqlite
from tests.web.keeper import Keeper
from tests.web.test_web import FORM, PUBLIC, keeper, ready, signed, sms, twilio

__all__ = ["keeper", "sms", "twilio"]  # fixtures

ELSEWHERE = ("203.0.113.7", 4000)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def app(keeper: Keeper, sms: SmsChannel, metrics: Metrics) -> Starlette:
    gate = Gate(Limits(requests=2, forgeries=3), metrics, lambda: 0.0)
    return build(
        accept=keeper.accept, report=keeper.report, readiness=ready, telegram=None, sms=sms, gate=gate
    )


@pytest.fixture
async def web(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC) as client:
        yield client


async def post(client: httpx.AsyncClient, *, forged: bool = False) -> httpx.Response:
    """Post a text, signed or signed wrongly."""
    headers = signed(FORM, token="guess") if forged else signed(FORM)
    return await client.post("/sms", content=urlencode(FORM), headers=headers)


def refused(metrics: Metrics, limit: str) -> float:
    """Give how much was over a limit."""
    return metrics.registry.get_sample_value("attune_refused_total", {"limit": limit}) or 0


async def test_more_at_a_time_than_there_is_room_for_are_to_come_again(
    web: httpx.AsyncClient, keeper: Keeper, metrics: Metrics
) -> None:
    keeper.may_commit.clear()
    two = [asyncio.create_task(post(web)) for _ in range(2)]
    await keeper.asked.wait()
    await asyncio.sleep(0.01)
    third = await post(web)
    assert (third.status_code, third.headers["Retry-After"]) == (503, "1")
    assert (await web.get("/healthz")).status_code == 200, "whoever watches is let in"
    keeper.may_commit.set()
    assert {(await one).status_code for one in two} == {200}
    assert (await post(web)).status_code == 200
    assert refused(metrics, "requests") == 1


async def test_a_forger_is_told_to_wait_and_a_network_beside_them_is_heard(
    web: httpx.AsyncClient, keeper: Keeper, metrics: Metrics
) -> None:
    """Behind a proxy both may seem to come from one place."""
    with capture_logs() as logs:
        answers = [await post(web, forged=True) for _ in range(5)]
    assert [one.status_code for one in answers] == [403, 403, 403, 429, 429]
    assert answers[-1].headers["Retry-After"] == "60"
    assert [one["action"] for one in logs] == ["webhook.refused", "limit"], "once each"
    assert (await post(web)).status_code == 200
    assert keeper.words == [FORM["Body"]]
    assert (refused(metrics, "forged"), refused(metrics, "source")) == (3, 2)


async def test_forgers_elsewhere_are_counted_by_themselves(app: Starlette, web: httpx.AsyncClient) -> None:
    for _ in range(4):
        await post(web, forged=True)
    transport = httpx.ASGITransport(app, client=ELSEWHERE)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as other:
        assert (await post(other, forged=True)).status_code == 403


async def test_one_house_has_one_network_of_the_newer_kind(app: Starlette) -> None:
    found = []
    for host in (
        "2001:db8:1:2::1",
        "2001:db8:1:2::2",
        "2001:db8:1:2::3",
        "2001:db8:1:2::4",
        "2001:db8:1:3::1",
    ):
        transport = httpx.ASGITransport(app, client=(host, 1))
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
            found.append((await post(client, forged=True)).status_code)
    assert found == [403, 403, 403, 429, 403]


async def test_what_bears_no_signature_is_not_read(web: httpx.AsyncClient) -> None:
    begun = False

    async def body() -> AsyncIterator[bytes]:
        nonlocal begun
        begun = True
        yield b"x"

    assert (await web.post("/sms", content=body())).status_code == 403
    assert not begun


async def test_a_body_that_does_not_arrive_makes_room(
    web: httpx.AsyncClient, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"From=1"
        await asyncio.sleep(60)

    monkeypatch.setattr(webhooks, "BODY_SECONDS", 0.05)
    for _ in range(3):
        assert (await web.post("/sms", content=body(), headers=signed(FORM))).status_code == 408
    assert refused(metrics, "slow") == 3


@pytest.mark.parametrize(
    ("fault", "logged"),
    [
        pytest.param(FullError(), [], id="too much waits: the inbox has logged it"),
        pytest.param(sqlite(13), [], id=f"{Trouble.DISK_FULL}: so has whoever met it"),
        pytest.param(sqlite(1), ["webhook.failed"], id="a fault of ours"),
    ],
)
async def test_what_could_not_be_kept_is_to_come_again(
    web: httpx.AsyncClient, keeper: Keeper, fault: Exception, logged: list[str]
) -> None:
    keeper.fault = fault
    with capture_logs() as logs:
        answer = await post(web)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert [one["action"] for one in logs] == logged

"""`attune run` as an administrator meets it: up, ready, stopped, and refused where the config is wrong."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.telegram import FakeTelegram, Fault
from tests.walks.attune import Attune, Section, free_port
from tests.walks.enrolment import CLIENT, KEYRING, THERAPIST
from tests.walks.gate import Gate
from tests.walks.walk import walking

KEYS = {"keys.keyring": KEYRING}

on_sqlite = pytest.mark.parametrize("engine", ["sqlite"])


async def test_it_is_alive_at_once_and_ready_after_the_first_poll(
    telegram: FakeTelegram, tmp_path: Path, database_url: str
) -> None:
    async with Gate(telegram.base_url) as gate:
        poll = gate.hold("getUpdates", carried_out=False)
        async with walking(telegram, tmp_path, database_url, telegram={"api_base": gate.url}) as walk:
            await walk.attune.start()
            async with httpx.AsyncClient(base_url=walk.attune.url, trust_env=False) as web:
                await poll.caught()
                assert (await web.get("/healthz")).status_code == 200
                early = await web.get("/readyz")
                assert (early.status_code, early.json()["parts"]["poller"]["ok"]) == (503, False)
                poll.release()
                await walk.attune.until_ready()
                ready = (await web.get("/readyz")).json()
                assert all(part["ok"] for part in ready["parts"].values())


@on_sqlite
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_it_finishes_what_was_begun_before_it_ends(
    telegram: FakeTelegram, tmp_path: Path, enrolled_url: str, sign: signal.Signals
) -> None:
    telegram.chats |= {CLIENT: [], THERAPIST: []}
    async with Gate(telegram.base_url) as gate:
        sending = gate.hold("sendMessage", carried_out=True)
        async with walking(telegram, tmp_path, enrolled_url, KEYS, telegram={"api_base": gate.url}) as walk:
            running = await walk.attune.start()
            await sending.caught()
            running.process.send_signal(sign)
            await running.until_printed('"stopping"')
            assert running.process.returncode is None
            sending.release()
            assert await running.ended() == 0
            assert json.loads(running.printed.splitlines()[-1])["action"] == "stopped"
            assert {one.state for one in await walk.ledger.outbox()} == {"sent"}


@on_sqlite
async def test_a_taken_port_ends_it_before_anything_is_begun(
    telegram: FakeTelegram, tmp_path: Path, database_url: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with walking(telegram, tmp_path, database_url, server={"port": port}) as walk:
            refused = await walk.attune.do("run", status=1)
    assert refused.err.count("\n") == 1
    assert f"can't listen on 127.0.0.1:{port}" in refused.err
    assert telegram.calls == []
    assert walk.attune.files == {"config.toml"}


async def test_without_a_channel_it_says_what_to_set(tmp_path: Path) -> None:
    async with Attune(tmp_path, f"sqlite:///{tmp_path / 'x.db'}", {}) as attune:
        refused = await attune.do("run", status=2)
    assert refused.out == ""
    assert refused.err.count("\n") == 1
    assert "ATTUNE_TELEGRAM__TOKEN" in refused.err


@on_sqlite
async def test_a_token_of_no_bot_is_told_in_a_line_that_does_not_repeat_it(
    telegram: FakeTelegram, tmp_path: Path, enrolled_url: str
) -> None:
    where: Section = {"api_base": telegram.base_url}
    secrets = {"telegram.token": "7700551:AAWrongTokenThatNobodyKnows", **KEYS}
    async with Attune(tmp_path, enrolled_url, secrets, telegram=where) as attune:
        refused = await attune.do("run", status=1)
    assert (refused.out, refused.err.count("\n")) == ("", 1)
    assert "Telegram does not accept the bot's token" in refused.err
    assert "AAWrong" not in refused.err


async def test_what_is_no_token_is_told_in_a_line_that_does_not_repeat_it(tmp_path: Path) -> None:
    secrets = {"telegram.token": "AAWrongTokenThatNobodyKnows"}
    async with Attune(tmp_path, f"sqlite:///{tmp_path / 'x.db'}", secrets) as attune:
        refused = await attune.do("run", status=2)
    assert (refused.out, refused.err.count("\n")) == ("", 1)
    assert "ATTUNE_TELEGRAM__TOKEN" in refused.err
    assert "AAWrong" not in refused.err


@on_sqlite
async def test_a_telegram_that_takes_no_webhook_ends_it_in_a_line(
    telegram: FakeTelegram, tmp_path: Path, enrolled_url: str
) -> None:
    secrets = {"telegram.webhook_secret": "a-webhook-secret", **KEYS}
    server = {"public_url": "http://localhost"}  # the fake wants https, as Telegram does
    hook = {"mode": "webhook"}
    async with walking(telegram, tmp_path, enrolled_url, secrets, telegram=hook, server=server) as walk:
        refused = await walk.attune.do("run", status=1)
    assert refused.err.count("\n") == 1
    assert "Telegram refuses" in refused.err


@on_sqlite
@pytest.mark.parametrize("mode", ["poll", "webhook"])
async def test_a_telegram_that_is_away_at_the_start_is_reached_later(
    telegram: FakeTelegram, tmp_path: Path, enrolled_url: str, mode: str
) -> None:
    telegram.chats |= {CLIENT: [], THERAPIST: []}
    port = free_port()
    secrets = {"telegram.webhook_secret": "a-webhook-secret", **KEYS}
    server: Section = {"port": port, "public_url": f"http://127.0.0.1:{port}"}
    for method, times in (("getMe", 1), ("setWebhook", 1), ("deleteWebhook", 3)):
        telegram.fail_next(method, Fault.BAD_GATEWAY, times)  # it is away for some seconds
    async with walking(
        telegram, tmp_path, enrolled_url, secrets, telegram={"mode": mode}, server=server
    ) as walk:
        running = await walk.attune.start()
        async with httpx.AsyncClient(base_url=walk.attune.url, trust_env=False) as web:
            early = await until_served(web)
            part = {"poll": "poller", "webhook": "webhook"}[mode]
            assert (early["ready"], early["parts"][part]["ok"]) == (False, False)
            await walk.attune.until_ready()
        await walk.ledger.until_settled()
        assert {one.state for one in await walk.ledger.outbox()} == {"sent"}
        assert telegram.token not in running.printed


async def until_served(web: httpx.AsyncClient) -> dict[str, Any]:
    """Ask /readyz as soon as anybody answers."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx.TransportError):
                answer: dict[str, Any] = (await web.get("/readyz")).json()
                return answer
            await asyncio.sleep(0.02)

"""GET /metrics: nowhere by itself, to whoever shows the token, or on a port of its own."""

from __future__ import annotations

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from bot.metrics import Metrics
from bot.web.app import build
from bot.web.numbers import alone, numbers
from tests.web.keeper import Keeper
from tests.web.test_web import ready

TOKEN = "a-token-of-the-clinic"


async def read() -> bytes:
    """Give what a process has counted that did nothing yet."""
    return Metrics().text()


def served(token: str | None = None, *, beside: bool = False) -> Starlette:
    """Put the page together, alone or beside everything else."""
    page = numbers(read, token)
    keeper = Keeper()
    if not beside:
        return alone(page)
    return build(
        accept=keeper.accept, report=keeper.report, readiness=ready, telegram=None, sms=None, numbers=page
    )


async def get(app: Starlette, headers: dict[str, bytes] | None = None) -> httpx.Response:
    """Ask for the page."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        return await client.get(
            "/metrics", headers={key.encode(): one for key, one in (headers or {}).items()}
        )


async def test_by_itself_there_is_no_page() -> None:
    keeper = Keeper()
    app = build(accept=keeper.accept, report=keeper.report, readiness=ready, telegram=None, sms=None)
    assert (await get(app)).status_code == 404


@pytest.mark.parametrize("beside", [True, False])
@pytest.mark.parametrize(
    ("shown", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        pytest.param(None, 401, id="nothing"),
        pytest.param(f"Bearer {TOKEN[:-1]}", 401, id="nearly"),
        pytest.param(f"Basic {TOKEN}", 401, id="another way"),
        pytest.param("Bearer \u00fc", 401, id="not even ASCII"),
    ],
)
async def test_a_token_opens_it(shown: str | None, status: int, *, beside: bool) -> None:
    headers = {} if shown is None else {"Authorization": shown.encode()}
    assert (await get(served(TOKEN, beside=beside), headers)).status_code == status


async def test_it_is_what_prometheus_reads() -> None:
    answer = await get(served())
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert answer.headers["Cache-Control"] == "no-store"
    families = {one.name for one in text_string_to_metric_families(answer.text)}
    assert {"attune_inbound_poison", "attune_reply_seconds", "process_resident_memory_bytes"} <= families

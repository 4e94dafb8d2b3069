"""The fake Twilio is as strict as the real one where tests count on it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from twilio.request_validator import RequestValidator

from tests.fakes.twilio import ACCOUNT, NUMBER, TOKEN, FakeTwilio
from tests.fakes.twilio_rules import BODY_LIMIT, signature

PERSON = "+12025550100"
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
FORM = {"To": PERSON, "From": NUMBER, "Body": "hello"}


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as fake:
        yield fake


@pytest.fixture
async def api(twilio: FakeTwilio) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=twilio.api_base, auth=(ACCOUNT, TOKEN), trust_env=False) as client:
        yield client


async def test_a_message_is_taken_and_listed(twilio: FakeTwilio, api: httpx.AsyncClient) -> None:
    taken = await api.post(MESSAGES, data=FORM)
    assert taken.status_code == 201
    listed = (await api.get(MESSAGES, params={"To": PERSON})).json()["messages"]
    assert [each["sid"] for each in listed] == [taken.json()["sid"]] == [each.sid for each in twilio.sent]
    assert (await api.get(MESSAGES, params={"To": "+12025550199"})).json()["messages"] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "Anna"}, 21211),
        ({"From": ""}, 21603),
        ({"From": "+12025550177"}, 21606),
        ({"Body": ""}, 21602),
        ({"Body": "x" * (BODY_LIMIT + 1)}, 21617),
        ({"ValidityPeriod": "36001"}, 21623),
    ],
)
async def test_what_twilio_refuses_is_refused(
    twilio: FakeTwilio, api: httpx.AsyncClient, changes: dict[str, str], code: int
) -> None:
    answer = await api.post(MESSAGES, data=FORM | changes)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert twilio.sent == []


async def test_without_the_token_nothing_is_told(api: httpx.AsyncClient) -> None:
    for method in ("POST", "GET"):
        answer = await api.request(method, MESSAGES, auth=(ACCOUNT, "guess"))
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)


async def test_dates_are_those_of_sending(twilio: FakeTwilio, api: httpx.AsyncClient) -> None:
    sid = (await api.post(MESSAGES, data=FORM)).json()["sid"]
    today = datetime.now(UTC).date()
    filters = {
        "DateSent": (today, True),
        "DateSent>": (today, True),
        "DateSent<": (today - timedelta(days=1), False),
    }
    for waits in (True, False):
        for name, (day, found) in filters.items():
            listed = (await api.get(MESSAGES, params={name: day.isoformat()})).json()["messages"]
            assert bool(listed) == (found and not waits)
        await twilio.status(sid, "sent")


async def test_pages_follow_each_other(api: httpx.AsyncClient) -> None:
    for number in range(5):
        await api.post(MESSAGES, data=FORM | {"Body": str(number)})
    following: str | None = f"{MESSAGES}?PageSize=2"
    bodies = []
    while following is not None:
        page = (await api.get(following)).json()
        bodies.append([each["body"] for each in page["messages"]])
        following = page["next_page_uri"]
    assert bodies == [["4", "3"], ["2", "1"], ["0"]]


def test_its_signature_is_the_one_of_twilios_library() -> None:
    url, form = "https://clinic.example/sms?a=b", {"Body": "\u05e9 +&=", "From": PERSON, "FromCity": ""}
    assert signature(TOKEN, url, form) == RequestValidator(TOKEN).compute_signature(url, form)


async def test_it_runs_as_a_process_of_its_own() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.twilio", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().strip()
    async with httpx.AsyncClient(base_url=url, auth=(ACCOUNT, TOKEN), trust_env=False) as api:
        await api.post("/_fake/fail", json={"fault": {"code": 21610}, "times": 2})
        codes = [(await api.post(MESSAGES, data=FORM)).json().get("code") for _ in range(3)]
        shown = (await api.get("/_fake/sent")).json()
        assert codes == [21610, 21610, None]
        assert [(each["to"], each["form"]["Body"]) for each in shown] == [(PERSON, "hello")]
        told = await api.post("/_fake/status", json={"sid": shown[0]["sid"], "status": "sent"})
        assert told.json() == {"status": None}
        await api.post("/_fake/reset")
        assert (await api.get("/_fake/sent")).json() == []
        assert (await api.post("/_fake/nonsense")).status_code == 404
    process.terminate()
    assert await process.wait() == 0

"""`attune costs` and `attune sms reconcile`, on a database of the test's own."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.office import opened
from bot.service.reconciling import EVERY, LEASE
from bot.settings import CostSettings, load
from storage.calendars import Lease
from storage.costs import Spent
from tests.fakes.twilio import ACCOUNT, NUMBER, TOKEN, FakeTwilio

TODAY = datetime.now(UTC).date()
MONTH = f"{TODAY:%Y-%m}"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Give the config of a site with a therapist and a client, which knows what a segment costs."""
    path = tmp_path / "config.toml"
    path.write_text(
        f'[database]\nurl = "sqlite:///{tmp_path}/a.db"\n[keys]\nfile = "{tmp_path}/keys"\n'
        '[costs]\nprice_per_segment = "0.0083 USD"\nsegments_a_day = 1000\n',
        encoding="utf-8",
    )
    assert run(path, "therapist", "add", "KT").exit_code == 0
    assert run(path, "client", "add", "AB", "--therapist", "KT", "--sms", "+12025550101").exit_code == 0
    return path


def run(config: Path, *arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(app, [*arguments, "--config", str(config)])


def spend(config: Path, segments: int, day: datetime | None = None) -> None:
    """Let a client be sent a message, and write one of one segment."""

    async def add() -> None:
        when = (day or datetime.now(UTC)).date()
        async with opened(load(config, {})) as service, service.desk() as desk:
            client = await desk.tx.people.client("AB")
            assert client is not None
            (contact,) = await desk.tx.addresses.of_clients([client.id])
            await desk.tx.costs.add(
                [Spent(when, contact.id, segments), Spent(when, contact.id, 1, incoming=True)]
            )

    asyncio.run(add())


def test_costs_are_told_to_machines(config: Path) -> None:
    spend(config, 3)
    spend(config, 2)
    spend(config, 50, datetime(2026, 1, 31, tzinfo=UTC))
    done = run(config, "costs", "--json")
    assert done.exit_code == 0, done.output
    sums = {"messages_out": 2, "segments_out": 5, "messages_in": 2, "segments_in": 2, "price": "0.0581 USD"}
    none = {**dict.fromkeys(sums, 0), "price": "0.0000 USD"}
    assert json.loads(done.stdout) == {
        "month": MONTH,
        **sums,
        "therapists": [{"code": "KT", **sums, "own": none, "clients": [{"code": "AB", **sums}]}],
        "others": none,
        "caps": [{"key": "segments_a_day", "period": f"{TODAY}", "segments": 7, "cap": 1000}],
    }


def test_costs_of_another_month_are_told_to_people(config: Path) -> None:
    spend(config, 50, datetime(2026, 1, 31, tzinfo=UTC))
    spend(config, 7, datetime(2026, 2, 1, tzinfo=UTC))
    done = run(config, "costs", "--month", "2026-01")
    assert done.exit_code == 0, done.output
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["KT", "1", "50", "1", "1", "0.4233", "USD"] in rows
    assert ["AB", "1", "50", "1", "1", "0.4233", "USD"] in rows
    assert ["2026-01", "1", "50", "1", "1", "0.4233", "USD"] in rows


def test_a_month_that_is_none_is_refused(config: Path) -> None:
    assert run(config, "costs", "--month", "November").exit_code == 2


@pytest.mark.parametrize(
    ("written", "amount", "currency"),
    [("0.0083 USD", "0.0083", "USD"), ("0.1eur", "0.1", "EUR"), ("12 DKK", "12", "DKK")],
)
def test_a_price_is_read_exactly(written: str, amount: str, currency: str) -> None:
    price = CostSettings(price_per_segment=written).price
    assert price is not None
    assert (price.amount, price.currency) == (Decimal(amount), currency)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the config an account for text messages, but for where its list is."""
    given = {"ACCOUNT_SID": ACCOUNT, "AUTH_TOKEN": TOKEN, "FROM_NUMBER": NUMBER}
    for name, value in given.items():
        monkeypatch.setenv(f"ATTUNE_SMS__{name}", value)
    monkeypatch.setenv("ATTUNE_SERVER__PUBLIC_URL", "https://attune.example.org")


@pytest.mark.usefixtures("account")
async def test_what_never_came_is_fetched_now(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    async with FakeTwilio() as twilio:
        monkeypatch.setenv("ATTUNE_SMS__API_BASE", twilio.api_base)
        twilio.arrive("+12025550101", "hello", at=now - timedelta(hours=30))
        twilio.arrive("+12025550101", "hello again", at=now - timedelta(hours=1))
        first = await asyncio.to_thread(run, config, "sms", "reconcile")
        assert first.exit_code == 0, first.output
        assert "that had not come: 1;" in first.stdout
        day = f"{now - timedelta(days=2):%Y-%m-%d}"
        second = await asyncio.to_thread(run, config, "sms", "reconcile", "--since", day)
        assert f"since {day} 00:00 UTC" in second.stdout
        assert "that had not come: 1;" in second.stdout
        third = await asyncio.to_thread(run, config, "sms", "reconcile", "--since", day)
        assert "that had not come: 0;" in third.stdout


@pytest.mark.usefixtures("account")
def test_a_time_to_come_is_refused(config: Path) -> None:
    done = run(config, "sms", "reconcile", "--since", "2999-01-01")
    assert done.exit_code == 2
    assert "lies in the future" in done.stderr


def test_without_text_messages_there_is_nothing_to_compare(config: Path) -> None:
    done = run(config, "sms", "reconcile")
    assert done.exit_code == 2
    assert "No text messages are configured" in done.stderr


@pytest.mark.usefixtures("account")
async def test_while_another_is_at_it_nothing_is_done(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeTwilio() as twilio, opened(load(config, {})) as service:
        monkeypatch.setenv("ATTUNE_SMS__API_BASE", twilio.api_base)
        async with service.store.transaction() as tx:
            claimed = await tx.reconciling.claim(
                ("sms", ACCOUNT), service.clock(), Lease(LEASE, EVERY), anyway=True
            )
        assert claimed is not None
        done = await asyncio.to_thread(run, config, "sms", "reconcile")
        assert done.exit_code == 1
        assert "Another Attune is at it" in done.stderr
        assert twilio.lists == 0

"""The numbers: every name and label from a closed set, nothing of people among them, and what each counts."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import App
from bot.channels.base import (
    Address,
    Cause,
    DeliveryReport,
    NotNowError,
    Outcome,
    OutcomeUnknownError,
    UnreachableError,
)
from bot.connecting import Channels
from bot.health import Health
from bot.inbox import Inbox
from bot.limits import Limit
from bot.metrics import CHANNELS, OTHER, OUTCOMES, PARTS, PRIORITIES, REASONS, Metrics
from bot.outbox import Outbox
from bot.settings import Settings
from bot.ticker import Ticker
from storage.trouble import Trouble
from tests.fakes.memory import Lost
from tests.storage.test_trouble import sqlite
from tests.world import CLIENT, MONDAY, OPERATOR, THERAPIST, World

RULES = Path(__file__).parents[2] / "docs" / "examples" / "alerts.yml"
GUIDE = Path(__file__).parents[2] / "docs" / "operations.md"

CLOSED = {
    "channel": CHANNELS,
    "limit": {one.value for one in Limit},
    "outcome": {*OUTCOMES.values(), *(one.value for one in Outcome), OTHER, "ok"},
    "reason": {*REASONS.values(), "opted_out", OTHER},
    "priority": set(PRIORITIES.values()),
    "part": PARTS,
    "cause": {*(one.value for one in Cause), "none"},
    "trouble": {"disk_full", "locked", "read_only", "damaged", "gone"},
}
"""What each label may say."""

_BOUND = re.compile(r"[0-9.]+|\+Inf")
_WORDS = re.compile(r"[a-z_]+")
_RULE = re.compile(r"- alert: (\w+)\n +expr: (.+)\n(?: +for: .+\n)? +labels: \{severity: (?:page|ticket)\}")
_METRIC = re.compile(r"attune_[a-z_]+")


@pytest.fixture
def health(world: World) -> Health:
    """Let a world's parts count in one place."""
    health = Health()
    world.inbox = Inbox(world.service, world.outbox.wake, health=health)
    world.outbox = Outbox(world.service, world.channels, world.clock, lambda: 0.0, health=health)
    return health


def report(outcome: Outcome, cause: Cause | None = None) -> DeliveryReport:
    """Make what a network says later."""
    return DeliveryReport("sms", "account", "SM1", outcome, MONDAY, "30005" if cause else None, cause)


async def told(world: World, health: Health) -> None:
    """Go through a check-in that ends in an alert, a cry for help, a refusal, poison and trouble."""
    await world.ask("srs")
    for number in ("2", "3", "2", "1", "I want to die", "7 rue de Rivoli"):
        await world.hear(number)
    at_once = timedelta()
    for refusal in (UnreachableError(CLIENT), OutcomeUnknownError(CLIENT), NotNowError(CLIENT, at_once)):
        world.channel.faults.append(Lost(refusal, to=Address(CLIENT)))
        await world.hear("HELP")
    await Ticker(world.service, lambda: None, health=health).tick()
    health.met(sqlite(13), "inbox")
    health.metrics.refused(Limit.QUEUE)
    health.metrics.reported([report(Outcome.DELIVERED), report(Outcome.FAILED, Cause.UNREACHABLE)])
    async with world.store.reading() as transaction:
        health.metrics.show(await transaction.depths(world.clock(), world.channels), ready=True)


async def test_no_label_says_anything_of_people(world: World, health: Health) -> None:
    await told(world, health)
    seen = set()
    for family in health.metrics.registry.collect():
        assert _WORDS.fullmatch(family.name), family.name
        for sample in family.samples:
            for name, value in sample.labels.items():
                seen.add(name)
                if name == "le":
                    assert _BOUND.fullmatch(value), sample
                else:
                    assert value in CLOSED[name], sample
    assert seen == {*CLOSED, "le"}, "every label was seen"
    text = health.metrics.text().decode()
    assert not [one for one in (CLIENT, THERAPIST, OPERATOR, "AB", "Brightwater", "rivoli") if one in text]


def value(health: Health, name: str, **labels: str) -> float:
    """Give a sample; what was never counted is nothing."""
    return health.metrics.registry.get_sample_value(name, labels) or 0


async def test_what_arrives_is_counted_and_timed(world: World, health: Health) -> None:
    await world.ask()
    await world.inbox.accept([world.inbound("7"), world.inbound("I am late")])
    await world.inbox.accept([world.inbound("8")])
    assert value(health, "attune_inbound_total", channel="other") == 3, "the world's network is none of ours"
    assert value(health, "attune_inbound_batch_size_sum") == 3
    assert value(health, "attune_inbound_batch_size_count") == 2
    assert value(health, "attune_reply_seconds_count") == 3
    assert 0 < value(health, "attune_reply_seconds_sum") < 60


async def test_the_way_of_an_alert_is_timed_from_its_finding(world: World, health: Health) -> None:
    await world.hear("I want to die")
    assert value(health, "attune_alert_seconds_count", priority="crisis") == 1
    assert value(health, "attune_sends_total", channel="other", outcome="sent", reason="none") == 2


async def test_a_refusal_is_counted_by_its_kind(world: World, health: Health) -> None:
    world.channel.always[Address(CLIENT)] = UnreachableError(CLIENT)
    await world.hear("HELP")
    assert value(health, "attune_sends_total", channel="other", outcome="failed", reason="unreachable") == 1


async def test_poison_is_counted(world: World, health: Health, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.service.intake.Intake.take", _broken)
    await world.inbox.accept([world.inbound("7")])
    assert value(health, "attune_inbound_poison_total") == 1


async def _broken(*_: object) -> None:
    raise KeyError


async def test_what_waits_is_shown_by_priority_and_age(world: World, health: Health) -> None:
    async with world.service.desk() as desk:
        found = await desk.tx.addresses.contacts([(world.channel.name, CLIENT)])
        desk.reply(found[world.channel.name, CLIENT], "hello")
    world.clock.wait(seconds=90)
    async with world.store.reading() as transaction:
        health.metrics.show(await transaction.depths(world.clock(), world.channels), ready=False)
    assert value(health, "attune_outbox_waiting", priority="reply") == 1
    assert value(health, "attune_outbox_oldest_seconds", priority="reply") == 90
    assert value(health, "attune_outbox_waiting", priority="digest") == 0
    assert value(health, "attune_ready") == 0


def test_what_the_database_does_not_say_is_not_shown_as_nothing() -> None:
    health = Health()
    health.metrics.show(None, ready=False)
    assert math.isnan(value(health, "attune_outbox_oldest_seconds", priority="crisis"))


def test_one_trouble_is_shown_at_a_time() -> None:
    health = Health()
    for code, shown in ((13, "disk_full"), (5, "locked")):
        health.met(sqlite(code), "inbox")
        assert [
            one for one in CLOSED["trouble"] if value(health, "attune_database_trouble", trouble=one)
        ] == [shown]


async def test_a_process_shows_itself_and_its_database(world: World) -> None:
    world.clock.now = datetime.now(UTC)  # beside which the database's own is held
    app = App(Settings(), world.service, Channels())
    text = (await app.numbers()).decode()
    assert "attune_ready 1.0" in text
    assert 'attune_outbox_waiting{priority="crisis"} 0.0' in text
    app.watch.health.met(sqlite(13), "inbox")
    assert "attune_ready 0.0" in (await app.numbers()).decode()
    readiness = await app.readiness()
    assert ("database", False, "disk full") in readiness.parts
    assert not readiness.ready
    app.watch.health.well()
    assert (await app.readiness()).ready


def known() -> set[str]:
    """List the names under which Prometheus keeps what we tell it."""
    names = set()
    for family in Metrics().registry.collect():
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
        names |= {family.name + suffix for suffix in suffixes.get(family.type, ("",))}
    return names


def test_the_alert_rules_ask_for_numbers_that_there_are() -> None:
    rules, guide = RULES.read_text(encoding="utf-8"), GUIDE.read_text(encoding="utf-8")
    alerts = _RULE.findall(rules)
    assert len(alerts) == rules.count("alert:") > 10
    for name, expression in alerts:
        asked = set(_METRIC.findall(expression))
        assert asked, name
        assert asked <= known(), name
        assert f"| {name} |" in guide, "what to do stands in the guide"


def test_the_guide_names_every_number_and_every_state() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    ours = {family.name for family in Metrics().registry.collect() if family.name.startswith("attune")}
    assert [name for name in sorted(ours) if name not in guide] == []
    assert [one.value for one in Trouble if f"`{one.value}`" not in guide] == []
    assert [one.value for one in Limit if f"`{one.value}`" not in guide] == []


def test_every_rule_finds_a_number_before_anything_has_happened() -> None:
    """What grows from nothing grows by nothing: Prometheus sees no increase where there was no number."""
    metrics = Metrics()
    metrics.show(None, ready=True)  # as whenever they are asked for
    samples = {sample.name for family in metrics.registry.collect() for sample in family.samples}
    named = set(_METRIC.findall(RULES.read_text(encoding="utf-8")))
    assert named - samples == set()


async def test_what_waits_for_no_network_of_ours_is_counted_apart(world: World, health: Health) -> None:
    async with world.service.desk() as desk:
        await desk.tx.addresses.meet([("sms", "+15550199")], desk.now)
        found = await desk.tx.addresses.contacts([(world.channel.name, CLIENT), ("sms", "+15550199")])
        for contact in found.values():
            desk.reply(contact, "hello")
    async with world.store.reading() as transaction:
        health.metrics.show(await transaction.depths(world.clock(), world.channels), ready=True)
    assert value(health, "attune_outbox_waiting", priority="reply") == 1
    assert value(health, "attune_outbox_stranded") == 1

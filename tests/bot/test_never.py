"""What may never happen, whatever people, networks and clocks do: random days of a small clinic."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import messages, safety
from bot.channels.base import (
    ChannelError,
    Inbound,
    Left,
    NotNowError,
    OutcomeUnknownError,
    Pressed,
    Returned,
    SenderFaultError,
    UnreachableError,
    Wrote,
)
from bot.policy import Policy
from bot.service import people
from scoring.instrument import AgeGroup
from scoring.news import STANDING, Key, key_of
from scoring.rules import Course, judge
from scoring.score import Score
from storage import tables as t
from storage.records import AddressState, Alert, Priority
from storage.statements import Row
from tests.databases import Databases
from tests.fakes.memory import Lost, Sent
from tests.world import CLIENT, OPERATOR, QUIET, THERAPIST, World, opened
from tests.world import staffed as staff

SECOND, COLLEAGUE, STRANGER = "+15550107", "+15550108", "+15550109"

CODES = {CLIENT: "AB", SECOND: "CD"}
THERAPIST_OF = {CLIENT: THERAPIST, SECOND: COLLEAGUE}
SECRETS = {CLIENT: "my sister Zoe", SECOND: "my neighbour Kay"}

STARTED_BY_US = {"question", "reminder", "consent", "note", "remark", "alert"}
ANSWERS = {Priority.CRISIS, Priority.REPLY}
SAID_BEFORE_CONSENT = {"consent", "reply", "crisis", "edit"}
TO_THE_SILENT = {"reply", "crisis", "edit", "alarm"}

NUMBERS = ("0", "2", "7", "6.5", "10", "8/10")
WORDS = ("12", "5-6", "ok", "skip", "back", "stop", "start", "help", "agree", "no", "continue", "")
DANGER = ("I want to die", "3, I want to die")

FAULTS: Mapping[str, Lost] = {
    "busy": Lost(NotNowError("busy", timedelta(minutes=2))),
    "resting": Lost(NotNowError("busy", timedelta(minutes=2), whole_sender=True)),
    "silent": Lost(OutcomeUnknownError("no answer"), arrived=True),
    "lost": Lost(OutcomeUnknownError("no answer")),
    "down": Lost(ChannelError("no route")),
    "account": Lost(SenderFaultError("at fault")),
    "opted out": Lost(UnreachableError("refused", opted_out=True), to=CLIENT),
    "dead": Lost(UnreachableError("refused"), to=THERAPIST),
}

clients = st.sampled_from([CLIENT, CLIENT, SECOND])
said = st.sampled_from([*NUMBERS * 4, *WORDS, *DANGER, "secret"])
wrote = st.tuples(st.just("wrote"), clients, said)
events = st.one_of(
    wrote,
    wrote,
    st.tuples(st.just("batch"), st.lists(st.tuples(clients, said), min_size=2, max_size=4)),
    st.tuples(st.just("form"), clients, st.sampled_from(NUMBERS)),
    st.tuples(st.just("pressed"), clients, st.integers(0, 40)),
    st.tuples(st.just("ask"), clients, st.sampled_from(["ors", "srs"])),
    st.tuples(st.just("wait"), st.sampled_from([1, 3, 30, 180, 600, 1500, 3000, 20000])),
    st.tuples(st.just("fault"), st.sampled_from(sorted(FAULTS))),
    st.tuples(st.just("again")),
    st.tuples(st.just("moved"), clients, st.booleans()),
    st.tuples(st.just("care"), clients, st.sampled_from(["pause", "resume", "close"])),
    st.tuples(
        st.just("therapist"), st.sampled_from(["ack 1", "ACK 2", "reopen 1", "alerts", "stop", "start", "hi"])
    ),
    st.tuples(st.just("stranger"), st.sampled_from(["hi", "7", "stop", "I want to die"])),
)
"""What happens, as (name, …)."""

Event = tuple[object, ...]
"""One of `events`."""


def clinic(url: str) -> None:
    """Prepare two therapists with a client each, of whom the second was not asked for consent yet."""
    staff(url)
    asyncio.run(_clinic(url))


async def _clinic(url: str) -> None:
    async with opened(url) as world:
        await world.add_therapist("T2", COLLEAGUE)
        await world.add_client("CD", SECOND, "T2")
        await world.send_out()


@dataclass(slots=True)
class Day:
    """A sequence of events under way, and what was seen in it."""

    world: World
    taken: list[Inbound] = field(default_factory=list)
    cried: list[tuple[str, datetime]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)

    async def accept(self, *inbound: Inbound) -> None:
        """Let things arrive together, and send what follows."""
        for one in inbound:
            if one not in self.taken and isinstance(one.said, Wrote) and safety.at_risk(one.said.text):
                self.cried.append((one.address, self.world.clock()))
        await self.world.inbox.accept(inbound)
        self.taken += inbound
        await self.world.send_out()

    async def happen(self, event: Event) -> None:
        """Let one event happen."""
        match event:
            case ("wrote", str(who), str(text)):
                await self.accept(self.text(who, text))
            case ("batch", list(several)):
                await self.accept(*(self.text(who, text) for who, text in several))
            case ("form", str(who), str(number)):
                await self.administrate(who, "ask", "srs")
                for _ in range(4):
                    await self.accept(self.text(who, number))
            case ("pressed", str(who), int(which)):
                await self.press(who, which)
            case ("again",):
                await self.accept(*self.taken[-1:])
            case ("moved", str(who), bool(away)):
                self.gone |= {who} if away else set()
                await self.accept(self.world.inbound(Left() if away else Returned(), who))
            case ("therapist", str(text)):
                await self.accept(self.world.inbound(text, THERAPIST))
            case ("stranger", str(text)):
                await self.accept(self.world.inbound(text, STRANGER))
            case _:
                await self.arrange(event)

    async def arrange(self, event: Event) -> None:
        """Let time, networks or administrators do something."""
        match event:
            case ("wait", int(minutes)):
                self.world.clock.wait(minutes=minutes)
                await self.world.tick()
            case ("fault", str(name)):
                self.gone |= {FAULTS[name].to or ""}
                self.world.channel.faults.append(FAULTS[name])
            case ("ask", str(who), str(measure)):
                await self.administrate(who, "ask", measure)
            case ("care", str(who), str(what)):
                await self.administrate(who, what, "")
            case _:
                self.world.channel.faults.clear()

    def text(self, who: str, text: str) -> Inbound:
        """Make what a client writes; their secret is their own."""
        return self.world.inbound(SECRETS[who] if text == "secret" else text, who)

    async def press(self, who: str, which: int) -> None:
        """Press some button that was ever sent to a client."""
        buttons = [
            Pressed(choice.data, one.external_id)
            for one in self.world.channel.sent
            if one.address == who
            for row in one.message.choices
            for choice in row
        ]
        if buttons:
            await self.accept(self.world.inbound(buttons[-1 - which % len(buttons)], who))

    async def administrate(self, who: str, what: str, measure: str) -> None:
        """Do what an administrator may ask for at the wrong time."""
        try:
            async with self.world.service.desk() as desk:
                match what:
                    case "ask":
                        await people.ask(desk, CODES[who], measure)
                    case "pause":
                        await people.pause(desk, CODES[who])
                    case "resume":
                        await people.resume(desk, CODES[who])
                    case _:
                        await people.close(desk, CODES[who], "planned")
        except people.PeopleError:
            pass  # not now: a paused client is not asked, and so on
        await self.world.send_out()


async def rows(world: World, query: sa.Select[*tuple[Any, ...]]) -> Sequence[Row]:
    async with world.store.engine.connect() as connection:
        return (await connection.execute(query)).all()


async def silent(world: World) -> set[str]:
    """Give the addresses that asked for silence."""
    everybody = [
        (world.channel.name, one) for one in (CLIENT, SECOND, THERAPIST, COLLEAGUE, STRANGER, OPERATOR)
    ]
    async with world.store.reading() as transaction:
        contacts = await transaction.addresses.contacts(everybody)
    return {one.address for one in contacts.values() if one.state is AddressState.STOPPED}


async def check_sent(day: Day, new: Sequence[Sent], silent_before: set[str], *, quietly: bool) -> None:
    """Check what went out in one event. `quietly`: nobody had written anything."""
    world = day.world
    queued = {row.external_id: row for row in await rows(world, sa.select(*t.outbox.c))}
    consented = {
        row.code: row.consented_at
        for row in await rows(world, sa.select(t.clients.c.code, t.clients.c.consented_at))
    }
    still_silent = silent_before & await silent(world)
    for one in new:
        row = queued.get(one.external_id)
        if row is None:
            continue  # of an outcome that the network has not told yet
        started = row.kind in STARTED_BY_US and Priority(row.priority) not in ANSWERS
        assert not (started and QUIET.holds(one.at.time())), f"{row.kind} at night"
        assert one.address not in still_silent or row.kind in TO_THE_SILENT, f"{row.kind} after STOP"
        if one.address in CODES and consented[CODES[one.address]] is None:
            assert row.kind in SAID_BEFORE_CONSENT, f"{row.kind} before consent"
        if quietly and row.kind in {"question", "reminder"}:
            await check_awaited(world, row)
        check_private(one)


async def check_awaited(world: World, row: Row) -> None:
    """Check that a question which went out by itself is the one that is open."""
    async with world.store.reading() as transaction:
        (check_in,) = await transaction.check_ins.by_id([row.check_in_id])
    assert len(check_in.marks) == row.position, f"{row.kind} for what was answered"
    assert check_in.state == "open"


def check_private(one: Sent) -> None:
    """Check that nobody reads another's words, and no client a code."""
    text = one.message.text
    for client, secret in SECRETS.items():
        if secret in text:
            assert one.address == THERAPIST_OF[client], "another's words"
        if re.search(rf"\b{CODES[client]}\b", text):
            assert one.address == THERAPIST_OF[client], "another's code"


async def check_kept(day: Day) -> None:
    """Check what the database holds at the end of the day."""
    await check_arrived(day)
    await check_answers(day.world)
    await check_scores(day.world)
    await check_once(day.world)


async def check_once(world: World) -> None:
    """Check that nothing went out more often than it was meant to: this network can be asked first."""
    meant = await rows(
        world,
        sa.select(t.outbox.c.body, t.addresses.c.address).join(t.addresses).where(t.outbox.c.attempts > 0),
    )
    opened_by = world.store.cipher.open
    allowed = Counter(
        (
            opened_by("addresses.address", row.address),
            messages.unpack(opened_by("outbox.body", row.body)).text,
        )
        for row in meant
    )
    went = Counter((str(one.address), one.message.text) for one in world.channel.sent)
    assert went <= allowed, "something went out twice"


async def check_arrived(day: Day) -> None:
    """Check that everything acknowledged is kept once, and every cry for help was answered."""
    kept = await rows(day.world, sa.select(t.inbound.c.external_id, t.inbound.c.fault))
    ids = [row.external_id for row in kept]
    assert len(set(ids)) == len(ids)
    assert {one.external_id for one in day.taken} <= set(ids)
    assert not any(row.fault for row in kept)
    crisis = await rows(
        day.world,
        sa.select(t.outbox.c.created_at, t.outbox.c.state, t.addresses.c.fingerprint)
        .join(t.addresses)
        .where(t.outbox.c.kind == "crisis"),
    )
    async with day.world.store.reading() as transaction:
        for address, at in day.cried:
            mine = transaction.addresses.fingerprint(day.world.channel.name, address)
            states = {row.state for row in crisis if (row.fingerprint, row.created_at) == (mine, at)}
            assert states, "a cry for help was not answered"
            assert states == {"sent"} or address in day.gone or states <= {"sent", "failed"}


async def check_answers(world: World) -> None:
    """Check that each answer is what was written, and stands where it was asked."""
    found = await rows(
        world,
        sa.select(t.answers.c.position, t.answers.c.tenths, t.answers.c.check_in_id, t.inbound.c.text).join(
            t.inbound, t.inbound.c.id == t.answers.c.inbound_id
        ),
    )
    for row in found:
        written = world.store.cipher.open("inbound.text", row.text)
        if (press := messages.press(written)) is not None:
            assert press == messages.AnswerPress(row.check_in_id, row.position, row.tenths)
        elif row.tenths is None:
            assert written == "skip"
        else:
            assert written == "ok" or round(float(re.split("[/,]", written)[0]) * 10) == row.tenths
    still_open = await rows(world, sa.select(t.check_ins.c.client_id).where(t.check_ins.c.state == "open"))
    assert len({row.client_id for row in still_open}) == len(still_open)


async def check_scores(world: World) -> None:
    """Check that a score is all its answers, and that a therapist was told of what the rules find in it."""
    async with world.store.reading() as transaction:
        scores = await rows(world, sa.select(t.scores).order_by(t.scores.c.at, t.scores.c.check_in_id))
        alerts = await transaction.alerts.recent(1000)
        check_ins = {
            one.id: one for one in await transaction.check_ins.by_id(row.check_in_id for row in scores)
        }
        complete = await rows(world, sa.select(t.check_ins.c.id).where(t.check_ins.c.state == "complete"))
        assert {row.id for row in complete} == set(check_ins)
    for place, row in enumerate(scores, 1):
        assert tuple(row.items) == check_ins[row.check_in_id].marks
        assert row.total == sum(row.items)
        check_told(
            world.service.policy, [one for one in scores[:place] if one.episode_id == row.episode_id], alerts
        )


def check_told(policy: Policy, scored: Sequence[Row], alerts: Sequence[Alert]) -> None:
    """Check that all that holds with the last of an episode's scores was told.

    By an alert of that score, which names it all; or, where it is a state that held with the score of that
    measure before, by an earlier alert that nobody has opened again. A strain between the two measures may
    have been told with the other one.
    """
    latest = scored[-1]
    found = holding(policy, scored)
    if any(one.check_in_id == latest.check_in_id and found <= keys_of(one) for one in alerts):
        return
    before = max(
        (place for place, one in enumerate(scored[:-1], 1) if one.measure == latest.measure), default=0
    )
    held = holding(policy, scored[:before]) if before else set()
    told = held & told_by(alerts, {one.check_in_id for one in scored[:-1]}, latest.at)
    others = told_by(alerts, {one.check_in_id for one in scored[before:-1]}, latest.at)
    for rule, item in found:
        if rule == "alliance_strained":
            assert (rule, item) in others, f"{rule} was not told"
        else:
            assert rule in STANDING, f"{rule} was not told"
            assert (rule, item) in told, f"{rule} was not told"


def told_by(alerts: Sequence[Alert], check_ins: Collection[int], at: datetime) -> set[Key]:
    """Give what the alerts of some check-ins told, without what was opened again by then."""
    mine = [one for one in alerts if one.check_in_id in check_ins]
    again: dict[Key, datetime] = {}
    for one in mine:
        if one.reopened_at is not None and one.reopened_at < at:
            again |= {key: max(one.reopened_at, again.get(key, one.reopened_at)) for key in keys_of(one)}
    return {
        key
        for one in mine
        if one.reopened_at is None or one.reopened_at >= at
        for key in keys_of(one)
        if one.raised_at >= again.get(key, one.raised_at)
    }


def holding(policy: Policy, scored: Sequence[Row]) -> set[Key]:
    """Give what holds with the last of an episode's scores."""
    measure = scored[-1].measure
    beside = policy.beside(measure, {one.measure for one in scored})
    series = {
        of: tuple(Score(of, tuple(one.items), one.at) for one in scored if one.measure == of)
        for of in (measure, beside)
        if of is not None
    }
    rules = policy.judging(measure, AgeGroup.ADULT, beside)[1]
    return set(map(key_of, judge(rules, Course(series[measure], series[beside] if beside else ()))))


def keys_of(alert: Alert) -> set[Key]:
    """Give what an alert told of."""
    return set(map(key_of, alert.findings))


@given(st.lists(events, min_size=1, max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_may_never_happen_never_does(databases: Databases, happening: list[Event]) -> None:
    with databases.fresh("sqlite", clinic) as url:
        asyncio.run(live(url, happening))


async def live(url: str, happening: Sequence[Event]) -> None:
    """Let everything happen, checking after each event and at the end, when the networks work again."""
    async with opened(url) as world:
        day = Day(world)
        for event in (*happening, ("calm",), ("wait", 60), ("wait", 720)):
            sent, before = len(world.channel.sent), await silent(world)
            await day.happen(event)
            quietly = event[0] in {"wait", "ask", "care", "fault"}
            await check_sent(day, world.channel.sent[sent:], before, quietly=quietly)
        await check_kept(day)

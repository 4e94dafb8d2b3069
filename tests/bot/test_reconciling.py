"""What Twilio could not bring is fetched from its list once a day, and answers only what was open then."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.channels.base import ChannelError, Inbound
from bot.channels.sms import SmsChannel
from bot.reconciliation import Compared, ReconciliationRounds, compare
from storage import tables as t
from tests.channels.networks import sms_settings
from tests.fakes.memory import MemoryChannel
from tests.fakes.twilio import ACCOUNT, NUMBER, FakeTwilio, Fault
from tests.fakes.twilio_rules import SentMessage
from tests.world import CLIENT, MONDAY, OPERATOR, THERAPIST, Clock, World, opened

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@dataclass(slots=True)
class Clinic:
    """A clinic whose webhook can be down: what people write waits in Twilio's list."""

    world: World
    twilio: FakeTwilio
    sms: SmsChannel

    def lost(self, text: str, after: timedelta = MINUTE, address: str = CLIENT) -> str:
        """Let somebody write, so long from now, what never reaches us; returns its id."""
        return self.twilio.arrive(address, text, at=(self.world.clock() + after).replace(microsecond=0))

    async def compare(
        self, after: timedelta = DAY, *, anyway: bool = False, last: timedelta | None = None
    ) -> Compared | None:
        """Compare the list after some time, all that is due or the `last` of it, and send what follows."""
        self.world.clock.now += after
        accept = self.world.inbox.accept_in_turn
        since = None if last is None else self.world.clock() - last
        found = await compare(self.world.service, self.sms, accept, since=since, anyway=anyway)
        await self.world.send_out()
        return found

    async def marks(self) -> list[int | None]:
        """List the answers that are kept, in tenths."""
        async with self.world.store.engine.connect() as connection:
            rows = await connection.execute(sa.select(t.answers.c.tenths).order_by(t.answers.c.position))
            return list(rows.scalars())

    async def readings(self) -> list[str | None]:
        """List what was read of all that arrived, in the order of its arrival."""
        async with self.world.store.engine.connect() as connection:
            rows = await connection.execute(sa.select(t.inbound.c.reading).order_by(t.inbound.c.id))
            return list(rows.scalars())

    def last(self, address: str = CLIENT) -> str:
        """Give what somebody was written last."""
        return self.world.channel.texts(address)[-1]


@asynccontextmanager
async def clinic_on(url: str) -> AsyncIterator[Clinic]:
    """Open a clinic whose account's list has been compared just now."""
    clock = Clock()
    phone = MemoryChannel("sms", clock=clock)
    phone.account = ACCOUNT
    async with FakeTwilio() as twilio, opened(url, phone, clock=clock) as world:
        sms = await SmsChannel.connect(sms_settings(twilio.api_base))
        await world.service.sync([("sms", OPERATOR)])
        await world.add_therapist()
        await world.consented()
        clinic = Clinic(world, twilio, sms)
        assert await clinic.compare(timedelta()) is None, "what came before is not ours"
        yield clinic
        await sms.close()


@pytest.fixture
async def clinic(migrated_url: str) -> AsyncIterator[Clinic]:
    """Open it on each engine."""
    async with clinic_on(migrated_url) as clinic:
        yield clinic


async def test_an_answer_that_never_came_is_fetched_and_counts(clinic: Clinic) -> None:
    await clinic.world.ask()
    clinic.lost("7")
    found = await clinic.compare()
    assert found == Compared(MONDAY - 2 * HOUR, 1, 0)
    assert await clinic.marks() == [70]
    assert "2/4" in clinic.last()
    assert "list: 1." in clinic.last(OPERATOR)
    assert (await clinic.compare() or found).texts == 0, "once is enough"
    assert await clinic.marks() == [70]


async def test_what_the_webhook_brought_is_not_read_again(clinic: Clinic) -> None:
    await clinic.world.ask()
    sid = clinic.lost("7")
    inbound = dataclasses.replace(clinic.world.inbound("7"), external_id=sid)
    await clinic.world.inbox.accept([inbound])
    found = await clinic.compare()
    assert found is not None
    assert found.texts == 0
    assert await clinic.marks() == [70]


async def test_an_old_cry_for_help_is_still_heard(clinic: Clinic) -> None:
    clinic.lost("I want to kill myself")
    await clinic.compare()
    assert "988" in clinic.last()
    assert "AB" in clinic.last(THERAPIST)


async def test_a_cry_for_help_that_was_overtaken_is_heard_and_counts_for_no_question(clinic: Clinic) -> None:
    await clinic.world.ask()
    clinic.lost("7 but I want to kill myself")
    clinic.world.clock.wait(minutes=2)
    await clinic.world.hear("6")
    await clinic.compare()
    assert "988" in "".join(clinic.world.channel.texts(CLIENT))
    assert await clinic.marks() == [60]


async def test_a_number_does_not_answer_what_was_asked_since(clinic: Clinic) -> None:
    await clinic.world.ask()
    clinic.lost("7")
    clinic.world.clock.wait(minutes=2)
    await clinic.world.hear("6")
    await clinic.compare()
    assert await clinic.marks() == [60]
    assert (await clinic.readings())[-1] == "overtaken"
    assert "closed" in clinic.last()


async def test_two_lost_numbers_answer_the_one_question_that_was_open(clinic: Clinic) -> None:
    await clinic.world.ask()
    clinic.lost("6", 2 * MINUTE)
    clinic.lost("7", MINUTE)
    await clinic.compare()
    assert await clinic.marks() == [70], "the earlier one, whatever the order of the list"


async def test_a_number_answers_a_question_that_was_put_again_since(clinic: Clinic) -> None:
    clinic.world.clock.wait(hours=1)
    await clinic.world.tick()
    clinic.lost("7")
    clinic.world.clock.wait(hours=24)
    await clinic.world.tick()
    assert len([one for one in clinic.world.channel.texts(CLIENT) if "1/4" in one]) == 2, "and a reminder"
    await clinic.compare(HOUR)
    assert await clinic.marks() == [70]


async def test_words_that_were_overtaken_go_to_the_therapist(clinic: Clinic) -> None:
    await clinic.world.ask()
    clinic.lost("7 my sister moved out")
    clinic.world.clock.wait(minutes=2)
    await clinic.world.hear("6")
    await clinic.compare()
    assert "my sister moved out" in clinic.last(THERAPIST)
    assert await clinic.marks() == [60]


@pytest.mark.parametrize("since", [True, False], ids=["came back since", "never came back"])
async def test_an_old_stop_holds_unless_its_writer_came_back_since(clinic: Clinic, since: bool) -> None:
    clinic.lost("STOP")
    clinic.world.clock.wait(minutes=2)
    if since:
        await clinic.world.hear("START")
    await clinic.compare()
    await clinic.world.ask()
    assert ("1/4" in clinic.last()) is since


@pytest.mark.parametrize(
    ("age", "anyway", "taken"),
    [
        pytest.param(10 * MINUTE, False, 1, id="old enough"),
        pytest.param(10 * MINUTE - timedelta(seconds=1), False, 0, id="the webhook may still bring it"),
        pytest.param(timedelta(seconds=1), True, 1, id="asked for by hand"),
    ],
)
async def test_what_is_only_just_on_its_way_is_left(
    clinic: Clinic, age: timedelta, anyway: bool, taken: int
) -> None:
    clinic.lost("hello", DAY - age)
    found = await clinic.compare(anyway=anyway)
    assert found is not None
    assert found.texts == taken


@pytest.mark.parametrize(("after", "due"), [(DAY, True), (DAY - timedelta(seconds=1), False)])
async def test_it_is_done_once_a_day(clinic: Clinic, after: timedelta, due: bool) -> None:
    assert (await clinic.compare(after) is not None) is due


async def test_of_two_workers_one_does_it(clinic: Clinic) -> None:
    await clinic.world.ask()
    clinic.lost("7")
    clinic.world.clock.now += DAY
    accept = clinic.world.inbox.accept_in_turn
    ended = await asyncio.gather(*(compare(clinic.world.service, clinic.sms, accept) for _ in range(2)))
    assert sum(one is not None for one in ended) == 1


async def test_a_time_without_any_comparison_is_made_up_for_up_to_a_month(clinic: Clinic) -> None:
    clinic.lost("the first", DAY)
    clinic.lost("the second", 7 * DAY)
    found = await clinic.compare(33 * DAY)
    assert found is not None
    assert found.texts == 1
    assert found.since == clinic.world.clock() - 30 * DAY


async def test_a_list_that_does_not_come_is_asked_for_again_with_patience(clinic: Clinic) -> None:
    clinic.lost("my sister moved out")
    rounds = ReconciliationRounds(clinic.world.service, clinic.sms, clinic.world.inbox.accept)
    clinic.world.clock.now += DAY
    for failures, wait in ((1, 15 * MINUTE), (2, 30 * MINUTE), (3, HOUR)):
        clinic.twilio.fail_next(Fault(status=500))
        await rounds.run()
        name, well, said = await rounds.readiness()
        assert (name, well) == ("reconciliation", False)
        assert said == f"compared through 2026-11-23T17:00Z, {failures} failures in a row"
        asked = clinic.twilio.lists
        clinic.world.clock.now += wait - timedelta(seconds=1)
        await rounds.run()
        assert clinic.twilio.lists == asked, "too early"
        clinic.world.clock.now += timedelta(seconds=1)
    await rounds.run()
    assert (await rounds.readiness())[1]
    await clinic.world.send_out()
    assert "my sister moved out" in clinic.last(THERAPIST), "nothing was lost"


@pytest.mark.parametrize("last", [HOUR, 12 * HOUR - timedelta(seconds=1)])
async def test_what_a_turn_by_hand_leaves_out_is_compared_when_it_is_due(
    clinic: Clinic, last: timedelta
) -> None:
    clinic.lost("I want to kill myself", timedelta(seconds=0))
    found = await clinic.compare(12 * HOUR, anyway=True, last=last)
    assert found is not None
    assert found.texts == 0
    assert await clinic.compare(12 * HOUR - timedelta(seconds=1)) is None, "not yet"
    found = await clinic.compare(timedelta(seconds=1))
    assert found is not None
    assert found.texts == 1
    assert "988" in clinic.last()


@pytest.mark.parametrize("last", [12 * HOUR, DAY])
async def test_a_turn_by_hand_that_leaves_nothing_out_counts_as_the_daily_one(
    clinic: Clinic, last: timedelta
) -> None:
    assert await clinic.compare(12 * HOUR, anyway=True, last=last) is not None
    assert await clinic.compare(DAY - timedelta(seconds=1)) is None
    assert await clinic.compare(timedelta(seconds=1)) == Compared(clinic.world.clock() - DAY - 2 * HOUR, 0, 0)


async def test_a_failure_by_hand_is_told(clinic: Clinic) -> None:
    clinic.twilio.fail_next(Fault(status=500))
    with pytest.raises(ChannelError):
        await clinic.compare(anyway=True)


async def test_rounds_begin_at_once_and_end_when_told(clinic: Clinic) -> None:
    clinic.lost("hello")
    clinic.world.clock.now += DAY
    taken = asyncio.Event()

    async def accept(items: Sequence[Inbound]) -> None:
        await clinic.world.inbox.accept(items)
        taken.set()

    rounds = ReconciliationRounds(clinic.world.service, clinic.sms, accept)
    assert (await rounds.readiness())[2].endswith("0 failures in a row")
    rounds.start()
    async with asyncio.timeout(30):
        await taken.wait()
    await rounds.stop()
    await rounds.stop()


async def test_a_round_under_way_is_broken_off(clinic: Clinic) -> None:
    clinic.twilio.fail_next(Fault(hangs=True))
    clinic.world.clock.now += DAY
    rounds = ReconciliationRounds(clinic.world.service, clinic.sms, clinic.world.inbox.accept)
    rounds.start()
    await asyncio.sleep(0.3)
    async with asyncio.timeout(5):
        await rounds.stop()


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [
        ("delivered", None, "delivered"),
        ("undelivered", 30005, "failed"),
        ("failed", 30007, "failed"),
        ("sent", None, "sent"),
    ],
)
async def test_a_status_that_never_came_is_fetched(
    clinic: Clinic, status: str, code: int | None, state: str
) -> None:
    await clinic.world.ask()
    sent = clinic.world.channel.sent[-1]
    form = {"From": NUMBER, "To": sent.address}
    clinic.twilio.sent.append(
        SentMessage(sent.external_id, sent.address, "…", form, sent.at, sent.at, status, code)
    )
    found = await clinic.compare()
    assert found is not None
    assert found.statuses == int(status != "sent")
    async with clinic.world.store.engine.connect() as connection:
        known = await connection.execute(
            sa.select(t.outbox.c.state).where(t.outbox.c.external_id == sent.external_id)
        )
        assert known.scalars().all() == [state]


async def test_what_came_of_no_message_of_ours_is_nothing(clinic: Clinic) -> None:
    at = datetime(2026, 11, 23, 18, tzinfo=MONDAY.tzinfo)
    form = {"From": NUMBER, "To": CLIENT}
    clinic.twilio.sent.append(SentMessage("SM1", CLIENT, "…", form, at, at, "delivered"))
    assert await clinic.compare() == Compared(MONDAY - 2 * HOUR, 0, 0)

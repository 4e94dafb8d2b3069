"""A sender's budget: never more than its rate, whatever the workers; none of it lost; danger never waits."""

from __future__ import annotations

import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pace import AHEAD, SEGMENTS_A_SECOND, UNPACED, ChatPace, Due, Pace, book, sms, telegram
from bot.settings import SmsSettings

NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MICROSECOND = timedelta(microseconds=1)
THIRTY = telegram(30)


def due(number: int, pace: Pace = THIRTY, *, urgent: bool = False, chat: int = 0) -> Due:
    """Make a message that takes the least there is, to a chat of its own unless one is named."""
    return Due(number, chat or number, pace.gap, urgent=urgent)


@dataclass
class Queue:
    """What waits, and workers who take of it what the budget lets go, as `bot.leasing` does."""

    pace: Pace
    waiting: list[Due]
    free_at: datetime | None = None
    went: list[tuple[datetime, Due]] = field(default_factory=list)
    chats: dict[int, datetime] = field(default_factory=dict)

    def take(self, now: datetime) -> None:
        """Let one worker take what may go."""
        most = self.pace.at_most(self.free_at, now)
        ordered = sorted(self._eligible(now), key=lambda one: not one.urgent)
        urgent = [one for one in ordered if one.urgent]
        booking = book(self.pace, self.free_at, [*urgent, *ordered[len(urgent) :][:most]], now)
        self.free_at = booking.free_at
        self.chats |= booking.chats
        self.went += [(booking.slots[one.id], one) for one in ordered if one.id in booking.slots]
        self.waiting = [one for one in self.waiting if one.id not in booking.slots]

    def _eligible(self, now: datetime) -> Iterator[Due]:
        """Give what may go: of each chat the first, where the chat is free or somebody is in danger."""
        seen: set[int] = set()
        slack = self.pace.chat.slack if self.pace.chat else timedelta()
        for one in self.waiting:
            free = self.chats.get(one.address_id)
            if one.address_id not in seen and (one.urgent or free is None or free <= now + slack):
                seen.add(one.address_id)
                yield dataclasses.replace(one, chat_free_at=free)


moments = st.lists(st.integers(0, 4_000_000), min_size=1, max_size=40).map(
    lambda found: [NOW + one * MICROSECOND for one in sorted(found)]
)
"""When workers ask, within four seconds: none cares which worker it is, the row is the same."""

rates = st.sampled_from([1.0, 3.0, 7.0, 30.0, 80.0])
texts = st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=1, max_size=60)
"""Messages: how many units each takes, and whether somebody is in danger."""


def queued(pace: Pace, texts: Sequence[tuple[int, bool]], *, dangers: bool) -> list[Due]:
    """Make messages, each to somebody else."""
    return [
        Due(number, number, pace.gap * units, urgent=danger and dangers)
        for number, (units, danger) in enumerate(texts)
    ]


@given(rates, texts, moments)
def test_no_window_holds_more_than_the_rate_and_one_message(
    rate: float, texts: list[tuple[int, bool]], moments: list[datetime]
) -> None:
    pace = Pace(SECOND / rate)
    queue = Queue(pace, queued(pace, texts, dangers=False))
    for moment in moments:
        queue.take(moment)
    for first, last in itertools.combinations_with_replacement(range(len(queue.went)), 2):
        within = [one.takes for _, one in queue.went[first : last + 1]]
        window = queue.went[last][0] - queue.went[first][0]
        assert sum(within, timedelta()) <= window + max(within)


@given(rates, texts, moments)
def test_danger_waits_for_no_budget_and_what_follows_waits_until_it_is_paid_for(
    rate: float, texts: list[tuple[int, bool]], moments: list[datetime]
) -> None:
    pace = Pace(SECOND / rate)
    queue = Queue(pace, queued(pace, texts, dangers=True))
    queue.take(moments[0])
    assert not [one for one in queue.waiting if one.urgent], "whatever the budget"
    for moment in moments[1:]:
        queue.take(moment)
    spent = timedelta()
    for at, one in queue.went:
        assert one.urgent or at >= moments[0] + spent
        spent += one.takes


@given(rates, st.lists(st.integers(1, 250_000), min_size=20, max_size=60))
def test_workers_that_ask_in_time_lose_nothing_of_the_budget(rate: float, pauses: list[int]) -> None:
    pace = Pace(SECOND / rate)
    queue = Queue(pace, [due(number, pace) for number in range(2000)])
    now = NOW
    queue.take(now)
    for pause in pauses:
        now += pause * MICROSECOND
        queue.take(now)
    assert [at for at, _ in queue.went] == [NOW + pace.gap * place for place in range(len(queue.went))]
    assert queue.went[-1][0] > now + AHEAD - pace.gap


def test_an_idle_hour_saves_nothing_up() -> None:
    queue = Queue(THIRTY, [due(number) for number in range(100)], free_at=NOW - timedelta(hours=1))
    queue.take(NOW)
    assert len(queue.went) == 16, "half a second ahead, and the one that goes now"
    assert queue.went[0][0] == NOW


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), moments)
def test_no_chat_gets_more_than_its_burst_and_one_a_second(chats: list[int], moments: list[datetime]) -> None:
    queue = Queue(THIRTY, [due(number, chat=chat + 1) for number, chat in enumerate(chats)])
    for moment in moments:
        queue.take(moment)
    pace = THIRTY.chat
    assert pace is not None
    to: defaultdict[int, list[datetime]] = defaultdict(list)
    for at, one in queue.went:
        to[one.address_id].append(at)
    for times in to.values():
        for first, last in itertools.combinations_with_replacement(range(len(times)), 2):
            # it was given out AHEAD of its slot at most
            assert last - first + 1 <= pace.burst + (times[last] - times[first] + AHEAD) / pace.gap


@pytest.mark.parametrize(
    ("owed", "most"),
    [
        pytest.param(None, 16, id="a sender that never sent"),
        pytest.param(timedelta(), 16, id="free now"),
        pytest.param(AHEAD - MICROSECOND, 1, id="almost as far ahead as may be"),
        pytest.param(AHEAD, 1, id="as far ahead as may be"),
        pytest.param(AHEAD + MICROSECOND, 0, id="a little too far"),
        pytest.param(timedelta(days=9999), 0, id="a wrong clock"),
    ],
)
def test_how_many_may_be_given_out(owed: timedelta | None, most: int) -> None:
    assert THIRTY.at_most(None if owed is None else NOW + owed, NOW) == most


def test_a_wrong_clock_silences_a_sender_for_ten_minutes_at_most() -> None:
    booking = book(THIRTY, NOW + timedelta(days=9999), [due(1, urgent=True)], NOW)
    assert booking.free_at == NOW + timedelta(minutes=10) + THIRTY.gap


def test_where_no_budget_is_kept_everything_goes_at_once() -> None:
    booking = book(UNPACED, None, [due(number, UNPACED) for number in range(1000)], NOW)
    assert set(booking.slots.values()) == {NOW}
    assert len(booking.slots) == 1000
    assert booking.chats == {}
    assert UNPACED.at_most(booking.free_at, NOW) >= 1000


@pytest.mark.parametrize(
    ("address", "text", "segments"),
    [
        pytest.param("+15550101", "x" * 160, 1, id="one segment"),
        pytest.param("+15550101", "x" * 161, 2, id="two"),
        pytest.param("+15550101", "\N{RIGHT SINGLE QUOTATION MARK}" * 71, 2, id="two, as it is not GSM-7"),
        pytest.param("whatsapp:+15550101", "x" * 161, 1 / 80, id="WhatsApp counts messages"),
    ],
)
def test_a_text_message_takes_a_second_a_segment_on_an_ordinary_number(
    address: str, text: str, segments: float
) -> None:
    assert sms(1.0).takes(address, text) == segments * SECOND


def test_a_telegram_message_takes_the_same_however_long() -> None:
    assert THIRTY.takes("123", "x") == THIRTY.takes("123", "x" * 4096) == SECOND / 30


def test_whatsapp_may_go_as_often_as_it_may_beside_slow_text_messages() -> None:
    assert sms(1.0).at_most(None, NOW) == 41


def test_a_chat_has_a_burst_of_three() -> None:
    assert ChatPace().slack == 2 * SECOND


@pytest.mark.parametrize(("kind", "rate"), SEGMENTS_A_SECOND.items())
def test_a_site_may_say_more_than_the_type_of_its_number_does(kind: str, rate: float) -> None:
    assert SmsSettings.model_validate({"number_type": kind}).rate == rate
    assert SmsSettings.model_validate({"number_type": kind, "segments_per_second": 12}).rate == 12

"""What every channel promises, whatever its network: one set of tests for all.

A channel's tests say how its network is made to do things (`Network`) and inherit the rest:

    class TestPigeon(ChannelContract):
        @pytest.fixture
        async def network(self) -> AsyncIterator[Network]: ...
"""

from __future__ import annotations

import asyncio
import base64
import logging
import traceback
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import ClassVar

import pytest

from bot.channels.base import (
    Address,
    CannotAskError,
    Channel,
    ChannelError,
    Choice,
    Message,
    NotNowError,
    OutcomeUnknownError,
    RefusedError,
    SenderFaultError,
    UnreachableError,
)

WORDS = "What was said about the brother"


class Trouble(StrEnum):
    """What can become of a message; a network is asked only for what it can tell apart."""

    UNREACHABLE = "unreachable"
    OPTED_OUT = "opted_out"
    THROTTLED = "throttled"
    SWALLOWED = "swallowed"
    ANSWER_LOST = "answer_lost"
    SENDER_FAULT = "sender_fault"
    TOO_LONG = "too_long"
    NO_CONNECTION = "no_connection"


ERRORS: dict[Trouble, type[ChannelError]] = {
    Trouble.UNREACHABLE: UnreachableError,
    Trouble.OPTED_OUT: UnreachableError,
    Trouble.THROTTLED: NotNowError,
    Trouble.SWALLOWED: OutcomeUnknownError,
    Trouble.ANSWER_LOST: OutcomeUnknownError,
    Trouble.SENDER_FAULT: SenderFaultError,
    Trouble.TOO_LONG: RefusedError,
    Trouble.NO_CONNECTION: ChannelError,
}

TEXTS = {
    "plain": "How have you been this week? 0-10",
    "lines": "first line\n\nthird line\twith a tab",
    "markup": "<b>not bold</b> *nor* _this_ [link](x) & 100% {name} \\n",
    "emoji": "\N{GRINNING FACE}\N{WAVING HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}"
    "\N{FAMILY}\N{REGIONAL INDICATOR SYMBOL LETTER U}\N{REGIONAL INDICATOR SYMBOL LETTER S}",
    "right to left": "\u05de\u05d4 \u05e9\u05dc\u05d5\u05de\u05da? \u200f7\u200f "
    "\u0643\u064a\u0641 \u062d\u0627\u0644\u0643\u061f",
    "accents, composed and not": "\u00e9 e\u0301 \u2018quoted\u2019 \u2013 \u20ac",
}


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message as the person has it before them now."""

    address: Address
    text: str
    buttons: tuple[str, ...] = ()


class Network(ABC):
    """A network (a fake one) and our channel on it.

    Attributes:
        channel: the channel under test.
        address: someone who can be written to.
        longest: how many characters the network takes.
        buttons: whether it shows them.
        can_be_asked: whether it keeps a list of what was sent.
    """

    longest: ClassVar[int]
    buttons: ClassVar[bool]
    can_be_asked: ClassVar[bool]

    def __init__(self, channel: Channel, address: Address) -> None:
        """Put the channel under test."""
        self.channel = channel
        self.address = address

    @abstractmethod
    def arrived(self) -> Sequence[Arrived]:
        """Give what has arrived so far, oldest first."""

    @abstractmethod
    async def arrange(self, trouble: Trouble) -> None:
        """Have the next message meet `trouble` (TOO_LONG needs nothing)."""


A_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
"""The smallest picture there is."""


class ChannelContract:
    """The tests. `troubles` are those that the network can tell apart."""

    troubles: ClassVar[frozenset[Trouble]]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run what takes a `trouble` once for each."""
        if "trouble" in metafunc.fixturenames:
            metafunc.parametrize("trouble", sorted(self.troubles))

    def test_it_says_what_it_is_and_what_it_can_do(self, network: Network) -> None:
        assert network.channel.name
        assert network.channel.account
        assert isinstance(network.channel.edits, bool)
        assert isinstance(network.channel.pictures, bool)

    async def test_a_picture_is_shown_over_its_text_or_left_out(self, network: Network) -> None:
        await network.channel.send(network.address, Message(WORDS, picture=A_PIXEL))
        assert network.arrived() == [Arrived(network.address, WORDS)]

    @pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
    async def test_a_text_arrives_unchanged(self, network: Network, text: str) -> None:
        await network.channel.send(network.address, Message(text))
        assert network.arrived() == [Arrived(network.address, text)]

    async def test_the_longest_text_arrives_whole(self, network: Network) -> None:
        text = ("0123456789" * 410)[: network.longest]
        await network.channel.send(network.address, Message(text))
        assert network.arrived() == [Arrived(network.address, text)]

    async def test_the_same_text_twice_has_two_ids(self, network: Network) -> None:
        first = await network.channel.send(network.address, Message(WORDS))
        second = await network.channel.send(network.address, Message(WORDS))
        assert first.external_id
        assert first != second

    async def test_what_is_sent_at_once_arrives_once_each(self, network: Network) -> None:
        texts = [f"part {number}" for number in range(5)]
        receipts = await asyncio.gather(
            *(network.channel.send(network.address, Message(text)) for text in texts)
        )
        assert sorted(each.text for each in network.arrived()) == texts
        assert len(set(receipts)) == len(texts)

    async def test_buttons_are_shown_or_left_out(self, network: Network) -> None:
        rows = ((Choice("Low", "a:1"), Choice("High", "a:2")), (Choice("Skip", "a:3"),))
        await network.channel.send(network.address, Message(WORDS, choices=rows))
        buttons = ("Low", "High", "Skip") if network.buttons else ()
        assert network.arrived() == [Arrived(network.address, WORDS, buttons)]

    async def test_privacy_and_validity_harm_no_message(self, network: Network) -> None:
        for valid_for in (timedelta(0), timedelta(hours=48)):
            await network.channel.send(network.address, Message(WORDS, private=True, valid_for=valid_for))
        assert [each.text for each in network.arrived()] == [WORDS, WORDS]

    async def test_a_channel_that_edits_puts_the_new_in_place_of_the_old(self, network: Network) -> None:
        if not network.channel.edits:
            return
        old = await network.channel.send(network.address, Message("old"))
        await network.channel.send(network.address, Message("new").replacing(old.external_id))
        assert [each.text for each in network.arrived()] == ["new"]

    async def test_each_trouble_names_the_next_move(self, network: Network, trouble: Trouble) -> None:
        error = await meet(network, trouble)
        assert type(error) is ERRORS[trouble]
        if isinstance(error, UnreachableError):
            assert error.opted_out == (trouble is Trouble.OPTED_OUT)
        if isinstance(error, NotNowError):
            assert error.wait > timedelta(0)

    async def test_a_message_arrives_only_where_its_answer_was_lost(
        self, network: Network, trouble: Trouble
    ) -> None:
        await meet(network, trouble)
        assert len(network.arrived()) == (trouble is Trouble.ANSWER_LOST)

    async def test_no_error_and_no_log_tells_who_or_what(
        self,
        network: Network,
        trouble: Trouble,
        caplog: pytest.LogCaptureFixture,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        caplog.set_level(logging.DEBUG)
        error = await meet(network, trouble)
        printed = capsys.readouterr()
        told = "".join((*traceback.format_exception(error), caplog.text, printed.out, printed.err))
        assert WORDS not in told
        assert network.address not in told
        assert network.address.removeprefix("whatsapp:").removeprefix("+") not in told

    async def test_a_trouble_leaves_the_channel_usable(self, network: Network, trouble: Trouble) -> None:
        if trouble in {Trouble.NO_CONNECTION, Trouble.OPTED_OUT, Trouble.UNREACHABLE}:
            return  # these last
        await meet(network, trouble)
        await network.channel.send(network.address, Message("after"))
        assert network.arrived()[-1].text == "after"

    async def test_what_was_sent_is_found_where_the_network_can_be_asked(self, network: Network) -> None:
        since, message = datetime.now(UTC), Message(WORDS)
        receipt = await network.channel.send(network.address, message)
        if network.can_be_asked:
            assert await network.channel.find(network.address, message, since) == receipt
        else:
            with pytest.raises(CannotAskError):
                await network.channel.find(network.address, message, since)

    async def test_what_was_not_sent_is_not_found(self, network: Network) -> None:
        if not network.can_be_asked:
            return
        since = datetime.now(UTC)
        await network.channel.send(network.address, Message("something else"))
        await network.channel.send(network.address, Message(WORDS))
        find = network.channel.find
        assert await find(network.address, Message("never sent"), since) is None
        assert await find(Address("+12025550199"), Message(WORDS), since) is None
        assert await find(network.address, Message(WORDS), since + timedelta(hours=1)) is None

    async def test_a_message_whose_answer_was_lost_is_found(self, network: Network) -> None:
        if not (network.can_be_asked and Trouble.ANSWER_LOST in self.troubles):
            return
        since = datetime.now(UTC)
        await meet(network, Trouble.ANSWER_LOST)
        assert await network.channel.find(network.address, Message(WORDS), since) is not None

    async def test_closing_twice_is_closing_once(self, network: Network) -> None:
        await network.channel.close()
        await network.channel.close()


async def meet(network: Network, trouble: Trouble) -> ChannelError:
    """Send a message that meets `trouble`, and return the error that came of it."""
    await network.arrange(trouble)
    text = WORDS * (1 + network.longest // len(WORDS)) if trouble is Trouble.TOO_LONG else WORDS
    with pytest.raises(ChannelError) as raised:
        await network.channel.send(network.address, Message(text))
    return raised.value

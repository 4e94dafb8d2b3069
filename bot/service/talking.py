"""A client's open check-in while a batch is worked on, and what each effect does to it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from bot import conversation as said
from bot import wording
from bot.conversation import Conversation, Effect, Turn
from bot.service import asking, crisis
from bot.service.closing import Ended, tell_event
from storage.records import AddressState, Answer, CheckIn, CheckInState, Client, Contact, Draft

if TYPE_CHECKING:
    from bot.service.desk import Desk


@dataclass(slots=True)
class Talk:
    """An open check-in under way: it changes with each message of the batch and is written once at the end.

    Attributes:
        check_in: the record as loaded.
        client: whose.
        conversation: as it stands now.
        sources: which inbound message the answer at each position was read from.
        ended: how it ended, once it has.
        early: whether something was written before the open question went out.
    """

    check_in: CheckIn
    client: Client
    conversation: Conversation
    sources: dict[int, int] = field(default_factory=dict)
    ended: Ended | None = None
    early: bool = False

    def changed(self) -> CheckIn:
        """Give the record as it is to be written."""
        return dataclasses.replace(
            self.check_in,
            state=self.ended.state if self.ended else CheckInState.OPEN,
            held=self.conversation.held,
            refusals=self.conversation.refusals,
            suggested=self.conversation.suggested,
        )

    def answers(self, desk: Desk) -> tuple[Answer, ...]:
        """Give the answers that are new or changed."""
        before = self.check_in.marks
        return tuple(
            Answer(self.check_in.id, position, mark, self.sources.get(position), desk.now)
            for position, mark in enumerate(self.conversation.response.marks)
            if position >= len(before) or before[position] != mark or position in self.sources
        )

    @property
    def moved(self) -> bool:
        """Whether a question that waits to go out is no longer the one to ask."""
        return bool(self.sources) or self.taken_back or self.ended is not None or self.early

    @property
    def taken_back(self) -> bool:
        """Whether the record holds more answers than now stand."""
        return len(self.conversation.response.marks) < len(self.check_in.marks)


@dataclass(frozen=True, slots=True)
class Heard:
    """Who wrote, and the message's id in the inbox; `asked` is the network's id of the open question."""

    contact: Contact
    inbound_id: int
    asked: str | None


async def carry_out(desk: Desk, talk: Talk, turn: Turn, heard: Heard) -> None:
    """Do what a turn decided, in order."""
    in_danger = any(isinstance(effect, said.Crisis) for effect in turn.effects)
    for effect in turn.effects:
        if isinstance(effect, said.Finish | said.GiveUp):
            talk.conversation = turn.conversation
            desk.unask(talk.check_in.id)
            talk.ended = _ending(talk, heard.contact, quietly=in_danger)
        else:
            await _one(desk, talk, effect, turn=turn, heard=heard)
    talk.conversation = turn.conversation
    talk.early = talk.early or turn.reading == "early"


def _ending(talk: Talk, contact: Contact, *, quietly: bool) -> Ended:
    response = talk.conversation.response
    state = CheckInState.COMPLETE if response.complete else CheckInState.PARTIAL
    return Ended(talk.check_in, response, talk.client, contact, state, quietly)


async def _one(desk: Desk, talk: Talk, effect: Effect, *, turn: Turn, heard: Heard) -> None:
    match effect:
        case said.Keep() | said.TakeBack() | said.PassOn():
            _record(desk, talk, effect, heard)
        case said.Ask() | said.AskAgain():
            desk.question(heard.contact, _question(desk, talk, turn.conversation, effect))
        case said.NothingBefore() | said.Explain() | said.StandBy() | said.OptIn():
            told = await desk.reaches(talk.client.therapist_id)
            desk.reply(heard.contact, _answer(desk, talk, effect, told=told))
        case said.OptOut():
            await opt_out(desk, talk.client, heard.contact)
        case said.Crisis(words):
            more = not any(isinstance(one, said.Finish) for one in turn.effects)
            await crisis.answer(desk, heard.contact, words, paused=more)
        case said.Finish() | said.GiveUp():
            msg = "an ending is carried out by carry_out"
            raise AssertionError(msg)
        case _:
            assert_never(effect)


def _record(desk: Desk, talk: Talk, effect: said.Keep | said.TakeBack | said.PassOn, heard: Heard) -> None:
    """Keep what was said, or take it back."""
    match effect:
        case said.Keep(position, _):
            talk.sources[position] = heard.inbound_id
            _collapse(desk, talk, effect, heard)
        case said.TakeBack(position, mark):
            talk.sources.pop(position, None)
            detail = f"item {position + 1} was {'skipped' if mark is None else mark}"
            desk.audit("client", "took_back", client=talk.client, check_in_id=talk.check_in.id, detail=detail)
        case said.PassOn(words) if talk.conversation.held:
            desk.pass_on(talk.client, words)
        case said.PassOn(words):
            desk.remark(talk.client, words, talk.check_in.id, told=False)
        case _:
            assert_never(effect)


def _answer(
    desk: Desk,
    talk: Talk,
    effect: said.NothingBefore | said.Explain | said.StandBy | said.OptIn,
    *,
    told: bool,
) -> str:
    """Find the words that answer what a client steered to. `told`: the therapist can be reached."""
    language = talk.conversation.language
    match effect:
        case said.NothingBefore():
            return wording.nothing_before(language)
        case said.Explain():
            return wording.help_text(language, desk.policy.house, talk.client.country)
        case said.StandBy():
            return wording.stand_by(language, told=told)
        case said.OptIn():
            return wording.started(language, asking=True)
        case _:
            assert_never(effect)


def _question(desk: Desk, talk: Talk, conversation: Conversation, effect: said.Ask | said.AskAgain) -> Draft:
    """Put the open question, or put it again with the reason."""
    again = None
    if isinstance(effect, said.AskAgain):
        item = asking.open_item(desk.policy, conversation.language, conversation.response)
        again = wording.again(conversation.language, item, effect.why, effect.suggest)
        again = f"{again} {wording.example(conversation.language)}" if effect.explain else again
    return asking.asking(
        desk.policy,
        conversation.language,
        talk.check_in,
        response=conversation.response,
        not_before=desk.now,
        again=again,
    )


def _collapse(desk: Desk, talk: Talk, kept: said.Keep, heard: Heard) -> None:
    """Edit the answered question's keyboard away, to show what was chosen."""
    if heard.asked is not None:
        language = talk.conversation.language
        words = desk.policy.words(talk.check_in.measure, language)
        key = talk.conversation.response.instrument.items[kept.position]
        desk.edit(heard.contact, heard.asked, wording.chosen(language, words.items[key], kept.mark))


async def opt_out(desk: Desk, client: Client, contact: Contact) -> None:
    """Stop writing to an address, confirm where the network does not, and tell the therapist."""
    await desk.tx.people.set_address_state([contact.id], AddressState.STOPPED)
    await desk.tx.outbox.withdraw_all([contact.id], ("crisis",), desk.now)
    if contact.channel not in desk.policy.answers_stop:
        desk.reply(contact, wording.stopped(desk.language_of(contact)))
    if contact.state is AddressState.ACTIVE:
        desk.audit("client", "opted_out", client=client)
        await tell_event(desk, client, "opted_out")

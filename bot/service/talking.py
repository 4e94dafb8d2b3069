"""What a client says to an open check-in, and what each effect of it does."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, assert_never

from bot import conversation as said
from bot import timetable, wording
from bot.conversation import Conversation, Effect, Turn
from bot.conversation import effects as then
from bot.service import asking, breaks, correcting, crisis, opting
from bot.service.closing import Ended
from bot.timetable import Delay
from storage.records import CheckInState, Contact, Draft

if TYPE_CHECKING:
    from bot.channels.base import Edited
    from bot.languages import ItemWords
    from bot.service.desk import Desk
    from bot.service.talk import Heard, Talk
    from scoring.instrument import Mark


async def hear(desk: Desk, talk: Talk, text: str, heard: Heard) -> str:
    """Work on what a client wrote to an open check-in; returns what it was read as.

    Before the first answer, a correction is meant for the check-in that has just ended, if there is one.
    """
    earlier = None if talk.begun else said.corrects_earlier(talk.conversation, text)
    if earlier and await correcting.correct(
        desk, heard.contact, earlier, text, inbound_id=heard.inbound_id, within=correcting.JUST_NOW
    ):
        put_again(desk, talk, heard.contact)
        return "correction"
    turn = said.advance(talk.conversation, text)
    await carry_out(desk, talk, turn, heard)
    return turn.reading


async def edited(desk: Desk, talk: Talk, edit: Edited, heard: Heard) -> str | None:
    """Take an edit of a message that gave answers of the open check-in as their correction.

    A message is known again by when it was sent at first; of two that were sent in one second neither is.

    Returns:
        What it was read as, or None where it gave no answer that still stands, or now reads as none.
    """
    sent_at = edit.sent_at
    messages = await desk.tx.inbox.written(heard.contact.id, sent_at) if sent_at else ()
    if len(messages) != 1:
        return None
    sources = {**await desk.tx.answers.sources(talk.check_in.id), **talk.sources}
    standing = range(talk.conversation.response.position)
    positions = [position for position in standing if sources.get(position) == messages[0]]
    turn = said.amend(talk.conversation, positions, edit.text) if positions else None
    if turn is None:
        return None
    await carry_out(desk, talk, turn, dataclasses.replace(heard, inbound_id=messages[0]))
    return turn.reading


def put_again(desk: Desk, talk: Talk, contact: Contact) -> None:
    """Put the open question again, in the place of one that may still wait to go out."""
    talk.early = True
    talk.conversation = dataclasses.replace(talk.conversation, suggested=None, resting=False)
    desk.question(contact, _question(desk, talk, talk.conversation, then.Ask()))


async def carry_out(desk: Desk, talk: Talk, turn: Turn, heard: Heard) -> None:
    """Do what a turn decided, in order. What is said before a question goes out with it."""
    in_danger = any(isinstance(effect, then.Crisis) for effect in turn.effects)
    leads: list[str] = []
    for effect in turn.effects:
        match effect:
            case then.Finish() | then.GiveUp() | then.NoSession() | then.TakeBreak():
                talk.conversation = turn.conversation
                desk.unask(talk.check_in.id)
                thanks = " ".join(leads) or None
                talk.ended = _ending(talk, heard.contact, effect, quietly=in_danger, thanks=thanks)
                leads = []
                if isinstance(effect, then.TakeBreak):
                    await breaks.take(desk, talk.client, heard.contact)
            case then.Ask() | then.AskAgain():
                desk.question(
                    heard.contact, _question(desk, talk, turn.conversation, effect, lead=" ".join(leads))
                )
                leads = []
            case _:
                leads += await _one(desk, talk, effect, turn=turn, heard=heard)
    if leads and not in_danger and talk.ended is None:
        desk.reply(heard.contact, " ".join(leads))
    talk.conversation = turn.conversation
    talk.early = talk.early or turn.reading in {"early", "later"}


def _ending(talk: Talk, contact: Contact, effect: then.Ending, *, quietly: bool, thanks: str | None) -> Ended:
    response = talk.conversation.response
    state = CheckInState.COMPLETE if response.complete else CheckInState.PARTIAL
    if isinstance(effect, then.TakeBreak):
        quietly = True
    if isinstance(effect, then.NoSession) or (isinstance(effect, then.TakeBreak) and not response.marks):
        state = CheckInState.WITHDRAWN
    words = effect.words if isinstance(effect, then.NoSession) else ""
    return Ended(talk.check_in, response, talk.client, contact, state, quietly, thanks, words)


async def _one(desk: Desk, talk: Talk, effect: Effect, *, turn: Turn, heard: Heard) -> tuple[str, ...]:
    """Carry out an effect that is no question and no ending; returns what is to be said before those."""
    language = talk.conversation.language
    match effect:
        case then.Keep() | then.Correct() | then.TakeBack() | then.PassOn():
            return _record(desk, talk, effect, heard)
        case then.Acknowledge():
            return (wording.heard(language),)
        case then.OneByOne():
            return (wording.one_by_one(language),)
        case then.Postpone() | then.Rest():
            _put_off(desk, talk, effect, heard.contact)
        case then.OptOut():
            await opting.leave(desk, heard.contact, confirm=True)
        case then.Crisis(words, answered):
            more = not any(isinstance(one, then.Finish) for one in turn.effects)
            answers = [asking.answer_in_words(desk.policy, language, talk.check_in, one) for one in answered]
            await crisis.answer(desk, heard.contact, words, answers=answers, paused=more)
        case (
            then.Finish() | then.GiveUp() | then.NoSession() | then.TakeBreak() | then.Ask() | then.AskAgain()
        ):
            msg = "questions and endings are carried out by carry_out"
            raise AssertionError(msg)
        case _:
            desk.reply(heard.contact, await _answer(desk, talk, effect))
    return ()


def _record(desk: Desk, talk: Talk, effect: then.Record, heard: Heard) -> tuple[str, ...]:
    """Keep what was said, or change it, or take it back."""
    match effect:
        case then.Keep(position, mark):
            talk.begun = True
            talk.sources[position] = heard.inbound_id
            _collapse(desk, talk, position, mark=mark, heard=heard)
        case then.Correct(position, was, mark):
            talk.sources[position] = heard.inbound_id
            _collapse(desk, talk, position, mark=mark, heard=heard)
            audit_change(desk, talk, "corrected", f"item {position + 1} was {_named(was)}, is {_named(mark)}")
            return (wording.changed(talk.conversation.language, _item(desk, talk, position), mark),)
        case then.TakeBack(position, mark):
            talk.sources.pop(position, None)
            audit_change(desk, talk, "took_back", f"item {position + 1} was {_named(mark)}")
        case then.PassOn(words) if talk.conversation.held:
            desk.pass_on(talk.client, words)
        case then.PassOn(words):
            desk.remark(talk.client, words, talk.check_in.id, told=False)
        case _:
            assert_never(effect)
    return ()


def audit_change(desk: Desk, talk: Talk, action: str, detail: str) -> None:
    """Write down what a client did to an answer."""
    desk.audit("client", action, client=talk.client, check_in_id=talk.check_in.id, detail=detail)


def _named(mark: Mark) -> str:
    return "skipped" if mark is None else str(mark)


def _item(desk: Desk, talk: Talk, position: int) -> ItemWords:
    words = asking.words_of(desk.policy, talk.conversation.language, talk.check_in)
    return words.items[talk.conversation.response.instrument.items[position]]


def _collapse(desk: Desk, talk: Talk, position: int, *, mark: Mark, heard: Heard) -> None:
    """Edit an answered question's keyboard away, to show what was chosen, where the channel can."""
    if heard.contact.channel not in desk.policy.edits:
        return
    pressed = heard.pressed if position == talk.conversation.response.position else None
    asked = pressed or talk.asked.singly.get(position)
    if asked is not None:
        language = talk.conversation.language
        desk.edit(heard.contact, asked, wording.chosen(language, _item(desk, talk, position), mark))


def _put_off(desk: Desk, talk: Talk, effect: then.Postpone | then.Rest, contact: Contact) -> None:
    """Let a check-in rest until a time, or until it is over; either way nothing reminds of it meanwhile."""
    language, zone = talk.conversation.language, talk.client.zone
    closes = talk.check_in.expires_at
    desk.unask(talk.check_in.id)
    pause = None
    if isinstance(effect, then.Postpone):
        delay = Delay(effect.minutes, effect.until)
        pause = timetable.pause(delay, desk.now, zone, quiet=desk.policy.quiet, expires_at=closes)
    if pause is None:
        talk.resume_at = closes
        desk.reply(contact, wording.resting(language, closes, desk.now, zone))
    else:
        talk.resume_at = pause.until
        text = wording.postponed(language, pause.until, desk.now, zone, cut=pause.cut)
        desk.postponed(contact, talk.check_in.id, text)


async def _answer(desk: Desk, talk: Talk, effect: then.Said) -> str:
    """Find the words that answer what a client steered to."""
    language = talk.conversation.language
    match effect:
        case then.NothingBefore():
            return wording.nothing_before(language)
        case then.Explain():
            return wording.help_text(language, desk.policy.house, talk.client.country)
        case then.StandBy():
            return wording.stand_by(language, told=await desk.reaches(talk.client.therapist_id))
        case then.OptIn():
            return wording.started(language, asking=True)
        case then.Noted():
            return wording.passed_on(language, told=False)
        case then.AllRight():
            return wording.all_right(language)
        case _:
            assert_never(effect)


def _question(
    desk: Desk, talk: Talk, conversation: Conversation, effect: then.Put, *, lead: str = ""
) -> Draft:
    """Put the open question, or put it again with the reason, after what is to be said first."""
    language, again = conversation.language, None
    if isinstance(effect, then.AskAgain) and conversation.at_once:
        lead = f"{lead} {wording.together_again(language)}".strip()
    elif isinstance(effect, then.AskAgain):
        item = asking.open_item(desk.policy, language, talk.check_in, conversation.response)
        measure = conversation.response.instrument
        form = wording.form_of(measure, desk.policy.words(measure.key, language))
        again = wording.again(language, item, effect.why, effect.suggest, said=effect.said, form=form)
        apart = "\n" if form.listed else " "
        again = f"{again}{apart}{wording.example(language, form)}" if effect.explain else again
    check_in = talk.check_in
    if check_in.together != conversation.together:
        check_in = dataclasses.replace(check_in, together=conversation.together)
    return asking.asking(
        desk.policy,
        language,
        check_in,
        response=conversation.response,
        not_before=desk.now,
        first=lead or None,
        again=again,
    )

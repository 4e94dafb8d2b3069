"""Putting questions of a check-in into messages."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot import messages, wording
from bot.channels.base import Message
from scoring.instrument import ITEM_MAX, Response
from storage.records import TOGETHER, Draft, Priority

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from bot.languages import ItemWords, Language, MeasureWords
    from bot.policy import Policy
    from storage.records import CheckIn, Client

EXAMPLE = (7, 6, 8, 7, 5, 9)
"""Numbers that an example shows, one for each question; on another scale as many tenths of its top."""

OWN_WORDS = "{goal}"
"""The gap in a question for the client's own words."""


def response_of(policy: Policy, check_in: CheckIn) -> Response:
    """Make the response that a check-in's answers are; of goals there are as many as the client has."""
    instrument = policy.instruments[check_in.measure]
    if instrument.clients_own:
        instrument = dataclasses.replace(instrument, items=instrument.items[: len(check_in.texts)])
    return Response(instrument, check_in.marks)


def askable(policy: Policy, client: Client, measure: str, goals: Collection[str]) -> bool:
    """Tell whether a client may be asked a measure: it has words for them, and they any goals it asks of.

    A goal that does not open ("") can't be put to them, so none is until it does.
    """
    instrument = policy.instruments.get(measure)
    if instrument is None or not policy.offers(measure, policy.speak_to(client)):
        return False
    return (bool(goals) and all(goals)) or not instrument.clients_own


def still_asked(policy: Policy, check_in: CheckIn) -> bool:
    """Tell whether a check-in's measure is still there, and still takes the answers that were given."""
    if check_in.measure not in policy.instruments:
        return False
    try:
        return response_of(policy, check_in).instrument.items != ()
    except ValueError:
        return False


def words_of(policy: Policy, language: Language, check_in: CheckIn) -> MeasureWords:
    """Give how a check-in's measure is put, with the client's own words where its items are in them."""
    words = policy.words(check_in.measure, language)
    if not check_in.texts or language.discreet:
        return words
    items = {
        key: dataclasses.replace(item, question=item.question.replace(OWN_WORDS, text))
        for (key, item), text in zip(words.items.items(), check_in.texts, strict=False)
    }
    return dataclasses.replace(words, items=MappingProxyType(items))


def open_item(policy: Policy, language: Language, check_in: CheckIn, response: Response) -> ItemWords:
    """Give the wording of the open question of a check-in, whose answers may be ahead of the record's.

    Raises:
        ValueError: nothing is open.
    """
    if response.next_item is None:
        msg = "a finished check-in has no open question"
        raise ValueError(msg)
    return words_of(policy, language, check_in).items[response.next_item]


def answer_in_words(policy: Policy, language: Language, check_in: CheckIn, answered: tuple[int, int]) -> str:
    """Write an answer with its question, for whoever has to act on it; `answered` is (position, tenths)."""
    position, mark = answered
    instrument, words = policy.instruments[check_in.measure], words_of(policy, language, check_in)
    question = words.items[instrument.items[position]].question
    return f"{question}: {wording.form_of(instrument, words).answer(mark)}"


def opening(
    policy: Policy,
    language: Language,
    check_in: CheckIn,
    not_before: datetime,
    *,
    following: bool = False,
    thanks: str | None = None,
    missed: int = 0,
) -> Draft:
    """Make the first message of a check-in: greeting and question.

    Args:
        policy: the site's choices.
        language: the client's.
        check_in: the check-in.
        not_before: when it may go out.
        following: whether it follows another that somebody has just answered: thanks in place of a greeting.
        thanks: what to thank with.
        missed: how many check-ins before it went unanswered, in a row: then the greeting is gentler, and
            from so many on as the site says it offers a break.
    """
    words = policy.words(check_in.measure, language)
    first = (
        wording.going_on(language, words, thanks) if following else _greeting(policy, language, words, missed)
    )
    return asking(
        policy,
        language,
        check_in,
        response=response_of(policy, check_in),
        not_before=not_before,
        first=first,
        priority=Priority.REPLY if following else Priority.QUESTION,
    )


def _greeting(policy: Policy, language: Language, words: MeasureWords, missed: int) -> str:
    if not missed:
        return wording.greeting(language, policy.house, words)
    gentle = wording.gentle_greeting(language, policy.house, words)
    if policy.pause_after is None or missed < policy.pause_after:
        return gentle
    return f"{gentle} {wording.break_offer(language, policy.pause_for)}"


def reminding(policy: Policy, language: Language, check_in: CheckIn, not_before: datetime) -> Draft:
    """Make a reminder that puts the open question again."""
    return asking(
        policy,
        language,
        check_in,
        response=response_of(policy, check_in),
        not_before=not_before,
        first=wording.reminder(language, policy.words(check_in.measure, language)),
        kind="reminder",
        priority=Priority.REMINDER,
    )


def resuming(policy: Policy, language: Language, check_in: CheckIn, not_before: datetime) -> Draft:
    """Make the message that puts a question again which the client had put off."""
    return asking(
        policy,
        language,
        check_in,
        response=response_of(policy, check_in),
        not_before=not_before,
        first=wording.asked_later(language, policy.words(check_in.measure, language)),
        priority=Priority.QUESTION,
    )


def asking(
    policy: Policy,
    language: Language,
    check_in: CheckIn,
    *,
    response: Response,
    not_before: datetime,
    first: str | None = None,
    again: str | None = None,
    kind: str = "question",
    priority: Priority = Priority.REPLY,
) -> Draft:
    """Make the message that puts the open question, or all of them where the check-in puts them together.

    Args:
        policy: the site's choices.
        language: the client's.
        check_in: the check-in; its `together` says which.
        response: its answers so far, which may be ahead of what the record holds.
        not_before: when it may go out.
        first: what stands before the question.
        again: what stands in the question's place, where it is asked again.
        kind: "question", or "reminder"; questions put together are of a kind of their own.
        priority: REPLY where somebody waits for it, at any hour; what the bot starts ranks behind.
    """
    items = response.instrument.items
    form = wording.form_of(response.instrument, policy.words(check_in.measure, language))
    all_open = items[response.position :] if check_in.together else ()
    if len(all_open) > 1:
        kind, text = TOGETHER, again or _together(policy, language, check_in, keys=all_open)
        body = messages.pack(Message(_after(first, text)))
    else:
        item = open_item(policy, language, check_in, response)
        text = again or wording.question(language, item, response.position + 1, len(items), form=form)
        body = messages.pack_question(
            _after(first, text),
            check_in.id,
            response.position,
            wording.skip_button(language),
            on=form.scale,
            options=form.options,
        )
    return Draft(
        address_id=0,
        kind=kind,
        priority=priority,
        body=body,
        not_before=not_before,
        valid_until=check_in.expires_at,
        check_in_id=check_in.id,
        position=response.position,
    )


def _after(first: str | None, text: str) -> str:
    return f"{first}\n{text}" if first else text


def _together(policy: Policy, language: Language, check_in: CheckIn, *, keys: tuple[str, ...]) -> str:
    words = words_of(policy, language, check_in)
    form = wording.form_of(policy.instruments[check_in.measure], words)
    numbers = (EXAMPLE[place % len(EXAMPLE)] * form.scale.top // ITEM_MAX for place in range(len(keys)))
    example = " ".join(map(str, numbers))
    return wording.together(language, [words.items[key] for key in keys], example, form=form)

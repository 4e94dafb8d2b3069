"""Putting questions of a check-in into messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import messages, wording
from bot.channels.base import Message
from scoring.instrument import Response
from storage.records import Draft, Priority

if TYPE_CHECKING:
    from datetime import datetime

    from bot.languages import ItemWords, Language
    from bot.policy import Policy
    from storage.records import CheckIn

EXAMPLE = (7, 6, 8, 7, 5, 9)
"""Numbers that an example shows, one for each question."""


def response_of(policy: Policy, check_in: CheckIn) -> Response:
    """Make the response that a check-in's answers are."""
    return Response(policy.instruments[check_in.measure], check_in.marks)


def open_item(policy: Policy, language: Language, response: Response) -> ItemWords:
    """Give the wording of the open question.

    Raises:
        ValueError: nothing is open.
    """
    if response.next_item is None:
        msg = "a finished check-in has no open question"
        raise ValueError(msg)
    return policy.words(response.instrument.key, language).items[response.next_item]


def opening(
    policy: Policy,
    language: Language,
    check_in: CheckIn,
    not_before: datetime,
    *,
    following: bool = False,
    thanks: str | None = None,
) -> Draft:
    """Make the first message of a check-in: greeting and question.

    Args:
        policy: the site's choices.
        language: the client's.
        check_in: the check-in.
        not_before: when it may go out.
        following: whether it follows another that somebody has just answered: thanks in place of a greeting.
        thanks: what to thank with.
    """
    words = policy.words(check_in.measure, language)
    greeting = wording.greeting(language, policy.house, words)
    first = wording.going_on(language, words, thanks) if following else greeting
    return asking(
        policy,
        language,
        check_in,
        response=response_of(policy, check_in),
        not_before=not_before,
        first=first,
        priority=Priority.REPLY if following else Priority.QUESTION,
    )


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
    all_open = items[response.position :] if check_in.together else ()
    if len(all_open) > 1:
        text = again or _together(policy, language, response, all_open)
        kind, buttons = "together", None
    else:
        item = open_item(policy, language, response)
        text = again or wording.question(language, item, response.position + 1, len(items))
        buttons = messages.scale(check_in.id, response.position, wording.skip_button(language))
    return Draft(
        address_id=0,
        kind=kind,
        priority=priority,
        body=messages.pack(Message("\n".join(filter(None, (first, text))), buttons or ())),
        not_before=not_before,
        valid_until=check_in.expires_at,
        check_in_id=check_in.id,
        position=response.position,
    )


def _together(policy: Policy, language: Language, response: Response, keys: tuple[str, ...]) -> str:
    words = policy.words(response.instrument.key, language)
    numbers = " ".join(str(EXAMPLE[place % len(EXAMPLE)]) for place in range(len(keys)))
    return wording.together(language, [words.items[key] for key in keys], numbers)

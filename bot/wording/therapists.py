"""What a therapist reads about their clients, alerts aside."""

from __future__ import annotations

from collections.abc import Sequence

from bot.languages import Language, MeasureWords
from bot.wording.check_in import chosen
from bot.wording.figures import points
from bot.wording.house import House
from scoring.instrument import Response


def therapist_welcome(language: Language, house: House) -> str:
    """Greet a therapist's new address."""
    return language.text(
        "You will receive {clinic}'s alerts about your clients here, by code and never by name."
        " Write ALERTS for the open ones, ACK and a number to acknowledge one, CLOSED, a number and what was"
        " done to end one of danger."
    ).format(clinic=house.name)


def therapist_stopped(language: Language) -> str:
    """Confirm a therapist's STOP, on networks that do not do so by themselves."""
    return language.text(
        "You will get no more alerts here, and the clinic is told so. Write START if you want them again."
    )


def therapist_help(language: Language) -> str:
    """Answer HELP, or what was not understood, for a therapist."""
    return language.text(
        "Write ALERTS for your open alerts, ACK and the number to acknowledge one (ACK 41), REOPEN and the"
        " number to be told of it again, CLOSED, the number and what was done to end one of danger. STOP ends"
        " alerts here."
    )


def remarks(language: Language, code: str, words: Sequence[str]) -> str:
    """Pass a client's words on."""
    return "\n".join([language.text("{code} wrote:").format(code=code), *(f'"{one}"' for one in words)])


def partial(language: Language, code: str, response: Response, *, words: MeasureWords) -> str:
    """Tell of a check-in that ended without all its answers, and of those there are."""
    said = language.text(
        "{code}, {title}: {answered} of {of} questions answered, so there is no total this time."
    ).format(code=code, answered=response.answered, of=len(response.instrument.items), title=words.title)
    asked = zip(response.instrument.items, response.marks, strict=False)
    return "\n".join([said, *(f"- {chosen(language, words.items[item], mark)}" for item, mark in asked)])


def rest_came_later(language: Language, code: str, total: int, *, words: MeasureWords) -> str:
    """Tell that a check-in of which a part was told has all its answers after all; `total` in tenths."""
    said = language.text("{code}, {title}: the rest came later, so there is a total now: {total}.")
    return said.format(code=code, title=words.title, total=points(total))


def opted_out(language: Language, code: str) -> str:
    """Tell that a client wants no more messages."""
    return language.text(
        "{code} has stopped the check-in messages. You may want to ask about it when you next speak."
    ).format(code=code)


def leaving(language: Language, code: str, words: str) -> str:
    """Tell that a client writes of stopping, pausing or changing therapy, in the client's words."""
    return language.text(
        '{code} writes of stopping, pausing or changing therapy: "{words}" You may want to ask about it when'
        " you next speak."
    ).format(code=code, words=words)


def opted_in(language: Language, code: str) -> str:
    """Tell that a client wants messages again."""
    return language.text("{code} has started the check-in messages again.").format(code=code)


def unreachable(language: Language, code: str) -> str:
    """Tell that a client's address no longer works."""
    return language.text(
        "Messages no longer reach {code}: the network refuses them. Please check the address."
    ).format(code=code)


def declined(language: Language, code: str) -> str:
    """Tell that a client does not want to take part."""
    return language.text("{code} does not want to take part in the check-ins.").format(code=code)


def agreed(language: Language, code: str) -> str:
    """Tell that a client takes part from now on."""
    return language.text("{code} has agreed to the check-ins.").format(code=code)


def told_no_session(language: Language, code: str, written: str, *, words: MeasureWords) -> str:
    """Tell that a client says there was no session to ask about, in their own words."""
    return language.text('{code}, {title}: no session, they say: "{words}". Nothing more is asked.').format(
        code=code, title=words.title, words=written
    )


def corrected(
    language: Language, code: str, *, words: MeasureWords, item: str, was: int | None, mark: int | None
) -> str:
    """Tell that a client changed an answer after the check-in was over."""
    before = language.text("skipped") if was is None else points(was)
    return language.text("{code}, {title}: corrected an answer. {answer} (before: {was}).").format(
        code=code, title=words.title, answer=chosen(language, words.items[item], mark), was=before
    )


def alert_stands(language: Language, number: int, total: int) -> str:
    """Say that an alert is as right by the corrected answers as it was, and what the total is now."""
    return language.text("Alert {number} stands; the total is {total} now.").format(
        number=number, total=points(total)
    )


def alert_falls(language: Language, number: int) -> str:
    """Say that an alert was right by the answers of then, and no longer is."""
    return language.text("By the corrected answers alert {number} would not have been raised.").format(
        number=number
    )


def alert_replaced(language: Language, number: int, by: int) -> str:
    """Say which alert tells what the corrected answers show."""
    return language.text("Alert {by} takes the place of alert {number}.").format(number=number, by=by)

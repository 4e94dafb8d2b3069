"""What a client reads when several questions come at once, or when they change, add or put something off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date

from bot.languages import ItemWords, Language, MeasureWords
from bot.wording.check_in import chosen
from bot.wording.scales import USUAL, Form


def together(language: Language, items: Sequence[ItemWords], example: str, *, form: Form = USUAL) -> str:
    """Put several questions in one message, with both ends of each scale; said once where they are the same.

    Args:
        language: the client's.
        items: the questions, in order.
        example: numbers as they may be written, one for each.
        form: how they are put; points that have names are told once, at the end.
    """
    how = language.text("Please answer with {count} numbers at once, such as {example}.")
    lines = [*filter(None, (form.stem,)), how.format(count=len(items), example=example)]
    for number, (item, following) in enumerate(zip(items, (*items[1:], None), strict=True), 1):
        if form.options or (
            following is not None and (following.low, following.high) == (item.low, item.high)
        ):
            lines.append(f"{number}. {item.question}")
        else:
            said = language.text("{number}. {question} (0 = {low}, {top} = {high})")
            lines.append(said.format(number=number, question=item.question, **form.ends(item)))
    return "\n".join(filter(None, (*lines, form.listed)))


def asked_later(language: Language, words: MeasureWords) -> str:
    """Come back as the client wished, before the open question is put again."""
    return language.text("Here I am again, as you asked, with a few questions about {about}.").format(
        about=words.about
    )


def together_again(language: Language) -> str:
    """Say, before all questions are put once more, that they need a number each."""
    return language.text("I need one number for each question, in their order. Or write skip.")


def one_by_one(language: Language) -> str:
    """Say that the questions come singly now."""
    return language.text("Let's take the questions one at a time.")


def heard(language: Language) -> str:
    """Thank for words that came beside a number, whether it was high or low."""
    if language.discreet:
        return language.text("Thank you for telling me.")
    return language.text("Thank you for telling me; your therapist will see this.")


def changed(language: Language, item: ItemWords, mark: int | None) -> str:
    """Confirm a changed answer."""
    return language.text("I have changed it. {answer}.").format(answer=chosen(language, item, mark))


def which_one(language: Language) -> str:
    """Answer a correction of one among numbers that came in one message: nobody can tell of which."""
    return language.text(
        "I can't tell which of your numbers that changes, so I have left them. Your therapist will see what"
        " you wrote."
    )


def postponed(language: Language, until: datetime, now: datetime, zone: str, *, cut: bool) -> str:
    """Say when the questions are put again. `cut`: it is sooner than was asked for."""
    said = language.text("All right. I will ask again {when}.")
    if cut:
        said = language.text("I will ask again {when}, no later, because the questions close soon after.")
    return said.format(when=_when(language, until, now, zone))


def resting(language: Language, until: datetime, now: datetime, zone: str) -> str:
    """Say that nothing is asked again, and until when the questions stay open."""
    return language.text(
        "That is all right. I won't ask again. The questions close {when}; until then just write a number, or"
        " skip."
    ).format(when=_when(language, until, now, zone))


def _when(language: Language, then: datetime, now: datetime, zone: str) -> str:
    """Name a moment of the next days on the client's own clock."""
    place = ZoneInfo(zone)
    local, today = then.astimezone(place), now.astimezone(place).date()
    if local.date() == today:
        said = language.text("at {time}")
    elif local.date() == today + timedelta(days=1):
        said = language.text("tomorrow at {time}")
    else:
        said = language.text("on {day} at {time}")
    day = format_date(local.date(), "EEEE", locale=language.code)
    return said.format(day=day, time=f"{local:%H:%M}")


def no_session(language: Language) -> str:
    """Accept that there was no session to ask about."""
    if language.discreet:
        return language.text("Thank you, good to know.")
    return language.text(
        "Thank you, good to know. Then there is nothing to ask; your therapist will see this."
    )

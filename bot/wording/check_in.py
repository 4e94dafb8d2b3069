"""What a client reads during a check-in, and what answers words and numbers around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from bot.languages import ItemWords, Language, MeasureWords
from bot.plain import fold
from bot.replies import Why
from bot.wording.discreet import discreet_thanks
from bot.wording.figures import points
from bot.wording.house import House
from bot.wording.scales import USUAL, Form
from scoring.instrument import Gauge


def greeting(language: Language, house: House, words: MeasureWords) -> str:
    """Open a check-in: who, why and how long; the first question follows in the same message."""
    if language.discreet:
        return language.text("Hello.") + " " + words.intro
    return language.text("Hello from {clinic}.").format(clinic=house.name) + " " + words.intro


def question(language: Language, item: ItemWords, number: int, of: int, *, form: Form = USUAL) -> str:
    """Put one question, with both ends of the scale in words, or every point that has a name."""
    counted = {"number": number, "of": of, "question": item.question}
    if form.options:
        asked = language.text("{number}/{of} {question}").format(**counted)
        return "\n".join(filter(None, (form.stem, asked, form.listed)))
    asked = language.text("{number}/{of} {question}\n0 = {low}, {top} = {high}")
    return "\n".join(filter(None, (form.stem, asked.format(**counted, **form.ends(item)))))


def skip_button(language: Language) -> str:
    """Label the button that skips a question."""
    return language.text("Skip")


def chosen(language: Language, item: ItemWords, mark: int | None) -> str:
    """Say under an answered question what was chosen."""
    if mark is None:
        return language.text("{label}: skipped").format(label=item.label)
    return language.text("{label}: {points}").format(label=item.label, points=points(mark))


def again(
    language: Language, item: ItemWords, why: Why, suggest: int | None, *, said: str = "", form: Form = USUAL
) -> str:
    """Ask the same question again, taking up what was written.

    Args:
        language: the client's.
        item: the open question.
        why: what was unclear.
        suggest: tenths that are likely meant.
        said: a word or two that were written, folded; only a mild one is said again.
        form: how the questions are put; where the points have names, these follow.
    """
    asked = _again(language, why, suggest, ends=form.ends(item), said=said)
    return "\n".join(filter(None, (asked, form.listed)))


def _again(language: Language, why: Why, suggest: int | None, *, ends: Mapping[str, str], said: str) -> str:
    if why is Why.TYPO and suggest is not None:
        asked = language.text(
            "Did you mean {points}? Write ok, or another number, 0 = {low} to {top} = {high}."
        )
        return asked.format(points=points(suggest), **ends)
    mild = _mild(language).get(said)
    asked = (
        language.text("Which number is closest, 0 = {low}, {top} = {high}?")
        if mild
        else _asked(language, why)
    )
    asked = asked.format(**ends)
    if mild:
        asked = f"{mild[0].upper()}{mild[1:]}. {asked}"
    if suggest is None:
        return asked
    offer = language.text("If you mean {points}, just write ok.").format(points=points(suggest))
    return f"{asked} {offer}"


def _asked(language: Language, why: Why) -> str:
    match why:
        case Why.RANGE:
            return language.text("Which one number fits best? 0 = {low}, {top} = {high}.")
        case Why.SEVERAL:
            return language.text("One number for this question, please. 0 = {low}, {top} = {high}.")
        case Why.OFF_SCALE:
            return language.text("The scale runs from 0 ({low}) to {top} ({high}). Which number fits?")
        case Why.QUANTITY:
            return language.text(
                "A number on the scale from 0 ({low}) to {top} ({high}), please: which fits best?"
            )
        case Why.EMPTY:
            return language.text("I can only read text. Which number fits, 0 = {low}, {top} = {high}?")
        case Why.WORDS | Why.TYPO:
            return language.text(
                "I can't turn that into a number by myself. Which is closest, 0 = {low}, {top} = {high}?"
            )
        case _:
            assert_never(why)


def _mild(language: Language) -> Mapping[str, str]:
    """Give what may be said again, by its folded form: nothing that could hurt when it is repeated."""
    listed = language.text(
        "good, great, fine, ok, okay, well, all right, alright, not bad, so so, meh, not great"
    )
    return {fold(one): one for one in map(str.strip, listed.split(","))}


def example(language: Language, form: Form = USUAL) -> str:
    """Explain how to answer, from the second unclear reply on."""
    if form != USUAL:
        said = language.text("For example, write {example}. Write skip to leave this one out.")
        return said.format(example=form.example)
    return language.text("For example, write 7, or 6.5. Write skip to leave this one out.")


def reminder(language: Language, words: MeasureWords) -> str:
    """Ask once more, before the open question is put again."""
    return language.text(
        "A gentle reminder: there are a few questions about {about} waiting for you."
    ).format(about=words.about)


def nothing_before(language: Language) -> str:
    """Answer "back" at the first question."""
    return language.text("This is the first question, so there is nothing to go back to.")


def answered_already(language: Language) -> str:
    """Answer a press on an earlier question of the open check-in."""
    return language.text("You have answered that one. Write back to change your last answer.")


def closed_question(language: Language) -> str:
    """Answer a press on a question of a check-in that is over."""
    return language.text("That question is closed, so nothing was changed. Thank you all the same.")


def thanks(language: Language, gauge: Gauge, *, about: str | None = None, heard: bool = False) -> str:
    """Thank for a finished check-in, and leave the door open for words.

    Args:
        language: the client's.
        gauge: what the measure tells of.
        about: the item of an alliance measure that was low or fell: the one question is about it.
        heard: whether thanks for words beside the last number stand before it already.
    """
    if language.discreet:
        return discreet_thanks(language)
    if heard:
        said = language.text("Those were the questions.")
    elif gauge is Gauge.ALLIANCE:
        said = language.text("Thank you for being frank. Low numbers are as welcome as high ones.")
    else:
        said = language.text("Thank you, those were the questions.")
    return f"{said} {_anything_else(language) if about is None else _what_of(language, about)}"


def _what_of(language: Language, item: str) -> str:
    """Ask one open question about an item of an alliance measure."""
    match item:
        case "relationship":
            asked = language.text("Was there anything that your therapist did not quite get?")
        case "goals":
            asked = language.text("Was there anything about the goals that we missed?")
        case "approach":
            asked = language.text("Was there anything in the way of working that did not suit you?")
        case _:
            asked = language.text("Was there anything about the session that we missed?")
    just_write = language.text("Just write it, or write no.")
    return f"{asked} {just_write}"


def thanks_partly(language: Language) -> str:
    """Thank for a check-in with skipped questions."""
    if language.discreet:
        return discreet_thanks(language)
    said = language.text("Thank you. What you left out stays empty; your therapist sees the rest.")
    return f"{said} {_anything_else(language)}"


def going_on(language: Language, words: MeasureWords, thanks: str | None = None) -> str:
    """Thank where another check-in follows at once; its first question follows in the same message."""
    return (thanks or language.text("Thank you.")) + " " + words.intro


def gave_up(language: Language) -> str:
    """Stop asking, and keep what there is."""
    return language.text(
        "Let's leave the questions for today. I have kept what you wrote, and your therapist will see it."
    )


def _anything_else(language: Language) -> str:
    return language.text("Is there anything you want your therapist to know? Just write it, or write no.")


def passed_on(language: Language, *, told: bool) -> str:
    """Confirm words that go to the therapist. `told`: the therapist can be reached now."""
    if told:
        return language.text("Thank you for telling me. I have passed it on to your therapist.")
    return language.text("Thank you for telling me. I have kept it for your therapist.")


def all_right(language: Language) -> str:
    """Answer "no" or "thanks" where nothing is open."""
    return language.text("All right. Take care, until next time.")


def nothing_open(language: Language) -> str:
    """Answer a number where nothing is open."""
    return language.text(
        "There is no question open right now, so I have not counted that. I will write when there is."
    )


def nothing_waiting(language: Language) -> str:
    """Answer "later", "skip" or "continue" where nothing is open."""
    return language.text("All right. There is no question waiting for you now; I will write when there is.")


def edited(language: Language) -> str:
    """Answer a message that was edited after it was sent."""
    return language.text(
        "I saw that you edited a message. Your therapist will see what it says now; to change your last"
        " answer, write back."
    )


def text_only(language: Language) -> str:
    """Answer a photo, a voice message or a sticker."""
    return language.text(
        "I can read text only, so I could not open that. Please write it in words or as a number."
    )

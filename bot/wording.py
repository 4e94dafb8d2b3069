"""Every text that a person receives, in English; the language's catalogue translates it by this text.

Texts keep to the GSM-7 alphabet and to two SMS segments where they are questions. No text that asks for a
word asks for one that Twilio acts on by itself (YES is one).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from bot.helplines import HELP, Help, Helpline
from bot.languages import ItemWords, Language, MeasureWords
from bot.replies import Why
from scoring.instrument import Gauge, Response
from scoring.rules import Finding, ItemChange, Severity


@dataclass(frozen=True, slots=True)
class House:
    """The clinic as its people know it: name, a contact apart from the therapist, its own consent text."""

    name: str
    contact: str = ""
    consent: str | None = None
    emergency: str | None = None


def points(tenths: int) -> str:
    """Write tenths as points: 70 is "7", 75 is "7.5"."""
    return f"{tenths // 10}.{tenths % 10}" if tenths % 10 else str(tenths // 10)


# What a client reads: the check-in


def greeting(language: Language, house: House, words: MeasureWords) -> str:
    """Open a check-in: who, why and how long; the first question follows in the same message."""
    return language.text("Hello from {clinic}.").format(clinic=house.name) + " " + words.intro


def question(language: Language, item: ItemWords, number: int, of: int) -> str:
    """Put one question, with both ends of the scale in words."""
    return language.text("{number}/{of} {question}\n0 = {low}, 10 = {high}").format(
        number=number, of=of, question=item.question, low=item.low, high=item.high
    )


def chosen(language: Language, item: ItemWords, mark: int | None) -> str:
    """Say under an answered question what was chosen."""
    if mark is None:
        return language.text("{label}: skipped").format(label=item.label)
    return language.text("{label}: {points}").format(label=item.label, points=points(mark))


def again(language: Language, item: ItemWords, why: Why, suggest: int | None) -> str:
    """Ask the same question again, taking up what was written."""
    ends = {"low": item.low, "high": item.high}
    match why:
        case Why.RANGE:
            asked = language.text("Which one number fits best? 0 = {low}, 10 = {high}.")
        case Why.SEVERAL:
            asked = language.text("One number for this question, please. 0 = {low}, 10 = {high}.")
        case Why.OFF_SCALE:
            asked = language.text("The scale runs from 0 ({low}) to 10 ({high}). Which number fits?")
        case Why.EMPTY:
            asked = language.text("I can only read text. Which number fits, 0 = {low}, 10 = {high}?")
        case Why.WORDS:
            asked = language.text(
                "I can't turn that into a number by myself. Which is closest, 0 = {low}, 10 = {high}?"
            )
        case _:
            assert_never(why)
    if suggest is None:
        return asked.format(**ends)
    offer = language.text("If you mean {points}, just write ok.").format(points=points(suggest))
    return f"{asked.format(**ends)} {offer}"


def example(language: Language) -> str:
    """Explain how to answer, from the second unclear reply on."""
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


def thanks(language: Language, gauge: Gauge) -> str:
    """Thank for a finished check-in, and leave the door open for words."""
    if gauge is Gauge.ALLIANCE:
        said = language.text("Thank you for being frank. Low numbers are as welcome as high ones.")
    else:
        said = language.text("Thank you, those were the questions.")
    return f"{said} {_anything_else(language)}"


def thanks_partly(language: Language) -> str:
    """Thank for a check-in with skipped questions."""
    said = language.text("Thank you. What you left out stays empty; your therapist sees the rest.")
    return f"{said} {_anything_else(language)}"


def going_on(language: Language, words: MeasureWords) -> str:
    """Thank where another check-in follows at once; its first question follows in the same message."""
    return language.text("Thank you.") + " " + words.intro


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


# What a client reads: joining, leaving, help


def consent_question(language: Language, house: House) -> str:
    """Ask for consent: what happens, who reads it, how to end it."""
    own = house.consent or language.text(
        "Hello. {clinic} would like to ask you, by message, a few short questions about how you are and how"
        " your sessions go. Your therapist reads your answers and what you write; the clinic's supervisors"
        " may too. Your words, name and number are stored encrypted. This is automated, nobody watches it"
        " around the clock, and"
        " it is no emergency service. It is up to you, and you can stop at any time by writing STOP."
    )
    return own.replace("{clinic}", house.name) + "\n" + language.text("Write AGREE to take part, or NO.")


def consent_again(language: Language) -> str:
    """Ask for consent again, after something that was neither a yes nor a no."""
    return language.text("I can only begin once you agree. Write AGREE to take part, NO if not, or HELP.")


def consent_given(language: Language) -> str:
    """Welcome a client who agreed."""
    return language.text(
        "Thank you. You will hear from me when the first questions are due. Write HELP at any time, STOP to"
        " end."
    )


def consent_declined(language: Language) -> str:
    """Accept a no."""
    return language.text("That is fine. You won't be asked anything. If you change your mind, write AGREE.")


def help_text(language: Language, house: House, country: str) -> str:
    """Answer HELP: what this is, how to answer and to stop, and where to turn in an emergency."""
    said = language.text(
        "I am {clinic}'s automated check-in. I ask short questions; answer with a number from 0 to 10, or"
        " write skip, back, or anything you want your therapist to read. Write STOP to end."
    ).format(clinic=house.name)
    parts = [said]
    if house.contact:
        parts.append(
            language.text("To speak to somebody other than your therapist: {contact}.").format(
                contact=house.contact
            )
        )
    parts.append(
        language.text("This is no emergency service. If you are in danger, call {emergency}.").format(
            emergency=_help(house, country).emergency
        )
    )
    return " ".join(parts)


def stopped(language: Language) -> str:
    """Confirm STOP, on networks that do not do so by themselves."""
    return language.text("You will get no more messages from me. Write START if you want them again.")


def started(language: Language, *, asking: bool = False) -> str:
    """Confirm START; where `asking`, the open question follows."""
    if asking:
        return language.text("Welcome back. Write STOP at any time to end.")
    return language.text(
        "Welcome back. You will hear from me when the next questions are due. Write STOP to end."
    )


def stranger(language: Language, house: House, country: str) -> str:
    """Answer somebody we do not know, once."""
    return language.text(
        "Hello, this is {clinic}'s automated check-in. I don't know this number or account, so please ask the"
        " clinic for an invitation. In an emergency, call {emergency}."
    ).format(clinic=house.name, emergency=_help(house, country).emergency)


def invitation_unknown(language: Language) -> str:
    """Answer an invitation that is unknown, used up or too old."""
    return language.text("This invitation is no longer valid. Please ask the clinic for a new one.")


def address_taken(language: Language) -> str:
    """Answer an invitation that comes from an address that belongs to somebody else here."""
    return language.text("This account is already in use here. Please ask the clinic for help.")


# What a client reads in a crisis


def crisis(language: Language, house: House, country: str, *, told: bool) -> str:
    """Answer danger: the same text whatever was written. `told`: somebody at the clinic is being told."""
    help_here = _help(house, country)
    thanks = language.text(
        "Thank you for telling me. This is an automated service and nobody watches it around the clock."
    )
    telling = (
        language.text("I am telling your therapist now.")
        if told
        else language.text("I can't reach a therapist for you.")
    )
    call = language.text("Please talk to a person now. If you are in danger, call {emergency}.").format(
        emergency=help_here.emergency
    )
    return "\n".join(
        [f"{thanks} {telling}", call, *(_helpline(language, one) for one in help_here.helplines)]
    )


def _helpline(language: Language, line: Helpline) -> str:
    if not line.text:
        return language.text("{name}: call {number}.").format(name=line.name, number=line.number)
    return language.text("{name}: call {number} or text {text}.").format(
        name=line.name, number=line.number, text=line.text
    )


def crisis_pause(language: Language) -> str:
    """Say that the questions wait."""
    return language.text("The questions can wait. If you want to go on with them, write continue.")


def stand_by(language: Language, *, told: bool) -> str:
    """Confirm words that were written while the questions wait."""
    return f"{passed_on(language, told=told)} {crisis_pause(language)}"


def _help(house: House, country: str) -> Help:
    known = HELP.get(country, Help("112", ()))
    return known if house.emergency is None else Help(house.emergency, known.helplines)


# What a therapist reads


def therapist_welcome(language: Language, house: House) -> str:
    """Greet a therapist's new address."""
    return language.text(
        "You will receive {clinic}'s alerts about your clients here, by code and never by name."
        " Write ALERTS for the open ones, ACK and a number to acknowledge one."
    ).format(clinic=house.name)


def therapist_stopped(language: Language) -> str:
    """Confirm a therapist's STOP, on networks that do not do so by themselves."""
    return language.text(
        "You will get no more alerts here, and the clinic is told so. Write START if you want them again."
    )


def therapist_help(language: Language) -> str:
    """Answer HELP, or what was not understood, for a therapist."""
    return language.text(
        "Write ALERTS for your open alerts, or ACK and the number to acknowledge one (ACK 41). STOP ends"
        " alerts here."
    )


def alert(
    language: Language,
    number: int,
    code: str,
    *,
    words: MeasureWords,
    found: Sequence[Finding],
    change: ItemChange | None,
    opener: str,
) -> str:
    """Tell a therapist what was found, from what to what, what fell most, and one way to open the talk."""
    lines = [
        language.text("Alert {number}: {code}, {title}").format(number=number, code=code, title=words.title)
    ]
    lines += [f"- {finding(language, one, words)}" for one in found]
    if change is not None:
        lines.append(_most_fallen(language, change, words))
    lines.append(language.text('You might ask: "{opener}"').format(opener=opener))
    if words.ours:
        lines.append(language.text("(own wording, cutoffs indicative)"))
    lines.append(acknowledge_with(language, number))
    return "\n".join(lines)


def acknowledge_with(language: Language, number: int) -> str:
    """Say how an alert is acknowledged."""
    return language.text("Reply ACK {number} when you have seen this.").format(number=number)


def acknowledge_button(language: Language) -> str:
    """Label the button that acknowledges."""
    return language.text("Acknowledge")


def _most_fallen(language: Language, change: ItemChange, words: MeasureWords) -> str:
    label = words.items[change.item].label
    if change.was is None:
        return language.text("Lowest: {label}, {now}").format(label=label, now=points(change.now))
    return language.text("Fell most: {label}, {was} to {now}").format(
        label=label, was=points(change.was), now=points(change.now)
    )


def finding(language: Language, found: Finding, words: MeasureWords) -> str:
    """Put one finding in words."""
    values = {
        "was": points(found.was) if found.was is not None else "",
        "now": points(found.now) if found.now is not None else "",
        "item": words.items[found.item].label if found.item else "",
    }
    match found.rule:
        case "deterioration":
            said = language.text("Reliably lower than at the start: {was} to {now}")
        case "drop":
            said = language.text("Fell sharply since last time: {was} to {now}")
        case "crossed_below":
            said = language.text("Now in the clinical range: {was} to {now}")
        case "alliance_low":
            said = language.text("Alliance below the concern line: {now}")
        case "alliance_drop":
            said = language.text("Alliance lower than last time: {was} to {now}")
        case "alliance_item_low":
            said = language.text("{item} is low: {now}")
        case _:
            said = language.text("{rule}: {was} to {now}").replace("{rule}", found.rule)
    return said.format(**values)


def crisis_alert(language: Language, number: int, code: str, words: str) -> str:
    """Tell a therapist of danger, at any hour."""
    return (
        language.text(
            'URGENT ({number}): {code} may be in danger. They wrote: "{words}"\nThey have been sent the'
            " crisis text with helplines. Please contact them now."
        ).format(number=number, code=code, words=words)
        + " "
        + acknowledge_with(language, number)
    )


def acknowledged(language: Language, number: int, code: str) -> str:
    """Confirm an acknowledgement."""
    return language.text("Thank you. Alert {number} about {code} is acknowledged.").format(
        number=number, code=code
    )


def acknowledged_before(language: Language, number: int, code: str) -> str:
    """Answer a second acknowledgement."""
    return language.text("Alert {number} about {code} was acknowledged before.").format(
        number=number, code=code
    )


def no_such_alert(language: Language, number: int) -> str:
    """Answer an acknowledgement of an alert that is not there, or another therapist's."""
    return language.text("You have no alert {number}. Write ALERTS for your open ones.").format(number=number)


def open_alerts(language: Language, lines: Sequence[str]) -> str:
    """List a therapist's open alerts."""
    if not lines:
        return language.text("You have no open alerts.")
    return "\n".join([language.text("Your open alerts:"), *lines])


def open_alert(language: Language, number: int, code: str, *, severity: Severity, raised: str) -> str:
    """Put one open alert on a line."""
    urgent = language.text(" URGENT") if severity is Severity.URGENT else ""
    return language.text("{number}: {code}, {raised}{urgent}").format(
        number=number, code=code, raised=raised, urgent=urgent
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


def opted_out(language: Language, code: str) -> str:
    """Tell that a client wants no more messages."""
    return language.text(
        "{code} has stopped the check-in messages. You may want to ask about it when you next speak."
    ).format(code=code)


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


# What an operator reads


def operator_welcome(language: Language) -> str:
    """Confirm START to an operator."""
    return language.text("You will receive technical alarms here again.")


def alarm(language: Language, house: House, what: str) -> str:
    """Tell operators of something technical; `what` names ids, never a person."""
    return language.text("Attune at {clinic}: {what}").format(clinic=house.name, what=what)


def alert_undeliverable(language: Language, number: int, *, urgent: bool) -> str:
    """Say which alert reached nobody; an urgent one is of danger to a client."""
    if urgent:
        return language.text(
            "URGENT: alert {number} is about danger to a client and could not be delivered to the therapist."
            " Please pass it on now: attune alert list."
        ).format(number=number)
    return language.text(
        "alert {number} could not be delivered to its therapist. Please pass it on: attune alert list."
    ).format(number=number)


def crisis_undeliverable(language: Language) -> str:
    """Say that the crisis text did not reach whoever is in danger."""
    return language.text("the crisis text could not be delivered to somebody who wrote words of danger.")


def remark_undeliverable(language: Language) -> str:
    """Say that a client's words reached nobody."""
    return language.text(
        "a client's words could not be passed on, because their therapist has no address that works."
        " They are kept."
    )


def sender_stopped(language: Language, channel: str) -> str:
    """Say that a network refuses our own account."""
    return language.text(
        "{channel} refuses our account, so nothing goes out there. It is tried again every few minutes;"
        " see the log for the reason."
    ).format(channel=channel)


def therapist_silent(language: Language, code: str) -> str:
    """Say which therapist no longer receives alerts."""
    return language.text(
        "therapist {code} can no longer be reached. Alerts to them have nowhere to go."
    ).format(code=code)


def kept_unread(language: Language, inbound: int) -> str:
    """Say that a message could not be worked on and was kept."""
    return language.text(
        "message {inbound} could not be worked on. It is kept; please look at the log."
    ).format(inbound=inbound)


def stranger_in_danger(language: Language) -> str:
    """Say that somebody who is no client wrote words of danger."""
    return language.text("somebody who is no client here wrote words of danger and was sent the crisis text.")


def moment(when: datetime, zone: str) -> str:
    """Write a moment as it is on the reader's own clock."""
    return when.astimezone(ZoneInfo(zone)).strftime("%d %b %H:%M")

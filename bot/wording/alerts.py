"""What a therapist reads of alerts: the alert itself, its acknowledgement, the list."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from bot.languages import Guidance, Language, MeasureWords
from bot.wording.figures import points
from scoring.rules import Finding, ItemChange


def alert(
    language: Language,
    number: int,
    code: str,
    *,
    words: MeasureWords,
    found: Sequence[Finding],
    fresh: Sequence[Finding],
    change: ItemChange | None,
    guidance: Guidance,
    dip: str = "",
    late: bool = False,
    higher_is_better: bool = True,
) -> str:
    """Tell a therapist what was found, what of it is new, what fell most, and one way to open the talk.

    `dip` says that lower scores were expected, where they were; `late`: answered after the check-in's end.
    """
    said = partial(finding, language, words=words, higher_is_better=higher_is_better)
    lines = [
        language.text("Alert {number}: {code}, {title}").format(number=number, code=code, title=words.title)
    ]
    lines += [f"- {said(one)}" for one in found if one in fresh]
    lines += [
        language.text("- as before: {finding}").format(finding=said(one)) for one in found if one not in fresh
    ]
    if change is not None and _adds(change, found):
        lines.append(_most_fallen(language, change, words, higher_is_better=higher_is_better))
    if guidance.suggest:
        lines.append(guidance.suggest)
    lines.append(language.text('You might ask: "{opener}"').format(opener=guidance.ask))
    if dip:
        lines.append(dip)
    if late:
        lines.append(language.text("(answered late, after the check-in was over)"))
    if words.ours:
        lines.append(language.text("(own wording, cutoffs indicative)"))
    lines.append(acknowledge_with(language, number))
    return "\n".join(lines)


def for_a_colleague(language: Language, therapist: str) -> str:
    """Say to somebody who stands in whose alert this is; it follows as that therapist would have read it."""
    return language.text("For {therapist}, who can't be reached:").format(therapist=therapist)


def acknowledge_with(language: Language, number: int) -> str:
    """Say how an alert is acknowledged."""
    return language.text("Reply ACK {number} when you have seen this.").format(number=number)


def acknowledge_button(language: Language) -> str:
    """Label the button that acknowledges."""
    return language.text("Acknowledge")


_GOOD_NEWS = frozenset({"improved", "recovered"})


def _adds(change: ItemChange, found: Sequence[Finding]) -> bool:
    """Tell whether the item that fell most adds anything: beside good news, or once told, it does not."""
    told = any((one.rule, one.item) == ("item_drop", change.item) for one in found)
    return not told and not _GOOD_NEWS.issuperset(one.rule for one in found)


def _most_fallen(
    language: Language, change: ItemChange, words: MeasureWords, *, higher_is_better: bool
) -> str:
    label = words.items[change.item].label
    if change.was is None:
        said = language.text("Lowest: {label}, {now}")
        said = said if higher_is_better else language.text("Highest: {label}, {now}")
        return said.format(label=label, now=points(change.now))
    said = language.text("Fell most: {label}, {was} to {now}")
    said = said if higher_is_better else language.text("Got worse most: {label}, {was} to {now}")
    return said.format(label=label, was=points(change.was), now=points(change.now))


def finding(language: Language, found: Finding, words: MeasureWords, *, higher_is_better: bool = True) -> str:
    """Put one finding in words; where higher is worse, of what rose and not of what fell."""
    values = {
        "was": points(found.was) if found.was is not None else "",
        "now": points(found.now) if found.now is not None else "",
        "item": words.items[found.item].label if found.item else "",
    }
    turned = None if higher_is_better else _turned(language, found.rule)
    said = turned or _of_outcome(language, found.rule) or _of_progress(language, found.rule, words)
    said = said or _of_alliance(language, found.rule)
    said = said or language.text("{rule}: {was} to {now}").replace("{rule}", found.rule)
    return said.format(**values)


def _of_outcome(language: Language, rule: str) -> str | None:
    said: str | None
    match rule:
        case "deterioration":
            said = language.text("Reliably lower than at the start: {was} to {now}")
        case "drop":
            said = language.text("Fell sharply since last time: {was} to {now}")
        case "below_best":
            said = language.text("Well below their own best: {was} to {now}")
        case "off_track":
            said = language.text("Off track: {was} was expected by now, it is {now}")
        case "crossed_below":
            said = language.text("Now in the clinical range: {was} to {now}")
        case "item_drop":
            said = language.text("Fell: {item}, {was} to {now}")
        case _:
            said = None
    return said


def _turned(language: Language, rule: str) -> str | None:
    """Put what would be a fall, where higher is worse."""
    said: str | None
    match rule:
        case "deterioration":
            said = language.text("Reliably worse than at the start: {was} to {now}")
        case "drop":
            said = language.text("Got much worse since last time: {was} to {now}")
        case "below_best":
            said = language.text("Much worse than their own best: {was} to {now}")
        case "item_drop":
            said = language.text("{item} got worse: {was} to {now}")
        case _:
            said = None
    return said


def _of_progress(language: Language, rule: str, words: MeasureWords) -> str | None:
    said: str | None
    match rule:
        case "no_improvement":
            said = language.text("No reliable improvement so far: {was} to {now}")
        case "sawtooth":
            said = language.text("Up and down by much, time and again: last {was} to {now}")
        case "recovered" if not words.ours:
            said = language.text("Good news: recovered, {was} to {now}")
        case "improved" | "recovered":
            said = language.text("Good news: reliably better than at the start, {was} to {now}")
        case _:
            said = None
    return said


def _of_alliance(language: Language, rule: str) -> str | None:
    said: str | None
    match rule:
        case "alliance_strained":
            said = language.text("The alliance looks weak while outcome fell: {was} to {now}")
        case "alliance_low":
            said = language.text("Alliance below the concern line: {now}")
        case "alliance_drop":
            said = language.text("Alliance lower than last time: {was} to {now}")
        case "alliance_item_low":
            said = language.text("{item} is low: {now}")
        case "alliance_ceiling":
            said = language.text("Highest rating every time while outcome stands still: maybe politeness")
        case "missed":
            said = language.text("Did not answer the last check-ins")
        case "dropout_risk":
            said = language.text("Silent after a weak alliance: the therapy may end here")
        case _:
            said = None
    return said


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


def reopened(language: Language, number: int, code: str) -> str:
    """Confirm that an alert is open again."""
    return language.text(
        "Alert {number} about {code} is open again. What lasts of it is told again with the next check-in."
    ).format(number=number, code=code)


def not_reopened(language: Language, number: int, code: str) -> str:
    """Say that an alert of danger can't be opened again."""
    return language.text(
        "Alert {number} about {code} is about danger and can't be opened again: write CLOSED {number}"
        " and what was done."
    ).format(number=number, code=code)


def no_such_alert(language: Language, number: int) -> str:
    """Answer an acknowledgement of an alert that is not there, or another therapist's."""
    return language.text("You have no alert {number}. Write ALERTS for your open ones.").format(number=number)


def open_alerts(language: Language, lines: Sequence[str]) -> str:
    """List a therapist's open alerts."""
    if not lines:
        return language.text("You have no open alerts.")
    return "\n".join([language.text("Your open alerts:"), *lines])


def open_alert(language: Language, number: int, code: str, *, raised: str, urgent: bool, seen: bool) -> str:
    """Put one open alert on a line; `seen` where danger was acknowledged and is not closed."""
    mark = language.text(" URGENT") if urgent else ""
    mark = language.text(" URGENT, seen, not closed") if urgent and seen else mark
    return language.text("{number}: {code}, {raised}{urgent}").format(
        number=number, code=code, raised=raised, urgent=mark
    )

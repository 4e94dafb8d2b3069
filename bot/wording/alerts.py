"""What a therapist reads of alerts: the alert itself, its acknowledgement, the list."""

from __future__ import annotations

from collections.abc import Sequence

from bot.languages import Language, MeasureWords
from bot.wording.figures import points
from scoring.rules import Finding, ItemChange


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


def open_alert(language: Language, number: int, code: str, *, raised: str, urgent: bool, seen: bool) -> str:
    """Put one open alert on a line; `seen` where danger was acknowledged and is not closed."""
    mark = language.text(" URGENT") if urgent else ""
    mark = language.text(" URGENT, seen, not closed") if urgent and seen else mark
    return language.text("{number}: {code}, {raised}{urgent}").format(
        number=number, code=code, raised=raised, urgent=mark
    )

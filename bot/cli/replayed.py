"""What `attune replay` prints: a summary in plain words, then tables, then what hindsight can't show."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.cli import replay_tables as tables
from bot.cli.replay_tables import TEN, Swept, heading, percent
from bot.policy import Policy
from scoring.hindsight import FEW, Foresight, Hindsight, Load, Share, by_therapist
from scoring.histories import Histories

LIMITS = (
    (
        "What would have come of it. Nobody was told then, so nobody acted. An alert before a bad ending is a"
        " chance, not a prevention; a course without one may have been caught in the session."
    ),
    (
        "Whether an alert was right. Many that come before a good ending were right when they came. Beside"
        " each share of bad endings with an alert stands that of good ones without: one says nothing"
        " without the other."
    ),
    (
        "An ending that the rules do not partly make themselves. An early fall that lasts is both the alert"
        " and the deterioration, so foresight of deteriorations looks better than it is."
    ),
    (
        "What a threshold chosen here will do next year. The best row of a table is best partly by chance,"
        " and the more so the fewer the episodes. Sources and clinical judgement come first."
    ),
    (
        "Unanswered check-ins, what clients wrote, and single answers of danger: a table of scores holds"
        " none of them, so the rules that speak of them are not replayed."
    ),
    (
        "Answers as they would have been. A form filled in on paper in front of a therapist is often kinder"
        " than one sent from home."
    ),
)
"""What hindsight can't show."""


def pages(
    histories: Histories, found: Hindsight, site: Policy, swept: Sequence[Swept]
) -> Iterator[RenderableType]:
    """Give what is printed, part by part."""
    yield heading("In short")
    for place, words in enumerate(_summary(histories, found, site)):
        yield Padding(Text(words), (1 if place else 0, 0, 0, 0))
    yield heading("How alerts go with endings")
    yield tables.endings(found)
    yield heading("What would have been told, by rule")
    yield tables.rules(found)
    if therapists := by_therapist(found.replayed):
        yield heading("Messages a week, by therapist")
        yield tables.therapists(therapists.items())
    if listed := tables.of_interest(found):
        yield heading("Deteriorations and drop-outs, and the first alert of each")
        yield from tables.episodes(site, listed)
    yield from tables.thresholds(swept)
    yield heading("What this can't show")
    for limit in LIMITS:
        yield _item(limit)


def _item(words: str) -> RenderableType:
    """Hang a list's item, so that its lines stand under one another."""
    grid = Table.grid(padding=(0, 1))
    grid.add_row("-", Text(words))
    return grid


def _summary(histories: Histories, found: Hindsight, site: Policy) -> Iterator[str]:
    """Say in sentences what was seen."""
    yield _what(histories, found, site)
    worse, gone = found.of_deterioration(), found.of_drop_out()
    if worse.flagged.whole:
        yield (
            f"Of {_count(worse.flagged.whole, 'episode')} that ended reliably worse than they began,"
            f" {_part(worse.flagged)} would have had an alert before the last session{_lead(worse)}."
            f" Of the {worse.calm.whole} that did not, {_part(_rest(worse.calm))} would have had one too."
        )
    else:
        yield "No closed episode ended reliably worse than it began, so nothing can be said of deterioration."
    if gone.flagged.whole and gone.calm.whole:
        yield (
            f"Of {_count(gone.flagged.whole, 'drop-out')}, {_part(gone.flagged)} would have had an alert by"
            f" the last session that was rated{_lead(gone)}. Of {_count(gone.calm.whole, 'planned ending')},"
            f" {_part(_rest(gone.calm))} would have had one too."
        )
    else:
        yield (
            "Nothing can be said of drop-out: the column ended says for too few episodes which were planned"
            " and which dropped."
        )
    yield _load_in_words(found.load)
    if worse.few or gone.few:
        yield (
            f"With fewer than {FEW} episodes of a kind of ending its shares are too few to say: look at the"
            " episodes one by one, and choose no threshold by them."
        )


def _what(histories: Histories, found: Hindsight, site: Policy) -> str:
    episodes = [one.episode for one in found.replayed]
    clients = len({one.client for one in episodes})
    moments = [score.at for one in episodes for score in one.scores]
    keys = sorted(score.instrument for one in episodes for score in one.scores)
    counted = " and ".join(f"{sum(1 for _ in same):,} {key}" for key, same in itertools.groupby(keys))
    left = (
        ("not yet ended", len(found.endings.running)),
        ("ended before a second outcome score", len(found.endings.unscored)),
        ("forms without all answers, left out", histories.partial),
    )
    beside = "; ".join(f"{what}: {number:,}" for what, number in left if number)
    return (
        f"{_count(len(episodes), 'episode')} of {_count(clients, 'client')}, {_day(min(moments))} to"
        f" {_day(max(moments))}: {counted}{f' ({beside})' if beside else ''}."
        f" Judged under rule set {site.ruleset}, as if the scores had come in one by one."
    )


def _load_in_words(load: Load) -> str:
    alerts, notes = (load.for_clients(TEN, messages) for messages in (load.alerts, load.notes))
    return (
        f"A therapist with {TEN} clients would have had {alerts:.1f} alerts a week, and {notes:.1f} notes"
        " that wait for the morning."
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _part(share: Share) -> str:
    return f"{share.part} ({percent(share)})"


def _rest(share: Share) -> Share:
    return Share(share.whole - share.part, share.whole)


def _lead(one: Foresight) -> str:
    if one.lead is None:
        return ""
    noun = "session" if one.lead == 1 else "sessions"
    return f", the first one a median of {one.lead:g} {noun} earlier"


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"

"""Where scores from before Attune belong beside what is kept: a decision, without reading or writing."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from scoring.histories import Ended, Episode
from scoring.score import Score

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from storage.records import CareEpisode, Client, Filed

ENDINGS = {Ended.PLANNED: "planned", Ended.DROPPED: "unplanned"}
"""What an ending is called where episodes are kept."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of the clients that a table names.

    Attributes:
        clients: by code.
        filed: their scores, by the client's id.
        episodes: their episodes, by id.
        items: how many items each measure has, by its key; those in clients' own words are left out.
        zone: the clinic's.
        now: the time.
    """

    clients: Mapping[str, Client]
    filed: Mapping[int, Sequence[Filed]]
    episodes: Mapping[int, CareEpisode]
    items: Mapping[str, int]
    zone: ZoneInfo
    now: datetime


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the scores of one episode of a table belong.

    Attributes:
        client: whose they are.
        number: what the table calls the episode.
        episode: the kept one that they join; None where one is to be made.
        ending: how the one to be made ended; "" where none is.
        new: those not kept yet, oldest first, each with its line in the table.
        known: how many are kept already.
    """

    client: Client
    number: str
    episode: CareEpisode | None
    ending: str
    new: tuple[tuple[int, Score], ...]
    known: int


class _MisplacedError(Exception):
    """An episode can't be placed; the text says why, and what to do instead."""


def placed(episodes: Sequence[Episode], kept: Kept) -> tuple[tuple[Placed, ...], tuple[str, ...]]:
    """Place the episodes of a table; gives those that can be, and what is wrong, line by line."""
    good: list[Placed] = []
    faults: list[str] = []
    for one in episodes:
        try:
            faults += _wrong(one, kept)
            good.append(_placed(one, kept))
        except _MisplacedError as error:
            faults.append(f"line {min(one.lines)}: {error}")
    return tuple(good), (*faults, *_twice(good, kept.zone), *_two_in_one(good))


def _placed(episode: Episode, kept: Kept) -> Placed:
    client = _client(episode, kept)
    new: list[tuple[int, Score]] = []
    joins: set[int] = set()
    for line, score in _scores(episode, kept):
        same = _filed(score, client, kept)
        joins |= {one.episode_id for one in same}
        if not same:
            new.append((line, score))
    joined = _joined(episode, client, [kept.episodes[one] for one in sorted(joins)], kept)
    ending = ENDINGS[episode.ended] if joined is None and episode.ended else ""
    return Placed(client, episode.number, joined, ending, tuple(new), len(episode.scores) - len(new))


def _client(episode: Episode, kept: Kept) -> Client:
    code = episode.client
    client = kept.clients.get(code)
    if client is None:
        msg = f"there is no client {code}; add them first (attune client add {code}), or leave their rows out"
        raise _MisplacedError(msg)
    if client.consented_at is None:
        msg = f"client {code} has not agreed yet; invite them first (attune client invite {code})"
        raise _MisplacedError(msg)
    return client


def _scores(episode: Episode, kept: Kept) -> Iterator[tuple[int, Score]]:
    """Give each score with its line; a date, read as midnight in UTC, is a day in the clinic's zone."""
    for line, score in zip(episode.lines, episode.scores, strict=True):
        if score.at.time() == time():
            day = datetime.combine(score.at.date(), time(), kept.zone)
            yield line, Score(score.instrument, score.items, day.astimezone(UTC))
        else:
            yield line, score


def _filed(score: Score, client: Client, kept: Kept) -> Sequence[Filed]:
    return [one for one in kept.filed.get(client.id, ()) if _same(one.score, score, kept.zone)]


def _same(one: Score, other: Score, zone: ZoneInfo) -> bool:
    """Tell whether two scores are of one occasion: one moment, or one day where either knows no time."""
    if one.instrument != other.instrument:
        return False
    here, there = one.at.astimezone(zone), other.at.astimezone(zone)
    dated = time() in {here.time(), there.time()}
    return here == there or (dated and here.date() == there.date())


def _wrong(episode: Episode, kept: Kept) -> Iterator[str]:
    """Say of each score that can't be taken why not."""
    client = _client(episode, kept)
    for line, score in _scores(episode, kept):
        count = kept.items.get(score.instrument)
        if count is None:
            yield f"line {line}: {score.instrument} is in a client's own words, and no table holds those"
        elif len(score.items) != count:
            yield (
                f"line {line}: a total alone can't be kept here; write item1 to item{count}, or leave the row"
                " out (attune replay takes totals)"
            )
        elif score.at > kept.now:
            yield f"line {line}: it lies in the future; write the date that is on the form"
        elif any(one.score.items != score.items for one in _filed(score, client, kept)):
            yield (
                f"line {line}: the {score.instrument} of {client.code} on {_day(score, kept.zone)} is kept"
                " with other answers; correct the row, or leave it out (two of one day need their times)"
            )


def _day(score: Score, zone: ZoneInfo) -> str:
    return score.at.astimezone(zone).date().isoformat()


def _joined(episode: Episode, client: Client, joins: Sequence[CareEpisode], kept: Kept) -> CareEpisode | None:
    """Find the kept episode that scores join; None where one is to be made."""
    if len(joins) > 1:
        msg = f"episode {episode.number} of {client.code} is kept as two here; give its parts two numbers"
        raise _MisplacedError(msg)
    if joins:
        _agree(episode, client, joins[0])
        return joins[0]
    if episode.ended in ENDINGS:
        return None
    owned = (one for one in kept.episodes.values() if one.client_id == client.id)
    current = next((one for one in owned if one.closed_at is None), None)
    if current is None:
        msg = (
            f"client {client.code} has no open episode; write in the column ended how episode"
            f" {episode.number} did: planned or dropped"
        )
        raise _MisplacedError(msg)
    return current


def _agree(episode: Episode, client: Client, kept: CareEpisode) -> None:
    """Hold what a table says of an episode's end against what is kept."""
    if episode.ended is None:
        return
    here = f"ended says that episode {episode.number} of {client.code} is {episode.ended}, and it"
    ending = ENDINGS.get(episode.ended)
    if kept.closed_at is not None and ending != kept.ending:
        msg = f"{here} ended here as {kept.ending}; leave ended empty"
        raise _MisplacedError(msg)
    if kept.closed_at is None and ending is not None:
        msg = (
            f"{here} is open here; leave ended empty, or end it first: attune client close {client.code}"
            f" --ending {ending}"
        )
        raise _MisplacedError(msg)


def _twice(good: Sequence[Placed], zone: ZoneInfo) -> Iterator[str]:
    """Find the scores of a client that are of one occasion."""
    by_key: defaultdict[tuple[str, str], list[tuple[int, Score]]] = defaultdict(list)
    for one in good:
        for line, score in one.new:
            by_key[one.client.code, score.instrument].append((line, score))
    for (code, measure), scores in by_key.items():
        ordered = sorted(scores, key=lambda pair: pair[1].at)
        for (line, score), (another, other) in itertools.pairwise(ordered):
            if _same(score, other, zone):
                yield (
                    f"line {max(line, another)}: {measure} of {code} on {_day(score, zone)} stands on line"
                    f" {min(line, another)} too; write the times of both, or leave one out"
                )


def _two_in_one(good: Sequence[Placed]) -> Iterator[str]:
    """Find the episodes of the table of which two would join one that is kept."""
    joined: dict[int, Placed] = {}
    for one in good:
        if one.episode is not None and (first := joined.setdefault(one.episode.id, one)) is not one:
            yield (
                f"episodes {first.number} and {one.number} of {one.client.code} would become one here;"
                " write in the column ended how the earlier one did: planned or dropped"
            )

"""Scores from before Attune: kept beside a client's own, judged by nobody, told to nobody."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.service.people import PeopleError
from bot.service.placing import Kept, Placed, placed
from scoring.histories import MOST_FAULTS
from storage.records import Answer, CheckInState, KeptScore, NewCheckIn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.service.desk import Desk
    from scoring.histories import Episode
    from scoring.score import Score
    from storage.records import Client, Filed

SOURCE = "import"
"""What the scores are marked with."""


class ImportRefusedError(PeopleError):
    """Some rows can't be taken, so none was; each line of the text says why, and what to do instead."""

    def __init__(self, faults: Sequence[str]) -> None:
        """Tell the first of them."""
        more = len(faults) - MOST_FAULTS
        told = [*faults[:MOST_FAULTS], *([f"... and {more} faults more"] if more > 0 else [])]
        super().__init__("\n".join(told))


async def place(desk: Desk, episodes: Sequence[Episode]) -> tuple[Placed, ...]:
    """Decide where the scores of a table belong, keeping others from changing the clients meanwhile.

    Raises:
        ImportRefusedError: some can't be taken.
    """
    codes = sorted({one.client for one in episodes})
    await desk.tx.holds.clients(
        [one.id for code in codes if (one := await desk.tx.people.client(code)) is not None]
    )
    found = [await desk.tx.people.client(code) for code in codes]
    clients = {client.code: client for client in found if client is not None}
    ids = [client.id for client in clients.values()]
    good, faults = placed(
        episodes,
        Kept(
            clients=clients,
            filed=_by_client(await desk.tx.imports.filed(ids)),
            episodes={one.id: one for one in await desk.tx.imports.episodes(ids)},
            items={
                key: len(one.items) for key, one in desk.policy.instruments.items() if not one.clients_own
            },
            zone=ZoneInfo(desk.policy.zone),
            now=desk.now,
        ),
    )
    if faults:
        raise ImportRefusedError(faults)
    return good


def _by_client(filed: Iterable[Filed]) -> Mapping[int, Sequence[Filed]]:
    found: defaultdict[int, list[Filed]] = defaultdict(list)
    for one in filed:
        found[one.client_id].append(one)
    return found


async def take_in(desk: Desk, good: Sequence[Placed]) -> None:
    """Keep what is new, marked as imported; nothing of it is judged, asked or told."""
    for one in good:
        if not one.new:
            continue
        scores = [score for _, score in one.new]
        first, last = scores[0].at, scores[-1].at
        if one.episode is None:
            episode_id = await desk.tx.imports.add_past(one.client.id, first, last, one.ending)
        else:
            episode_id = one.episode.id
            await desk.tx.imports.stretch(one.episode, first, last)
        await _keep(desk, one.client, episode_id, scores)
        detail = f"{len(scores)} scores, {first.date()} to {last.date()}"
        desk.audit("administrator", "imported", client=one.client, detail=detail)


async def _keep(desk: Desk, client: Client, episode_id: int, scores: Sequence[Score]) -> None:
    zone = ZoneInfo(desk.policy.zone)
    added = await desk.tx.check_ins.add([_check_in(client, episode_id, one, zone) for one in scores])
    ids = {(one.measure, one.due_at): one.id for one in added}
    placed_scores = [(ids[one.instrument, one.at], one) for one in scores]
    await desk.tx.answers.keep(
        [
            Answer(check_in_id, position, item, None, one.at)
            for check_in_id, one in placed_scores
            for position, item in enumerate(one.items)
        ]
    )
    await desk.tx.scores.keep(
        [KeptScore(check_in_id, episode_id, one, SOURCE) for check_in_id, one in placed_scores]
    )


def _check_in(client: Client, episode_id: int, score: Score, zone: ZoneInfo) -> NewCheckIn:
    """Make the check-in of a score; its origin names the moment, so that the database refuses a second."""
    return NewCheckIn(
        client_id=client.id,
        episode_id=episode_id,
        measure=score.instrument,
        origin=f"{SOURCE}:{score.at:%Y%m%dT%H%M%S%f}",
        local_date=score.at.astimezone(zone).date(),
        slot=score.instrument,
        state=CheckInState.COMPLETE,
        due_at=score.at,
        remind_at=None,
        expires_at=score.at,
    )

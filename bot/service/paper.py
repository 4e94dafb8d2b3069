"""Forms that were filled in on paper: kept, judged where they are the latest, and searched for danger."""

from __future__ import annotations

import dataclasses
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot import wording
from bot.service import asking, crisis
from bot.service.judging import episode_of, judged, policy_for
from bot.service.people import PeopleError, known
from bot.service.telling import Judged, tell_of_score
from scoring.score import Score
from storage.records import Answer, CheckIn, CheckInState, Client, KeptScore, NewCheckIn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.service.desk import Desk


async def add_score(desk: Desk, code: str, measure: str, items: Sequence[int], *, at: datetime) -> int:
    """Keep the answers of a paper form (tenths, in the order of the items); returns the total in tenths.

    Raises:
        PeopleError: no such client or measure, no open episode, or the wrong number of answers.
    """
    client = await known(desk, code)
    instrument = desk.policy.instruments.get(measure)
    if instrument is None:
        msg = f"there is no measure {measure}; known are {', '.join(sorted(desk.policy.instruments))}"
        raise PeopleError(msg)
    if instrument.clients_own:
        goals = (await desk.tx.goals.of([client.id])).get(client.id, ())
        instrument = dataclasses.replace(instrument, items=instrument.items[: len(goals)])
    if not all(map(instrument.scale.takes, items)):
        whole = "whole numbers" if instrument.scale.whole else "numbers"
        msg = f"{measure} takes {whole} from 0 to {wording.points(instrument.scale.top)}"
        raise PeopleError(msg)
    if len(items) != len(instrument.items):
        wanted = ", ".join(instrument.items)
        msg = f"{measure} takes {len(instrument.items)} answers, not {len(items)}: {wanted}"
        raise PeopleError(msg)
    episodes = await desk.tx.people.episodes([client.id])
    if client.id not in episodes:
        msg = f"client {code} has no open episode; a client's begins with consent"
        raise PeopleError(msg)
    score = Score(measure, tuple(items), at)
    await _keep_paper(desk, client, episodes[client.id], score)
    desk.audit("administrator", "entered", client=client, detail=f"{measure} {at.date()}")
    return score.total


STILL_DANGER = timedelta(days=7)
"""How old a paper form may be to tell of danger though another came after it. This project's own."""


async def _keep_paper(desk: Desk, client: Client, episode_id: int, score: Score) -> None:
    """Keep a form filled in elsewhere; only one that is the latest is judged."""
    new = NewCheckIn(
        client_id=client.id,
        episode_id=episode_id,
        measure=score.instrument,
        origin=f"paper:{secrets.token_hex(8)}",
        local_date=score.at.date(),
        slot=score.instrument,
        state=CheckInState.COMPLETE,
        due_at=score.at,
        remind_at=None,
        expires_at=score.at,
    )
    history = await desk.tx.scores.history([episode_id])
    (check_in,) = await desk.tx.check_ins.add([new])
    answers = [Answer(check_in.id, place, item, None, score.at) for place, item in enumerate(score.items)]
    await desk.tx.answers.keep(answers)
    await desk.tx.scores.keep([KeptScore(check_in.id, episode_id, score, "paper")])
    earlier = episode_of(history, episode_id)
    same = earlier.get(score.instrument, ())
    if not same or same[-1].at <= score.at:
        verdict = judged(await policy_for(desk, client), client, score, earlier)
        await tell_of_score(desk, Judged(client, check_in.id, verdict))
    if not same or same[-1].at <= score.at or desk.now - score.at <= STILL_DANGER:
        await _tell_of_danger(desk, client, check_in, score)


async def _tell_of_danger(desk: Desk, client: Client, check_in: CheckIn, score: Score) -> None:
    """Let the answers of a paper form that tell of danger go the way of every cry for help."""
    instrument, language = desk.policy.instruments[score.instrument], desk.policy.speak_to(client)
    found = [
        (position, mark) for position, mark in enumerate(score.items) if instrument.is_risk(position, mark)
    ]
    if found:
        answers = [asking.answer_in_words(desk.policy, language, check_in, one) for one in found]
        await crisis.of_form(desk, client, answers)

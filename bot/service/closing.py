"""What follows when a check-in ends: its score, what the rules find, words passed on, and the next one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot import wording
from bot.service.desk import Desk, Say, ToTherapist
from bot.service.judging import episode_of, judged, policies_of, policy_for
from bot.service.opening import open_next, send_openings
from bot.service.session_asks import not_held
from bot.service.telling import Judged, tell_of_scores
from scoring.guidance import ask_about
from scoring.rules import Finding, Severity
from scoring.score import score
from storage.records import (
    CheckIn,
    CheckInState,
    Client,
    ClientState,
    Contact,
    KeptScore,
    Priority,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.languages import Language
    from scoring.instrument import Response


@dataclass(frozen=True, slots=True)
class Ended:
    """A check-in that ended.

    Attributes:
        check_in: the record, its answers not necessarily the latest.
        response: the answers.
        client: whose.
        contact: where to say thanks; None where nobody is listening.
        state: how it ended.
        quietly: say nothing of it to the client (a crisis text, or what a break is, goes out instead).
        thanks: what to thank with, before the usual.
        words: with which the client said that there was no session; "" where they said no such thing.
    """

    check_in: CheckIn
    response: Response
    client: Client
    contact: Contact | None
    state: CheckInState
    quietly: bool = False
    thanks: str | None = None
    words: str = ""

    @property
    def gave_up(self) -> bool:
        """Whether the bot stopped asking somebody who is there: nothing more is asked today."""
        return self.contact is not None and self.state is CheckInState.PARTIAL and not self.response.done


async def close(desk: Desk, ended: Sequence[Ended]) -> None:
    """Carry out everything that follows from check-ins that ended; the records' states are the caller's."""
    if not ended:
        return
    about = await _score(desk, ended)
    await pass_on(desk, ended)
    await not_held(desk, ended)
    await _thank_and_go_on(desk, ended, about)


async def _score(desk: Desk, ended: Sequence[Ended]) -> Mapping[int, str | None]:
    """Keep and judge the scores of completed check-ins, and tell therapists of them.

    Returns:
        The item of which a client is asked one question more, by the client's id.
    """
    complete = [one for one in ended if one.state is CheckInState.COMPLETE]
    scores = {one.check_in.id: found for one in complete if (found := score(one.response, desk.now))}
    scored = [one for one in complete if one.check_in.id in scores]
    if not scored:
        return {}
    history = await desk.tx.scores.history([one.check_in.episode_id for one in scored])
    policies = await policies_of(desk.tx, desk.policy, [one.client for one in scored])
    about: dict[int, str | None] = {}
    judgements: list[Judged] = []
    for one in scored:
        earlier = episode_of(history, one.check_in.episode_id)
        verdict = judged(policies[one.client.id], one.client, scores[one.check_in.id], earlier)
        gauge = one.response.instrument.gauges
        about[one.client.id] = ask_about(gauge, verdict.found, verdict.fallen.get(gauge))
        judgements.append(Judged(one.client, one.check_in.id, verdict, late=one.check_in.late))
    await tell_of_scores(desk, judgements)
    await desk.tx.scores.keep(
        [
            KeptScore(one.check_in.id, one.check_in.episode_id, scores[one.check_in.id], "chat")
            for one in scored
        ]
    )
    return about


async def tell_event(desk: Desk, client: Client, rule: str, check_in_id: int | None = None) -> None:
    """Raise an alert for something that is no score: an opt-out, an address that died."""
    say = {"opted_out": wording.opted_out, "unreachable": wording.unreachable}[rule]
    if rule in (await policy_for(desk, client)).off:
        return
    alert = await desk.raise_alert(client, Severity.SOON, [Finding(rule, Severity.SOON)], check_in_id)

    def text(language: Language) -> str:
        return f"{say(language, client.code)} {wording.acknowledge_with(language, alert.id)}"

    desk.tell(ToTherapist(client.therapist_id, "alert", text, Priority.ALERT, alert))


async def pass_on(desk: Desk, ended: Sequence[Ended]) -> None:
    """Send the words written during check-ins, and say which ended without all their answers."""
    await desk.keep_remarks()
    remarks = await desk.tx.inbox.untold([one.check_in.id for one in ended], desk.now)
    for one in ended:
        words = tuple(remark.text for remark in remarks if remark.check_in_id == one.check_in.id)
        if words:
            desk.note(one.client, "remark", _remarks(one.client, words))
        if one.state is CheckInState.PARTIAL:
            desk.note(one.client, "note", _partial(desk, one))
        completed = score(one.response, desk.now)
        if one.state is CheckInState.COMPLETE and one.check_in.told_partly and completed is not None:
            desk.note(one.client, "note", _rest(desk, one, completed.total))
        if one.words:
            desk.remark(one.client, one.words, one.check_in.id, told=True)
            desk.note(one.client, "remark", _no_session(desk, one))
            desk.audit("client", "no_session", client=one.client, check_in_id=one.check_in.id)


def _remarks(client: Client, words: tuple[str, ...]) -> Say:
    return lambda language: wording.remarks(language, client.code, words)


def _partial(desk: Desk, one: Ended) -> Say:
    def say(language: Language) -> str:
        words = desk.policy.words(one.response.instrument.key, language)
        return wording.partial(language, one.client.code, one.response, words=words)

    return say


def _rest(desk: Desk, one: Ended, total: int) -> Say:
    """Tell what became of a check-in of which the therapist read the half."""

    def say(language: Language) -> str:
        words = desk.policy.words(one.response.instrument.key, language)
        return wording.rest_came_later(language, one.client.code, total, words=words)

    return say


def _no_session(desk: Desk, one: Ended) -> Say:
    def say(language: Language) -> str:
        words = desk.policy.words(one.response.instrument.key, language)
        return wording.told_no_session(language, one.client.code, one.words, words=words)

    return say


async def _thank_and_go_on(desk: Desk, ended: Sequence[Ended], about: Mapping[int, str | None]) -> None:
    """Thank each client, or open the check-in that waited behind this one. After a crisis neither.

    Args:
        desk: the transaction's desk.
        ended: what ended.
        about: the item of which a client is asked one question more, by the client's id.
    """
    calm = [one for one in ended if not one.quietly]
    going_on = {one.client.id: one.client for one in calm if not one.gave_up}
    listening = {one.client.id for one in calm if one.contact is not None}
    opened = await open_next(desk, going_on, answering=listening)
    following = {one.client_id: one for one in opened}
    for one in calm:
        if one.contact is not None and one.client.id not in following:
            desk.reply(one.contact, _thanks(one, desk.language_of(one.contact), about.get(one.client.id)))
    openings = [(one.client, one.contact, following.pop(one.client.id, None)) for one in calm]
    await send_openings(desk, openings, {one.client.id: one.thanks for one in calm})


async def go_on(desk: Desk, client: Client, contact: Contact) -> bool:
    """Open the check-in that waits, for a client who asks for it; False where none does."""
    if client.state is not ClientState.ACTIVE:
        return False
    opened = await open_next(desk, {client.id: client}, wanted=True)
    await send_openings(desk, [(client, contact, one) for one in opened])
    return bool(opened)


def _thanks(one: Ended, language: Language, about: str | None) -> str:
    gauge = one.response.instrument.gauges
    if one.state is CheckInState.WITHDRAWN:
        said = wording.no_session(language)
    elif one.response.complete:
        said = wording.thanks(language, gauge, about=about, heard=one.thanks is not None)
    else:
        said = wording.thanks_partly(language) if one.response.done else wording.gave_up(language)
    return " ".join(filter(None, (one.thanks, said)))

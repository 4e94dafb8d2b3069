"""A correction of a check-in that is over: the last answer changes, and what follows is told anew."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from bot import replies, wording
from bot.service import asking, crisis
from bot.service.desk import ToTherapist
from bot.service.judging import episode_of, judged, policy_for
from bot.service.telling import Judged, tell_of_score
from scoring.rules import RULES, Severity
from scoring.score import score
from storage.records import Answer, CheckInState, KeptScore, Priority

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.languages import Language
    from bot.replies import Correction
    from bot.service.desk import Desk, Say
    from scoring.instrument import Mark, Response
    from scoring.rules import Finding
    from scoring.score import Score
    from storage.records import Alert, CheckIn, Client, Contact

CORRECTABLE = timedelta(hours=24)
"""How long after a check-in its last answer may be corrected by a message. This project's own."""

JUST_NOW = timedelta(minutes=15)
"""The same, while the first question of another is open: later, "sorry, 6" answers that. Ours too."""


async def correct(
    desk: Desk,
    contact: Contact,
    said: Correction,
    text: str,
    *,
    inbound_id: int,
    within: timedelta = CORRECTABLE,
) -> bool:
    """Change the last answer of the check-in that a client has just finished.

    The score is made anew and judged anew, and the therapist told whether an alert is newly, or no longer,
    right. Which of several numbers of one message is meant nobody can tell: then nothing changes, the
    client is told so, and the words go to the therapist.

    Args:
        desk: the transaction's desk.
        contact: where the client wrote.
        said: the new number, and what was written beside it.
        text: the whole message.
        inbound_id: its id in the inbox.
        within: how long ago the check-in may have been finished.

    Returns:
        False where none was; nothing was done.
    """
    client = contact.client
    last = await desk.tx.check_ins.last_closed(client.id, desk.now - within) if client else None
    if client is None or last is None or not asking.still_asked(desk.policy, last):
        return False
    before, language = asking.response_of(desk.policy, last), desk.language_of(contact)
    if not before.done or not _answers(desk, last, before, text=text, language=language):
        return False
    if await _all_of_one_message(desk, last):
        desk.pass_on(client, text)
        desk.reply(contact, wording.which_one(language))
        return True
    after = before.back().with_mark(said.tenths)
    await _change(desk, client, last, before=before, after=after, inbound_id=inbound_id)
    item = asking.words_of(desk.policy, language, last).items[before.instrument.items[-1]]
    if _alarms(before, said.tenths):
        told = asking.answer_in_words(desk.policy, language, last, (before.position - 1, said.tenths))
        await crisis.answer(desk, contact, text if said.comment else "", answers=[told])
        return True
    if said.comment:
        desk.pass_on(client, text)
    thanks = wording.heard(language) if said.comment else None
    desk.reply(contact, " ".join(filter(None, (wording.changed(language, item, said.tenths), thanks))))
    return True


def _answers(desk: Desk, last: CheckIn, before: Response, *, text: str, language: Language) -> bool:
    """Tell whether what was read as a correction answers the item that it would change."""
    options = desk.policy.words(last.measure, language).options
    wanted = replies.answers(before.instrument.scale, options)
    if wanted is replies.USUAL:
        return True
    expecting = replies.Expecting(language, answered=1, lexicon=desk.policy.lexicon, answers=wanted)
    return isinstance(replies.read(text, expecting).reply, replies.Correction)


def _alarms(before: Response, tenths: int) -> bool:
    """Tell whether the last answer is now a sign of danger, and a higher one than it may have been."""
    was = before.marks[-1]
    return before.instrument.is_risk(before.position - 1, tenths) and (was is None or tenths > was)


async def _all_of_one_message(desk: Desk, check_in: CheckIn) -> bool:
    sources = await desk.tx.answers.sources(check_in.id)
    last = sources.get(len(check_in.marks) - 1)
    return sum(source == last for source in sources.values()) > 1


async def _change(
    desk: Desk, client: Client, check_in: CheckIn, *, before: Response, after: Response, inbound_id: int
) -> None:
    position, was, now = before.position - 1, before.marks[-1], after.marks[-1]
    await desk.tx.answers.keep([Answer(check_in.id, position, now, inbound_id, desk.now)])
    detail = f"item {position + 1} was {_named(was)}, is {_named(now)}"
    desk.audit("client", "corrected", client=client, check_in_id=check_in.id, detail=detail)
    if was == now:
        return
    old = await desk.tx.scores.of(check_in.id)
    new = score(after, old.at if old else desk.now)
    if new is None:
        _tell(desk, client, check_in, changed=(was, now))
        return
    await desk.tx.scores.change(KeptScore(check_in.id, check_in.episode_id, new, "chat"))
    if check_in.state is CheckInState.PARTIAL:
        completed = dataclasses.replace(check_in, state=CheckInState.COMPLETE)
        await desk.tx.check_ins.update([completed], desk.now)
    await _judge_anew(desk, client, check_in, new, changed=(was, now))


def _named(mark: Mark) -> str:
    return "skipped" if mark is None else str(mark)


async def _judge_anew(
    desk: Desk, client: Client, check_in: CheckIn, new: Score, *, changed: tuple[Mark, Mark]
) -> None:
    """Judge the corrected score; a calm one that was calm before is nothing to tell of."""
    history = await desk.tx.scores.history([check_in.episode_id], but=check_in.id)
    earlier = {
        measure: known
        for measure, scores in episode_of(history, check_in.episode_id).items()
        if (known := tuple(one for one in scores if one.at <= new.at))
    }
    old = await _alert_of(desk, client, check_in)
    verdict = judged(await policy_for(desk, client), client, new, earlier)
    if old and _kinds(old.findings) == _kinds(verdict.found):
        await desk.tx.alerts.amend(old.id, verdict.found)
        stands = partial(wording.alert_stands, number=old.id, total=new.total)
        _tell(desk, client, check_in, changed=changed, of_alert=stands, after=old)
        return
    raised = await tell_of_score(desk, Judged(client, check_in.id, verdict))
    if old and raised:
        replaced = partial(wording.alert_replaced, number=old.id, by=raised.id)
        _tell(desk, client, check_in, changed=changed, of_alert=replaced)
    elif old:  # nothing is found, or nothing that is news
        falls = partial(wording.alert_falls, number=old.id)
        _tell(desk, client, check_in, changed=changed, of_alert=falls, after=old)
    elif raised or check_in.state is CheckInState.PARTIAL:
        _tell(desk, client, check_in, changed=changed)


async def _alert_of(desk: Desk, client: Client, check_in: CheckIn) -> Alert | None:
    """Find the alert that the score raised last."""
    alerts = await desk.tx.alerts.of_clients([client.id])
    raised = [one for one in alerts if one.check_in_id == check_in.id]
    return next((one for one in reversed(raised) if all(each.rule in RULES for each in one.findings)), None)


def _kinds(found: Sequence[Finding]) -> set[tuple[str, str | None, Severity]]:
    return {(one.rule, one.item, one.severity) for one in found}


def _tell(
    desk: Desk,
    client: Client,
    check_in: CheckIn,
    *,
    changed: tuple[Mark, Mark],
    of_alert: Say | None = None,
    after: Alert | None = None,
) -> None:
    """Tell the therapist what was corrected; not before an alert that waits for the morning."""

    def say(language: Language) -> str:
        words = desk.policy.words(check_in.measure, language)
        item = asking.response_of(desk.policy, check_in).instrument.items[-1]
        was, mark = changed
        told = wording.corrected(language, client.code, words=words, item=item, was=was, mark=mark)
        return f"{told} {of_alert(language)}" if of_alert else told

    waits = after is not None and after.severity is Severity.DIGEST
    priority = Priority.DIGEST if waits else Priority.ALERT
    desk.tell(ToTherapist(client.therapist_id, "note", say, priority, wait_until_morning=waits))

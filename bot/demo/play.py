"""The course of the demo: joining, a check-in before the session, one after it, and what is left of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot import charts, wording
from bot.demo.clinic import CLIENT, ROUTINES, THERAPIST, ZONE, Clinic
from bot.demo.screen import Phone, Screen
from bot.replies import Expecting, Unclear, read, says
from bot.wording.charts import chart_words
from scoring.instrument import AgeGroup
from scoring.rules import Severity
from storage.records import ClientState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.demo.script import Replies
    from bot.languages import MeasureWords
    from scoring.score import Score
    from storage.records import Alert

CLIENTS = Phone(CLIENT, "Client's phone (AB)", right=False)
THERAPISTS = Phone(THERAPIST, "Therapist's phone (T1)", right=True)

_PACE = 0.08
"""Seconds before each reply that nobody types, where somebody looks on."""

_THINKING = timedelta(seconds=25)
_LATER = timedelta(minutes=4)

_INTRODUCTION = {
    "ors": "Thursday. The session is at 11:00, and an hour before it the first check-in falls due.",
    "srs": "11:00: the session takes place. At 12:00 the second check-in falls due.",
}
_STOPPED = "AB has stopped the messages, so the bot is silent. START brings them back."


class Play:
    """Plays one demo."""

    def __init__(self, clinic: Clinic, screen: Screen, replies: Replies) -> None:
        """Begin when the clinic's clock begins."""
        self._clinic = clinic
        self._screen = screen
        self._replies = replies
        self._language = clinic.service.policy.speak("en")
        self._began = clinic.clock.now

    async def through(self, folder: Path) -> None:
        """Play from the invitation to the chart, which is kept in `folder`.

        Raises:
            RepliesEndedError: the replies ended before the check-ins did.
        """
        self._introduce()
        await self._join()
        weeks = await self._clinic.enter_past()
        self._screen.say(
            f"{weeks} earlier weeks are entered from paper (attune score add):"
            f" outcome {_list(await self._clinic.scores('ors'))} of 40,"
            f" alliance {_list(await self._clinic.scores('srs'))} of 40."
        )
        for routine in ROUTINES:
            for measure in routine.measures:
                await self._check_in(measure)
        await self._morning()
        await self._sum_up(folder)

    def _introduce(self) -> None:
        self._screen.say(
            "Attune, played through on this machine: nothing is sent anywhere, and the clock leaps."
        )
        if self._replies.typed:
            self._screen.say(
                "You are the client. Answer as on a phone: a number, words, skip, back, HELP or STOP."
                " Enter sends, Ctrl-C leaves."
            )
        self._screen.head()

    async def _join(self) -> None:
        """Let the client agree: nothing is asked before."""
        await self._clinic.begin()
        if self._replies.typed:
            self._screen.say("Press Enter to agree, or write something else.")
        elif not self._agrees(self._replies.peek() or ""):
            await self._write(CLIENTS, "AGREE")
        while (await self._clinic.client()).state is ClientState.INVITED:
            await self._reply(instead="AGREE")

    def _agrees(self, text: str) -> bool:
        return says(text, self._language, "agree")

    async def _check_in(self, measure: str) -> None:
        """Wait for a check-in, let the client answer it, and the therapist see what came of it."""
        known = len(await self._clinic.alerts())
        self._screen.say(_INTRODUCTION[measure])
        await self._clinic.wait_for_next()
        while await self._clinic.open_check_in():
            if await self._clinic.stopped():
                self._screen.say(_STOPPED)
            await self._reply()
        await self._close()
        await self._acknowledge(Severity.SOON)
        if len(await self._clinic.alerts()) == known and (today := await self._today(measure)):
            self._screen.say(
                f"A total of {wording.points(today.total)} gives no rule a reason, so no alert goes out."
            )

    async def _close(self) -> None:
        """Let the client say something at the end; what reads as an answer is for the next check-in."""
        if self._replies.typed:
            await self._reply(instead="no")
            return
        ahead = self._replies.peek()
        if ahead is not None and isinstance(read(ahead, Expecting(self._language)).reply, Unclear):
            await self._reply()

    async def _reply(self, instead: str | None = None) -> None:
        """Bring the client's next reply; `instead` is sent where a person only presses Enter."""
        self._clinic.clock.pass_by(_THINKING)
        text = self._replies.take(lambda: self._screen.ask(self._clinic.clock.now))
        if self._replies.typed:
            self._screen.unask(text)
        if text := text.strip() or instead or "":
            await self._write(CLIENTS, text)
        await self._acknowledge(Severity.URGENT)

    async def _write(self, phone: Phone, text: str) -> None:
        """Show what somebody writes, and bring it."""
        if self._screen.watched and not self._replies.typed:
            await asyncio.sleep(_PACE)
        self._screen.wrote(phone, self._clinic.clock.now, text)
        await self._clinic.say(phone.owner, text)

    async def _acknowledge(self, severity: Severity) -> None:
        """Let the therapist see alerts of one severity, a while after they came."""
        for alert in await self._clinic.alerts():
            if alert.severity is severity and alert.acknowledged_at is None:
                self._clinic.clock.pass_by(_LATER)
                await self._write(THERAPISTS, f"ACK {alert.id}")

    async def _morning(self) -> None:
        """Let the night pass where something waits for the morning."""
        waiting = [one for one in await self._clinic.alerts() if one.severity is Severity.DIGEST]
        if waiting:
            self._screen.say("What is no reason to disturb an evening is told the next morning.")
            await self._clinic.wait_for_morning()
            await self._acknowledge(Severity.DIGEST)

    async def _today(self, measure: str) -> Score | None:
        """Give the score of the check-in just played, where it has one."""
        scores = await self._clinic.scores(measure)
        return scores[-1] if scores and scores[-1].at > self._began else None

    async def standing(self) -> str:
        """Say how far it came, where the replies ended early."""
        if (await self._clinic.client()).state is ClientState.INVITED:
            return "The replies ended before the client agreed, so nothing was asked."
        check_in = await self._clinic.open_check_in()
        if check_in is None:
            return "The replies ended between the check-ins."
        about = self._words(check_in.measure).about
        answered = sum(mark is not None for mark in check_in.marks)
        of = len(self._clinic.service.policy.instruments[check_in.measure].items)
        return (
            f"The replies ended early: {answered} of {of} questions about {about} have answers, so no total."
        )

    # What is left of it

    async def _sum_up(self, folder: Path) -> None:
        """Draw the chart, and read back what the database holds."""
        path = folder / f"{CLIENT}.png"
        path.write_bytes(await charts.drawn(await self._chart()))
        rows = [
            (_capital(self._words(measure).title), await self._series(measure)) for measure in ("ors", "srs")
        ]
        rows += [(f"Alert {alert.id}", _alert(alert)) for alert in await self._clinic.alerts()]
        if len(rows) == len(ROUTINES):
            rows.append(("Alerts", "none: no rule found a reason in these answers"))
        self._screen.table("What the database holds now", rows)
        self._screen.line(f"Database: {folder / 'attune.db'}")
        self._screen.line(f"Chart: {path}")

    async def _chart(self) -> charts.Chart:
        policy = self._clinic.service.policy
        norms = {key: one.norms[policy.ruleset] for key, one in policy.instruments.items()}
        return charts.Chart(
            code=CLIENT,
            outcome=await self._clinic.scores("ors"),
            alliance=await self._clinic.scores("srs"),
            words=chart_words(
                self._language,
                self._words("ors"),
                self._words("srs"),
                policy.instruments["srs"].items,
            ),
            cutoff=norms["ors"].cutoff.get(AgeGroup.ADULT),
            concern=norms["srs"].concern_total,
            item_concern=norms["srs"].concern_item,
            alerts=tuple(
                charts.Alerted(one.raised_at, one.acknowledged_at) for one in await self._clinic.alerts()
            ),
            zone=ZONE,
            indicative=self._words("ors").ours,
        )

    async def _series(self, measure: str) -> str:
        """Write a measure's totals, the last with its answers."""
        today = await self._today(measure)
        earlier = [one for one in await self._clinic.scores(measure) if one != today]
        if today is None:
            return f"{_list(earlier)}; no total this time"
        answers = ", ".join(wording.points(item) for item in today.items)
        return f"{_list(earlier)}, now {wording.points(today.total)} ({answers})"

    def _words(self, measure: str) -> MeasureWords:
        return self._clinic.service.policy.words(measure, self._language)


def _list(scores: Sequence[Score]) -> str:
    return ", ".join(wording.points(one.total) for one in scores)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _alert(alert: Alert) -> str:
    """Write what was found, and whether the therapist saw it."""
    found = ", ".join(dict.fromkeys(one.rule.replace("_", " ") for one in alert.findings))
    if alert.acknowledged_at is None:
        return f"{found}; not acknowledged"
    return f"{found}; acknowledged {wording.moment(alert.acknowledged_at, ZONE)} by {alert.acknowledged_by}"

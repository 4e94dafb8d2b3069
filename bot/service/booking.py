"""Sessions and times away as therapists tell them by message, on their own clock and in their language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, assert_never

from bot import bookings, wording
from bot.bookings import (
    AskHow,
    Book,
    Booking,
    CallOff,
    ComeBack,
    EndSeries,
    GoAway,
    ListSessions,
    Move,
    NoShow,
    Repeat,
)
from bot.service import absences, session_series, sessions
from bot.service.decisions import EXAMPLE, client_of
from bot.service.session_series import series_of
from bot.service.sessions import By, SessionError
from bot.timetable import day_of
from bot.wording import sessions as said
from bot.wording.sessions import Clock

if TYPE_CHECKING:
    from bot.bookings import Start
    from bot.languages import Language
    from bot.service.desk import Desk
    from storage.records import Client, Contact, Therapist
    from storage.sessions import Session

LONGEST_AWAY = timedelta(days=183)
"""How long a time away may be by message: "8 December to 1 December" is a mistake, and no year."""

MOST_LISTED = 20
"""How many sessions one list shows."""


@dataclass(frozen=True, slots=True)
class _Talk:
    """Who plans, in which language, and on which clock."""

    desk: Desk
    therapist: Therapist
    language: Language

    @property
    def clock(self) -> Clock:
        return Clock(self.therapist.zone, self.desk.now)

    @property
    def by(self) -> By:
        return By("therapist", self.therapist)

    @property
    def today(self) -> date:
        return day_of(self.desk.now, self.therapist.zone)


async def obey(desk: Desk, contact: Contact, booking: Booking) -> str:
    """Carry out what a therapist wrote about sessions or time away, and say what came of it."""
    if contact.therapist is None:
        msg = "only a therapist's message comes here"
        raise ValueError(msg)
    talk = _Talk(desk, contact.therapist, desk.language_of(contact))
    client = await client_of(desk, contact.therapist, booking.code) if booking.code else None
    if isinstance(booking, GoAway) and client is None and booking.own is not None:
        booking = booking.own
    if isinstance(booking, AskHow):
        how = said.away_how if booking.away else said.how
        desk.reply(contact, how(talk.language, booking.code or EXAMPLE))
        return "unclear"
    if booking.code and client is None:
        desk.reply(contact, wording.no_such_client(talk.language, booking.code))
        return "unclear"
    desk.reply(contact, await _done(talk, client, booking))
    return "session"


async def _done(talk: _Talk, client: Client | None, booking: Booking) -> str:
    """Do it; returns what to answer."""
    match booking:
        case GoAway() | ComeBack():
            return await _absence(talk, client, booking)
        case ListSessions():
            return await _list(talk, client)
        case _ if client is None:
            return said.how(talk.language, EXAMPLE)
        case Book() | Repeat() | Move():
            return await _plan(talk, client, booking)
        case CallOff() | NoShow() | EndSeries():
            return await _undo(talk, client, booking)
        case AskHow(code):
            return said.how(talk.language, code or EXAMPLE)
        case _:
            assert_never(booking)


async def _plan(talk: _Talk, client: Client, booking: Book | Repeat | Move) -> str:
    """Plan or move sessions to a time that can be read."""
    book = (
        booking if isinstance(booking, Book) else booking.to if isinstance(booking, Move) else booking.first
    )
    start = bookings.start_meant(book, talk.language, talk.desk.now, talk.therapist.zone)
    if start is None:
        return said.how(talk.language, client.code)
    singly = not isinstance(booking, Repeat)
    if singly and await sessions.is_away(talk.desk, client, start.when):
        return said.in_time_away(talk.language, client.code, start.when, talk.clock)
    match booking:
        case Book():
            done = await _book(talk, client, booking, start)
        case Repeat():
            done = await _repeat(talk, client, booking, start)
        case Move():
            done = await _move(talk, client, booking, start)
        case _:
            assert_never(booking)
    return f"{done} {note}" if (note := _clock_change(talk, start)) else done


def _clock_change(talk: _Talk, start: Start) -> str:
    """Say which moment was taken where a change of the clocks skips a time or shows it twice."""
    written = f"{start.at:%H:%M}"
    match bookings.clock_change(start, talk.therapist.zone):
        case "skipped":
            return said.skipped(talk.language, written)
        case "twice":
            return said.twice(talk.language, written)
        case _:
            return ""


async def _book(talk: _Talk, client: Client, book: Book, start: Start) -> str:
    session = await sessions.book(talk.desk, client, _times(talk, start, book.minutes), by=talk.by)
    return await _described(talk, client, session)


def _times(talk: _Talk, start: Start, minutes: int | None) -> tuple[datetime, datetime]:
    length = talk.desk.policy.sessions.length if minutes is None else timedelta(minutes=minutes)
    return start.when, start.when + length


async def _repeat(talk: _Talk, client: Client, repeat: Repeat, start: Start) -> str:
    length = talk.desk.policy.sessions.length
    minutes = repeat.first.minutes or round(length.total_seconds() / 60)
    series = series_of(client, start, zone=talk.therapist.zone, weeks=repeat.weeks, minutes=minutes)
    kept = await session_series.repeat(talk.desk, client, series, by=talk.by)
    first = await session_series.next_of(talk.desk, kept)
    text = said.series(
        talk.language,
        client.code,
        weeks=kept.weeks,
        first=start.when if first is None else first.starts_at,
        minutes=kept.minutes,
        clock=talk.clock,
    )
    return text if first is None else await _with_asks(talk, text, first)


async def _move(talk: _Talk, client: Client, move: Move, start: Start) -> str:
    session = await _coming(talk, client, move.which)
    if session is None:
        return said.none_such(talk.language, client.code)
    minutes = move.to.minutes
    length = session.ends_at - session.starts_at if minutes is None else timedelta(minutes=minutes)
    times = (start.when, start.when + length)
    try:
        moved = await sessions.move(talk.desk, client, session, times=times, by=talk.by)
    except SessionError:
        return said.at_that_time(talk.language, client.code)
    before = said.moved(talk.language, session.starts_at, talk.clock)
    return f"{await _described(talk, client, moved)}. {before}"


async def _undo(talk: _Talk, client: Client, booking: CallOff | NoShow | EndSeries) -> str:
    """Cancel a session, mark it as missed, or end a series."""
    if isinstance(booking, EndSeries):
        count = await session_series.end(talk.desk, client, by=talk.by)
        none = said.none_such(talk.language, client.code)
        return none if count is None else said.ended(talk.language, client.code, count)
    if isinstance(booking, NoShow):
        session = await _begun(talk, client, booking.which)
        change, tell = sessions.no_show, said.no_show
    else:
        session = await _coming(talk, client, booking.which)
        change, tell = sessions.call_off, said.cancelled
    if session is None:
        return said.none_such(talk.language, client.code)
    await change(talk.desk, client, session, by=talk.by)
    return tell(talk.language, client.code, session.starts_at, talk.clock)


async def _coming(talk: _Talk, client: Client, which: str) -> Session | None:
    """Find the next session that is still to begin, or the first on a day."""
    day = bookings.day_meant(which, talk.language, talk.today) if which else None
    if which and day is None:
        return None
    return await sessions.coming(talk.desk, client, day, zone=talk.therapist.zone)


async def _begun(talk: _Talk, client: Client, which: str) -> Session | None:
    """Find the last session that has begun, or the last on a day of the past week."""
    week_ago = talk.today - timedelta(days=6)
    day = bookings.day_meant(which, talk.language, talk.today, since=week_ago) if which else None
    if which and day is None:
        return None
    return await sessions.begun(talk.desk, client, day, zone=talk.therapist.zone)


async def _described(talk: _Talk, client: Client, session: Session) -> str:
    times = (session.starts_at, session.ends_at)
    return await _with_asks(talk, said.session(talk.language, client.code, times, talk.clock), session)


async def _with_asks(talk: _Talk, text: str, session: Session) -> str:
    return await with_asks(talk.desk, text, session, language=talk.language, clock=talk.clock)


async def with_asks(desk: Desk, text: str, session: Session, *, language: Language, clock: Clock) -> str:
    """Add to what is said of a session when its client is asked around it, where they are."""
    asks = (await desk.tx.sessions.asks([session.id])).get(session.id, ())
    times = (session.starts_at, session.ends_at)
    asked = said.asked(language, times, [one.due_at for one in asks if not one.done], clock)
    return f"{text}; {asked}" if asked else text


async def _list(talk: _Talk, client: Client | None) -> str:
    """List what is planned of one client, or of all the therapist's."""
    people = talk.desk.tx.people
    clients = [client] if client else await people.clients(therapist_id=talk.therapist.id)
    codes = {one.id: one.code for one in clients}
    found = [one for one in await talk.desk.tx.sessions.of(codes, since=talk.desk.now) if one.planned]
    lines = []
    for one in found[:MOST_LISTED]:
        times = (one.starts_at, one.ends_at)
        line = said.session(talk.language, codes[one.client_id], times, talk.clock)
        lines.append(f"{line}, {said.confirmed_mark(talk.language)}" if one.confirmed_at else line)
    return said.planned(talk.language, lines)


async def _absence(talk: _Talk, client: Client | None, booking: GoAway | ComeBack) -> str:
    """Begin or end a time away, of the therapist or of a client."""
    whose = absences.Whose(talk.therapist, client)
    code = "" if client is None else client.code
    if isinstance(booking, ComeBack):
        back = await absences.end(talk.desk, whose, by=talk.by)
        if back is None:
            return said.not_away(talk.language)
        return " ".join(
            [
                *(said.back(talk.language, code, days, talk.clock) for days in back.times),
                said.sessions_again(talk.language, back.sessions),
            ]
        )
    first = bookings.day_meant(booking.first, talk.language, talk.today)
    last = None if first is None else bookings.day_meant(booking.last, talk.language, first)
    if first is None or last is None or last < talk.today or last - first > LONGEST_AWAY:
        return said.away_how(talk.language, code or EXAMPLE)
    count = await absences.begin(talk.desk, whose, (first, last), by=talk.by)
    text = said.away(talk.language, code, (first, last), talk.clock)
    return f"{text} {said.sessions_cancelled(talk.language, count)}"

"""Plays a transcript through the front door, and writes down what everybody received.

A transcript is a text file of lines:

    # a comment
    @directive words            sets the scene, or lets time pass (`_DIRECTIVES`)
    client> text                somebody writes: client, therapist, stranger, operator, other, colleague;
                                mobile is the client's own second network, where there is one (`@also`)
    client> [photo]             or does more: [press 7], [edited], [edit 4 to 6] (what they wrote before),
                                [link] ([link es]: from an app that is set to a language), [blocked],
                                [returned], [unreadable]
    client< text                what they receive; further lines of a message begin with "      | "

On the channel `app` a message's buttons stand below it, a row in a pair of brackets, and the message
that an edit replaced is said in brackets.
"""

from __future__ import annotations

import gettext
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from types import MappingProxyType

from structlog.testing import capture_logs

from bot.calendars import Meeting, Reading
from bot.caps import CostRules
from bot.channels.base import (
    Edited,
    Left,
    Pressed,
    RefusedError,
    Returned,
    Said,
    SenderFaultError,
    SentMedia,
    UnreachableError,
    Unreadable,
    Wrote,
)
from bot.channels.sms_forms import taken_by_twilio
from bot.languages import LANGUAGES, Language
from bot.policy import Policy, SessionRules
from bot.service import calendar_turns, emergencies, people, preferences, reconciling
from bot.service.calendar_turns import Listed
from bot.service.emergencies import Given
from bot.service.flooding import Floods
from bot.service.preferences import Change
from bot.timetable import DAYS, AfterSession, Away, BeforeSession, Routine, Weekly
from scoring.instrument import AgeGroup
from scoring.trajectory import Curve, curve_from
from storage.calendars import Seen
from tests.fakes.memory import Lost, MemoryChannel, Sent
from tests.world import AGREES, Clock, World, opened, policy

ADDRESSES: Mapping[str, str] = MappingProxyType(
    {
        "client": "+15550101",
        "therapist": "+15550102",
        "operator": "+15550103",
        "other": "+15550104",
        "colleague": "+15550105",
        "stranger": "+15550106",
        "mobile": "+15550107",
    }
)
"""Who takes part, and where they are reached; `other` is a second client, `colleague` their therapist."""

CODES = MappingProxyType({"client": "AB", "other": "CD", "therapist": "T1", "colleague": "T2"})

_NAMES = {address: name for name, address in ADDRESSES.items()}
_SAID = re.compile(r"(\w+)> (.*)")
_LINK = re.compile(r"\[link(?: ([\w-]+))?\]")
_EDIT = re.compile(r"\[edit (.+) to (.+)\]")
_PRESS = re.compile(r"\[press (.+?)(?: on (.+))?\]")
_MORE = "      | "
_ROW = re.compile(r"\bmessage \d+")  # PostgreSQL gives no number twice, even where nothing was kept
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a transcript.

    Attributes:
        text: the transcript with what was received in it.
        used: the texts of bot/wording/ that were made on the way.
        sent: every message that reached somebody, by name.
        logs: every log line, ours and the libraries'.
        secrets: what no log line may hold: words, names, addresses.
        language: what the clinic speaks.
    """

    text: str
    used: frozenset[str]
    sent: tuple[tuple[str, str], ...]
    logs: tuple[str, ...]
    secrets: frozenset[str]
    language: str


class _Catalogue(gettext.NullTranslations):
    """Remembers every text that was asked for, by its English."""

    def __init__(self, known: gettext.NullTranslations, used: set[str]) -> None:
        super().__init__()
        self._known = known
        self._used = used

    def gettext(self, message: str) -> str:
        """Translate a text, and remember it."""
        self._used.add(message)
        return self._known.gettext(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Translate a text of two forms, and remember it."""
        self._used.add(msgid1)
        return self._known.ngettext(msgid1, msgid2, n)


@dataclass(frozen=True)
class _Recording(Language):
    """A language that remembers what was said in it."""

    used: set[str] = field(default_factory=set, compare=False)

    @cached_property
    def catalogue(self) -> gettext.NullTranslations:
        """The texts in this language, which are remembered."""
        return _Catalogue(LANGUAGES[self.code].catalogue, self.used)


def _recording(language: Language, used: set[str]) -> Language:
    values = {one.name: getattr(language, one.name) for one in fields(language)}
    return _Recording(**values, used=used)


@dataclass(slots=True)
class _Stage:
    """A transcript under way."""

    world: World
    over: MemoryChannel
    language: str
    country: str
    links: dict[str, str] = field(default_factory=dict)
    seen: int = 0
    heard: list[str] = field(default_factory=list)
    written: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def received(self) -> list[str]:
        """Give what people received since the last time, as lines."""
        new = self.over.sent[self.seen :]
        shown = [line for place, one in enumerate(new, self.seen) for line in self._shown(one, place)]
        self.seen = len(self.over.sent)
        return shown

    def _shown(self, one: Sent, place: int) -> list[str]:
        text = _ROW.sub("message N", one.message.text)
        if one.message.replaces is not None:
            text = f"{self._place_of(one, place)} {text}".rstrip()
        lines = text.split("\n")
        if self.over.edits and one.address != ADDRESSES["mobile"] and one.message.choices:
            lines.append(" ".join(f"[{'|'.join(c.label for c in row)}]" for row in one.message.choices))
        first, *more = lines
        name = _NAMES[one.address]
        return [f"{name}< {first}".rstrip(), *(f"{_MORE}{line}".rstrip() for line in more)]

    def _place_of(self, edit: Sent, place: int) -> str:
        """Name the message that an edit took the place of: by its number, else by what it said first."""
        (original,) = {one.message.text for one in self.over.sent[:place] if _original(one, edit)}
        asked = re.search(r"^\d/\d", original, re.MULTILINE)
        name = asked.group() if asked else f'"{original.split(":")[0].split(".")[0]}"'
        return f"[{name} now reads]" if edit.message.text else f"[{name} has no buttons any more]"

    async def say(self, name: str, words: str) -> None:
        """Let somebody write or do something."""
        said = self._act(name, words) if words.startswith("[") else self._wrote(name, words)
        self.heard += [said.text] if isinstance(said, Wrote) and len(said.text) > len("AGREE") else []
        channel, link = "mobile" if name == "mobile" else "", _LINK.fullmatch(words)
        language = link.group(1) if link else None
        at = self.written[name, words] = self.world.clock() + timedelta(seconds=len(self.written))
        inbound = self.world.inbound(said, ADDRESSES[name], channel=channel, language=language)
        await self.world.inbox.accept([replace(inbound, at=at)])  # no two of one second
        await self.world.send_out()

    def _wrote(self, name: str, words: str) -> Wrote:
        """Make a text; a network for text messages acts on some by itself, as Twilio does."""
        by_text = self.over.name == "sms" and name != "mobile"
        return Wrote(words, taken_by_twilio(words, ADDRESSES[name]) if by_text else None)

    def _act(self, name: str, words: str) -> Said:
        if edit := _EDIT.fullmatch(words):
            return Edited(edit.group(2), self.written[name, edit.group(1)])
        if press := _PRESS.fullmatch(words):
            return self._press(ADDRESSES[name], press.group(1), press.group(2) or "")
        if _LINK.fullmatch(words):
            return Wrote(f"/start {self.links.get(name, 'no-such-invitation-here')}")
        acts: dict[str, Said] = {
            "[photo]": SentMedia("photo"),
            "[edited]": Edited("my sister moved out, and so did I"),
            "[blocked]": Left(),
            "[returned]": Returned(),
            "[unreadable]": Unreadable('{"update_id": 1, "poll": {}}'),
            "[blank]": Wrote(""),
        }
        return acts[words]

    def _press(self, address: str, label: str, on: str) -> Pressed:
        """Press the latest button with this label, on a message that holds the words `on`."""
        for one in reversed(self.over.sent):
            for choice in (choice for row in one.message.choices for choice in row):
                if one.address == address and choice.label == label and on in one.message.text:
                    return Pressed(choice.data, one.external_id)
        msg = f"nobody was sent a button {label}"
        raise AssertionError(msg)


def _original(one: Sent, edit: Sent) -> bool:
    return one.message.replaces is None and (one.address, one.external_id) == (edit.address, edit.external_id)


_Directive = Callable[[_Stage, list[str]], Awaitable[None]]


async def _past(stage: _Stage, words: list[str]) -> None:
    """`@past ors 6 6 6.5 6, 21d ago`: a paper form of that day; what it raises is acknowledged."""
    measure, *points, ago, _ = words
    await stage.world.past(measure, [float(one.rstrip(",")) for one in points], float(ago[:-1]))


async def _ask(stage: _Stage, words: list[str]) -> None:
    """`@ask ors`, `@ask srs of other`: a check-in asked for by hand."""
    async with stage.world.service.desk() as desk:
        await people.ask(desk, CODES[words[2] if len(words) > 1 else "client"], words[0])


async def _wait(stage: _Stage, words: list[str]) -> None:
    """`@wait 24h`: time passes (d, h or m)."""
    stage.world.clock.now += _duration(words[0])
    await stage.world.tick()


async def _at(stage: _Stage, words: list[str]) -> None:
    """`@at 08:00`: the next time that the clock shows it."""
    now = stage.world.clock.now
    then = datetime.combine(now.date(), time.fromisoformat(words[0]), UTC)
    stage.world.clock.now = then if then > now else then + timedelta(days=1)
    await stage.world.tick()


async def _invite(stage: _Stage, words: list[str]) -> None:
    """`@invite client`: an invitation, whose link they may open; known addresses are asked for consent."""
    (name,) = words
    is_client = name in {"client", "other"}
    async with stage.world.service.desk() as desk:
        code = {"client": CODES[name]} if is_client else {"therapist": CODES[name]}
        stage.links[name] = (await people.invite(desk, **code)).token
    stage.links["stranger"] = stage.links[name]


async def _links(stage: _Stage, words: list[str]) -> None:
    """`@links client other`: the client got hold of the other's link."""
    who, whose = words
    stage.links[who] = stage.links[whose]


async def _add(stage: _Stage, words: list[str]) -> None:
    """`@add other`, `@add client linked`, `@add client invited`: somebody more; `linked` has no address yet.

    `@add client GB` lives there; the language of one who is `unasked` is not known. Who is neither linked
    nor invited has agreed already.
    """
    name, *how = words
    address = None if "linked" in how else ADDRESSES[name]
    country = next((one for one in how if one.isupper()), stage.country)
    if name in {"therapist", "colleague"}:
        await stage.world.add_therapist(CODES[name], address, language=stage.language)
        return
    therapist = CODES["colleague" if name == "other" else "therapist"]
    language = "" if "unasked" in how else stage.language
    await stage.world.add_client(CODES[name], address, therapist, country=country, language=language)
    if not {"linked", "invited"} & {*how}:
        await stage.world.hear(AGREES, ADDRESSES[name])
        stage.seen = len(stage.over.sent)


async def _care(stage: _Stage, words: list[str]) -> None:
    """`@pause client`, `@resume client`, `@close client`: what an administrator does."""
    what, name = words
    async with stage.world.service.desk() as desk:
        if what == "close":
            await people.close(desk, CODES[name], "planned")
        else:
            await {"pause": people.pause, "resume": people.resume}[what](desk, CODES[name])


async def _change(stage: _Stage, words: list[str]) -> None:
    """`@change client discreet`, `@change client language es`: what an administrator sets."""
    name, what, *value = words
    given = dict.fromkeys([what], "".join(value))
    wanted = Change(given.get("language"), ask=given.get("ask"), discreet=what == "discreet" or None)
    async with stage.world.service.desk() as desk:
        await preferences.change(desk, CODES[name], wanted)


async def _backup(stage: _Stage, words: list[str]) -> None:
    """`@backup colleague`: who stands in for the therapist in a crisis."""
    async with stage.world.service.desk() as desk:
        await emergencies.set_backup(desk, CODES["therapist"], CODES[words[0]])


async def _plan(stage: _Stage, words: list[str]) -> None:
    """`@plan client Ring Mia.`: the client's safety plan."""
    name, *plan = words
    async with stage.world.service.desk() as desk:
        await emergencies.give(desk, CODES[name], Given(safety_plan=" ".join(plan)))


async def _refuse(stage: _Stage, words: list[str]) -> None:
    """`@refuse therapist`: the network refuses their address.

    `opted-out`: because they asked it to; `barred`: because something keeps us from it.
    """
    address = stage.world.inbound("", ADDRESSES[words[0]]).address
    error = UnreachableError("filtered", opted_out="opted-out" in words, barred="barred" in words)
    stage.over.always[address] = error


async def _fail(stage: _Stage, words: list[str]) -> None:
    """`@fail account`, `@fail message`: the network refuses the next message, for either's sake."""
    errors = {"account": SenderFaultError("at fault"), "message": RefusedError("refused")}
    stage.over.faults.append(Lost(errors[words[0]]))


async def _drop(stage: _Stage, words: list[str]) -> None:
    """`@drop srs`: the measure is gone, so that a message about it can't be worked on."""
    service = stage.world.service
    left = {key: one for key, one in service.policy.instruments.items() if key not in words}
    service.policy = replace(service.policy, instruments=left)


async def _read_again(stage: _Stage, words: list[str]) -> None:
    """`@config 2`, `@config telegram server`: it is read again, with faults, or with changes that wait."""
    service = stage.world.service
    if words[0].isdigit():
        await service.refuse_config(int(words[0]))
    else:
        await service.sync([(stage.over.name, ADDRESSES["operator"])], waiting=words)


async def _found(stage: _Stage, words: list[str]) -> None:
    """`@found client 2h 7`: what the client wrote so long ago never came, and is found in the list now."""
    name, ago, *said = words
    world = stage.world
    inbound = world.inbound(Wrote(" ".join(said)), ADDRESSES[name])
    late = replace(inbound, at=world.clock() - _duration(ago), listed=True)
    stage.heard += [" ".join(said)] if len(said) > 1 else []
    await world.inbox.accept([late])
    async with world.service.desk() as desk:
        state = await reconciling.begin(desk, stage.over.name, stage.over.account, anyway=True)
        assert state is not None
        await reconciling.finish(desk, state, desk.now, found=1)


async def _calendar(stage: _Stage, words: list[str]) -> None:
    """`@calendar kt 4`, `@calendar kt unreadable`: it is read, and has so many of the client's sessions."""
    name, found = words
    world, listed = stage.world, Listed(name, CODES["therapist"], "", timedelta(minutes=5))
    async with world.service.desk() as desk:
        turn = await calendar_turns.begin(desk, listed, anyway=True)
        assert turn is not None
        if found == "unreadable":
            await calendar_turns.fail(desk, turn, "its server is down")
            return
        first = world.clock().replace(hour=15) + timedelta(days=1)
        starts = [first + timedelta(days=day) for day in range(int(found))]
        has = [
            Meeting(CODES["client"], f"{one:%d}", one, one + timedelta(minutes=50), cancelled=False)
            for one in starts
        ]
        await calendar_turns.keep(desk, turn, Reading(tuple(has)), Seen(found))


async def _operators(stage: _Stage, words: list[str]) -> None:
    """`@operators operator`: who they are."""
    await stage.world.service.sync([(stage.over.name, ADDRESSES[name]) for name in words])


async def _texts(stage: _Stage, words: Sequence[str]) -> None:
    """Answer so many messages a minute of one person, and no more."""
    stage.world.service.floods = Floods(int(words[0]))


_DIRECTIVES: Mapping[str, _Directive] = MappingProxyType(
    {
        "past": _past,
        "ask": _ask,
        "config": _read_again,
        "calendar": _calendar,
        "found": _found,
        "wait": _wait,
        "at": _at,
        "invite": _invite,
        "links": _links,
        "add": _add,
        "pause": lambda stage, words: _care(stage, ["pause", *words]),
        "resume": lambda stage, words: _care(stage, ["resume", *words]),
        "close": lambda stage, words: _care(stage, ["close", *words]),
        "change": _change,
        "backup": _backup,
        "plan": _plan,
        "refuse": _refuse,
        "fail": _fail,
        "drop": _drop,
        "operators": _operators,
        "texts": _texts,
    }
)


_CURVE = curve_from(
    {
        "centre": 20,
        "flat": 9,
        "expected": {"intercept": [20, 1], "linear": [1, 0]},
        "failure": {"intercept": [18, 1], "linear": [0.5, 0]},
    },
    "the curve of the transcripts",
)
"""A point more is expected with each score; two less at first, and then half a point more, is failure."""


@dataclass(slots=True)
class _Scene:
    """What the head of a transcript sets, before anything happens."""

    channel: str = "phone"
    now: datetime = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    routines: tuple[Routine, ...] = ()
    contact: str = ""
    backups: tuple[str, ...] = ()
    also: bool = False
    everywhere: bool = True
    language: str = "en"
    country: str = "US"
    licensed: tuple[str, ...] = ()
    curve: Curve | None = None
    sessions: SessionRules = field(default_factory=SessionRules)
    costs: CostRules = field(default_factory=CostRules)

    def set(self, name: str, words: list[str]) -> bool:
        """Take a directive of the head; False where it is none."""
        match name:
            case "channel":  # phone: no buttons · app: buttons and edits · sms: the network answers STOP
                (self.channel,) = words
            case "now":
                self.now = datetime.fromisoformat(" ".join(words)).replace(tzinfo=UTC)
            case "schedule":
                self.routines = (*self.routines, _routine(words))
            case "contact":
                self.contact = " ".join(words)
            case "backups":  # who stands in where a therapist has nobody of their own
                self.backups = tuple(CODES[one] for one in words)
            case "also":  # the client has a second address, `mobile`, on a network of its own
                self.also = True
            case "speaks":  # `@speaks de AT`: the clinic and everybody in it, and where they live
                self.language, self.country = words
            case "judged":  # what judges the client's scores, or how they are worded
                self._judged(*words)
            case "stop-here":  # STOP holds for the network it came by only
                self.everywhere = False
            case _:
                return self._sessions(name, words)
        return True

    def _sessions(self, name: str, words: list[str]) -> bool:
        """Take what is about sessions, or about costs; False where it isn't."""
        match name:
            case "cap":  # `@cap day 10`, `@cap month 10`: how many segments may be spent
                most = int(words[1])
                self.costs = CostRules(a_day=most) if words[0] == "day" else CostRules(a_month=most)
            case "around":  # `@around after srs after 10m`: what is asked around each session
                self.routines = (*self.routines, _around(*words))
            case "confirm":  # `@confirm 24h`, `@confirm 24h only`: nobody can cancel by message
                self.sessions = SessionRules(_duration(words[0]), can_cancel="only" not in words)
            case _:
                return False
        return True

    def _judged(self, by: str, *measures: str) -> None:
        """Take `@judged licensed ors`: in licensed wording; `@judged curve`: by expectation too."""
        if by == "curve":
            self.curve = _CURVE
        else:
            self.licensed = measures


def _routine(words: list[str]) -> Routine:
    """Read `weekly ors srs mon 18:00 remind 24h,40h expires 48h`; at its end `together`, or nothing."""
    together = words[-1] == "together"
    name, *measures, day, at, _, remind, _, expires = words[:-1] if together else words
    wall = time.fromisoformat(at)
    return Routine(
        name,
        tuple(measures),
        Weekly(((DAYS.index(day), wall),)),
        tuple(map(_duration, remind.split(","))),
        _duration(expires),
        together=together,
    )


def _around(name: str, measure: str, when: str, away: str) -> Routine:
    """Read `after srs after 10m`: name, measure, before or after, and how long."""
    minutes = Away(minutes=_duration(away) // timedelta(minutes=1))
    rule = BeforeSession(minutes) if when == "before" else AfterSession(minutes)
    return Routine(name, (measure,), rule)


def _duration(words: str) -> timedelta:
    return timedelta(**{_UNITS[words[-1]]: float(words[:-1])})


async def play(transcript: str, url: str) -> Played:
    """Play a transcript on an empty, migrated database; what it says was received makes no difference."""
    lines = [line for line in transcript.splitlines() if not _is_received(line)]
    scene = _Scene()
    rest = [line for line in lines if not (line.startswith("@") and scene.set(*_words(line)))]
    used: set[str] = set()
    clock = Clock(scene.now)
    over = MemoryChannel(
        scene.channel,
        clock=clock,
        edits=scene.channel == "app",
        can_be_asked=scene.channel != "app",
    )
    mobile = MemoryChannel("mobile", clock=clock)
    mobile.sent = over.sent  # one list, so that it is told in order
    networks = (over, mobile) if scene.also else (over,)
    with _listening() as logs:
        async with opened(url, *networks, clock=clock, choices=_policy(networks, scene, used)) as world:
            stage = await _set(_Stage(world, over, scene.language, scene.country), empty="@empty" in rest)
            if scene.also:
                await _give_mobile(world)
            used.clear()
            written = [line async for line in _perform(stage, lines, frozenset(rest))]
    return Played(
        "\n".join(written) + "\n",
        frozenset(used),
        tuple((_NAMES[one.address], one.message.text) for one in over.sent),
        tuple(logs),
        frozenset({*stage.heard, *ADDRESSES.values(), "Brightwater", "Quimby"}),
        scene.language,
    )


def _is_received(line: str) -> bool:
    return line.startswith(_MORE.rstrip()) or re.match(r"\w+<", line) is not None


def _words(line: str) -> tuple[str, list[str]]:
    name, *words = line.removeprefix("@").split()
    return name, words


async def _give_mobile(world: World) -> None:
    """Give the client a second address."""
    address = ("mobile", ADDRESSES["mobile"])
    async with world.service.desk() as desk:
        client = await people.known(desk, CODES["client"])
        await desk.tx.addresses.meet([address], desk.now)
        await desk.tx.addresses.give(*address, client_id=client.id)


def _policy(networks: Sequence[MemoryChannel], scene: _Scene, used: set[str]) -> Policy:
    plain = policy(networks, scene.routines)
    house = replace(plain.house, contact=scene.contact)
    spoken = {code: _recording(language, used) for code, language in LANGUAGES.items()}
    measures = LANGUAGES[scene.language].measures
    return replace(
        plain,
        house=house,
        languages=spoken,
        wording={(key, scene.language): replace(measures[key], ours=False) for key in scene.licensed},
        curves={("ors", AgeGroup.ADULT): scene.curve} if scene.curve else {},
        language=scene.language,
        country=scene.country,
        stop_everywhere=scene.everywhere,
        sessions=scene.sessions,
        costs=scene.costs,
        backups=scene.backups,
    )


async def _set(stage: _Stage, *, empty: bool) -> _Stage:
    """Set the stage: an operator, and unless `empty` a therapist and a client who has agreed."""
    await stage.world.service.sync([(stage.over.name, ADDRESSES["operator"])])
    if not empty:
        await stage.world.add_therapist(language=stage.language)
        await stage.world.consented(country=stage.country, language=stage.language)
        stage.seen = len(stage.over.sent)
    return stage


async def _perform(stage: _Stage, lines: list[str], acted: frozenset[str]) -> AsyncIterator[str]:
    for line in lines:
        yield line
        if said := _SAID.fullmatch(line):
            await stage.say(*said.groups())
        elif line.startswith("@") and line in acted and line != "@empty":
            name, words = _words(line)
            await _DIRECTIVES[name](stage, words)
            await stage.world.send_out()
        for received in stage.received():
            yield received


class _Lines(logging.Handler):
    """Keeps what libraries log."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line, with the exception's whole text."""
        self._lines.append(logging.Formatter().format(record))


@contextmanager
def _listening() -> Iterator[list[str]]:
    """Collect every log line while it lasts; ours are there when it is over."""
    lines: list[str] = []
    handler = _Lines(lines)
    logging.getLogger().addHandler(handler)
    try:
        with capture_logs() as ours:
            yield lines
    finally:
        logging.getLogger().removeHandler(handler)
    lines += [repr(one) for one in ours]

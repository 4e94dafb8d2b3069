"""Plays a transcript through the front door, and writes down what everybody received.

A transcript is a text file of lines:

    # a comment
    @directive words            sets the scene, or lets time pass (`_DIRECTIVES`)
    client> text                somebody writes: client, therapist, stranger, operator, other, colleague
    client> [photo]             or does more: [press 7], [edited], [link], [blocked], [returned], [unreadable]
    client< text                what they receive; further lines of a message begin with "      | "

On the channel `app` a message's buttons stand below it, a row in a pair of brackets, and the message
that an edit replaced is said in brackets.
"""

from __future__ import annotations

import gettext
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType

from structlog.testing import capture_logs

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
from bot.languages import LANGUAGES, Language
from bot.policy import Policy
from bot.service import people
from bot.timetable import DAYS, Routine
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
    }
)
"""Who takes part, and where they are reached; `other` is a second client, `colleague` their therapist."""

CODES = MappingProxyType({"client": "AB", "other": "CD", "therapist": "T1", "colleague": "T2"})

_NAMES = {address: name for name, address in ADDRESSES.items()}
_SAID = re.compile(r"(\w+)> (.*)")
_PRESS = re.compile(r"\[press (\S+)(?: on (.+))?\]")
_MORE = "      | "
_ROW = re.compile(r"\bmessage \d+")  # PostgreSQL gives no number twice, even where nothing was kept
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a transcript.

    Attributes:
        text: the transcript with what was received in it.
        used: the texts of bot/wording.py that were made on the way.
        sent: every message that reached somebody, by name.
        logs: every log line, ours and the libraries'.
        secrets: what no log line may hold: words, names, addresses.
    """

    text: str
    used: frozenset[str]
    sent: tuple[tuple[str, str], ...]
    logs: tuple[str, ...]
    secrets: frozenset[str]


class _Catalogue(gettext.NullTranslations):
    """Remembers every text that was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.used: set[str] = set()

    def gettext(self, message: str) -> str:
        """Give the text itself, and remember it."""
        self.used.add(message)
        return message


@dataclass(frozen=True)
class _RecordingPolicy(Policy):
    """Speaks English that remembers what was said."""

    english: Language = LANGUAGES["en"]

    def speak(self, code: str | None) -> Language:
        """Give English, whatever was asked for."""
        assert code in {None, "en"}
        return self.english


@dataclass(slots=True)
class _Stage:
    """A transcript under way."""

    world: World
    over: MemoryChannel
    links: dict[str, str] = field(default_factory=dict)
    seen: int = 0
    heard: list[str] = field(default_factory=list)

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
        if self.over.edits and one.message.choices:
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
        said = self._act(name, words) if words.startswith("[") else Wrote(words)
        self.heard += [said.text] if isinstance(said, Wrote) and len(said.text) > len("AGREE") else []
        await self.world.hear(said, ADDRESSES[name])

    def _act(self, name: str, words: str) -> Said:
        if press := _PRESS.fullmatch(words):
            return self._press(ADDRESSES[name], press.group(1), press.group(2) or "")
        acts: dict[str, Said] = {
            "[photo]": SentMedia("photo"),
            "[edited]": Edited("my sister moved out, and so did I"),
            "[blocked]": Left(),
            "[returned]": Returned(),
            "[unreadable]": Unreadable('{"update_id": 1, "poll": {}}'),
            "[blank]": Wrote(""),
            "[link]": Wrote(f"/start {self.links.get(name, 'no-such-invitation-here')}"),
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

    `@add client GB` lives there. Who is neither linked nor invited has agreed already.
    """
    name, *how = words
    address = None if "linked" in how else ADDRESSES[name]
    country = next((one for one in how if one.isupper()), "US")
    if name in {"therapist", "colleague"}:
        await stage.world.add_therapist(CODES[name], address)
        return
    therapist = CODES["colleague" if name == "other" else "therapist"]
    await stage.world.add_client(CODES[name], address, therapist, country=country)
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


async def _refuse(stage: _Stage, words: list[str]) -> None:
    """`@refuse therapist`: the network refuses their address; `opted-out`: because they asked it to."""
    address = stage.world.inbound("", ADDRESSES[words[0]]).address
    stage.over.always[address] = UnreachableError("refused", opted_out="opted-out" in words)


async def _fail(stage: _Stage, words: list[str]) -> None:
    """`@fail account`, `@fail message`: the network refuses the next message, for either's sake."""
    errors = {"account": SenderFaultError("at fault"), "message": RefusedError("refused")}
    stage.over.faults.append(Lost(errors[words[0]]))


async def _drop(stage: _Stage, words: list[str]) -> None:
    """`@drop srs`: the measure is gone, so that a message about it can't be worked on."""
    service = stage.world.service
    left = {key: one for key, one in service.policy.instruments.items() if key not in words}
    service.policy = replace(service.policy, instruments=left)


async def _operators(stage: _Stage, words: list[str]) -> None:
    """`@operators operator`: who they are."""
    await stage.world.service.sync([(stage.over.name, ADDRESSES[name]) for name in words])


_DIRECTIVES: Mapping[str, _Directive] = MappingProxyType(
    {
        "past": _past,
        "ask": _ask,
        "wait": _wait,
        "at": _at,
        "invite": _invite,
        "links": _links,
        "add": _add,
        "pause": lambda stage, words: _care(stage, ["pause", *words]),
        "resume": lambda stage, words: _care(stage, ["resume", *words]),
        "close": lambda stage, words: _care(stage, ["close", *words]),
        "refuse": _refuse,
        "fail": _fail,
        "drop": _drop,
        "operators": _operators,
    }
)


@dataclass(slots=True)
class _Scene:
    """What the head of a transcript sets, before anything happens."""

    channel: str = "phone"
    now: datetime = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    routines: tuple[Routine, ...] = ()
    contact: str = ""

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
            case _:
                return False
        return True


def _routine(words: list[str]) -> Routine:
    """Read `weekly ors srs mon 18:00 remind 24h expires 48h`."""
    name, *measures, day, at, _, remind, _, expires = words
    wall = time.fromisoformat(at)
    return Routine(name, tuple(measures), DAYS.index(day), 7, wall, _duration(remind), _duration(expires))


def _duration(words: str) -> timedelta:
    return timedelta(**{_UNITS[words[-1]]: float(words[:-1])})


async def play(transcript: str, url: str) -> Played:
    """Play a transcript on an empty, migrated database; what it says was received makes no difference."""
    lines = [line for line in transcript.splitlines() if not _is_received(line)]
    scene = _Scene()
    rest = [line for line in lines if not (line.startswith("@") and scene.set(*_words(line)))]
    catalogue = _Catalogue()
    clock = Clock(scene.now)
    over = MemoryChannel(
        scene.channel,
        clock=clock,
        edits=scene.channel == "app",
        answers_stop=scene.channel == "sms",
        can_be_asked=scene.channel != "app",
    )
    with _listening() as logs:
        async with opened(url, over, clock=clock, choices=_policy(over, scene, catalogue)) as world:
            stage = await _set(world, over, empty="@empty" in rest)
            catalogue.used.clear()
            written = [line async for line in _perform(stage, lines, frozenset(rest))]
    return Played(
        "\n".join(written) + "\n",
        frozenset(catalogue.used),
        tuple((_NAMES[one.address], one.message.text) for one in over.sent),
        tuple(logs),
        frozenset({*stage.heard, *ADDRESSES.values(), "Brightwater", "Quimby"}),
    )


def _is_received(line: str) -> bool:
    return line.startswith(_MORE.rstrip()) or re.match(r"\w+<", line) is not None


def _words(line: str) -> tuple[str, list[str]]:
    name, *words = line.removeprefix("@").split()
    return name, words


def _policy(over: MemoryChannel, scene: _Scene, catalogue: _Catalogue) -> Policy:
    plain = policy([over], scene.routines)
    house = replace(plain.house, contact=scene.contact)
    return _RecordingPolicy(
        house,
        plain.quiet,
        plain.routines,
        edits=plain.edits,
        answers_stop=plain.answers_stop,
        english=replace(LANGUAGES["en"], catalogue=catalogue),
    )


async def _set(world: World, over: MemoryChannel, *, empty: bool) -> _Stage:
    """Set the stage: an operator, and unless `empty` a therapist and a client who has agreed."""
    stage = _Stage(world, over)
    await world.service.sync([(over.name, ADDRESSES["operator"])])
    if not empty:
        await world.add_therapist()
        await world.consented()
        stage.seen = len(over.sent)
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

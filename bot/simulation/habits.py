"""What people of different habits do about a message. Pure, but for the chance that they draw from.

A habit tells of the first question of a check-in what makes it a habit; whoever has begun to answer goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from bot.simulation import words
from bot.simulation.acts import Act, Deed, Heard, Question, minutes
from bot.simulation.courses import Course

_FIRST_AFTER = (5, 15, 30)
"""After how many minutes a first question is answered. Few, so that many people write at once."""

_NEXT_AFTER = 1
_LONG_AFTER = timedelta(hours=80)
_AWAY = timedelta(weeks=3)
_PAUSED = timedelta(weeks=4)
_HOUR, _DAY = 60, 24 * 60


@dataclass(frozen=True, slots=True)
class Mind:
    """What somebody decides by.

    Attributes:
        chance: what they draw from; nobody else does.
        turn: the check-in, counted from 1, at which a habit turns.
        course: how they fare.
        language: the code of the language in which they write.
    """

    chance: Random
    turn: int
    course: Course
    language: str


Habit = Callable[[Heard, Mind], Sequence[Act]]
"""Says what somebody does about a message that reached them."""


def prompt(heard: Heard, mind: Mind) -> Sequence[Act]:
    """Answer whatever is asked, soon."""
    asked = heard.asks
    return () if asked is None else (_answer(heard, asked, mind),)


def late(heard: Heard, mind: Mind) -> Sequence[Act]:
    """Begin only when reminded."""
    asked = heard.asks
    return () if asked is None or asked.opens else prompt(heard, mind)


def very_late(heard: Heard, mind: Mind) -> Sequence[Act]:
    """Answer the first question when the check-in is over, and no reminder."""
    asked = heard.asks
    if asked is None or (asked.position == 0 and asked.before):
        return ()
    return (Act(_LONG_AFTER, _numbers(heard, asked, mind)),) if asked.opens else prompt(heard, mind)


def falling_silent(heard: Heard, mind: Mind) -> Sequence[Act]:
    """Answer promptly until a check-in from which on nothing is answered."""
    asked = heard.asks
    return () if asked is None or asked.check_in >= mind.turn else prompt(heard, mind)


def silent(_heard: Heard, _mind: Mind) -> Sequence[Act]:
    """Answer nothing at all."""
    return ()


def wordy(heard: Heard, mind: Mind) -> Sequence[Act]:
    """Write words beside the numbers."""
    asked = heard.asks
    if asked is None:
        return ()
    beside = mind.chance.choice(words.BESIDE.get(mind.language, words.BESIDE["en"]))
    comma = "\u060c" if mind.language == "ar" else ","
    return (minutes(_delay(asked, mind), f"{_numbers(heard, asked, mind)}{comma} {beside}"),)


def postponing(heard: Heard, mind: Mind) -> Sequence[Act]:
    """Put every other check-in off once."""
    asked = heard.asks
    if asked is not None and asked.opens and mind.chance.random() < 1 / 2:
        return (minutes(_delay(asked, mind), mind.chance.choice(words.LATER)),)
    return prompt(heard, mind)


def leaving(heard: Heard, mind: Mind) -> Sequence[Act]:
    """Write STOP to a check-in, and to none after it: whoever comes back means to stay."""
    if _turns(heard.asks, mind):
        stop = minutes(_delay(heard.asks, mind), words.STOP)
        comes_back = mind.turn % 2 == 0
        return (stop, Act(stop.after + _AWAY, words.START)) if comes_back else (stop,)
    return prompt(heard, mind)


def pausing(heard: Heard, mind: Mind) -> Sequence[Act]:
    """Have the office pause the check-ins once for some weeks."""
    if _turns(heard.asks, mind):
        pause = minutes(_delay(heard.asks, mind), Deed.PAUSE)
        return (pause, Act(pause.after + _PAUSED, Deed.RESUME))
    return prompt(heard, mind)


def unclear(heard: Heard, mind: Mind) -> Sequence[Act]:
    """Write something unclear to every third item, and a number when asked again."""
    asked = heard.asks
    if asked is not None and not asked.before and mind.chance.random() < 1 / 3:
        return (minutes(_delay(asked, mind), mind.chance.choice(words.UNCLEAR)),)
    return prompt(heard, mind)


def in_danger(heard: Heard, mind: Mind) -> Sequence[Act]:
    """Write of danger to life in answer to one question, and go on with the check-in two hours later."""
    if _turns(heard.asks, mind):
        danger = minutes(_delay(heard.asks, mind), words.DANGER)
        return (danger, Act(danger.after + timedelta(hours=2), words.GO_ON))
    return prompt(heard, mind)


def acknowledging(heard: Heard, mind: Mind) -> Sequence[Act]:
    """Acknowledge each alert within a few hours."""
    if heard.alert is None or heard.told:
        return ()
    return (minutes(mind.chance.randrange(_HOUR // 2, 3 * _HOUR, _HOUR // 2), f"ACK {heard.alert}"),)


def closing(heard: Heard, mind: Mind) -> Sequence[Act]:
    """Acknowledge each alert soon, and close it a day later."""
    if heard.alert is None or heard.told:
        return ()
    seen = minutes(mind.chance.choice(_FIRST_AFTER), f"ACK {heard.alert}")
    return (seen, Act(seen.after + timedelta(days=1), f"CLOSED {heard.alert} {words.DONE}"))


def slow(heard: Heard, mind: Mind) -> Sequence[Act]:
    """Acknowledge each alert after a day or two."""
    if heard.alert is None or heard.told:
        return ()
    return (minutes(mind.chance.randrange(_DAY, 2 * _DAY, _HOUR), f"ACK {heard.alert}"),)


def _turns(asked: Question | None, mind: Mind) -> bool:
    """Tell whether this is the first question of the check-in at which a habit turns."""
    return asked is not None and asked.opens and asked.check_in == mind.turn


def _answer(heard: Heard, asked: Question, mind: Mind) -> Act:
    return minutes(_delay(asked, mind), _numbers(heard, asked, mind))


def _delay(asked: Question | None, mind: Mind) -> int:
    """Choose after how many minutes to answer; whoever is at it answers at once."""
    opens = asked is not None and asked.position == 0
    return mind.chance.choice(_FIRST_AFTER) if opens else _NEXT_AFTER


def _numbers(heard: Heard, asked: Question, mind: Mind) -> str:
    drawn = (mind.course.answer(asked.measure, heard.week, mind.chance) for _ in range(asked.items))
    return " ".join(map(str, drawn))

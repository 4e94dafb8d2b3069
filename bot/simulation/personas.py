"""The kinds of people there are in a simulation: a habit, a course, and how many of them there are."""

from __future__ import annotations

from dataclasses import dataclass

from bot.simulation import habits
from bot.simulation.courses import DETERIORATING, IMPROVING, STEADY, Course
from bot.simulation.habits import Habit


@dataclass(frozen=True, slots=True)
class Persona:
    """A kind of person.

    Attributes:
        name: what it is called; names stay the same from version to version.
        habit: what they do about messages.
        course: how they fare.
        share: how many of them there are in a hand of everybody.
    """

    name: str
    habit: Habit
    course: Course = STEADY
    share: int = 1


CLIENTS = (
    Persona("answering", habits.prompt, IMPROVING, 5),
    Persona("late", habits.late, IMPROVING, 2),
    Persona("very late", habits.very_late),
    Persona("silent", habits.falling_silent, share=2),
    Persona("deteriorating", habits.prompt, DETERIORATING, 2),
    Persona("wordy", habits.wordy, IMPROVING, 2),
    Persona("postponing", habits.postponing),
    Persona("leaving", habits.leaving),
    Persona("pausing", habits.pausing),
    Persona("unclear", habits.unclear, IMPROVING),
)
"""The clients."""

IN_DANGER = Persona("in danger", habits.in_danger, DETERIORATING)
"""The one client who writes of danger, where there is one."""

THERAPISTS = (
    Persona("closing", habits.closing, share=2),
    Persona("acknowledging", habits.acknowledging, share=2),
    Persona("slow", habits.slow),
    Persona("never", habits.silent),
)
"""The therapists, by how they answer alerts."""

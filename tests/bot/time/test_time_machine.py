"""Whatever happens to time: nothing twice, nothing early, nothing lost, nobody written to at night."""

from __future__ import annotations

from functools import partial

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.bot.time.machine import TimeMachine
from tests.bot.time.stage import Lend, in_memory
from tests.databases import Databases, migrated


def machine_on(lend: Lend) -> type[TimeMachine]:
    """Make the machine on databases that are lent by a function."""

    class OnThese(TimeMachine):
        def __init__(self) -> None:
            super().__init__(lend)

    return OnThese


def run(lend: Lend, examples: int) -> None:
    """Let so many clinics live through thirty steps each."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=30,
        suppress_health_check=[HealthCheck.too_slow],  # an example is a month of a clinic
    )
    run_state_machine_as_test(machine_on(lend), settings=chosen)


def test_time_in_any_order_on_sqlite() -> None:
    run(in_memory, max(settings().max_examples // 8, 2))


def test_time_in_any_order_on_postgresql(databases: Databases) -> None:
    run(partial(databases.emptied, "postgresql", migrated), 3)

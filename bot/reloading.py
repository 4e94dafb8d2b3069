"""The config read again while Attune runs: a sound one is put in force, a faulty one changes nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from bot.changes import in_force, snapshot, waiting
from bot.keeping import keep
from bot.office import operators_of, policy_of
from bot.settings import ConfigError, Settings, load

if TYPE_CHECKING:
    from pathlib import Path

    from bot.policy import Policy
    from bot.service import Service

log = structlog.get_logger(__name__)


async def begin(service: Service, settings: Settings) -> None:
    """Put the config of the start in force."""
    service.policy.lexicon.ready()
    await asyncio.to_thread(keep)
    await service.sync(operators_of(settings), applied=snapshot(settings))


async def read_again(service: Service, running: Settings, config: Path | None) -> Settings:
    """Read the config and put it in force, all of it that does not need a restart, or nothing.

    Args:
        service: whose choices are replaced, between two transactions.
        running: the settings in force.
        config: the file that the process was started with; None for the one that `load` finds.

    Returns:
        The settings in force from now on.
    """
    try:
        read, sound, policy = await asyncio.to_thread(_read, running, config)
    except ConfigError as error:
        log.error(  # noqa: TRY400 (a traceback tells nothing that the faults don't)
            "The config has faults, so nothing was changed.",
            action="reload_refused",
            faults=[str(fault) for fault in error.faults],
        )
        await service.refuse_config(len(error.faults))
        return running
    later = waiting(running, read)
    await service.sync(operators_of(sound), policy=policy, applied=snapshot(sound), waiting=later)
    log.info(
        "The config was read again.",
        action="reloaded",
        schedules=len(sound.schedules),
        needs_restart=list(later),
    )
    return sound


def _read(running: Settings, config: Path | None) -> tuple[Settings, Settings, Policy]:
    """Read the config, give what of it can be put in force, and the choices that follow."""
    read = load(config)
    sound = in_force(running, read)
    policy = policy_of(sound)
    policy.lexicon.ready()
    return read, sound, policy

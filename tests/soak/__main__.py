"""`make soak`: the real `attune run`, a Telegram on this machine, and the clients of five busy clinics.

Every ten seconds its memory, its open files and how long replies waited are noted. At the end a table says
how it went, build/soak.json holds every sample, and the exit status is 0 only where nothing crept and nobody
waited in vain.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from storage import tables as t
from storage.crypto import new_keyring
from tests.bench import documents
from tests.bench.caseload import IN_CONFIG, Caseload, serviced
from tests.fakes.telegram import FakeTelegram
from tests.soak.load import BUSY, Load, sessions_an_hour
from tests.soak.samples import Sample, look, parts, verdicts
from tests.walks.attune import Attune, Section

RESULTS = Path("build/soak.json")
SOAK = ("<!-- soak: make soak -->", "<!-- end of soak -->")
"""Between these lines of docs/performance.md the last run stands."""

EVERY = 10.0
"""Seconds between two samples."""

_THERAPIST = 900_000
"""The chat in which alerts arrive."""

_LEAD = 15.0
"""Seconds until the first client is asked: until it is up."""

_LAST = 150.0
"""Seconds before the end in which nobody is asked any more, so that all can finish."""


async def soak(folder: Path, minutes: float, busy: int) -> tuple[list[Sample], Load]:
    """Let it run for so many minutes, and give what was seen."""
    url, keyring = f"sqlite:///{folder / 'soak.db'}", new_keyring()
    apart = 3600 / sessions_an_hour(busy)
    people = max(1, int((minutes * 60 - _LAST) / apart))
    begin = datetime.now(UTC) + timedelta(seconds=_LEAD)
    await _fill(url, keyring, begin, timedelta(seconds=apart), people=people)
    async with FakeTelegram() as telegram:
        telegram.chats |= {number: [] for number in (*range(1, people + 1), _THERAPIST)}
        where: Section = {"api_base": telegram.base_url}
        secrets = {"telegram.token": telegram.token, "keys.keyring": keyring}
        async with Attune(folder, url, secrets, telegram=where) as attune:
            attune.rewrite("", IN_CONFIG.replace('["ors"]', '["ors", "srs"]'))
            load = Load(telegram)
            running = await attune.start()
            await attune.until_ready()
            samples = await _watch(running.process.pid, load, people, minutes)
            if status := await running.end():
                msg = f"it ended with {status}"
                raise RuntimeError(msg)
    return samples, load


async def _fill(url: str, keyring: str, begin: datetime, apart: timedelta, *, people: int) -> None:
    """Write clients into an empty database, each of whom falls due a while after the one before."""
    load = Caseload(people, people, channel="telegram", address=str, therapist=str(_THERAPIST))
    async with serviced(url, load, keyring=keyring) as service, service.store.engine.begin() as connection:
        due = sa.update(t.schedules).where(t.schedules.c.client_id == sa.bindparam("who"))
        await connection.execute(
            due.values(next_due_at=sa.bindparam("then", type_=t.schedules.c.next_due_at.type)),
            [{"who": number, "then": begin + number * apart} for number in range(1, people + 1)],
        )


async def _watch(process: int, load: Load, people: int, minutes: float) -> list[Sample]:
    """Let everybody answer, and look at the process every ten seconds."""
    answering = [asyncio.create_task(_from_the_first(load, chat)) for chat in range(1, people + 1)]
    samples, began = [], time.monotonic()
    while (at := time.monotonic() - began) < minutes * 60:
        samples.append(look(process, at, load.waits))
        load.waits.clear()
        load.telegram.calls.clear()  # or we would be what grows
        await asyncio.sleep(EVERY)
    for task in answering:
        task.cancel()
    for ended in await asyncio.gather(*answering, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended
    load.silent += sum(task.cancelled() for task in answering)
    return samples


async def _from_the_first(load: Load, chat: int) -> None:
    """Wait, however long, for the first question, and answer from there on."""
    while not load.telegram.from_bot(chat):  # noqa: ASYNC110 - hundreds wait, and each change would wake them
        await asyncio.sleep(1)
    await load.answer(chat)


def show(samples: Sequence[Sample], load: Load, console: Console) -> bool:
    """Print how it went, and tell whether it went well."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("minutes", "memory, MB", "open files", "replies", "p50, ms", "p99, ms"):
        table.add_column(column, justify="right")
    for one in parts(samples, 10):
        span = f"{one.begin / 60:.0f} to {one.end / 60:.0f}"
        waits = (f"{one.p50 * 1000:.0f}", f"{one.p99 * 1000:.0f}")
        table.add_row(span, f"{one.memory:.1f}", f"{one.files:.0f}", str(one.replies), *waits)
    console.print(table)
    found = verdicts(samples)
    for each in found:
        word = "flat" if each.flat else "CREEPS"
        console.print(
            f"{word}: {each.what}: {each.first:.3g} in the first third, {each.last:.3g} in the last"
        )
    console.print(f"{load.replies} replies; {load.silent} people waited in vain.")
    return load.silent == 0 and load.replies > 0 and all(one.flat for one in found)


def _in_markdown(samples: Sequence[Sample], load: Load) -> str:
    """Give how it went as the table of docs/performance.md."""
    lines = [
        "| minutes | memory, MB | open files | replies | p50, ms | p99, ms |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for one in parts(samples, 6):
        waits = f"{one.p50 * 1000:.0f} | {one.p99 * 1000:.0f}"
        span = f"{one.begin / 60:.0f} to {one.end / 60:.0f}"
        lines.append(f"| {span} | {one.memory:.1f} | {one.files:.0f} | {one.replies} | {waits} |")
    lines += ["", f"{load.replies} replies; {load.silent} people waited in vain. Between the thirds:", ""]
    lines += [
        f"- {one.what}: {one.first:.3g}, then {one.last:.3g}: {'flat' if one.flat else 'it creeps'}"
        for one in verdicts(samples)
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Soak, and end with 1 where something crept."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="how long (default: 30, at least 5)")
    parser.add_argument(
        "--busy", type=int, default=BUSY, help=f"how many busy clinics' load (default: {BUSY})"
    )
    asked = parser.parse_args()
    if asked.minutes < 5:
        parser.error("--minutes must be 5 or more: what creeps is not seen in less")
    RESULTS.parent.mkdir(exist_ok=True)
    console = Console(width=110)
    an_hour = sessions_an_hour(asked.busy)
    console.print(
        f"{an_hour:.0f} sessions an hour, {an_hour * 18:.0f} messages, for {asked.minutes:g} minutes."
    )
    with tempfile.TemporaryDirectory(dir=RESULTS.parent, prefix="soak-") as folder:
        samples, load = asyncio.run(soak(Path(folder).absolute(), asked.minutes, asked.busy))
    documents.put(SOAK, _in_markdown(samples, load))
    rows = [dataclasses.asdict(one) for one in samples]
    RESULTS.write_text(
        json.dumps({"replies": load.replies, "silent": load.silent, "samples": rows}, indent=1)
    )
    sys.exit(not show(samples, load, console))


if __name__ == "__main__":
    main()

"""`attune preview`: when the schedules will ask, or any rule would."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from sqlalchemy.engine import make_url

from bot.cli.common import ConfigOption, err, in_order, one_line, out, refuse, settings_of, table
from bot.cli.json_lines import Answer, answer_file, answered
from bot.office import opened, policy_of
from bot.preview import FIRST, LAST, PreviewError, previewed, utc
from bot.service.foreseeing import Foreseen, foreseen, foreseen_without_clients, prospects
from bot.service.people import PeopleError
from bot.settings import Settings
from storage.records import Client, ClientState

LONGEST = timedelta(days=3660)
"""How far apart the dates may lie: ten years."""

_CASE = (
    '{"when": {"cron": "30 2 * * *"}, "zone": "America/New_York", "from": "2026-03-07", "to": "2026-03-09"}'
)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    dates = "attune preview --from 2026-03-01 --to 2026-03-31 --table"
    app.command("preview", epilog=f"Example: {dates}, or echo '{_CASE}' | attune preview -")(preview_command)


def preview_command(
    file: Annotated[
        str | None,
        typer.Argument(help="A file of JSON objects, a rule each, one a line; - for stdin."),
    ] = None,
    *,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first local date.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last local date.")
    ] = None,
    client: Annotated[str | None, typer.Option(help="Only this client, by code.")] = None,
    as_table: Annotated[bool, typer.Option("--table", help="A table to read, not JSON lines.")] = False,
    config: ConfigOption = None,
) -> None:
    """Tell when clients will be asked: by the config and what is planned for each, or by rules of your own.

    With --from and --to: every occurrence of every schedule from one local date to another, both included.
    Before there are clients, those of the config on the clinic's clock.

    With a file each line is a rule: {"when": {"weekly": "mon 10:00"}, "zone": "Europe/Berlin",
    "from": "2026-03-01", "to": "2026-03-31"}, and, where wanted, "start", "end", "skip", "holidays",
    "enrolled" and "sessions". It is answered by {"occurrences": [...]} in UTC. A line that can't be read is
    answered by {"error": ...} in its place, and the command then exits with 2.
    """
    if file is not None:
        if first or last or client or as_table or config:
            refuse("Each line of a file has its own dates: leave out the options, or leave out the file")
        answer_file(file, cases_answered)
        return
    days = _days(first, last)
    settings = settings_of(config)
    with one_line():
        found, left_out = asyncio.run(_found(settings, days, client))
    if left_out:
        err.print(left_out, markup=False)
    (_print_table if as_table else _print_lines)(found)


def cases_answered(lines: Iterable[str]) -> Iterator[tuple[int, Answer]]:
    """Answer cases, a line each; gives the line's number, and the occurrences or what is wrong."""
    return answered(lines, previewed, PreviewError)


def _days(first: datetime | None, last: datetime | None) -> tuple[date, date]:
    if first is None or last is None:
        refuse("Say from when to when: --from 2026-03-01 --to 2026-03-31; or give rules: attune preview -")
    days = in_order(first, last)
    if not FIRST <= days[0] <= days[1] <= LAST or days[1] - days[0] > LONGEST:
        refuse("Write --from and, no more than ten years later, --to: --from 2026-03-01 --to 2026-03-31")
    return days


async def _found(
    settings: Settings, days: tuple[date, date], code: str | None
) -> tuple[Sequence[Foreseen], str]:
    """Look ahead; gives what is found, and who is not in it and why, "" where nobody is left out.

    Raises:
        PeopleError: there is no such client.
    """
    policy = policy_of(settings)
    if not _exists(settings.database.url):  # nothing is made by looking
        return _of_nobody(code) or foreseen_without_clients(policy, days), ""
    async with opened(settings) as service:
        now = service.clock()
        async with service.store.transaction() as transaction:
            clients = await transaction.people.clients()
            wanted = [one for one in clients if code in {None, one.code}]
            known = await prospects(transaction, now, wanted)
    if not wanted:
        return _of_nobody(code) or foreseen_without_clients(policy, days), ""
    return foreseen(policy, known, now, days), _left_out(wanted, anybody=bool(known))


def _left_out(wanted: Sequence[Client], *, anybody: bool) -> str:
    """Say who is not shown because they have not agreed, or why there is nobody at all."""
    invited = [one.code for one in wanted if one.state is ClientState.INVITED]
    if invited:
        return f"Not shown, because they have not agreed yet: {', '.join(invited)}."
    return "" if anybody else "Nothing is shown, because no client is asked now: see attune client list."


def _exists(url: str) -> bool:
    """Tell whether there is a database; a file is all that can be looked for."""
    parsed = make_url(url)
    return parsed.get_backend_name() != "sqlite" or Path(parsed.database or "").is_file()


def _of_nobody(code: str | None) -> Sequence[Foreseen]:
    if code is not None:
        msg = f"there is no client {code}; see: attune client list"
        raise PeopleError(msg)
    return ()


def _print_lines(found: Sequence[Foreseen]) -> None:
    shown = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="\n")
    shown.writelines(json.dumps(line(one), ensure_ascii=False) + "\n" for one in found)
    shown.flush()
    shown.detach()


def line(one: Foreseen) -> Answer:
    """Write an occurrence as the JSON line has it; the keys are always the same, in this order."""
    return {
        "client": one.client,
        "schedule": one.schedule,
        "measures": list(one.measures),
        "utc": utc(one.due_at),
        "local": _local(one.due_at, one.zone).isoformat(timespec="seconds"),
        "zone": one.zone,
        "local_date": one.local_date.isoformat(),
        "asked_at_utc": None if one.asked_at is None else utc(one.asked_at),
        "missed": one.asked_at is None,
    }


def _local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone))


def _print_table(found: Sequence[Foreseen]) -> None:
    shown = table("client", "schedule", "measures", "falls due", "asked", "zone")
    for one in found:
        due = f"{_local(one.due_at, one.zone):%a %Y-%m-%d %H:%M}"
        shown.add_row(one.client or "", one.schedule, ", ".join(one.measures), due, _asked(one), one.zone)
    out.print(shown)


def _asked(one: Foreseen) -> str:
    if one.asked_at is None:
        return "missed"
    return "then" if one.asked_at == one.due_at else f"{_local(one.asked_at, one.zone):%a %H:%M}"

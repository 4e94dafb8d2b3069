"""`attune costs`: what text messages cost, by therapist and client."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Annotated

import typer

from bot.caps import Price, month_of
from bot.cli.common import ConfigOption, in_office, out, table
from bot.service import Service
from bot.settings import Settings
from storage.costs import Sums

_WAYS = ("messages_out", "segments_out", "messages_in", "segments_in")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: attune costs --month 2026-11")(costs)


def costs(
    *,
    month: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m"], help="The month, of UTC; without it, this one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for machines.")] = False,
    config: ConfigOption = None,
) -> None:
    """Say what text messages cost in a month, by therapist and client, and how near the caps are."""

    async def work(service: Service, _: Settings) -> dict[str, object]:
        return await _found(service, month.date() if month else service.clock().date())

    found = in_office(config, work)
    if as_json:
        out.print(json.dumps(found), markup=False)
    else:
        _show(found)


async def _found(service: Service, day: date) -> dict[str, object]:
    first, last = month_of(day)
    rules, now = service.policy.costs, service.clock()
    async with service.store.reading() as transaction:
        sums = await transaction.costs.by_person(first, last)
        caps = [
            {
                "key": cap.key,
                "period": cap.period,
                "segments": await transaction.costs.spent(cap.first, cap.last),
                "cap": cap.most,
            }
            for cap in rules.caps(now)
        ]
    return {
        "month": f"{first:%Y-%m}",
        **_summed(sums, rules.price),
        "therapists": _by_therapist([one for one in sums if one.therapist is not None], rules.price),
        "others": _summed([one for one in sums if one.therapist is None], rules.price),
        "caps": caps,
    }


def _by_therapist(sums: Sequence[Sums], price: Price | None) -> list[dict[str, object]]:
    """Sum up each therapist's messages: their clients', and their own."""
    found: list[dict[str, object]] = []
    for code, group in groupby(sums, key=lambda one: one.therapist):
        theirs = tuple(group)
        clients = [{"code": one.client, **_summed([one], price)} for one in theirs if one.client is not None]
        own = _summed([one for one in theirs if one.client is None], price)
        found.append({"code": code, **_summed(theirs, price), "own": own, "clients": clients})
    return found


def _summed(sums: Iterable[Sums], price: Price | None) -> dict[str, object]:
    every = tuple(sums)
    totals: dict[str, int] = {way: sum(getattr(one, way) for one in every) for way in _WAYS}
    cost = None if price is None else price.of(totals["segments_out"] + totals["segments_in"])
    return {**totals, "price": cost}


def _show(found: Mapping[str, object]) -> None:
    shown = table("", "sent", "segments", "received", "segments", "price")

    def add(label: str, of: Mapping[str, object]) -> None:
        shown.add_row(label, *(str(of[way]) for way in _WAYS), str(of["price"] or ""))

    for therapist in _rows(found["therapists"]):
        add(f"{therapist['code']}", therapist)
        for client in _rows(therapist["clients"]):
            add(f"  {client['code']}", client)
    add("others", _row(found["others"]))
    add(f"{found['month']}", found)
    out.print(shown)
    for cap in _rows(found["caps"]):
        line = f"costs.{cap['key']}: {cap['segments']} of {cap['cap']} segments used in {cap['period']}."
        out.print(line, markup=False)


def _rows(found: object) -> list[Mapping[str, object]]:
    return [_row(one) for one in found] if isinstance(found, list) else []


def _row(found: object) -> Mapping[str, object]:
    return found if isinstance(found, Mapping) else {}

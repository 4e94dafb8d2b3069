"""Cases as JSON objects: what `attune assess` takes, in points, and gives, in tenths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation

from scoring.assessment import Assessor, Case, Judged
from scoring.instrument import RULE_SETS, AgeGroup, Instrument
from scoring.rules import Finding
from scoring.rules.findings import totals_of
from scoring.score import Score
from scoring.trajectory import Curve, CurveError, curve_from

Table = Mapping[str, object]
"""A JSON object, its numbers read as int and Decimal."""

Json = dict[str, object]

KEYS = ("ruleset", "age_group", "outcome", "alliance", "missed", "curve")
_TENTHS = 10
_TENTH = Decimal("0.1")


class CaseError(ValueError):
    """A case can't be judged; the text says where, and what to write instead."""


def case_from(table: object, assessor: Assessor) -> Case:
    """Make a case of a JSON object.

    Scores are put in the order of their times; those of the same moment in that of their numbers, so that
    the order in which they are given makes no difference.

    Raises:
        CaseError: what is wrong, and what to write instead.
    """
    if not isinstance(table, Mapping):
        msg = 'a case is a JSON object: {"outcome": [{"at": "2026-01-05", "total": 20.1}]}'
        raise CaseError(msg)
    if unknown := sorted(table.keys() - set(KEYS)):
        msg = f"unknown key {unknown[0]!r}; known are {', '.join(KEYS)}"
        raise CaseError(msg)
    return Case(
        outcome=_scores(table.get("outcome"), "outcome", assessor.outcome),
        alliance=_scores(table.get("alliance"), "alliance", assessor.alliance),
        ruleset=_choice(table.get("ruleset"), "ruleset", RULE_SETS),
        age_group=AgeGroup(_choice(table.get("age_group"), "age_group", tuple(AgeGroup))),
        missed=_missed(table.get("missed")),
        curve=_curve(table.get("curve")),
    )


def _choice(value: object, key: str, known: Sequence[str]) -> str:
    """Take one of some words; the first where none is given."""
    if value is None:
        return str(known[0])
    if value not in known:
        msg = f"{key} must be one of {', '.join(known)}"
        raise CaseError(msg)
    return str(value)


def _missed(value: object) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        msg = "missed must be a whole number from 0 on: how many check-ins in a row went unanswered"
        raise CaseError(msg)
    return value


def _curve(value: object) -> Curve | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        msg = "curve must be the content of a curve file: centre, flat, expected, and perhaps failure"
        raise CaseError(msg)
    try:
        return curve_from(value, "curve")
    except CurveError as error:
        raise CaseError(str(error)) from error


def _scores(value: object, key: str, instrument: Instrument) -> tuple[Score, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        msg = f'{key} must be a list of scores: [{{"at": "2026-01-05", "total": 20.1}}]'
        raise CaseError(msg)
    scores = [_score(one, f"{key}[{place}]", instrument) for place, one in enumerate(value)]
    return tuple(sorted(scores, key=lambda one: (one.at, one.total, one.items)))


def _score(value: object, where: str, instrument: Instrument) -> Score:
    if not isinstance(value, Mapping) or value.keys() - {"at", "items", "total"}:
        msg = f'{where} must be an object of "at" and "items" or "total"'
        raise CaseError(msg)
    items, total = value.get("items"), value.get("total")
    if items is None and total is None:
        msg = f'{where} needs "items", {len(instrument.items)} numbers, or "total"'
        raise CaseError(msg)
    at = moment(value.get("at"), f"{where}.at")
    whole = None if total is None else _points(total, f"{where}.total", instrument.total_max)
    if items is None:
        return Score(instrument.key, (whole or 0,), at)
    if not isinstance(items, list) or len(items) != len(instrument.items):
        msg = f"{where}.items must be {len(instrument.items)} numbers: a score is all items or it is none"
        raise CaseError(msg)
    parts = tuple(
        _points(one, f"{where}.items[{place}]", instrument.scale.top) for place, one in enumerate(items)
    )
    if whole is not None and whole != sum(parts):
        msg = f"{where}: the items sum to {Decimal(sum(parts)) / _TENTHS}, and total says {total}"
        raise CaseError(msg)
    return Score(instrument.key, parts, at)


def moment(value: object, where: str) -> datetime:
    """Read a date, which stands for its first moment in UTC, or a time with its zone.

    Raises:
        CaseError: it is neither.
    """
    try:
        if not isinstance(value, str):
            raise TypeError  # noqa: TRY301 (told in one place with what can't be read)
        if len(value) == len("2026-01-05"):
            return datetime.combine(date.fromisoformat(value), time(), UTC)
        read = datetime.fromisoformat(value)
        if read.tzinfo is not None:
            return read.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        msg = f'{where} must be a date or a time with zone: "2026-01-05" or "2026-01-05T10:00:00Z"'
        raise CaseError(msg) from error
    msg = f'{where} needs a zone: "{value}Z" or "{value}+01:00"'
    raise CaseError(msg)


def _points(value: object, where: str, highest: int) -> int:
    """Turn points into tenths."""
    wrong = f"{where} must be a number from 0 to {highest // _TENTHS}, to a tenth"
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise CaseError(wrong)
    try:
        points = Decimal(str(value))
        fits = 0 <= points <= highest // _TENTHS and points == points.quantize(_TENTH)
    except InvalidOperation as error:
        raise CaseError(wrong) from error
    if not fits:
        raise CaseError(wrong)
    return int(points * _TENTHS)


def table_of(case: Case, judged: Judged) -> Json:
    """Give what was judged as a JSON object, all scores in tenths."""
    totals, sessions = totals_of(case.outcome), totals_of(case.alliance)
    yardstick = judged.measured
    category = yardstick.category(totals)
    known = yardstick.cutoff is not None and bool(totals)
    return {
        "outcome": {
            "totals": list(totals),
            "first": totals[0] if totals else None,
            "last": totals[-1] if totals else None,
            "best": yardstick.best(totals) if totals else None,
            "change": yardstick.gain(totals[0], totals[-1]) if len(totals) > 1 else None,
            "category": None if category is None else str(category),
            "zone": str(judged.outcome_zone),
            "expected": judged.lines.expected,
            "failure": judged.lines.failure,
            "above_cutoff": not yardstick.clinical(totals[-1]) if known else None,
            "sawtooth": {
                "changes": judged.sawtooth.changes,
                "teeth": judged.sawtooth.teeth,
                "flagged": judged.sawtooth.flagged,
            },
        },
        "alliance": {
            "totals": list(sessions),
            "last": sessions[-1] if sessions else None,
            "change": sessions[-1] - sessions[-2] if len(sessions) > 1 else None,
            "zone": str(judged.alliance_zone),
        },
        "findings": [_finding(one) for one in judged.findings],
        "suggestions": [f"{table}.{entry}" for table, entry in judged.suggestions],
    }


def _finding(one: Finding) -> Json:
    return {
        "rule": one.rule,
        "severity": str(one.severity),
        "item": one.item,
        "from": one.was,
        "to": one.now,
    }

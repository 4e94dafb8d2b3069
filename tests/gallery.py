"""`make gallery`: draw the pictures of docs/gallery, eight trajectories on light and on dark.

The scores are made up, each course to show one thing; nobody answered them.
"""

from __future__ import annotations

import dataclasses
import io
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from PIL import Image

from bot.charts import (
    DARK,
    LIGHT,
    Alerted,
    Chart,
    Decided,
    Expected,
    OwnChart,
    draw,
    expected_by,
)
from bot.languages import LANGUAGES
from bot.wording.charts import chart_words, own_words
from scoring.change import Yardstick, yardstick
from scoring.instrument import AgeGroup
from scoring.instruments import INSTRUMENTS
from scoring.outlook import Knowledge, Outlook, outlook
from scoring.score import Score
from scoring.similar import Begun
from scoring.trajectory import Curve, Polynomial

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "gallery"
_START = datetime(2026, 2, 5, 10, tzinfo=UTC)
_WEEK = timedelta(weeks=1)

CURVE = Curve(
    Decimal(20),
    12,
    Polynomial(
        ((Decimal(20), Decimal("0.8")), (Decimal("1.1"), Decimal("-0.04")), (Decimal("-0.045"), Decimal(0)))
    ),
    Polynomial(
        ((Decimal(15), Decimal("0.8")), (Decimal("0.5"), Decimal("-0.02")), (Decimal("-0.02"), Decimal(0)))
    ),
)
"""A made-up curve, no site's."""


def chart_in(code: str) -> Chart:
    """Make a chart without scores, in a language, with the numbers of the default rule set for adults."""
    language, alliance = LANGUAGES[code], INSTRUMENTS["srs"]
    words = chart_words(language, language.measures["ors"], language.measures["srs"], alliance.items)
    norms = alliance.norms["icce"]
    return Chart(
        "AB",
        (),
        (),
        words,
        cutoff=INSTRUMENTS["ors"].norms["icce"].cutoff[AgeGroup.ADULT],
        concern=norms.concern_total,
        item_concern=norms.concern_item,
    )


def week(number: float) -> datetime:
    """Give a moment so many weeks after the first session."""
    return _START + number * _WEEK


def outcome(*totals: int | None) -> tuple[Score, ...]:
    """Make weekly scores of these totals, in tenths; none in the weeks of None."""
    return tuple(
        Score("ors", (total,), week(number)) for number, total in enumerate(totals) if total is not None
    )


def alliance(*items: Sequence[int] | None) -> tuple[Score, ...]:
    """Make weekly scores of these items, in tenths, after the session; none in the weeks of None."""
    return tuple(
        Score("srs", tuple(one), week(number) + timedelta(hours=2))
        for number, one in enumerate(items)
        if one is not None
    )


def steady(weeks: int, at: int = 94) -> tuple[Score, ...]:
    """Make an alliance that stays as it is, but for the little by which answers always vary."""
    varies = (0, 1, -1, 2, 0, -2, 1)
    return alliance(
        *([min(100, at + varies[(number + item) % 7]) for item in (0, 2, 3, 5)] for number in range(weeks))
    )


def expected(scores: Sequence[Score]) -> tuple[Expected, ...]:
    """Say where the made-up curve expects each score."""
    ors = INSTRUMENTS["ors"]
    measured = yardstick(ors, ors.norms["icce"], AgeGroup.ADULT)
    return expected_by(line_of(CURVE, measured, scores), scores)


def line_of(curve: Curve | None, measured: Yardstick, scores: Sequence[Score]) -> Outlook | None:
    """Give the line by a curve for a client who was scored so."""
    begun = Begun("ors", AgeGroup.ADULT, scores[0].total)
    highest = INSTRUMENTS["ors"].total_max
    return outlook(Knowledge(curve=curve), begun, measured, sessions=len(scores), highest=highest)


def _improving() -> Chart:
    scores = outcome(141, 152, 149, 171, 186, 182, 204, 211, 219, 236, 231, 243)
    return dataclasses.replace(chart_in("en"), outcome=scores, alliance=steady(12), expected=expected(scores))


def _recovering() -> Chart:
    scores = outcome(184, 201, 223, 219, 246, 262, 281, 290, 312, 318)
    band = tuple(
        Expected(one.at, one.total, max(one.total - 40 - 4 * number, 0), one.total + 40 + 4 * number)
        for number, one in enumerate(expected(scores))
    )
    return dataclasses.replace(chart_in("en"), outcome=scores, alliance=steady(10, 97), expected=band)


def _plateau() -> Chart:
    return dataclasses.replace(
        chart_in("en"),
        outcome=outcome(172, 181, 175, 179, 168, 182, 176, 188, 201, 197),
        alliance=steady(10, 92),
        alerts=(Alerted(week(2), week(2.3)), Alerted(week(5), week(5.1))),
        decisions=(Decided(week(6), "changed focus to sleep"),),
    )


def _deteriorating() -> Chart:
    return dataclasses.replace(
        chart_in("en"),
        outcome=outcome(272, 281, 264, 243, 251, 222, 208, 196, 183),
        alliance=steady(9),
        alerts=(Alerted(week(5), week(5.2)), Alerted(week(6), week(6.9)), Alerted(week(8))),
        decisions=(Decided(week(4.2), "trauma work begins", date(2026, 5, 1)),),
    )


def _sawtooth() -> Chart:
    return dataclasses.replace(
        chart_in("en"),
        outcome=outcome(220, 290, 192, 201, 352, 284, 302),
        alliance=steady(7, 93),
        alerts=(Alerted(week(2), week(2.1)), Alerted(week(5), week(5.9))),
    )


def _rupture() -> Chart:
    return dataclasses.replace(
        chart_in("en"),
        outcome=outcome(161, 178, 192, 206, 188, 171, 189, 214, 226, 238),
        alliance=alliance(
            (94, 95, 93, 94),
            (95, 94, 95, 95),
            (93, 95, 92, 94),
            (91, 93, 84, 90),
            (72, 78, 48, 63),
            (66, 74, 52, 61),
            (82, 86, 79, 83),
            (91, 92, 90, 92),
            (95, 94, 95, 96),
            (96, 95, 97, 97),
        ),
        alerts=(Alerted(week(3), week(3.8)), Alerted(week(4), week(4.1)), Alerted(week(5), week(5.1))),
        decisions=(Decided(week(5.4), "spoke about the pace, agreed on smaller steps and a pause word"),),
    )


def _drop_out() -> Chart:
    return dataclasses.replace(
        chart_in("en"),
        outcome=outcome(203, 214, 196, 189),
        alliance=alliance((95, 94, 96, 95), (91, 92, 90, 91), (84, 86, 81, 83), (71, 79, 64, 70)),
        missed=(week(4), week(5), week(6)),
        alerts=(Alerted(week(2), week(2.2)), Alerted(week(3), week(3.1)), Alerted(week(5))),
    )


def _arabic() -> Chart:
    scores = outcome(163, 171, 158, None, 149, 187, 212, 233, 262, 271)
    return dataclasses.replace(
        chart_in("ar"),
        outcome=scores,
        alliance=alliance(
            (93, 94, 92, 93),
            (91, 92, 88, 90),
            (84, 90, 79, 86),
            None,
            (88, 91, 86, 89),
            (94, 95, 93, 94),
            (96, 95, 95, 96),
            (97, 96, 97, 97),
            (97, 98, 97, 98),
            (98, 98, 98, 98),
        ),
        expected=expected(scores),
        missed=(week(3),),
        alerts=(Alerted(week(2), week(2.2)), Alerted(week(4), week(4.6))),
        decisions=(Decided(week(4.2), "التركيز على النوم", date(2026, 3, 22)),),
    )


TRAJECTORIES: Mapping[str, Chart] = {
    "improving": _improving(),
    "recovering": _recovering(),
    "plateau": _plateau(),
    "deteriorating": _deteriorating(),
    "sawtooth": _sawtooth(),
    "rupture-and-repair": _rupture(),
    "drop-out": _drop_out(),
    "arabic": _arabic(),
}
"""The gallery's trajectories, by the names of their files."""


def own(code: str, scores: Sequence[Score]) -> OwnChart:
    """Make a client's own picture, in a language."""
    return OwnChart(tuple(scores), own_words(LANGUAGES[code]))


def main() -> None:
    """Draw every picture on light and on dark."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    pictures: dict[str, Chart | OwnChart] = {
        **TRAJECTORIES,
        "own": own("en", TRAJECTORIES["improving"].outcome),
    }
    for name, chart in pictures.items():
        for theme in (LIGHT, DARK):
            file = FOLDER / f"{name}-{theme.name}.png"
            with Image.open(io.BytesIO(draw(chart, theme=theme))) as picture:
                picture.save(file, optimize=True)  # slower, and a tenth smaller
            sys.stdout.write(f"{file}: {file.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()

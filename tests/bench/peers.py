"""Reads replies with libraries that find numbers in text: run in an environment of their own.

Rows come as JSON lines on stdin; one JSON object a library goes out: what it read each row as (tenths, a
list of them, or null for nothing) and its median time a reply in microseconds. A library is asked as its
documentation says; exactly one number on the scale counts as a score, several where as many items are
open count as that list, everything else as a refusal. This file imports nothing of the product.
"""

from __future__ import annotations

import contextlib
import json
import re
import statistics
import sys
import time
from collections.abc import Callable

Numbers = Callable[[str, str], list[float]]
REPEATS = 3


def number_parser() -> Numbers:
    """Take every number that number-parser's `parse` writes in digits."""
    from number_parser import parse  # noqa: PLC0415 (each library is loaded for itself)
    from number_parser.parser import SUPPORTED_LANGUAGES  # noqa: PLC0415 (as above)

    def find(text: str, language: str) -> list[float]:
        known = language if language in SUPPORTED_LANGUAGES else "en"
        return [float(one) for one in re.findall(r"\d+(?:\.\d+)?", parse(text, language=known))]

    return find


def text2num() -> Numbers:
    """Take every number that text2num's `alpha2digit` writes in digits."""
    from text_to_num import alpha2digit  # noqa: PLC0415 (as above)

    known = {"en", "es", "fr", "de", "nl"}

    def find(text: str, language: str) -> list[float]:
        written = alpha2digit(text, language if language in known else "en")
        return [float(one.replace(",", ".")) for one in re.findall(r"\d+(?:[.,]\d+)?", written)]

    return find


def recognizers() -> Numbers:
    """Take every number that Recognizers-Text's `recognize_number` finds."""
    from recognizers_number import recognize_number  # noqa: PLC0415 (as above)

    cultures = {"en": "en-us", "es": "es-es", "fr": "fr-fr", "de": "de-de", "nl": "nl-nl"}

    def find(text: str, language: str) -> list[float]:
        found = recognize_number(text, cultures.get(language, "en-us"))
        return [float(one.resolution["value"].replace(",", ".")) for one in found if one.resolution]

    return find


def as_reading(numbers: list[float], remaining: int) -> int | list[int] | None:
    """Make of numbers what a form would: a score, a list, or nothing."""
    tenths = [round(one * 10) for one in numbers]
    if any(not 0 <= one <= 100 for one in tenths):
        return None
    if len(tenths) == 1:
        return tenths[0]
    return tenths if remaining > 1 and len(tenths) == remaining else None


def measured(find: Numbers, rows: list[dict[str, object]]) -> dict[str, object]:
    """Read every row, a few times; a library that raises has read nothing."""
    read: list[int | list[int] | None] = []
    times: list[float] = []
    for row in rows:
        best = float("inf")
        numbers: list[float] = []
        for _ in range(REPEATS):
            began = time.perf_counter()
            with contextlib.suppress(Exception):
                numbers = find(str(row["text"]), str(row["language"]))
            best = min(best, time.perf_counter() - began)
        times.append(best)
        read.append(as_reading(numbers, int(str(row["remaining"]))))
    return {"read": read, "median_us": statistics.median(times) * 1e6}


def main() -> None:
    """Measure each library on the rows from stdin."""
    rows = [json.loads(line) for line in sys.stdin]
    peers = {"number-parser": number_parser, "text2num": text2num, "Recognizers-Text": recognizers}
    json.dump({name: measured(make(), rows) for name, make in peers.items()}, sys.stdout)


if __name__ == "__main__":
    main()

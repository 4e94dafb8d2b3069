"""What is said of a case that cannot be judged: where it is wrong, and what to write instead."""

from __future__ import annotations

from decimal import Decimal

import pytest

from scoring.assessment import DEFAULT
from scoring.cases import CaseError, Json, case_from

ONE = {"at": "2026-01-05", "total": 20}

TOTAL = "must be a number from 0 to 40, to a tenth"

ITEM = "must be a number from 0 to 10, to a tenth"

FOUR = "must be 4 numbers: a score is all items or it is none"

TIME = 'must be a date or a time with zone: "2026-01-05" or "2026-01-05T10:00:00Z"'

LIST = 'must be a list of scores: [{"at": "2026-01-05", "total": 20.1}]'

MISSED = "missed must be a whole number from 0 on: how many check-ins in a row went unanswered"

CASE = 'a case is a JSON object: {"outcome": [{"at": "2026-01-05", "total": 20.1}]}'

KNOWN = "known are ruleset, age_group, outcome, alliance, missed, curve"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ([], CASE),
        (None, CASE),
        ("x", CASE),
        ({"colour": 1, "zebra": 2}, f"unknown key 'colour'; {KNOWN}"),
        ({"ruleset": "who"}, "ruleset must be one of icce, pcoms"),
        ({"ruleset": ["icce"]}, "ruleset must be one of icce, pcoms"),
        ({"age_group": "baby"}, "age_group must be one of adult, adolescent, child"),
        ({"age_group": 7}, "age_group must be one of adult, adolescent, child"),
        ({"missed": -1}, MISSED),
        ({"missed": True}, MISSED),
        ({"missed": Decimal("2.0")}, MISSED),
        ({"missed": "2"}, MISSED),
        (
            {"curve": 7},
            "curve must be the content of a curve file: centre, flat, expected, and perhaps failure",
        ),
        (
            {"curve": {}},
            "curve: flat must be a whole number of ratings from 1 on (9: flat after the tenth rating)",
        ),
        ({"outcome": ONE}, f"outcome {LIST}"),
        ({"alliance": "none"}, f"alliance {LIST}"),
        ({"outcome": [ONE, 7]}, 'outcome[1] must be an object of "at" and "items" or "total"'),
        ({"outcome": [{**ONE, "mood": 1}]}, 'outcome[0] must be an object of "at" and "items" or "total"'),
        ({"alliance": [{"at": "2026-01-05"}]}, 'alliance[0] needs "items", 4 numbers, or "total"'),
    ],
)
def test_a_wrong_case_is_told_what_to_write(table: object, told: str) -> None:
    with pytest.raises(CaseError) as raised:
        case_from(table, DEFAULT)
    assert str(raised.value) == told


@pytest.mark.parametrize(
    ("instead", "told"),
    [
        *(
            ({"total": wrong}, f"alliance[1].total {TOTAL}")
            for wrong in (
                *(-1, -0.1, Decimal("40.1"), 41, 20.15, "20", True, [20], float("nan"), float("inf")),
                *(Decimal("1E+999999"), Decimal("7." + "0" * 40 + "1"), Decimal("sNaN")),
            )
        ),
        ({"items": [1, 2, 3]}, f"alliance[1].items {FOUR}"),
        ({"items": [1, 2, 3, 4, 5]}, f"alliance[1].items {FOUR}"),
        ({"items": {"a": 1}}, f"alliance[1].items {FOUR}"),
        ({"items": "1234"}, f"alliance[1].items {FOUR}"),
        ({"items": [1, 2, None, 4]}, f"alliance[1].items[2] {ITEM}"),
        ({"items": [1, 2, 3, Decimal("10.1")]}, f"alliance[1].items[3] {ITEM}"),
        ({"items": [-1, 2, 3, 4]}, f"alliance[1].items[0] {ITEM}"),
        ({"items": [6, 6, 6, 6.1]}, "alliance[1]: the items sum to 24.1, and total says 20"),
        *(
            ({"at": wrong}, f"alliance[1].at {TIME}")
            for wrong in (
                *(None, 7, "", "yesterday", "2026-02-30", "2026-01-05T25:00:00Z", "05/01/2026"),
                *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-01:00"),
            )
        ),
        (
            {"at": "2026-01-05T10:00:00"},
            'alliance[1].at needs a zone: "2026-01-05T10:00:00Z" or "2026-01-05T10:00:00+01:00"',
        ),
    ],
)
def test_a_wrong_score_is_told_what_to_write(instead: Json, told: str) -> None:
    with pytest.raises(CaseError) as raised:
        case_from({"alliance": [ONE, {**ONE, **instead}]}, DEFAULT)
    assert str(raised.value) == told

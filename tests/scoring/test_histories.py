"""Reading tables of past scores: what is understood, and what is refused rather than guessed."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.histories import MOST_FAULTS, Ended, Episode, Histories, HistoriesError, read
from scoring.instrument import AgeGroup
from scoring.score import Score

HEADING = "client,episode,at,measure,total,item1,item2,item3,item4,age_group,ended"


def table(*rows: str) -> Histories:
    """Read a table of some rows under the whole heading."""
    return read([HEADING, *rows], "old.csv")


def on(day: int) -> datetime:
    return datetime(2025, 1, day, tzinfo=UTC)


def test_a_table_of_totals_and_items_becomes_episodes_oldest_score_first() -> None:
    found = table(
        "AB,1,2025-01-20,ors,20.1,,,,,adult,planned",
        "AB,1,2025-01-06,ors,,4.5,4.6,4.7,4.5,,",
        "AB,1,2025-01-06,srs,38,,,,,,",
        "CD,2,2025-01-07T10:30+01:00,ors,31.9,8,8,8,7.9,child,dropped",
    )
    assert found == Histories(
        (
            Episode(
                "AB",
                "1",
                (
                    Score("ors", (45, 46, 47, 45), on(6)),
                    Score("srs", (380,), on(6)),
                    Score("ors", (201,), on(20)),
                ),
                AgeGroup.ADULT,
                Ended.PLANNED,
            ),
            Episode(
                "CD",
                "2",
                (Score("ors", (80, 80, 80, 79), datetime(2025, 1, 7, 9, 30, tzinfo=UTC)),),
                AgeGroup.CHILD,
                Ended.DROPPED,
            ),
        )
    )
    assert found.episodes[0].totals("ors") == (183, 201)
    assert found.episodes[0].totals("srs") == (380,)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["client,at,measure,total", "AB,2025-01-06,ors,18.3"], id="only what is needed"),
        pytest.param(["client;at;measure;total", "AB;2025-01-06;ors;18,3"], id="semicolons, decimal comma"),
        pytest.param(["client\tat\tmeasure\ttotal", "AB\t2025-01-06\tors\t18.3"], id="tabs"),
        pytest.param(["client,at,measure,total", 'AB,2025-01-06,ors,"18,3"'], id="decimal comma in quotes"),
        pytest.param(
            ["\ufeffClient,AT,Measure,Total\r\n", "AB,2025-01-06,ORS,18.3\r\n"], id="a spreadsheet's"
        ),
        pytest.param(["client,at,measure,total", "", " , ,,", "AB , 2025-01-06, ors ,18.30"], id="blanks"),
        pytest.param(["client,at,measure,total", "AB,2025-01-06,ors,18.3,,"], id="empty cells at the end"),
        pytest.param(["client,at,measure,total,ended", "AB,2025-01-06,ors,18.3"], id="cells left out"),
    ],
)
def test_what_spreadsheets_write_is_understood(lines: list[str]) -> None:
    assert read(lines, "old.csv").episodes == (Episode("AB", "1", (Score("ors", (183,), on(6)),)),)


@pytest.mark.parametrize(
    ("ended", "expected", "closed"),
    [
        ("planned", Ended.PLANNED, True),
        ("dropped", Ended.DROPPED, True),
        ("open", Ended.OPEN, False),
        ("", None, True),
    ],
)
def test_how_an_episode_ended(ended: str, expected: Ended | None, closed: bool) -> None:
    (episode,) = table(f"AB,1,2025-01-06,ors,20,,,,,,{ended}").episodes
    assert episode.ended is expected
    assert episode.closed is closed


def test_a_form_that_lacks_an_answer_is_counted_and_is_no_score() -> None:
    found = table(
        "AB,1,2025-01-06,ors,,5,5,,5,,",
        "AB,1,2025-01-13,ors,20,5,5,,5,,",
        "AB,1,2025-01-20,ors,,,,,,,",
        "AB,1,2025-01-27,ors,,5,5,5,0,,",
    )
    assert found == Histories((Episode("AB", "1", (Score("ors", (50, 50, 50, 0), on(27)),)),), partial=3)


@pytest.mark.parametrize(
    ("total", "tenths"),
    [("0", 0), ("0.0", 0), ("0.1", 1), ("2.2", 22), ("8.2", 82), ("39.9", 399), ("40", 400), ("40.0", 400)],
)
def test_points_become_tenths_exactly(total: str, tenths: int) -> None:
    assert table(f"AB,1,2025-01-06,ors,{total},,,,,,").episodes[0].totals("ors") == (tenths,)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("AB,1,2025-01-06,ors,40.1,,,,,,", "total must be a number from 0 to 40, to a tenth, not '40.1'"),
        ("AB,1,2025-01-06,ors,20.15,,,,,,", "to a tenth, not '20.15'"),
        ("AB,1,2025-01-06,ors,-1,,,,,,", "total must be a number"),
        ("AB,1,2025-01-06,ors,2e1,,,,,,", "total must be a number"),
        ("AB,1,2025-01-06,ors,nan,,,,,,", "total must be a number"),
        ("AB,1,2025-01-06,ors,,10.1,5,5,5,,", "item1 must be a number from 0 to 10"),
        ("AB,1,2025-01-06,gad7,22,,,,,,", "total must be a whole number from 0 to 21, not '22'"),
        ("AB,1,2025-01-06,gad7,2.5,,,,,,", "total must be a whole number from 0 to 21"),
        ("AB,1,2025-01-06,gad7,,4,0,0,0,,", "item1 must be a whole number from 0 to 3"),
        ("AB,1,2025-01-06,gad7,,0.5,0,0,0,,", "item1 must be a whole number from 0 to 3"),
        ("AB,1,2025-01-06,ors,20,5,5,5,5.1,,", "the items sum to 20.1, and total says 20"),
        ("AB,1,06.01.2025,ors,20,,,,,,", "at must be a date or a time with zone"),
        ("AB,1,2025-01-06T10:00,ors,20,,,,,,", "at needs a zone"),
        ("AB,1,,ors,20,,,,,,", "at must be a date"),
        (",1,2025-01-06,ors,20,,,,,,", "client is empty"),
        ("AB,1,2025-01-06,ozs,20,,,,,,", "measure must be one of"),
        ("AB,1,2025-01-06,ors,20,,,,,old,", "age_group must be adult, adolescent, child, or empty"),
        ("AB,1,2025-01-06,ors,20,,,,,,yes", "ended must be planned, dropped, open, or empty"),
        ("AB,1,2025-01-06,ors,20,,,,,,,x", "12 values, but 11 columns"),
    ],
)
def test_a_row_that_can_not_be_meant_is_refused_with_its_line(row: str, says: str) -> None:
    with pytest.raises(HistoriesError) as refused:
        table("XY,1,2025-01-06,ors,20,,,,,,", row)
    (fault,) = refused.value.faults
    assert fault.startswith("old.csv: line 3: ")
    assert says in fault


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (("AB,1,2025-01-06,ors,20,,,,,,", "AB,1,2025-01-06,ors,20,,,,,,"), "a second ors at the same time"),
        (("AB,1,2025-01-06,ors,20,,,,,,open", "AB,1,2025-01-13,ors,20,,,,,,planned"), "ended is planned"),
        (("AB,1,2025-01-06,ors,20,,,,,adult,", "AB,1,2025-01-13,ors,,,,,,child,"), "age_group is child"),
    ],
)
def test_rows_of_an_episode_that_contradict_each_other_are_refused(rows: tuple[str, ...], says: str) -> None:
    with pytest.raises(HistoriesError, match=f"line 3: {says}"):
        table(*rows)


@pytest.mark.parametrize(
    ("heading", "says"),
    [
        ("", "no column 'client'"),
        ("client,episode,measure,total", "no column 'at'"),
        ("client,at,measure,total,name", "unknown column 'name'"),
        ("client,at,measure,total,item0", "unknown column 'item0'"),
        ("client,at,measure,total,total", "a column is named twice"),
        ("client,at,measure", "no scores"),
    ],
)
def test_a_heading_that_can_not_be_meant_is_refused(heading: str, says: str) -> None:
    with pytest.raises(HistoriesError, match=f"old.csv: line 1: {says}"):
        read([heading, "AB,2025-01-06,ors,20"], "old.csv")


def test_a_therapist_may_be_named_and_the_lines_of_scores_are_known() -> None:
    lines = ["client,at,measure,total,therapist", "AB,2025-01-20,ors,21,KT", "", "AB,2025-01-06,ors,20,"]
    (episode,) = read(lines, "old.csv").episodes
    assert episode.therapist == "KT"
    assert (episode.totals("ors"), episode.lines) == ((200, 210), (4, 2))
    with pytest.raises(HistoriesError, match="line 5: therapist is LM, and an earlier line"):
        read([*lines, "AB,2025-01-27,ors,22,LM"], "old.csv")


def test_an_item_that_the_measure_does_not_have_is_refused() -> None:
    with pytest.raises(HistoriesError, match="item5: ors has 4 items"):
        read(["client,at,measure,item1,item5", "AB,2025-01-06,ors,5,5"], "old.csv")


def test_a_quote_without_its_end_is_refused_with_its_line() -> None:
    with pytest.raises(HistoriesError, match=r"old\.csv: line 2: "):
        read(["client,at,measure,total", 'AB,2025-01-06,ors,"20'], "old.csv")


def test_many_faults_are_told_in_short() -> None:
    with pytest.raises(HistoriesError) as refused:
        table(*["AB,1,never,ors,20,,,,,,"] * (MOST_FAULTS + 2))
    assert len(refused.value.faults) == MOST_FAULTS + 1
    assert refused.value.faults[-1] == "... and 2 faults more"


@given(st.lists(st.integers(0, 400), min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_makes_no_difference(totals: list[int], chance: random.Random) -> None:
    rows = [
        f"AB,1,2025-01-{day:02},ors,{total // 10}.{total % 10},,,,,," for day, total in enumerate(totals, 1)
    ]
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert table(*shuffled) == table(*rows)
    assert table(*rows).episodes[0].totals("ors") == tuple(totals)

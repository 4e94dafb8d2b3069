"""`attune preview -`: rules in, occurrences out, a line each and each in its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from bot import preview
from bot.cli import app
from bot.cli.previewing import cases_answered
from bot.preview import PreviewError, previewed

SKIPPED = {
    "when": {"cron": "30 2 * * *"},
    "zone": "America/New_York",
    "from": "2026-03-07",
    "to": "2026-03-09",
}
MOMENTS = ["2026-03-07T07:30:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]
ANSWER = {"occurrences": MOMENTS}


def run(*arguments: str, given: str = "") -> Result:
    """Run the command."""
    return CliRunner().invoke(app, ["preview", *arguments], input=given)


def lines(result: Result) -> list[dict[str, object]]:
    """Read what it wrote, a JSON object a line."""
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_rules_are_read_from_stdin_and_answered_in_utc() -> None:
    result = run("-", given=f"{json.dumps(SKIPPED)}\n")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout == (
        '{"occurrences": ["2026-03-07T07:30:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]}\n'
    )


def test_and_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "rules.jsonl"
    file.write_text(f"{json.dumps(SKIPPED)}\n", encoding="utf-8")
    assert lines(run(str(file))) == [ANSWER]
    missing = run(str(tmp_path / "missing.jsonl"))
    assert missing.exit_code == 2
    assert "name a file of JSON lines, or - for stdin" in " ".join(missing.stderr.split())


def test_a_line_that_cannot_be_read_is_answered_in_its_place() -> None:
    case = json.dumps(SKIPPED)
    nowhere = json.dumps(SKIPPED | {"zone": "America/New_Yrok"})
    result = run("-", given=f"{case}\n\n{nowhere}\nno JSON\n{case}\n")
    assert result.exit_code == 2
    first, wrong, unread, last = lines(result)
    assert first == last == ANSWER
    assert wrong == {"error": 'zone: "America/New_Yrok" is not a time zone; write "America/New_York"'}
    assert unread == {"error": "not JSON (Expecting value): write one JSON object a line"}
    told = " ".join(result.stderr.split())
    assert "line 3: zone:" in told
    assert "line 4: not JSON" in told
    assert "Traceback" not in told


BERLIN = {"zone": "Europe/Berlin", "from": "2026-03-01", "to": "2026-03-31"}
DATES = {"from": "2026-03-28", "to": "2026-03-28"}
MEETING = {"at": "2026-03-09T15:00", "minutes": 50}
EARLIER = {"at": "2026-03-02T10:30+01:00"}


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        pytest.param(
            BERLIN | {"when": {"weekly": ["mon 10:00", "thu 18:00"]}, "to": "2026-03-05"},
            ["2026-03-02T09:00:00Z", "2026-03-05T17:00:00Z"],
            id="weekly",
        ),
        pytest.param(
            BERLIN | {"when": {"every": "2 weeks mon 10:00"}},
            ["2026-03-02T09:00:00Z", "2026-03-16T09:00:00Z", "2026-03-30T08:00:00Z"],
            id="every other week, into summer time",
        ),
        pytest.param(
            BERLIN | {"when": {"every": "10 days 10:00"}, "enrolled": "2026-02-25"},
            ["2026-03-07T09:00:00Z", "2026-03-17T09:00:00Z", "2026-03-27T09:00:00Z"],
            id="a rhythm from the enrolment on",
        ),
        pytest.param(
            BERLIN | {"when": {"every": "10 days 10:00"}, "start": "2026-02-25", "end": "2026-03-26"},
            ["2026-03-07T09:00:00Z", "2026-03-17T09:00:00Z"],
            id="a rhythm from the start of the schedule on",
        ),
        pytest.param(
            BERLIN | {"when": {"after_enrolment": "3 days 10:00"}, "enrolled": "2026-02-28"},
            ["2026-03-03T09:00:00Z"],
            id="after the enrolment",
        ),
        pytest.param(
            BERLIN | {"when": {"after_enrolment": "3 days 10:00"}},
            ["2026-03-04T09:00:00Z"],
            id="which is the first date, where none is said",
        ),
        pytest.param(
            BERLIN
            | {
                "when": {"cron": "0 9 * * *"},
                "from": "2026-12-23",
                "to": "2027-01-07",
                "skip": ["2026-12-27/2027-01-04", "2027-01-05"],
                "holidays": "DE-BY",
            },
            ["2026-12-23T08:00:00Z", "2026-12-24T08:00:00Z", "2027-01-07T08:00:00Z"],
            id="without holidays, single days and times off",
        ),
        pytest.param(
            BERLIN | {"when": {"before_session": "2 hours"}, "sessions": [MEETING, EARLIER]},
            ["2026-03-02T07:30:00Z", "2026-03-09T12:00:00Z"],
            id="before sessions, in order of time",
        ),
        pytest.param(
            BERLIN | {"when": {"after_session": "30 min"}, "sessions": [MEETING, EARLIER]},
            ["2026-03-02T10:50:00Z", "2026-03-09T15:20:00Z"],
            id="after their end",
        ),
        pytest.param(
            BERLIN
            | {
                "when": {"before_session": "1 day 18:00"},
                "sessions": [{"at": f"2026-03-{day:02}T15:00"} for day in (1, 3, 5, 8, 31)],
                "start": "2026-03-03",
                "end": "2026-03-20",
                "skip": ["2026-03-04"],
            },
            ["2026-03-07T17:00:00Z"],
            id="around sessions too start, end and days off hold",
        ),
        pytest.param(BERLIN | {"when": {"after_session": "30 min"}}, [], id="no session"),
        pytest.param(
            BERLIN | {"when": {"weekly": "mon 10:00"}, "end": None, "from": "2026-03-30"},
            ["2026-03-30T08:00:00Z"],
            id="null says nothing",
        ),
        pytest.param(
            SKIPPED | {"zone": "Pacific/Apia", "from": "2011-12-29", "to": "2011-12-31"},
            ["2011-12-29T12:30:00Z", "2011-12-30T12:30:00Z"],
            id="a date that a zone left out",
        ),
        pytest.param(
            {"when": {"cron": "30 23 * * *"}, "zone": "America/Nuuk"} | DATES,
            ["2026-03-29T01:00:00Z"],
            id="by its date, though its moment shows the next",
        ),
        pytest.param(
            SKIPPED | {"zone": "America/Bogota"},
            ["2026-03-07T07:30:00Z", "2026-03-08T07:30:00Z", "2026-03-09T07:30:00Z"],
            id="no summer time",
        ),
    ],
)
def test_what_a_rule_leads_to(case: dict[str, object], expected: list[str]) -> None:
    assert previewed(case) == {"occurrences": expected}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"when": None}, 'when: is missing; write e.g. "when": {"cron": "30 2 * * *"}'),
        ({"zone": None}, 'zone: is missing; write e.g. "zone": "America/New_York"'),
        ({"form": "2026-03-07"}, "form: is nothing that a case has; write from"),
        ({"x" * 99: 1}, "xxxxxxxxxxxxxxxxxxxxxxxx: is nothing that a case has; write when, zone"),
        ({"zone": "UTC+1"}, 'zone: "UTC+1" is not a time zone; write'),
        ({"zone": ["UTC"]}, 'zone: is no text; write e.g. "zone": "America/New_York"'),
        ({"from": "7.3.2026"}, 'from: "7.3.2026" is not a date; write year, month and day'),
        ({"from": "2026-02-29"}, 'from: "2026-02-29" is not a date; write year, month and day'),
        ({"from": 20260307}, 'from: is no text; write e.g. "from": "2026-03-07"'),
        ({"to": "2026-03-06"}, "to: is before from; write a later date, or the same"),
        ({"to": "9999-12-31"}, "to: 9999-12-31 is out of reach; write a date from 1900-0"),
        ({"from": "1899-12-31"}, "from: 1899-12-31 is out of reach; write a date from 1900-01-01"),
        ({"when": "daily"}, "when: names no kind of time; write one of weekly, every, cron"),
        (
            {"when": {"daily": "10:00"}},
            'when: "daily" is no kind of time; write one of weekly, every, cron, before_session, after_ses',
        ),
        (
            {"when": {"weekly": "monday"}},
            'when.weekly: is no weekday and time; write e.g. {"weekly": "mon 10:00"}, or {"weekly": [',
        ),
        (
            {"when": {"cron": "30 25 * * *"}},
            'when.cron: is no cron expression (bad hour); write five fields, e.g. {"cron": "0 10',
        ),
        ({"skip": "2026-03-07"}, 'skip: is no list; write e.g. "skip": ["2026-12-24/2027-01-02"]'),
        ({"skip": ["2026-03-07", 3]}, 'skip[1]: is no text; write e.g. "skip"'),
        (
            {"skip": ["2027-01-02/2026-12-24"]},
            'skip[0]: "2027-01-02/2026-12-24": the last day is before the first',
        ),
        ({"holidays": "DE-XX"}, 'holidays: "DE-XX" is no country or region whose holidays are'),
        ({"sessions": {}}, 'sessions: is no list; write e.g. "sessions": [{"at"'),
        ({"sessions": ["2026-03-09T15:00"]}, 'sessions[0]: is no session; write e.g. "sess'),
        ({"sessions": [{"minutes": 50}]}, "sessions[0]: is no session; write"),
        ({"sessions": [MEETING, {"at": "2026-03-09"}]}, "sessions[1].at: is no time; write e.g."),
        ({"sessions": [{"at": "2026-03-09T25:00"}]}, "sessions[0].at: is no time; write e.g."),
        ({"sessions": [{"at": "0001-01-01T00:00+14:00"}]}, "sessions[0].at: 0001-01-01 is out of reach"),
        ({"sessions": [MEETING | {"minutes": 0}]}, "sessions[0].minutes: is no length of a"),
        ({"sessions": [MEETING | {"minutes": True}]}, "sessions[0].minutes: is no length of a"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_write(changed: dict[str, object], error: str) -> None:
    with pytest.raises(PreviewError) as caught:
        previewed(SKIPPED | changed)
    assert str(caught.value).startswith(error)
    assert "; write " in str(caught.value)


@pytest.mark.parametrize("case", [None, [], "2026-03-07", 7, [SKIPPED]])
def test_a_case_is_an_object(case: object) -> None:
    with pytest.raises(PreviewError, match=r"^a case is a JSON object; write e.g. {") as caught:
        previewed(case)
    example = str(caught.value).partition("e.g. ")[2]
    assert previewed(json.loads(example)) == ANSWER, "and what is to be written can be"


def test_a_rule_without_end_is_not_followed_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "MOST", 3)
    assert previewed(SKIPPED) == ANSWER
    with pytest.raises(
        PreviewError, match="to: there are more than 3 occurrences until then; write an earlier"
    ):
        previewed(SKIPPED | {"to": "2026-03-10"})


@pytest.mark.parametrize("line", ["[" * 100_000, "9" * 5_000, '{"when": NaN}', '"\\ud800"', '{"\\ud800": 1}'])
def test_no_line_breaks_it(line: str) -> None:
    (before, wrong, after) = cases_answered([json.dumps(SKIPPED), line, json.dumps(SKIPPED)])
    assert (before, after) == ((1, ANSWER), (3, ANSWER))
    assert str(wrong[1]["error"]).encode()


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=12)
    | st.sampled_from(
        ["2026-03-07", "UTC", "DE-BY", "2026-03-09T15:00", "mon 10:00", "2026-03-07/2026-03-08"]
    )
    | st.dates().map(str),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["at", "minutes", "weekly", "every", "cron"]), inner, max_size=2)
    ),
    max_leaves=4,
)
KEYS = ["when", "zone", "from", "to", "start", "end", "skip", "holidays", "enrolled", "sessions"]


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=3), st.booleans())
def test_anything_is_answered(changed: dict[str, object], whole: bool) -> None:
    line = json.dumps(SKIPPED | changed if whole else changed)
    ((_, told),) = cases_answered([line])
    assert set(told) in ({"occurrences"}, {"error"})


def test_a_file_has_its_own_dates() -> None:
    result = run("-", "--from", "2026-03-01", "--to", "2026-03-31")
    assert result.exit_code == 2
    assert "leave out the options" in result.stderr


def test_help_has_an_example() -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert "attune preview" in result.stdout

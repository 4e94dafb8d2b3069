"""`attune assess`: cases in, what the numbers say out, a line each and each in its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.cli.assessing import assessed

IMPROVED = '{"outcome": [{"at": "2026-01-05", "total": 20.1}, {"at": "2026-02-02", "total": 26.1}]}'
CALM = '{"alliance": [{"at": "2026-01-05", "items": [9, 9, 9, 9]}]}'


def assess(*arguments: str, given: str = "") -> Result:
    """Run the command."""
    return CliRunner().invoke(app, ["assess", *arguments], input=given)


def lines(result: Result) -> list[dict[str, object]]:
    """Read what it wrote, a JSON object a line."""
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("argument", [(), ("-",)], ids=["nothing named", "a dash"])
def test_cases_are_read_from_stdin(argument: tuple[str, ...]) -> None:
    result = assess(*argument, given=f"{IMPROVED}\n{CALM}\n")
    assert result.exit_code == 0
    assert result.stderr == ""
    improved, calm = lines(result)
    assert improved["findings"] == [
        {"rule": "recovered", "severity": "digest", "item": None, "from": 201, "to": 261}
    ]
    assert improved["suggestions"] == ["outcome.recovered"]
    assert calm["alliance"] == {"totals": [360], "last": 360, "change": None, "zone": "green"}


def test_cases_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(f"{CALM}\n", encoding="utf-8")
    result = assess(str(file))
    assert result.exit_code == 0
    assert [one["alliance"] for one in lines(result)] == [
        {"totals": [360], "last": 360, "change": None, "zone": "green"}
    ]


def test_a_file_and_stdin_say_the_same(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(IMPROVED, encoding="utf-8")
    assert assess(str(file)).stdout == assess(given=IMPROVED).stdout


def test_a_line_that_cannot_be_judged_is_answered_in_its_place() -> None:
    result = assess(given=f'{CALM}\n\n{{"missed": -1}}\nno JSON\n{CALM}\n')
    assert result.exit_code == 2
    first, wrong, unread, last = lines(result)
    assert first == last
    assert wrong == {
        "error": "missed must be a whole number from 0 on: how many check-ins in a row went unanswered"
    }
    assert unread == {"error": "not JSON (Expecting value): write one JSON object a line"}
    told = " ".join(result.stderr.split())
    assert "line 3: missed must be" in told
    assert "line 4: not JSON" in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("[1]", 'a case is a JSON object: {"outcome": [{"at": "2026-01-05", "total": 20.1}]}'),
        ("{", "not JSON (Expecting property name enclosed in double quotes): write one JSON object a line"),
        ("[" * 100_000, "not JSON (too deep or too long): write one JSON object a line"),
        ("9" * 5_000, "not JSON (too deep or too long): write one JSON object a line"),
        (
            '{"missed": 1e99999999999999999999}',
            "not JSON (too deep or too long): write one JSON object a line",
        ),
        (
            '{"outcome": [{"at": "2026-01-05", "total": NaN}]}',
            "outcome[0].total must be a number from 0 to 40, to a tenth",
        ),
        (
            '{"outcome": [{"at": "2026-01-05", "total": 1e999999}]}',
            "outcome[0].total must be a number from 0 to 40, to a tenth",
        ),
        ('{"curve": {"flat": 9}}', "curve: centre must be a number, such as 20"),
    ],
)
def test_no_line_breaks_it(line: str, error: str) -> None:
    assert list(assessed([CALM, line])) == [*assessed([CALM]), (2, {"error": error})]


def test_decimals_are_read_exactly() -> None:
    """3.2 to 8.2 is a reliable 5.0, where binary floats say less."""
    case = '{"outcome": [{"at": "2026-01-05", "total": 3.2}, {"at": "2026-01-12", "total": 8.2}]}'
    ((_, told),) = assessed([case])
    outcome = told["outcome"]
    assert isinstance(outcome, dict)
    assert (outcome["change"], outcome["category"]) == (50, "improved")


def test_bytes_that_are_no_text_are_answered_too(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_bytes(b"\xff\xfe\n" + CALM.encode())
    result = assess(str(file))
    assert result.exit_code == 2
    assert ["error" in one for one in lines(result)] == [True, False]


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_a_file_that_cannot_be_read_is_one_clear_line(tmp_path: Path, name: str) -> None:
    result = assess(str(tmp_path / name))
    assert result.exit_code == 2
    assert result.stdout == ""
    told = " ".join(result.stderr.split())
    assert "name a file of JSON lines, or - for stdin" in told
    assert "Traceback" not in told


def test_nothing_is_judged_as_nothing() -> None:
    result = assess(given="\n\n")
    assert (result.exit_code, result.stdout) == (0, "")


def test_help_has_an_example() -> None:
    result = assess("--help")
    assert result.exit_code == 0
    assert "attune assess" in result.stdout

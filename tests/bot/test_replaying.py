"""`attune replay`: it tells what the service would have told, and says it to people and to machines."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.policy import Policy
from bot.service import paper
from bot.thresholds import DECIDES, Threshold, thresholds, with_number
from bot.wording import House
from scoring.histories import Episode
from scoring.instrument import AgeGroup
from scoring.replay import replay
from scoring.rules import RULES
from scoring.score import Score
from storage.records import Alert
from tests.world import QUIET, World

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "scores.csv"


def drawn(seed: int) -> list[tuple[str, list[int]]]:
    """Draw a course of 12 sessions, in half points: outcome before each, alliance after most."""
    chance = random.Random(seed)
    course = []
    outcome, alliance = chance.randrange(8, 16), chance.randrange(17, 20)
    for _ in range(12):
        outcome = min(20, max(0, outcome + chance.choice((-4, -2, -1, 0, 0, 1, 2))))
        course.append(("ors", [5 * min(20, max(0, outcome + chance.choice((-2, 0, 1)))) for _ in range(4)]))
        if chance.random() < 0.8:
            course.append(("srs", [5 * min(20, alliance + chance.choice((-3, 0, 0, 1))) for _ in range(4)]))
    return course


@pytest.mark.parametrize("seed", range(4))
async def test_a_replay_tells_what_the_service_told(world: World, seed: int) -> None:
    scores = []
    for measure, items in drawn(seed):
        world.clock.wait(days=3)
        scores.append(Score(measure, tuple(items), world.clock()))
        async with world.service.desk() as desk:
            await paper.add_score(desk, "AB", measure, items, at=world.clock())
    replayed = replay(Episode("AB", "1", tuple(scores)), world.service.policy)
    assert [(one.score.at, one.severity, one.findings) for one in replayed.told] == [
        (one.raised_at, one.severity, one.findings) for one in await raised(world)
    ]
    assert len({one.severity for one in replayed.told}) == 2, "alerts and notes"


async def raised(world: World) -> tuple[Alert, ...]:
    async with world.store.reading() as tx:
        client = await tx.people.client("AB")
        assert client is not None
        return await tx.alerts.of_clients([client.id])


def run(*arguments: str, config: Path | None = None, given: str | None = None) -> Result:
    given_config = [] if config is None else ["--config", str(config)]
    return CliRunner().invoke(app, ["replay", *arguments, *given_config], input=given, env={"COLUMNS": "80"})


@pytest.fixture(scope="module")
def objects() -> list[dict[str, Any]]:
    """Give what the example is replayed as."""
    done = run(str(EXAMPLE), "--json")
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def of_kind(objects: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [one[kind] for one in objects if kind in one]


def test_the_example_as_json_holds_every_episode_the_summary_and_every_threshold(
    objects: list[dict[str, Any]],
) -> None:
    assert [list(one) for one in objects] == [["episode"]] * 12 + [["summary"]] + [["threshold"]] * 24
    one = of_kind(objects, "episode")[1]
    assert (one["client"], one["episode"], one["therapist"]) == ("CD", "1", "KT")
    assert (one["ended"], one["category"]) == ("dropped", "deteriorated")
    assert set(one["told"][0]) == {"at", "after", "severity", "sessions_left", "findings"}
    assert set(one["told"][0]["findings"][0]) == {"rule", "severity", "item", "from", "to", "news"}
    assert [told["sessions_left"] for told in one["told"]] == sorted(
        (told["sessions_left"] for told in one["told"]), reverse=True
    )


def test_the_summary_adds_up(objects: list[dict[str, Any]]) -> None:
    (summary,) = of_kind(objects, "summary")
    messages = [told["severity"] for one in of_kind(objects, "episode") for told in one["told"]]
    assert summary["load"]["notes"] == messages.count("digest")
    assert summary["load"]["alerts"] == len(messages) - messages.count("digest")
    assert sum(one["alerts"] for one in summary["therapists"].values()) == summary["load"]["alerts"]
    assert summary["drop_out"]["of"] == summary["endings"]["dropped"] == 4
    assert summary["deterioration"]["of"] == summary["endings"]["deteriorated"] == 2
    assert summary["deterioration"]["too_few"] is True
    assert [one["rule"] for one in summary["rules"]] == list(RULES)


def test_the_row_of_the_number_that_stands_is_the_summary(objects: list[dict[str, Any]]) -> None:
    (summary,) = of_kind(objects, "summary")
    figures = {"deterioration", "deterioration_by_outcome", "drop_out", "drop_out_by_alliance", "load"}
    standing = [one for one in of_kind(objects, "threshold") if one["stands"] and one["ruleset"] == "icce"]
    assert [one["tenths"] for one in standing] == [50, 360]
    for one in standing:
        assert {key: one[key] for key in figures} == {key: summary[key] for key in figures}


def test_a_lower_concern_line_tells_less(objects: list[dict[str, Any]]) -> None:
    rows = [
        one
        for one in of_kind(objects, "threshold")
        if (one["ruleset"], one["number"]) == ("icce", "concern_total")
    ]
    flagged = [one["drop_out_by_these_rules"]["flagged"] for one in rows]
    calm = [one["drop_out_by_these_rules"]["calm"] for one in rows]
    assert flagged == sorted(flagged)
    assert calm == sorted(calm, reverse=True)
    assert rows[0]["load"]["alerts"] < rows[-1]["load"]["alerts"]


def test_the_terminal_says_it_in_words_first_and_what_hindsight_hides_at_the_end() -> None:
    done = run(str(EXAMPLE))
    assert done.exit_code == 0, done.output
    shown = done.stdout
    words = " ".join(shown.split())
    assert words.startswith("In short 12 episodes of 11 clients, 6 January 2025 to ")
    assert (
        "Of 2 episodes that ended reliably worse than they began, 2 (100%) would have had an alert" in words
    )
    assert "Of 4 drop-outs, 4 (100%) would have had an alert" in words
    assert "A therapist with 10 clients would have had" in words
    assert "With fewer than 15 episodes of a kind of ending" in words
    assert words.index("In short") < words.index("Other numbers") < words.index("What this can't show")
    assert "Nobody was told then, so nobody acted." in words
    assert max(map(len, shown.splitlines())) <= 80


def test_the_rule_set_is_the_configs_unless_one_is_named(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[rules]\nruleset = "pcoms"\n', encoding="utf-8")
    table = "client,at,measure,total\nAB,2025-01-06,ors,30\nAB,2025-01-13,ors,25\nAB,2025-01-20,ors,25\n"

    def told(*arguments: str) -> list[list[str]]:
        done = run("-", "--json", *arguments, config=config, given=table)
        messages = json.loads(done.stdout.splitlines()[0])["episode"]["told"]
        return [[finding["rule"] for finding in one["findings"]] for one in messages]

    assert told() == [["crossed_below"]], "6.0 is reliable, and at the cutoff is clinical"
    assert told("--ruleset", "icce") == [["deterioration", "drop"]], "5.0 is, and at the cutoff is not"
    assert summary_of("-", config=config, given=table)["ruleset"] == "pcoms"
    assert summary_of("-", "--ruleset", "icce", config=config, given=table)["ruleset"] == "icce"


def summary_of(*arguments: str, config: Path, given: str) -> Mapping[str, Any]:
    done = run(*arguments, "--json", config=config, given=given)
    found: Mapping[str, Any] = next(
        one["summary"] for one in map(json.loads, done.stdout.splitlines()) if "summary" in one
    )
    return found


def test_a_sites_own_numbers_and_those_of_a_therapist_judge(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        "[rules.numbers]\nreliable_change = 8.0\n[rules.therapists.KT.numbers]\nreliable_change = 4.0\n",
        encoding="utf-8",
    )
    table = "client,at,measure,total,therapist\n" + "".join(
        f"{code},2025-01-{day:02},ors,{points},{therapist}\n"
        for code, therapist in (("AB", "KT"), ("CD", "LM"))
        for day, points in ((6, 40), (13, 35), (20, 35))
    )
    objects = [
        json.loads(line) for line in run("-", "--json", config=config, given=table).stdout.splitlines()
    ]
    assert [one["category"] for one in of_kind(objects, "episode")] == ["deteriorated", "unchanged"]
    rows = [one for one in of_kind(objects, "threshold") if one["number"] == "reliable_change"]
    flagged = {(one["ruleset"], one["tenths"]): one["deterioration"] for one in rows}
    assert flagged["icce", 50] == flagged["pcoms", 50], "a row's number is everybody's, a therapist's own too"
    assert (flagged["icce", 50]["flagged"], flagged["icce", 50]["calm"]) == (1, 0)
    assert (flagged["icce", 55]["flagged"], flagged["icce", 55]["calm"]) == (0, 1)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("client,measure,total\nAB,ors,20\n", "stdin: line 1: no column 'at'"),
        (
            "client,at,measure,total\nAB,2025-01-06,ors,41\n",
            "stdin: line 2: total must be a number from 0 to 40",
        ),
        (
            "client,at,measure,item1,item2,item3,item4\nAB,2025-01-06,ors,5,5,,5\n",
            "stdin: no row is a whole score",
        ),
    ],
)
def test_a_table_that_can_not_be_is_refused_in_one_line(table: str, said: str) -> None:
    done = run("-", given=table)
    assert done.exit_code == 2
    assert said in done.output
    assert len(done.output.splitlines()) == 1


def test_a_file_that_is_not_there_or_no_text_is_refused_in_one_line(tmp_path: Path) -> None:
    missing, binary = tmp_path / "none.csv", tmp_path / "old.xls"
    binary.write_bytes(b"\xd0\xcf\x11\xe0 \xff")
    for file, said in ((missing, "No such file"), (binary, "save it as CSV in UTF-8")):
        done = run(str(file))
        assert (done.exit_code, len(done.output.splitlines())) == (2, 1)
        assert said in done.output


def test_each_number_is_tried_from_two_points_below_to_two_above() -> None:
    policy = Policy(House("Elm Street clinic"), QUIET)
    tried = [one for one, _ in thresholds(policy)]
    assert [one.tenths for one in tried if one.number == "reliable_change"] == [40, 45, 50, 55, 60, 65, 70]
    assert [one.tenths for one in tried if one.number == "concern_total"] == [340, 350, 360, 370, 380]
    assert [one for one in tried if one.stands] == [
        Threshold("icce", "reliable_change", 50, stands=True),
        Threshold("icce", "concern_total", 360, stands=True),
    ]
    assert all(changed is policy for one, changed in thresholds(policy) if one.stands)


def test_a_number_decides_rules_that_there_are() -> None:
    assert set().union(*DECIDES.values()) <= set(RULES)


def test_one_number_changes_and_no_other() -> None:
    policy = Policy(House("Elm Street clinic"), QUIET)
    changed = with_number(policy, "ors", "reliable_change", 65)
    assert changed.setup("ors", AgeGroup.ADULT).norms.reliable_change == 65
    assert policy.setup("ors", AgeGroup.ADULT).norms.reliable_change == 50
    assert changed.instruments["ors"].norms["pcoms"] == policy.instruments["ors"].norms["pcoms"]
    assert changed.instruments["srs"] == policy.instruments["srs"]
    lower = with_number(policy, "srs", "concern_total", 340)
    assert lower.setup("srs", AgeGroup.ADULT).norms.concern_total == 340


def test_codes_are_shown_as_they_are_written() -> None:
    table = "client,at,measure,total,ended,therapist\n" + "".join(
        f"[b]AB[/b],2025-01-{day:02},ors,{points},dropped,[i]KT\n" for day, points in ((6, 30), (13, 20))
    )
    shown = run("-", given=table).stdout
    assert "[b]AB[/b]" in shown
    assert "[i]KT" in shown


def test_without_endings_nothing_is_said_of_them() -> None:
    words = " ".join(run("-", given="client,at,measure,total\nAB,2025-01-06,ors,20\n").stdout.split())
    assert "nothing can be said of deterioration" in words
    assert "Nothing can be said of drop-out" in words
    assert "1 episode of 1 client, 6 January 2025 to 6 January 2025: 1 ors (ended before a second" in words

"""`attune model`: from a table or the site's database to a model's file, and to honest figures."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.office import opened
from bot.settings import load
from scoring.evaluation import FORETOLD, WARNING
from scoring.histories import Ended, Episode
from scoring.model import loads
from scoring.score import Score
from storage.records import CheckInState, KeptScore, NewCheckIn
from storage.store import Transaction
from tests.scoring.cohorts import cohort
from tests.storage.caseload import client

HEADING = "client,episode,at,measure,item1,item2,item3,item4,age_group,ended"


def rows(episodes: Sequence[Episode]) -> Iterator[str]:
    """Write episodes as rows of a table."""
    for one in episodes:
        for score in one.scores:
            items = ",".join(str(item / 10) for item in score.items)
            yield f"{one.client},{one.number},{score.at.date()},ors,{items},{one.age_group},{one.ended or ''}"


def table(path: Path, *lines: str) -> str:
    """Write a table and give its path."""
    path.write_text("\n".join((HEADING, *lines)) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def episodes() -> tuple[Episode, ...]:
    """Give 200 simulated episodes."""
    return cohort("steady", episodes=200)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Give a site's config, with a therapist in its database."""
    path = tmp_path / "config.toml"
    path.write_text(
        f'[clinic]\nlanguage = "en"\n[database]\nurl = "sqlite:///{tmp_path}/a.db"\n'
        f'[keys]\nfile = "{tmp_path}/keys"\n',
        encoding="utf-8",
    )
    assert run("therapist", "add", "KT", "--config", str(path)).exit_code == 0
    return path


def run(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(app, list(arguments))


def test_a_table_becomes_a_models_file(tmp_path: Path, config: Path, episodes: tuple[Episode, ...]) -> None:
    left_out = (
        "X1,1,2025-01-06,ors,5,5,5,5,adult,open",
        "X2,1,2025-01-06,ors,5,5,5,5,adult,dropped",
        "X3,1,2025-01-06,ors,8.1,8,8,8,adult,planned",
        "X3,1,2025-01-13,ors,8,8,8,8,adult,planned",
        "X4,1,2025-01-06,ors,8,8,,8,adult,planned",
        "X5,1,2025-01-06,ors,5,5,5,5,child,planned",
    )
    file = table(tmp_path / "old.csv", *rows(episodes[:100]), *left_out)
    to = tmp_path / "ors.json"
    done = run("model", "fit", file, "--out", str(to), "--config", str(config))
    assert done.exit_code == 0, done.output
    assert (
        "100 closed episodes can be learned from; left out: 1 not ended yet, 1 with one score only,"
        " 1 begun too high for an expectation; 1 forms lacked an answer and are no scores." in done.output
    )
    assert "Fitted to 100 closed episodes" in done.output
    assert "see how well it foretells: attune model evaluate" in done.output
    model = loads(to.read_text(encoding="utf-8"), "ors.json")
    assert (model.measure, model.age_group, model.episodes) == ("ors", "adult", 100)
    assert [one.name for one in tmp_path.glob("ors.json*")] == ["ors.json"], "no draft is left"


def test_the_sites_closed_episodes_give_the_model_that_their_table_gives(
    tmp_path: Path, config: Path, episodes: tuple[Episode, ...]
) -> None:
    keep(config, episodes[:101])  # the last one stays open
    from_table, from_database = tmp_path / "a.json", tmp_path / "b.json"
    file = table(tmp_path / "old.csv", *rows(episodes[:100]))
    for arguments in ([file, "--out", str(from_table)], ["--out", str(from_database)]):
        done = run("model", "fit", *arguments, "--config", str(config))
        assert done.exit_code == 0, done.output
    assert from_database.read_text(encoding="utf-8") == from_table.read_text(encoding="utf-8")


def keep(config: Path, episodes: Sequence[Episode]) -> None:
    """Keep episodes in the site's database, all closed but the last."""

    async def work() -> None:
        async with opened(load(config, {})) as service, service.store.transaction() as tx:
            therapist = await tx.people.therapist("KT")
            assert therapist is not None
            for number, one in enumerate(episodes):
                client_id = await tx.people.add_client(
                    client(f"C{number:03}", therapist.id), one.scores[0].at
                )
                assert client_id is not None
                await _keep(tx, client_id, one)
                if one is not episodes[-1]:
                    ending = "unplanned" if one.ended is Ended.DROPPED else "planned"
                    await tx.people.close_episode(client_id, ending, datetime.now(UTC))

    asyncio.run(work())


async def _keep(tx: Transaction, client_id: int, episode: Episode) -> None:
    await tx.people.open_episode(client_id, episode.scores[0].at)
    episode_id = (await tx.people.episodes([client_id]))[client_id]
    added = await tx.check_ins.add([_occurrence(client_id, episode_id, one) for one in episode.scores])
    pairs = zip(added, episode.scores, strict=True)
    await tx.scores.keep([KeptScore(one.id, episode_id, score, "chat") for one, score in pairs])


def _occurrence(client_id: int, episode_id: int, score: Score) -> NewCheckIn:
    return NewCheckIn(
        client_id=client_id,
        episode_id=episode_id,
        measure="ors",
        origin="schedule:weekly",
        local_date=score.at.date(),
        slot="ors",
        state=CheckInState.COMPLETE,
        due_at=score.at,
        remind_at=None,
        expires_at=score.at + timedelta(days=2),
    )


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory, episodes: tuple[Episode, ...]) -> tuple[str, str]:
    """Give what is printed of 200 episodes in two parts, as tables and as JSON."""
    file = table(tmp_path_factory.mktemp("old") / "old.csv", *rows(episodes))
    said = [run("model", "evaluate", file, "--parts", "2", *more) for more in ([], ["--json"])]
    for one in said:
        assert one.exit_code == 0, one.output
    return said[0].stdout, said[1].stdout


def test_the_figures_as_json(evaluated: tuple[str, str]) -> None:
    figures = json.loads(evaluated[1])
    assert (figures["measure"], figures["age_group"], figures["episodes"]) == ("ors", "adult", 200)
    assert (figures["parts"], figures["band"], figures["partial"]) == (2, 80, 0)
    assert figures["left_out"] == {"open": 0, "one_score": 0, "first_too_high": 0}
    assert list(figures["errors"]) == list(FORETOLD)
    assert list(figures["warned"]) == list(WARNING)
    assert list(figures["errors"]["half_model"]) == ["of", "mean_absolute", "root_mean_square"]
    held = figures["held"]["model"]
    assert held["within"] + held["below"] + held["above"] == held["of"] == 200
    assert held["share"] == held["within"] / 200
    warned = figures["warned"]["rules"]
    assert warned["sensitivity"] == round(warned["caught"] / (warned["caught"] + warned["missed"]), 4)
    assert len(figures["held_by_first"]) == 3
    assert figures["held_on_the_way"]["of"] > 200


def test_the_tables_say_the_same(evaluated: tuple[str, str]) -> None:
    printed, figures = evaluated[0], json.loads(evaluated[1])
    shown = " ".join(printed.replace("\u00a0", " ").split())
    assert "200 closed episodes can be learned from; left out: none." in shown
    for way in ("half_carried", "half_model"):
        one = figures["errors"][way]
        assert f"{one['mean_absolute']:.2f} {one['root_mean_square']:.2f} 200" in shown
    assert f"fitted model's band {100 * figures['held']['model']['share']:.1f} %" in shown
    warned = figures["warned"]["deterioration"]
    assert f"({warned['caught']} of {warned['caught'] + warned['missed']})" in shown
    assert "What this can't show" in shown


def test_few_deteriorations_are_said_to_be_too_few(evaluated: tuple[str, str]) -> None:
    warned = json.loads(evaluated[1])["warned"]["rules"]
    count = warned["caught"] + warned["missed"]
    assert count < 15
    assert f"With {count} deteriorations, fewer than 15, sensitivity is too few to say." in evaluated[0]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("fit", "fitting a model takes 100 closed episodes, and there are 99"),
        ("evaluate", "fitting takes 100 closed episodes, and without one part there are 79"),
    ],
)
def test_too_few_episodes_are_refused_in_one_line(
    tmp_path: Path, episodes: tuple[Episode, ...], command: str, said: str
) -> None:
    file = table(tmp_path / "old.csv", *rows(episodes[:99]))
    done = run("model", command, file)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "99 closed episodes can be learned from" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("fit", "--measure", "srs"), "--measure is one of ors"),
        (("fit", "nowhere.csv"), "nowhere.csv: No such file or directory"),
        (("evaluate", "nowhere.csv", "--parts", "1"), "greater than or equal to 2"),
        (("evaluate", "nowhere.csv", "--age-group", "old"), "--age-group"),
    ],
)
def test_what_cannot_be_meant_is_refused(config: Path, arguments: tuple[str, ...], said: str) -> None:
    done = run("model", *arguments, "--config", str(config))
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.output


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path, episodes: tuple[Episode, ...]) -> None:
    file = table(tmp_path / "old.csv", *rows(episodes[:100]))
    done = run("model", "fit", file, "--out", str(tmp_path / "nowhere" / "ors.json"))
    assert done.exit_code == 1
    assert "name another file with --out" in done.stderr


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, episodes: tuple[Episode, ...]
) -> None:
    monkeypatch.setitem(sys.modules, "statsmodels.regression.mixed_linear_model", None)
    done = run("model", "fit", table(tmp_path / "old.csv", *rows(episodes[:100])))
    assert done.exit_code == 2
    assert "pip install attune[model]" in done.stderr


def test_the_day_it_was_fitted_on_is_in_the_file(tmp_path: Path, episodes: tuple[Episode, ...]) -> None:
    to = tmp_path / "ors.json"
    run("model", "fit", table(tmp_path / "old.csv", *rows(episodes[:100])), "--out", str(to))
    today = datetime.now(UTC).date()
    assert loads(to.read_text(encoding="utf-8"), "ors.json").fitted_on in {today, today - timedelta(days=1)}

"""The trajectories that a site supplies: read, refused with what to write instead, shown and judged by."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import pytest

from bot import trajectories
from bot.languages import LANGUAGES, Language
from bot.settings import ConfigError, Settings
from bot.wording.charts import rests_on
from scoring.instrument import AgeGroup
from scoring.model import dumps
from scoring.outlook import Basis
from scoring.trajectory import curve_from
from tests.scoring.test_model import MODEL
from tests.world import THERAPIST, World, opened

CURVE = """
centre = 20
flat = 9
[expected]
intercept = [24, 1]
[failure]
intercept = [18, 1]
"""


def settings(section: str, **files: Path) -> Settings:
    """Make settings that name files by age group."""
    return Settings.model_validate({"rules": {section: files}})


def test_without_files_there_are_none() -> None:
    assert trajectories.curves(Settings()) == {}
    assert trajectories.models(Settings()) == {}


def test_a_curve_file_is_read_for_its_age_group(tmp_path: Path) -> None:
    (tmp_path / "adult.toml").write_text(CURVE)
    found = trajectories.curves(settings("curves", adult=tmp_path / "adult.toml"))
    assert set(found) == {("ors", AgeGroup.ADULT)}
    assert found["ors", AgeGroup.ADULT].lines(200, 3).expected == 240


def test_a_model_is_taken_for_its_own_measure_and_age_group_only(tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    file.write_text(dumps(MODEL))
    assert trajectories.models(settings("models", adult=file)) == {("ors", AgeGroup.ADULT): MODEL}
    with pytest.raises(ConfigError, match=r"rules\.models\.child: the model is of ors, adult"):
        trajectories.models(settings("models", child=file))


@pytest.mark.parametrize(
    ("section", "text", "said"),
    [
        pytest.param("curves", None, "No such file", id="no file"),
        pytest.param("curves", "flat = ", "can't be used", id="no TOML"),
        pytest.param("curves", "flat = 9", "centre must be a number", id="no curve"),
        pytest.param("models", "{}", "attune model fit", id="no model"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_key(
    tmp_path: Path, section: str, text: str | None, said: str
) -> None:
    file = tmp_path / "child"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigError, match=f"rules.{section}.child") as caught:
        getattr(trajectories, section)(settings(section, child=file))
    assert said in str(caught.value)


async def test_a_curve_alerts_and_is_named_under_the_picture(staffed_url: str) -> None:
    curve = curve_from(tomllib.loads(CURVE), "here")
    async with opened(staffed_url) as usual:
        choices = dataclasses.replace(usual.service.policy, curves={("ors", AgeGroup.ADULT): curve})
    async with opened(staffed_url, choices=choices) as world:
        await world.past("ors", [5, 5, 5, 5], 14)
        world.forget()
        await answered(world, "4", "4", "4", "4")
        told = "\n".join(world.channel.texts(THERAPIST))
        assert "Off track: 24 was expected by now, it is 16" in told
        await world.hear("CHART AB", THERAPIST)
        assert world.channel.texts(THERAPIST)[-1].endswith("Expected line: the clinic's curve file.")


async def answered(world: World, *points: str) -> None:
    """Answer a check-in."""
    await world.ask("ors")
    for one in points:
        await world.hear(one)


async def test_a_model_is_named_under_the_picture_and_alerts_nobody(staffed_url: str) -> None:
    async with opened(staffed_url) as usual:
        choices = dataclasses.replace(usual.service.policy, models={("ors", AgeGroup.ADULT): MODEL})
    async with opened(staffed_url, choices=choices) as world:
        await world.past("ors", [5, 5, 5, 5], 14)
        world.forget()
        await answered(world, "4", "4", "4", "4")
        assert all("Off track" not in text for text in world.channel.texts(THERAPIST))
        await world.hear("CHART AB", THERAPIST)
        said = "Expected line: fitted to 120 closed therapies here."
        assert world.channel.texts(THERAPIST)[-1].endswith(said)


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_what_a_line_rests_on_is_said_in_every_language(language: Language) -> None:
    said = {basis: rests_on(language, basis, 24) for basis in Basis}
    assert len(set(said.values())) == len(Basis)
    assert "24" in said[Basis.MODEL]
    assert "24" in said[Basis.SIMILAR]

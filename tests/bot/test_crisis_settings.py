"""What a site sets for a crisis: it reaches the policy, and the plan says it in words."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from bot import plan, safety
from bot.ladder import Ladder
from bot.office import policy_of
from bot.settings import CrisisSettings, HelplineSettings, Settings, load

TODAY = date(2026, 11, 23)
LINE = HelplineSettings(country="GB", name="Elm line", number="555 0199", verified_on=date(2026, 11, 1))


def settings_of(**crisis: object) -> Settings:
    """Make settings with this section of danger."""
    return Settings(crisis=CrisisSettings.model_validate(crisis))


def test_the_defaults_are_the_ladders_own() -> None:
    assert policy_of(Settings()).ladder == Ladder()
    assert policy_of(Settings()).lexicon is safety.SHIPPED


def test_a_sites_times_make_its_ladder() -> None:
    settings = settings_of(
        repeat_after_minutes=1,
        backup_after_minutes=2,
        operators_after_minutes=3,
        seen_holds_minutes=4,
        silence_after_hours=5,
        backups=("T2",),
    )
    policy = policy_of(settings)
    assert policy.ladder == Ladder(
        timedelta(minutes=1),
        timedelta(minutes=2),
        timedelta(minutes=3),
        timedelta(minutes=4),
        timedelta(hours=5),
    )
    assert policy.backups == ("T2",)
    (said,) = (line for line in plan.describe(settings, policy) if line.startswith("Danger: "))
    assert "again after 1 min; T2 after 2 min more; 3 min later the operators" in said
    assert "Seen holds it for 4 min" in said
    assert "nothing for 5 h" in said


def test_a_sites_own_phrase_is_danger() -> None:
    lexicon = policy_of(settings_of(phrases=("the old granary",))).lexicon
    assert safety.at_risk("off to the Old Granary again", lexicon)
    assert not safety.at_risk("off to the Old Granary again")


def test_a_sites_own_helplines_take_the_place_of_ours() -> None:
    house = policy_of(settings_of(helplines=(LINE,))).house
    (line,) = house.helplines["GB"].helplines
    assert (line.name, line.verified_on, line.source) == ("Elm line", "2026-11-01", "config")
    assert house.helplines["GB"].emergency == "999"
    assert "US" not in house.helplines


def notices(settings: Settings, today: date = TODAY) -> list[str]:
    """Give what is said of helplines."""
    return [one for one in plan.notices(settings, today) if "ring it" in one or "helplines" in one]


@pytest.mark.parametrize(
    ("today", "said"),
    [
        pytest.param(date(2027, 11, 1), [], id="a year ago to the day"),
        pytest.param(
            date(2027, 11, 2),
            ["Elm line (555 0199) was last verified on 2026-11-01: ring it again."],
            id="a day more",
        ),
    ],
)
def test_a_helpline_that_nobody_rang_for_a_year_is_named(today: date, said: list[str]) -> None:
    settings = Settings.model_validate(
        {"clinic": {"country": "GB"}, "crisis": {"helplines": [LINE.model_dump()]}}
    )
    assert notices(settings, today) == said


def test_a_helpline_that_nobody_ever_verified_is_named() -> None:
    (said,) = notices(Settings())
    assert (
        said == "nobody has verified 988 Suicide & Crisis Lifeline (988): ring it, and read the crisis text."
    )


def test_a_country_without_helplines_is_named() -> None:
    (said,) = notices(Settings.model_validate({"clinic": {"country": "AQ"}}))
    assert said.startswith("no helplines are known for AQ")


def test_who_has_no_backups_is_told() -> None:
    assert any("no backups are set" in one for one in plan.notices(Settings()))
    assert not any("no backups are set" in one for one in plan.notices(settings_of(backups=("T2",))))


def test_the_whole_section_is_read_from_a_file(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        '[crisis]\nphrases = ["the bridge"]\n[crisis.text]\n'
        'en = "{telling} {emergency} {helplines}"\n[[crisis.helplines]]\ncountry = "us"\nname = "A line"\n'
        'number = "555"\nlanguages = ["en"]\nhours = "24/7"\nverified_on = 2026-11-01\n',
        encoding="utf-8",
    )
    crisis = load(config, {}).crisis
    assert crisis.text == {"en": "{telling} {emergency} {helplines}"}
    assert (crisis.helplines[0].country, crisis.helplines[0].verified_on) == ("US", date(2026, 11, 1))

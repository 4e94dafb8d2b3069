"""config.example.toml and the model of the settings say the same, both ways."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from bot.settings import ConsentSettings, ScheduleSettings, Settings, load
from bot.settings.faults import is_secret, settings_of
from bot.settings.lines import KeyPath
from bot.settings.sections import RULE_KEYS
from scoring.instruments import INSTRUMENTS
from storage import tables

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
UNSET = re.compile(r"^#(\[|[a-z0-9_]+ = )", re.MULTILINE)
"""How the example writes a setting without a default; prose has a space after its "#"."""
SECRETS = tuple(path for path, field in settings_of(Settings) if is_secret(field) and 0 not in path)
OLDER = {("schedules", 0, key) for key in ("every", "day", "at")}
"""What the example does not show: the older spelling of `when`."""


def test_the_example_shows_the_defaults() -> None:
    shown = load(EXAMPLE, {})
    assert len(shown.schedules) == 1
    assert shown.model_copy(update={"schedules": ()}) == Settings()
    weekly = shown.schedules[0]
    assert weekly == ScheduleSettings(name=weekly.name, measures=weekly.measures, when=weekly.when)


def test_the_example_holds_every_setting_and_no_other() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    keys = set(leaves(tomllib.loads(UNSET.sub(r"\1", text))))
    known = {path for path, field in settings_of(Settings) if not is_secret(field)}
    wording = {("wording", "ors", "en", key) for key in ("intro", "low", "high", "items")}
    by_name = {("wording",), ("crisis", "text"), ("rules", "therapists"), ("programmes",)}
    own: set[tuple[str, ...]] = {("rules", "therapists", "KT", key) for key in ("off", "numbers")}
    own.add(("programmes", "pilot", "schedules"))
    given = {path[:4] if path[:2] == ("rules", "therapists") else path for path in keys}
    given = {path[:3] if path[:3] == ("schedules", 0, "when") else path for path in given}
    assert given == known - by_name - OLDER | wording | own | {("crisis", "text", "en")}


def test_the_example_stays_good_when_everything_is_used(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    used = UNSET.sub(r"\1", EXAMPLE.read_text(encoding="utf-8")).replace("/run/secrets", str(tmp_path))
    used = used.replace('\nfile = "sessions.ics"\n', "\n")  # a calendar is a file or an address
    (tmp_path / "kt-calendar").write_text("https://example.org/hunter2.ics", encoding="utf-8")
    config.write_text(used, encoding="utf-8")
    loaded = load(config, {"ATTUNE_SMS__AUTH_TOKEN": "hunter2"})
    assert loaded.rules.numbers.given()["reliable_change"] == 50
    assert set(loaded.wording["ors"]["en"].items) == set(INSTRUMENTS["ors"].items)


@pytest.mark.parametrize("path", SECRETS, ids=".".join)
def test_the_example_says_where_each_secret_goes(path: tuple[str, str]) -> None:
    name = "__".join(path)
    assert re.search(
        rf"^#   ATTUNE_{name.upper()} +{name} +\w", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE
    )


def test_the_example_names_every_rule_that_can_be_off_and_every_measure() -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace("\n#", "")
    for words in (RULE_KEYS, tuple(f'"{key}"' for key in INSTRUMENTS)):
        assert [word for word in words if word not in text] == []


def leaves(values: Mapping[str, object], at: KeyPath = ()) -> Iterator[KeyPath]:
    """List the settings in parsed TOML as `settings_of` lists them: a list of sections as place 0 of it."""
    for key, value in values.items():
        path = (*at, key)
        if isinstance(value, dict) and key != "items":
            yield from leaves(value, path)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield from leaves(value[0], (*path, 0))
        else:
            yield path


def test_what_the_config_allows_fits_into_its_column() -> None:
    """A longer value would fail at the moment a client agrees."""
    version = ConsentSettings.model_fields["version"].metadata
    assert max_length(version) == width(tables.clients.c.consent_version)
    name = "a" * width(tables.schedules.c.name)
    assert ScheduleSettings(name=name, measures=("ors",), when={"weekly": "mon 10:00"}).name == name
    with pytest.raises(ValidationError):
        ScheduleSettings(name=f"{name}a", measures=("ors",), when={"weekly": "mon 10:00"})


def width(column: sa.Column[str]) -> int:
    """Give how many characters a column takes."""
    assert isinstance(column.type, sa.String)
    assert column.type.length is not None
    return column.type.length


def max_length(limits: list[object]) -> object:
    """Find the limit among a field's."""
    return next(limit for one in limits if (limit := getattr(one, "max_length", None)) is not None)

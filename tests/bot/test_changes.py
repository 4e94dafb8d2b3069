"""What differs between two configs: each key in words, no secret, and nothing where nothing differs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.changes import RESTART, changes, in_force, snapshot, waiting
from bot.settings import Settings, load

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
SECRET = "hunter2"


def schedule(**given: object) -> dict[str, object]:
    """Write a schedule."""
    return {"name": "weekly", "measures": ["ors"], "when": {"weekly": "mon 10:00"}, **given}


def said(before: dict[str, object], after: dict[str, object]) -> list[str]:
    """Say what differs between two configs, the first of them as the database gives it back."""
    old = json.loads(json.dumps(snapshot(Settings.model_validate(before))))
    return [str(change) for change in changes(old, snapshot(Settings.model_validate(after)))]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        pytest.param(
            {"schedules": [schedule()]},
            {"schedules": [schedule(when={"weekly": "tue 10:00"})]},
            ["schedules weekly: when mon 10:00 -> tue 10:00"],
            id="another day",
        ),
        pytest.param(
            {"schedules": [schedule()]},
            {"schedules": [{"name": "weekly", "measures": ["ors"], "day": "mon", "at": "10:00"}]},
            [],
            id="the same in the older spelling",
        ),
        pytest.param(
            {"schedules": [schedule(), schedule(name="b")]},
            {"schedules": [schedule(name="b"), schedule()]},
            [],
            id="the same in another order",
        ),
        pytest.param(
            {"schedules": [schedule(reminder_after=24, skip=["2026-12-24"])]},
            {"schedules": [schedule(reminder_after=[4, 24], skip=["2026-12-24/2026-12-31"])]},
            [
                "schedules weekly: reminder_after 24 -> 4, 24",
                "schedules weekly: skip 2026-12-24 -> 2026-12-24/2026-12-31",
            ],
            id="lists",
        ),
        pytest.param(
            {"schedules": [schedule()]},
            {"schedules": [schedule(name="pilot", measures=["srs"])]},
            [
                (
                    "schedules pilot: new: when mon 10:00; measures srs; reminder_after 24; expires_after 48;"
                    " late_by 24; late_answers 24; default true; ask one"
                ),
                "schedules weekly: gone",
            ],
            id="one new, one gone",
        ),
        pytest.param(
            {"clinic": {"name": "A"}, "crisis": {"backups": ["T1"]}},
            {"clinic": {"name": "B"}, "sessions": {"confirm_hours_before": 24, "can_cancel": False}},
            [
                "clinic: name A -> B",
                "sessions: confirm_hours_before nothing -> 24",
                "sessions: can_cancel true -> false",
                "crisis: backups T1 -> nothing",
            ],
            id="what is set and what is not",
        ),
        pytest.param(
            {},
            {"telegram": {"poll_seconds": 5}, "database": {"url": "sqlite:///b.db"}},
            [
                "database: url sqlite:///attune.db -> sqlite:///b.db (needs a restart)",
                "telegram: poll_seconds 30 -> 5 (needs a restart)",
            ],
            id="what waits for a restart",
        ),
        pytest.param(
            {}, {"consent": {"text": "a" * 61}}, ["consent: text is another text"], id="a long text"
        ),
        pytest.param(
            {},
            {"rules": {"numbers": {"srs_total": "34.5"}, "therapists": {"KT": {"off": ["drop"]}}}},
            [
                "rules.numbers: srs_total nothing -> 34.5",
                "rules.therapists.KT: new: off drop",
                "rules.therapists.KT.numbers: new: with nothing set",
            ],
            id="sections in sections",
        ),
        pytest.param(
            {},
            {
                "crisis": {
                    "helplines": [
                        {"country": "US", "name": "A", "number": "111", "source": "x"},
                        {"country": "GB", "name": "A", "number": "222", "verified_on": "2026-11-23"},
                    ]
                }
            },
            [
                "crisis.helplines 1: new: country US; number 111; text nothing; hours not stated; source x",
                (
                    "crisis.helplines 2: new: country GB; number 222; text nothing; hours not stated;"
                    " verified_on 2026-11-23; source nothing"
                ),
            ],
            id="two of one name",
        ),
    ],
)
def test_each_key_that_differs_is_said(
    before: dict[str, object], after: dict[str, object], words: list[str]
) -> None:
    assert said(before, after) == words


def test_everything_that_can_be_set_can_be_kept(tmp_path: Path) -> None:
    """The example with every setting used: as the database gives it back, nothing differs."""
    text = EXAMPLE.read_text(encoding="utf-8").replace('\n#file = "sessions.ics"', "")
    lines = (line[1:] if line[:2] != "# " and line[:1] == "#" else line for line in text.splitlines())
    config = tmp_path / "config.toml"
    config.write_text("\n".join(lines).replace("/run/secrets", str(tmp_path)), encoding="utf-8")
    (tmp_path / "kt-calendar").write_text(f"https://example.org/{SECRET}")
    settings = load(config, {"ATTUNE_SMS__AUTH_TOKEN": SECRET})
    kept = snapshot(settings)
    assert kept["wording.ors.en.items"]["overall"] == "…"
    assert kept["calendars kt"]["url_secret"] == "kt-calendar"
    assert json.loads(json.dumps(kept)) == kept
    assert list(changes(kept, snapshot(settings))) == []


def test_neither_secrets_nor_operators_are_kept() -> None:
    settings = Settings.model_validate(
        {
            "database": {"password": SECRET},
            "keys": {"keyring": SECRET},
            "telegram": {"token": f"1:{SECRET}", "webhook_secret": SECRET},
            "operators": {"telegram": ["5550103"], "sms": ["+12025550103"]},
            "calendars": [{"name": "kt", "therapist": "T1", "url": f"https://example.org/{SECRET}"}],
        }
    )
    text = str(snapshot(settings))
    assert SECRET not in text
    assert "5550103" not in text


def test_what_needs_a_restart_stays_and_is_named_a_new_secret_too() -> None:
    running = Settings.model_validate({"telegram": {"token": "1:a"}, "clinic": {"name": "A"}})
    read = Settings.model_validate({"telegram": {"token": "1:b"}, "clinic": {"name": "B"}})
    assert waiting(running, read) == ("telegram",)
    held = in_force(running, read)
    assert held.clinic.name == "B"
    assert held.telegram.token == SecretStr("1:a")
    assert waiting(running, held) == ()
    assert set(RESTART) < set(Settings.model_fields)

"""The sections of the settings, each with its defaults."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from bot.settings.addresses import (
    Chat,
    DatabaseUrl,
    PublicUrl,
    Secret,
    ServerUrl,
    TextAddress,
    password_in,
    without_password,
)
from bot.settings.channels import Section
from bot.settings.together import LICENSED
from bot.settings.values import (
    Count,
    Country,
    Item,
    Language,
    Total,
    Whole,
    Zone,
    nearest,
    one_of,
    refuse,
    shown,
)
from scoring.rules import RULES

RULE_KEYS = (*RULES, "missed", "dropout_risk", "opted_out", "unreachable", "leaving")
"""The alert rules that a site may switch off. `crisis` is not among them: it is never silenced."""


def _licensed(key: str) -> str:
    if key not in LICENSED:
        problem = f"{shown(key)} is not a measure whose wording can be given here"
        refuse(problem, one_of(f'"{known}"' for known in LICENSED))
    return key


def _rule(key: str) -> str:
    if key == "crisis":
        problem = '"crisis" can\'t be switched off: a cry for help is always passed on'
        refuse(problem, "take it out of the list")
    if key not in RULE_KEYS:
        near = nearest(key, RULE_KEYS)
        problem = f"{shown(key)} is not an alert rule"
        refuse(problem, one_of(f'"{rule}"' for rule in ([near] if near else RULE_KEYS)))
    return key


Licensed = Annotated[str, AfterValidator(_licensed)]
"""The key of a measure whose published wording a site may put in place of ours."""
RuleKey = Annotated[str, AfterValidator(_rule)]


class ClinicSettings(Section):
    """Who asks, where, and in which language."""

    name: str = Field("your clinic", min_length=1, max_length=60)
    zone: Zone = "UTC"
    country: Country = "US"
    language: Language = "en"
    contact: str = Field("", max_length=200)  # somebody independent of the therapist, shown in HELP
    # None: the country's own
    emergency_number: str | None = Field(None, min_length=2, examples=['"112"'])


class DatabaseSettings(Section):
    """Where everything is kept. The addresses never hold the password.

    The last three are for PostgreSQL behind a connection pooler, and for engines that speak its language;
    SQLite needs none of them.
    """

    url: DatabaseUrl = "sqlite:///attune.db"
    password: Secret | None = None
    upgrade_on_start: bool = True
    direct_url: ServerUrl | None = Field(None, examples=['"postgresql://attune@db.example.org/attune"'])
    listen: bool = True
    prepared_statements: bool = True

    @model_validator(mode="before")
    @classmethod
    def _password_apart(cls, values: object) -> object:
        """Move a password out of the addresses; one that is given by itself wins."""
        if not isinstance(values, dict):
            return values
        urls = {key: url for key in ("direct_url", "url") if isinstance(url := values.get(key), str)}
        passwords = [found for url in urls.values() if (found := password_in(url))]
        apart = {"password": passwords[-1]} if passwords else {}
        return {**apart, **values, **{key: without_password(url) for key, url in urls.items()}}


class KeySettings(Section):
    """The keys that encrypt what is kept: a file, or the whole keyring as a secret."""

    file: Path = Field(Path("attune.keys"), examples=['"attune.keys"'])
    keyring: Secret | None = None


class ServerSettings(Section):
    """The web server for webhooks and health checks."""

    host: str = Field("127.0.0.1", min_length=1)
    port: Whole = Field(8080, ge=1, le=65535)
    public_url: PublicUrl | None = Field(None, examples=['"https://attune.example.org"'])


class SecretsSettings(Section):
    """The directory of secret files."""

    dir: Path | None = Field(None, examples=['"/run/secrets"'])


class OperatorSettings(Section):
    """Who gets technical alarms: addresses, by channel."""

    telegram: tuple[Chat, ...] = Field((), examples=['["123456789"]'])
    sms: tuple[TextAddress, ...] = Field((), examples=['["+12025550142"]'])


class MeasureSettings(Section):
    """Measures of the site's own: a file each, as docs/measures.md shows it."""

    files: tuple[Path, ...] = Field((), examples=['["sleep.toml"]'])


class RuleNumbers(Section):
    """Numbers that stand in for the rule set's own: in points, or counts where they say so."""

    reliable_change: Total | None = Field(None, examples=["6.0"])
    cutoff_adult: Total | None = Field(None, examples=["25.0"])
    cutoff_adolescent: Total | None = Field(None, examples=["28.0"])
    cutoff_child: Total | None = Field(None, examples=["32.0"])
    at_cutoff: Literal["functional", "clinical"] | None = Field(
        None, title="a side of the cutoff", examples=['"functional"']
    )
    first_too_high: Total | None = Field(None, examples=["32.0"])
    item_drop: Item | None = Field(None, examples=["2.0"])
    no_improvement_at: tuple[Count, ...] | None = Field(None, examples=["[3, 6]"])  # which scores
    sawtooth_move: Total | None = Field(None, examples=["6.0"])
    sawtooth_changes: Count | None = Field(None, examples=["4"])
    sawtooth_ratings: Count | None = Field(None, examples=["5"])
    strained_fall: Total | None = Field(None, examples=["1.0"])
    srs_total: Total | None = Field(None, examples=["36.0"])
    srs_item: Item | None = Field(None, examples=["9.0"])
    srs_drop: Total | None = Field(None, examples=["1.0"])
    srs_soon_fall: Total | None = Field(None, examples=["2.0"])
    srs_unusual_fall: Total | None = Field(None, examples=["1.0"])
    ceiling_run: Count | None = Field(None, examples=["3"])
    missed_in_a_row: Count | None = Field(None, examples=["2"])
    phq9_reliable_change: Total | None = Field(None, examples=["6"])
    phq9_cutoff: Total | None = Field(None, examples=["10"])
    gad7_reliable_change: Total | None = Field(None, examples=["4"])
    gad7_cutoff: Total | None = Field(None, examples=["8"])

    def given(self) -> Mapping[str, int | str | tuple[int, ...]]:
        """Give the numbers that are set, by name, points as tenths."""
        found = ((name, getattr(self, name)) for name in type(self).model_fields)
        return {
            name: int(value * 10) if isinstance(value, Decimal) else value
            for name, value in found
            if value is not None
        }


class TherapistRules(Section):
    """How one therapist's clients are judged, where it differs."""

    off: tuple[RuleKey, ...] | None = Field(None, examples=['["alliance_item_low"]'])
    numbers: RuleNumbers = RuleNumbers()


class TrajectoryFiles(Section):
    """What a site supplies to expect ORS by: a file an age group."""

    adult: Path | None = Field(None, examples=['"adult"'])
    adolescent: Path | None = Field(None, examples=['"adolescent"'])
    child: Path | None = Field(None, examples=['"child"'])


class RuleSettings(Section):
    """Which alert rules speak, and by which numbers."""

    ruleset: Literal["icce", "pcoms"] = Field("icce", title="a rule set")
    off: tuple[RuleKey, ...] = Field((), examples=['["alliance_item_low"]'])
    numbers: RuleNumbers = RuleNumbers()
    curves: TrajectoryFiles = TrajectoryFiles()
    models: TrajectoryFiles = TrajectoryFiles()
    therapists: Mapping[str, TherapistRules] = Field(default_factory=dict)  # by their codes


class LicenceSettings(Section):
    """Under which right the published wording of a measure is used."""

    ors: str | None = Field(None, min_length=1, examples=['"group licence 1234 of 2026"'])
    srs: str | None = Field(None, min_length=1, examples=['"group licence 1234 of 2026"'])


class WordingSettings(Section):
    """A measure's own wording in one language: what 0 and 10 mean, and each item's text by its key."""

    intro: str | None = Field(None, min_length=1)
    low: str = Field(min_length=1, examples=['"…"'])
    high: str = Field(min_length=1, examples=['"…"'])
    items: Mapping[str, str] = Field(examples=['{ overall = "…" }'])


class ConsentSettings(Section):
    """What a client agrees to before any question: our text, or the site's own."""

    version: str = Field("2", min_length=1, max_length=32)
    text: str | None = Field(None, min_length=1, max_length=1200)


class OptOutSettings(Section):
    """How far a client's STOP reaches: every address of theirs, or only those of the same network."""

    every_channel: bool = True


class LogSettings(Section):
    """How much is logged, and in which form; "auto" is for people in a terminal and JSON elsewhere."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", title="a log level")
    format: Literal["auto", "json", "console"] = Field("auto", title="a log format")

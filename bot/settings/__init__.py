"""Everything that a site can set, read once at the start.

A config file comes first, the environment over it, and secret files over both. Secrets never stand in
the config file. What is wrong is told all at once, by `ConfigError`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.settings.channels import SmsSettings, TelegramSettings
from bot.settings.clash import Clash
from bot.settings.costs import CostSettings
from bot.settings.crisis import CrisisSettings, HelplineSettings
from bot.settings.faults import ConfigError, Fault, explain
from bot.settings.sections import (
    ClinicSettings,
    ConsentSettings,
    DatabaseSettings,
    KeySettings,
    LicenceSettings,
    Licensed,
    LogSettings,
    MeasureSettings,
    OperatorSettings,
    OptOutSettings,
    RuleNumbers,
    RuleSettings,
    SecretsSettings,
    ServerSettings,
    WordingSettings,
)
from bot.settings.sources import gather
from bot.settings.times import (
    CalendarSettings,
    CheckInSettings,
    ProgrammeSettings,
    QuietHours,
    ScheduleSettings,
    SessionSettings,
)
from bot.settings.together import clashes
from bot.settings.values import LANGUAGES, Language, Slug, wrong
from bot.settings.watching import LimitSettings, MetricsSettings

__all__ = [
    "LANGUAGES",
    "CalendarSettings",
    "CheckInSettings",
    "ClinicSettings",
    "ConfigError",
    "ConsentSettings",
    "CostSettings",
    "CrisisSettings",
    "DatabaseSettings",
    "Fault",
    "HelplineSettings",
    "KeySettings",
    "LicenceSettings",
    "LimitSettings",
    "LogSettings",
    "MeasureSettings",
    "MetricsSettings",
    "OperatorSettings",
    "OptOutSettings",
    "ProgrammeSettings",
    "QuietHours",
    "RuleNumbers",
    "RuleSettings",
    "ScheduleSettings",
    "SecretsSettings",
    "ServerSettings",
    "SessionSettings",
    "Settings",
    "SmsSettings",
    "TelegramSettings",
    "WordingSettings",
    "load",
]


class Settings(BaseSettings):
    """Everything set. Made directly, it takes only what it is given, and defaults for the rest."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    clinic: ClinicSettings = ClinicSettings()
    database: DatabaseSettings = DatabaseSettings()
    keys: KeySettings = KeySettings()
    server: ServerSettings = ServerSettings()
    secrets: SecretsSettings = SecretsSettings()
    telegram: TelegramSettings = TelegramSettings()
    sms: SmsSettings = SmsSettings()
    operators: OperatorSettings = OperatorSettings()
    quiet_hours: QuietHours = QuietHours()
    measures: MeasureSettings = MeasureSettings()
    schedules: tuple[ScheduleSettings, ...] = ()
    programmes: Mapping[Slug, ProgrammeSettings] = Field(default_factory=dict)
    check_ins: CheckInSettings = CheckInSettings()
    sessions: SessionSettings = SessionSettings()
    calendars: tuple[CalendarSettings, ...] = ()
    rules: RuleSettings = RuleSettings()
    licence: LicenceSettings = LicenceSettings()
    wording: Mapping[Licensed, Mapping[Language, WordingSettings]] = Field(default_factory=dict)
    consent: ConsentSettings = ConsentSettings()
    opt_out: OptOutSettings = OptOutSettings()
    costs: CostSettings = CostSettings()
    crisis: CrisisSettings = CrisisSettings()
    logs: LogSettings = LogSettings()
    limits: LimitSettings = LimitSettings()
    metrics: MetricsSettings = MetricsSettings()

    @classmethod
    def settings_customise_sources(  # noqa: PLR0917 - pydantic-settings' signature
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is passed and read nothing: `load` reads, because it must know what came from where."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @model_validator(mode="after")
    def _together(self) -> Self:
        """Refuse settings that don't go together."""
        found = list(clashes(self.model_dump(exclude_unset=True)))
        if found:
            details = [
                InitErrorDetails(type=wrong(clash.problem, clash.instead), loc=clash.path, input=None)
                for clash in found
            ]
            raise ValidationError.from_exception_data(type(self).__name__, details, hide_input=True)
        return self


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of a site.

    Args:
        path: the config file; without one, what ATTUNE_CONFIG names, else ./config.toml if it is there.
        environ: the environment's variables; None for those of this process.

    Raises:
        ConfigError: everything that is wrong, at once.
    """
    gathered = gather(Settings, path, os.environ if environ is None else environ)
    found: list[Clash] = []
    try:
        settings = Settings.model_validate(gathered.values)
    except ValidationError as error:
        settings = None
        found = [
            explain(one, Settings, in_file=gathered.in_file(tuple(one["loc"])))
            for one in error.errors(include_url=False)
            if not (one["type"] == "too_short" and one["input"])  # a list of wrong things only: told for each
        ]
    # Raised out here, so that no traceback leads to pydantic's error, which holds what was written.
    if settings is None or gathered.faults:
        found += clashes(gathered.values)
        known = [gathered.fault(clash) for clash in found if gathered.judges(Settings, clash.path)]
        raise ConfigError(_in_order([*gathered.faults, *known]))
    return settings


def _in_order(faults: list[Fault]) -> tuple[Fault, ...]:
    """Tell one fault a key, in the order of the file; what is not in it comes last."""
    by_key: dict[str, Fault] = {}
    for fault in faults:
        by_key.setdefault(fault.key, fault)
    return tuple(sorted(by_key.values(), key=lambda fault: (fault.line is None, fault.line or 0)))

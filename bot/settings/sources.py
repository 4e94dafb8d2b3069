"""Where settings come from: the config file, then the environment, then secret files; the later one wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_origin

from pydantic import BaseModel
from pydantic_settings import BaseSettings

from bot.settings.clash import Clash
from bot.settings.faults import Fault, field_at, is_secret, keys_of
from bot.settings.lines import KeyPath, line_at, written
from bot.settings.named_secrets import put_in
from bot.settings.readers import (
    CONFIG_VARIABLE,
    JOINT,
    PREFIX,
    Source,
    Values,
    read_environment,
    read_file,
    read_secrets,
)
from bot.settings.values import nearest


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything that the sources say, and what is wrong with the sources themselves.

    Attributes:
        values: the settings, merged.
        faults: what is wrong with the sources.
        lines: where each key of the config file stands.
        named: the secret files and the environment; what wins comes first.
        file_read: whether the config file could be read, or there is none.
        secrets_read: whether the secret files could be read, or there are none.
    """

    values: Values = field(repr=False)
    faults: tuple[Fault, ...]
    lines: Mapping[KeyPath, int]
    named: tuple[Source, ...]
    file_read: bool
    secrets_read: bool

    def fault(self, clash: Clash) -> Fault:
        """Say where a wrong setting was written; one that is missing has the line of its section."""
        origin = next(filter(None, (source.name_of(clash.path) for source in self.named)), None)
        line = None if origin else line_at(self.lines, clash.path)
        return Fault(written(clash.path), line, clash.problem, clash.instead, origin)

    def judges(self, model: type[BaseModel], path: KeyPath) -> bool:
        """Tell whether enough was read to call a setting wrong or missing."""
        found = field_at(model, path)
        return self.file_read and (self.secrets_read or found is None or not is_secret(found))

    def in_file(self, path: KeyPath) -> bool:
        """Tell whether a setting stands in the config file, and nothing overrides it."""
        return path in self.lines and not any(source.name_of(path) for source in self.named)


def gather(model: type[BaseSettings], path: Path | None, environ: Mapping[str, str]) -> Gathered:
    """Read every source. A source with a fault gives what can be read of it."""
    variables = {name.lower(): (name, value) for name, value in environ.items()}
    if path is None and variables.get(CONFIG_VARIABLE, ("", ""))[1]:
        path = Path(variables[CONFIG_VARIABLE][1])
    from_file, lines, faults = read_file(model, path)
    file_read = bool(lines) or not faults
    from_environment = read_environment(model, variables)
    faults += _unknown(model, from_environment, PREFIX.upper())
    faults += _misshapen(model, from_environment, PREFIX.upper())
    below = merged(from_file, from_environment.values)
    from_secrets, problem = read_secrets(model, _directory(below))
    faults += _unknown(model, from_secrets, "")
    faults += _misshapen(model, from_secrets, "")
    values = merged(below, from_secrets.values)
    problems = [*([problem] if problem else []), *put_in(values, _directory(values))]
    gathered = Gathered(
        values,
        tuple(faults),
        lines,
        (from_secrets, from_environment),
        file_read,
        secrets_read=problem is None,
    )
    return replace(gathered, faults=(*faults, *map(gathered.fault, problems)))


def merged(below: Values, above: Values) -> Values:
    """Lay one source over another, section by section; a list is replaced as a whole."""
    result = dict(below)
    for key, value in above.items():
        beneath = result.get(key)
        if isinstance(beneath, dict) and isinstance(value, dict):
            result[key] = merged(beneath, value)
        else:
            result[key] = value
    return result


def _directory(values: Values) -> Path | None:
    secrets = values.get("secrets")
    directory = secrets.get("dir") if isinstance(secrets, dict) else None
    return Path(directory).expanduser() if isinstance(directory, str) and directory else None


def _unknown(model: type[BaseModel], source: Source, prefix: str) -> list[Fault]:
    """Find the variables or files that begin with no section; what comes after it, the model checks.

    A secret file without "__" in its name is somebody else's.
    """
    faults = []
    for key, name in source.names.items():
        section, joint, rest = key.partition(JOINT)
        if section in model.model_fields or not (prefix or joint):
            continue
        meant = nearest(section, model.model_fields)
        right = f"{prefix}{meant}{joint}{rest}"
        advice = f"write {right.upper() if prefix else right}" if meant else "take it away"
        faults.append(Fault(name, None, "names no setting", advice))
    return faults


def _misshapen(model: type[BaseModel], source: Source, prefix: str) -> list[Fault]:
    """Take out what would hide a whole section or list of another source, and say what is wrong with it."""
    faults = []
    for section, known in model.model_fields.items():
        given = source.values.get(section)
        listed = get_origin(known.annotation) is tuple
        if given is None or isinstance(given, list if listed else dict):
            continue
        name = source.name_of((section,))
        if listed:
            problem = "is a list of sections, and can't be set piece by piece"
            variable = f"{prefix}{section.upper() if prefix else section}"
            advice = f"write [[{section}]] in the config file, or the whole list, as JSON, in {variable}"
        else:
            problem = "is a section, and only its settings have values"
            example = f"{prefix}{section}{JOINT}{next(iter(keys_of(known)), 'key')}"
            advice = f"give each its own, e.g. {example.upper() if prefix else example}"
        del source.values[section]
        faults.append(Fault(section, None, problem, advice, name))
    return faults

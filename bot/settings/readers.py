"""Read the config file, the environment and secret files, each with its names for the settings."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NestedSecretsSettingsSource,
    SecretsSettingsSource,
    SettingsError,
    TomlConfigSettingsSource,
)

from bot.settings.addresses import password_in, without_password
from bot.settings.clash import Clash, secret_advice, sections_in
from bot.settings.faults import Fault, is_secret, settings_of
from bot.settings.lines import KeyPath, line_at, lines_of, syntax_words, written

CONFIG_FILE = Path("config.toml")
"""Read where no path is given, if it is there."""

PREFIX, JOINT = "attune_", "__"
"""What our variables begin with, and what joins the parts of a key in them (in any capitals)."""

CONFIG_VARIABLE, SECRETS_VARIABLE = "attune_config", "attune_secrets_dir"
"""Variables with names of their own: the config file, and the directory of secret files."""

Values = dict[str, object]
"""Settings as written, nested as in the file."""


@dataclass(frozen=True, slots=True)
class Source:
    """What one source says, and what each of its settings is called there: a variable, a file."""

    values: Values = field(repr=False)
    names: Mapping[str, str]

    def name_of(self, path: KeyPath) -> str | None:
        """Find the variable or file that gave this setting, or gave what it is a part of."""
        if not _has(self.values, path):
            return None
        keys = [JOINT.join(str(part).lower() for part in path[:length]) for length in range(len(path), 0, -1)]
        whole = next((self.names[key] for key in keys if key in self.names), None)
        inner = (name for key, name in self.names.items() if key.startswith(keys[0] + JOINT))
        return whole or next(inner, None)


def read_file(
    model: type[BaseSettings], path: Path | None
) -> tuple[Values, Mapping[KeyPath, int], list[Fault]]:
    """Read the config file, without the secrets that should not be in it: they are faults.

    Returns:
        What it says, the line of each key, and what is wrong with it.
    """
    file = path or CONFIG_FILE
    if path is None and not file.is_file():
        return {}, {}, []
    text = ""
    try:
        text = file.read_text(encoding="utf-8")
        values: Values = TomlConfigSettingsSource(model, toml_file=file)()
    except FileNotFoundError:
        return {}, {}, [Fault(str(file), None, "there is no such file", "copy config.example.toml to it")]
    except OSError as error:
        reason = (error.strerror or "it can't be opened").lower()
        return {}, {}, [Fault(str(file), None, f"can't be read ({reason})", "let Attune's user read it")]
    except UnicodeDecodeError:
        return {}, {}, [Fault(str(file), None, "is not UTF-8 text", "save it as UTF-8")]
    except tomllib.TOMLDecodeError as error:
        line, problem, instead = syntax_words(text, error)
        return {}, {}, [Fault(str(file), line, problem, instead)]
    lines = lines_of(text)
    unknown = [key for key in values if key.startswith("_")]  # BaseSettings would take them for its own
    faults = [Fault(written((key,)), lines.get((key,)), "is not a setting", "take it out") for key in unknown]
    for key in unknown:
        del values[key]
    faults += [
        Fault(written(clash.path), line_at(lines, clash.path), clash.problem, clash.instead)
        for clash in _secrets_in(model, values)
    ]
    return values, lines, faults


def read_environment(model: type[BaseSettings], variables: Mapping[str, tuple[str, str]]) -> Source:
    """Read our variables; `variables` has each one's own name and value by its name in small letters.

    An empty one counts as not set, which is how compose files pass on what nobody set.
    """
    ours = {
        f"{PREFIX}secrets{JOINT}dir" if lower == SECRETS_VARIABLE else lower: pair
        for lower, pair in variables.items()
        if lower.startswith(PREFIX) and lower != CONFIG_VARIABLE and pair[1] != ""
    }
    source = _ByName(model, env_prefix=PREFIX, env_nested_delimiter=JOINT)
    source.env_vars = {lower: value for lower, (_, value) in ours.items()}
    return Source(source(), {lower.removeprefix(PREFIX): name for lower, (name, _) in ours.items()})


def read_secrets(model: type[BaseSettings], directory: Path | None) -> tuple[Source, Clash | None]:
    """Read a directory of secret files; without one there are none."""
    nothing, key = Source({}, {}), ("secrets", "dir")
    if directory is None:
        return nothing, None
    if not directory.is_dir():
        return nothing, Clash(key, "is not a directory", f"make {directory}, or name another")
    try:
        names = {file.name.lower(): str(file) for file in sorted(directory.iterdir()) if file.is_file()}
        files = SecretsSettingsSource(model, directory)
        source = _ByFile(files, secrets_prefix="", secrets_nested_delimiter=JOINT)
        return Source(source(), names), None
    except UnicodeDecodeError:
        advice = f"save it as UTF-8, or move it out of {directory}"
        return nothing, Clash(key, "has a file that is not UTF-8 text", advice)
    except SettingsError:
        return nothing, Clash(key, "holds too much to be secret files", "name a directory of their own")
    except OSError:
        return nothing, Clash(key, "can't be read", f"let Attune's user read {directory} and all files in it")


def _has(values: object, path: KeyPath) -> bool:
    for part in path:
        if isinstance(values, dict):
            if str(part) not in values:
                return False
            values = values[str(part)]
        elif isinstance(values, list) and isinstance(part, int):
            if part >= len(values):
                return False
            values = values[part]
        else:
            return False
    return True


def _secrets_in(model: type[BaseModel], values: Values) -> Iterator[Clash]:
    """Take every secret out of the file's values, and say where it belongs."""
    for path, known in settings_of(model):
        if is_secret(known) and any(isinstance(part, int) for part in path):
            yield from _secrets_in_list(values, path)
        elif is_secret(known) and _take(values, path):
            advice = f"take the line out, and {secret_advice(path)}"
            yield Clash(path, "is a secret, and secrets do not belong in this file", advice)
    database = values.get("database")
    for key in ("url", "direct_url"):
        url = database.get(key) if isinstance(database, dict) else None
        if isinstance(database, dict) and isinstance(url, str) and password_in(url) is not None:
            database[key] = without_password(url)
            advice = f"take it out, and {secret_advice(('database', 'password'))}"
            problem = "holds a password, and secrets do not belong in this file"
            yield Clash(("database", key), problem, advice)


def _secrets_in_list(values: Values, path: KeyPath) -> Iterator[Clash]:
    """Tell of a secret in a section of a list; it stays there, and is read as a secret."""
    listed, _, key = path
    for place, section in sections_in(values, str(listed)):
        if key in section:
            where = (listed, place, key)
            problem = "is a secret, and secrets do not belong in this file"
            yield Clash(where, problem, f"take the line out, and {secret_advice(where)}")


def _take(values: Values, path: KeyPath) -> bool:
    *outer, last = path
    section: object = values
    for part in outer:
        section = section.get(str(part)) if isinstance(section, dict) else None
    if not isinstance(section, dict) or last not in section:
        return False
    del section[str(last)]
    return True


class _ByName(EnvSettingsSource):
    """Settings in variables: a list is JSON, or plain words between commas."""

    def decode_complex_value(self, field_name: str, field: FieldInfo | None, value: object) -> object:
        """Decode a list or a section; what is neither stays as it is, for the model to refuse."""
        del field_name
        return _decoded(field, value)


class _ByFile(NestedSecretsSettingsSource):
    """Settings in files, one each, written as a variable would be."""

    def decode_complex_value(self, field_name: str, field: FieldInfo | None, value: object) -> object:
        """Decode as a variable is decoded."""
        del field_name
        return _decoded(field, value)


def _decoded(field: FieldInfo | None, value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        decoded = json.loads(value)
    except ValueError:
        decoded = None
    if isinstance(decoded, dict | list):
        return decoded
    words = field is not None and get_origin(field.annotation) is tuple and get_args(field.annotation)
    if not words or (isinstance(words[0], type) and issubclass(words[0], BaseModel)):
        return value
    return [part.strip() for part in value.split(",") if part.strip()]

"""Installs the outside servers and libraries into build/outside, and says where each of them is.

`python -m tests.outside.environment` does it; `make outside` calls that when something changed. npm
brings its own Node (emulate needs 22.15, Debian 12 has less), and each Python library that can't
live beside Attune's own versions gets a virtual environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "outside"
NPM = BUILT / "npm"

NODE = NPM / "node_modules" / ".bin" / "node"
EMULATE = NPM / "node_modules" / "emulate" / "dist" / "index.js"
PRISM = NPM / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
TWILIO_API = NPM / "node_modules/@twilio/cli-core/src/services/twilio-api/twilio_api_v2010.json"
"""Twilio's own OpenAPI description of its messaging API."""

AIOGRAM = BUILT / "aiogram" / "bin" / "python"
"""A Python with aiogram, whose models of the Bot API are not python-telegram-bot's."""

TG_AUTO_TEST = BUILT / "tg-auto-test" / "bin" / "python"
"""A Python 3.12 or newer with tg-auto-test and Attune; there only where such a Python was found."""

_AIOGRAM_PIN = "aiogram==3.31.0"
_TG_AUTO_TEST_PIN = "tg-auto-test==1.3.24"
_TG_AUTO_TEST_NEEDS = (3, 12)
_TG_AUTO_TEST_OVERRULES = ("pillow",)
"""It refuses the pillow that constraints.txt names, so the newest that it takes is installed."""


def install() -> None:
    """Install everything; what fails raises, but for a newer Python, which may be missing."""
    pgbouncer()
    BUILT.mkdir(parents=True, exist_ok=True)
    _install_npm()
    install_python(AIOGRAM, Path(sys.executable), [_AIOGRAM_PIN])
    newer = next(_pythons_from(_TG_AUTO_TEST_NEEDS), None)
    if newer is None:
        print("found no Python 3.12 or newer: the in-process Telegram test will say so")  # noqa: T201 - for people
        return
    pins = ["--constraint", str(_loosened_constraints()), "--editable", str(ROOT)]
    install_python(TG_AUTO_TEST, newer, [*pins, _TG_AUTO_TEST_PIN])


def pgbouncer() -> Path:
    """Find PgBouncer, which the system brings; where it is missing, the process ends."""
    found = shutil.which("pgbouncer", path=os.pathsep.join((os.environ["PATH"], "/usr/sbin")))
    if found is None:
        sys.exit("make outside needs PgBouncer: on Debian and Ubuntu, apt install pgbouncer")
    return Path(found)


def _install_npm() -> None:
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("make outside needs npm: on Debian and Ubuntu, apt install npm")
    NPM.mkdir(exist_ok=True)
    shutil.copy(Path(__file__).with_name("package.json"), NPM)
    _run(
        npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error", f"--prefix={NPM}"
    )


def install_python(python: Path, base: Path, requirements: list[str]) -> None:
    """Make the virtual environment that `python` belongs to, anew, from `base`."""
    _run(base, "-m", "venv", "--clear", python.parents[1])
    _run(python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", *requirements)


def _loosened_constraints() -> Path:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    kept = [line for line in lines if line.partition("==")[0].lower() not in _TG_AUTO_TEST_OVERRULES]
    loosened = BUILT / "constraints.txt"
    loosened.write_text("\n".join(kept))
    return loosened


def _pythons_from(version: tuple[int, int]) -> Iterator[Path]:
    """Find Pythons of at least `version`: this one, those on PATH, those that pyenv keeps."""
    candidates = [sys.executable]
    candidates += [found for minor in range(12, 20) if (found := shutil.which(f"python3.{minor}"))]
    candidates += [found for found in [shutil.which("python3")] if found]
    candidates += map(str, sorted(Path.home().glob(".pyenv/versions/3.*/bin/python3")))
    ask = f"import ensurepip, sys; sys.exit(sys.version_info < {version!r})"
    for candidate in candidates:
        if subprocess.run([candidate, "-c", ask], capture_output=True, check=False).returncode == 0:
            yield Path(candidate)


def _run(program: Path | str, *arguments: Path | str) -> None:
    subprocess.run(
        [program, *arguments], check=True, cwd=ROOT, stdin=subprocess.DEVNULL, env=bare_environment()
    )


def bare_environment() -> dict[str, str]:
    """Copy our environment without what would lead another Python to our packages."""
    return {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}


if __name__ == "__main__":
    install()

"""The real `attune` as child processes, on a config and in a folder of the test's own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

CLINIC = "Elm Street clinic"

PATIENCE = 60.0
"""Seconds for anything to happen, on a machine that is busy with other tests."""

Section = Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str


class Attune:
    """One installation. Leaving it ends whatever still runs; `PYTHONPATH` keeps children on this machine.

    Attributes:
        port: where its web server listens.
        running: the process that was started last.
    """

    def __init__(self, folder: Path, url: str, secrets: Mapping[str, str], **sections: Section) -> None:
        """Write the config; nothing runs yet.

        Args:
            folder: for the config, the keys and the logs.
            url: the database's, as the settings take it.
            secrets: by setting: {"telegram.token": …}.
            sections: further sections of the config, over those that every test needs.
        """
        self.port = int(sections.get("server", {}).get("port", 0)) or free_port()
        self.running: Running | None = None
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._config = folder / "config.toml"
        self._started: list[Running] = []
        self._secrets = secrets
        ours: dict[str, Section] = {
            "clinic": {"name": CLINIC},
            "database": {"url": url},
            "keys": {"file": str(folder / "attune.keys")},
            "server": {"port": self.port},
            "quiet_hours": not_now(),
        }
        for name, section in sections.items():
            ours[name] = {**ours.get(name, {}), **section}
        self._config.write_text("\n".join(_toml(name, section) for name, section in ours.items()))
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.upper().startswith("ATTUNE_")},
            **{f"ATTUNE_{name.upper().replace('.', '__')}": value for name, value in secrets.items()},
        }

    async def __aenter__(self) -> Self:
        """Do nothing: `start` starts it."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill what still runs, and show what it printed where the test fails; no secret may be in it."""
        for each in self._started:
            await each.kill()
        sys.stdout.write(self.printed)
        assert not [name for name, secret in self._secrets.items() if secret in self.printed]

    @property
    def url(self) -> str:
        """Where its web server is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def printed(self) -> str:
        """All that its processes printed so far, one after the other."""
        return "".join(each.printed for each in self._started)

    @property
    def files(self) -> set[str]:
        """What is in its folder."""
        return {file.name for file in self._folder.iterdir()}

    def rewrite(self, old: str, new: str) -> None:
        """Write something else into the config; an empty `old` stands for its end."""
        text = self._config.read_text()
        assert old in text
        self._config.write_text(text.replace(old, new) if old else f"{text}\n{new}")

    async def do(self, *words: str, status: int = 0) -> Said:
        """Run a command to its end, and expect its exit status."""
        command = await asyncio.create_subprocess_exec(
            *_python(*words, "--config", str(self._config)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment,
            cwd=self._folder,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(PATIENCE):
                out, err = await command.communicate()
        finally:
            _kill(command)
        said = Said(command.returncode or 0, out.decode(), err.decode())
        assert said.status == status, said
        return said

    async def start(self) -> Running:
        """Start `attune run`, without waiting until it is up."""
        log = self._folder / f"run-{len(self._started) + 1}.log"
        with log.open("wb") as printed:
            process = await asyncio.create_subprocess_exec(
                *_python("run", "--config", str(self._config)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                env=self._environment,
                cwd=self._folder,
                start_new_session=True,
            )
        self.running = Running(process, log)
        self._started.append(self.running)
        return self.running

    async def restart(self) -> None:
        """Kill it, at once and without warning, and start it again."""
        assert self.running is not None
        await self.running.kill()
        await self.start()

    async def until_ready(self) -> None:
        """Wait until /readyz says that it is."""
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as client:
            while not await self._is_ready(client):  # noqa: ASYNC110 - another process's doing
                await asyncio.sleep(0.02)

    async def poller(self) -> str:
        """Read what /readyz says of polling Telegram; "" where it can't be asked."""
        async with httpx.AsyncClient(trust_env=False) as web:
            try:
                parts = (await web.get(f"{self.url}/readyz")).json()["parts"]
            except httpx.TransportError:
                return ""
        return str(parts.get("poller", {}).get("detail", ""))

    async def until_it_polls(self) -> float:
        """Wait until it polls Telegram; returns how many seconds that took."""
        began = time.monotonic()
        async with asyncio.timeout(PATIENCE):
            while not (await self.poller()).startswith("last poll"):  # noqa: ASYNC110 - another process's doing
                await asyncio.sleep(0.05)
        return time.monotonic() - began

    async def _is_ready(self, client: httpx.AsyncClient) -> bool:
        assert self.running is not None
        assert self.running.process.returncode is None, self.running.printed
        try:
            return (await client.get(f"{self.url}/readyz")).is_success
        except httpx.TransportError:
            return False


@dataclass(frozen=True, slots=True)
class Running:
    """One process of `attune run`, in a group of its own, and what it prints."""

    process: asyncio.subprocess.Process
    log: Path

    @property
    def printed(self) -> str:
        """What it printed so far, on either stream."""
        return self.log.read_text(errors="replace")

    async def until_printed(self, words: str) -> None:
        """Wait until it has printed these words."""
        async with asyncio.timeout(PATIENCE):
            while words not in self.printed:  # noqa: ASYNC110 - another process's doing
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """End it by SIGKILL."""
        _kill(self.process)
        await self.process.wait()

    async def end(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, and give its exit status."""
        self.process.send_signal(sign)
        return await self.ended()

    async def ended(self) -> int:
        """Wait until it ended, and give its exit status."""
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()


def free_port() -> int:
    """Find a port that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def not_now() -> Section:
    """Give quiet hours that are neither now nor soon, in UTC."""
    start = datetime.now(UTC) + timedelta(hours=6)
    return {"start": f"{start:%H:00}", "end": f"{start + timedelta(hours=1):%H:00}"}


def _python(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "bot", *words)


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _toml(name: str, section: Section) -> str:
    lines = [f"{key} = {json.dumps(value)}" for key, value in section.items()]
    return "\n".join([f"[{name}]", *lines, ""])

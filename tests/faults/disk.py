"""A small disk of our own, which can be filled."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = "8m"


class CannotMountError(Exception):
    """This machine lets us mount nothing."""


class Disk:
    """A mounted file system in memory."""

    def __init__(self, folder: Path) -> None:
        """Keep where it is mounted."""
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        """Leave not a byte on it."""
        with self._filler.open("wb", buffering=0) as filler, contextlib.suppress(OSError):
            while filler.write(bytes(4096)):
                pass

    def clear(self) -> None:
        """Take away what fills it."""
        self._filler.unlink()


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Mount a small disk at a folder, which is made.

    Raises:
        CannotMountError: only root may do so, and not in every container.
    """
    folder.mkdir()
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={SIZE}", "attune-faults", str(folder))
    except (OSError, subprocess.CalledProcessError) as error:
        reason = "a small disk can't be mounted here: run as root to test it"
        raise CannotMountError(reason) from error
    try:
        yield Disk(folder)
    finally:
        _run("umount", "--lazy", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)

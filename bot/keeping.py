"""Keeping what finds danger, compiled, for the next start: `python -m bot.keeping` does so at an install."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

import structlog

from bot import danger

log = structlog.get_logger(__name__)


def keep() -> bool:
    """Write it beside the files that it was made from, unless it stands there; tells whether it does now.

    Where that folder is not ours to write, each start compiles it anew: a few seconds more.
    """
    if danger.is_kept():
        return True
    try:
        _write(Path(str(danger.place())), danger.stored(danger.compiled(), danger.digest()))
    except OSError as error:
        log.info(
            "What finds danger can't be kept here, so each start takes a few seconds more.",
            action="keep",
            fault=type(error).__name__,
        )
        return False
    return True


def _write(file: Path, content: bytes) -> None:
    """Put a whole file in place at once: another process may read it meanwhile."""
    file.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=file.stem, delete=False) as written:
        try:
            written.write(content)
            written.close()
            Path(written.name).chmod(0o644)
            Path(written.name).replace(file)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(written.name).unlink()
            raise


if __name__ == "__main__":
    sys.exit(not keep())

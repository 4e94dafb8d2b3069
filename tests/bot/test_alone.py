"""One process for one SQLite file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.alone import AlreadyRunningError, alone


def test_a_file_is_held_by_one_and_let_go(tmp_path: Path) -> None:
    """A second holder is refused by name of the file, and welcome once the first is gone."""
    url = f"sqlite:///{tmp_path / 'attune.db'}"
    with alone(url), pytest.raises(AlreadyRunningError, match=r"attune\.db"), alone(url):
        pytest.fail("held twice")
    with alone(url):
        pass


@pytest.mark.parametrize("url", ["postgresql://attune@db/attune", "sqlite://"])
def test_what_many_may_use_is_not_held(url: str) -> None:
    """PostgreSQL is for any number of processes; a database in memory is nobody else's."""
    with alone(url), alone(url):
        pass

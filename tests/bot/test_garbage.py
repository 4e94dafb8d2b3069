"""Python's collector leaves alone what stays, and looks less often."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from bot import garbage


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_what_is_made_to_stay_is_not_looked_among() -> None:
    before = gc.get_freeze_count()
    with garbage.staying():
        assert not gc.isenabled()
        stays = [[one] for one in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(stays)
    assert gc.get_threshold()[0] == garbage.ALLOCATED


def test_what_could_not_be_made_leaves_the_collector_at_work() -> None:
    with pytest.raises(ZeroDivisionError), garbage.staying():
        raise ZeroDivisionError
    assert gc.isenabled()

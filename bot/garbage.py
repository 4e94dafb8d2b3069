"""When Python looks for garbage in a process that lives long: not often, and not among what stays."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ALLOCATED = 5_000
"""After how many objects more Python looks for garbage, from `staying` on; by itself after 700, or 2,000.

A batch of messages makes thousands, and needs them to its end. To look less often still saves little more.
"""


@contextmanager
def staying() -> Iterator[None]:
    """Let be made what stays as long as the process: it is not looked among meanwhile, nor afterwards.

    This holds for the whole process, and for all that is alive at the end.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
    gc.freeze()
    gc.set_threshold(ALLOCATED, *gc.get_threshold()[1:])

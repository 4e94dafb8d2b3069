"""Values that don't open, because their key is gone or they were changed: one such row stops nobody else.

Whoever asks goes on without the value, and the log names the row at level `error`, once a process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from storage.crypto import SealError

if TYPE_CHECKING:
    from storage.crypto import Cipher

log = structlog.get_logger(__name__)

_named: set[tuple[str, int]] = set()
"""The columns and ids that the log has named."""


def opened(cipher: Cipher, column: str, row_id: int, sealed: bytes) -> str | None:
    """Decrypt a value of a row; None where it does not open, which the log tells.

    Args:
        cipher: what opens it.
        column: the table and column it stands in ("clients.name").
        row_id: the row's id in that table.
        sealed: what stands there.
    """
    try:
        return cipher.open(column, sealed)
    except SealError as error:
        if (column, row_id) not in _named:
            _named.add((column, row_id))
            log.error(  # noqa: TRY400 (a traceback tells nothing that the words don't)
                "A stored value does not open and is gone without: look for the keys it was sealed with.",
                action="sealed",
                column=column,
                id=row_id,
                why=str(error),
            )
        return None

"""What is shown of a simulation: each message with its times, as lines to read or as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

CLINIC, OFFICE = "attune", "office"
"""Who writes to people, and who does something for them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One message, or one deed of the office.

    Attributes:
        at: when (aware UTC).
        zone: where the person of it lives.
        sender: a code, "attune" or "office".
        receiver: a code, or "attune".
        kind: of what goes out the outbox's word, of what comes in what it was read as.
        text: what is written.
    """

    at: datetime
    zone: str
    sender: str
    receiver: str
    kind: str
    text: str

    def lines(self) -> str:
        """Write it to be read: a line with the local and the UTC time, and the text indented below it."""
        head = (
            f"{self._local():%a %Y-%m-%d %H:%M} {self.zone} ({self.at:%Y-%m-%d %H:%M}Z)"
            f"  {self.sender} -> {self.receiver}  {self.kind}"
        )
        return "\n".join((head, *(f"    {line}" for line in self.text.splitlines())))

    def json(self) -> str:
        """Write it as one line of JSON; the keys are always the same, in this order."""
        line = {
            "utc": f"{self.at:%Y-%m-%dT%H:%M:%SZ}",
            "local": self._local().isoformat(timespec="seconds"),
            "zone": self.zone,
            "from": self.sender,
            "to": self.receiver,
            "kind": self.kind,
            "text": self.text,
        }
        return json.dumps(line, ensure_ascii=False)

    def _local(self) -> datetime:
        return self.at.astimezone(ZoneInfo(self.zone))

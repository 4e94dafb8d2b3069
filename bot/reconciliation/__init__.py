"""What never reached us, fetched from a network's own list of messages, once a day."""

from __future__ import annotations

from bot.reconciliation.rounds import ReconciliationRounds
from bot.reconciliation.turn import Compared, Lister, compare

__all__ = ["Compared", "Lister", "ReconciliationRounds", "compare"]

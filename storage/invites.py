"""Statements about invitations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.crypto import Cipher


class Invites:
    """Who may come, by a token that is used once."""

    def __init__(self, connection: AsyncConnection, cipher: Cipher) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection
        self._cipher = cipher

    async def add(
        self,
        token: str,
        expires_at: datetime,
        *,
        client_id: int | None = None,
        therapist_id: int | None = None,
    ) -> None:
        """Keep an invitation; only the token's hash is kept."""
        await self._connection.execute(
            sa.insert(t.invites).values(
                fingerprint=self._cipher.fingerprint("invite", token),
                client_id=client_id,
                therapist_id=therapist_id,
                expires_at=expires_at,
            )
        )

    async def use(self, token: str, now: datetime) -> tuple[int | None, int | None] | None:
        """Use an invitation up: (client id, therapist id), or None where it is unknown, used or too old."""
        found = await self._connection.execute(
            sa.update(t.invites)
            .where(
                t.invites.c.fingerprint == self._cipher.fingerprint("invite", token),
                t.invites.c.used_at.is_(None),
                t.invites.c.expires_at > now,
            )
            .values(used_at=now)
            .returning(t.invites.c.client_id, t.invites.c.therapist_id)
        )
        row = found.one_or_none()
        return (row.client_id, row.therapist_id) if row else None

    async def give_back(self, token: str) -> None:
        """Make an invitation usable again that was used from the wrong address."""
        await self._connection.execute(
            sa.update(t.invites)
            .where(t.invites.c.fingerprint == self._cipher.fingerprint("invite", token))
            .values(used_at=None)
        )

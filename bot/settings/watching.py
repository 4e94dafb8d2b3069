"""The settings of how much is taken at a time, and of the numbers by which a process is watched."""

from __future__ import annotations

from pydantic import Field

from bot.settings.addresses import Secret
from bot.settings.channels import Section
from bot.settings.values import Whole


class LimitSettings(Section):
    """From where on it is too much: each is of one process, and generous for people."""

    messages_waiting: Whole = Field(5000, ge=100, le=1_000_000)
    requests_at_once: Whole = Field(500, ge=10, le=100_000)
    forgeries_a_minute: Whole = Field(30, ge=0, le=100_000)
    texts_a_minute: Whole = Field(30, ge=10, le=10_000)


class MetricsSettings(Section):
    """Numbers for Prometheus: off until there is a token, or a port of their own."""

    token: Secret | None = None
    port: Whole | None = Field(None, ge=1, le=65535, examples=["9464"])
    host: str = Field("127.0.0.1", min_length=1)

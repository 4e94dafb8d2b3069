"""The settings of the networks, which is all that a channel may know of the settings."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.pace import SEGMENTS_A_SECOND
from bot.settings.addresses import (
    AccountSid,
    ApiBase,
    BotToken,
    Phone,
    Secret,
    ServiceSid,
    WebhookSecret,
    WhatsApp,
)
from bot.settings.values import Rate, Seconds, Whole


class Section(BaseModel):
    """A part of the settings: it can't be changed, and knows no other keys than its own."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
    )


class TelegramSettings(Section):
    """The Telegram bot; off while there is no token."""

    token: BotToken | None = None
    mode: Literal["poll", "webhook"] = Field("poll", title="a way of receiving")
    webhook_secret: WebhookSecret | None = None
    api_base: ApiBase = "https://api.telegram.org"
    poll_seconds: Whole = Field(30, ge=1, le=50)
    messages_per_second: Rate = 30.0


class SmsSettings(Section):
    """Text messages and WhatsApp through Twilio; off while there is no account."""

    account_sid: AccountSid | None = Field(None, examples=['"AC…"'])
    auth_token: Secret | None = None
    previous_auth_token: Secret | None = None  # accepted too, while the token is being replaced
    from_number: Phone | None = Field(None, examples=['"+12025550142"'])
    whatsapp_from: WhatsApp | None = Field(None, examples=['"+12025550142"'])
    messaging_service_sid: ServiceSid | None = Field(None, examples=['"MG…"'])
    api_base: ApiBase | None = Field(None, examples=['"https://api.dublin.ie1.twilio.com"'])
    timeout: Seconds = Field(10.0, gt=0, le=30)  # seconds, for one request
    number_type: Literal["long_code", "toll_free", "short_code"] = Field(
        "long_code", title="a type of number"
    )
    # None: what a number of that type may send
    segments_per_second: Rate | None = Field(None, examples=["12.0"])

    @property
    def rate(self) -> float:
        """How many segments a second go out: as given, or as many as a number of this type may send."""
        return self.segments_per_second or SEGMENTS_A_SECOND[self.number_type]

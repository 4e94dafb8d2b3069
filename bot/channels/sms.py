"""Text messages and WhatsApp, by Twilio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Self

from twilio.base import values
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from bot.channels.base import (
    Address,
    ChannelError,
    DeliveryReport,
    Inbound,
    Message,
    Outcome,
    OutcomeUnknownError,
    Receipt,
    SenderFaultError,
    UnreachableError,
)
from bot.channels.sms_errors import CODES, refusal
from bot.channels.sms_forms import CHANNEL, OUTCOMES, read_message, read_status
from bot.channels.sms_http import TwilioHttp
from bot.channels.sms_list import INBOUND, NOT_TWILIO, PAGE, inbound_of, pages, report_of, sent_at

if TYPE_CHECKING:
    from twilio.rest.api.v2010.account.message import MessageInstance

    from bot.settings import SmsSettings

WHATSAPP: Final = "whatsapp:"
"""What Twilio writes before a WhatsApp number."""

_VALIDITY = (timedelta(seconds=5), timedelta(seconds=36_000))
"""Shortest and longest. Source: twilio.com/docs/messaging/api/message-resource, ValidityPeriod."""

_TRIAL = "Sent from your Twilio trial account - "
"""What Twilio puts before every text of an account that is not paid for."""

_CLOCKS_APART = timedelta(seconds=2)


class SmsChannel:
    """Twilio's messages: `+1555…` by text message, `whatsapp:+1555…` by WhatsApp."""

    name: Final = CHANNEL
    edits: Final = False
    pictures: Final = False

    def __init__(self, settings: SmsSettings, public_url: str | None) -> None:
        """Get ready to send; the loop must be running. See `connect`."""
        if settings.account_sid is None or settings.auth_token is None:
            msg = "sms.account_sid and sms.auth_token are needed to send text messages"
            raise ValueError(msg)
        token = settings.auth_token.get_secret_value()
        tokens = [token]
        if settings.previous_auth_token is not None:
            tokens.append(settings.previous_auth_token.get_secret_value())
        self.account: Final = settings.account_sid
        self._settings = settings
        self._public_url = str(public_url).rstrip("/") if public_url else None
        self._validators = tuple(RequestValidator(each) for each in tokens)
        self._http = TwilioHttp(settings.api_base, settings.timeout)
        self._messages = Client(settings.account_sid, token, http_client=self._http).messages

    @classmethod
    async def connect(cls, settings: SmsSettings, public_url: str | None = None) -> Self:
        """Open the channel.

        Args:
            settings: with an account and its token.
            public_url: where Twilio reaches our web server. Without it no delivery is reported
                and no webhook is genuine.

        Raises:
            ValueError: the account or its token is not set.
        """
        return cls(settings, public_url)

    async def send(self, address: Address, message: Message) -> Receipt:
        """Hand `message` to Twilio, without its buttons; the errors are those of `Channel`."""
        given = {**self._sender(address), **self._terms(message)}
        try:
            taken = await self._messages.create_async(to=address, body=message.text, **given)
        except NOT_TWILIO:
            taken = None
        if taken is None or not isinstance(taken.sid, str) or not taken.sid:
            msg = "Twilio's answer names no message"
            raise OutcomeUnknownError(msg)
        if OUTCOMES.get(str(taken.status)) is Outcome.FAILED and taken.error_code in CODES:
            raise refusal(200, taken.error_code)
        return Receipt(taken.sid)

    async def find(self, address: Address, message: Message, since: datetime) -> Receipt | None:
        """Look through what Twilio has for `address`: the same text, made at or after `since`.

        Asks for all of it and not by date: Twilio's date is that of sending, which a message that
        still waits has not got. Its times have no fractions, and its clock is not quite ours, so
        two seconds before `since` count too.

        Raises:
            ChannelError: no answer now; ask again later.
        """
        earliest = since.replace(microsecond=0) - _CLOCKS_APART
        try:
            async for sent in await self._messages.stream_async(to=address, page_size=PAGE):
                if sent.sid and _is(sent, message.text, earliest):
                    return Receipt(sent.sid)
        except NOT_TWILIO:  # not `from error`: its text may hold the list
            msg = "Twilio's list of messages can't be read"
            raise ChannelError(msg) from None
        return None

    async def received_since(self, when: datetime) -> AsyncIterator[Sequence[Inbound]]:
        """Read what was sent to our numbers at or after `when` from Twilio's list, a page at a time.

        Where a messaging service chooses the numbers, whatever came to it or to our own counts.

        Raises:
            ChannelError: no answer now; ask again later.
        """
        for number in self._numbers():
            async for page in pages(self._messages, when, to=number):
                yield [inbound_of(one, self.account) for one in page if self._is_ours(one, when)]

    async def statuses(self, since: datetime) -> AsyncIterator[Sequence[DeliveryReport]]:
        """Read what became of the messages that were sent from the day of `since` on, a page at a time.

        Raises:
            ChannelError: no answer now; ask again later.
        """
        for number in self._numbers():
            async for page in pages(self._messages, since, sender=number):
                ours = [one for one in page if str(one.direction) != INBOUND]
                yield [report for one in ours if (report := report_of(one, self.account))]

    def _numbers(self) -> Sequence[str | None]:
        """List the numbers that the list is asked for; None for all of the account's."""
        if self._settings.messaging_service_sid is not None:
            return (None,)
        return self._own()

    def _own(self) -> Sequence[str]:
        whatsapp = self._settings.whatsapp_from
        of_whatsapp = whatsapp and WHATSAPP + whatsapp.removeprefix(WHATSAPP)
        return [one for one in (self._settings.from_number, of_whatsapp) if one]

    def _is_ours(self, message: MessageInstance, when: datetime) -> bool:
        at = sent_at(message)
        service = self._settings.messaging_service_sid
        to_us = message.to in self._own() or (service and message.messaging_service_sid == service)
        return bool(to_us) and str(message.direction) == INBOUND and at is not None and at >= when

    async def close(self) -> None:
        """Let go of connections; a second time does nothing."""
        await self._http.close()

    def genuine(self, url_path_and_query: str, form: Mapping[str, str], signature: str | None) -> bool:
        """Say whether Twilio made this request, by its signature. Never raises.

        Args:
            url_path_and_query: as they came, still escaped. Before them goes the public URL from
                the settings; what a proxy made of host and port is not looked at.
            form: every parameter, blank ones too; with `getlist` where names may come twice.
            signature: the header X-Twilio-Signature.
        """
        if not signature or self._public_url is None:
            return False
        url = self._public_url + url_path_and_query
        return any(_signed(validator, url, form, signature) for validator in self._validators)

    def read(self, form: Mapping[str, str]) -> Inbound:
        """Turn a message webhook into what a person did; what can't be read is kept whole."""
        return read_message(form, self.account, datetime.now(UTC))

    def read_status(self, form: Mapping[str, str]) -> DeliveryReport | None:
        """Turn a status webhook into a report; None where it says nothing that counts."""
        return read_status(form, self.account, datetime.now(UTC))

    def _sender(self, address: Address) -> dict[str, object]:
        if address.startswith(WHATSAPP):
            number = self._settings.whatsapp_from
            if number is None:
                msg = "sms.whatsapp_from is not set, so WhatsApp can't be written"
                raise UnreachableError(msg)
            return {"from_": WHATSAPP + number.removeprefix(WHATSAPP)}
        service = self._settings.messaging_service_sid
        if service is None and self._settings.from_number is None:
            msg = "neither sms.from_number nor sms.messaging_service_sid is set"
            raise SenderFaultError(msg)
        return {
            "from_": self._settings.from_number or values.unset,
            "messaging_service_sid": service or values.unset,
        }

    def _terms(self, message: Message) -> dict[str, object]:
        terms: dict[str, object] = {"smart_encoded": False}  # or a service may rewrite the text
        if self._public_url is not None:
            terms["status_callback"] = f"{self._public_url}/sms/status"
        if message.valid_for is not None:
            shortest, longest = _VALIDITY
            terms["validity_period"] = int(min(max(message.valid_for, shortest), longest).total_seconds())
        return terms


def _signed(validator: RequestValidator, url: str, form: Mapping[str, str], signature: str) -> bool:
    try:
        return bool(validator.validate(url, form, signature))
    except (TypeError, ValueError):  # a port or an encoding that is none
        return False


def _is(sent: MessageInstance, text: str, earliest: datetime) -> bool:
    body = (sent.body or "").removeprefix(_TRIAL)
    return (
        body.strip() == text.strip()
        and str(sent.direction) != INBOUND
        and sent.date_created is not None
        and sent.date_created >= earliest
    )

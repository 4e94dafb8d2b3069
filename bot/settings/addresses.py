"""Where people, networks and databases are reached, and by which secrets, as settings.

No message here holds a telephone number, a chat's id, an address or a secret: not even a wrong one.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

import phonenumbers
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.settings.values import refuse


def password_in(url: str) -> str | None:
    """Find the password in a database's address, if there is one."""
    parsed = _database_url(url)
    if parsed is None:
        return None
    asked = parsed.query.get("password")
    return parsed.password or (asked if isinstance(asked, str) else None)


def without_password(url: str) -> str:
    """Take the password out of a database's address; one that can't be read comes back as it is."""
    parsed = _database_url(url)
    if parsed is None or password_in(url) is None:
        return url
    bare = URL.create(
        parsed.drivername,
        username=parsed.username,
        host=parsed.host,
        port=parsed.port,
        database=parsed.database,
        query={key: value for key, value in parsed.query.items() if key != "password"},
    )
    return bare.render_as_string()


def _database_url(url: str) -> URL | None:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        return None


def _database(url: str) -> str:
    parsed = _database_url(url)
    kind = parsed.drivername if parsed else ""
    if kind not in {"sqlite", "postgresql"} or (kind == "postgresql" and not (parsed and parsed.database)):
        refuse(
            "is not a database that Attune knows",
            'write "sqlite:///attune.db" or "postgresql://user@host/name"',
        )
    return url


def _server(url: str) -> str:
    parsed = _database_url(url)
    if parsed is None or parsed.drivername != "postgresql" or not parsed.database:
        refuse("is not the address of a PostgreSQL", 'write "postgresql://user@host/name"')
    return url


def _phone(number: str) -> str:
    try:
        parsed = phonenumbers.parse(number, None)
        whole = phonenumbers.is_possible_number(parsed)
        plain = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        whole, plain = False, ""
    if not whole or number != plain:
        refuse(
            "is not a telephone number in its international form",
            'write a plus, the country\'s code and the number, digits only, e.g. "+12025550142"',
        )
    return number


def _text_address(address: str) -> str:
    plain = address.removeprefix("whatsapp:")
    return address[: len(address) - len(plain)] + _phone(plain)


def _whatsapp(address: str) -> str:
    return "whatsapp:" + _phone(address.removeprefix("whatsapp:"))


def _chat(value: object) -> str:
    chat = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(chat, str) or not re.fullmatch(r"[1-9][0-9]{0,15}", chat):
        refuse(
            "is not the number of a private Telegram chat",
            'write its digits in quotes, e.g. "123456789" (an @name or a group does not work)',
        )
    return chat


def _split(url: str) -> SplitResult | None:
    """Take a web address apart, if it is one that a program can call: a host, and nothing hidden in it."""
    try:
        parts = urlsplit(url)
        sound = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    plain = not (parts.username or parts.password or parts.query or parts.fragment or " " in url)
    return parts if sound and plain and parts.scheme in {"http", "https"} else None


def _is_this_machine(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def _public(url: str) -> str:
    parts = _split(url)
    if parts is None or (parts.scheme != "https" and not _is_this_machine(parts.hostname)):
        problem = "is not a safe address" if parts else "is not a web address"
        refuse(problem, 'write the https address that the networks reach, e.g. "https://attune.example.org"')
    return url.rstrip("/")


def _api(url: str) -> str:
    if _split(url) is None:
        refuse("is not a web address", 'write scheme and host, e.g. "https://api.example.org"')
    return url.rstrip("/")


def _calendar(url: SecretStr) -> SecretStr:
    """Check a calendar's address, which is never repeated; webcal:// is what some call https://."""
    written = re.sub(r"^webcals?://", "https://", url.get_secret_value().strip())
    try:
        parts = urlsplit(written)
        sound = bool(parts.hostname) and (parts.port is None or parts.port > 0) and " " not in written
    except ValueError:
        parts, sound = None, False
    safe = parts is not None and (
        parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(parts.hostname))
    )
    if not sound or not safe:
        refuse("is not a safe web address", "give the https address at which the calendar can be read")
    return SecretStr(written)


def _token(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]+", token.get_secret_value()):
        refuse("does not look like a bot's token", "copy it whole from @BotFather: digits, a colon, letters")
    return token


def _webhook_secret(secret: SecretStr) -> SecretStr:
    """Check what Telegram takes. Source: core.telegram.org/bots/api, setWebhook."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret.get_secret_value()):
        refuse("has a sign that Telegram refuses, or is too long", "use 1 to 256 of A-Z, a-z, 0-9, _ and -")
    return secret


def _sid(prefix: str, what: str) -> AfterValidator:
    def check(sid: str) -> str:
        if not re.fullmatch(rf"{prefix}[0-9A-Za-z]+", sid):
            refuse(f"does not look like {what}", f"copy it from Twilio's console: it begins with {prefix}")
        return sid

    return AfterValidator(check)


Phone = Annotated[str, AfterValidator(_phone)]
"""A telephone number as E.164 writes it: "+12025550142"."""
TextAddress = Annotated[str, AfterValidator(_text_address)]
"""A telephone number, or "whatsapp:" and one."""
WhatsApp = Annotated[str, AfterValidator(_whatsapp)]
""""whatsapp:" and a telephone number; the file may leave "whatsapp:" out."""
Chat = Annotated[str, BeforeValidator(_chat)]
"""The id of a private Telegram chat."""
PublicUrl = Annotated[str, AfterValidator(_public)]
"""https (http on this machine only), without a slash at the end."""
ApiBase = Annotated[str, AfterValidator(_api)]
"""Where an API is reached, without a slash at the end."""
DatabaseUrl = Annotated[str, AfterValidator(_database)]
ServerUrl = Annotated[str, AfterValidator(_server)]
BotToken = Annotated[SecretStr, AfterValidator(_token)]
WebhookSecret = Annotated[SecretStr, AfterValidator(_webhook_secret)]
CalendarUrl = Annotated[SecretStr, AfterValidator(_calendar)]
"""Where a calendar can be read by whoever knows this: https, or http on this machine only."""
Secret = Annotated[SecretStr, Field(min_length=1)]
AccountSid = Annotated[str, _sid("AC", "the SID of an account")]
ServiceSid = Annotated[str, _sid("MG", "the SID of a messaging service")]

"""What the webhook is measured on, in a process of its own: Attune's, or one that only checks the signature.

`python -m tests.bench.webhook_server attune URL FILE` serves what `attune run` serves, on a database whose
keys are in FILE; nothing is sent. `… bare` serves POST /sms alone. The first line printed is the port.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qsl

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from bot.app import App, web_of
from bot.channels.sms import SmsChannel
from bot.connecting import Channels
from bot.office import opened
from bot.settings import Settings
from bot.web.serving import listening, serve
from tests.fakes.twilio_rules import ACCOUNT, NUMBER, TOKEN

PUBLIC_URL = "https://attune.example"
"""What Twilio's signatures are made over."""


def settings_of(url: str, keys: Path) -> Settings:
    """Make the settings of a site that is reached by text message."""
    return Settings.model_validate(
        {
            "database": {"url": url},
            "keys": {"file": keys},
            "server": {"public_url": PUBLIC_URL},
            "sms": {"account_sid": ACCOUNT, "auth_token": TOKEN, "from_number": NUMBER},
        }
    )


async def attune(url: str, keys: Path) -> None:
    """Serve Attune's own web application on a database; what it queues stays there."""
    settings = settings_of(url, keys)
    async with opened(settings) as service:
        service.policy.lexicon.ready()
        sms = await SmsChannel.connect(settings.sms, PUBLIC_URL)
        app = App(settings, service, Channels(sms=sms))
        with listening("127.0.0.1", 0) as sockets:
            print(sockets[0].getsockname()[1], flush=True)  # noqa: T201 - whoever started us reads it
            await serve(web_of(app), sockets, app.stop)


async def bare() -> None:
    """Serve an endpoint that checks the same signature with the same library, and stores nothing."""
    validator = RequestValidator(TOKEN)

    async def endpoint(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        signature = request.headers.get("X-Twilio-Signature", "")
        genuine = validator.validate(PUBLIC_URL + request.url.path, form, signature)
        return Response("<Response/>", media_type="text/xml") if genuine else Response(status_code=403)

    web = Starlette(routes=[Route("/sms", endpoint, methods=["POST"])])
    with listening("127.0.0.1", 0) as sockets:
        print(sockets[0].getsockname()[1], flush=True)  # noqa: T201 - whoever started us reads it
        await serve(web, sockets, asyncio.Event())


def main(words: Sequence[str]) -> None:
    """Serve until killed."""
    structlog.configure(processors=[structlog.processors.JSONRenderer()])
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    match words:
        case ["attune", url, keys]:
            asyncio.run(attune(url, Path(keys)))
        case ["bare"]:
            asyncio.run(bare())
        case _:
            sys.exit("say `attune URL FILE` or `bare`")


if __name__ == "__main__":
    main(sys.argv[1:])

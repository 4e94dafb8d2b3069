"""How requests reach Twilio: one try, a real deadline, and errors that say what to do next.

Twilio's own asynchronous client ignores its `timeout=`, and posts again after a 5xx when asked to
retry, which sends the text twice. This one does neither.
"""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import re
import ssl
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

import httpx
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

from bot.channels.base import ChannelError, OutcomeUnknownError
from bot.channels.sms_errors import refusal

_SECONDS = re.compile(r"[0-9]{1,5}")

_NOT_SENT = (
    httpx.ConnectError,  # refused, no such host, no route, no trust in the certificate
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


class TwilioHttp(AsyncHttpClient):
    """A transport for twilio's client. To be made inside the running loop, and closed.

    Twilio's library gets nothing but good answers from it: what is not one is raised here as an
    error of `bot.channels.base`, because the library's exceptions quote numbers and URLs.
    """

    def __init__(self, api_base: str | None, timeout: float) -> None:
        """Get ready; a connection is opened when it is needed.

        The loggers `httpx` and `httpcore` are set to WARNING, because below that they write URLs,
        and asking for a person's messages has the number in its URL.

        Args:
            api_base: scheme, host and port to use instead of Twilio's; its path is not used.
            timeout: seconds for one request, from its start to the last byte of its answer; half
                of them for getting connected, so that a slow connection is known as "not sent".
        """
        super().__init__(logging.getLogger(__name__), is_async=True, timeout=timeout)
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._base = httpx.URL(api_base) if api_base else None
        self._seconds = timeout
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(timeout, connect=timeout / 2, pool=timeout / 2), verify=_trusted()
        )

    async def request(  # type: ignore[override]  # noqa: PLR0917 - twilio's own breaks its base class too
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - twilio's; ours is fixed
        allow_redirects: bool = False,  # noqa: FBT001, FBT002 - twilio's
    ) -> Response:
        """Make one request and return its answer: 2xx, and a JSON object.

        Raises:
            OutcomeUnknownError: a POST that Twilio may have carried out.
            ChannelError: everything else, as `refusal` has it.
        """
        if self._client.is_closed:
            msg = "the SMS channel is closed"
            raise ChannelError(msg)
        sends = method.upper() == "POST"
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._client.request(
                    method,
                    self._located(uri),
                    params={key: str(value) for key, value in params.items()} if params else None,
                    content=urlencode(data, doseq=True) if data else None,
                    headers=headers,
                    auth=auth,
                    follow_redirects=allow_redirects,
                )
        except _NOT_SENT as error:
            msg = f"no connection to Twilio ({type(error).__name__})"
            raise ChannelError(msg) from error
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
            msg = f"no answer from Twilio ({type(error).__name__})"
            raise _lost(msg, sends=sends) from error
        text = answer.content.decode(errors="replace")
        _check(answer.status_code, text, _retry_after(answer.headers), sends=sends)
        return Response(answer.status_code, text, answer.headers)

    async def close(self) -> None:
        """Let go of the connections; a second time does nothing."""
        await self._client.aclose()

    def _located(self, uri: str) -> httpx.URL:
        url = httpx.URL(uri)
        return url if self._base is None else self._base.copy_with(raw_path=url.raw_path)


@functools.cache
def _trusted() -> ssl.SSLContext:
    """Read the certificates once a process: it takes longer than a request."""
    return httpx.create_ssl_context()


def _check(status: int, text: str, retry_after: timedelta | None, *, sends: bool) -> None:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        msg = f"Twilio failed (HTTP {status})"
        raise _lost(msg, sends=sends)
    body = _object(text)
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        code = (body or {}).get("code")
        raise refusal(status, code if isinstance(code, int) else None, retry_after)
    if body is None:
        msg = "Twilio's answer can't be read"
        raise _lost(msg, sends=sends)


def _lost(reason: str, *, sends: bool) -> ChannelError:
    return OutcomeUnknownError(reason) if sends else ChannelError(reason)


def _object(text: str) -> Mapping[str, object] | None:
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    seconds = headers.get("Retry-After", "")
    return timedelta(seconds=int(seconds)) if _SECONDS.fullmatch(seconds) else None

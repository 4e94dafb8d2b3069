"""What the fake Bot API says when it refuses, and what can be made to go wrong with it."""

from __future__ import annotations

from enum import StrEnum

from starlette.responses import JSONResponse, Response


class ApiError(Exception):
    """An answer that says no."""

    def __init__(self, code: int, description: str, **parameters: object) -> None:
        """Keep what the answer says."""
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def refusal(error: ApiError) -> Response:
    """Put a refusal in the Bot API's form."""
    body = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        return JSONResponse({**body, "parameters": error.parameters}, error.code)
    return JSONResponse(body, error.code)


class Fault(StrEnum):
    """What can go wrong with one call.

    Attributes:
        TIMEOUT_BEFORE: no answer, and nothing is done.
        TIMEOUT_AFTER: no answer, but it is done.
        SERVER_ERROR: 500, in the Bot API's form.
        BAD_GATEWAY: 502 with a page, as from a machine in front of the servers.
        GARBAGE: done, and answered by 200 with something that isn't JSON.
        STRANGE: done, and answered by 200 with a result that has nothing of what it should have.
        TOO_MANY: 429, retry after one second.
        FORBIDDEN: 403, blocked.
        UNAUTHORIZED: 401, as after a token was revoked.
        PROXY_PAGE: 403 with a page, as from a firewall on the way.
        SLOW: done, and answered as it should be, after a tenth of a second.
    """

    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    SERVER_ERROR = "server_error"
    BAD_GATEWAY = "bad_gateway"
    GARBAGE = "garbage"
    STRANGE = "strange"
    TOO_MANY = "too_many"
    FORBIDDEN = "forbidden"
    UNAUTHORIZED = "unauthorized"
    PROXY_PAGE = "proxy_page"
    SLOW = "slow"


SAID_INSTEAD = {
    Fault.SERVER_ERROR: ApiError(500, "Internal Server Error"),
    Fault.TOO_MANY: ApiError(429, "Too Many Requests: retry after 1", retry_after=1),
    Fault.FORBIDDEN: ApiError(403, "Forbidden: bot was blocked by the user"),
    Fault.UNAUTHORIZED: ApiError(401, "Unauthorized"),
}
PAGES = {Fault.BAD_GATEWAY: 502, Fault.PROXY_PAGE: 403}
PAGE = "<html><body>Something else entirely</body></html>"

"""A response that says something else now is a whole new response: every header agrees with the new body."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mitmproxy.http import Response

# What was said of the old bytes: encoding, framing, ranges, validators, age and integrity.
_STALE = (
    "accept-ranges",
    "age",
    "content-digest",
    "content-disposition",
    "content-encoding",
    "content-md5",
    "digest",
    "etag",
    "expires",
    "last-modified",
    "link",
    "pragma",
    "refresh",
    "repr-digest",
    "trailer",
    "transfer-encoding",
)
MEDIA_TYPE = "image/png"


def replace(response: Response, png: bytes) -> None:
    """Put `png` in the place of the body. CORS, CSP and cookie headers of the original stay."""
    _describe(response, png)
    response.raw_content = png


def replace_stream(response: Response, png: bytes) -> None:
    """As `replace`, for a body that is not to be held: what comes is dropped, `png` is sent in its place."""
    _describe(response, png)
    response.stream = _instead(png)


def as_whole(response: Response) -> None:
    """Have a fragment that is all there is say so: what is changed in it has another length, and none is cached."""
    if response.status_code == 206:
        response.status_code, response.reason = 200, "OK"
        response.headers.pop("content-range", None)


def _describe(response: Response, png: bytes) -> None:
    headers = response.headers
    for name in _STALE:
        headers.pop(name, None)
    headers["content-type"] = MEDIA_TYPE
    headers["content-length"] = str(len(png))
    # Never kept: the next load asks again, so that what a parent releases is seen at once.
    headers["cache-control"] = "no-store"
    as_whole(response)
    response.trailers = None


def _instead(png: bytes) -> Callable[[bytes], bytes]:
    sent = False

    def emit(_chunk: bytes) -> bytes:
        nonlocal sent
        if sent:
            return b""
        sent = True
        return png

    return emit

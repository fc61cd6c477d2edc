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
_JPEG = b"\xff\xd8\xff"


def replace(response: Response, picture: bytes) -> None:
    """Put a PNG or a JPEG in the place of the body. CORS, CSP and cookie headers of the original stay."""
    _describe(response, picture)
    response.raw_content = picture


def replace_stream(response: Response, picture: bytes) -> None:
    """As `replace`, for a body that is not to be held: what comes is dropped, `picture` is sent in its place."""
    _describe(response, picture)
    response.stream = _instead(picture)


def as_whole(response: Response) -> None:
    """Have a fragment that is all there is say so: what is changed in it has another length, and none is cached."""
    if response.status_code == 206:
        response.status_code, response.reason = 200, "OK"
        response.headers.pop("content-range", None)


def _describe(response: Response, picture: bytes) -> None:
    headers = response.headers
    for name in _STALE:
        headers.pop(name, None)
    headers["content-type"] = "image/jpeg" if picture.startswith(_JPEG) else MEDIA_TYPE
    headers["content-length"] = str(len(picture))
    # Never kept: the next load asks again, so that what a parent releases is seen at once.
    headers["cache-control"] = "no-store"
    as_whole(response)
    response.trailers = None


def _instead(picture: bytes) -> Callable[[bytes], bytes]:
    sent = False

    def emit(_chunk: bytes) -> bytes:
        nonlocal sent
        if sent:
            return b""
        sent = True
        return picture

    return emit

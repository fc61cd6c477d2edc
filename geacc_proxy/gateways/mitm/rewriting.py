"""A text with other pictures in it: its headers agree with the new bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geacc_proxy.gateways.mitm.unpacking import Unpacker

if TYPE_CHECKING:
    from mitmproxy.http import Request, Response

# What was said of the old bytes: length, encoding, ranges and integrity.
_STALE = frozenset(
    [
        b"accept-ranges",
        b"content-digest",
        b"content-encoding",
        b"content-length",
        b"content-md5",
        b"digest",
        b"repr-digest",
        b"transfer-encoding",
    ]
)


def rewrite(response: Response, text: bytes) -> None:
    """Put `text` in the place of the whole body."""
    _forget_old_bytes(response)
    response.headers["content-length"] = str(len(text))
    response.raw_content = text


def rewrite_stream(request: Request, response: Response) -> Unpacker | None:
    """Prepare a response for a body that changes while it passes: no encoding, and a length that nobody knows yet.

    Returns:
        What undoes the encoding of the body that comes, or None where it has none.
    """
    encoding = response.headers.get("content-encoding", "")
    _forget_old_bytes(response)
    # HTTP/2 frames bodies by itself, and HTTP/1.0 ends them by closing.
    if request.http_version == "HTTP/1.1":
        response.headers["transfer-encoding"] = "chunked"
    response.stream = True
    return Unpacker(encoding) if encoding else None


def _forget_old_bytes(response: Response) -> None:
    headers = response.headers
    headers.fields = tuple(field for field in headers.fields if field[0].lower() not in _STALE)

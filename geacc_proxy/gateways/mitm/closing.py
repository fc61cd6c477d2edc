"""What a device gets in the place of what is closed to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from mitmproxy.http import Response

from geacc_proxy.verdict import Reason

if TYPE_CHECKING:
    from mitmproxy.http import Request

_LONGEST_URL = 2_000
_ESTABLISHED = b"Connection established"
_STALE = (
    "accept-ranges",
    "age",
    "content-disposition",
    "content-encoding",
    "content-range",
    "etag",
    "expires",
    "last-modified",
    "link",
    "refresh",
    "set-cookie",
    "trailer",
    "transfer-encoding",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request is for, by its headers.

    Attributes:
        document: a page of its own, which the person sees.
        seen: that, or something else that is only asked for while somebody looks: pictures, sound, video.
        destination: `Sec-Fetch-Dest`; empty where absent.
    """

    document: bool
    seen: bool
    destination: str


def asked_for(method: str, headers: dict[bytes, bytes]) -> Asked:
    """Read `Sec-Fetch-Dest`; where a browser sends none (plain HTTP, old ones), `Accept`.

    Args:
        method: of the request.
        headers: values by lower-case name.
    """
    destination = headers.get(b"sec-fetch-dest", b"").decode("latin-1")
    if destination:
        document = destination == "document"
        return Asked(document, document or destination in _SEEN, destination)
    document = method in ("GET", "POST") and headers.get(b"accept", b"").startswith(_PAGES)
    return Asked(document, document, "")


_PAGES = (b"text/html", b"application/xhtml+xml")
_SEEN = frozenset({"audio", "image", "track", "video"})


def closed(request: Request, reason: Reason, page: str, *, document: bool) -> Response:
    """The answer to a request for what is closed.

    Args:
        request: who asks for what.
        reason: why.
        page: where a closed site is explained, without a query.
        document: whether it is a page that the person sees; others get no page.
    """
    if document:
        query = urlencode({"url": request.pretty_url[:_LONGEST_URL], "reason": reason.value})
        return Response.make(302, b"", {"Location": f"{page}?{query}", "Cache-Control": "no-store"})
    return Response.make(
        403,
        f"Closed: {reason.explanation}.\n",
        {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"},
    )


def to_pages(request: Request, port: int) -> Response:
    """The answer to one who opens the proxy's own address as a page: what sets a device up is on that port."""
    host = f"[{request.host}]" if ":" in request.host else request.host
    return Response.make(302, b"", {"Location": f"http://{host}:{port}/setup", "Cache-Control": "no-store"})


def close_stream(response: Response, reason: Reason) -> None:
    """Have a response that has begun end here: what comes is dropped."""
    text = f"Closed: {reason.explanation}.\n".encode()
    for name in _STALE:
        response.headers.pop(name, None)
    response.status_code, response.reason = 403, "Forbidden"
    response.headers["content-type"] = "text/plain; charset=utf-8"
    response.headers["content-length"] = str(len(text))
    response.headers["cache-control"] = "no-store"
    response.trailers = None
    left = [text]
    response.stream = lambda _chunk: left.pop() if left else b""


def established() -> Response:
    """The answer to CONNECT that opens no connection: what is asked for in the tunnel is answered here."""
    response = Response.make(200)
    response.headers.clear()
    response.data.reason = _ESTABLISHED
    return response


def login_wanted() -> Response:
    """The proxy asks who is there (RFC 9110, 15.5.8)."""
    return Response.make(
        407,
        "Log in to the filter with the name and password that a parent has given you.\n",
        {
            "Content-Type": "text/plain; charset=utf-8",
            "Proxy-Authenticate": 'Basic realm="geacc-proxy", charset="UTF-8"',
            "Cache-Control": "no-store",
        },
    )


def failed() -> Response:
    """The filter itself has failed: closed by default."""
    return _short(503, "The filter failed on this request; it is closed. The program's log has the details.\n")


def no_host() -> Response:
    """Nobody can tell which site is meant."""
    return _short(400, "The request names no site, or several.\n")


def _short(status: int, text: str) -> Response:
    return Response.make(status, text, {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"})

"""What to do with a response once its headers are here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from geacc_proxy.gateways.mitm.requests import Intent

if TYPE_CHECKING:
    from mitmproxy.http import Request, Response

# Servers say so when they do not know what a file is.
_UNTYPED = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/unknown", "*/*"})
UNTYPED_BYTES = 8 * 2**20
"""An untyped body that is longer is a download, not a picture in a page."""


class Plan(Enum):
    """What happens to a response."""

    STREAM = "pass through as it comes"
    HOLD = "keep until judged"
    TOO_LARGE = "refuse: more bytes than are held"
    PARTIAL = "refuse: a fragment of a picture"


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the headers of a response tell.

    Attributes:
        status: HTTP status code.
        has_body: whether a body can follow at all (RFC 9110, section 6.4.1).
        content_type: without parameters, lower case; empty where absent.
        length: declared bytes, None where unknown.
    """

    status: int
    has_body: bool
    content_type: str
    length: int | None


def arrival(request: Request, response: Response) -> Arrival:
    """Read the headers, once."""
    status = response.status_code
    headers = response.headers
    declared = headers.get("content-length", "")
    return Arrival(
        status=status,
        has_body=request.method != "HEAD" and status >= 200 and status not in (204, 304),
        content_type=headers.get("content-type", "").partition(";")[0].strip().lower(),
        length=int(declared) if declared.isdecimal() else None,
    )


def plan(came: Arrival, intent: Intent, cap: int) -> Plan:
    """Decide by the declared type, the request's intent and the length.

    A declared picture is held whatever the request was for: a browser would paint it from its cache later.
    """
    if not came.has_body or came.length == 0:
        return Plan.STREAM
    picture = came.content_type.startswith("image/") or intent is Intent.PICTURE
    if not picture:
        small = came.length is None or came.length <= UNTYPED_BYTES
        return Plan.HOLD if came.content_type in _UNTYPED and small and came.status != 206 else Plan.STREAM
    if came.status == 206:
        return Plan.PARTIAL
    if came.length is not None and came.length > cap:
        return Plan.TOO_LARGE
    return Plan.HOLD

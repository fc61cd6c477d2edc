"""What to do with a response once its headers are here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from geacc_proxy.gateways.mitm.requests import Intent

# Streams whose headers must not wait for the first bytes of the body, and media that are no pictures and long.
_LIVE = ("text/event-stream", "multipart/", "application/grpc", "application/x-ndjson", "audio/", "video/", "font/")


class Plan(Enum):
    """What happens to a response."""

    STREAM = "pass through as it comes"
    PEEK = "hold until the first bytes tell what it is"
    HOLD = "hold until judged"
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


def arrival(method: str, status: int, headers: dict[bytes, bytes]) -> Arrival:
    """Read the headers of a response, as `folded` gives them; once."""
    declared = headers.get(b"content-length", b"")
    return Arrival(
        status=status,
        has_body=method != "HEAD" and status >= 200 and status not in (204, 304),
        content_type=headers.get(b"content-type", b"").partition(b";")[0].strip().lower().decode("latin-1"),
        length=int(declared) if declared.isdigit() else None,
    )


def plan(came: Arrival, intent: Intent, cap: int) -> Plan:
    """Decide by the declared type, the request's intent and the length.

    A declared picture is held whatever the request was for: a browser would paint it from its cache later. What is
    declared as something else, or as nothing, may be a picture all the same: its first bytes tell.
    """
    if not came.has_body or came.length == 0:
        return Plan.STREAM
    if came.content_type.startswith("image/") or intent is Intent.PICTURE:
        if came.status == 206:
            return Plan.PARTIAL
        if came.length is not None and came.length > cap:
            return Plan.TOO_LARGE
        return Plan.HOLD
    return Plan.STREAM if came.status == 206 or came.content_type.startswith(_LIVE) else Plan.PEEK

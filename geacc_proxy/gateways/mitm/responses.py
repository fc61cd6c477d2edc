"""What to do with a response once its headers are here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from geacc_proxy.gateways.mitm.extent import Extent, extent, first_piece
from geacc_proxy.gateways.mitm.requests import Intent, reads_text
from geacc_proxy.images.sniff import sniff

# Streams whose headers must not wait for the first bytes of the body.
_LIVE = ("text/event-stream", "application/grpc", "application/x-ndjson")
_MEDIA = ("audio/", "video/", "font/")
# Browsers take these for no type at all (WHATWG MIME Sniffing, section 5).
_NO_TYPE = frozenset(["", "unknown/unknown", "application/unknown", "*/*"])
_TEXTS = frozenset(
    [
        "application/ecmascript",
        "application/javascript",
        "application/json",
        "application/json+protobuf",  # arrays of JSON
        "application/json-seq",
        "application/jsonl",
        "application/ndjson",
        "application/x-ecmascript",
        "application/x-javascript",
        "application/x-json",
        "application/x-ndjson",
        "application/xml",
        "application/xml-dtd",
    ]
)
_TEXT_ENDINGS = ("+json", "+xml")
_PAGES = frozenset([b"document", b"embed", b"fencedframe", b"frame", b"iframe", b"object"])
_ENOUGH = 32
_ENOUGH_OF_SEVERAL = 1024


class Plan(Enum):
    """What happens to a response."""

    STREAM = "pass through as it comes"
    PEEK = "hold until the first bytes tell what it is"
    HOLD = "hold until judged"
    TEXT = "pass through the text filter as it comes"
    """Text by its type, or by what it was asked for. As with `PEEK` its first bytes are looked at before any goes on:
    browsers paint a picture that is declared a text."""
    PARTS = "pass through part by part, each judged"
    """`multipart/…`: of a camera each part is a picture; elsewhere parts may be pictures or texts."""
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
        extent: how much of the whole the body is.
    """

    status: int
    has_body: bool
    content_type: str
    length: int | None
    extent: Extent = Extent.WHOLE

    @property
    def enough(self) -> int:
        """From so many bytes on, what is known of the body tells whether it is a picture, whatever its type says."""
        return _ENOUGH_OF_SEVERAL if self.extent is Extent.SEVERAL else _ENOUGH


def arrival(method: str, status: int, headers: dict[bytes, bytes]) -> Arrival:
    """Read the headers of a response, as `folded` gives them; once."""
    declared = headers.get(b"content-length", b"")
    content_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower().decode("latin-1")
    return Arrival(
        status=status,
        has_body=method != "HEAD" and status >= 200 and status not in (204, 304),
        content_type=content_type,
        length=int(declared) if declared.isdigit() else None,
        extent=extent(status, content_type, headers.get(b"content-range", b"")),
    )


def is_text(content_type: str, destination: bytes) -> bool:
    """Whether a browser takes a body for text.

    Args:
        content_type: as declared, without parameters, lower case.
        destination: `Sec-Fetch-Dest`. A script or a style sheet is one whatever its type says, unless that is one of
            a picture or of media; a page is one only where no type says otherwise.
    """
    if content_type.startswith("image/"):
        return False
    if content_type.startswith("text/") or content_type in _TEXTS or content_type.endswith(_TEXT_ENDINGS):
        return True
    if not reads_text(destination) or content_type.startswith(_MEDIA):
        return False
    return destination not in _PAGES or content_type in _NO_TYPE


def plan(
    came: Arrival,
    intent: Intent,
    cap: int,
    *,
    destination: bytes = b"",
    known_picture: bool = False,
    texts: bool = False,
) -> Plan:
    """Decide by the declared type, the request's intent and the length.

    A declared picture is held whatever the request was for: a browser would paint it from its cache later. What is
    declared as something else, or as nothing, may be a picture all the same: its first bytes tell. Text is text
    whatever the request was for, for the same reason.

    Args:
        came: what the headers tell.
        intent: what the request was for.
        cap: bytes that are held at most.
        destination: the request's `Sec-Fetch-Dest`.
        known_picture: whether the address has brought a picture lately; a piece from its middle is one of a picture.
        texts: whether `TEXT` and `PARTS` are among the answers; otherwise such bodies are treated by the other rules.
    """
    if not came.has_body or came.length == 0:
        return Plan.STREAM
    kind = came.content_type
    whole = came.extent is Extent.WHOLE
    if texts and whole and kind.startswith("multipart/"):
        return Plan.PARTS
    if texts and is_text(kind, destination) and (whole or reads_text(destination)):
        return Plan.TEXT
    if kind.startswith("image/") or intent is Intent.PICTURE:
        if not whole:
            return Plan.PARTIAL
        if came.length is not None and came.length > cap:
            return Plan.TOO_LARGE
        return Plan.HOLD
    if came.extent is Extent.MIDDLE:
        return Plan.PARTIAL if known_picture and not kind.startswith(_MEDIA) else Plan.STREAM
    if came.extent is Extent.SEVERAL:
        return Plan.PARTIAL if known_picture else Plan.PEEK
    return Plan.STREAM if kind.startswith((*_LIVE, "multipart/")) else Plan.PEEK


def after_peek(came: Arrival, head: bytes) -> Plan:
    """What the first bytes make of a body that was held for them: `HOLD`, `PARTIAL`, or `STREAM` for no picture.

    Args:
        came: what the headers told.
        head: the first bytes without content encodings, `came.enough` of them or all there are.
    """
    if came.extent is Extent.SEVERAL:
        declared, piece = first_piece(head)
        picture = declared.startswith("image/") or sniff(piece, declared) is not None
    else:
        picture = sniff(head, came.content_type) is not None
    if not picture:
        return Plan.STREAM
    return Plan.HOLD if came.extent is Extent.WHOLE else Plan.PARTIAL

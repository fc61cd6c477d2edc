"""What a request can bring to the screen, by its headers alone."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import unquote

from geacc_proxy.images.sniff import SUFFIXES

if TYPE_CHECKING:
    from mitmproxy.http import Headers

# Fetch Standard, "request destination": what these bring is never painted.
_BLIND = frozenset(
    b"audio audioworklet font json manifest paintworklet report script serviceworker sharedworker style track video "
    b"webidentity worker xslt".split()
)


_PLAYERS = frozenset([b"audio", b"font", b"track", b"video"])
# What these get is parsed as text or run; nobody asks for it in pieces but a cache that has the beginning already.
_READERS = frozenset(
    b"audioworklet document embed fencedframe frame iframe json manifest object paintworklet script serviceworker "
    b"sharedworker speculationrules style webidentity worker xslt".split()
)


class Intent(Enum):
    """What the answer to a request may become."""

    PICTURE = "a picture"
    OPEN = "anything: a page, or data that a script may turn into a picture"
    BLIND = "nothing that is painted"


def folded(headers: Headers) -> dict[bytes, bytes]:
    """Values by lower-case name, in one pass; of a name that comes twice, the last.

    `Headers.get` folds every name at every call, which is most of what a request that brings no picture would cost.
    """
    return {name.lower(): value for name, value in headers.fields}


def intent(headers: dict[bytes, bytes], path: str) -> Intent:
    """Read `Sec-Fetch-Dest`; where a browser sends none (plain HTTP, old ones), `Accept` and the address.

    Args:
        headers: as `folded` gives them.
        path: of the request's address, with its query.
    """
    destination = headers.get(b"sec-fetch-dest", b"")
    if destination == b"image":
        return Intent.PICTURE
    if destination in _BLIND:
        return Intent.BLIND
    if headers.get(b"accept", b"").startswith(b"image/") or has_picture_suffix(path):
        return Intent.PICTURE
    return Intent.OPEN


def has_picture_suffix(path: str) -> bool:
    """Whether the path's file name ends like a picture's, query apart."""
    name = unquote(path.partition("?")[0]).rpartition("/")[2]
    _, dot, ending = name.rpartition(".")
    return f"{dot}{ending}".lower() in SUFFIXES


_CONDITIONS = ("if-none-match", "if-modified-since")
_RANGES = ("range", "if-range")


def reads_text(destination: bytes) -> bool:
    """Whether what is asked for is parsed as text or run, by its `Sec-Fetch-Dest`; false where that does not tell."""
    return destination in _READERS


def is_conditional(headers: dict[bytes, bytes]) -> bool:
    """Whether a 304 may be the answer."""
    return b"if-none-match" in headers or b"if-modified-since" in headers


def is_cut(headers: dict[bytes, bytes], kind: Intent, *, known_picture: bool) -> bool:
    """Whether a request asks for a piece of what can only be judged whole: a picture, or a text that may hold some.

    What players ask for keeps its ranges, and so does what a script asks for, unless it is known for a picture.

    Args:
        headers: as `folded` gives them.
        kind: as `intent` read it.
        known_picture: whether the address has brought a picture lately.
    """
    if b"range" not in headers:
        return False
    destination = headers.get(b"sec-fetch-dest", b"")
    if kind is Intent.PICTURE or destination in _READERS:
        return True
    return known_picture and destination not in _PLAYERS


def ask_anew(headers: Headers) -> None:
    """Drop the conditions: a 304 would bring a copy to the screen that was cached before anyone judged it."""
    for name in _CONDITIONS:
        headers.pop(name, None)


def ask_whole(headers: Headers) -> None:
    """Drop the ranges: a fragment of a picture cannot be judged."""
    for name in _RANGES:
        headers.pop(name, None)


_KNOWN_ENCODINGS = frozenset([b"gzip", b"deflate", b"br", b"zstd", b"identity", b"x-gzip", b"*"])


def ask_known_encodings(headers: Headers, found: dict[bytes, bytes]) -> None:
    """Drop encodings that cannot be undone here, such as those with a dictionary that the browser has (RFC 9842).

    Args:
        headers: changed in place.
        found: the same, as `folded` gives them.
    """
    accepted = found.get(b"accept-encoding")
    if accepted is None or accepted in _USUAL_ENCODINGS:
        return
    items = [item.strip() for item in accepted.split(b",")]
    known = [item for item in items if item.partition(b";")[0].strip().lower() in _KNOWN_ENCODINGS]
    if len(known) < len(items):
        headers["accept-encoding"] = (b", ".join(known) or b"identity").decode("latin-1")


_USUAL_ENCODINGS = frozenset([b"gzip, deflate, br, zstd", b"gzip, deflate, br", b"gzip, deflate", b"identity"])

"""What a request can bring to the screen, by its headers alone."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import unquote

from geacc_proxy.images.sniff import SUFFIXES

if TYPE_CHECKING:
    from mitmproxy.http import Headers

PICTURE_SUFFIXES = frozenset(
    [
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".apng",
        ".gif",
        ".webp",
        ".avif",
        ".bmp",
        ".ico",
        ".cur",
        ".svg",
        ".jxl",
        ".heic",
        ".heif",
        ".jp2",
        ".j2k",
        ".tif",
        ".tiff",
    ]
)
# Fetch Standard, "request destination": what these bring is never painted.
_BLIND = frozenset(
    [
        "audio",
        "audioworklet",
        "font",
        "json",
        "manifest",
        "paintworklet",
        "report",
        "script",
        "serviceworker",
        "sharedworker",
        "style",
        "track",
        "video",
        "webidentity",
        "worker",
        "xslt",
    ]
)


class Intent(Enum):
    """What the answer to a request may become."""

    PICTURE = "a picture"
    OPEN = "anything: a page, or data that a script may turn into a picture"
    BLIND = "nothing that is painted"


def intent(headers: Headers, path: str) -> Intent:
    """Read `Sec-Fetch-Dest`; where a browser sends none (plain HTTP, old ones), `Accept` and the address."""
    destination = headers.get("sec-fetch-dest", "")
    if destination == "image":
        return Intent.PICTURE
    if destination in _BLIND:
        return Intent.BLIND
    if headers.get("accept", "").startswith("image/") or has_picture_suffix(path):
        return Intent.PICTURE
    return Intent.OPEN


def has_picture_suffix(path: str) -> bool:
    """Whether the path's file name ends like a picture's, query apart."""
    name = unquote(path.partition("?")[0]).rpartition("/")[2]
    _, dot, ending = name.rpartition(".")
    return f"{dot}{ending}".lower() in SUFFIXES


_CONDITIONS = ("if-none-match", "if-modified-since")
_RANGES = ("range", "if-range")


def ask_anew(headers: Headers) -> None:
    """Drop the conditions: a 304 would bring a copy to the screen that was cached before anyone judged it."""
    for name in _CONDITIONS:
        headers.pop(name, None)


def ask_whole(headers: Headers) -> None:
    """Drop the ranges: a fragment of a picture cannot be judged."""
    for name in _RANGES:
        headers.pop(name, None)

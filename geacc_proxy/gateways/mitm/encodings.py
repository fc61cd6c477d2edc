"""Content encodings undone under a bound: a few kilobytes of gzip can hold gigabytes."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import brotli
import zstandard
from zlib_ng import zlib_ng

from geacc_proxy.images.sniff import HEAD_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable


class BodyTooLarge(Exception):  # noqa: N818  (an outcome)
    """More bytes than the bound once the encoding is undone.

    Attributes:
        beginning: the bytes up to the bound and a little more.
    """

    def __init__(self, cap: int, beginning: bytes) -> None:
        super().__init__(f"more than {cap} bytes")
        self.beginning = beginning


_OPENING = HEAD_BYTES


def plain(body: bytes, content_encoding: str, cap: int) -> bytes:
    """The body without its encodings.

    A body whose encoding is unknown, or that is not what the header says, comes back as far as it got or as it is:
    what a browser can paint of it is judged, the rest it cannot paint either.

    Raises:
        BodyTooLarge: more than `cap` bytes.
    """
    for name in reversed(content_encoding.lower().split(",")):
        undo = _DECODERS.get(name.strip())
        if undo is not None:
            body = undo(body, cap)
        if len(body) > cap:
            raise BodyTooLarge(cap, body)
    return body


def opening(body: bytes, content_encoding: str) -> bytes:
    """The first bytes of a body of which only the beginning is here, without its encodings; little more than
    tells what it is."""
    try:
        return plain(body, content_encoding, _OPENING)
    except BodyTooLarge as error:
        return error.beginning


def _inflate(body: bytes, cap: int) -> bytes:
    # 32: zlib or gzip by its header; browsers take raw deflate under the same name too.
    for wbits in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):
        decompressor = zlib_ng.decompressobj(wbits)
        try:
            return decompressor.decompress(body, cap + 1)
        except zlib_ng.error:  # type: ignore[misc]  # its stub has it as an object
            continue
    return body


def _unbrotli(body: bytes, cap: int) -> bytes:
    decompressor = brotli.Decompressor()
    pieces: list[bytes] = []
    size = 0
    feed = body
    try:
        while size <= cap and not decompressor.is_finished():
            piece = decompressor.process(feed, output_buffer_limit=1 << 20)
            if not piece and decompressor.can_accept_more_data():
                break
            feed = b""
            pieces.append(piece)
            size += len(piece)
    except brotli.error:
        return b"".join(pieces) or body
    return b"".join(pieces)


def _unzstd(body: bytes, cap: int) -> bytes:
    # 128 MB of window is what a browser allows at most; RFC 8878 asks for 8.
    reader = zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(body, read_across_frames=True)
    pieces: list[bytes] = []
    size = 0
    try:
        while size <= cap and (piece := reader.read(1 << 20)):
            pieces.append(piece)
            size += len(piece)
    except zstandard.ZstdError:
        return b"".join(pieces) or body
    return b"".join(pieces)


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _inflate,
    "x-gzip": _inflate,
    "deflate": _inflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}

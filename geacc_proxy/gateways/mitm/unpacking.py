"""Content encodings undone as a body comes, chunk by chunk, under a bound."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Protocol

import brotli
import zstandard
from zlib_ng import zlib_ng

from geacc_proxy.gateways.mitm.encodings import BodyTooLarge

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK_CAP = 32 * 2**20
"""One chunk of a body (64 KB at most) may hold so many bytes; a longer one is a bomb."""


class Step(Protocol):
    """One content encoding on its way to be undone."""

    def __call__(self, chunk: bytes) -> bytes:
        """What `chunk` adds to the plain body."""


class Unpacker:
    """Undoes the encodings of one body."""

    def __init__(self, content_encoding: str) -> None:
        """Set up for a header that `can_undo`."""
        self._steps = [_STEPS[name]() for name in reversed(_names(content_encoding)) if name != "identity"]

    def feed(self, chunk: bytes) -> bytes:
        """The plain bytes that are known now. From the first byte that is not what the header said, nothing more.

        Raises:
            BodyTooLarge: the chunk holds more than `CHUNK_CAP`.
        """
        for step in self._steps:
            chunk = step(chunk)
            if len(chunk) > CHUNK_CAP:
                raise BodyTooLarge(CHUNK_CAP, chunk)
        return chunk


def can_undo(content_encoding: str) -> bool:
    """Whether all encodings of the header are known."""
    return all(name in _STEPS for name in _names(content_encoding))


def _names(content_encoding: str) -> list[str]:
    return [name for part in content_encoding.lower().split(",") if (name := part.strip())]


class _Inflate:
    """gzip with any number of members, zlib, and the raw deflate that some servers call deflate."""

    def __init__(self) -> None:
        self._inflater = zlib_ng.decompressobj(zlib.MAX_WBITS | 32)
        self._first = b""
        self._begun = False
        self._over = False

    def __call__(self, chunk: bytes) -> bytes:
        out = b""
        if not self._begun:
            chunk = self._first = self._first + chunk
            if len(chunk) < 2:  # too little to tell a header from raw deflate
                return out
        while chunk and not self._over:
            try:
                out += self._inflater.decompress(chunk, CHUNK_CAP + 1 - len(out))
            except zlib_ng.error:  # type: ignore[misc]  # its stub has it as an object
                if self._begun:
                    self._over = True
                    break
                self._inflater = zlib_ng.decompressobj(-zlib.MAX_WBITS)
                self._begun = True
                continue
            self._begun = True
            if len(out) > CHUNK_CAP:
                break
            chunk = self._inflater.unused_data
            if self._inflater.eof:
                if not chunk.startswith(b"\x1f\x8b"):
                    break
                self._inflater = zlib_ng.decompressobj(zlib.MAX_WBITS | 32)
        return out


class _Unbrotli:
    def __init__(self) -> None:
        self._decompressor = brotli.Decompressor()
        self._over = False

    def __call__(self, chunk: bytes) -> bytes:
        out: list[bytes] = []
        size = 0
        while not self._over and size <= CHUNK_CAP:
            try:
                piece = self._decompressor.process(chunk, output_buffer_limit=1 << 20)
            except brotli.error:
                self._over = True
                break
            chunk = b""
            out.append(piece)
            size += len(piece)
            self._over = self._decompressor.is_finished()
            if self._decompressor.can_accept_more_data():
                break
        return b"".join(out)


class _Unzstd:
    def __init__(self) -> None:
        self._decompressor = self._fresh()
        self._over = False

    @staticmethod
    def _fresh() -> zstandard.ZstdDecompressionObj:
        # The window that browsers allow at most; RFC 8878 asks for 8 MB.
        return zstandard.ZstdDecompressor(max_window_size=2**27).decompressobj()

    def __call__(self, chunk: bytes) -> bytes:
        out: list[bytes] = []
        size = 0
        while chunk and not self._over and size <= CHUNK_CAP:
            # In small bites: this decompressor knows no bound on its output, and 1 KB makes 32 MB at most.
            bite, chunk = chunk[:1024], chunk[1024:]
            try:
                piece = self._decompressor.decompress(bite)
            except zstandard.ZstdError:
                self._over = True
                break
            out.append(piece)
            size += len(piece)
            if self._decompressor.eof:
                chunk = self._decompressor.unused_data + chunk
                self._decompressor = self._fresh()
        return b"".join(out)


_STEPS: dict[str, Callable[[], Step]] = {
    "identity": lambda: lambda chunk: chunk,
    "gzip": _Inflate,
    "x-gzip": _Inflate,
    "deflate": _Inflate,
    "br": _Unbrotli,
    "zstd": _Unzstd,
}

"""Text in, text and pictures out."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import replace
from typing import TYPE_CHECKING

from geacc_proxy.images.embedded.candidate import Bare, DataUrl, Desk, Skip
from geacc_proxy.images.embedded.context import REACH, context_after
from geacc_proxy.images.embedded.limits import TextLimits
from geacc_proxy.images.embedded.piece import Embedded
from geacc_proxy.images.embedded.search import Search
from geacc_proxy.images.embedded.wide import WideScanner, utf16
from geacc_proxy.verdict import Failure

if TYPE_CHECKING:
    from geacc_proxy.images.embedded.candidate import Candidate

_DEFAULTS = TextLimits()


class Scanner:
    """Finds the pictures of one text while it streams.

    What is handed out, joined, is what came in, byte for byte, if each picture's `original` is taken. Text goes on at
    once but for what may be the beginning of a picture. No input raises, and time and memory grow with its length
    alone.

    Args:
        limits: how much the pictures may cost.
        charset: the text's declared encoding, empty where unknown; only UTF-16 makes a difference. A byte order mark
            tells too.
    """

    def __init__(self, limits: TextLimits = _DEFAULTS, charset: str = "") -> None:
        self._limits = limits
        self._charset = utf16(charset)
        self._opening = b""
        self._scanner: _ByteScanner | WideScanner | None = None

    def feed(self, chunk: bytes) -> list[bytes | Embedded]:
        """What can go on now that `chunk` is here: text and pictures, in order."""
        if self._scanner is None:
            self._opening += chunk
            if len(self._opening) < 2 and self._opening in (b"", b"\xff", b"\xfe"):
                return []
            chunk, self._opening = self._opening, b""
            self._scanner = self._chosen(chunk)
        return self._scanner.feed(chunk)

    def close(self) -> list[bytes | Embedded]:
        """What is left at the end of the text."""
        if self._scanner is None:
            return [self._opening] if self._opening else []
        return self._scanner.close()

    def _chosen(self, opening: bytes) -> _ByteScanner | WideScanner:
        charset = self._charset
        if opening.startswith(BOM_UTF16_LE):
            charset = "utf-16-le"
        elif opening.startswith(BOM_UTF16_BE):
            charset = "utf-16-be"
        scanner = _ByteScanner(self._limits)
        return WideScanner(scanner, charset) if charset else scanner


class _ByteScanner:
    """Finds the pictures of a text in which ASCII is ASCII."""

    def __init__(self, limits: TextLimits) -> None:
        self._limits = limits
        self._desk = Desk(limits.picture_bytes, self._inside if limits.nesting > 0 else None)
        self._left = limits.pictures
        self._text: bytes | bytearray = b""
        self._before = b""
        self._candidate: Candidate | None = None

    def feed(self, chunk: bytes) -> list[bytes | Embedded]:
        if self._text:
            self._text += chunk
        else:
            self._text = chunk
        return self._run(final=False)

    def close(self) -> list[bytes | Embedded]:
        return self._run(final=True) if self._text or self._candidate is not None else []

    def _run(self, final: bool) -> list[bytes | Embedded]:
        text = self._text
        pieces: list[bytes | Embedded] = []
        done = at = 0  # what is handed out, and where to look on
        candidate = self._candidate
        search: Search | None = None
        while True:
            if candidate is None:
                if search is None:
                    search = Search(text, at, self._before[-1:])
                hit = search.next(at)
                end = hit.at if hit else len(text) if final else max(at, search.hold(at))
                if end > done:
                    self._hand_out(pieces, bytes(text[done:end]))
                    done = end
                if hit is None:
                    break
                context = context_after(self._before)
                candidate = DataUrl(hit.scheme, context, self._desk) if hit.scheme else Bare(context, self._desk)
            outcome = candidate.advance(text, done, final)
            if outcome is None:
                break
            candidate = None
            if isinstance(outcome, Skip):
                at = done + outcome.length
            else:
                done = at = done + len(outcome.original)
                self._remember(outcome.original)
                pieces.append(self._counted(outcome))
        self._candidate = candidate
        if candidate is None:
            self._text = bytes(text[done:])
        elif done or not isinstance(text, bytearray):
            self._text = bytearray(text[done:])
        return pieces

    def _hand_out(self, pieces: list[bytes | Embedded], text: bytes) -> None:
        pieces.append(text)
        self._remember(text)

    def _remember(self, text: bytes) -> None:
        """Keep the last bytes of what stands before the rest; of white space at its end, however long, only one."""
        tail = text[-REACH:]
        if tail.isspace():
            tail = text.rstrip()[-REACH:] + b" "
        if tail == b" ":
            self._before = self._before.rstrip()
        self._before = (self._before + tail)[-2 * REACH :]

    def _counted(self, found: Embedded) -> Embedded:
        self._left -= max(1, len(found.pictures))
        return found if self._left >= 0 else replace(found, pictures=(), failure=Failure.TOO_MANY_EMBEDDED)

    def _inside(self, text: bytes) -> list[Embedded]:
        limits = replace(self._limits, nesting=self._limits.nesting - 1, pictures=max(0, self._left))
        scanner = Scanner(limits)
        return [piece for piece in scanner.feed(text) + scanner.close() if isinstance(piece, Embedded)]

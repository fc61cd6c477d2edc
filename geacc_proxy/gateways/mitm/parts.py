"""Bodies of several parts, each of which takes the place of the one before: what network cameras send (MJPEG).

`multipart/x-mixed-replace`; the framing is that of RFC 2046, section 5.1.1.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from geacc_proxy.filter import picture_of
from geacc_proxy.gateways.mitm.encodings import BodyTooLarge
from geacc_proxy.gateways.mitm.passage import settle
from geacc_proxy.gateways.mitm.texts import Seen, TextPassage
from geacc_proxy.images.placeholder import placeholder
from geacc_proxy.images.sniff import sniff
from geacc_proxy.verdict import Context, Failure

if TYPE_CHECKING:
    from geacc_proxy.filter import Filter
    from geacc_proxy.gateways.mitm.passage import Piece
    from geacc_proxy.gateways.mitm.unpacking import Unpacker
    from geacc_proxy.images.embedded import TextLimits

_MOST_HEADER_BYTES = 16_384
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_FEWEST_BYTES = 16  # nobody shows what lies before the first boundary; so much of it is looked at all the same
_BOUNDARY = re.compile(r"""boundary\s*=\s*(?:"([^"]+)"|([^\s;]+))""", re.IGNORECASE)


def boundary_of(content_type: str) -> bytes:
    """The boundary that a `Content-Type` names, with its two dashes; empty where it names none."""
    found = _BOUNDARY.search(content_type)
    name = (found[1] or found[2]) if found else ""
    # Cameras that write the dashes into the parameter are common; browsers take both.
    return b"--" + name.removeprefix("--").encode("latin-1", "replace") if name else b""


class PartsPassage:
    """One multipart body on its way; a `Passage`. Each part is held until it is whole, judged, and passed on."""

    def __init__(
        self,
        door: Filter,
        context: Context,
        limits: TextLimits,
        boundary: bytes,
        cap: int,
        unpacker: Unpacker | None = None,
    ) -> None:
        """Set up for one body.

        Args:
            door: judges the parts.
            context: of the whole.
            limits: for parts that are text.
            boundary: as `boundary_of` gives it, not empty.
            cap: bytes of one part; a longer one is refused and left out.
            unpacker: undoes the content encodings of what is fed, or None.
        """
        self.seen: list[Seen] = []
        self._door = door
        self._context = context
        self._limits = limits
        self._boundary = boundary
        self._cap = cap
        self._unpacker = unpacker
        self._buffer = bytearray()
        self._searched = 0
        self._skipping = False
        self._over = False

    def feed(self, chunk: bytes) -> list[Piece]:
        """The parts that are whole now."""
        if self._over:
            return []
        try:
            self._buffer += self._unpacker.feed(chunk) if self._unpacker is not None else chunk
        except BodyTooLarge as error:
            self._over = True
            self._door.refuse(Failure.TOO_LARGE, str(error), self._context)
            return []
        pieces: list[Piece] = []
        while (end := self._end_of_part()) >= 0:
            part = bytes(self._buffer[:end])
            del self._buffer[:end]
            # A boundary at the front begins a part and ends none.
            self._searched = len(self._boundary) if self._buffer.startswith(self._boundary) else 0
            if not self._skipping:
                pieces.append(self._passed(part))
            self._skipping = False
        if len(self._buffer) > self._cap + _MOST_HEADER_BYTES:
            if not self._skipping:
                self._door.refuse(Failure.TOO_LARGE, f"a part of more than {self._cap} bytes", self._context)
            self._skipping = True
            del self._buffer[: -len(self._boundary)]
            self._searched = 0
        return pieces

    def close(self) -> list[Piece]:
        """The last part, or what there is of it."""
        if self._over or self._skipping or not self._buffer:
            return []
        return [self._passed(bytes(self._buffer))]

    def _end_of_part(self) -> int:
        """Where the part at the front of the buffer ends, -1 where it is not whole yet."""
        if (end := self._declared_end()) >= 0:
            return end
        at = self._buffer.find(self._boundary, self._searched)
        if at < 0:
            self._searched = max(self._searched, len(self._buffer) - len(self._boundary))
        return at

    def _declared_end(self) -> int:
        """As above, by the part's `Content-Length`: a camera's next boundary comes with its next picture only."""
        if self._skipping or not self._buffer.startswith(self._boundary):
            return -1
        blank = _BLANK_LINE.search(self._buffer, 0, _MOST_HEADER_BYTES)
        if blank is None:
            return -1
        length = _header(bytes(self._buffer[: blank.start()]), b"content-length")
        if not length.isdigit() or int(length) > self._cap:
            return -1
        end = blank.end() + int(length)
        return end if int(length) > 0 and end <= len(self._buffer) else -1

    def _passed(self, part: bytes) -> Piece:
        blank = _BLANK_LINE.search(part, 0, _MOST_HEADER_BYTES)
        if not part.startswith(self._boundary) or blank is None:
            return part if len(part) < _FEWEST_BYTES else asyncio.ensure_future(self._judged(b"", part))
        return asyncio.ensure_future(self._judged(part[: blank.end()], part[blank.end() :]))

    async def _judged(self, head: bytes, body: bytes) -> bytes:
        declared = _header(head, b"content-type").partition(b";")[0].strip().lower().decode("latin-1")
        context = replace(self._context, content_type=declared)
        content = body.rstrip(b"\r\n")  # what precedes the next boundary belongs to it
        if declared.startswith("image/") or sniff(content, declared) is not None:
            judgement = await self._door.judge(content, context)
            self.seen.append((judgement.digest, declared))
            if not judgement.decision.hidden:
                return head + body
            picture = picture_of(judgement.verdict)
            return self._part(head, placeholder(picture.width, picture.height), "image/png")
        passage = TextPassage(self._door, lambda: context, self._limits)
        pieces = passage.feed(content) + passage.close()
        if all(isinstance(piece, bytes) for piece in pieces):
            return head + body
        await settle(pieces)
        self.seen += passage.seen
        return self._part(head, b"".join(piece for piece in pieces if isinstance(piece, bytes)), declared)

    def _part(self, head: bytes, content: bytes, content_type: str) -> bytes:
        opening = self._boundary if head else b""
        return b"%s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s\r\n" % (
            opening,
            content_type.encode("latin-1", "replace"),
            len(content),
            content,
        )


def _header(head: bytes, name: bytes) -> bytes:
    for line in head.splitlines():
        key, colon, value = line.partition(b":")
        if colon and key.strip().lower() == name:
            return value.strip()
    return b""

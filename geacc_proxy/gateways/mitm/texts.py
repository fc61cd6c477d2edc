"""Pictures inside text: found as it passes, judged, and replaced in place."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from geacc_proxy.filter import picture_of
from geacc_proxy.gateways.mitm.encodings import BodyTooLarge
from geacc_proxy.images.embedded import Embedded, Scanner, TextLimits
from geacc_proxy.images.sniff import sniff
from geacc_proxy.verdict import Context, Failure, Judgement

if TYPE_CHECKING:
    from collections.abc import Callable

    from geacc_proxy.filter import Filter
    from geacc_proxy.gateways.mitm.passage import Piece
    from geacc_proxy.gateways.mitm.responses import Arrival
    from geacc_proxy.gateways.mitm.unpacking import Unpacker

AT_ONCE = 8
"""How many pictures of one text are judged at a time, so that a page full of them leaves room for others."""

SHORT_PAGE = 64 * 2**10
SHORT_TEXT = 256 * 2**10
"""Bytes on the wire up to which a page, or another text, is held until it is whole: a few packets. Without pictures it
then passes as it came, its encoding and length included."""

MOST_SECONDS = 5.0
"""For looking through one text: some thousand pages' worth. What is made of nothing but beginnings of pictures takes
longer, and the rest of it is left out."""
_FEWEST_BYTES = 32
# Of streams whose first message must not wait for a second: comments and fields of events, and JSON.
_BEGINNINGS = tuple(bytes([letter]) for letter in b':deir\r\n{["-0123456789tfn \t')

Seen = tuple[str, str]
"""Digest and declared type of a picture that was judged."""


class TextPassage:
    """One text on its way; a `Passage`.

    Attributes:
        seen: the pictures that were judged so far.
        refused: whether it held more than can be looked through, and its rest was left out.
    """

    def __init__(
        self,
        door: Filter,
        context: Callable[[], Context],
        limits: TextLimits,
        charset: str = "",
        unpacker: Unpacker | None = None,
        *,
        unseen: bool = False,
    ) -> None:
        """Set up for one text.

        Args:
            door: judges what is found.
            context: tells that of the text, once there is something to judge.
            limits: how much is looked for.
            charset: as declared; empty where it is not.
            unpacker: undoes the content encodings of what is fed, or None for a plain text.
            unseen: whether nobody has looked at its first bytes, which may be those of a picture.
        """
        self.seen: list[Seen] = []
        self._opening: bytes | None = b"" if unseen else None
        self._door = door
        self._context = context
        self._scanner = Scanner(limits, charset)
        self._unpacker = unpacker
        self._turns = asyncio.Semaphore(AT_ONCE)
        self.refused = False
        self._seconds = 0.0

    def feed(self, chunk: bytes) -> list[Piece]:
        """The text that can go on, and pictures that are being judged."""
        if self.refused:
            return []
        try:
            text = self._unpacker.feed(chunk) if self._unpacker is not None else chunk
        except BodyTooLarge as error:
            self.refused = True
            self._door.refuse(Failure.TOO_LARGE, str(error), self._context())
            return []
        if self._opening is not None:
            self._opening += text
            if len(self._opening) < _FEWEST_BYTES and not self._opening.startswith(_BEGINNINGS):
                return []
            text = self._opened()
        return self._pieces(self._looked_through(text))

    def close(self) -> list[Piece]:
        """What was held back."""
        if self.refused:
            return []
        rest = self._scanner.feed(self._opened()) if self._opening is not None else []
        return self._pieces(rest + self._scanner.close())

    def _looked_through(self, text: bytes) -> list[bytes | Embedded]:
        """What the scanner makes of a text; nothing more of one that is written to keep it busy."""
        began = time.perf_counter()
        found = self._scanner.feed(text)
        self._seconds += time.perf_counter() - began
        if self._seconds > MOST_SECONDS:
            self.refused = True
            self._door.refuse(Failure.TOO_LARGE, "a text that takes too long to look through", self._context())
        return found

    def _opened(self) -> bytes:
        """The first bytes; none of them where they are those of a picture, which a browser would paint."""
        text, self._opening = self._opening or b"", None
        if sniff(text) is None:
            return text
        self.refused = True
        self._door.refuse(Failure.PARTIAL, "a picture declared a stream of messages", self._context())
        return b""

    def _pieces(self, found: list[bytes | Embedded]) -> list[Piece]:
        return [piece if isinstance(piece, bytes) else asyncio.ensure_future(self._judged(piece)) for piece in found]

    async def _judged(self, embedded: Embedded) -> bytes:
        async with self._turns:
            judgements = await self._judgements(embedded)
        hidden = next((judgement for judgement in judgements if judgement.decision.hidden), None)
        if hidden is None:
            return embedded.original
        picture = picture_of(hidden.verdict)
        return embedded.replaced(picture.width, picture.height)

    async def _judgements(self, embedded: Embedded) -> list[Judgement]:
        if embedded.failure is not None:
            return [self._door.refuse(embedded.failure, "a picture inside a text", self._context())]
        judgements = []
        for body, content_type in embedded.pictures:
            judgement = await self._door.judge(body, replace(self._context(), content_type=content_type))
            self.seen.append((judgement.digest, content_type))
            judgements.append(judgement)
        return judgements


# What comes bit by bit for as long as somebody listens: its headers must not wait for its first bytes.
_LIVE = frozenset({"text/event-stream", "application/x-ndjson", "application/stream+json", "application/json-seq"})
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\f\r\x1b"))
_BOMS = (b"\xff\xfe", b"\xfe\xff")


def is_live(content_type: str) -> bool:
    """Whether a text of this type comes bit by bit."""
    return content_type in _LIVE


def is_short(came: Arrival) -> bool:
    """Whether a text is worth holding until it is whole."""
    most = SHORT_PAGE if came.content_type in _PAGES else SHORT_TEXT
    return came.length is not None and came.length <= most


def charset_of(content_type: str) -> str:
    """The charset that a `Content-Type` names, lower case; empty where it names none."""
    found = _CHARSET.search(content_type)
    return found[1].lower() if found else ""


def looks_like_text(head: bytes) -> bool:
    """Whether a body that begins so, and is declared as nothing or as just bytes, is text.

    As in WHATWG MIME Sniffing, section 7.2: control characters that no text holds make it binary.
    """
    if head.startswith(_BOMS):
        return True
    start = head[:512]
    return start.translate(None, _CONTROLS) == start

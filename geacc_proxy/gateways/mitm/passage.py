"""Bodies that are changed while they pass, by work that takes time.

mitmproxy lets a streamed body be changed chunk by chunk, but not by anything that must be awaited, such as a judgement.
Here a chunk becomes pieces, some of them still to come; only where one is, the stream stops for it with a hook of our
own, as mitmproxy stops for its own hooks, while all other streams go on. Checked against mitmproxy 12.2; the tests of
this room fail where that changes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

from mitmproxy.proxy.commands import StartHook
from mitmproxy.proxy.layers.http import HttpStream, SendHttp
from mitmproxy.proxy.layers.http._events import ResponseData, ResponseEndOfMessage

if TYPE_CHECKING:
    from collections.abc import Generator

    from mitmproxy.http import HTTPFlow

_log = logging.getLogger(__name__)

Piece = bytes | Awaitable[bytes]
"""Bytes of the new body: here, or still to come."""


class Passage(Protocol):
    """What a body becomes on its way."""

    def feed(self, chunk: bytes) -> list[Piece]:
        """The pieces that take the place of `chunk`, in order; what cannot be told yet comes with a later one."""

    def close(self) -> list[Piece]:
        """What is left at the end of the body."""


@dataclass
class PiecesHook(StartHook):
    """Pieces are to be waited for: an addon's `geacc_pieces(pieces)` awaits `settle(pieces)`."""

    name = "geacc_pieces"
    pieces: list[Piece]


async def settle(pieces: list[Piece]) -> None:
    """Put into the place of each piece the bytes that it came to; one that failed is left out, and logged."""
    waiting = [place for place, piece in enumerate(pieces) if not isinstance(piece, bytes)]
    came = await asyncio.gather(*(_awaited(pieces[place]) for place in waiting), return_exceptions=True)
    for place, outcome in zip(waiting, came, strict=True):
        if isinstance(outcome, BaseException):
            _log.error("A piece of a body failed; it is left out", exc_info=outcome)
        pieces[place] = outcome if isinstance(outcome, bytes) else b""


async def _awaited(piece: Piece) -> bytes:
    return piece if isinstance(piece, bytes) else await piece


_passages: WeakKeyDictionary[HTTPFlow, Passage] = WeakKeyDictionary()
_original = HttpStream.state_stream_response_body


def pass_through(flow: HTTPFlow, passage: Passage) -> None:
    """Have the flow's streamed response changed by `passage`, to its end."""
    _passages[flow] = passage


def forget(flow: HTTPFlow) -> None:
    """The flow has ended early."""
    _passages.pop(flow, None)


def _stream_response_body(stream: HttpStream, event: Any) -> Generator[Any, Any, None]:
    passage = _passages.get(stream.flow)
    last = isinstance(event, ResponseEndOfMessage)
    if passage is None or not (last or isinstance(event, ResponseData)):
        yield from _original(stream, event)
        return
    try:
        pieces = passage.close() if last else passage.feed(event.data)
    except Exception:  # noqa: BLE001  (closed by default: what cannot be looked at does not pass)
        _log.exception("Looking through a body failed; the rest of it is left out")
        pieces = []
        _passages[stream.flow] = _Nothing()
    if not all(isinstance(piece, bytes) for piece in pieces):
        yield PiecesHook(pieces)
        if (yield from stream.check_killed(True)):
            return
    # An empty chunk would be the end of a chunked body. What did not settle, since no addon answered, does not pass.
    if data := b"".join(piece for piece in pieces if isinstance(piece, bytes)):
        yield SendHttp(ResponseData(stream.stream_id, data), stream.context.client)
    if last:
        forget(stream.flow)
        yield from stream.send_response(already_streamed=True)


class _Nothing:
    """The passage of a body that failed."""

    def feed(self, _chunk: bytes) -> list[Piece]:
        return []

    def close(self) -> list[Piece]:
        return []


def install() -> None:
    """Have mitmproxy's HTTP layer use passages; calling it again changes nothing."""
    HttpStream.state_stream_response_body = _stream_response_body  # type: ignore[method-assign]

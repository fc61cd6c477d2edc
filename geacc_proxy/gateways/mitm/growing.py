"""Held bodies are looked at while they grow, so that none grows without bound and none is held without need.

mitmproxy has hooks before a body and after it, and none in between; its only bound, `body_size_limit`, would end every
long download. It does ask itself at each chunk whether a body has grown too large (`HttpStream.check_body_size`): there
a held flow's watch is asked too. Checked against mitmproxy 12.2; the tests of this room fail where that changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from mitmproxy.proxy.layers.http import HttpStream
from mitmproxy.proxy.layers.http._events import ResponseData

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from mitmproxy.http import HTTPFlow

    Watch = Callable[[int, Callable[[], bytes]], bool]
    """Given a body's size so far and a way to its bytes, says whether to stream it from here on."""

_watches: WeakKeyDictionary[HTTPFlow, Watch] = WeakKeyDictionary()
_original = HttpStream.check_body_size


def watch(flow: HTTPFlow, ask: Watch) -> None:
    """Ask `ask` at each chunk of the flow's held response, until it answers true or the body ends.

    Before it answers true it sets the response's headers and its `stream` as the rest is to be sent.
    """
    _watches[flow] = ask


def unwatch(flow: HTTPFlow) -> None:
    """Ask no more."""
    _watches.pop(flow, None)


def _check_body_size(stream: HttpStream, request: bool) -> Generator[Any, Any, bool]:
    body = stream.response_body_buf
    if not request and body and (ask := _watches.get(stream.flow)) is not None and ask(len(body), lambda: bytes(body)):
        unwatch(stream.flow)
        held = bytes(body)
        body.clear()
        yield from stream.start_response_stream()
        yield from stream.handle_event(ResponseData(stream.stream_id, held))
        return False
    return (yield from _original(stream, request))


def install() -> None:
    """Have mitmproxy's HTTP layer ask the watches; calling it again changes nothing."""
    HttpStream.check_body_size = _check_body_size  # type: ignore[method-assign,assignment]

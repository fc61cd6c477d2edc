"""What origins may say in HTTP/1.1 and mitmproxy 12.2 does not understand.

* Interim responses (`103 Early Hints`, RFC 8297; `102`): it takes one for the answer, and what follows for noise. They
  are left out, as it does itself in HTTP/2; browsers heed them in HTTP/2 alone.
* Trailers (RFC 9112, section 7.1.2): it gives up on the message. They are left out, as any intermediary may.

The tests of this room fail where mitmproxy changes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from h11 import Data, EndOfMessage
from h11._readers import ChunkedReader
from mitmproxy.proxy.events import DataReceived
from mitmproxy.proxy.layers.http import _http1

if TYPE_CHECKING:
    from collections.abc import Generator

    from h11._receivebuffer import ReceiveBuffer

_INTERIM = re.compile(rb"\s*HTTP/1\.\d\s+1(?!01)\d\d\b")

_read_headers = _http1.Http1Client.read_headers
_make_body_reader = _http1.make_body_reader


def _read_final_headers(client: _http1.Http1Client, event: Any) -> Generator[Any, Any, None]:
    if isinstance(event, DataReceived) and client.request is not None and not _drop_interim(client.buf):
        return
    yield from _read_headers(client, event)


def _drop_interim(buffer: ReceiveBuffer) -> bool:
    """Whether anything is left to be read now."""
    while _INTERIM.match(buffer._data):
        if buffer.maybe_extract_lines() is None:
            return False
    return bool(buffer)


class _WithoutTrailers(ChunkedReader):
    def __call__(self, buffer: ReceiveBuffer) -> Data | EndOfMessage | None:
        read = super().__call__(buffer)
        return EndOfMessage() if isinstance(read, EndOfMessage) else read


def _body_reader(expected_size: int | None) -> Any:
    return _WithoutTrailers() if expected_size is None else _make_body_reader(expected_size)


def install() -> None:
    """Have mitmproxy's HTTP/1 layer leave them out; calling it again changes nothing."""
    _http1.Http1Client.read_headers = _read_final_headers  # type: ignore[method-assign,assignment]
    _http1.make_body_reader = _body_reader

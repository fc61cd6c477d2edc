"""No haste in taking a connection for one that carries no web traffic.

mitmproxy decides by the first bytes that come, however few they are: whoever sends a request in two pieces, or a TLS
hello after its first byte, gets a connection that nobody looks into. Checked against mitmproxy 12.2; the tests of this
room fail where that changes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mitmproxy.proxy.layers import HttpLayer, TCPLayer
from mitmproxy.proxy.layers.http import HTTPMode

if TYPE_CHECKING:
    from mitmproxy.proxy.layer import NextLayer

_TLS = b"\x16\x03"  # a handshake record (RFC 8446, 5.1)
_LONGEST = 16_384  # of a request line that is waited for
# RFC 9112, 3: a method of token characters, a space, the rest of the line; empty lines before it are to be ignored.
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]"
_BEGUN = re.compile(rb"[\r\n]*(?:" + _TOKEN + rb"{1,32}(?: [^\r\n]*\r?)?)?")
_REQUEST = re.compile(rb"[\r\n]*" + _TOKEN + rb"+ [^\n]*HTTP/\d(?:\.\d)?\r?\n")


def reconsider(next_layer: NextLayer) -> None:
    """Take back that a connection carries no web traffic, where it is too early to tell, or where it does.

    Args:
        next_layer: after mitmproxy has decided.
    """
    layer = next_layer.layer
    if not isinstance(layer, TCPLayer) or layer.flow is None or next_layer.data_server():
        return
    data = next_layer.data_client()
    if may_become_web_traffic(data):
        next_layer.layer = None
    elif _REQUEST.match(data):
        next_layer.layer = HttpLayer(next_layer.context, HTTPMode.transparent)
    else:
        return
    # A layer enters itself when it is made.
    next_layer.context.layers.remove(layer)


def may_become_web_traffic(data: bytes) -> bool:
    """Whether more bytes could make it a TLS hello or an HTTP request; true of none at all."""
    if len(data) <= len(_TLS):
        return _TLS.startswith(data) or _BEGUN.fullmatch(data) is not None
    return len(data) < _LONGEST and _BEGUN.fullmatch(data) is not None

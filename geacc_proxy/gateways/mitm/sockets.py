"""Pictures in WebSocket messages: whole messages that are pictures, and `data:` pictures inside others."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from geacc_proxy.filter import picture_of
from geacc_proxy.gateways.mitm.passage import settle
from geacc_proxy.gateways.mitm.texts import TextPassage
from geacc_proxy.images.placeholder import placeholder
from geacc_proxy.images.sniff import sniff
from geacc_proxy.verdict import Context, Failure

if TYPE_CHECKING:
    from mitmproxy.websocket import WebSocketMessage

    from geacc_proxy.filter import Filter
    from geacc_proxy.images.embedded import TextLimits

_log = logging.getLogger(__name__)


async def filter_message(
    message: WebSocketMessage, door: Filter, context: Context, limits: TextLimits, cap: int
) -> None:
    """Replace what is malign in a message to the browser; drop the message where that fails.

    Args:
        message: as mitmproxy gives it, whole.
        door: judges.
        context: of the connection.
        limits: how much is looked for in a text.
        cap: a longer message is dropped, bytes.
    """
    try:
        if len(message.content) > cap:
            door.refuse(Failure.TOO_LARGE, f"a message of {len(message.content)} bytes", context)
            message.drop()
        elif sniff(message.content) is not None:
            judgement = await door.judge(message.content, context)
            if judgement.decision.hidden:
                picture = picture_of(judgement.verdict)
                message.content = placeholder(picture.width, picture.height)
        else:
            passage = TextPassage(door, lambda: context, limits)
            pieces = passage.feed(message.content) + passage.close()
            if not all(isinstance(piece, bytes) for piece in pieces):
                await settle(pieces)
                message.content = b"".join(piece for piece in pieces if isinstance(piece, bytes))
    except Exception:  # noqa: BLE001  (closed by default: mitmproxy would deliver the message)
        _log.exception("Looking through a WebSocket message failed; it is dropped")
        message.drop()

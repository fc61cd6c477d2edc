"""The addon: every picture on its way is held, judged, and shown or replaced.

mitmproxy fails open: an exception in a hook delivers the original bytes. Every hook here ends in a decision instead.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cachetools import LRUCache

from geacc_proxy.filter import Filter, picture_of
from geacc_proxy.gateways.mitm.encodings import BodyTooLarge, plain
from geacc_proxy.gateways.mitm.replacement import replace, replace_stream
from geacc_proxy.gateways.mitm.requests import Intent, ask_anew, ask_whole, intent
from geacc_proxy.gateways.mitm.responses import Arrival, Plan, arrival, plan
from geacc_proxy.images.placeholder import placeholder
from geacc_proxy.verdict import Context, Failure, Judgement

if TYPE_CHECKING:
    from mitmproxy.http import HTTPFlow

_log = logging.getLogger(__name__)
_HELD = "geacc_held"
_REFUSALS = {
    Plan.TOO_LARGE: (Failure.TOO_LARGE, "more bytes than are held"),
    Plan.PARTIAL: (Failure.PARTIAL, "a fragment of a picture"),
}
KNOWN_ADDRESSES = 20_000


class PictureFilter:
    """Judges pictures in HTTP responses through a `Filter`."""

    def __init__(self, door: Filter, max_bytes: int) -> None:
        """Make the addon.

        Args:
            door: judges bodies.
            max_bytes: a body that is longer is refused unseen.
        """
        self.door = door
        self.max_bytes = max_bytes
        self.judging = 0
        # Addresses that brought no picture lately: their conditional requests are let through.
        self._harmless: LRUCache[int, bool] = LRUCache(KNOWN_ADDRESSES)

    def requestheaders(self, flow: HTTPFlow) -> None:
        """Ask for whole, fresh pictures."""
        request = flow.request
        kind = intent(request.headers, request.path)
        if kind is Intent.BLIND:
            return
        if kind is Intent.PICTURE:
            ask_whole(request.headers)
            ask_anew(request.headers)
        elif hash(request.url) not in self._harmless:
            ask_anew(request.headers)

    def responseheaders(self, flow: HTTPFlow) -> None:
        """Hold what may be a picture; let the rest stream."""
        request, response = flow.request, flow.response
        if response is None:
            return
        try:
            # An alternative service would lead the browser round the proxy.
            response.headers.pop("alt-svc", None)
            came = arrival(request, response)
            kind = intent(request.headers, request.path)
            match todo := plan(came, kind, self.max_bytes):
                case Plan.STREAM:
                    response.stream = True
                    if kind is Intent.OPEN and response.status_code == 200:
                        self._harmless[hash(request.url)] = True
                case Plan.HOLD:
                    response.stream = False
                    flow.metadata[_HELD] = came
                case Plan.TOO_LARGE | Plan.PARTIAL:
                    judgement = self.door.refuse(*_REFUSALS[todo], _context(flow, came))
                    if judgement.decision.hidden:
                        replace_stream(response, _stand_in(judgement))
                    else:
                        response.stream = True
        except Exception:  # noqa: BLE001  (mitmproxy would deliver the bytes)
            _log.exception("Reading a response's headers failed")
            response.stream = False
            flow.metadata[_HELD] = Arrival(response.status_code, True, "image/unknown", None)

    async def response(self, flow: HTTPFlow) -> None:
        """Judge what was held."""
        came: Arrival | None = flow.metadata.get(_HELD)
        response = flow.response
        if came is None or response is None or not response.raw_content:
            return
        self.judging += 1
        try:
            judgement = await self._judge(flow, came, response.raw_content)
            if judgement.decision.hidden:
                replace(response, _stand_in(judgement))
        except Exception:  # noqa: BLE001  (mitmproxy would deliver the bytes)
            _log.exception("Judging a picture failed; it is hidden")
            replace(response, placeholder(0, 0))
        finally:
            self.judging -= 1

    async def _judge(self, flow: HTTPFlow, came: Arrival, body: bytes) -> Judgement:
        context = _context(flow, came)
        encoding = flow.response.headers.get("content-encoding", "") if flow.response else ""
        try:
            if encoding:
                body = plain(body, encoding, self.max_bytes)
        except BodyTooLarge as error:
            return self.door.refuse(Failure.TOO_LARGE, str(error), context)
        return await self.door.judge(body, context)


def _stand_in(judgement: Judgement) -> bytes:
    picture = picture_of(judgement.verdict)
    return placeholder(picture.width, picture.height)


def _context(flow: HTTPFlow, came: Arrival) -> Context:
    request = flow.request
    address = flow.client_conn.peername[0] if flow.client_conn.peername else ""
    return Context(
        url=request.pretty_url,
        page=request.headers.get("referer", ""),
        device=address.removeprefix("::ffff:"),
        content_type=came.content_type,
        destination=request.headers.get("sec-fetch-dest", ""),
    )

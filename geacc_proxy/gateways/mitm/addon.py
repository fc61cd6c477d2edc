"""The addon: every picture on its way is held, judged, and shown or replaced.

mitmproxy fails open: an exception in a hook delivers the original bytes. Every hook here ends in a decision instead.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from cachetools import LRUCache

from geacc_proxy.filter import Filter, picture_of
from geacc_proxy.gateways.mitm.encodings import BodyTooLarge, opening, plain
from geacc_proxy.gateways.mitm.growing import install, unwatch, watch
from geacc_proxy.gateways.mitm.replacement import replace, replace_stream
from geacc_proxy.gateways.mitm.requests import Intent, ask_anew, ask_whole, folded, intent, is_conditional
from geacc_proxy.gateways.mitm.responses import Arrival, Plan, arrival, plan
from geacc_proxy.images.placeholder import placeholder
from geacc_proxy.images.sniff import sniff
from geacc_proxy.verdict import Context, Failure, Judgement

if TYPE_CHECKING:
    from collections.abc import Callable

    from mitmproxy.http import HTTPFlow

_log = logging.getLogger(__name__)
FEWEST_BYTES = 32
"""From so many on, the first bytes of a body tell whether it is a picture, whatever its type says."""
_REFUSALS = {
    Plan.TOO_LARGE: (Failure.TOO_LARGE, "more bytes than are held"),
    Plan.PARTIAL: (Failure.PARTIAL, "a fragment of a picture"),
}
KNOWN_ADDRESSES = 20_000


@dataclass(frozen=True, slots=True)
class _Held:
    """A response that is held: what its headers told, and whether it is held only until its first bytes tell more."""

    came: Arrival
    peek: bool


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
        self._held: WeakKeyDictionary[HTTPFlow, _Held] = WeakKeyDictionary()
        install()
        # Addresses that brought no picture lately: their conditional requests are let through.
        self._harmless: LRUCache[int, bool] = LRUCache(KNOWN_ADDRESSES)

    def requestheaders(self, flow: HTTPFlow) -> None:
        """Ask for whole, fresh pictures."""
        request = flow.request
        headers = folded(request.headers)
        kind = intent(headers, request.path)
        if kind is Intent.PICTURE:
            ask_whole(request.headers)
            ask_anew(request.headers)
        elif kind is Intent.OPEN and is_conditional(headers) and hash(request.url) not in self._harmless:
            ask_anew(request.headers)

    def responseheaders(self, flow: HTTPFlow) -> None:
        """Hold what may be a picture; let the rest stream."""
        request, response = flow.request, flow.response
        if response is None:
            return
        try:
            headers = folded(response.headers)
            if b"alt-svc" in headers:  # an alternative service would lead the browser round the proxy
                del response.headers["alt-svc"]
            came = arrival(request.method, response.status_code, headers)
            todo = plan(came, intent(folded(request.headers), request.path), self.max_bytes)
            if todo is Plan.STREAM:
                response.stream = True
            elif todo in _REFUSALS:
                self._refuse(flow, came, todo)
            else:
                self._hold(flow, came, peek=todo is Plan.PEEK)
        except Exception:  # noqa: BLE001  (mitmproxy would deliver the bytes)
            _log.exception("Reading a response's headers failed")
            self._hold(flow, Arrival(response.status_code, True, "image/unknown", None), peek=False)

    def _hold(self, flow: HTTPFlow, came: Arrival, *, peek: bool) -> None:
        self._held[flow] = _Held(came, peek)
        undecided = peek

        def grown(size: int, body: Callable[[], bytes]) -> bool:
            """Whether to go on without holding: no picture after all, or one that is too large."""
            nonlocal undecided
            if undecided and size >= FEWEST_BYTES:
                if not self._may_be_picture(flow, came, body()):
                    return self._release(flow)
                undecided = False
            if size > self.max_bytes:
                self._refuse(flow, came, Plan.TOO_LARGE)
                del self._held[flow]
                return True
            return False

        if flow.response is not None:
            flow.response.stream = False
        watch(flow, grown)

    def _may_be_picture(self, flow: HTTPFlow, came: Arrival, head: bytes) -> bool:
        encoding = _encoding(flow)
        if encoding:
            head = opening(head, encoding)
        return sniff(head, came.content_type) is not None

    def _release(self, flow: HTTPFlow) -> bool:
        del self._held[flow]
        if flow.response is not None:
            flow.response.stream = True
        self._remember_harmless(flow)
        return True

    def _remember_harmless(self, flow: HTTPFlow) -> None:
        if flow.response is not None and flow.response.status_code == 200:
            self._harmless[hash(flow.request.url)] = True

    def _refuse(self, flow: HTTPFlow, came: Arrival, why: Plan) -> None:
        judgement = self.door.refuse(*_REFUSALS[why], _context(flow, came))
        if flow.response is None:
            return
        if judgement.decision.hidden:
            replace_stream(flow.response, _stand_in(judgement))
        else:
            flow.response.stream = True

    async def response(self, flow: HTTPFlow) -> None:
        """Judge what was held."""
        held = self._held.pop(flow, None)
        response = flow.response
        if held is None or response is None:
            return
        unwatch(flow)
        if not response.raw_content:
            return
        self.judging += 1
        try:
            if held.peek and not self._may_be_picture(flow, held.came, response.raw_content):
                self._remember_harmless(flow)
                return
            judgement = await self._judge(flow, held.came, response.raw_content)
            if judgement.decision.hidden:
                replace(response, _stand_in(judgement))
        except Exception:  # noqa: BLE001  (mitmproxy would deliver the bytes)
            _log.exception("Judging a picture failed; it is hidden")
            replace(response, placeholder(0, 0))
        finally:
            self.judging -= 1

    def error(self, flow: HTTPFlow) -> None:
        """Forget a flow that ended before its body did."""
        self._held.pop(flow, None)
        unwatch(flow)

    async def _judge(self, flow: HTTPFlow, came: Arrival, body: bytes) -> Judgement:
        context = _context(flow, came)
        encoding = _encoding(flow)
        try:
            if encoding:
                body = plain(body, encoding, self.max_bytes)
        except BodyTooLarge as error:
            return self.door.refuse(Failure.TOO_LARGE, str(error), context)
        return await self.door.judge(body, context)


def _encoding(flow: HTTPFlow) -> str:
    return flow.response.headers.get("content-encoding", "") if flow.response else ""


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

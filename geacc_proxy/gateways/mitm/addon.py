"""The addon: every picture on its way is held, judged, and shown or replaced; texts are looked through as they pass.

mitmproxy fails open: an exception in a hook delivers the original bytes. Every hook here ends in a decision instead.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from geacc_proxy.filter import Filter, picture_of
from geacc_proxy.gateways.mitm import growing, http1, passage, patience
from geacc_proxy.gateways.mitm.addresses import Addresses
from geacc_proxy.gateways.mitm.encodings import BodyTooLarge, opening, plain
from geacc_proxy.gateways.mitm.holding import Ledger
from geacc_proxy.gateways.mitm.parts import PartsPassage, boundary_of
from geacc_proxy.gateways.mitm.replacement import as_whole, replace_stream
from geacc_proxy.gateways.mitm.replacement import replace as replace_body
from geacc_proxy.gateways.mitm.requests import Intent, ask_anew, ask_known_encodings, ask_whole, folded, intent, is_cut
from geacc_proxy.gateways.mitm.responses import Arrival, Plan, after_peek, arrival, plan
from geacc_proxy.gateways.mitm.revalidation import Copy, Revalidation
from geacc_proxy.gateways.mitm.rewriting import rewrite, rewrite_stream
from geacc_proxy.gateways.mitm.sockets import filter_message
from geacc_proxy.gateways.mitm.texts import TextPassage, charset_of, is_live, is_short, looks_like_text
from geacc_proxy.gateways.mitm.unpacking import Unpacker, can_undo
from geacc_proxy.gateways.mitm.visits import Visit, visit_of
from geacc_proxy.images.embedded import TextLimits
from geacc_proxy.images.placeholder import placeholder
from geacc_proxy.verdict import Context, Failure, Judgement

if TYPE_CHECKING:
    from mitmproxy.http import HTTPFlow, Request, Response
    from mitmproxy.proxy.layer import NextLayer

    from geacc_proxy.gateways.mitm.passage import Piece

_log = logging.getLogger(__name__)
_MOST_PACKED = 65_536  # an encoding that gives next to no plain bytes for so many is none that a browser undoes
_REFUSALS = {
    Plan.TOO_LARGE: (Failure.TOO_LARGE, "more bytes than are held"),
    Plan.PARTIAL: (Failure.PARTIAL, "a fragment of a picture"),
}
_PAGES = frozenset({"document", "iframe", "frame"})
HELD_BYTES = 256 * 2**20
"""Of all bodies that are held at a time."""


@dataclass(slots=True)
class _Held:
    """A response that is held.

    Attributes:
        came: what its headers told.
        plan: PEEK or TEXT until its first bytes are there; then HOLD, TEXT, or an end of the holding.
        looked: whether those bytes have told.
    """

    came: Arrival
    plan: Plan
    looked: bool


@dataclass(frozen=True, slots=True)
class _Passing:
    """A text, or parts, on the way to the browser: to be told of once all of it is through."""

    body: TextPassage | PartsPassage
    copy: Copy | None


class PictureFilter:
    """Judges pictures in HTTP responses and WebSocket messages through a `Filter`."""

    def __init__(
        self,
        door: Filter,
        max_bytes: int,
        *,
        texts: TextLimits | None = None,
        held_bytes: int = HELD_BYTES,
    ) -> None:
        """Make the addon.

        Args:
            door: judges bodies.
            max_bytes: a body that is longer is refused unseen.
            texts: how much is looked for in texts.
            held_bytes: of all bodies that are held at a time; beyond, further ones are refused.
        """
        self.door = door
        self.max_bytes = max_bytes
        self.judging = 0
        self._texts = texts or TextLimits()
        self._ledger = Ledger(held_bytes)
        self._addresses = Addresses()
        self._copies = Revalidation(door.recall, self._addresses, texts=True)
        self._held: WeakKeyDictionary[HTTPFlow, _Held] = WeakKeyDictionary()
        self._passing: WeakKeyDictionary[HTTPFlow, _Passing] = WeakKeyDictionary()
        growing.install()
        passage.install()
        http1.install()

    def next_layer(self, nextlayer: NextLayer) -> None:
        """Look into each connection that may carry pictures."""
        patience.reconsider(nextlayer)

    def requestheaders(self, flow: HTTPFlow) -> None:
        """Ask for whole pictures and texts, in encodings that can be undone; confirm a copy whose decision stands."""
        request = flow.request
        if _is_ours(flow):
            return
        try:
            headers = folded(request.headers)
            ask_known_encodings(request.headers, headers)
            kind = intent(headers, request.path)
            if b"range" in headers:
                known = self._addresses.brought_picture(request.pretty_url)
                if is_cut(headers, kind, known_picture=known):
                    ask_whole(request.headers)
            answer = self._copies.asks(request, headers, kind, _context_of(flow))
            if answer is not None:
                flow.response = answer
        except Exception:  # noqa: BLE001  (mitmproxy would let the conditions through)
            _log.exception("Reading a request's headers failed")
            ask_anew(request.headers)
            ask_whole(request.headers)

    def responseheaders(self, flow: HTTPFlow) -> None:
        """Hold what may be a picture, look through texts, let the rest stream."""
        request, response = flow.request, flow.response
        if response is None or _is_ours(flow):
            return
        try:
            headers = folded(response.headers)
            if b"alt-svc" in headers:  # an alternative service would lead the browser round the proxy
                del response.headers["alt-svc"]
            if response.status_code == 304:
                self._copies.unchanged(request, response)
                response.stream = True
                return
            came = arrival(request.method, response.status_code, headers)
            asked = folded(request.headers)
            kind = intent(asked, request.path)
            todo = self._plan(request, asked, kind, came)
            # Who asks for a picture does not listen to events, and may be given one that is declared as such.
            live = kind is not Intent.PICTURE and is_live(came.content_type) and can_undo(_encoding(flow))
            self._follow(todo, flow, response, came, live=live)
        except Exception:  # noqa: BLE001  (mitmproxy would deliver the bytes)
            _log.exception("Reading a response's headers failed")
            self._hold(flow, Arrival(response.status_code, True, "image/unknown", None), Plan.HOLD)

    def _plan(self, request: Request, asked: dict[bytes, bytes], kind: Intent, came: Arrival) -> Plan:
        return plan(
            came,
            kind,
            self.max_bytes,
            destination=asked.get(b"sec-fetch-dest", b""),
            known_picture=came.status == 206 and self._addresses.brought_picture(request.pretty_url),
            texts=True,
        )

    def _follow(self, todo: Plan, flow: HTTPFlow, response: Response, came: Arrival, *, live: bool) -> None:
        if todo is Plan.STREAM:
            response.stream = True
        elif todo in _REFUSALS:
            self._refuse(flow, came, todo)
        elif todo is Plan.PARTS:
            self._pass_parts(flow, response, came)
        elif todo is Plan.TEXT and live:
            self._pass_text(flow, response, came)
        else:
            self._hold(flow, came, todo)

    def _hold(self, flow: HTTPFlow, came: Arrival, todo: Plan) -> None:
        self._held[flow] = held = _Held(came, todo, looked=todo is Plan.HOLD)
        if flow.response is not None:
            flow.response.stream = False
        growing.watch(flow, lambda size, body: self._grown(flow, held, size, body))

    def _grown(self, flow: HTTPFlow, held: _Held, size: int, body: Callable[[], bytes]) -> bool:
        """Whether to go on without holding: no picture after all, a long text, or more than is held."""
        if not held.looked and size >= held.came.enough:
            head = _head(flow, body())
            if len(head) < held.came.enough and size < _MOST_PACKED:
                return False
            held.plan, held.looked = self._told_by(flow, held, head), True
            if self._goes_on(flow, held):
                return True
        if size > self.max_bytes or not self._ledger.may_hold(flow, size):
            self._drop(flow)
            self._refuse(flow, held.came, Plan.TOO_LARGE)
            return True
        return False

    def _told_by(self, flow: HTTPFlow, held: _Held, head: bytes) -> Plan:
        """What to do with a body, by its first bytes."""
        told = after_peek(held.came, head)
        if told is not Plan.STREAM or not can_undo(_encoding(flow)):
            return told
        return Plan.TEXT if held.plan is Plan.TEXT or looks_like_text(head) else told

    def _goes_on(self, flow: HTTPFlow, held: _Held) -> bool:
        """Whether the body need not be held any longer, now that its first bytes have told what it is."""
        response = flow.response
        if response is None or held.plan is Plan.HOLD or (held.plan is Plan.TEXT and is_short(held.came)):
            return False
        self._drop(flow)
        if held.plan is Plan.TEXT:
            self._pass_text(flow, response, held.came)
        elif held.plan is Plan.PARTIAL:
            self._refuse(flow, held.came, Plan.PARTIAL)
        else:
            response.stream = True
            self._remember(flow, picture=False)
        return True

    def _drop(self, flow: HTTPFlow) -> None:
        """Hold the flow no longer."""
        self._held.pop(flow, None)
        self._ledger.forget(flow)

    def _remember(self, flow: HTTPFlow, *, picture: bool) -> None:
        """Note what an address brings, for the next one who asks."""
        if flow.response is not None and (picture or flow.response.status_code == 200):
            self._addresses.remember(flow.request.pretty_url, picture=picture)

    def _refuse(self, flow: HTTPFlow, came: Arrival, why: Plan) -> None:
        judgement = self.door.refuse(*_REFUSALS[why], _context(flow, came.content_type))
        self._remember(flow, picture=True)
        if flow.response is None:
            return
        if judgement.decision.hidden:
            replace_stream(flow.response, _stand_in(judgement))
        else:
            flow.response.stream = True

    def _pass_text(self, flow: HTTPFlow, response: Response, came: Arrival) -> None:
        """Look through a text as it passes."""
        charset = charset_of(response.headers.get("content-type", ""))
        copy = self._copies.passing(flow.request, response)
        unpacker = rewrite_stream(flow.request, response)
        text = TextPassage(
            self.door,
            lambda: _text_context(flow, came),
            self._texts,
            charset,
            unpacker,
            unseen=is_live(came.content_type),
        )
        self._passing[flow] = _Passing(text, copy)
        passage.pass_through(flow, text)

    def _pass_parts(self, flow: HTTPFlow, response: Response, came: Arrival) -> None:
        """Judge part after part as they pass; without a boundary nobody can show them."""
        boundary = boundary_of(response.headers.get("content-type", ""))
        if not boundary or not can_undo(_encoding(flow)):
            self._refuse(flow, came, Plan.PARTIAL)
            return
        copy = self._copies.passing(flow.request, response)
        unpacker = rewrite_stream(flow.request, response)
        context = _text_context(flow, came)
        parts = PartsPassage(self.door, context, self._texts, boundary, self.max_bytes, unpacker)
        self._passing[flow] = _Passing(parts, copy)
        passage.pass_through(flow, parts)

    async def geacc_pieces(self, pieces: list[Piece]) -> None:
        """Wait for the pictures of a text that passes."""
        self.judging += 1
        try:
            await passage.settle(pieces)
        finally:
            self.judging -= 1

    async def response(self, flow: HTTPFlow) -> None:
        """Judge what was held; note what has passed."""
        held, passed, response = self._held.get(flow), self._passing.pop(flow, None), flow.response
        self._drop(flow)
        if passed is not None:
            self._copies.delivered(passed.copy, passed.body.seen, _context_of(flow))
            self._remember(flow, picture=bool(passed.body.seen))
        if held is None or response is None:
            return
        growing.unwatch(flow)
        if not response.raw_content:
            return
        self.judging += 1
        try:
            if not held.looked:
                held.plan = self._told_by(flow, held, _head(flow, response.raw_content))
            await self._judge(held.plan, flow, response, held.came)
        except Exception:  # noqa: BLE001  (mitmproxy would deliver the bytes)
            _log.exception("Judging a response failed; it is hidden")
            replace_body(response, placeholder(0, 0))
        finally:
            self.judging -= 1

    async def _judge(self, todo: Plan, flow: HTTPFlow, response: Response, came: Arrival) -> None:
        if todo is Plan.HOLD:
            await self._judge_picture(flow, response, came)
        elif todo is Plan.TEXT:
            await self._judge_text(flow, response, came)
        elif todo is Plan.PARTIAL:
            judgement = self.door.refuse(*_REFUSALS[todo], _context(flow, came.content_type))
            self._remember(flow, picture=True)
            if judgement.decision.hidden:
                replace_body(response, _stand_in(judgement))
        else:
            self._remember(flow, picture=False)

    async def _judge_picture(self, flow: HTTPFlow, response: Response, came: Arrival) -> None:
        context = _context(flow, came.content_type)
        try:
            body = plain(response.raw_content or b"", _encoding(flow), self.max_bytes)
        except BodyTooLarge as error:
            body = b""
            judgement = self.door.refuse(Failure.TOO_LARGE, str(error), context)
        else:
            judgement = await self.door.judge(body, context)
        self._remember(flow, picture=True)
        if judgement.decision.hidden:
            made = await self.door.stand_in(body, judgement, context) if body else None
            replace_body(response, made or _stand_in(judgement))
            return
        as_whole(response)
        copy = self._copies.passing(flow.request, response, judgement.digest)
        self._copies.delivered(copy, [(judgement.digest, came.content_type)], lambda _: context)

    async def _judge_text(self, flow: HTTPFlow, response: Response, came: Arrival) -> None:
        """Look through a short text that is whole; one without pictures passes as it came, encoding and all."""
        encoding = _encoding(flow)
        charset = charset_of(response.headers.get("content-type", ""))
        unpacker = Unpacker(encoding) if encoding else None
        text = TextPassage(self.door, lambda: _text_context(flow, came), self._texts, charset, unpacker)
        pieces = text.feed(response.raw_content or b"") + text.close()
        if not text.refused and all(isinstance(piece, bytes) for piece in pieces):
            self._remember(flow, picture=False)
            return
        await passage.settle(pieces)
        as_whole(response)
        rewrite(response, b"".join(piece for piece in pieces if isinstance(piece, bytes)))
        self._remember(flow, picture=True)
        if text.seen:
            copy = self._copies.passing(flow.request, response)
            self._copies.delivered(copy, text.seen, _context_of(flow))

    def error(self, flow: HTTPFlow) -> None:
        """Forget a flow that ended before its body did."""
        self._drop(flow)
        self._passing.pop(flow, None)
        growing.unwatch(flow)
        passage.forget(flow)

    async def websocket_message(self, flow: HTTPFlow) -> None:
        """Look through a message to the browser."""
        if flow.websocket is None:
            return
        messages = flow.websocket.messages
        message = messages[-1]
        del messages[:-1]  # mitmproxy keeps all of them for views that list them
        if not message.from_client:
            context = replace(_context(flow, ""), destination="")
            await filter_message(message, self.door, context, self._texts, self.max_bytes)


def _encoding(flow: HTTPFlow) -> str:
    return flow.response.headers.get("content-encoding", "") if flow.response else ""


def _head(flow: HTTPFlow, body: bytes) -> bytes:
    """The first bytes of a body without its encodings."""
    encoding = _encoding(flow)
    return opening(body, encoding) if encoding else body


def _stand_in(judgement: Judgement) -> bytes:
    picture = picture_of(judgement.verdict)
    return placeholder(picture.width, picture.height)


def _is_ours(flow: HTTPFlow) -> bool:
    """Whether the answer is one of our own pages, or of the household's hooks."""
    visit = visit_of(flow)
    return visit is not None and visit.untouched


def _context(flow: HTTPFlow, content_type: str) -> Context:
    request = flow.request
    visit = visit_of(flow) or _visit_without_home(flow)
    return Context(
        url=visit.url or request.pretty_url,
        page=request.headers.get("referer", ""),
        device=visit.device,
        content_type=content_type,
        destination=request.headers.get("sec-fetch-dest", ""),
        site=visit.site,
    )


def _visit_without_home(flow: HTTPFlow) -> Visit:
    address = flow.client_conn.peername[0] if flow.client_conn.peername else ""
    return Visit(address.removeprefix("::ffff:"), flow.request.host)


def _context_of(flow: HTTPFlow) -> Callable[[str], Context]:
    return lambda content_type: _context(flow, content_type)


def _text_context(flow: HTTPFlow, came: Arrival) -> Context:
    """As above, for what lies inside a text: it was not asked for as a picture, and a page is its own page."""
    context = _context(flow, came.content_type)
    page = context.url if context.destination in _PAGES else context.page
    return replace(context, page=page, destination="")

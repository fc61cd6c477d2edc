"""New lines of the block log as they come: server-sent events (https://html.spec.whatwg.org/#server-sent-events)."""

from __future__ import annotations

import asyncio
import weakref
from typing import TYPE_CHECKING, Any, Literal

from starlette.responses import PlainTextResponse, Response, StreamingResponse

from geacc_proxy.exceptions import GeaccError
from geacc_proxy.home.events import Happening
from geacc_proxy.web.guard import parent_only, site_of
from geacc_proxy.web.log.line import line_of
from geacc_proxy.web.log.page import asked_of, line_text
from geacc_proxy.web.log.reading import found
from geacc_proxy.web.visits import visit_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from geacc_proxy.home.events import Event
    from geacc_proxy.home.home import Home
    from geacc_proxy.web.log.asking import Asked

MOST_LISTENERS = 20
"""Pages that are told at once; a further one is told to come again later."""
AT_ONCE = 50
"""Lines that are sent at once; of a flood only the newest."""
HEARTBEAT_SECONDS = 15.0
"""Between signs of life; so long may a stream outlive its session."""
CLOSING = "geacc.closing"
"""In the scope of a request: an event that is set when the server stops."""
_SETTLE_SECONDS = 0.7  # the log's writer stores what came together half a second later
_COME_AGAIN = 60

_listeners: weakref.WeakKeyDictionary[Home, int] = weakref.WeakKeyDictionary()


@parent_only
async def live(request: Request) -> Response:
    """Lines newer than `Last-Event-ID`, or than `newest` in the address, that the filters there leave."""
    home = site_of(request).home
    if _listeners.get(home, 0) >= MOST_LISTENERS:
        return PlainTextResponse("Too many pages listen.\n", status_code=503, headers={"Retry-After": str(_COME_AGAIN)})
    last = request.headers.get("last-event-id") or request.query_params.get("newest", "")
    newest = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else 0
    return StreamingResponse(
        _events(request, asked_of(request), newest),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(request: Request, asked: Asked, newest: int) -> AsyncIterator[str]:
    home = site_of(request).home
    closing = asyncio.ensure_future(_closing(request).wait())
    _listeners[home] = _listeners.get(home, 0) + 1
    try:
        with home.events.listening() as queue:
            yield "retry: 5000\n: listening\n\n"
            while _may_listen(request) and not closing.done():
                if not await _something_hidden(queue, closing):
                    yield ": still here\n\n"
                    continue
                await asyncio.wait({closing}, timeout=_SETTLE_SECONDS)
                lines = await _newer(request, asked, newest) if _may_listen(request) else []
                for number, html in lines:
                    yield _event(number, html)
                newest = max([newest, *(number for number, _ in lines)])
    finally:
        closing.cancel()
        _listeners[home] -= 1


def _closing(request: Request) -> asyncio.Event:
    """Is set when the server wants to stop, which an open stream would hold up."""
    found: asyncio.Event | None = request.scope.get(CLOSING)
    return found or asyncio.Event()


def _may_listen(request: Request) -> bool:
    """Whether the session that has opened the stream still stands."""
    visit = visit_of(request)
    sessions = request.app.state.sessions
    if visit.session is None:
        return visit.is_machine and not sessions.has_password
    session = visit.session
    return any(kept.key == session.key for kept in sessions.all_of())


async def _something_hidden(queue: asyncio.Queue[Event], closing: asyncio.Future[Literal[True]]) -> bool:
    """Whether something was hidden within a heartbeat's time; what came together counts as one."""
    heartbeat = asyncio.get_running_loop().time() + HEARTBEAT_SECONDS
    while (left := heartbeat - asyncio.get_running_loop().time()) > 0:
        coming = asyncio.ensure_future(queue.get())
        either: set[asyncio.Future[Any]] = {coming, closing}
        try:
            await asyncio.wait(either, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        finally:  # the page may be gone
            coming.cancel()
        if not coming.done():
            return False
        if coming.result().kind is Happening.HIDDEN:
            while not queue.empty():
                queue.get_nowait()
            return True
    return False


async def _newer(request: Request, asked: Asked, newest: int) -> list[tuple[int, str]]:
    """Lines with higher numbers, the oldest first."""
    try:
        here = await found(request, asked.query, limit=AT_ONCE)
    except GeaccError:  # the next time, perhaps; the page itself says what is wrong when it is loaded
        return []
    home = site_of(request).home
    rows = [row for row in reversed(here.rows) if row.number > newest]
    return [(row.number, line_text(request, line_of(row, home), asked.address())) for row in rows]


def _event(number: int, html: str) -> str:
    data = "".join(f"data: {line}\n" for line in html.splitlines() if line.strip())
    return f"id: {number}\nevent: line\n{data}\n"

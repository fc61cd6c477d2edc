"""What happens at home, as it happens: server-sent events (https://html.spec.whatwg.org/#server-sent-events)."""

from __future__ import annotations

import asyncio
import json
import weakref
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from geacc_proxy.home.data import written
from geacc_proxy.home.events import Event, Happening
from geacc_proxy.home.home import Home
from geacc_proxy.home.tokens import Scope
from geacc_proxy.web.api.access import Caller, needs

router = APIRouter(tags=["events"])
MOST_LISTENERS = 20
"""At once; a further one is told to come again later."""
_HEARTBEAT_SECONDS = 15.0
_COME_AGAIN_SECONDS = 60
_listeners: weakref.WeakKeyDictionary[Home, int] = weakref.WeakKeyDictionary()


class Asked(BaseModel):
    """Which events."""

    model_config = ConfigDict(extra="forbid")

    kind: list[Happening] = Field([], max_length=10, description="These alone; all that the token may see without it.")


@router.get(
    "/events",
    summary="What happens, as it happens",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def listen(caller: Annotated[Caller, needs(Scope.READ, Scope.LOG)], asked: Annotated[Asked, Query()]) -> Response:
    """Scope: `log` for `hidden`, `read` for the others.

    A stream of server-sent events that does not end by itself: `event` has the kind, `data` a JSON object with `time`
    and what the kind tells. Never a picture.
    """
    wanted = {kind for kind in asked.kind or Happening if _may_hear(caller, kind)}
    if not wanted:
        raise HTTPException(403, "this token may not hear of that; hidden takes the scope log, all else the scope read")
    if _listeners.get(caller.home, 0) >= MOST_LISTENERS:
        raise HTTPException(503, "too many listen already", {"Retry-After": str(_COME_AGAIN_SECONDS)})
    return StreamingResponse(
        _stream(caller, wanted), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


def _may_hear(caller: Caller, kind: Happening) -> bool:
    return caller.may(Scope.LOG if kind is Happening.HIDDEN else Scope.READ)


async def _stream(caller: Caller, wanted: set[Happening]) -> AsyncIterator[str]:
    home = caller.home
    _listeners[home] = _listeners.get(home, 0) + 1
    try:
        with home.events.listening() as queue:
            yield "retry: 5000\n: listening\n\n"
            while caller.stands():
                event = await _next(queue)
                if event is None:
                    yield ": still here\n\n"
                elif event.kind in wanted and caller.stands():
                    yield _written(event)
    finally:
        _listeners[home] -= 1


async def _next(queue: asyncio.Queue[Event]) -> Event | None:
    """What happens next; None if nothing does for a while."""
    try:
        async with asyncio.timeout(_HEARTBEAT_SECONDS):
            return await queue.get()
    except TimeoutError:
        return None


def _written(event: Event) -> str:
    return f"event: {event.kind}\ndata: {json.dumps({'time': written(event.time), **event.data})}\n\n"

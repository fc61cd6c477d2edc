"""How much a program may send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from geacc_proxy.web.api.problems import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 2**20
"""Of a body; 5,000 sites of a profile are a tenth of it."""
_WORDS = f"the body is too large; it takes {MOST_BYTES:,} bytes at most"


class BoundedBody:
    """Refuses bodies that are too large with 413, whether or not they say how large they are."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if declared.isdigit() and int(declared[:20]) > MOST_BYTES:
            await problem(413, _WORDS)(scope, receive, send)
            return
        so_far = 0

        async def counted() -> Message:
            nonlocal so_far
            message = await receive()
            so_far += len(message.get("body", b""))
            if so_far > MOST_BYTES:
                raise HTTPException(413, _WORDS)
            return message

        await self.app(scope, counted, send)

"""What a child sees, on the device itself: what was hidden and why, and how to ask for it. Never a picture."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from geacc_proxy.web.child import closed, mine


def routes() -> list[BaseRoute]:
    """The pages of this area; they need no password and tell a device of itself alone."""
    return [
        Route("/mine", mine.show),
        Route("/mine/ask", mine.ask, methods=["POST"]),
        Route("/closed", closed.show),
        Route("/closed/ask", closed.ask, methods=["POST"]),
    ]

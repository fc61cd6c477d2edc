"""What children ask for, and a parent's answers."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from geacc_proxy.web.requests import inbox


def routes() -> list[BaseRoute]:
    """The pages of this area."""
    return [
        Route("/requests", inbox.show),
        Route("/requests/{key}", inbox.answer, methods=["POST"]),
    ]

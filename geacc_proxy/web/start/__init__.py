"""The first start, logging in and out."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from geacc_proxy.web.start import first, login


def routes() -> list[BaseRoute]:
    """The routes of this area."""
    return [
        Route("/login", login.show),
        Route("/login", login.enter, methods=["POST"]),
        Route("/logout", login.leave, methods=["POST"]),
        *first.routes(),
    ]

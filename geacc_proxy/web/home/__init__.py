"""The overview: how the home is doing, at a glance; and the pause."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from geacc_proxy.web.guard import parent_only
from geacc_proxy.web.home.overview import overview_page
from geacc_proxy.web.home.pausing import pause


def routes() -> list[BaseRoute]:
    """The routes."""
    return [
        Route("/", parent_only(overview_page)),
        Route("/pause", parent_only(pause), methods=["POST"]),
    ]

"""The page of block lists: what is subscribed, how fresh it is, and who uses it."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from geacc_proxy.web.guard import parent_only
from geacc_proxy.web.lists.actions import refresh_now, remove, subscribe
from geacc_proxy.web.lists.views import listing


def routes() -> list[BaseRoute]:
    """The routes."""
    return [
        Route("/lists", parent_only(listing), methods=["GET"]),
        Route("/lists", parent_only(subscribe), methods=["POST"]),
        Route("/lists/{name}/refresh", parent_only(refresh_now), methods=["POST"]),
        Route("/lists/{name}/remove", parent_only(remove), methods=["POST"]),
    ]

"""The first start: a password, who is at home, and the first device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from geacc_proxy.web.pages import render

if TYPE_CHECKING:
    from starlette.requests import Request


def routes() -> list[BaseRoute]:
    """Its routes."""
    return [Route("/start", welcome)]


async def welcome(request: Request) -> Response:
    """What this is."""
    return render(request, "start/welcome.html")

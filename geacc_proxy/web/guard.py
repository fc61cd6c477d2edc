"""Who may open a page: a parent, or any device at home for what concerns it alone."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from geacc_proxy.policy.device import Device, Traits
from geacc_proxy.web.visits import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from geacc_proxy.web.site import Site

Endpoint = Callable[["Request"], Awaitable[Response]]


def site_of(request: Request) -> Site:
    """What the pages stand on."""
    site: Site = request.app.state.site
    return site


def is_parent(request: Request) -> bool:
    """Whether a parent asks: logged in, or at the machine itself while there is no password."""
    return visit_of(request).is_parent


def parent_only(endpoint: Endpoint) -> Endpoint:
    """Let nobody but a parent in; others are led to where they can become one."""

    @functools.wraps(endpoint)
    async def guarded(request: Request) -> Response:
        if is_parent(request):
            return await endpoint(request)
        return _turned_away(request)

    return guarded


def device_of(request: Request) -> Device:
    """The device that asks: the one behind the proxy, or the one whose address it is.

    One that nobody knows and that did not come through the proxy is entered nowhere: it may be a parent's phone.
    """
    visit = visit_of(request)
    home = site_of(request).home
    traits = Traits(address=visit.address)
    if visit.through_proxy:
        client = request.client
        key = None if client is None else site_of(request).behind((client.host, client.port))
        return home.recognise(traits) if key is None else home.device(key)
    return home.house.register().find(traits) or Device(visit.address or "unknown")


def _turned_away(request: Request) -> Response:
    if not visit_of(request).has_password:
        goal = "/start"
    elif request.url.path == "/":
        goal = "/setup"
    else:
        goal = f"/login?next={quote(request.url.path, safe='/')}"
    if request.headers.get("hx-request"):
        return PlainTextResponse("", status_code=403, headers={"HX-Redirect": goal})
    if request.method in ("GET", "HEAD"):
        return RedirectResponse(goal, 303)
    return PlainTextResponse("Log in first.\n", status_code=403)

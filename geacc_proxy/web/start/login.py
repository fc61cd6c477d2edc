"""Logging in and out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response

from geacc_proxy.web.i18n import _
from geacc_proxy.web.pages import own_path, render
from geacc_proxy.web.visits import log_in, log_out, visit_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from geacc_proxy.web.sessions import Sessions
    from geacc_proxy.web.throttle import Throttle


async def show(request: Request) -> Response:
    """The page that asks for the password."""
    goal = own_path(request.query_params.get("next", "/"))
    if not visit_of(request).has_password:
        return RedirectResponse("/start", 303)
    if visit_of(request).session is not None:
        return RedirectResponse(goal, 303)
    return _page(request, goal)


async def enter(request: Request) -> Response:
    """The password."""
    sessions, throttle, visit = sessions_of(request), throttle_of(request), visit_of(request)
    form = await request.form()
    goal = own_path(str(form.get("next", "/")))
    if not visit.has_password:
        return RedirectResponse("/start", 303)
    wait = throttle.wait(visit.address)
    if wait:
        return _page(request, goal, wait=wait)
    # Counted before it is checked, so that many at once are not many free attempts.
    throttle.failed(visit.address)
    await asyncio.sleep(throttle.pause())
    if not await sessions.is_password(str(form.get("password", ""))):
        return _page(request, goal, error=_("That is not the password."), wait=throttle.wait(visit.address))
    throttle.succeeded(visit.address)
    return await logged_in(request, goal, stays="stays" in form)


async def leave(request: Request) -> Response:
    """Out again."""
    session = visit_of(request).session
    if session is not None:
        await sessions_of(request).end(session.key)
    response = RedirectResponse("/login", 303)
    log_out(response)
    return response


async def logged_in(request: Request, goal: str, *, stays: bool) -> Response:
    """Begin a session and lead on."""
    sessions = sessions_of(request)
    before = visit_of(request).session
    token = await sessions.begin(request.headers.get("user-agent", ""), stays=stays)
    if before is not None:
        await sessions.end(before.key)
    response = RedirectResponse(goal, 303)
    log_in(response, request, token, stays=stays)
    return response


def sessions_of(request: Request) -> Sessions:
    """Those of the application."""
    sessions: Sessions = request.app.state.sessions
    return sessions


def throttle_of(request: Request) -> Throttle:
    """That of the application."""
    throttle: Throttle = request.app.state.throttle
    return throttle


def _page(request: Request, goal: str, *, error: str = "", wait: int = 0) -> Response:
    status = 429 if wait else 403 if error else 200
    response = render(request, "start/login.html", status=status, next=goal, error=error, wait=wait)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response

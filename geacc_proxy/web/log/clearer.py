"""A hidden picture, a little less blurred: for a parent who has just typed the password, and never as it is.

The picture is not kept at home. It is fetched once more from where it came from, drawn in a sandboxed worker, shown
within the page itself, and forgotten.
"""

from __future__ import annotations

import asyncio
import base64
import weakref
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.home.fetching import fetch
from geacc_proxy.images.manner import Manner
from geacc_proxy.web.guard import parent_only, site_of
from geacc_proxy.web.i18n import _
from geacc_proxy.web.log.reading import line_in
from geacc_proxy.web.pages import render
from geacc_proxy.web.start.login import sessions_of, throttle_of
from geacc_proxy.web.visits import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from geacc_proxy.web.log.line import Line
    from geacc_proxy.web.sessions import Sessions

FRESH = timedelta(minutes=5)
"""So long a password that was typed counts."""

_typed: weakref.WeakKeyDictionary[Sessions, dict[str, datetime]] = weakref.WeakKeyDictionary()


@parent_only
async def ask(request: Request) -> Response:
    """The page that asks whether to, and for the password where it was not typed lately."""
    return _page(request, await line_in(request))


@parent_only
async def show(request: Request) -> Response:
    """The picture, a little clearer; or why not."""
    line = await line_in(request)
    if not line.of_the_web:
        raise UsageError("this picture has no address from which it could be fetched again")
    if not is_fresh(request):
        problem, wait = await _check(request)
        if problem:
            return _page(request, line, problem=problem, wait=wait)
    try:
        picture = await run_in_threadpool(fetch, line.url)
        drawn = await site_of(request).door.likeness_of(picture.body, picture.content_type, Manner.CLEARER)
    except GeaccError as error:
        return _page(request, line, problem=str(error), status=502)
    if drawn is None:
        return _page(request, line, problem=_("What came from the address cannot be drawn."), status=502)
    kind = "png" if drawn.startswith(b"\x89PNG") else "jpeg"
    return _page(request, line, drawn=f"data:image/{kind};base64,{base64.b64encode(drawn).decode('ascii')}")


def is_fresh(request: Request) -> bool:
    """Whether the password was typed in this session within the last minutes."""
    session = visit_of(request).session
    if session is None:
        return False
    now = site_of(request).home.now()
    typed = _typed.get(sessions_of(request), {}).get(session.key, session.made)
    return timedelta(0) <= now - typed < FRESH


async def _check(request: Request) -> tuple[str, int]:
    """Why the password in the form will not do, empty where it does; and seconds to wait before the next one."""
    sessions, throttle, visit = sessions_of(request), throttle_of(request), visit_of(request)
    if visit.session is None:
        return _("Set a password first, in the settings."), 0
    wait = throttle.wait(visit.address)
    if wait:
        return _("Too many wrong passwords. Wait a moment, then try again."), wait
    # Counted before it is checked, so that many at once are not many free attempts.
    throttle.failed(visit.address)
    await asyncio.sleep(throttle.pause())
    form = await request.form()
    if not await sessions.is_password(str(form.get("password", ""))):
        return _("That is not the password."), throttle.wait(visit.address)
    throttle.succeeded(visit.address)
    standing = {session.key for session in sessions.all_of()}
    kept = {key: typed for key, typed in _typed.get(sessions, {}).items() if key in standing}
    _typed[sessions] = kept | {visit.session.key: site_of(request).home.now()}
    return "", 0


def _page(
    request: Request, line: Line, *, problem: str = "", wait: int = 0, status: int = 403, drawn: str = ""
) -> Response:
    response = render(
        request,
        "log/clearer.html",
        status=429 if wait else status if problem else 200,
        line=line,
        problem=problem,
        drawn=drawn,
        fresh=is_fresh(request),
    )
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response

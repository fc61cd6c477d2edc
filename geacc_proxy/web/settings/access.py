"""The password, and who is logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response

from geacc_proxy.web.i18n import _, ngettext
from geacc_proxy.web.pages import done, render
from geacc_proxy.web.sessions import SHORTEST
from geacc_proxy.web.start.login import logged_in, sessions_of, throttle_of
from geacc_proxy.web.visits import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request


async def show(request: Request) -> Response:
    """The password and the sessions."""
    if not visit_of(request).has_password:
        return RedirectResponse("/start", 303)
    return _page(request)


async def password(request: Request) -> Response:
    """A new password, for whoever knows the old one; all sessions end."""
    sessions, throttle, visit = sessions_of(request), throttle_of(request), visit_of(request)
    if not visit.has_password or visit.session is None:
        return RedirectResponse("/start", 303)
    form = await request.form()
    new, again = str(form.get("password", "")), str(form.get("again", ""))
    if len(new) < SHORTEST:
        return _page(
            request, error=ngettext("It takes {n} character at least.", "It takes {n} characters at least.", SHORTEST)
        )
    if new != again:
        return _page(request, error_again=_("The two differ."))
    wait = throttle.wait(visit.address)
    if wait:
        words = ngettext(
            "Too many attempts. Try again in {n} second.", "Too many attempts. Try again in {n} seconds.", wait
        )
        return _page(request, error_old=words, status=429)
    throttle.failed(visit.address)
    if not await sessions.is_password(str(form.get("old", ""))):
        return _page(request, error_old=_("That is not the password."))
    throttle.succeeded(visit.address)
    await sessions.set_password("parent", new)
    return await logged_in(request, "/settings/access?changed=1", stays=visit.session.stays)


async def end(request: Request) -> Response:
    """End a session, or all but this one."""
    sessions, own = sessions_of(request), visit_of(request).session
    key = str((await request.form()).get("key", ""))
    others = [session for session in sessions.all_of() if own is None or session.key != own.key]
    await sessions.end_others("parent", [session for session in others if key in (session.key, "others")])
    return done("/settings/access")


def _page(
    request: Request, *, error: str = "", error_again: str = "", error_old: str = "", status: int = 400
) -> Response:
    own = visit_of(request).session
    return render(
        request,
        "settings/access.html",
        status=status if error or error_again or error_old else 200,
        sessions=[(session, own is not None and session.key == own.key) for session in sessions_of(request).all_of()],
        shortest=SHORTEST,
        error=error,
        error_again=error_again,
        error_old=error_old,
    )

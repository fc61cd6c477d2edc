"""The audit trail, and taking things back."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.responses import Response

from geacc_proxy.exceptions import UsageError
from geacc_proxy.web.guard import site_of
from geacc_proxy.web.i18n import _
from geacc_proxy.web.pages import done, own_path, render

if TYPE_CHECKING:
    from starlette.requests import Request

_A_PAGE = 50


async def show(request: Request) -> Response:
    """What was done, by whom, the newest first."""
    before = _number(request.query_params.get("before", ""))
    deeds = await site_of(request).home.deeds(before=before, limit=_A_PAGE + 1)
    more = deeds[_A_PAGE - 1].number if len(deeds) > _A_PAGE else 0
    return render(request, "settings/trail.html", deeds=deeds[:_A_PAGE], more=more, who=_who)


async def undo(request: Request) -> Response:
    """Take a deed back, and return to where that was asked for."""
    number = _number(str((await request.form()).get("deed", "")))
    if number is None:
        raise UsageError("there is no such action; the audit trail has their numbers")
    deed = await site_of(request).home.undo(number, "parent")
    back = urlsplit(request.headers.get("referer", ""))
    return done(own_path(back.path, "/settings/trail"), deed)


def _number(given: str) -> int | None:
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else None


def _who(who: str) -> str:
    """Who did something, in words."""
    kind, _colon, name = who.partition(":")
    words = {"parent": _("A parent"), "cli": _("The command line"), "geacc-proxy": _("geacc-proxy itself")}
    return _("A program: {name}", name=name) if kind == "api" and name else words.get(who, who)

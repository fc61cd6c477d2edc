"""The block log: the list, an entry of its own, its thumbnail, and what is done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home.alike import count_alike
from geacc_proxy.web.guard import parent_only, site_of
from geacc_proxy.web.i18n import _
from geacc_proxy.web.log.acts import ACTS, Wish
from geacc_proxy.web.log.asking import PERIODS, Asked, asked
from geacc_proxy.web.log.line import line_of, shortened, why
from geacc_proxy.web.log.reading import found, line_in, menus, path_of, row_of
from geacc_proxy.web.pages import done, own_path, render, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request

    from geacc_proxy.home.home import Home
    from geacc_proxy.web.log.line import Line

A_PAGE = 50
"""Lines on a page."""


@parent_only
async def the_log(request: Request) -> Response:
    """The newest lines that the filters leave, or those after a place in the log."""
    site = site_of(request)
    problem = ""
    try:
        wish = asked(request.query_params, site.home.now(), site.home.house.zone)
    except UsageError as error:
        problem, wish = str(error), asked({}, site.home.now(), site.home.house.zone)
    here = await found(request, wish.query, after=wish.after, limit=A_PAGE)
    menu = await menus(request)
    return render(
        request,
        "log/log.html",
        status=400 if problem else 200,
        asked=wish,
        problem=problem,
        lines=[line_of(row, site.home) for row in here.rows],
        newest=max((row.number for row in here.rows), default=0),
        older=wish.address(after=here.next) if here.next else "",
        looked_back_to=here.looked_back_to,
        devices=_devices(site.home, menu.devices),
        reasons=sorted(((reason, _(why(reason))) for reason in menu.reasons), key=lambda choice: choice[1]),
        sites=menu.sites,
        periods=[(value, _(words)) for value, words in PERIODS],
        most=A_PAGE,
        back=wish.address(**({"after": wish.after} if wish.after else {})),
        shortened=shortened,
    )


@parent_only
async def entry(request: Request) -> Response:
    """One line with all that is known."""
    line = await line_in(request)
    alike = None
    if line.likeness:
        alike = await run_in_threadpool(count_alike, path_of(request), int(line.likeness, 16), line.number)
    return render(
        request, "log/entry.html", line=line, alike=alike, shortened=shortened, back=f"/log/{line.number}", opened=True
    )


@parent_only
async def act(request: Request) -> Response:
    """Do something about a line; the form names it."""
    line = await line_in(request)
    form = await request.form()
    found_act = ACTS.get(str(form.get("act", "")))
    if found_act is None:
        raise UsageError("nothing was chosen that can be done with this line")
    do, said = found_act
    home = site_of(request).home
    device = str(form.get("for", ""))
    if device not in ("", line.device):
        raise UsageError("it can hold for the device of this line, or for all")
    deed = await do(home, Wish(line, device, str(form.get("site", ""))))
    back = own_path(str(form.get("back", "")), "/log")
    if request.headers.get("hx-request"):
        again = await line_in(request)
        return render(request, "log/line.html", line=again, shortened=shortened, back=back, deed=deed, said=said)
    return done(back, deed)


@parent_only
async def sketch(request: Request) -> Response:
    """The blurred, shrunken likeness that was kept."""
    from geacc_proxy.journal.sketches import get

    row = await row_of(request)
    body = await run_in_threadpool(get, path_of(request), row.entry.digest) if row.entry.digest else None
    if body is None:
        raise HTTPException(404)
    kind = "image/png" if body.startswith(b"\x89PNG") else "image/jpeg"
    return Response(body, media_type=kind, headers={"Cache-Control": "no-store"})


def line_text(request: Request, line: Line, back: str) -> str:
    """A line as a piece of the page at `back`."""
    return text(request, "log/line.html", line=line, shortened=shortened, back=back)


def asked_of(request: Request) -> Asked:
    """The filters in the request's address.

    Raises:
        UsageError: one of them is none.
    """
    home = site_of(request).home
    return asked(request.query_params, home.now(), home.house.zone)


def _devices(home: Home, logged: Iterable[str]) -> list[tuple[str, str]]:
    """Those that have lines and those at home, by key, in the order of their names."""
    keys = {*logged, *home.house.devices}
    return sorted(((key, home.device(key).title) for key in keys), key=lambda choice: choice[1].casefold())

"""Filtering is paused, or goes on before the pause is over: for one device or for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from geacc_proxy.home import devices
from geacc_proxy.web.guard import site_of
from geacc_proxy.web.pages import done, own_path

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

PAUSES = (5, 30, 60)
"""Minutes that a parent can choose."""


async def pause(request: Request) -> Response:
    """Pause for the minutes of the form, or go on where it has none.

    A device goes on only as far as its own pause is concerned; one for all stays, and is ended for all.
    """
    home = site_of(request).home
    async with request.form() as form:
        typed, device = str(form.get("minutes", "")), str(form.get("device", ""))
        back = own_path(str(form.get("back", "")))
    if typed and typed not in map(str, PAUSES):
        raise HTTPException(400)
    minutes = int(typed) if typed else None
    return done(back, await devices.pause(home, "parent", minutes, device))

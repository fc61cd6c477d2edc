"""The overview: today or this week, for all or one device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from geacc_proxy.web.guard import site_of
from geacc_proxy.web.home.figures import figures_of
from geacc_proxy.web.home.health import Health
from geacc_proxy.web.home.period import WEEK, chosen
from geacc_proxy.web.home.state import path_of, paused_until
from geacc_proxy.web.i18n import minutes, number
from geacc_proxy.web.pages import render
from geacc_proxy.web.visits import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


async def overview_page(request: Request) -> Response:
    """The page; `?span=week` for seven days, `?device=KEY` for one device. The first start comes before it."""
    if not visit_of(request).has_password:
        return RedirectResponse("/start", 303)
    site = site_of(request)
    home = site.home
    asked = request.query_params.get("device", "")
    device = home.house.devices.get(asked)
    period = chosen(home, request.query_params.get("span", ""))
    figures = await figures_of(site, period, device.key if device else "")
    devices = sorted(home.house.devices.values(), key=lambda one: one.title.casefold())
    return render(
        request,
        "home/overview.html",
        period=period,
        is_week=period.span == WEEK,
        device=device,
        devices=[("", ""), *((one.key, one.title) for one in devices)],
        new=[one for one in devices if not one.known],
        figures=figures,
        by_device=[
            (
                home.device(one.device).title,
                path_of(home.device(one.device)) if one.device in home.house.devices else "",
                number(one.numbers.pages),
                number(one.numbers.pictures),
                number(one.numbers.hidden),
                minutes(one.used_minutes),
            )
            for one in figures.overview.devices
        ],
        paused_until=paused_until(home.house, None, home.now()),
        health=Health.of(site),
    )

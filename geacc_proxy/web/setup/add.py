"""Adding a device: to the device by a QR code, or step by step from here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.responses import Response

from geacc_proxy.onboarding.guides import GUIDES
from geacc_proxy.onboarding.qr import qr_svg
from geacc_proxy.web.guard import site_of
from geacc_proxy.web.pages import render
from geacc_proxy.web.setup.guides import ICONS
from geacc_proxy.web.setup.reaching import reach_of

if TYPE_CHECKING:
    from starlette.requests import Request


async def show(request: Request) -> Response:
    """The code to scan, and the kinds of devices."""
    reach = reach_of(request, for_others=True)
    address = f"{reach.pages}/setup"
    home = site_of(request).home
    return render(
        request,
        "setup/add.html",
        address=address,
        code=Markup(qr_svg(address, scale=5)),  # noqa: S704  (our own drawing)
        guides=GUIDES,
        icons=ICONS,
        reach=reach,
        first="first" in request.query_params,
        travellers=sorted(home.house.devices.values(), key=lambda device: device.title.lower()),
    )

"""The list of devices, and the page of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from geacc_proxy.home.documents import Kind
from geacc_proxy.web.devices.form import Draft
from geacc_proxy.web.guard import site_of
from geacc_proxy.web.home.figures import figures_of
from geacc_proxy.web.home.period import today
from geacc_proxy.web.home.state import BONUSES, State, profile_title
from geacc_proxy.web.pages import render

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from geacc_proxy.home.home import Home
    from geacc_proxy.policy.device import Device


async def listing(request: Request) -> Response:
    """All devices: the new ones first, those that are online next, in the order of the alphabet."""
    home = site_of(request).home
    states = [State.of(home, device) for device in home.house.devices.values()]
    states.sort(key=lambda state: (not state.online, state.device.title.casefold()))
    return render(
        request,
        "devices/list.html",
        new=[state for state in states if not state.device.known],
        known=[state for state in states if state.device.known],
        profiles=profile_options(home),
    )


async def show(request: Request) -> Response:
    """One device."""
    device = asked_for(request)
    return await device_page(request, device, Draft.of(device), {})


async def device_page(
    request: Request, device: Device, draft: Draft, problems: dict[str, str], *, status: int = 200
) -> Response:
    """The page of a device, with what stands in its form and what is wrong with that."""
    site = site_of(request)
    return render(
        request,
        "devices/device.html",
        status=status,
        state=State.of(site.home, device),
        draft=draft,
        problems=problems,
        profiles=profile_options(site.home),
        bonuses=BONUSES,
        has_password=has_password(site.home, device),
        has_tunnels=site.tunnels is not None,
        figures=await figures_of(site, today(site.home), device.key),
    )


def asked_for(request: Request) -> Device:
    """The device of the address.

    Raises:
        HTTPException: 404, there is none.
    """
    device = site_of(request).home.house.devices.get(request.path_params["key"])
    if device is None:
        raise HTTPException(404)
    return device


def has_password(home: Home, device: Device) -> bool:
    """Whether the device's login at the proxy has a password."""
    return bool(device.login) and home.document(Kind.SECRET, f"login:{device.login}") is not None


def profile_options(home: Home) -> list[tuple[str, str]]:
    """Names and titles of all profiles, in the order in which they were made, the ready-made ones first."""
    return [(name, profile_title(profile)) for name, profile in home.house.profiles.items()]

"""What a parent does with a device."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from geacc_proxy.home import devices
from geacc_proxy.home.documents import Data, Kind, Place
from geacc_proxy.home.hashing import hashed
from geacc_proxy.marking import N_
from geacc_proxy.web.devices.form import Draft
from geacc_proxy.web.devices.views import asked_for, device_page, has_password
from geacc_proxy.web.guard import site_of
from geacc_proxy.web.home.state import BONUSES, path_of
from geacc_proxy.web.pages import done, own_path

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from geacc_proxy.home.home import Home
    from geacc_proxy.policy.device import Device

PARENT = "parent"


async def save(request: Request) -> Response:
    """Keep what the form of a device says, or show it again with what is wrong."""
    home, device = site_of(request).home, asked_for(request)
    async with request.form() as form:
        draft = Draft.typed(form)
    changed, problems = draft.read(
        device, home.house.profiles, home.house.register(), has_password=has_password(home, device)
    )
    if problems:
        return await device_page(request, device, draft, problems, status=422)
    await _keep_login(home, device, changed, draft.password)
    await devices.edit(
        home,
        PARENT,
        device.key,
        name=changed.name,
        profile=changed.profile,
        addresses=changed.addresses,
        macs=changed.macs,
        login=changed.login,
        port=changed.port,
    )
    return done(path_of(device), await _deed(home, device))


async def give_profile(request: Request) -> Response:
    """Give a device one of the profiles."""
    home, device = site_of(request).home, asked_for(request)
    async with request.form() as form:
        await devices.edit(home, PARENT, device.key, profile=str(form.get("profile", "")))
        back = own_path(str(form.get("back", "")), "/devices")
    return done(back, await _deed(home, device))


async def give_bonus(request: Request) -> Response:
    """Give a device more time today."""
    home, device = site_of(request).home, asked_for(request)
    async with request.form() as form:
        minutes = str(form.get("minutes", ""))
    if minutes not in map(str, BONUSES):
        raise HTTPException(400)
    await devices.bonus(home, PARENT, device.key, int(minutes))
    return done(path_of(device), await _deed(home, device))


async def remove_device(request: Request) -> Response:
    """Forget a device."""
    return done("/devices", await devices.remove(site_of(request).home, PARENT, asked_for(request).key))


async def _deed(home: Home, device: Device) -> int:
    """The number of what was just done with a device; 0 if it cannot be told."""
    place = (Kind.DEVICE, device.key)
    return next((deed.number for deed in await home.deeds(limit=5) if place in deed.after), 0)


async def _keep_login(home: Home, before: Device, after: Device, password: str) -> None:
    """Keep the password of a device's login, hashed, and forget that of the login it had before."""
    changes: dict[Place, Data | None] = {}
    if before.login and before.login != after.login and has_password(home, before):
        changes[_secret(before)] = None
    if after.login and password:
        changes[_secret(after)] = {"hash": await asyncio.to_thread(hashed, password)}
    if changes:
        await home.change(PARENT, N_("Changed the proxy password of {device}"), changes, {"device": after.title})


def _secret(device: Device) -> Place:
    return Kind.SECRET, f"login:{device.login}"

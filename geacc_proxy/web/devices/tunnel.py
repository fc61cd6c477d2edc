"""A device's way home from anywhere: its WireGuard tunnel, as a code to scan and a file to import."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import Response

from geacc_proxy.exceptions import UsageError
from geacc_proxy.onboarding.qr import qr_svg
from geacc_proxy.onboarding.reach import checked_host
from geacc_proxy.onboarding.wireguard import Tunnel, client_config
from geacc_proxy.web.devices.views import asked_for
from geacc_proxy.web.guard import site_of
from geacc_proxy.web.home.state import State, path_of
from geacc_proxy.web.i18n import _
from geacc_proxy.web.pages import done, render
from geacc_proxy.web.setup.reaching import reach_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from geacc_proxy.policy.device import Device

PARENT = "parent"
_LONGEST_HOST = 253


class Keys(Protocol):
    """A tunnel's keys, port and addresses, as the gateway has them."""

    @property
    def private_key(self) -> str:
        """The device's."""

    @property
    def peer_public_key(self) -> str:
        """The proxy's."""

    @property
    def port(self) -> int:
        """Of the proxy, UDP."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The device's, within the tunnel."""

    @property
    def dns(self) -> tuple[str, ...]:
        """Whom it asks for names."""


class Tunnels(Protocol):
    """Gives devices tunnels and takes them away."""

    def of(self, device: str) -> Keys | None:
        """The tunnel of a device, by its key; None where it has none."""

    async def open(self, who: str, device: str) -> Keys:
        """Give a device a tunnel, with new keys where it has one."""

    async def close(self, who: str, device: str) -> None:
        """Take a device's tunnel away."""


async def show(request: Request) -> Response:
    """The tunnel of a device, for the address that `?host=` names, or a button that makes one."""
    device, tunnels = asked_for(request), tunnels_of(request)
    keys = tunnels.of(device.key)
    typed = request.query_params.get("host", "").strip()[:_LONGEST_HOST]
    host, problem = _host(request, typed)
    config = "" if keys is None or problem else _config(keys, host)
    return render(
        request,
        "devices/tunnel.html",
        status=422 if problem else 200,
        state=State.of(site_of(request).home, device),
        has_tunnel=keys is not None,
        port=keys.port if keys else 0,
        host=typed or host,
        problem=problem,
        code=_code(config) if config else "",
    )


async def download(request: Request) -> Response:
    """The tunnel's configuration as a file, for apps that import one."""
    device = asked_for(request)
    keys = tunnels_of(request).of(device.key)
    host, problem = _host(request, request.query_params.get("host", "").strip()[:_LONGEST_HOST])
    if keys is None or problem:
        raise HTTPException(404)
    return Response(
        _config(keys, host),
        media_type="application/octet-stream",
        headers={"Content-Disposition": 'attachment; filename="geacc-proxy.conf"', "Cache-Control": "no-store"},
    )


async def make(request: Request) -> Response:
    """Give the device a tunnel; with new keys, if it has one."""
    device = asked_for(request)
    await tunnels_of(request).open(PARENT, device.key)
    return done(_path(device))


async def close(request: Request) -> Response:
    """Take the tunnel away."""
    device = asked_for(request)
    await tunnels_of(request).close(PARENT, device.key)
    return done(path_of(device))


def tunnels_of(request: Request) -> Tunnels:
    """Who gives tunnels.

    Raises:
        HTTPException: 404, nobody does.
    """
    found = site_of(request).tunnels
    if found is None:
        raise HTTPException(404)
    return found


def _path(device: Device) -> str:
    return f"{path_of(device)}/tunnel"


def _host(request: Request, typed: str) -> tuple[str, str]:
    """The address that the device dials; and what is wrong with the one that was typed."""
    if not typed:
        return reach_of(request, for_others=True).host, ""
    try:
        return checked_host(typed), ""
    except UsageError:
        return "", _("Write a name such as home.example.net, or an address such as 203.0.113.7.")


def _code(config: str) -> Markup:
    """The code, which is as wide as its card is."""
    drawn = re.sub(r'width="(\d+)" height="(\d+)"', r'viewBox="0 0 \1 \2"', qr_svg(config), count=1)
    return Markup(drawn)  # noqa: S704  (our own drawing)


def _config(keys: Keys, host: str) -> str:
    tunnel = Tunnel(
        private_key=keys.private_key,
        peer_public_key=keys.peer_public_key,
        endpoint_host=host,
        endpoint_port=keys.port,
        addresses=keys.addresses,
        dns=keys.dns,
    )
    return client_config(tunnel)

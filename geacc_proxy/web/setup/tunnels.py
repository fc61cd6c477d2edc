"""A WireGuard tunnel for a device on the move: its keys as a QR code and as a file, for a parent alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home.devices import existing
from geacc_proxy.home.documents import Kind
from geacc_proxy.marking import N_
from geacc_proxy.onboarding import wireguard
from geacc_proxy.onboarding.qr import qr_svg
from geacc_proxy.onboarding.reach import checked_host
from geacc_proxy.web.guard import site_of
from geacc_proxy.web.pages import done, render
from geacc_proxy.web.setup.reaching import reach_of

if TYPE_CHECKING:
    from starlette.requests import Request

FILE = "geacc-proxy-wireguard.conf"
_ENDPOINT = "wireguard_endpoint"


class Tunnel(Protocol):
    """What a device's configuration needs."""

    @property
    def private_key(self) -> str:
        """The device's, base64 of 32 bytes."""

    @property
    def peer_public_key(self) -> str:
        """The proxy's."""

    @property
    def port(self) -> int:
        """UDP, of the proxy."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The device's within the tunnel."""

    @property
    def dns(self) -> tuple[str, ...]:
        """Name servers within the tunnel."""


class KeepsTunnels(Protocol):
    """The tunnels of the home's devices."""

    def of(self, device: str) -> Tunnel | None:
        """The tunnel of a device, by its key; None where it has none."""

    async def open(self, who: str, device: str) -> Tunnel:
        """Give a device a tunnel with new keys."""

    async def close(self, who: str, device: str) -> None:
        """Take it away."""


async def show(request: Request) -> Response:
    """The code to scan, once there is a tunnel; else the question by which address the home is reached."""
    home = site_of(request).home
    device = existing(home, request.query_params.get("device", ""))
    tunnel = _tunnels(request).of(device.key)
    endpoint = str(home.setting(_ENDPOINT, ""))
    code = Markup("")
    if tunnel is not None and endpoint:
        code = Markup(qr_svg(_config(tunnel, endpoint), scale=4))  # noqa: S704  (our own drawing)
    return render(
        request,
        "setup/tunnel.html",
        device=device,
        tunnel=tunnel,
        endpoint=endpoint or reach_of(request, for_others=True).host,
        code=code,
        port=None if tunnel is None else tunnel.port,
    )


async def dig(request: Request) -> Response:
    """Give a device a tunnel, or a new address to one that it has."""
    home = site_of(request).home
    form = await request.form()
    device = existing(home, str(form.get("device", "")))
    endpoint = checked_host(str(form.get("endpoint", "")))
    if endpoint != home.setting(_ENDPOINT, ""):
        what = N_("Set the address of tunnels to {address}")
        await home.change("parent", what, {(Kind.SETTING, _ENDPOINT): {"value": endpoint}}, {"address": endpoint})
    if "new" in form or _tunnels(request).of(device.key) is None:
        await _tunnels(request).open("parent", device.key)
    return done("/add/tunnel", device=device.key)


async def close(request: Request) -> Response:
    """Take a device's tunnel away."""
    device = existing(site_of(request).home, str((await request.form()).get("device", "")))
    await _tunnels(request).close("parent", device.key)
    return RedirectResponse("/add", 303)


async def file(request: Request) -> Response:
    """The configuration as a file."""
    home = site_of(request).home
    device = existing(home, str((await request.form()).get("device", "")))
    tunnel, endpoint = _tunnels(request).of(device.key), str(home.setting(_ENDPOINT, ""))
    if tunnel is None or not endpoint:
        raise UsageError(f"{device.title} has no tunnel")
    return Response(
        _config(tunnel, endpoint),
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{FILE}"'},
    )


def _config(tunnel: Tunnel, endpoint: str) -> str:
    return wireguard.client_config(
        wireguard.Tunnel(
            private_key=tunnel.private_key,
            peer_public_key=tunnel.peer_public_key,
            endpoint_host=endpoint,
            endpoint_port=tunnel.port,
            addresses=tunnel.addresses,
            dns=tunnel.dns,
        )
    )


def _tunnels(request: Request) -> KeepsTunnels:
    tunnels: KeepsTunnels | None = request.app.state.tunnels
    if tunnels is None:
        raise HTTPException(404)
    return tunnels

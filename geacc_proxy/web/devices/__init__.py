"""The pages of devices: who is at home, and one device with all that can be done for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import BaseRoute, Route

from geacc_proxy.web.devices import tunnel
from geacc_proxy.web.devices.actions import give_bonus, give_profile, remove_device, save
from geacc_proxy.web.devices.views import listing, show
from geacc_proxy.web.guard import parent_only

if TYPE_CHECKING:
    from geacc_proxy.web.guard import Endpoint


def routes() -> list[BaseRoute]:
    """The routes; a key may have slashes, so what is done with a device comes before the device itself."""

    def post(path: str, endpoint: Endpoint) -> BaseRoute:
        return Route(path, parent_only(endpoint), methods=["POST"])

    return [
        Route("/devices", parent_only(listing)),
        post("/devices/{key:path}/profile", give_profile),
        post("/devices/{key:path}/bonus", give_bonus),
        post("/devices/{key:path}/remove", remove_device),
        Route("/devices/{key:path}/tunnel", parent_only(tunnel.show), methods=["GET"]),
        Route("/devices/{key:path}/tunnel.conf", parent_only(tunnel.download), methods=["GET"]),
        post("/devices/{key:path}/tunnel", tunnel.make),
        post("/devices/{key:path}/tunnel/close", tunnel.close),
        Route("/devices/{key:path}", parent_only(show), methods=["GET"]),
        post("/devices/{key:path}", save),
    ]

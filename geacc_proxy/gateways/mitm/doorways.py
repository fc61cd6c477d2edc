"""Ports of devices' own, and their tunnels: opened and closed as a parent changes devices, without a restart."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import GeaccError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from geacc_proxy.gateways.mitm.tunnels import Tunnels
    from geacc_proxy.home.home import Home
    from geacc_proxy.policy.device import Device

_log = logging.getLogger(__name__)
_AGAIN_SECONDS = 60.0


class Doorways:
    """Keeps the proxy listening where devices come."""

    def __init__(
        self, home: Home, tunnels: Tunnels, listen: Callable[[Iterable[str]], Awaitable[dict[str, str]]]
    ) -> None:
        """Set it up.

        Args:
            home: knows the devices.
            tunnels: theirs.
            listen: `Gateway.listen_also`.
        """
        self._home = home
        self._tunnels = tunnels
        self._listen = listen
        self._devices: object = None
        self._told: dict[str, str] = {}

    async def run(self) -> None:
        """Follow what a parent changes, for ever; a port that was in use is tried again every minute."""
        with self._home.events.listening() as queue:
            while True:
                try:
                    await self.follow()
                except GeaccError as error:
                    _log.warning("%s", error)
                try:
                    await asyncio.wait_for(queue.get(), _AGAIN_SECONDS)
                except TimeoutError:
                    self.retry()

    def retry(self) -> None:
        """Have the next `follow` try again what could not be had."""
        if self._told:
            self._devices = None

    async def follow(self) -> dict[str, str]:
        """Listen where devices come now; returns why a port could not be had, by mitmproxy's mode.

        Raises:
            GeaccError: a tunnel's file cannot be written.
        """
        seen = [_of_ports(device) for device in self._home.house.devices.values()]
        if seen == self._devices:
            return self._told
        modes = [f"regular@{device.port}" for device in self._home.house.devices.values() if device.port]
        modes += self._tunnels.modes()
        problems = await self._listen(modes)
        self._tunnels.forget_files()
        for mode, why in problems.items():
            if self._told.get(mode) != why:
                _log.warning("a device's own port cannot be had: port %s: %s", mode.rpartition("@")[2], why)
        self._told = problems
        self._devices = seen
        return problems


def _of_ports(device: Device) -> tuple[str, int, str]:
    return device.key, device.port, device.wireguard

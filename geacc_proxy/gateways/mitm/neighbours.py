"""Hardware addresses of devices on the same network, as the system has seen them.

Linux alone tells them without asking for rights: IPv4 in /proc/net/arp (proc_pid_net(5)), IPv6 by `ip neighbour`
(ip-neighbour(8)). Elsewhere, and for devices behind another router, there are none.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

_ARP = Path("/proc/net/arp")
_FRESH_SECONDS = 60.0
_AGAIN_SECONDS = 1.0
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
_NOBODY = "00:00:00:00:00:00"


class Neighbours:
    """Finds a device's hardware address; what the system said is kept for a minute."""

    def __init__(
        self,
        read: Callable[[bool], dict[str, str]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with nothing known.

        Args:
            read: hardware addresses by IP address, given whether those of IPv6 are wanted; called in a thread.
            clock: seconds.
        """
        self._read = read or read_neighbours
        self._clock = clock
        self._known: dict[str, str] = {}
        self._read_at = {False: float("-inf"), True: float("-inf")}
        self._reading = asyncio.Lock()

    def known(self, address: str) -> str | None:
        """The hardware address, empty where there is none; None where the system must be asked.

        Args:
            address: as `plain_address` gives it.
        """
        if not _is_near(address):
            return ""
        age = self._clock() - self._read_at[":" in address]
        if address in self._known and age < _FRESH_SECONDS:
            return self._known[address]
        return "" if age < _AGAIN_SECONDS else None

    async def ask(self, address: str) -> str:
        """As `known`, asking the system where it must be."""
        async with self._reading:
            found = self.known(address)
            if found is None:
                six = ":" in address
                fresh = await asyncio.to_thread(self._read, six)
                others = {key: mac for key, mac in self._known.items() if (":" in key) is not six}
                self._known = others | fresh
                self._read_at[six] = self._clock()
                found = self._known.get(address, "")
            return found


def read_neighbours(six: bool) -> dict[str, str]:
    """Hardware addresses by IP address; blocks for some milliseconds. Empty where the system does not tell.

    Args:
        six: whether those of IPv6 are wanted, or those of IPv4.
    """
    return _of_ip(_told_by_ip()) if six else _of_arp(_told_by_kernel())


def _told_by_kernel() -> str:
    try:
        return _ARP.read_text("ascii")
    except (OSError, ValueError):
        return ""


def _told_by_ip() -> str:
    try:
        found = subprocess.run(
            ["ip", "-6", "neighbour", "show"],  # noqa: S607  (where it lies differs; nothing of a client's is in it)
            capture_output=True,
            text=True,
            timeout=2,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError, ValueError):
        return ""
    return found.stdout


def _of_arp(text: str) -> dict[str, str]:
    """Of lines such as `192.168.1.7  0x1  0x2  aa:bb:cc:dd:ee:ff  *  eth0`; flag 2 is ATF_COM, a complete entry."""
    found: dict[str, str] = {}
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) >= 4 and int(fields[2], 16) & 2:
            _enter(found, fields[0], fields[3])
    return found


def _of_ip(text: str) -> dict[str, str]:
    """Of lines such as `fe80::1 dev eth0 lladdr aa:bb:cc:dd:ee:ff router REACHABLE`."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        fields = line.split()
        if "lladdr" in fields[:-1] and "FAILED" not in fields:
            _enter(found, fields[0], fields[fields.index("lladdr") + 1])
    return found


def _enter(found: dict[str, str], address: str, mac: str) -> None:
    mac = mac.lower()
    if _MAC.fullmatch(mac) and mac != _NOBODY:
        found[address] = mac


def _is_near(address: str) -> bool:
    """Whether a device with that address can be on the same network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (parsed.is_loopback or parsed.is_unspecified)

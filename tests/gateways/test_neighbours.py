"""Hardware addresses come from the system, now and then."""

from __future__ import annotations

from geacc_proxy.gateways.mitm import neighbours
from geacc_proxy.gateways.mitm.neighbours import Neighbours, read_neighbours

ARP = """IP address       HW type     Flags       HW address            Mask     Device
192.168.1.7      0x1         0x2         AA:bb:cc:dd:ee:07     *        eth0
192.168.1.8      0x1         0x0         00:00:00:00:00:00     *        eth0
192.168.1.9      0x1         0x2         00:00:00:00:00:00     *        eth0
broken
"""
SIX = """fe80::7 dev eth0 lladdr aa:bb:cc:dd:ee:07 REACHABLE
2001:db8::7 dev eth0 lladdr aa:bb:cc:dd:ee:07 router STALE
fe80::8 dev eth0 FAILED
fe80::9 dev eth0 lladdr
"""


class System:
    """A system that is asked."""

    def __init__(self) -> None:
        self.asked: list[bool] = []
        self.now = 0.0

    def read(self, six: bool) -> dict[str, str]:
        self.asked.append(six)
        return {"2001:db8::7": "aa:bb:cc:dd:ee:07"} if six else {"192.168.1.7": "aa:bb:cc:dd:ee:07"}


async def test_the_system_is_asked_once_a_minute() -> None:
    system = System()
    found = Neighbours(system.read, lambda: system.now)

    assert found.known("192.168.1.7") is None
    assert await found.ask("192.168.1.7") == found.known("192.168.1.7") == "aa:bb:cc:dd:ee:07"
    system.now = 59
    assert await found.ask("192.168.1.7") == "aa:bb:cc:dd:ee:07"
    assert system.asked == [False]
    system.now = 61
    assert found.known("192.168.1.7") is None


async def test_a_device_that_has_just_come_is_looked_for_but_not_at_every_request() -> None:
    system = System()
    found = Neighbours(system.read, lambda: system.now)
    await found.ask("192.168.1.7")

    assert found.known("192.168.1.99") == ""
    system.now = 2
    assert found.known("192.168.1.99") is None


async def test_both_families_are_known_side_by_side() -> None:
    system = System()
    found = Neighbours(system.read, lambda: system.now)

    assert await found.ask("192.168.1.7") == await found.ask("2001:db8::7") == found.known("192.168.1.7") != ""
    assert system.asked == [False, True]


async def test_this_machine_has_none() -> None:
    system = System()
    found = Neighbours(system.read)

    assert (await found.ask("127.0.0.1"), await found.ask("::1"), await found.ask("")) == ("", "", "")
    assert system.asked == []


def test_what_the_kernel_and_ip_tell_is_read() -> None:
    assert neighbours._of_arp(ARP) == {"192.168.1.7": "aa:bb:cc:dd:ee:07"}
    assert neighbours._of_ip(SIX) == dict.fromkeys(("fe80::7", "2001:db8::7"), "aa:bb:cc:dd:ee:07")


def test_a_system_that_tells_nothing_is_none_to_fail_on() -> None:
    assert isinstance(read_neighbours(False), dict)
    assert isinstance(read_neighbours(True), dict)

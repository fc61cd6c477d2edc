"""Who is behind a connection to the pages."""

from __future__ import annotations

import pytest

from geacc_proxy.gateways.mitm.reserved import Caller, Callers, Reserved

PAGES = ("127.0.0.1", 8081)
TABLET = Caller("192.168.1.7", lambda: "tablet")
PHONE = Caller("192.168.1.8", lambda: "phone")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_who_asks_through_the_proxy_is_known_by_where_the_connection_leaves() -> None:
    callers = Callers(8081)
    callers.connected(PAGES, ("::ffff:127.0.0.1", 50_000), TABLET)
    callers.connected(("192.0.2.1", 443), ("192.168.1.2", 50_001), PHONE)

    assert (callers.address(("127.0.0.1", 50_000)), callers.device(("127.0.0.1", 50_000))) == ("192.168.1.7", "tablet")
    assert callers.address(("192.168.1.2", 50_001)) is callers.device(("127.0.0.1", 50_001)) is None


def test_who_was_there_stays_known_until_nobody_else_can_have_the_port() -> None:
    clock = Clock()
    callers = Callers(8081, clock)
    callers.connected(PAGES, ("127.0.0.1", 50_000), TABLET)
    callers.disconnected(("127.0.0.1", 50_000))
    callers.disconnected(("127.0.0.1", 50_009))

    clock.now = 60
    assert callers.address(("127.0.0.1", 50_000)) == "192.168.1.7"
    clock.now = 91
    assert callers.address(("127.0.0.1", 50_000)) is None


def test_the_next_one_on_a_port_takes_the_place_of_the_last() -> None:
    clock = Clock()
    callers = Callers(8081, clock)
    callers.connected(PAGES, ("127.0.0.1", 50_000), TABLET)
    callers.disconnected(("127.0.0.1", 50_000))
    callers.connected(PAGES, ("127.0.0.1", 50_000), PHONE)
    clock.now = 1_000

    assert callers.device(("127.0.0.1", 50_000)) == "phone"


@pytest.mark.parametrize(
    ("listens", "reached"),
    [("", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("192.168.1.2", "192.168.1.2")],
)
def test_the_pages_are_reached_wherever_they_listen(listens: str, reached: str) -> None:
    assert Reserved("geacc.internal", listens, 8081).address == (reached, 8081)


def test_own_addresses_are_those_of_the_pages_port_alone() -> None:
    reserved = Reserved("geacc.internal", "", 8081)

    assert reserved.is_own("127.0.0.1", 8081, "192.168.1.2")
    assert reserved.is_own("192.168.1.2", 8081, "192.168.1.2")
    assert not reserved.is_own("127.0.0.1", 80, "192.168.1.2")
    assert not reserved.is_own("192.168.1.3", 8081, "192.168.1.2")

"""Who may open the pages."""

import pytest

from geacc_proxy.home import preferences

from .browsing import Browser


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "192.168.1.9", "10.1.2.3", "100.64.0.9", "::1", "fd00::9", "fe80::1%eth0", "::ffff:10.0.0.4"],
)
async def test_devices_at_home_are_served(app, address):
    assert (await Browser(app, (address, 5000)).get("/healthz")).status == 200


@pytest.mark.parametrize(
    "client",
    [("8.8.8.8", 1), ("2606:4700::1111", 1), ("::ffff:8.8.8.8", 1), ("no address", 1), None],
)
async def test_the_open_internet_is_refused_whatever_its_headers_say(app, client):
    answer = await Browser(app, client).get("/healthz", x_forwarded_for="192.168.1.2")
    assert answer.status == 403
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "host",
    ["192.168.1.2:8081", "[fd00::2]:8081", "localhost", "attic.local", "pi.lan:8081", "pi.home.arpa", "geacc.internal"],
)
async def test_names_that_no_stranger_can_own_are_answered(app, host):
    assert (await Browser(app, host=host).get("/setup")).status != 421


@pytest.mark.parametrize("host", ["evil.example", "192.168.1.2.evil.example", "local", "", "a b", "fritz.box:8081"])
async def test_a_name_that_leads_here_from_outside_is_refused_in_one_line(app, host):
    answer = await Browser(app, host=host).get("/")
    assert answer.status == 421
    assert answer.text.count("\n") == 1


async def test_a_name_that_a_parent_allows_is_answered(app, home):
    await preferences.save(home, "parent", hosts=("proxy.example",))
    assert (await Browser(app, host="Proxy.Example.:8081").get("/login")).status != 421
    assert (await Browser(app, host="other.example").get("/login")).status == 421


@pytest.mark.parametrize("path", ["/healthz", "/cert/geacc-proxy-ca.pem"])
async def test_what_any_device_may_have_is_told_by_any_name(app, path):
    assert (await Browser(app, host="wpad.fritz.box").get(path)).status == 200

"""Who may open the pages."""

import pytest

from geacc_proxy.web.app import create_app


async def status(app, client):
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/healthz",
        "raw_path": b"/healthz",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"x-forwarded-for", b"192.168.1.2")],
        "client": client,
        "server": ("127.0.0.1", 8081),
    }
    await app(scope, receive, send)
    assert (b"x-content-type-options", b"nosniff") in sent[0]["headers"]
    return sent[0]["status"]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "192.168.1.9", "10.1.2.3", "100.64.0.9", "::1", "fd00::9", "fe80::1%eth0", "::ffff:10.0.0.4"],
)
async def test_devices_at_home_are_served(site, address):
    assert await status(create_app(site()), (address, 5000)) == 200


@pytest.mark.parametrize(
    "client",
    [("8.8.8.8", 1), ("2606:4700::1111", 1), ("::ffff:8.8.8.8", 1), ("no address", 1), None],
)
async def test_the_open_internet_is_refused_whatever_its_headers_say(site, client):
    assert await status(create_app(site()), client) == 403

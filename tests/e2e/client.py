"""A client of the proxy that is no browser."""

from __future__ import annotations

import http.client
import ssl
from urllib.parse import urlsplit

from .processes import Proxy


def fetched(proxy: Proxy, url: str) -> bytes:
    """The body, fetched through the proxy as an `<img>` would, without a browser to harm."""
    context = ssl.create_default_context(cafile=str(proxy.ca_file))
    target = urlsplit(url)
    connection = http.client.HTTPSConnection("127.0.0.1", proxy.port, timeout=60, context=context)
    connection.set_tunnel(target.hostname or "", target.port)
    try:
        connection.request(
            "GET",
            f"{target.path}?{target.query}" if target.query else target.path,
            headers={"Sec-Fetch-Dest": "image", "Connection": "close"},
        )
        return connection.getresponse().read()
    finally:
        connection.close()

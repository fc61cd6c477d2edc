"""Safe search, in what a search engine is asked by a child's browser: the engines' names lead to a site of ours.

The names of the machine are not touched: the proxy gets a view of /etc/hosts of its own (a mount namespace).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypercorn.config import Config
from playwright.sync_api import expect

from .home import browsing, running_home, save, set_password
from .origin import Send, listening, served
from .processes import TOOLS
from .test_setup_files import namespace

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

NAMES = ("www.google.com", "duckduckgo.com", "www.youtube.com", "search.example")


@dataclass
class Engines:
    """A site that answers to all of the names and remembers what it was asked.

    Attributes:
        port: where it is, on 127.0.0.1.
        ca_file: certificate of the authority that vouches for it, PEM.
        asked: by host, the queries of pages in their order.
        restricted: YouTube's header in each request for a page of it.
    """

    port: int
    ca_file: Path
    asked: dict[str, list[str]] = field(default_factory=dict)
    restricted: list[str] = field(default_factory=list)

    async def app(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] != "http":
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        host = headers["host"].partition(":")[0]
        if scope["path"] == "/search" or scope["path"] == "/":
            self.asked.setdefault(host, []).append(scope["query_string"].decode())
            if host == "www.youtube.com":
                self.restricted.append(headers.get("youtube-restrict", ""))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": b"<!doctype html><title>Found</title>Nothing but this."})


@contextmanager
def running_engines(directory: Path) -> Iterator[Engines]:
    authority = trustme.CA()
    ca_file, leaf_file = directory / "engines-ca.pem", directory / "engines.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    authority.issue_cert(*NAMES).private_key_and_cert_chain_pem.write_to_path(str(leaf_file))
    config = Config()
    config.certfile = config.keyfile = str(leaf_file)
    config.alpn_protocols = ["http/1.1"]
    listener = listening()
    engines = Engines(listener.getsockname()[1], ca_file)
    with served(engines.app, config, listener):
        yield engines


def test_search_engines_are_asked_for_safe_results_as_long_as_the_profile_says_so(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text(f"127.0.0.1 localhost {' '.join(NAMES)}\n")
    program = (*namespace(), "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', hosts, TOOLS / "geacc-proxy")
    with (
        running_engines(tmp_path) as engines,
        running_home(tmp_path, engines.ca_file, program=program) as house,
        browsing(house, tmp_path / "browser") as chromium,
    ):
        parent, child = chromium.parent(), chromium.child()

        def search(host: str, query: str, path: str = "/search") -> str:
            child.goto(f"https://{host}:{engines.port}{path}?{query}")
            expect(child).to_have_title("Found")
            return engines.asked[host][-1]

        set_password(parent)
        parent.goto("/profiles/new-device")
        asked = search("www.google.com", "q=horses&safe=off")
        assert asked.startswith("q=horses&")
        assert "safe=active" in asked.split("&")
        assert "safe=off" not in asked
        assert "kp=1" in search("duckduckgo.com", "q=horses", path="/").split("&")
        search("www.youtube.com", "q=horses", path="/")
        assert engines.restricted == ["Strict"]
        assert search("search.example", "q=horses&safe=off") == "q=horses&safe=off"

        parent.get_by_role("switch", name="Safe search").set_checked(False, force=True)
        save(parent)
        assert search("www.google.com", "q=dogs&safe=off") == "q=dogs&safe=off"
        search("www.youtube.com", "q=dogs", path="/")
        assert engines.restricted == ["Strict", ""]

"""Putting a device behind the filter: steps, files, and the test whether it works.

What is here, but for "Add a device", is open to any device at home and tells nothing of anybody.
"""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from geacc_proxy.web.guard import parent_only
from geacc_proxy.web.setup import add, files, guides, selftest


def routes() -> list[BaseRoute]:
    """The routes of this area."""
    return [
        Route("/add", parent_only(add.show)),
        Route("/setup", guides.landing),
        Route("/setup/files/{name}", files.download, methods=["GET", "POST"]),
        Route("/setup/{platform}", guides.guide),
        Route("/proxy.pac", files.automatic),
        Route("/wpad.dat", files.automatic),
        Route("/self-test", selftest.page),
        Route("/self-test/script.js", selftest.script),
        Route("/self-test/state.json", selftest.state),
        Route("/self-test/ping", selftest.ping),
        Route("/self-test/malign.png", selftest.malign),
        Route("/self-test/benign.png", selftest.benign),
    ]

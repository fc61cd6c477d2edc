"""Programs that use the REST API: a browser of `browsing` that sends JSON and shows a token."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.routing import Mount

from geacc_proxy.web.api import mounted
from geacc_proxy.web.app import create_app
from geacc_proxy.web.site import Site

from .browsing import Answer, Browser


def app_with_api(site: Site) -> Any:
    """The pages, with the API at /api."""

    class Area:
        @staticmethod
        def routes() -> list[Any]:
            return [mounted(site)]

    app = create_app(site)
    if not any(isinstance(route, Mount) and route.path == "/api" for route in app.routes):
        app = create_app(site, areas=(Area(),))
    return app


@dataclass
class Program:
    """Attributes: app; token, sent with each request; peer, as the server sees it."""

    app: Any
    token: str = ""
    peer: tuple[str, int] = ("192.168.1.30", 50_000)
    headers: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        browser = Browser(self.app, peer=self.peer, host="192.168.1.2:8081", headers={"accept": "application/json"})
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent.setdefault("authorization", f"Bearer {self.token}")
        raw = b""
        if body is not None:
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent.setdefault("content-type", "application/json")
        return await browser.ask(method, f"/api/v1{path}", raw, sent)

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, **headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return await self.ask("POST", path, body, **headers)

    async def put(self, path: str, body: Any = None) -> Answer:
        return await self.ask("PUT", path, body)

    async def patch(self, path: str, body: Any = None) -> Answer:
        return await self.ask("PATCH", path, body)

    async def delete(self, path: str) -> Answer:
        return await self.ask("DELETE", path)

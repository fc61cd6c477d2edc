"""A throw-away authority, and the pages served for real."""

import http.client
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
import trustme
from starlette.concurrency import run_in_threadpool

from geacc_proxy.web.app import Site, create_app
from geacc_proxy.web.server import AdminServer


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Switch:
    healthy: bool = True

    def __call__(self) -> bool:
        return self.healthy


@dataclass
class Pages:
    server: AdminServer
    healthy: Switch
    authority: trustme.CA
    host: str = "127.0.0.1"
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, method: str = "GET", host: str | None = None) -> Answer:
        return await run_in_threadpool(self._get, path, method, host)

    def _get(self, path: str, method: str, host: str | None) -> Answer:
        connection = http.client.HTTPConnection(self.host, self.server.port, timeout=10)
        try:
            connection.request(method, path, headers={} if host is None else {"Host": host})
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())
        finally:
            connection.close()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def site(authority: trustme.CA) -> Callable[..., Site]:
    def make(**changes: object) -> Site:
        usual: dict[str, object] = {
            "proxy_host": "",
            "proxy_port": 8080,
            "certificate_pem": authority.cert_pem.bytes(),
            "certificate_name": "geacc-proxy on <attic>",
            "model": "nsfwjs-mobilenet_v2@4.4.0",
            "strictness": "strict & careful",
            "version": "0.1.0",
            "is_healthy": Switch(),
        }
        return Site(**(usual | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture
async def pages(authority: trustme.CA, site: Callable[..., Site]) -> AsyncIterator[Pages]:
    healthy = Switch()
    server = AdminServer(create_app(site(is_healthy=healthy)))
    await server.start("127.0.0.1", 0)
    yield Pages(server, healthy, authority)
    await server.stop()

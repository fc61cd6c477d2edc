"""A home on a real database, its pages, and browsers that open them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from geacc_proxy.filter import Filter
from geacc_proxy.home.home import Home
from geacc_proxy.home.storage import open_store
from geacc_proxy.verdict import Failure, Unjudged
from geacc_proxy.web.app import create_app
from geacc_proxy.web.site import Site, StrictnessFact

from .browsing import Browser

PASSWORD = "correct horse battery"
START_CODE = "WXYZ-2345"


@dataclass
class Clock:
    """A clock that tests move."""

    at: datetime = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **much: float) -> None:
        self.at += timedelta(**much)


@dataclass
class Switch:
    healthy: bool = True

    def __call__(self) -> bool:
        return self.healthy


@dataclass
class Through:
    """The connections that come through the proxy: the device's address by where they come from."""

    known: dict[tuple[str, int], str] = field(default_factory=dict)

    def __call__(self, peer: tuple[str, int]) -> str | None:
        return self.known.get(peer)


class _Blind:
    """Judges nothing; for pages that need a door and no verdicts."""

    async def classify(self, body: bytes, content_type: str = "") -> Any:
        from geacc_proxy.classify.classifier import Classified

        return Classified(Unjudged(Failure.UNREADABLE), "0" * 32, False)

    def known(self, name: str, content_type: str = "") -> None:
        return None

    async def depict(self, body: bytes, content_type: str, manner: Any) -> None:
        return None


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def healthy() -> Switch:
    return Switch()


@pytest.fixture
def through() -> Through:
    return Through()


@pytest.fixture
async def home(tmp_path: Path, clock: Clock) -> AsyncIterator[Home]:
    home = await Home.open(lambda: open_store(tmp_path / "geacc.db"), zone=UTC, clock=clock)
    yield home
    await home.close()


@pytest.fixture
def make_site(
    authority: trustme.CA, home: Home, tmp_path: Path, healthy: Switch, through: Through
) -> Callable[..., Site]:
    """Makes a site; what is given takes the place of the usual."""

    def make(**changes: Any) -> Site:
        usual: dict[str, Any] = {
            "home": home,
            "door": Filter(_Blind(), {"strict": 0.2, "balanced": 0.5, "lenient": 0.8}),
            "state_dir": tmp_path,
            "proxy_host": "",
            "proxy_port": 8080,
            "admin_port": 8081,
            "certificate_pem": authority.cert_pem.bytes(),
            "certificate_name": "geacc-proxy on <attic>",
            "model": "nsfwjs-mobilenet_v2@4.4.0",
            "labels": ("drawing", "hentai", "neutral", "porn", "sexy"),
            "malign_labels": ("hentai", "porn", "sexy"),
            "strictness": (
                StrictnessFact("strict", 0.2, 0.041),
                StrictnessFact("balanced", 0.5, 0.012),
                StrictnessFact("lenient", 0.8, None),
            ),
            "version": "0.1.0",
            "is_healthy": healthy,
            "through": through,
            "start_code": START_CODE,
        }
        return Site(**(usual | changes))

    return make


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()


@pytest.fixture
def app(site: Site) -> Any:
    return create_app(site)


@pytest.fixture
async def password(app: Any) -> str:
    """The password, which is set."""
    await app.state.sessions.set_password("parent", PASSWORD)
    return PASSWORD


@pytest.fixture
def client(app: Any, password: str) -> Browser:
    """A browser at home in which nobody is logged in; there is a password."""
    return Browser(app, peer=("192.168.1.20", 50_000), host="192.168.1.2:8081")


@pytest.fixture
async def parent(app: Any, password: str) -> Browser:
    """A browser at home in which a parent is logged in."""
    browser = Browser(app, peer=("192.168.1.10", 50_000), host="192.168.1.2:8081")
    browser.cookies["geacc_session"] = await app.state.sessions.begin("", stays=False)
    return browser


@pytest.fixture
def machine(app: Any) -> Browser:
    """A browser on the machine itself; there is no password."""
    return Browser(app)

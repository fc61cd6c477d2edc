"""A browser that kept something: what it shows from its cache is what the filter would show now."""

from __future__ import annotations

import base64
import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, sync_playwright

from .caching_origin import CachingOrigin, Item, running_caching_origin
from .looks import likeness
from .processes import Proxy, running_geacc_proxy

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(300)]

DATA = Path(__file__).parent.parent / "data"
LONG_AGO = "Mon, 02 Jan 2023 03:04:05 GMT"
YEAR = "public, max-age=31536000, immutable"
SIZE = (480, 320)


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def calm() -> Image.Image:
    """A sun in a clear sky: benign."""
    sky = Image.new("RGB", SIZE)
    draw = ImageDraw.Draw(sky)
    for y in range(sky.height):
        draw.line([(0, y), (sky.width, y)], fill=(90 + y * 100 // sky.height, 140, 200 - y * 100 // sky.height))
    draw.ellipse([40, 40, 150, 150], fill=(240, 200, 80))
    return sky


NOISE = Image.open(DATA / "malign-synthetic-1.png").convert("RGB").resize(SIZE)
BENIGN = calm()
MALIGN = NOISE
DOUBTFUL = Image.blend(BENIGN, NOISE, 0.25)
"""Malign by 0.68: hidden where the filter is strict (0.5), shown where it is lenient (0.85)."""


def item(image: Image.Image, **headers: str) -> Item:
    return Item(png(image), "image/png", {name.replace("_", "-"): value for name, value in headers.items()})


def page(*paths: str, also: str = "") -> Item:
    pictures = "".join(f'<img id="{path[1:]}" src="{path}" width="480" height="320">' for path in paths)
    head = '<!doctype html><link rel="icon" href="data:,"><body style="margin:0">'
    return Item((head + pictures + also).encode(), "text/html", {"cache-control": "no-store"})


class Browser:
    """A Chromium with a profile that it keeps from one start to the next."""

    def __init__(self, folder: Path, origin: CachingOrigin) -> None:
        self._folder = folder
        self._origin = origin
        store = folder / "home" / ".pki" / "nssdb"
        store.mkdir(parents=True)
        self._database = f"sql:{store}"
        subprocess.run(["certutil", "-d", self._database, "-N", "--empty-password"], check=True)
        self.trust(origin.ca_file)

    def trust(self, certificate: Path) -> None:
        add = ["certutil", "-d", self._database, "-A", "-t", "C,,", "-n", str(certificate), "-i", str(certificate)]
        subprocess.run(add, check=True)

    @contextmanager
    def open(self, proxy: Proxy | None = None) -> Iterator[Page]:
        """A tab, with or without the proxy."""
        flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
        if proxy is None:
            flags += ["--no-proxy-server"]
        else:
            self.trust(proxy.ca_file)
            flags += [f"--proxy-server=http://127.0.0.1:{proxy.port}", "--proxy-bypass-list=<-loopback>"]
        home = str(self._folder / "home")
        with sync_playwright() as playwright:
            context = playwright.chromium.launch_persistent_context(
                self._folder / "profile",
                executable_path=shutil.which("chromium"),
                args=flags,
                env={**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home},
            )
            try:
                yield context.pages[0]
            finally:
                context.close()

    def look(self, tab: Page, path: str = "/") -> dict[str, Image.Image]:
        """Load the page and cut its pictures out of the screen, by their paths."""
        tab.goto(self._origin.url + path, wait_until="load", timeout=60_000)
        seen = {}
        for picture in tab.locator("img").all():
            picture.evaluate("image => image.decode().catch(() => 0)")
            screen = Image.open(io.BytesIO(picture.screenshot())).convert("RGB")
            seen[f"/{picture.get_attribute('id')}"] = screen
        return seen

    def visit(self, proxy: Proxy | None = None, path: str = "/") -> dict[str, Image.Image]:
        """Start, look, and end."""
        with self.open(proxy) as tab:
            return self.look(tab, path)


def shows(screen: Image.Image, picture: Image.Image) -> bool:
    return likeness(screen, picture) > 0.95


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[CachingOrigin]:
    with running_caching_origin(tmp_path) as running:
        yield running


@pytest.fixture
def browser(tmp_path: Path, origin: CachingOrigin) -> Browser:
    return Browser(tmp_path, origin)


def proxy_of(folder: Path, name: str, origin: CachingOrigin, *more: str):
    """A proxy with a state of its own."""
    (folder / name).mkdir()
    return running_geacc_proxy(folder / name, origin.ca_file, *more)


def test_a_picture_that_was_kept_before_the_proxy_came_is_judged(
    origin: CachingOrigin, browser: Browser, tmp_path: Path
) -> None:
    origin.items["/tagged"] = item(MALIGN, etag='"1"', cache_control="max-age=0")
    origin.items["/dated"] = item(MALIGN, last_modified=LONG_AGO, cache_control="no-cache")
    origin.items["/benign"] = item(BENIGN, etag='"1"', cache_control="max-age=0")
    origin.items["/"] = page("/tagged", "/dated", "/benign")
    before = browser.visit()
    assert all(shows(before[path], MALIGN) for path in ("/tagged", "/dated"))
    browser.visit()
    assert origin.statuses("/tagged") == [200, 304]  # the browser has it
    with proxy_of(tmp_path, "proxy", origin) as proxy:
        seen = browser.visit(proxy)
        assert not shows(seen["/tagged"], MALIGN)
        assert not shows(seen["/dated"], MALIGN)
        assert shows(seen["/benign"], BENIGN)
        assert origin.statuses("/tagged") == [200]


def test_a_shown_picture_is_not_fetched_again_while_it_is_good(
    origin: CachingOrigin, browser: Browser, tmp_path: Path
) -> None:
    origin.items["/year"] = item(BENIGN, etag='"1"', cache_control=YEAR, vary="accept-encoding")
    origin.items["/untagged"] = item(BENIGN, cache_control="max-age=3600")
    origin.items["/second"] = item(BENIGN, etag='"2"', cache_control="max-age=0")
    origin.items["/dated"] = item(BENIGN, last_modified=LONG_AGO, cache_control="no-cache")
    origin.items["/"] = page("/year", "/untagged", "/second", "/dated")
    with proxy_of(tmp_path, "proxy", origin) as proxy:
        for _ in range(3):  # a new start of the browser each time, so that nothing is left but its cache on disk
            seen = browser.visit(proxy)
            assert all(shows(screen, BENIGN) for screen in seen.values())
        assert origin.statuses("/year") == [200]
        assert origin.statuses("/untagged") == [200]
        assert origin.statuses("/second") == [200, 304, 304]
        assert origin.statuses("/dated") == [200, 304, 304]


def test_a_picture_that_changed_at_its_origin_is_judged_anew(
    origin: CachingOrigin, browser: Browser, tmp_path: Path
) -> None:
    origin.items["/picture"] = item(BENIGN, etag='"1"', cache_control="no-cache")
    origin.items["/"] = page("/picture")
    with proxy_of(tmp_path, "proxy", origin) as proxy, browser.open(proxy) as tab:
        assert shows(browser.look(tab)["/picture"], BENIGN)
        origin.items["/picture"] = item(MALIGN, etag='"2"', cache_control="no-cache")
        assert not shows(browser.look(tab)["/picture"], MALIGN)
        origin.items["/picture"] = item(BENIGN, etag='"1"', cache_control="no-cache")
        assert shows(browser.look(tab)["/picture"], BENIGN)


def test_a_rule_that_hides_and_one_that_shows_change_the_next_load(
    origin: CachingOrigin, browser: Browser, tmp_path: Path
) -> None:
    origin.items["/picture"] = item(DOUBTFUL, etag='"1"', cache_control=YEAR)
    data = base64.b64encode(png(DOUBTFUL)).decode()
    script = (
        "const image = new Image(480, 320); image.id = 'inside'; document.body.append(image);"
        f"image.src = 'data:image/png;base64,{data}'"
    )
    origin.items["/script"] = Item(script.encode(), "text/javascript", {"etag": '"1"', "cache-control": YEAR})
    origin.items["/"] = page("/picture", also='<script src="/script"></script>')
    rules = ["lenient", "strict", "lenient"]
    for number, rule in enumerate(rules):
        with proxy_of(tmp_path, f"proxy-{number}", origin, "--strictness", rule) as proxy:
            for _ in range(2):
                seen = browser.visit(proxy)
                assert shows(seen["/picture"], DOUBTFUL) is (rule == "lenient")
                assert shows(seen["/inside"], DOUBTFUL) is (rule == "lenient")


def test_scripts_without_pictures_are_kept_as_their_origin_allows(
    origin: CachingOrigin, browser: Browser, tmp_path: Path
) -> None:
    kept = {"etag": '"1"', "cache-control": YEAR}
    # One that is known whole before it goes on, and one that passes as it comes.
    origin.items["/short"] = Item(b"window.ran = 1;", "text/javascript", kept)
    origin.items["/long"] = Item(b"window.ran += 1;" + b"/* and more words */ " * 50_000, "text/javascript", kept)
    origin.items["/"] = page(also='<script src="/short"></script><script src="/long"></script>')
    sizes = []
    with proxy_of(tmp_path, "proxy", origin) as proxy:
        for _ in range(3):
            with browser.open(proxy) as tab:
                browser.look(tab)
                assert tab.evaluate("window.ran") == 2
                sizes.append(tab.evaluate(_TRANSFERRED))
    assert origin.statuses("/short") == [200]
    assert origin.statuses("/long") == [200]
    assert sizes[0]["/long"] > 1_000_000
    assert 0 < sizes[1]["/long"] < 1_000  # asked for, and told that it had not changed
    assert sizes[2] == {"/short": 0, "/long": 0}  # not asked for


# Bytes that came over the wire, headers included; none for what was taken from the cache unasked.
_TRANSFERRED = """() => Object.fromEntries(performance.getEntriesByType("resource")
    .filter(entry => entry.initiatorType === "script")
    .map(entry => [new URL(entry.name).pathname, entry.transferSize]))"""

_WORKER = b"""
addEventListener("install", event => event.waitUntil(
    caches.open("pictures").then(kept => kept.addAll(["/malign", "/benign"])).then(() => skipWaiting())));
addEventListener("activate", event => event.waitUntil(clients.claim()));
addEventListener("fetch", event => event.respondWith(
    caches.match(event.request).then(found => found || fetch(event.request))));
"""
_REGISTER = """async () => {
    await navigator.serviceWorker.register("/worker");
    await navigator.serviceWorker.ready;
}"""


def test_what_a_service_worker_keeps_was_judged(origin: CachingOrigin, browser: Browser, tmp_path: Path) -> None:
    origin.items["/malign"] = item(MALIGN, etag='"1"', cache_control=YEAR)
    origin.items["/benign"] = item(BENIGN, etag='"1"', cache_control=YEAR)
    origin.items["/worker"] = Item(_WORKER, "text/javascript", {"cache-control": "no-cache"})
    origin.items["/"] = page("/malign", "/benign")
    origin.items["/register"] = page()
    with proxy_of(tmp_path, "proxy", origin) as proxy, browser.open(proxy) as tab:
        browser.look(tab, "/register")
        tab.evaluate(_REGISTER)
        asked = len(origin.asked)
        seen = browser.look(tab)
        assert [request.path for request in origin.asked[asked:]] == ["/"]  # the pictures are the worker's
        assert not shows(seen["/malign"], MALIGN)
        assert shows(seen["/benign"], BENIGN)


@pytest.mark.parametrize("ahead", ["prefetch", "preload", "hint"])
def test_what_is_fetched_ahead_was_judged(ahead: str, origin: CachingOrigin, browser: Browser, tmp_path: Path) -> None:
    for name, picture in (("malign", MALIGN), ("benign", BENIGN)):
        origin.items[f"/{name}"] = item(picture, etag='"1"', cache_control=YEAR)
    plain = page("/malign", "/benign")
    links = "".join(f'<link rel="{ahead}" as="image" href="/{name}">' for name in ("malign", "benign"))
    hint = "</malign>; rel=preload; as=image" if ahead == "hint" else ""
    origin.items["/"] = Item(links.encode() + plain.body, plain.content_type, plain.headers, hint)
    with proxy_of(tmp_path, "proxy", origin) as proxy, browser.open(proxy) as tab:
        for _ in range(2):
            seen = browser.look(tab)
            assert not shows(seen["/malign"], MALIGN)
            assert shows(seen["/benign"], BENIGN)

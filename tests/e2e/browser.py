"""A real Chromium with a home of its own, which trusts one authority and forgives no certificate."""

from __future__ import annotations

import base64
import io
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from playwright.sync_api import TimeoutError as StillWaiting

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
]
"""What every browser of the tests is started with."""

_ALL_THERE = """() => document.readyState === "complete" && window.waiting === 0 &&
    Array.from(document.images).every(image => image.complete)"""

_LAZY_ONES_WAIT = """() => Array.from(document.images)
    .filter(image => image.loading === "lazy").every(image => !image.complete)"""

_STATE = """() => ({
    waiting: window.waiting, troubles: window.troubles, visible: document.visibilityState,
    images: Array.from(document.images).filter(image => !image.complete).map(image => image.currentSrc),
    loaded: performance.getEntriesByType("resource").map(entry => [entry.name, entry.responseEnd]),
})"""

_TROUBLES = """() => window.troubles.concat(Array.from(document.images)
    .filter(image => image.naturalWidth === 0).map(image => "broken: " + image.currentSrc))"""

_PROTOCOLS = """() => Object.fromEntries(
    performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource"))
    .filter(entry => entry.name.startsWith("https:")).map(entry => [entry.name, entry.nextHopProtocol]))"""


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visit to the page showed.

    Attributes:
        screen: the whole page as painted, RGB.
        protocols: by address, what the browser spoke to whoever answered it, such as `h2`.
        troubles: what the page's scripts caught, and pictures that did not load.
        lazy_waited: whether the pictures far below the fold were left alone until the page was scrolled.
        frames: what the window showed meanwhile, from the first paint to the last, RGB.
    """

    screen: Image.Image
    protocols: dict[str, str]
    troubles: list[str]
    lazy_waited: bool
    frames: list[Image.Image]


def visit(url: str, home: Path, trusted: Path, proxy_port: int | None = None) -> Visit:
    """Open the page as a person would, scroll to its end, and look.

    Args:
        url: the page.
        home: a fresh directory, the browser's HOME.
        trusted: certificate (PEM) of the one authority that the browser is told to trust.
        proxy_port: port of a proxy on 127.0.0.1; none: straight to the origin.
    """
    trust(home, trusted)
    flags = list(FLAGS)
    if proxy_port is None:
        flags += ["--no-proxy-server"]
    else:
        # Without <-loopback> Chromium goes round any proxy to reach this machine.
        flags += [f"--proxy-server=http://127.0.0.1:{proxy_port}", "--proxy-bypass-list=<-loopback>"]
    # Playwright's loop must not outlive this call: tests with loops of their own share the process.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=flags,
            env={**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)},
        )
        try:
            tab = browser.new_page(viewport={"width": 1260, "height": 900})
            frames = _filmed(tab)
            tab.goto(url, wait_until="load", timeout=60_000)
            _wait(tab, "() => window.waiting === 0")
            lazy_waited = tab.evaluate(_LAZY_ONES_WAIT)
            tab.evaluate("() => window.scrollTo(0, document.body.scrollHeight)")
            _wait(tab, _ALL_THERE)
            tab.evaluate("() => Promise.all(Array.from(document.images).map(i => i.decode().catch(() => 0)))")
            tab.evaluate("() => window.scrollTo(0, 0)")
            tab.wait_for_load_state("networkidle", timeout=60_000)
            screen = Image.open(io.BytesIO(tab.screenshot(full_page=True))).convert("RGB")
            return Visit(screen, tab.evaluate(_PROTOCOLS), tab.evaluate(_TROUBLES), lazy_waited, frames)
        finally:
            browser.close()


def _wait(tab: Page, condition: str) -> None:
    """Wait until the page says so; what it still waits for is told when that takes a minute.

    Asked by a timer and not with each painted frame, as is usual: a loaded machine may paint none for long.
    """
    try:
        tab.wait_for_function(condition, timeout=60_000, polling=100)
    except StillWaiting as error:
        raise AssertionError(f"after a minute the page still waits: {tab.evaluate(_STATE)}") from error


def _filmed(tab: Page) -> list[Image.Image]:
    """Have each painted frame of the window put into the list that is returned."""
    frames: list[Image.Image] = []
    film = tab.context.new_cdp_session(tab)

    def keep(frame: dict[str, Any]) -> None:
        frames.append(Image.open(io.BytesIO(base64.b64decode(frame["data"]))).convert("RGB"))
        film.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    film.on("Page.screencastFrame", keep)
    film.send("Page.startScreencast", {"format": "png", "everyNthFrame": 1})
    return frames


def trust(home: Path, certificate: Path) -> None:
    """Put the authority into the NSS database where Chromium on Linux looks."""
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    database = f"sql:{store}"
    subprocess.run(["certutil", "-d", database, "-N", "--empty-password"], check=True)
    add = ["certutil", "-d", database, "-A", "-t", "C,,", "-n", "test", "-i", str(certificate)]
    subprocess.run(add, check=True)

"""A home that runs, and browsers at it: parents straight at the pages, children behind the proxy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from .browser import FLAGS, trust
from .processes import Proxy, running_geacc_proxy

PASSWORD = "seven grey herons"
"""That of the homes in the tests."""

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "user_agent": "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Mobile Safari/537.36",
}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
SCREENS = {"phone": PHONE, "desktop": DESKTOP}
"""The screens that flows are driven on, by name."""

PATIENCE = 30_000
"""Milliseconds that a page gets to show what is waited for; a loaded machine takes its time."""


@dataclass(frozen=True, slots=True)
class House:
    """A home that is up.

    Attributes:
        proxy: the program.
        started: the line of JSON by which it said so.
    """

    proxy: Proxy
    started: Mapping[str, Any]

    @property
    def code(self) -> str:
        """The one-time code; empty where there is a password."""
        return str(self.started["start_code"])

    @property
    def pages(self) -> str:
        """Address of the pages, as the machine itself opens them."""
        return f"http://127.0.0.1:{self.proxy.admin_port}"

    def pages_from(self, address: str) -> str:
        """Their address by another one of the machine's."""
        host = f"[{address}]" if ":" in address else address
        return f"http://{host}:{self.proxy.admin_port}"

    def said(self, event: str) -> list[dict[str, Any]]:
        """The lines of JSON of a kind that the program has printed so far."""
        return [line for line in _lines(self.proxy.output) if line.get("event") == event]


@contextmanager
def running_home(directory: Path, upstream_ca: Path, *flags: str, **how: Any) -> Iterator[House]:
    """`geacc-proxy run` with a home of its own, and what it said when it was up.

    Args:
        directory: a fresh one.
        upstream_ca: certificate of the origins' authority.
        *flags: further ones of `run`.
        **how: as of `running_geacc_proxy`: the program, and its environment.
    """
    with running_geacc_proxy(directory, upstream_ca, "--json", *flags, **how) as proxy:
        # The line is written just after the pages begin to answer.
        started = eventually(lambda: [line for line in _lines(proxy.output) if line.get("event") == "started"])
        yield House(proxy, started[0])


@dataclass
class Chromium:
    """A browser of ours that trusts one authority and forgives no certificate.

    Attributes:
        browser: as Playwright drives it.
        house: the home that it is at.
    """

    browser: Browser
    house: House
    contexts: list[BrowserContext] = field(default_factory=list)

    def parent(self, screen: str = "desktop", **more: Any) -> Page:
        """A fresh window with no memory, straight at the pages; addresses may be given without their host."""
        more.setdefault("base_url", self.house.pages)
        return self._page(screen, more)

    def child(self, screen: str = "desktop", address: str = "127.0.0.1", port: int = 0, **more: Any) -> Page:
        """A fresh window with no memory, behind the proxy: by an address of the machine's, which it then comes from."""
        # Without <-loopback> Chromium goes round any proxy to reach this machine.
        server = f"http://{address}:{port or self.house.proxy.port}"
        more.setdefault("proxy", {"server": server, "bypass": "<-loopback>"})
        return self._page(screen, more)

    def close(self, page: Page) -> None:
        """Close a window and forget it."""
        self.contexts.remove(page.context)
        page.context.close()

    def close_all(self) -> None:
        """Close every window, so that the next test begins with none."""
        for context in self.contexts:
            context.close()
        self.contexts.clear()

    def _page(self, screen: str, more: Mapping[str, Any]) -> Page:
        options = {"locale": "en-GB", "timezone_id": "Europe/Berlin", "reduced_motion": "reduce"}
        context = self.browser.new_context(**{**SCREENS[screen], **options, **more})
        context.set_default_timeout(PATIENCE)
        self.contexts.append(context)
        return context.new_page()


@contextmanager
def browsing(house: House, home: Path, *flags: str, program: Path | None = None) -> Iterator[Chromium]:
    """Chromium with `home` as its HOME, until the block ends; it trusts the home's certificate alone.

    Playwright's loop runs meanwhile: no test with a loop of its own may run in the same module.
    """
    trust(home, house.proxy.ca_file)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program or shutil.which("chromium"),
            args=[*FLAGS, *flags],
            env={**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)},
        )
        try:
            yield Chromium(browser, house)
        finally:
            browser.close()


def set_password(page: Page, password: str = PASSWORD) -> None:
    """Choose the first password, as on the first start; the page is who is at home then."""
    page.goto("/start")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Once more").fill(password)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/start/people")


def log_in(page: Page, password: str = PASSWORD, goal: str = "/") -> None:
    """Log in, and end at `goal`."""
    page.goto(f"/login?next={goal}")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"**{goal}")


def save(parent: Page) -> None:
    """Save what is on the page, and be told so."""
    parent.get_by_role("button", name="Save").click()
    expect(parent.get_by_role("status")).to_contain_text("Done.")


def other_address() -> str:
    """An address of this machine that is not loopback and belongs to a home; the test is skipped without one.

    What connects to it comes from it, and so is another device to the program.
    """
    told = subprocess.run(["hostname", "-I"], capture_output=True, text=True)
    for word in told.stdout.split():
        address = ip_address(word)
        if address.version == 4 and not address.is_global and not address.is_loopback:
            return word
    pytest.skip("needs a private address of this machine beside loopback")


def eventually[T](look: Callable[[], T], within: float = PATIENCE / 1000) -> T:
    """What `look` returns once that is anything true; fails after `within` seconds."""
    deadline = time.monotonic() + within
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{look} is still {found!r} after {within} s")
        time.sleep(0.05)
    return found


def shoot(page: Page, name: str) -> None:
    """Save the whole page as a picture where SCREENSHOTS names a directory, to look at it."""
    directory = os.environ.get("SCREENSHOTS")
    if directory:
        page.screenshot(path=Path(directory) / f"{name}.png", full_page=True)


def _lines(output: Path) -> Sequence[dict[str, Any]]:
    whole = output.read_text(errors="replace").split("\n")[:-1]
    return [json.loads(line) for line in whole if line.startswith("{")]

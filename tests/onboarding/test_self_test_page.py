"""The self-test's script in a real Chromium, on a page like the one that it runs on."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from geacc_proxy.images.placeholder import placeholder
from geacc_proxy.onboarding import self_test

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CHECKS = ("proxy", "certificate", "filter", "quic", "doh")
STATES = ("wait", "yes", "no", "unknown", "off")
ALL_WELL = {"through_proxy": True, "filtering": True, "doh_refused": True}
POLICY = "default-src 'none'; script-src 'self'; connect-src 'self' http://localhost:*; img-src 'self' data:"
HIDDEN = placeholder(self_test.WIDTH, self_test.HEIGHT)


@dataclass
class House:
    """What the page's server answers.

    Attributes:
        malign: body for the picture that must be hidden.
        benign: body for the other.
        state: what `state.json` says; None: no such page.
        ping: whether the address over TLS answers.
        timing: whether it says what it spoke.
    """

    malign: bytes = HIDDEN
    benign: bytes = field(default_factory=self_test.benign)
    state: dict[str, Any] | None = field(default_factory=lambda: dict(ALL_WELL))
    ping: bool = True
    timing: bool = True


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--no-proxy-server"]
        )
        try:
            yield browser.new_page()
        finally:
            browser.close()


@contextmanager
def serving(house: House) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2]
            port = self.server.server_address[1]  # type: ignore[index]
            body, kind = {
                "self-test": (page(f"http://localhost:{port}/ping").encode(), "text/html; charset=utf-8"),
                "script.js": (self_test.SCRIPT.read_bytes(), "text/javascript"),
                "state.json": (json.dumps(house.state).encode(), "application/json"),
                "malign.png": (house.malign, "image/png"),
                "benign.png": (house.benign, "image/png"),
            }.get(name, (b"", "text/plain"))
            missing = (name == "state.json" and house.state is None) or (name == "ping" and not house.ping)
            self.send_response(404 if missing else 200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", POLICY)
            self.send_header("Access-Control-Allow-Origin", "*")
            if house.timing:
                self.send_header("Timing-Allow-Origin", "*")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def page(ping: str) -> str:
    facts = " ".join(f'{name}="{value}"' for name, value in {**self_test.facts(), "data-ping": ping}.items())
    checks = "".join(
        f'<li data-check="{check}" {words(check, STATES)}><span data-words></span></li>' for check in CHECKS
    )
    verdict = f'<p data-verdict role="status" {words("verdict", ("wait", "well", "bad", "partial"))}></p>'
    return (
        f'<!doctype html><link rel="icon" href="/icon"><main data-self-test {facts}><ul>{checks}</ul>{verdict}'
        '<button data-again>again</button></main><script src="/script.js"></script>'
    )


def words(what: str, states: tuple[str, ...]) -> str:
    return " ".join(f'data-{state}="{escape(f"{what} <b>{state}</b>")}"' for state in states)


def outcome(tab: Page) -> dict[str, str]:
    """What each element says once the verdict is there."""
    tab.wait_for_function("() => !['wait', null].includes(document.querySelector('[data-verdict]').dataset.state)")
    said: dict[str, str] = tab.evaluate(
        """() => Object.fromEntries(Array.from(document.querySelectorAll("[data-check], [data-verdict]"))
            .map(element => [element.dataset.check || "verdict", element.textContent]))"""
    )
    return said


def seen(tab: Page, house: House) -> dict[str, str]:
    with serving(house) as port:
        tab.goto(f"http://127.0.0.1:{port}/self-test")
        return outcome(tab)


def said(**states: str) -> dict[str, str]:
    return {what: f"{what} <b>{state}</b>" for what, state in states.items()}


def test_all_well_is_said_in_the_words_of_the_page(tab: Page) -> None:
    assert seen(tab, House()) == said(
        proxy="yes", certificate="yes", filter="yes", quic="yes", doh="yes", verdict="well"
    )


def test_a_malign_picture_that_is_shown_is_told(tab: Page) -> None:
    found = seen(tab, House(malign=self_test.malign()))

    assert found["filter"] == "filter <b>no</b>"
    assert found["verdict"] == "verdict <b>bad</b>"


def test_a_filter_that_is_switched_off_is_told_apart_from_one_that_fails(tab: Page) -> None:
    found = seen(tab, House(malign=self_test.malign(), state={**ALL_WELL, "filtering": False}))

    assert found["filter"] == "filter <b>off</b>"
    assert found["verdict"] == "verdict <b>partial</b>"


def test_a_benign_picture_that_is_hidden_too_is_no_proof(tab: Page) -> None:
    assert seen(tab, House(benign=HIDDEN))["filter"] == "filter <b>unknown</b>"


def test_a_certificate_that_is_not_trusted_is_told(tab: Page) -> None:
    found = seen(tab, House(ping=False))

    assert found["certificate"] == "certificate <b>no</b>"
    assert found["quic"] == "quic <b>unknown</b>"
    assert found["verdict"] == "verdict <b>bad</b>"


def test_what_was_spoken_stays_unknown_where_the_browser_does_not_say(tab: Page) -> None:
    assert seen(tab, House(timing=False))["quic"] == "quic <b>unknown</b>"


def test_a_page_that_did_not_come_through_the_proxy_says_so(tab: Page) -> None:
    assert seen(tab, House(state={**ALL_WELL, "through_proxy": False}))["proxy"] == "proxy <b>no</b>"
    assert seen(tab, House(state=None))["proxy"] == "proxy <b>no</b>"


def test_without_the_proxy_nothing_else_is_blamed(tab: Page) -> None:
    past = {"through_proxy": False, "filtering": True, "doh_refused": False}
    assert seen(tab, House(malign=self_test.malign(), state=past, ping=False)) == said(
        proxy="no", certificate="unknown", filter="no", quic="unknown", doh="unknown", verdict="bad"
    )


def test_open_name_servers_are_told(tab: Page) -> None:
    assert seen(tab, House(state={**ALL_WELL, "doh_refused": False}))["doh"] == "doh <b>no</b>"
    assert seen(tab, House(state={"through_proxy": True}))["doh"] == "doh <b>unknown</b>"


def test_the_button_looks_again(tab: Page) -> None:
    house = House(malign=self_test.malign())
    with serving(house) as port:
        tab.goto(f"http://127.0.0.1:{port}/self-test")
        assert outcome(tab)["filter"] == "filter <b>no</b>"
        house.malign = HIDDEN
        tab.click("[data-again]")
        tab.wait_for_function("() => document.querySelector('[data-verdict]').dataset.state === 'well'")
        assert outcome(tab)["filter"] == "filter <b>yes</b>"

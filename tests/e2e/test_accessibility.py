"""Every page with data in it, for everybody: axe finds nothing, keys lead everywhere, and it works without scripts.

The home is made up (`tools/made_up_home.py`); the pages are those of the running program, in a real Chromium.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect

from tools.made_up_home import ANNA, PASSWORD, furnish

from .home import Chromium, browsing, log_in, running_home
from .origin import Origin

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]

PARENTS = (
    "/",
    "/?period=week",
    "/devices",
    f"/devices/{ANNA}",
    "/profiles",
    "/profiles/under-12",
    "/lists",
    "/log",
    "/log/2",
    "/log/2/clearer",
    "/log/missed",
    "/log/answers",
    "/log/corrections",
    "/requests",
    "/settings",
    "/settings/messages",
    "/settings/access",
    "/settings/trail",
    "/add",
    "/no-such-page",
)
ANYBODYS = (
    "/login",
    "/setup",
    *(f"/setup/{kind}" for kind in ("ios", "android", "windows", "macos", "linux", "chromeos", "firefox")),
    "/self-test",
)
CHILDS = ("/mine", f"/closed?url={quote('https://bets.example/', safe='')}", "/setup", "/self-test")
EVERYTHING = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""What can differ between light and dark."""
OVERFLOW = """() => Array.from(document.querySelectorAll("body *")).filter(one => {
    const box = one.getBoundingClientRect();
    if (!box.width || !box.height || one.closest(".visually-hidden, .skip")) return false;
    for (let up = one.parentElement; up && up !== document.body; up = up.parentElement)
        if (getComputedStyle(up).overflowX !== "visible") return false;
    return box.right > innerWidth + 1 || box.left < -1;
}).map(one => one.outerHTML.slice(0, 120))"""
FOCUSED = """() => {
    const one = document.activeElement, style = getComputedStyle(one);
    const ring = parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== "none";
    return {name: (one.getAttribute("aria-label") || one.innerText || one.name || "").trim(), tag: one.tagName,
            seen: ring || style.boxShadow !== "none"};
}"""


@pytest.fixture(scope="module")
def chromium(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    folder = tmp_path_factory.mktemp("home")
    (folder / "state").mkdir()
    asyncio.run(furnish(folder / "state", datetime.now(UTC), UTC))
    with running_home(folder, origin.ca_file) as house, browsing(house, tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture(scope="module")
def session(chromium: Chromium) -> dict[str, Any]:
    """What a logged-in window remembers."""
    page = chromium.parent()
    log_in(page, PASSWORD)
    state: dict[str, Any] = dict(page.context.storage_state())
    chromium.close(page)
    return state


class Watch:
    """What a window asks for and complains of."""

    def __init__(self, context: BrowserContext) -> None:
        self.hosts: set[str] = set()
        self.complaints: list[str] = []
        context.on("request", self._asked)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")):
            self.hosts.add(urlsplit(request.url).hostname or "")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "no-such-page" not in message.location.get("url", ""):
            self.complaints.append(message.text)


def faults(page: Page, rules: object = EVERYTHING) -> list[str]:
    """What axe finds, with the first element of each."""
    found = Axe().run(page, options={"resultTypes": ["violations"], "runOnly": rules}).response["violations"]
    return [f"{page.url} {one['id']} ({one['impact']}): {one['nodes'][0]['html'][:160]}" for one in found]


def looked_through(page: Page, paths: tuple[str, ...], *, in_dark: bool = True) -> list[str]:
    """What axe finds on these pages, with everything opened that opens at a click, in light and perhaps in dark."""
    found = []
    for path in paths:
        page.emulate_media(color_scheme="light")
        page.goto(path)
        page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true })")
        found += faults(page)
        if in_dark:
            page.emulate_media(color_scheme="dark")
            found += faults(page, COLOURS)
    return found


def test_axe_finds_what_is_wrong(chromium: Chromium) -> None:
    page = chromium.parent()
    page.set_content("<main><input><p style='color: #ccc; background: #fff'>pale</p></main>")

    found = " ".join(faults(page))
    assert "label (critical)" in found
    assert "color-contrast (serious)" in found
    chromium.close(page)


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_axe_finds_nothing_on_a_parents_pages(chromium: Chromium, session: dict[str, Any], screen: str) -> None:
    page = chromium.parent(screen, storage_state=session, bypass_csp=True)

    # The colours are the same on both screens.
    assert looked_through(page, PARENTS, in_dark=screen == "phone") == []
    chromium.close(page)


def test_axe_finds_nothing_on_pages_that_are_open_to_all(chromium: Chromium) -> None:
    page = chromium.parent("phone", bypass_csp=True)

    assert looked_through(page, ANYBODYS) == []
    chromium.close(page)


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_axe_finds_nothing_on_a_childs_pages(chromium: Chromium, screen: str) -> None:
    page = chromium.child(screen, base_url="http://geacc.internal", bypass_csp=True)

    assert looked_through(page, CHILDS) == []
    chromium.close(page)


def test_axe_finds_nothing_on_the_first_start(
    origin: Origin, tmp_path_factory: pytest.TempPathFactory, chromium: Chromium
) -> None:
    with running_home(tmp_path_factory.mktemp("new"), origin.ca_file) as house:
        page = chromium.parent("phone", base_url=house.pages, bypass_csp=True)
        assert looked_through(page, ("/start", "/", "/devices", "/log", "/requests")) == []
        page.goto("/start")
        page.get_by_label("Password", exact=True).fill("short")
        page.get_by_label("Once more").fill("short")
        page.get_by_role("button", name="Go on").click()
        assert faults(page) == []
        chromium.close(page)


def test_no_page_asks_another_host_or_is_complained_of(chromium: Chromium, session: dict[str, Any]) -> None:
    page = chromium.parent(storage_state=session)
    watch = Watch(page.context)
    for path in (*PARENTS, *(path for path in ANYBODYS if path != "/self-test")):
        page.goto(path)
        page.wait_for_load_state("load")

    assert watch.hosts == {"127.0.0.1"}
    assert watch.complaints == []
    chromium.close(page)


def test_no_page_of_a_child_asks_another_host_or_is_complained_of(chromium: Chromium) -> None:
    page = chromium.child(base_url="http://geacc.internal")
    watch = Watch(page.context)
    for path in (path for path in CHILDS if path != "/self-test"):
        page.goto(path)
        page.wait_for_load_state("load")

    assert watch.hosts == {"geacc.internal"}
    assert watch.complaints == []
    chromium.close(page)


@pytest.mark.parametrize(("width", "direction"), [(320, "ltr"), (390, "rtl")])
def test_nothing_sticks_out_of_a_narrow_screen_or_a_mirrored_one(
    chromium: Chromium, session: dict[str, Any], width: int, direction: str
) -> None:
    page = chromium.parent("desktop", storage_state=session, viewport={"width": width, "height": 800})
    sticking = {}
    for path in (*PARENTS, *ANYBODYS):
        page.goto(path)
        page.evaluate(f"() => {{ document.documentElement.dir = '{direction}' }}")
        page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true })")
        found = page.evaluate(OVERFLOW)
        if found or page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
            sticking[path] = found[:3]

    assert sticking == {}
    chromium.close(page)


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/", {"Skip to the content", "Overview", "5 mins", "Answer"}),
        ("/log", {"Search", "Show this picture", "More"}),
        ("/requests", {"Yes, open chat.example", "Not now"}),
        ("/devices", {"Add a device", "Teen", "Anna’s tablet"}),
    ],
)
def test_keys_lead_to_what_can_be_done_and_the_focus_is_seen(
    chromium: Chromium, session: dict[str, Any], path: str, wanted: set[str]
) -> None:
    page = chromium.parent(storage_state=session)
    page.goto(path)
    met, unseen = [], []
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        met.append(focused["name"])
        if not focused["seen"] and focused["tag"] != "BODY":
            unseen.append(focused)

    assert met[0] == "Skip to the content"
    assert wanted <= set(met)
    assert unseen == []
    chromium.close(page)


def test_the_skip_link_jumps_over_the_navigation(chromium: Chromium, session: dict[str, Any]) -> None:
    page = chromium.parent(storage_state=session)
    page.goto("/log")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    assert page.evaluate("() => document.querySelector('main').contains(document.activeElement)")
    chromium.close(page)


def test_without_scripts_a_parent_pauses_goes_on_and_answers(chromium: Chromium) -> None:
    page = chromium.parent(java_script_enabled=False)
    log_in(page, PASSWORD)

    page.get_by_role("button", name="5 mins").first.click()
    page.get_by_role("button", name="Go on now").click()
    expect(page.get_by_text("Filtering is on")).to_be_visible()
    page.goto("/requests")
    page.get_by_role("button", name="Yes, this picture").click()
    expect(page.get_by_role("button", name="Yes, this picture")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    page.goto("/log")
    page.get_by_role("button", name="Show this picture").first.click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    chromium.close(page)

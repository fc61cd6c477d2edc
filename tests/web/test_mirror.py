"""The layout in a real Chromium: it mirrors where one reads from the right, and fits the smallest screens."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Page, async_playwright

from geacc_proxy.home import devices
from geacc_proxy.policy.device import Traits
from geacc_proxy.web.app import create_app
from geacc_proxy.web.i18n import Languages
from geacc_proxy.web.server import AdminServer
from geacc_proxy.web.visits import SESSION_COOKIE

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGES = (
    "/login",
    "/start/people",
    "/add",
    "/setup",
    "/setup/ios",
    "/setup/linux",
    "/self-test",
    "/settings",
    "/settings/messages",
    "/settings/access",
    "/settings/trail",
    "/",
    "/devices",
    "/profiles",
    "/profiles/teen",
    "/lists",
    "/log",
    "/requests",
    "/closed?url=http://blocked.example/",
    "/none",
)
CATALOGUE = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Settings"\nmsgstr "الإعدادات"\n'


@dataclass
class Pages:
    """The pages of a home, served, and a browser in which a parent is logged in."""

    browser: Browser
    address: str
    token: str

    async def open(self, language: str, width: int, *, logged_in: bool = True) -> Page:
        context = await self.browser.new_context(locale=language, viewport={"width": width, "height": 800})
        if logged_in:
            await context.add_cookies([{"name": SESSION_COOKIE, "value": self.token, "url": self.address}])
        return await context.new_page()


@pytest.fixture
async def pages(make_site, home, tmp_path) -> AsyncIterator[Pages]:
    file = tmp_path / "locales" / "ar" / "LC_MESSAGES" / "messages.po"
    file.parent.mkdir(parents=True)
    file.write_text(CATALOGUE, encoding="utf-8")
    app = create_app(make_site(), languages=Languages(tmp_path / "locales"))
    await app.state.sessions.set_password("parent", "correct horse battery")
    await devices.add(home, "parent", name="A tablet with a name that goes on for quite a while", profile="teen")
    token = await app.state.sessions.begin("", stays=False)
    server = AdminServer(app)
    await server.start("127.0.0.1", 0)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--no-proxy-server"]
        )
        yield Pages(browser, f"http://127.0.0.1:{server.port}", token)
        await browser.close()
    await server.stop()


async def test_the_page_mirrors_where_one_reads_from_the_right(pages):
    places = {}
    for language in ("en", "ar"):
        page = await pages.open(language, 1280)
        await page.goto(f"{pages.address}/settings")
        for selector in ("nav", "nav .brand img", "h1", ".switch input"):
            box = await page.locator(selector).first.bounding_box()
            assert box is not None
            places[language, selector] = box
    for selector in ("nav", "nav .brand img", "h1", ".switch input"):
        left, right = places["en", selector], places["ar", selector]
        assert left["x"] == pytest.approx(1280 - right["x"] - right["width"], abs=2), selector


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_no_page_is_wider_than_the_smallest_screen_and_none_complains(pages, language):
    page = await pages.open(language, 320)
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for path in PAGES:
        await page.goto(f"{pages.address}{path}")
        wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, path
    expected = ("ERR_NAME_NOT_RESOLVED", "404 (Not Found)")  # the reserved name without a proxy; the missing page
    assert [text for text in complaints if not any(word in text for word in expected)] == []


async def test_the_menu_of_the_bar_opens_and_closes_by_keys_alone(pages):
    page = await pages.open("en", 390)
    await page.goto(f"{pages.address}/settings")
    more = page.locator(".nav .more summary")
    await more.focus()
    await page.keyboard.press("Enter")
    assert await page.locator(".nav .more ul a").first.is_visible()
    await page.keyboard.press("Escape")
    assert not await page.locator(".nav .more ul a").first.is_visible()
    assert await more.evaluate("element => element === document.activeElement")


async def test_a_device_that_appears_comes_to_the_page_by_itself_and_disturbs_no_typing(pages, home):
    page = await pages.open("en", 390)
    await page.goto(f"{pages.address}/start/people")
    await page.locator("#guests input[name^='name-']").first.fill("Half a na")
    home.recognise(Traits(address="192.168.1.77"))
    await page.locator("#guests li", has_text="192.168.1.77").wait_for(timeout=30_000)
    assert await page.locator("#guests input[name^='name-']").first.input_value() == "Half a na"
    assert await page.locator("#guests li").count() == 2


async def test_targets_are_large_enough_for_thumbs(pages):
    page = await pages.open("en", 390)
    for path in ("/settings", "/add", "/setup/ios"):
        await page.goto(f"{pages.address}{path}")
        small = await page.evaluate(
            """() => Array.from(document.querySelectorAll("button, .button, select, nav a, summary, .tabs a, .kinds a"))
                .filter(element => element.checkVisibility())
                .map(element => [element.outerHTML.slice(0, 80), element.getBoundingClientRect()])
                .filter(([_, box]) => box.height < 43.5).map(([html, _]) => html)"""
        )
        assert small == [], path

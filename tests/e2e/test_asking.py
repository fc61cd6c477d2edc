"""A child asks and a parent answers, each in a browser of their own; another device sees nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from geacc_proxy.home import devices
from geacc_proxy.home.home import Home
from geacc_proxy.home.storage import open_store
from geacc_proxy.journal import DATABASE_NAME

from .gallery import exhibit, malign_picture, shows, visit
from .home import Chromium, browsing, eventually, log_in, running_home, set_password, shoot
from .origin import Origin, running_origin
from .processes import free_port

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]

PICTURE = exhibit("img-png", malign=True, picture_format="PNG", picture=malign_picture(3), place=0)
MINE = "http://geacc.internal/mine"
NOTE = "It is for my poster"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    with running_origin([PICTURE], tmp_path_factory.mktemp("origin")) as running:
        yield running


@pytest.fixture(scope="module")
def bens_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def chromium(site: Origin, bens_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    folder = tmp_path_factory.mktemp("home")
    asyncio.run(move_in(folder / "state", bens_port))
    with running_home(folder, site.ca_file) as house, browsing(house, tmp_path_factory.mktemp("browser")) as running:
        set_password(running.parent())
        yield running


async def move_in(state: Path, bens_port: int) -> None:
    """Two children: one whose device is known by its address, and one who comes by a port of his own."""
    state.mkdir()
    home = await Home.open(lambda: open_store(state / DATABASE_NAME))
    await devices.add(home, "parent", name="Anna’s tablet", profile="under-12", address="127.0.0.1")
    await devices.add(home, "parent", name="Ben’s PC", profile="under-12", port=bens_port)
    await home.close()


@pytest.fixture(scope="module")
def child(chromium: Chromium) -> Page:
    return chromium.child("desktop")


@pytest.fixture(scope="module")
def sibling(chromium: Chromium, bens_port: int) -> Page:
    return chromium.child("phone", port=bens_port)


@pytest.fixture(params=["phone", "desktop"])
def parent(request: pytest.FixtureRequest, chromium: Chromium) -> Iterator[Page]:
    page = chromium.parent(request.param)
    log_in(page)
    yield page
    chromium.close(page)


def ask_for_the_picture(child: Page, site: Origin) -> None:
    visit(child, site.url)
    assert not shows(child, PICTURE)

    def is_listed() -> bool:
        child.goto(MINE)
        return child.get_by_text("Ask for it", exact=True).count() > 0

    eventually(is_listed)
    child.get_by_text("Ask for it", exact=True).first.click()
    child.get_by_label("What is it for?").first.fill(NOTE)
    child.get_by_role("button", name="Ask", exact=True).first.click()
    expect(child.get_by_text("Asked. Your parents see it now.")).to_be_visible()


def undo(parent: Page) -> None:
    with parent.expect_navigation():
        parent.get_by_role("button", name="Undo").first.click()


def test_a_child_asks_for_a_picture_and_a_yes_shows_it_at_once(
    child: Page, sibling: Page, parent: Page, site: Origin
) -> None:
    ask_for_the_picture(child, site)
    expect(child.get_by_text("It looked like something that is not for children.").first).to_be_visible()
    assert child.locator("main img").count() == 0
    shoot(child, "asked")

    # Another device sees none of it.
    sibling.goto(MINE)
    expect(sibling.get_by_role("heading", name="Hidden on this device")).to_be_visible()
    expect(sibling.get_by_role("heading", name="What you have asked for")).to_have_count(0)
    assert NOTE not in sibling.content()

    parent.goto("/")
    expect(parent.get_by_label("1 waits").first).to_be_visible()
    parent.get_by_role("navigation").get_by_role("link", name="Requests").first.click()
    expect(parent.get_by_role("heading", name="Anna’s tablet asks for a picture on localhost")).to_be_visible()
    expect(parent.get_by_text(NOTE).first).to_be_visible()
    shoot(parent, "inbox")
    parent.get_by_role("button", name="Yes, this picture").click()
    expect(parent.get_by_text("Nobody waits for an answer.")).to_be_visible()

    # The page that the child has left open tells by itself.
    expect(child.get_by_text("Yes", exact=True).first).to_be_visible()
    visit(child, site.url)
    assert shows(child, PICTURE)
    visit(sibling, site.url)
    assert not shows(sibling, PICTURE)

    undo(parent)
    visit(child, site.url)
    assert not shows(child, PICTURE)
    parent.goto("/requests")
    parent.get_by_role("button", name="Not now").click()
    expect(parent.get_by_text("Nobody waits for an answer.")).to_be_visible()


def test_a_no_is_told_kindly(child: Page, parent: Page, site: Origin) -> None:
    ask_for_the_picture(child, site)

    parent.goto("/requests")
    parent.get_by_role("button", name="Not now").click()

    expect(child.get_by_text("“Not now” is no scolding. Talk about it together.")).to_be_visible()
    child.goto(MINE)
    expect(child.get_by_text("Your parents said: not now.").first).to_be_visible()
    visit(child, site.url)
    assert not shows(child, PICTURE)


def test_a_closed_site_says_why_and_a_yes_opens_it_at_once(
    child: Page, sibling: Page, parent: Page, site: Origin
) -> None:
    parent.goto("/profiles/under-12")
    parent.get_by_label("Always block").fill("localhost")
    parent.get_by_role("button", name="Save").click()
    expect(parent.get_by_role("button", name="Undo")).to_be_visible()

    child.goto(site.url)
    expect(child.get_by_role("heading", name="localhost is closed")).to_be_visible()
    expect(child.get_by_text("Your parents have closed this site.")).to_be_visible()
    child.get_by_label("What is it for?").fill(NOTE)
    child.get_by_role("button", name="Ask for it").click()
    expect(child.get_by_text("You have asked for it.")).to_be_visible()
    shoot(child, "closed-asked")

    answering = parent.context.new_page()
    answering.goto("/requests")
    expect(answering.get_by_role("heading", name="Anna’s tablet asks for localhost")).to_be_visible()
    answering.get_by_role("button", name="Yes, open localhost").click()
    expect(answering.get_by_text("Nobody waits for an answer.")).to_be_visible()

    # The page that the child has left open finds the way by itself.
    expect(child.get_by_role("heading", name="localhost is open")).to_be_visible()
    child.get_by_role("link", name="Go to localhost").click()
    child.wait_for_url(site.url)
    expect(child).to_have_title("Exhibition")
    sibling.goto(site.url)
    expect(sibling.get_by_role("heading", name="localhost is closed")).to_be_visible()

    undo(answering)
    child.goto(site.url)
    expect(child.get_by_role("heading", name="localhost is closed")).to_be_visible()
    answering.goto("/requests")
    answering.get_by_role("button", name="Not now").click()
    expect(answering.get_by_text("Nobody waits for an answer.")).to_be_visible()
    undo(parent)
    child.goto(site.url)
    expect(child).to_have_title("Exhibition")

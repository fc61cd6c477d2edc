"""The first start, as a parent lives it: a password, who is at home, a profile for each; and nobody else gets in."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from playwright.sync_api import Locator, Page, expect
from starlette.routing import BaseRoute, Mount, Route

from geacc_proxy.web.app import AREAS
from geacc_proxy.web.visits import FORM_COOKIE, token_for_forms

from .home import PASSWORD, SCREENS, Chromium, browsing, other_address, running_home, set_password, shoot
from .origin import Origin

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

FOR_ANYBODY = {
    *("/start", "/start/code", "/start/password", "/login", "/logout"),
    *("/setup", "/setup/files/{name}", "/setup/{platform}", "/proxy.pac", "/wpad.dat"),
    *("/self-test", "/self-test/script.js", "/self-test/state.json", "/self-test/ping"),
    *("/self-test/malign.png", "/self-test/benign.png"),
    *("/mine", "/mine/ask", "/closed", "/closed/ask"),
}
"""What any device may open: it tells of that device alone, or of nobody."""


@contextmanager
def started(origin: Origin, tmp_path: Path) -> Iterator[Chromium]:
    """A home that nobody has set up yet, open to the network, and a browser."""
    with (
        running_home(tmp_path, origin.ca_file, "--host", "0.0.0.0") as house,
        browsing(house, tmp_path / "browser") as chromium,
    ):
        yield chromium


def test_a_phone_sets_the_first_password_with_the_code(origin: Origin, tmp_path: Path) -> None:
    address = other_address()
    with started(origin, tmp_path) as chromium:
        house = chromium.house
        phone = chromium.parent("phone", base_url=house.pages_from(address))
        phone.goto("/")
        expect(phone.get_by_role("heading", name="Not set up yet")).to_be_visible()
        expect(phone.get_by_label("Password")).to_have_count(0)
        shoot(phone, "first-code")
        phone.get_by_label("One-time code").fill("0000-0000" if house.code != "0000-0000" else "1111-1111")
        phone.get_by_role("button", name="Go on").click()
        expect(phone.get_by_text("That is not the code.")).to_be_visible()

        # What the camera reads off the terminal.
        phone.goto(f"/start?code={house.code}")
        phone.get_by_role("button", name="Go on").click()
        expect(phone.get_by_role("heading", name="Welcome")).to_be_visible()
        shoot(phone, "first-welcome-phone")
        set_password(phone)
        expect(phone.get_by_role("heading", name="Who is at home")).to_be_visible()

        late = chromium.parent("phone", base_url=house.pages_from(address))
        late.goto(f"/start?code={house.code}")
        expect(late.get_by_role("heading", name="Log in")).to_be_visible()
        at_the_machine = chromium.parent()
        at_the_machine.goto("/devices")
        expect(at_the_machine.get_by_role("heading", name="Log in")).to_be_visible()


def guest(page: Page, address: str) -> Locator:
    """The card of a device on the page that asks who it is."""
    return page.get_by_role("listitem").filter(has_text=address)


def test_at_the_machine_a_parent_says_who_is_at_home(origin: Origin, tmp_path: Path) -> None:
    address = other_address()
    with started(origin, tmp_path) as chromium:
        parent = chromium.parent()
        parent.goto("/")
        expect(parent.get_by_role("heading", name="Welcome")).to_be_visible()
        shoot(parent, "first-welcome-desktop")
        parent.get_by_label("Password", exact=True).fill(PASSWORD)
        parent.get_by_label("Once more").fill("seven grey hares")
        parent.get_by_role("button", name="Go on").click()
        expect(parent.get_by_text("The two differ.")).to_be_visible()
        set_password(parent)
        expect(parent.get_by_text("No device has used the filter yet.")).to_be_visible()

        # They come to the open page by themselves.
        chromium.child().goto(f"{origin.url}nothing")
        chromium.child("phone", address).goto(f"{origin.url}nothing")
        anna, ben = guest(parent, "127.0.0.1"), guest(parent, address)
        anna.get_by_label("Name").fill("Anna's laptop")
        anna.get_by_label("Profile").select_option("Under 12")
        ben.get_by_label("Name").fill("Ben's phone")
        ben.get_by_label("Profile").select_option("Teen")
        expect(parent.get_by_text("No device has used the filter yet.")).to_be_hidden()
        shoot(parent, "first-people-desktop")
        parent.get_by_role("button", name="Go on").click()
        expect(parent.get_by_role("heading", name="Add a device")).to_be_visible()
        shoot(parent, "first-add-desktop")
        parent.get_by_role("link", name="Done: to the overview").click()
        expect(parent.get_by_role("heading", name="Overview")).to_be_visible()
        expect(parent.get_by_role("region", name="By device")).to_contain_text("Ben's phone")
        shoot(parent, "first-overview-desktop")
        parent.get_by_role("link", name="Devices").first.click()
        for name, profile in (("Anna's laptop", "Under 12"), ("Ben's phone", "Teen")):
            card = parent.get_by_role("listitem").filter(has_text=name)
            expect(card).to_contain_text(profile)
            expect(card).to_contain_text("Online now")


@pytest.fixture(scope="module")
def chromium(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A home with a password, open to the network, and a browser at it."""
    with started(origin, tmp_path_factory.mktemp("home")) as browser:
        set_password(browser.parent())
        browser.close_all()
        yield browser


@pytest.mark.parametrize("screen", SCREENS)
def test_a_parent_logs_in_and_out(chromium: Chromium, screen: str) -> None:
    page = chromium.parent(screen)
    page.goto("/profiles")
    page.get_by_label("Password", exact=True).fill("seven grey hares")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("That is not the password.")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Profiles")).to_be_visible()

    if screen == "phone":
        page.get_by_text("More", exact=True).click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.goto("/profiles")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    chromium.close_all()


def paths(routes: list[BaseRoute], below: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of each route."""
    for route in routes:
        if isinstance(route, Route):
            yield from ((method, below + route.path) for method in sorted(route.methods or ()) if method != "HEAD")
        elif isinstance(route, Mount):
            yield from paths(list(route.routes), below + route.path)


def answer(method: str, path: str, ways: tuple[str, int, str], host: str) -> tuple[int, str]:
    """Status and goal of the answer to somebody who is not logged in, and who has a form's token all the same.

    Args:
        method: of the request.
        path: its path.
        ways: whom to connect to (host, port), and what stands before the path.
        host: by what name.
    """
    address, port, before = ways
    secret = "a cookie that a child has made by itself"
    headers = {
        "Host": host,
        "Cookie": f'{FORM_COOKIE}="{secret}"',
        "Origin": before or f"http://{host}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    token = token_for_forms(secret)
    body = urlencode({"csrf": token, "name": "x"}) if method not in ("GET", "HEAD") else None
    connection = http.client.HTTPConnection(address, port, timeout=30)
    try:
        connection.request(method, before + path, body, headers)
        response = connection.getresponse()
        return response.status, response.headers.get("Location", "")
    finally:
        connection.close()


def test_without_the_password_nobody_gets_anything(chromium: Chromium) -> None:
    house, other = chromium.house, other_address()
    admin, proxy = house.proxy.admin_port, house.proxy.port
    ways = {
        "directly, at the machine": (("127.0.0.1", admin, ""), f"127.0.0.1:{admin}"),
        "directly, from another device": ((other, admin, ""), f"{other}:{admin}"),
        "through the proxy, by the name": (("127.0.0.1", proxy, "http://geacc.internal"), "geacc.internal"),
        "through the proxy, by the address": (("127.0.0.1", proxy, f"http://127.0.0.1:{admin}"), f"127.0.0.1:{admin}"),
    }
    guarded = [
        (method, path) for area in AREAS for method, path in paths(list(area.routes())) if path not in FOR_ANYBODY
    ]
    assert len(guarded) > 30
    description = json.load(urlopen(f"{house.pages}/api/openapi.json"))
    operations = [
        (method.upper(), f"/api{path}") for path, methods in description["paths"].items() for method in methods
    ]
    assert len(operations) > 30
    guarded += operations
    open_to_all = []
    for way, (where, host) in ways.items():
        assert answer("POST", "/logout", where, host) == (303, "/login"), f"{way}: the form's token is good"
        for method, path in guarded:
            # Any name will do: who may not come in, is not told whether there is such a thing.
            filled = "/".join("1" if part.startswith("{") else part for part in path.split("/"))
            status, goal = answer(method, filled, where, host)
            turned_away = status in (401, 403) or (status == 303 and goal.startswith(("/login", "/start", "/setup")))
            if not turned_away:
                open_to_all.append(f"{way}: {method} {path} gave {status} {goal}")
    assert open_to_all == []


def test_a_child_who_finds_the_pages_is_asked_for_the_password(chromium: Chromium, origin: Origin) -> None:
    child = chromium.child("phone")
    child.goto("http://geacc.internal/devices")
    expect(child.get_by_role("heading", name="Log in")).to_be_visible()
    child.goto(f"{chromium.house.pages}/devices")
    expect(child.get_by_role("heading", name="Log in")).to_be_visible()
    child.goto("http://geacc.internal/")
    expect(child.get_by_role("heading", name="Set this device up")).to_be_visible()
    expect(child.get_by_text("This device goes through the filter.")).to_be_visible()
    shoot(child, "first-landing-child")
    chromium.close_all()

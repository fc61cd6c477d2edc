"""Devices and profiles, as a parent sets them on the pages and a child's browser feels them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from .browser import FLAGS
from .home import PATIENCE, SCREENS, Chromium, browsing, log_in, running_home, save, set_password, shoot
from .looks import difference, identical
from .street import Street, child_of, hidden, picture, running_street
from .test_setup_files import chromium_with_policy

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with running_street(tmp_path_factory.mktemp("origin")) as site:
        yield site


@pytest.fixture(scope="module")
def chromium(street: Street, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A home with a password, and a browser at it."""
    folder = tmp_path_factory.mktemp("home")
    with (
        running_home(folder, street.origin.ca_file) as house,
        browsing(house, folder / "browser") as browser,
    ):
        set_password(browser.parent())
        browser.close_all()
        yield browser


@pytest.fixture(scope="module")
def anna(chromium: Chromium, street: Street) -> None:
    """The device is Anna's, who is under 12."""
    chromium.child().goto(street.page)
    parent = chromium.parent()
    log_in(parent)
    parent.goto("/devices/127.0.0.1")
    parent.get_by_label("Name", exact=True).fill("Anna")
    parent.get_by_label("Profile", exact=True).select_option("Under 12")
    save(parent)
    chromium.close_all()


@pytest.fixture(autouse=True)
def windows(chromium: Chromium) -> Iterator[None]:
    """Each test begins without any."""
    yield
    chromium.close_all()


@contextmanager
def another(chromium: Chromium, home: Path, *flags: str, program: str | Path | None = None) -> Iterator[Browser]:
    """One more browser of the machine's, with a HOME where nothing is trusted."""
    home.mkdir()
    browser = chromium.browser.browser_type.launch(
        executable_path=program or "/usr/bin/chromium",
        args=[*FLAGS, *flags],
        env={**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)},
    )
    try:
        yield browser
    finally:
        browser.close()


def test_a_device_is_added_with_the_file_from_its_page_and_appears_as_new(
    chromium: Chromium, street: Street, tmp_path: Path
) -> None:
    parent = chromium.parent()
    log_in(parent)
    parent.get_by_role("link", name="Add a device").first.click()
    expect(parent.get_by_role("heading", name="Add a device")).to_be_visible()
    parent.get_by_role("link", name="Linux").click()
    shoot(parent, "device-linux-guide")
    with parent.expect_download() as download:
        parent.get_by_role("link", name="geacc-proxy-chrome.json").click()
    policy = Path(download.value.path()).read_bytes()
    assert json.loads(policy)["QuicAllowed"] is False

    # Without any flag for a proxy, and trusting nothing: what filters is the file's doing.
    program = chromium_with_policy(tmp_path, policy) / "chromium"
    with another(chromium, tmp_path / "browser", program=program) as browser:
        child = browser.new_page(viewport={"width": 1280, "height": 900})
        child.goto(street.page)
        assert hidden(child, street)
        shoot(child, "device-policy")

    parent.goto("/devices")
    card = parent.get_by_role("region", name="New: 127.0.0.1")
    expect(card).to_contain_text("the safe baseline")
    shoot(parent, "device-new")
    card.get_by_role("button", name="Under 12").click()
    expect(parent.get_by_role("status")).to_contain_text("Done.")
    expect(card).to_have_count(0)
    parent.get_by_role("link", name="127.0.0.1").click()
    parent.get_by_label("Name", exact=True).fill("Anna's laptop")
    parent.get_by_role("button", name="Save").click()
    expect(parent.get_by_role("heading", name="Anna's laptop")).to_be_visible()
    shoot(parent, "device-named")
    parent.goto("/devices")
    expect(parent.get_by_role("listitem").filter(has_text="Anna's laptop")).to_contain_text("Under 12")


def check(page: Page, title: str) -> Locator:
    """A line of the self-test."""
    return page.get_by_role("listitem").filter(has_text=title)


@pytest.mark.parametrize("screen", SCREENS)
def test_the_self_test_says_in_words_that_all_is_well(chromium: Chromium, screen: str) -> None:
    child = chromium.child(screen)
    child.goto("http://geacc.internal/self-test")
    expect(child.get_by_role("status").filter(has_text="All is well")).to_be_visible()
    for title, words in {
        "Traffic through the filter": "Yes: this page came through it.",
        "Certificate trusted": "Yes: secure pages can be looked at.",
        "Filter alive": "Yes: the test picture was hidden, and the harmless one beside it was shown.",
        "No way round by QUIC": "Closed",
        "No way round by hidden names": "Closed",
    }.items():
        expect(check(child, title)).to_contain_text(words)
    shoot(child, f"self-test-well-{screen}")


def test_the_self_test_says_what_is_missing(chromium: Chromium, tmp_path: Path) -> None:
    past = chromium.parent("phone")
    past.goto("/self-test")
    expect(past.get_by_role("status").filter(has_text="Not yet")).to_be_visible()
    expect(check(past, "Traffic through the filter")).to_contain_text("No: the proxy is not set on this device")
    for title in ("Certificate trusted", "No way round by hidden names"):
        expect(check(past, title)).to_contain_text("That is told once the traffic goes through the filter.")
    expect(past.get_by_text("This page did not come through the filter.")).to_be_visible()
    shoot(past, "self-test-without-proxy")

    server = f"--proxy-server=http://127.0.0.1:{chromium.house.proxy.port}"
    with another(chromium, tmp_path / "browser", server, "--proxy-bypass-list=<-loopback>") as browser:
        child = browser.new_page(**SCREENS["phone"])
        child.goto("http://geacc.internal/self-test")
        expect(child.get_by_role("status").filter(has_text="Not yet")).to_be_visible(timeout=PATIENCE)
        expect(check(child, "Certificate trusted")).to_contain_text("No: install the certificate")
        expect(check(child, "Filter alive")).to_contain_text("Yes")
        shoot(child, "self-test-without-certificate")


def profile(parent: Page, title: str) -> None:
    """Open the page of a profile."""
    parent.goto("/profiles")
    parent.get_by_role("link", name=title).click()
    expect(parent.get_by_role("heading", name=title, level=1)).to_be_visible()


def choose(parent: Page, name: str) -> None:
    """Choose one of several by a click: on the words, which lie over the round button."""
    parent.get_by_role("radio", name=name, exact=True).check(force=True)


def cells(image: Image.Image, across: int, down: int, how: Image.Resampling) -> Image.Image:
    """What is left of a picture in a few cells."""
    return image.resize((across, down), Image.Resampling.BOX).resize(image.size, how)


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize("screen", SCREENS)
def test_what_a_profile_does_with_pictures_holds_from_the_next_page_on(
    chromium: Chromium, street: Street, screen: str
) -> None:
    """The child's window stays open, and keeps what it has in its cache."""
    parent, child = chromium.parent(screen), child_of(chromium, screen)
    log_in(parent)
    child.goto(street.page)
    assert hidden(child, street)
    placeholder = picture(child, "unfit")

    def set_to(*names: str) -> Image.Image:
        profile(parent, "Under 12")
        for name in names:
            choose(parent, name)
        save(parent)
        child.goto("about:blank")
        child.goto(street.page)
        return picture(child, "unfit")

    malign = street.malign.image
    assert identical(set_to("Off"), malign)
    assert identical(set_to("Hide"), placeholder)
    blurred = set_to("Blur")
    assert difference(blurred, cells(malign, 8, 5, Image.Resampling.BICUBIC)) < 3
    shoot(child, f"profile-blur-{screen}")
    squares = set_to("Pixelate")
    assert difference(squares, cells(malign, 10, 7, Image.Resampling.NEAREST)) < 3
    shoot(child, f"profile-squares-{screen}")
    assert min(difference(placeholder, blurred), difference(placeholder, squares)) > 6
    shoot(parent, f"profile-page-{screen}")
    assert identical(set_to("Only log", "Placeholder"), malign)
    assert identical(set_to("Hide"), placeholder)
    assert hidden(child, street)


@pytest.mark.usefixtures("anna")
def test_what_is_only_logged_is_in_the_log(chromium: Chromium, street: Street) -> None:
    parent, child = chromium.parent(), child_of(chromium, "desktop")
    log_in(parent)
    profile(parent, "Under 12")
    choose(parent, "Only log")
    save(parent)
    child.goto(f"{street.page}?watched")
    assert identical(picture(child, "unfit"), street.malign.image)
    parent.goto("/log")
    expect(parent.get_by_role("listitem").filter(has_text="localhost").first).to_contain_text("Only logged")
    shoot(parent, "log-monitored")
    profile(parent, "Under 12")
    choose(parent, "Hide")
    save(parent)


@pytest.mark.usefixtures("anna")
def test_pictures_of_a_trusted_site_are_shown_and_those_of_others_are_not(chromium: Chromium, street: Street) -> None:
    parent, child = chromium.parent("phone"), child_of(chromium, "phone")
    log_in(parent)
    child.goto(street.page)
    assert hidden(child, street)
    profile(parent, "Under 12")
    parent.get_by_label("Don't filter pictures here").fill("localhost")
    save(parent)
    child.goto(street.by_number)
    assert hidden(child, street)
    child.goto(street.page)
    assert identical(picture(child, "unfit"), street.malign.image)

    parent.get_by_role("button", name="Undo").click()
    expect(parent.get_by_label("Don't filter pictures here")).to_have_value("")
    child.goto("about:blank")
    child.goto(street.page)
    assert hidden(child, street)


@pytest.mark.usefixtures("anna")
def test_a_blocked_site_is_closed_and_says_why(chromium: Chromium, street: Street) -> None:
    parent, child = chromium.parent(), child_of(chromium, "phone")
    log_in(parent)
    profile(parent, "Under 12")
    parent.get_by_label("Always block").fill("localhost")
    save(parent)
    child.goto(street.page)
    expect(child.get_by_role("heading", name="localhost is closed")).to_be_visible()
    assert re.fullmatch(r"http://geacc\.internal/closed\?.*", child.url)
    shoot(child, "closed-phone")
    child.goto(street.by_number)
    assert hidden(child, street)

    profile(parent, "Under 12")
    parent.get_by_label("Always block").fill("")
    save(parent)
    child.goto(street.page)
    expect(child.get_by_role("heading", name="A page")).to_be_visible()

"""Hours, time limits and pauses while the clock on the wall goes on: past midnight, and over a change of the clocks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from . import clocked
from .clocked import AHEAD_FILE, Clock
from .home import Chromium, browsing, log_in, running_home, save, set_password, shoot
from .looks import identical
from .street import Street, child_of, hidden, picture, running_street

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

BERLIN = ZoneInfo("Europe/Berlin")
"""Where the home is: from 02:00 to 03:00 on 28 March 2027, and back from 03:00 to 02:00 on 31 October."""


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with running_street(tmp_path_factory.mktemp("origin")) as site:
        yield site


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Clock:
    return Clock(tmp_path_factory.mktemp("clock") / "ahead")


@pytest.fixture(scope="module")
def chromium(street: Street, clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A home in Berlin whose clock the tests move, where the device that asks is Anna's, and a browser."""
    folder = tmp_path_factory.mktemp("home")
    clock.show(datetime(2027, 1, 20, 16, 0, tzinfo=BERLIN))
    program = (sys.executable, "-P", Path(clocked.__file__))  # -P: what lies beside it hides no module
    environment = {AHEAD_FILE: str(clock.file), "GEACC_TIMEZONE": BERLIN.key}
    with (
        running_home(folder, street.origin.ca_file, program=program, environment=environment) as house,
        browsing(house, folder / "browser") as browser,
    ):
        set_password(browser.parent())
        browser.close_all()
        anna = child_of(browser, "desktop")
        anna.goto(street.page)
        assert hidden(anna, street)  # a new device has the safe baseline
        parent = browser.parent()
        log_in(parent)
        parent.goto("/devices")
        parent.get_by_role("region", name="New: 127.0.0.1").get_by_role("button", name="Under 12").click()
        expect(parent.get_by_role("status")).to_contain_text("Done.")
        browser.close_all()
        yield browser


@pytest.fixture(autouse=True)
def windows(chromium: Chromium) -> Iterator[None]:
    """Each test begins without any."""
    yield
    chromium.close_all()


@pytest.fixture
def set_back(chromium: Chromium) -> Iterator[None]:
    """The next test finds the profile as it was."""
    yield
    parent = chromium.parent()
    log_in(parent)
    parent.goto("/profiles/under-12")
    parent.get_by_text("Set it back", exact=True).click()
    parent.get_by_role("button", name="Yes, set it back").click()
    expect(parent.get_by_role("status")).to_contain_text("Done.")


def hours(parent: Page, days: tuple[str, ...], start: str, end: str) -> None:
    """Give the profile one slot, which begins on these days."""
    log_in(parent)
    parent.goto("/profiles/under-12")
    parent.get_by_role("button", name="Add a time").click()
    slot = parent.get_by_role("group", name="Open on")
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"):
        slot.get_by_role("checkbox", name=day).set_checked(day in days, force=True)
    slot.get_by_label("from").fill(start)
    slot.get_by_label("to", exact=True).fill(end)
    save(parent)


def is_open(child: Page, street: Street) -> bool:
    """Whether the next page that the child opens is there; else it says that the site is closed."""
    child.goto(street.page)
    expect(child.get_by_role("heading", name="A page").or_(child.get_by_role("heading", name="closed"))).to_be_visible()
    return child.url == street.page


@pytest.mark.usefixtures("set_back")
@pytest.mark.parametrize("screen", ["phone", "desktop"])
def test_a_slot_past_midnight_opens_in_the_evening_and_closes_in_the_night(
    chromium: Chromium, street: Street, clock: Clock, screen: str
) -> None:
    friday, saturday = ((2027, 1, 22), (2027, 1, 23)) if screen == "phone" else ((2027, 2, 5), (2027, 2, 6))
    clock.show(datetime(*friday, 16, 0, tzinfo=BERLIN))
    parent, child = chromium.parent(screen), child_of(chromium, screen)
    hours(parent, ("Friday",), "20:00", "01:30")
    shoot(parent, f"hours-profile-{screen}")

    clock.show(datetime(*friday, 19, 58, tzinfo=BERLIN))
    assert not is_open(child, street)
    expect(child.get_by_text("It opens again at 20:00.")).to_be_visible()
    shoot(child, f"hours-closed-{screen}")
    parent.goto("/devices/127.0.0.1")
    expect(parent.get_by_text("The internet is closed at this hour. It opens at 20:00.")).to_be_visible()

    clock.show(datetime(*friday, 20, 0, tzinfo=BERLIN))
    assert is_open(child, street)
    assert hidden(child, street)
    clock.show(datetime(*saturday, 0, 0, tzinfo=BERLIN))
    assert is_open(child, street)
    clock.show(datetime(*saturday, 1, 28, tzinfo=BERLIN))
    assert is_open(child, street)
    clock.show(datetime(*saturday, 1, 30, tzinfo=BERLIN))
    assert not is_open(child, street)
    expect(child.get_by_text("It opens again on Friday")).to_be_visible()


@pytest.mark.usefixtures("set_back")
def test_the_hour_that_is_skipped_in_spring_opens_what_it_would_have_opened(
    chromium: Chromium, street: Street, clock: Clock
) -> None:
    clock.show(datetime(2027, 3, 27, 23, 0, tzinfo=BERLIN))
    child = child_of(chromium, "phone")
    hours(chromium.parent(), ("Sunday",), "02:30", "05:00")

    clock.show(datetime(2027, 3, 28, 1, 58, tzinfo=BERLIN))
    assert not is_open(child, street)
    expect(child.get_by_text("It opens again at 03:00.")).to_be_visible()
    clock.forward(minutes=2)
    assert is_open(child, street)
    clock.forward(minutes=118)
    assert is_open(child, street)
    clock.forward(minutes=2)
    assert not is_open(child, street)


@pytest.mark.usefixtures("set_back")
def test_the_hour_that_comes_twice_in_autumn_is_as_the_clock_shows_it_both_times(
    chromium: Chromium, street: Street, clock: Clock
) -> None:
    clock.show(datetime(2027, 10, 31, 0, 0, tzinfo=BERLIN))
    child = child_of(chromium, "phone")
    hours(chromium.parent(), ("Sunday",), "01:00", "02:30")

    clock.show(datetime(2027, 10, 31, 2, 28, tzinfo=BERLIN))
    assert is_open(child, street)
    clock.forward(minutes=2)
    assert not is_open(child, street)
    expect(child.get_by_text("It opens again at 02:00.")).to_be_visible()
    clock.forward(minutes=30)
    assert is_open(child, street)
    clock.forward(minutes=30)
    assert not is_open(child, street)


@pytest.mark.usefixtures("set_back")
def test_todays_minutes_are_used_up_and_a_parent_gives_more(chromium: Chromium, street: Street, clock: Clock) -> None:
    clock.show(datetime(2027, 11, 3, 16, 0, tzinfo=BERLIN))
    parent = chromium.parent("phone")
    log_in(parent)
    parent.goto("/profiles/under-12")
    parent.get_by_label("Minutes a day").fill("3")
    save(parent)
    for _ in range(3):
        clock.forward(minutes=1)
        # A window with a connection of its own: use is noted once a second of real time on each.
        child = child_of(chromium, "phone")
        assert is_open(child, street)
        assert hidden(child, street), "the pictures of the last minute's page are there too"
    clock.forward(minutes=1)
    child = child_of(chromium, "phone")
    assert not is_open(child, street)
    expect(child.get_by_role("button", name="Ask for more time")).to_be_visible()
    shoot(child, "hours-used-up")

    parent.goto("/devices/127.0.0.1")
    expect(parent.get_by_text("Today's time is used up.")).to_be_visible()
    shoot(parent, "hours-device")
    parent.get_by_role("button", name="+ 15 mins").click()
    expect(parent.get_by_role("status")).to_contain_text("Done.")
    assert is_open(child, street)

    clock.show(datetime(2027, 11, 3, 23, 58, tzinfo=BERLIN))
    clock.forward(minutes=2)
    assert is_open(child, street), "a new day has new minutes"


def test_a_pause_ends_by_itself_and_pictures_are_hidden_again(chromium: Chromium, street: Street, clock: Clock) -> None:
    clock.show(datetime(2027, 11, 4, 16, 0, tzinfo=BERLIN))
    parent, child = chromium.parent("phone"), child_of(chromium, "phone")
    log_in(parent)
    child.goto(street.page)
    assert hidden(child, street)
    pause = parent.get_by_role("region", name="Pause filtering for all")
    pause.get_by_role("button", name="5 mins").click()
    expect(pause.get_by_role("button", name="Go on now")).to_be_visible()
    expect(parent.get_by_text("Filtering is paused", exact=True)).to_be_visible()
    shoot(parent, "hours-paused")
    child.goto(street.page)
    assert identical(picture(child, "unfit"), street.malign.image)

    clock.forward(minutes=4)
    child.goto(street.page)
    assert identical(picture(child, "unfit"), street.malign.image)
    clock.forward(minutes=1)
    child.goto(street.page)
    assert hidden(child, street)
    parent.goto("/")
    expect(parent.get_by_text("Filtering is on", exact=True)).to_be_visible()

    pause.get_by_role("button", name="1 hr").click()
    expect(pause.get_by_role("button", name="Go on now")).to_be_visible()
    child.goto(street.page)
    assert identical(picture(child, "unfit"), street.malign.image)
    pause.get_by_role("button", name="Go on now").click()
    expect(pause.get_by_role("button", name="Go on now")).to_have_count(0)
    child.goto(street.page)
    assert hidden(child, street)

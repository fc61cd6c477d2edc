"""The block log in a parent's browser, while a child browses: live lines, one click to put right, and every undo."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from .clocked import AHEAD_FILE
from .gallery import exhibit, malign_picture, resized, saved, shows, visit
from .home import PASSWORD, Chromium, browsing, eventually, log_in, running_home, set_password, shoot
from .looks import likeness
from .origin import Origin, running_origin
from .pictures import Exhibit, exhibits

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]

FIRST = exhibit("img-png", malign=True, picture_format="PNG", picture=malign_picture(1), place=0)
COPY = exhibit("img-jpeg", malign=True, picture_format="JPEG", picture=resized(malign_picture(1), 0.8), place=1)
OTHER = exhibit("img-webp", malign=True, picture_format="PNG", picture=malign_picture(2), place=2)
LANDSCAPE = next(one for one in exhibits() if one.name == "benign-img-png").image.resize((400, 267))
FINE = exhibit("img-png", malign=False, picture_format="PNG", picture=LANDSCAPE, place=3)
SMALLER = exhibit("img-jpeg", malign=False, picture_format="JPEG", picture=resized(LANDSCAPE, 0.7), place=4)
SHOWN = [FIRST, COPY, OTHER, FINE, SMALLER]
CHILD = "127.0.0.1"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    with running_origin(SHOWN, tmp_path_factory.mktemp("origin")) as running:
        yield running


@pytest.fixture(scope="module")
def ahead(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that says by how many seconds the home's clock is ahead."""
    file = tmp_path_factory.mktemp("clock") / "ahead"
    file.write_text("0")
    return file


@pytest.fixture(scope="module")
def chromium(site: Origin, ahead: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    program = (sys.executable, "-m", "tests.e2e.clocked")
    home = running_home(
        tmp_path_factory.mktemp("home"), site.ca_file, program=program, environment={AHEAD_FILE: str(ahead)}
    )
    with home as house, browsing(house, tmp_path_factory.mktemp("browser")) as running:
        set_password(running.parent())
        yield running


@pytest.fixture(scope="module")
def child(chromium: Chromium) -> Page:
    """The child's window, which keeps its cache from test to test."""
    return chromium.child()


@pytest.fixture
def parent(chromium: Chromium) -> Iterator[Page]:
    page = chromium.parent()
    log_in(page)
    yield page
    chromium.close(page)


def seen(page: Page, site: Origin) -> list[str]:
    """Names of the pictures that the next load of the page shows."""
    visit(page, site.url)
    return [one.name for one in site.exhibits if shows(page, one)]


def line_of(parent: Page, one: Exhibit) -> Locator:
    """The newest line of the block log that is about a picture; it is stored a moment after the picture is hidden."""
    lines = parent.locator("#entries > li")

    def is_there() -> bool:
        parent.goto(f"/log?q={one.path.rpartition('/')[2]}")
        return lines.count() > 0

    eventually(is_there)
    return lines.first


@contextmanager
def undone(parent: Page) -> Iterator[None]:
    """What was just done holds within, and is undone after."""
    yield
    with parent.expect_navigation():
        parent.get_by_role("button", name="Undo").first.click()


def test_what_is_hidden_appears_in_the_open_log_by_itself(child: Page, parent: Page, site: Origin) -> None:
    parent.goto("/log")
    expect(parent.get_by_text("Nothing was hidden yet.")).to_be_visible()
    parent.evaluate("() => { window.sameDocument = true }")

    assert seen(child, site) == [FINE.name, SMALLER.name]

    expect(parent.locator("#entries > li")).to_have_count(3)
    expect(parent.get_by_text("Nothing was hidden yet.")).to_be_hidden()
    expect(parent.get_by_role("status").filter(has_text="New lines in the block log")).to_have_count(1)
    assert parent.evaluate("() => window.sameDocument")
    first = parent.locator("#entries > li").first
    expect(first).to_contain_text("localhost")
    expect(first).to_contain_text("Not fit for a general audience · Sure")
    expect(first).to_contain_text(CHILD)
    shoot(parent, "log-live")


def test_a_line_tells_what_where_when_why_and_how_sure(parent: Page, child: Page, site: Origin) -> None:
    seen(child, site)

    line_of(parent, FIRST).get_by_role("link", name="localhost").click()
    parent.get_by_text("How sure, in detail").click()

    expect(parent.get_by_role("heading", name="localhost")).to_be_visible()
    facts = parent.locator("dl.entry-facts")
    expect(facts).to_contain_text("Page")
    expect(facts).to_contain_text("malign-img-png.png")
    expect(parent.get_by_role("table")).to_contain_text("%")
    expect(parent.get_by_text(f"{FIRST.image.width} × {FIRST.image.height}")).to_be_visible()
    expect(parent.get_by_text("other line", exact=False)).to_be_visible()  # of the copy


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_filters_leave_what_was_asked_for(chromium: Chromium, child: Page, site: Origin, screen: str) -> None:
    seen(child, site)
    parent = chromium.parent(screen)
    log_in(parent, goal="/log")

    parent.get_by_text("Filters", exact=True).click()
    parent.get_by_label("Device", exact=True).select_option(label=CHILD)
    parent.get_by_label("Site", exact=True).fill("localhost")
    parent.get_by_label("Reason", exact=True).select_option("malign")
    parent.get_by_label("Score from, %").fill("90")
    parent.get_by_role("button", name="Apply").click()
    rows = parent.locator("#entries > li")
    expect(rows.first).to_be_visible()
    parent.get_by_label("Score to, %").fill("91")
    parent.get_by_role("button", name="Apply").click()
    expect(parent.get_by_text("Nothing fits.")).to_be_visible()
    parent.get_by_role("link", name="Show all").click()
    expect(rows.first).to_be_visible()
    parent.get_by_role("searchbox").fill("img-webp")
    parent.get_by_role("searchbox").press("Enter")
    expect(rows.filter(has_text="img-jpeg")).to_have_count(0)
    expect(rows.filter(has_text="img-webp").first).to_be_attached()
    shoot(parent, f"log-filtered-{screen}")
    chromium.close(parent)


def test_a_thumbnail_is_kept_only_where_the_profile_says_so_and_is_never_the_picture(
    child: Page, parent: Page, site: Origin
) -> None:
    seen(child, site)
    expect(line_of(parent, OTHER).locator("img.sketch")).to_have_count(0)
    parent.goto("/devices")
    parent.get_by_role("button", name="Teen").click()
    expect(parent.get_by_role("button", name="Undo")).to_be_visible()

    seen(child, site)

    picture = eventually(lambda: line_of(parent, OTHER).locator("img.sketch").all())[0]
    answer = parent.request.get(picture.get_attribute("src") or "")
    sketch = Image.open(io.BytesIO(answer.body()))
    assert max(sketch.size) <= 64
    assert len(answer.body()) < 4_000
    # Twelve cells a side are left, which flow into each other: no more of the picture can be got back.
    back = sketch.convert("RGB").resize(OTHER.image.size, Image.Resampling.BICUBIC)
    assert likeness(back, OTHER.image) < 0.9
    assert OTHER.body not in answer.body()


def test_clearer_is_shown_only_after_the_password_was_typed_again(
    chromium: Chromium, child: Page, parent: Page, site: Origin, ahead: Path
) -> None:
    seen(child, site)
    line_of(parent, FIRST).get_by_role("link", name="localhost").click()
    link = parent.get_by_role("link", name="A little clearer…").get_attribute("href") or ""
    ahead.write_text("400")

    parent.goto(link)
    parent.get_by_label("Your password").fill("a wrong one")
    parent.get_by_role("button", name="Show it a little clearer").click()
    expect(parent.get_by_text("That is not the password.")).to_be_visible()
    assert not parent.locator("main img").count()
    parent.get_by_label("Your password").fill(PASSWORD)
    parent.get_by_role("button", name="Show it a little clearer").click()

    # The test's site is this machine, which the filter fetches nothing from for anybody; that much it says.
    expect(parent.get_by_role("alert")).to_contain_text("localhost")
    expect(parent.get_by_label("Your password")).to_have_count(0)
    assert not parent.locator("main img").count()


def test_one_click_shows_a_picture_and_undo_hides_it_again(child: Page, parent: Page, site: Origin) -> None:
    assert FIRST.name not in seen(child, site)
    line = line_of(parent, FIRST)

    line.get_by_role("button", name="Show this picture").click()
    expect(line.get_by_text("This picture is shown from now on.")).to_be_visible()
    with undone(parent):
        assert set(seen(child, site)) == {FIRST.name, FINE.name, SMALLER.name}

    assert set(seen(child, site)) == {FINE.name, SMALLER.name}


def test_its_look_alikes_are_shown_with_it(child: Page, parent: Page, site: Origin) -> None:
    seen(child, site)
    line = line_of(parent, FIRST)

    line.get_by_text("More", exact=True).click()
    line.get_by_role("button", name="Show it and its look-alikes").click()
    expect(line.get_by_text("its look-alikes are shown from now on", exact=False)).to_be_visible()
    with undone(parent):
        assert set(seen(child, site)) == {FIRST.name, COPY.name, FINE.name, SMALLER.name}

    assert set(seen(child, site)) == {FINE.name, SMALLER.name}


@pytest.mark.parametrize(
    ("button", "an_hour_later"),
    [("Trust this site's pictures for an hour", False), ("Trust this site's pictures for good", True)],
)
def test_a_site_is_trusted_for_an_hour_or_for_good(
    child: Page, parent: Page, site: Origin, ahead: Path, button: str, an_hour_later: bool
) -> None:
    seen(child, site)
    line = line_of(parent, OTHER)

    line.get_by_text("More", exact=True).click()
    line.get_by_role("button", name=button).click()
    expect(line.get_by_role("button", name="Undo")).to_be_visible()
    with undone(parent):
        assert len(seen(child, site)) == len(SHOWN)
        ahead.write_text(str(float(ahead.read_text()) + 3_700))
        assert (OTHER.name in seen(child, site)) is an_hour_later

    assert set(seen(child, site)) == {FINE.name, SMALLER.name}


def test_a_site_is_closed_from_its_line_and_its_closing_appears_live(child: Page, parent: Page, site: Origin) -> None:
    seen(child, site)
    line = line_of(parent, OTHER)

    line.get_by_text("More", exact=True).click()
    line.get_by_role("button", name="Close this site").click()
    expect(line.get_by_text("This site is closed from now on.")).to_be_visible()
    with undone(parent):
        watching = parent.context.new_page()
        watching.goto("/log?reason=blocked-site")
        expect(watching.get_by_text("Nothing fits.")).to_be_visible()
        child.goto(site.url)
        expect(child.get_by_role("heading", name="localhost is closed")).to_be_visible()
        expect(watching.locator("#entries > li")).to_contain_text(["A parent has closed this site"])
        watching.close()

    assert set(seen(child, site)) == {FINE.name, SMALLER.name}


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_what_should_have_been_hidden_is_hidden_by_its_file_with_its_look_alikes(
    chromium: Chromium, child: Page, site: Origin, tmp_path: Path, screen: str
) -> None:
    assert set(seen(child, site)) == {FINE.name, SMALLER.name}
    parent = chromium.parent(screen)
    log_in(parent, goal="/log")

    parent.get_by_role("link", name="Something should have been hidden").click()
    parent.get_by_label("Picture", exact=True).set_input_files(saved(FINE, tmp_path))
    parent.get_by_role("button", name="Hide it and its look-alikes").last.click()
    expect(parent.get_by_text("Hidden from now on, on all devices")).to_be_visible()
    with undone(parent):
        assert seen(child, site) == []

    assert set(seen(child, site)) == {FINE.name, SMALLER.name}
    chromium.close(parent)


def test_an_address_at_home_is_fetched_for_nobody_and_closed_all_the_same(
    child: Page, parent: Page, site: Origin
) -> None:
    before = len(site.requested)
    parent.goto("/log/missed")

    parent.get_by_label("Address of the picture").fill(site.url.rstrip("/") + FINE.path)
    parent.get_by_role("button", name="Hide it and its look-alikes").first.click()

    expect(parent.get_by_text("nothing is fetched from there")).to_be_visible()
    assert len(site.requested) == before
    with undone(parent):
        assert seen(child, site) == [SMALLER.name]

    assert seen(child, site) == [FINE.name, SMALLER.name]


def test_the_log_is_taken_away_as_csv_and_as_json(child: Page, parent: Page, site: Origin) -> None:
    seen(child, site)
    parent.goto("/log?reason=malign")

    files = {}
    for name in ("CSV", "JSON"):
        with parent.expect_download() as download:
            parent.get_by_role("link", name=name, exact=True).click()
        files[name] = Path(download.value.path()).read_text(encoding="utf-8-sig")

    rows = list(csv.DictReader(io.StringIO(files["CSV"])))
    objects = json.loads(files["JSON"])
    assert len(rows) == len(objects) >= 3
    assert {row["reason"] for row in rows} == {"malign"}
    assert {entry["url"] for entry in objects} >= {site.url.rstrip("/") + FIRST.path}


def test_a_retention_of_an_hour_deletes_lines_and_thumbnails(
    child: Page, parent: Page, site: Origin, ahead: Path
) -> None:
    seen(child, site)
    address = line_of(parent, OTHER).locator("img.sketch").get_attribute("src") or ""
    assert parent.request.get(address).ok
    ahead.write_text(str(float(ahead.read_text()) + 7_200))

    parent.goto("/settings")
    parent.get_by_label("Keep entries for").select_option(label="1 hour")
    parent.get_by_label("Keep entries for").locator("xpath=ancestor::form").get_by_role("button").click()

    def is_empty() -> bool:
        parent.goto("/log")
        return parent.get_by_text("Nothing was hidden yet.").is_visible()

    assert eventually(is_empty)
    assert parent.request.get(address).status == 404

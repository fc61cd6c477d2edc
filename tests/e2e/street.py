"""A site with a picture that is hidden and one that never is, as a child's window shows them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from .caching_origin import CachingOrigin, Item, running_caching_origin
from .home import Chromium
from .looks import identical, likeness, restless
from .pictures import Exhibit, exhibits

PAGE = """<!doctype html><html lang="en"><title>A page</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body { margin: 0 } img { position: absolute; left: 10px; top: 60px } img + img { top: 400px }</style>
<h1>A page</h1><img alt="unfit" src="{malign}"><img alt="harmless" src="{benign}"></html>"""
KEPT = {"cache-control": "max-age=86400"}


@dataclass(frozen=True, slots=True)
class Street:
    """A site with two pictures that may be kept for a day, by two names.

    Attributes:
        origin: the site.
        malign: the picture that the filter hides.
        benign: the one that it never does.
    """

    origin: CachingOrigin
    malign: Exhibit
    benign: Exhibit

    @property
    def page(self) -> str:
        """Address of its page, by the name localhost."""
        return f"{self.origin.url}/page"

    @property
    def by_number(self) -> str:
        """The same by the number 127.0.0.1: another site."""
        return self.page.replace("localhost", "127.0.0.1")


@contextmanager
def running_street(directory: Path) -> Iterator[Street]:
    """Serve it until the block ends."""
    malign, benign = exhibits()[:2]
    with running_caching_origin(directory) as origin:
        for name, exhibit in (("malign", malign), ("benign", benign)):
            origin.items[f"/{name}.png"] = Item(exhibit.body, "image/png", KEPT | {"etag": f'"{name}"'})
        page = PAGE.replace("{malign}", "/malign.png").replace("{benign}", "/benign.png")
        origin.items["/page"] = Item(page.encode(), "text/html", {"cache-control": "no-cache"})
        yield Street(origin, malign, benign)


def child_of(chromium: Chromium, screen: str) -> Page:
    """A child's window that shows pictures pixel for pixel, and the street's whole."""
    return chromium.child(screen, viewport={"width": 500, "height": 844}, device_scale_factor=1)


def picture(page: Page, name: str) -> Image.Image:
    """What the window shows of a picture, RGB."""
    image = page.get_by_role("img", name=name)
    expect(image).to_have_js_property("complete", True)
    return Image.open(io.BytesIO(image.screenshot())).convert("RGB")


def hidden(page: Page, street: Street) -> bool:
    """Whether a quiet area stands where the unfit picture was, and the harmless one is untouched."""
    shown = picture(page, "unfit")
    assert identical(picture(page, "harmless"), street.benign.image)
    if identical(shown, street.malign.image):
        return False
    assert not restless(shown)
    assert abs(likeness(shown, street.malign.image)) < 0.1
    return True

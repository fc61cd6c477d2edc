"""A small page of pictures, and what a window shows of them."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from .looks import identical, unrest
from .pictures import DATA, Exhibit

CALM = 3
"""Unrest of a placeholder is below it (see `looks.unrest`)."""


def exhibit(way: str, *, malign: bool, picture_format: str, picture: Image.Image, place: int) -> Exhibit:
    """A picture in a row of the page; `way` is a key of `pictures.WAYS`, once for malign and once for benign ones."""
    file = io.BytesIO()
    picture.convert("RGB").save(file, picture_format, **({"quality": 80} if picture_format != "PNG" else {}))
    shown = Image.open(io.BytesIO(file.getvalue())).convert("RGB")
    return Exhibit(way, malign, picture_format, file.getvalue(), shown, 20 + 500 * (place % 2), 20 + 500 * (place // 2))


def malign_picture(number: int) -> Image.Image:
    """Abstract noise that the model takes for malign; nothing is depicted."""
    return Image.open(DATA / f"malign-synthetic-{number}.png").convert("RGB")


def resized(picture: Image.Image, share: float) -> Image.Image:
    """The same picture with other pixels."""
    return picture.resize((round(picture.width * share), round(picture.height * share)), Image.Resampling.LANCZOS)


def visit(page: Page, url: str) -> None:
    """Load the page, with whatever the window has kept of it, until every picture is there."""
    page.goto(url)
    page.wait_for_function("() => window.waiting === 0 && Array.from(document.images).every(one => one.complete)")
    page.evaluate("() => Promise.all(Array.from(document.images).map(one => one.decode()))")


def shows(page: Page, one: Exhibit) -> bool:
    """Whether a picture is on the screen; fails where neither it nor a calm area is there."""
    box = {"x": one.left, "y": one.top, "width": one.image.width, "height": one.image.height}
    found = Image.open(io.BytesIO(page.screenshot(clip=box, full_page=True))).convert("RGB")  # type: ignore[arg-type]
    if identical(found, one.image):
        return True
    assert unrest(found) < CALM, f"something else than {one.name} or a placeholder is there"
    return False


def saved(one: Exhibit, directory: Path) -> Path:
    """The picture as a file."""
    file = directory / Path(one.path).name
    file.write_bytes(one.body)
    return file

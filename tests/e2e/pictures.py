"""The pictures of the test page: made here, each with bytes and an address of its own."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

DATA = Path(__file__).parent.parent / "data"

EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "GIF": "gif"}
CONTENT_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}

WAYS = {
    "img-png": "PNG",
    "img-jpeg": "JPEG",
    "img-webp": "WEBP",
    "img-gif": "GIF",
    "css": "JPEG",
    "picture": "WEBP",
    "srcset": "JPEG",
    "poster": "JPEG",
    "script": "PNG",
    "blob": "WEBP",
    "redirect": "JPEG",
    "iframe": "PNG",
    "canvas": "JPEG",
    "lazy": "JPEG",
}
"""Ways for a picture to reach the screen, and the format that each is tried with."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One picture in one place of the page.

    Attributes:
        way: how the page shows it, a key of `WAYS`.
        malign: whether the filter must hide it.
        format: Pillow's name of its format.
        body: the file.
        image: what a viewer that adds nothing shows, RGB.
        left: where its box begins on the page, CSS pixels.
        top: as left.
    """

    way: str
    malign: bool
    format: str
    body: bytes
    image: Image.Image
    left: int
    top: int

    @property
    def name(self) -> str:
        """Unique on the page."""
        return f"{'malign' if self.malign else 'benign'}-{self.way}"

    @property
    def path(self) -> str:
        """Its address on the origin, after the redirect if there is one."""
        return f"/pictures/{self.name}.{EXTENSIONS[self.format]}"

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom on the page."""
        return self.left, self.top, self.left + self.image.width, self.top + self.image.height


def exhibits() -> list[Exhibit]:
    """A malign and a benign picture for each way, in rows from the top of the page."""
    made = []
    for row, (way, picture_format) in enumerate(WAYS.items()):
        for malign in (True, False):
            picture = _malign(row) if malign else _benign(row)
            body = _encode(picture, picture_format)
            shown = Image.open(io.BytesIO(body)).convert("RGB")
            left, top = (20 if malign else 640), 20 + 500 * row
            made.append(Exhibit(way, malign, picture_format, body, shown, left, top))
    return made


def _encode(picture: Image.Image, picture_format: str) -> bytes:
    # Full chroma: decoders agree on it to the last bit or two.
    options = {"JPEG": {"quality": 90, "subsampling": 0}, "WEBP": {"quality": 90}}.get(picture_format, {})
    file = io.BytesIO()
    picture.save(file, picture_format, **options)
    return file.getvalue()


def _malign(number: int) -> Image.Image:
    """Abstract noise that the model takes for malign; nothing is depicted."""
    picture = Image.open(DATA / f"malign-synthetic-{number % 3 + 1}.png").convert("RGB")
    # A corner of its own: other bytes and another digest than its siblings.
    ImageDraw.Draw(picture).rectangle((0, 0, 7, 7), fill=(number * 16, 255 - number * 16, 128))
    return picture


def _benign(number: int) -> Image.Image:
    """A landscape in plain colours, with another sky, sun and ridge for each number."""
    width, height = 480, 320
    hue = number * 25 % 360
    picture = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(picture)
    for y in range(height):
        colour = Image.new("HSV", (1, 1), ((150 + hue // 8) % 256, 160 - y // 3, 255 - y // 4))
        draw.line((0, y, width, y), fill=colour.convert("RGB").getpixel((0, 0)))
    sun = 40 + number * 27
    draw.ellipse((sun, 30, sun + 60, 90), fill=(255, 240, 170))
    for layer, green in enumerate((150, 115, 80)):
        ridge = [
            (x, 190 + 40 * layer + int(22 * math.sin(x / (35 + 9 * layer) + number + layer)))
            for x in range(0, width + 1, 4)
        ]
        draw.polygon([*ridge, (width, height), (0, height)], fill=(40, green, 60))
    house = 380 - number * 21
    draw.rectangle((house, 240, house + 60, 290), fill=(235, 225, 205), outline=(60, 60, 60), width=2)
    draw.polygon(((house - 8, 240), (house + 30, 208), (house + 68, 240)), fill=(150, 60, 45))
    draw.rectangle((house + 24, 262, house + 38, 290), fill=(90, 60, 40))
    return picture

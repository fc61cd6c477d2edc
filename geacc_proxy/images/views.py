"""Pixels to the squares that a model is shown: the whole, and parts of what is very long or put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geacc_proxy.images.backgrounds import on_backgrounds, plain
from geacc_proxy.images.outcome import View
from geacc_proxy.images.parts import PANELS_ACROSS, may_have_parts, parts_of
from geacc_proxy.images.strips import screenfuls
from geacc_proxy.images.upright import turned

if TYPE_CHECKING:
    from PIL import Image

    from geacc_proxy.images.job import Job
    from geacc_proxy.images.outcome import Target


def pixels_needed(size: tuple[int, int], job: Job) -> tuple[int, int]:
    """Width and height to which a decoder may scale a picture of `size` down without a loss for what is judged."""
    side = job.target.size
    if not may_have_parts(*size, job.tiles, job.caps.tiny_pixels):
        return side, side
    if parts := screenfuls(*size, job.tiles):
        part = parts[0]
        return round(side * size[0] / (part.right - part.left)), round(side * size[1] / (part.bottom - part.top))
    return side * PANELS_ACROSS, side * PANELS_ACROSS


def views(image: Image.Image, job: Job, size: tuple[int, int] | None = None, turn: int = 1) -> list[View]:
    """Views of a loaded picture: the whole, then its parts, each on white and on black where it is transparent.

    Args:
        image: any mode.
        job: says how many parts there may be.
        size: of the picture before its decoder scaled it down; `image`'s own if that did not happen.
        turn: Exif's orientation, 1…8.
    """
    size = size or image.size
    image = plain(image)
    if not may_have_parts(*size, job.tiles, job.caps.tiny_pixels):
        return [View(square) for square in on_backgrounds(turned(_squeezed(image, job.target), turn))]
    needed = pixels_needed(size, job)
    if (factor := min(image.width // needed[0], image.height // needed[1])) > 1:
        image = image.reduce(factor)
    boxes, count = parts_of(image, job.tiles)
    if image.mode == "RGBA":
        image = image.convert("RGBa")  # once for all parts; Pillow would do it for each
    found = []
    for box in (None, *boxes):
        square = _squeezed(image, job.target, box)
        if square.mode == "RGBa":
            square = square.convert("RGBA")
        found += [View(one, count if box else 0) for one in on_backgrounds(turned(square, turn))]
    return found


def _squeezed(image: Image.Image, target: Target, box: tuple[float, float, float, float] | None = None) -> Image.Image:
    return image.resize((target.size, target.size), target.resample, box)

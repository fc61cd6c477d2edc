"""Which parts of a picture are judged beside the whole."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from geacc_proxy.images.panels import LARGE_PIXELS, panels
from geacc_proxy.images.strips import STRIP_ASPECT, Box, is_strip, screenfuls

if TYPE_CHECKING:
    from PIL import Image

PANELS_ACROSS = 3
"""How many panels side by side are decoded large enough to fill a model's square each."""

_PIECE_ASPECT = 1.5  # a longer piece of a strip may be two whose seam was not found


def may_have_parts(width: int, height: int, limit: int, tiny_pixels: int) -> bool:
    """Whether to look for parts: in strips, and in pictures large enough to be put together from others."""
    if limit < 2:
        return False
    if is_strip(width, height):
        return min(width, height) ** 2 > tiny_pixels
    return width * height > LARGE_PIXELS


def parts_of(image: Image.Image, limit: int) -> tuple[list[Box], int]:
    """The parts of a loaded picture, `limit` at most, and how many of them side by side make it up.

    They are the pieces that it is put together from, and screenfuls of those that are strips; of a picture of one
    piece its screenfuls, if it is a strip, or none.
    """
    pieces = panels(image, limit)
    if not pieces:
        boxes = screenfuls(image.width, image.height, limit)
        return boxes, _side_by_side(image.width, image.height) if boxes else 0
    aspect = _PIECE_ASPECT if is_strip(image.width, image.height) else STRIP_ASPECT
    boxes, count = [], 0
    for piece in pieces:
        width, height = round(piece.right - piece.left), round(piece.bottom - piece.top)
        inside = screenfuls(width, height, limit - len(pieces), aspect)
        boxes += [piece, *(_moved(box, piece.left, piece.top) for box in inside)]
        count += _side_by_side(width, height) if inside else 1
    return (boxes, count) if len(boxes) <= limit else (pieces, len(pieces))


def _side_by_side(width: int, height: int) -> int:
    return math.ceil(max(width, height) / min(width, height))


def _moved(box: Box, left: float, top: float) -> Box:
    return Box(box.left + left, box.top + top, box.right + left, box.bottom + top)

"""Pixels as a page shows them: eight bits a colour, on white and on black where the page shines through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)


def plain(image: Image.Image) -> Image.Image:
    """`image` as RGB, or as RGBA where anything may be transparent."""
    if image.mode in ("RGB", "RGBA"):
        return image.convert("RGBA") if image.mode == "RGB" and image.has_transparency_data else image
    if image.mode.startswith("I") or image.mode == "F":
        return _from_deep_grey(image)
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _from_deep_grey(image: Image.Image) -> Image.Image:
    """Grey of 16 bits, or of floating point 0…1; Pillow's own conversion clips both."""
    if image.mode == "F":
        real = np.nan_to_num(np.asarray(image, dtype=np.float64))
        grey = np.clip(real * 255 if real.max() <= 1 else real, 0, 255).astype(np.uint8)
    else:
        grey = (np.clip(np.asarray(image, dtype=np.int64), 0, 65535) >> 8).astype(np.uint8)
    result = Image.fromarray(grey).convert("RGB")
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        result.putalpha(Image.fromarray(np.where(np.asarray(image) == clear, 0, 255).astype(np.uint8)))
    return result


def on_backgrounds(image: Image.Image) -> list[NDArray[np.uint8]]:
    """`image`, RGB or RGBA, once if it is opaque, else on white and on black: the page chooses what lies behind.

    Returns:
        One or two arrays: uint8, shape (height, width, 3).
    """
    if image.mode == "RGB":
        return [np.asarray(image)]
    if image.getchannel("A").getextrema()[0] == 255:
        return [np.asarray(image.convert("RGB"))]
    squares = []
    for colour in (_WHITE, _BLACK):
        ground = Image.new("RGBA", image.size, (*colour, 255))
        ground.alpha_composite(image)
        squares.append(np.asarray(ground.convert("RGB")))
    return squares

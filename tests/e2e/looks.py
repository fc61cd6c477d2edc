"""What two cut-outs of a screen have to do with each other."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean absolute difference of all channels, 0…255."""
    return float(np.abs(_array(one) - _array(other)).mean())


def identical(one: Image.Image, other: Image.Image) -> bool:
    """Whether every pixel is the same."""
    return one.size == other.size and one.tobytes() == other.tobytes()


def likeness(one: Image.Image, other: Image.Image) -> float:
    """Correlation of the pixels, -1…1: 1 for the same picture, about 0 for strangers and for a plain area."""
    a, b = (_array(image) - _array(image).mean() for image in (one, other))
    scale = float(np.sqrt((a * a).mean() * (b * b).mean()))
    return float((a * b).mean()) / scale if scale else 0.0


def unrest(image: Image.Image) -> float:
    """Mean step between neighbouring pixels, 0…255: above 9 for the noise, below 3 for a calm area."""
    pixels = _array(image)
    return float((np.abs(np.diff(pixels, axis=0)).mean() + np.abs(np.diff(pixels, axis=1)).mean()) / 2)


def restless(image: Image.Image) -> bool:
    """Whether any square of 160 pixels is full of noise."""
    squares = (
        image.crop((x, y, x + 160, y + 160))
        for x in range(0, image.width - 159, 80)
        for y in range(0, image.height - 159, 80)
    )
    return any(unrest(square) > 6 for square in squares)


def _array(image: Image.Image) -> NDArray[np.float64]:
    return cast("NDArray[np.float64]", np.asarray(image.convert("RGB"), dtype=np.float64))

"""A model that TensorFlow runs: what the loaders give, and what is known of it. Imports TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.description import ModelDescription

_LARGEST_SIZE = 4096  # pixels, as on cards
_MOST_OUTPUTS = 10_000
_BATCH = 8


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in this process.

    Attributes:
        function: from float32 (n, *shape) to (n, outputs), both tensors.
        shape: of one picture.
        description: what was seen in it.
        holder: what keeps its variables alive.
        labels: names of its outputs, where it has them.
        value_range: what the bytes 0 and 255 become, where it says so.
        mean: what is subtracted then, where it says so.
        std: what is divided by then, where it says so.
        any_size: whether it takes pictures of any size.
    """

    function: Callable[[Any], Any]
    shape: tuple[int, int, int]
    description: ModelDescription
    holder: Any = None
    labels: tuple[str, ...] | None = None
    value_range: tuple[float, float] | None = None
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    any_size: bool = False

    def predict(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run it on what it is given itself, (n, *shape); returns (n, outputs)."""
        parts = [
            np.asarray(self.function(tf.constant(pictures[start : start + _BATCH])))
            for start in range(0, len(pictures), _BATCH)
        ]
        if not parts:
            return np.empty((0, self.description.outputs), np.float32)
        return np.concatenate(parts).astype(np.float32)


def picture_shape(
    shape: tuple[int | None, ...], input_size: int | None, where: str
) -> tuple[tuple[int, int, int], str, bool]:
    """Check what shape of pictures a model takes.

    Args:
        shape: of its input, the batch first; None where any size goes.
        input_size: for a model of any size.
        where: the model's path, for messages.

    Returns:
        The shape of one picture, the layout (NHWC or NCHW), and whether the model takes any size.

    Raises:
        ModelError: it does not take squares of three channels, or any size and none was given.
    """
    layout = "NCHW" if len(shape) == 4 and shape[1] == 3 and shape[3] != 3 else "NHWC"
    if len(shape) != 4 or shape[1 if layout == "NCHW" else 3] != 3:
        raise ModelError(f"model {where} takes {_readable(shape)}; it must take pictures, (size, size, 3)")
    height, width = shape[2:] if layout == "NCHW" else shape[1:3]
    any_size = height is None or width is None
    if any_size:
        size = height or width or input_size
        if size is None:
            raise ModelError(
                f"model {where} takes pictures of any size; a card beside it must say which, as input_size"
            )
        height, width = height or size, width or size
    if height != width or height is None or not 1 <= height <= _LARGEST_SIZE:
        raise ModelError(f"model {where} takes {_readable(shape)}; it must take squares of at most {_LARGEST_SIZE}")
    return ((3, height, height) if layout == "NCHW" else (height, height, 3)), layout, any_size


def output_count(shape: tuple[int | None, ...], where: str) -> int:
    """Check what shape of answers a model gives, the batch first, and return how many numbers that are.

    Raises:
        ModelError: not a list of numbers for a picture.
    """
    count = shape[1] if len(shape) == 2 else None
    if count is None or not 1 <= count <= _MOST_OUTPUTS:
        raise ModelError(f"model {where} answers with {_readable(shape)}; it must answer with one list of scores")
    return count


def _readable(shape: tuple[int | None, ...]) -> str:
    return "(" + ", ".join("any" if size is None else str(size) for size in shape[1:]) + ")"

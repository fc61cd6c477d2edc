"""Changes to training pictures that leave what they show as it is: turned, moved, mirrored.

Random numbers depend on the seed, the epoch and the picture's place alone, so an interrupted run goes on with the very
pictures that it would have seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ORDER, _CHANGES = 0, 1  # streams of random numbers that must not meet


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far pictures are changed.

    Attributes:
        rotation: degrees, either way.
        shift: share of a side, either way, along both axes.
        flips: whether half of them are mirrored, left to right.
    """

    rotation: float
    shift: float
    flips: bool

    def transforms(self, seed: int, epoch: int, count: int, size: int) -> NDArray[np.float32]:
        """One projective transform a picture, as TensorFlow's ImageProjectiveTransformV3 takes them.

        A point (x, y) of the result is taken from (a·x + b·y + c, d·x + e·y + f) of the picture.

        Args:
            seed: of the run.
            epoch: from 0.
            count: how many pictures there are; row i is for picture i, whenever it is shown.
            size: their side, pixels.

        Returns:
            Shape (count, 8): a, b, c, d, e, f, 0, 0.
        """
        uniform = np.random.default_rng([seed, epoch, _CHANGES]).random((count, 4))
        angle = np.deg2rad(self.rotation) * (2 * uniform[:, 0] - 1)
        mirror = np.where(self.flips & (uniform[:, 3] < 0.5), -1.0, 1.0)
        across, down = ((2 * uniform[:, 1:3] - 1) * self.shift * size).T
        cosine, sine = np.cos(angle), np.sin(angle)
        middle = (size - 1) / 2
        result = np.zeros((count, 8), np.float32)
        result[:, 0], result[:, 1] = mirror * cosine, -mirror * sine
        result[:, 3], result[:, 4] = sine, cosine
        # The middle of the result is the picture's middle, moved.
        result[:, 2] = middle - middle * (result[:, 0] + result[:, 1]) + across
        result[:, 5] = middle - middle * (result[:, 3] + result[:, 4]) + down
        return result


def order(seed: int, epoch: int, count: int) -> NDArray[np.int64]:
    """The order in which `count` pictures are shown in an epoch (from 0): a permutation of their places."""
    return np.random.default_rng([seed, epoch, _ORDER]).permutation(count)

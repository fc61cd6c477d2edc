"""What every engine can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Engine(Protocol):
    """Frames in, scores out."""

    def predict(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Score frames.

        Args:
            frames: shape (n, size, size, 3), RGB, n ≥ 0, `size` as the card's `input_size`.

        Returns:
            Shape (n, labels), 0…1, columns in the order of the card's labels.

        Raises:
            ValueError: another shape or kind of array.
            ModelError: the model failed, or answered with something that is no score.
        """
        ...

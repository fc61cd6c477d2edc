"""What comes of a body: views for a model, or why there are none. Imported in workers only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from geacc_proxy.verdict import Failure, Picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Undecodable(Exception):  # noqa: N818  (an outcome, not an error of the program)
    """A body without frames.

    Attributes:
        failure: the kind.
        picture: what the header told.
    """

    def __init__(self, failure: Failure, detail: str, picture: Picture | None = None) -> None:
        super().__init__(detail)
        self.failure = failure
        self.picture = picture or Picture()


@dataclass(frozen=True, slots=True)
class Target:
    """What a model wants to be shown.

    Attributes:
        size: side of the square, pixels.
        resample: the filter that squeezes the whole picture into it.
    """

    size: int
    resample: Image.Resampling = Image.Resampling.BILINEAR


@dataclass(frozen=True, slots=True)
class View:
    """One look at a picture.

    Attributes:
        square: uint8, shape (size, size, 3), RGB.
        parts: how many such parts side by side make up its picture; 0 of a whole one.
    """

    square: NDArray[np.uint8]
    parts: int = 0


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture ready for a model.

    Attributes:
        picture: format and size as a browser shows it.
        frames: uint8, shape (n, size, size, 3), RGB; n ≥ 1: whole pictures and parts.
        parts: int, shape (n,): of each frame, how many such parts side by side make up its picture; 0 of a whole one.
    """

    picture: Picture
    frames: NDArray[np.uint8]
    parts: NDArray[np.int_]

    @classmethod
    def of(cls, picture: Picture, views: Sequence[View]) -> Decoded:
        """From one view at least."""
        frames = np.stack([view.square for view in views]) if len(views) > 1 else views[0].square[np.newaxis]
        return cls(picture, frames, np.fromiter((view.parts for view in views), int, len(views)))

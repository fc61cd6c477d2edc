"""A perceptual hash: 64 bits that stay nearly the same when a picture is saved again, smaller or a little changed.

The luma of the picture, squeezed to 32 × 32 cells, goes through a discrete cosine transform; of the 64 coefficients of
lowest frequency each gives a bit, whether it is above their median. Source: C. Zauner, "Implementation and Benchmarking
of Perceptual Image Hash Functions", 2010, section 3.2.1 (pHash); the block here begins at frequency 0 and not at 1,
which keeps more of what is cropped.

How alike two pictures are is the Hamming distance of their hashes. Of 499,500 pairs of 1,000 different photographs none
was nearer than 12 bits; what people do to a picture moves it by 0 to 6 (docs/look-alikes.md has the figures).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOOK_ALIKE = 10
"""Up to how many bits of difference two pictures are taken for the same one; measured, docs/look-alikes.md."""

_CELLS = 32
_KEPT = 8  # frequencies 0…7 of both directions
_MIDDLE = (_KEPT * _KEPT - 1) // 2  # of all coefficients in order, but for the mean shade
_FAINT = 1.5  # shades: as strong as what a JPEG of quality 30 adds to a coefficient; photographs have 5 at least
_LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601-7, section 2.5.1
_WEIGHTS = 1 << np.arange(_KEPT * _KEPT, dtype=np.uint64)[::-1]
# Orthonormal DCT-II, shape (8, 32).
_COSINES = np.cos(np.pi * np.arange(_KEPT)[:, None] * (2 * np.arange(_CELLS) + 1) / (2 * _CELLS))
_COSINES *= np.sqrt(np.where(np.arange(_KEPT)[:, None], 2, 1) / _CELLS)


def fingerprint(view: NDArray[np.uint8]) -> int | None:
    """The hash of a picture.

    Args:
        view: shape (size, size, 3), RGB: the whole of it, squeezed to a square.

    Returns:
        0…2^64-1; None of what has too little structure to tell it from others, such as a single shade or a gradient.
    """
    spectrum = (_COSINES @ _cells(view) @ _COSINES.T).ravel()
    shape = spectrum[1:]  # without the mean shade
    if np.partition(np.abs(shape), _MIDDLE)[_MIDDLE] < _FAINT:
        return None
    return int(_WEIGHTS[spectrum > np.partition(shape, _MIDDLE)[_MIDDLE]].sum())


def _cells(view: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The mean luma of each cell, shape (32, 32).

    By sums alone, rows first: a product of large matrices would take as long, and start threads in a worker.
    """
    size = len(view)
    across = -(-size // _CELLS)
    nearest = np.arange(_CELLS * across) * size // (_CELLS * across) if size % _CELLS else None
    if nearest is not None:
        view = view[nearest]
    rows = view.reshape(_CELLS, across, -1).sum(axis=1, dtype=np.uint16).reshape(_CELLS, size, 3)
    if nearest is not None:
        rows = rows[:, nearest]
    cells: NDArray[np.float64] = np.einsum(
        "ijk,k->ij", rows.reshape(_CELLS, _CELLS, 3 * across), np.tile(_LUMA / across**2, across)
    )
    return cells

"""Where a picture is put together from others: contact sheets, sprites, collages, mosaics.

A grid of tiles over every large picture would hide three times as many benign photographs, since a small part of one
shows skin or fur or sand and nothing else (measured; docs/formats.md). So a picture is cut only where it is cut: along
seams, straight lines from side to side on which most pixels differ more across the line than beside it. Each piece is
cut again (a recursive XY-cut: Nagy and Seth, 1984), and loses a frame of one shade. What lies on an empty ground, as on
a page, is cut out of it, however much of it there is.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from geacc_proxy.images.strips import Box

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

LARGE_PIXELS = 1_500_000
"""From how many pixels on seams are looked for; nine in ten pictures on the web have 610,000 at most (HTTP Archive)."""

_SIDE, _SHORT_SIDE = 384, 128  # pixels while seams are looked for: one side is that long, the other no shorter
_CONTRAST, _FLOOR = 2, 6  # a pixel differs across a seam: by twice as much as beside it, and by so many shades more
_SEAM = 0.4  # of a line's pixels; 1 in 20 seams of photographs have fewer, 1 in 12 photographs has such a line
_FURTHER_SEAM = 0.35  # where one was found
_LEAST = 0.12  # of the picture's side, or of a screenful's of a strip: a smaller piece is a gap, a border or a caption
_MARGIN = 3  # pixels beside a line that are compared
_WIDEST_GAP = 0.06  # of a piece's side; what is wider is a flat part of a drawing
_GROUND = 6  # shades that an empty ground varies by
_FRAME = 0.1  # of a piece's side: the widest frame that is taken off
_MOST_OF_IT = 0.8  # of the whole's area: a single piece that is larger is seen well enough in the whole
_ONE_SHADE, _MANY_SHADES = 4.0, 10.0  # standard deviations, of 255


class _Piece(NamedTuple):
    left: int
    top: int
    right: int
    bottom: int


def panels(image: Image.Image, limit: int) -> list[Box]:
    """The pieces that `image` consists of, in its pixels, `limit` at most; none where it is of one that fills it.

    Args:
        image: loaded, RGB or RGBA.
        limit: how many pieces at most, at least 2; of more, as many from all over the picture.
    """
    short, long = sorted(image.size)
    scale = max(1.0, min(long / _SIDE, short / _SHORT_SIDE))
    size = max(1, round(image.width / scale)), max(1, round(image.height / scale))
    small = _grey(image.resize(size, Image.Resampling.BOX))
    least = tuple(max(2 * _MARGIN + 2, int(min(side, 2.5 * min(size)) * _LEAST)) for side in size)
    whole = _Piece(0, 0, *size)
    ground = _shade_of_corners(small) if _without_ground(small, whole) != whole else None
    found = list(_pieces(small, whole, least, ground, _SEAM))
    if len(found) == 1 and _area(found[0]) > _MOST_OF_IT * _area(whole):
        return []
    if len(found) > limit:
        found = [found[index] for index in np.linspace(0, len(found) - 1, limit).astype(int)]
    full = _grey(image)
    across, down = image.width / size[0], image.height / size[1]
    return [_fitted(full, piece, across, down) for piece in found]


def _grey(image: Image.Image) -> NDArray[np.int16]:
    return np.asarray(image.convert("RGB").convert("L"), dtype=np.int16)


def _pieces(
    grey: NDArray[np.int16], piece: _Piece, least: tuple[int, ...], ground: float | None, enough: float
) -> Iterator[_Piece]:
    """`piece` of `grey`, or what it is cut into, without the empty ground around it, of which the shade is given."""
    piece = _without_ground(grey, piece)
    left, top, right, bottom = piece
    if right - left < least[0] or bottom - top < least[1]:
        return
    part = grey[top:bottom, left:right]
    if part.std() < _ONE_SHADE:
        return
    # All seams of both directions at once: the row of one cell alone may not show what all rows together do.
    columns = [left, *(left + at for at in _seams(part, ground, enough)), right]
    rows = [top, *(top + at for at in _seams(part.T, ground, enough)), bottom]
    if len(columns) == len(rows) == 2:
        yield piece
        return
    for above, below in pairwise(rows):
        for before, behind in pairwise(columns):
            yield from _pieces(grey, _Piece(before, above, behind, below), least, ground, _FURTHER_SEAM)


def _without_ground(grey: NDArray[np.int16], piece: _Piece) -> _Piece:
    """What is left of a piece when lines of one shade all along its four sides are taken off; all where that is all."""
    left, top, right, bottom = piece
    part = grey[top:bottom, left:right]
    if not part.size:
        return piece
    ground = _shade_of_corners(part)
    columns = np.flatnonzero((np.abs(part - ground) > _GROUND).any(axis=0))
    rows = np.flatnonzero((np.abs(part - ground) > _GROUND).any(axis=1))
    if not len(columns):
        return piece
    return _Piece(left + int(columns[0]), top + int(rows[0]), left + int(columns[-1]) + 1, top + int(rows[-1]) + 1)


def _shade_of_corners(grey: NDArray[np.int16]) -> float:
    """That of most corners: a picture may lie in one of them."""
    return float(np.median(grey[[0, 0, -1, -1], [0, -1, 0, -1]]))


def _area(piece: _Piece) -> int:
    return (piece.right - piece.left) * (piece.bottom - piece.top)


def _seams(grey: NDArray[np.int16], ground: float | None, enough: float) -> list[int]:
    """The columns at upright seams, from left to right."""
    if grey.shape[1] < 2 * _MARGIN + 2:
        return []
    steps = np.abs(grey[:, 2:] - grey[:, :-2])
    across, before, behind = steps[:, 2:-2], steps[:, :-4], steps[:, 4:]
    share = (across > _CONTRAST * np.maximum(before, behind) + _FLOOR).mean(axis=0)
    found: list[int] = []
    for at in np.flatnonzero(share >= enough):
        if found and at - found[-1] <= _MARGIN:
            if share[at] > share[found[-1]]:
                found[-1] = int(at)
        else:
            found.append(int(at))
    return sorted({*(at + _MARGIN for at in found), *_gaps(grey, ground)})


def _gaps(grey: NDArray[np.int16], ground: float | None) -> list[int]:
    """Where bands of one shade begin and end that part what is on both sides of them.

    Two of three must tell: the band is narrow; it is of the shade of the empty ground; much goes on at both sides.
    """
    uneven = grey.std(axis=0)
    flat = np.concatenate(([False], uneven < _ONE_SHADE, [False]))
    ends = np.flatnonzero(np.diff(flat.astype(np.int8)))
    found: list[int] = []
    for begin, end in zip(ends[::2], ends[1::2], strict=True):
        if begin <= 1 or end >= len(uneven) - 1:
            continue
        narrow = end - begin <= _WIDEST_GAP * len(uneven)
        of_ground = ground is not None and abs(float(grey[:, begin:end].mean()) - ground) <= _GROUND
        busy = min(uneven[begin - 2], uneven[end + 1]) > _MANY_SHADES
        if sum(map(bool, (narrow, of_ground, busy))) >= 2:
            found += (int(begin), int(end))
    return found


def _fitted(grey: NDArray[np.int16], piece: _Piece, across: float, down: float) -> Box:
    """`piece` in the pixels of `grey`, each side moved to the seam near it, without a frame.

    A seam is found to a pixel of the small picture only, and a model may overlook what is cut askew.
    """
    height, width = grey.shape
    left, top, right, bottom = (
        min(limit, round(value * scale))
        for value, scale, limit in zip(piece, (across, down) * 2, (width, height) * 2, strict=True)
    )
    columns, rows = grey[top:bottom], grey[:, left:right].T
    left, right = _moved(columns, left, across), _moved(columns, right, across)
    top, bottom = _moved(rows, top, down), _moved(rows, bottom, down)
    inner = grey[top:bottom, left:right]
    before, behind = _frame(inner)
    above, below = _frame(inner.T)
    return Box(left + before, top + above, right - behind, bottom - below)


def _moved(grey: NDArray[np.int16], at: int, scale: float) -> int:
    """The first column behind the sharpest step of `grey` near `at`; `at` itself at its edges."""
    reach = int(2 * scale) + 1
    low, high = max(1, at - reach), min(grey.shape[1] - 1, at + reach)
    if at in (0, grey.shape[1]) or low >= high:
        return at
    steps = np.abs(np.diff(grey[:, low - 1 : high + 1], axis=1)).mean(axis=0)
    return low + int(steps.argmax())


def _frame(grey: NDArray[np.int16]) -> tuple[int, int]:
    """How many columns of one shade there are before and behind the rest."""
    most = int(grey.shape[1] * _FRAME)
    uneven = grey.std(axis=0) > _ONE_SHADE
    before = int(uneven[:most].argmax()) if uneven[:most].any() else 0
    behind = int(uneven[::-1][:most].argmax()) if uneven[::-1][:most].any() else 0
    return before, behind

"""Which frames of a moving picture are judged: spread over its length, and those that differ most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from geacc_proxy.images.backgrounds import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geacc_proxy.images.job import Job
    from geacc_proxy.images.outcome import View
    from geacc_proxy.verdict import Picture

    Show = Callable[[Image.Image, Job], list[View]]

_SIGNATURE_SIDE = 32
_SAME = 8  # of 255: frames that differ no more, at any point of a model's square, look the same
CUT_SHORT = (EOFError, SyntaxError, ValueError, OSError, IndexError, RuntimeError)
"""What decoders raise where a file ends too soon."""


def moving_views(
    image: Image.Image,
    total: int,
    show: Show,
    job: Job,
    picture: Picture,
    *,
    cut_short: bool = False,
) -> list[View]:
    """Views of sampled frames, in the order of the frames; those that look the same are there once.

    Half of the sample is spread evenly, with the first frame and the last; the other half are the frames that differ
    most, by an online greedy choice (each kept for its distance from the nearest kept one). To reach a frame all before
    it are decoded, so every frame is looked at in one pass. Of a job for one frame the first alone is decoded.

    Args:
        image: open at its first frame.
        total: how many frames there are.
        show: gives the views of a loaded frame.
        job: says how many frames may be judged, and watches the time.
        picture: what it is, for a refusal.
        cut_short: whether the file is known to end too soon, so that its last frames are not there.

    Raises:
        Undecodable: the time is over.
        Exception: a frame cannot be decoded that a browser might show, with those behind it.
    """
    every = total <= job.frames
    sample = job.shared_by(min(total, job.frames))
    spread = set(range(total)) if every else _spread(total, max(2, job.frames // 2))
    choice = _Choice(job.frames - len(spread))
    for index in range(total if job.frames > 1 else 1):
        job.check_time(picture)
        try:
            if index != image.tell():
                image.seek(index)
            image.load()
        except CUT_SHORT:
            if not index or not cut_short:
                raise
            break  # what came before has been seen
        if every:
            choice.take(index, image, sample, show)
        else:
            choice.offer(index, image, sample, show, wanted=index in spread)
    return choice.views()


def _spread(total: int, count: int) -> set[int]:
    return {round(step * (total - 1) / (count - 1)) for step in range(count)}


@dataclass(slots=True)
class _Kept:
    signature: NDArray[np.int16] | None
    views: list[View]
    wanted: bool


class _Choice:
    """The frames that are kept while a picture runs past."""

    def __init__(self, different: int) -> None:
        self._different = different
        self._kept: dict[int, _Kept] = {}

    def take(self, index: int, image: Image.Image, job: Job, show: Show) -> None:
        """Keep a frame without comparing it."""
        self._kept[index] = _Kept(None, show(image, job), wanted=True)

    def offer(self, index: int, image: Image.Image, job: Job, show: Show, *, wanted: bool) -> None:
        """Keep a frame if it is `wanted`, or differs more from the kept ones than one of those does."""
        signature = _signature(image)
        if not wanted:
            distance = self._distance(signature, -1)
            if distance == 0:
                return
            chosen = [at for at, kept in self._kept.items() if not kept.wanted]
            if len(chosen) >= self._different:
                if not chosen:
                    return
                least, dullest = min((self._distance(self._kept[at].signature, at), at) for at in chosen)
                if distance <= least:
                    return
                del self._kept[dullest]
        self._kept[index] = _Kept(signature, show(image, job), wanted)

    def _distance(self, signature: NDArray[np.int16] | None, but: int) -> float:
        """From the nearest kept frame other than `but`."""
        others = [kept.signature for at, kept in self._kept.items() if at != but]
        return min(float(np.abs(signature - other).mean()) for other in others)  # type: ignore[operator]

    def views(self) -> list[View]:
        """Of all kept frames, in their order."""
        found: list[list[View]] = []
        for index in sorted(self._kept):
            shown = self._kept[index].views
            if not any(_same(shown, other) for other in found):
                found.append(shown)
        return [view for shown in found for view in shown]


def _signature(image: Image.Image) -> NDArray[np.int16]:
    small = plain(image).resize((_SIGNATURE_SIDE, _SIGNATURE_SIDE), Image.Resampling.BOX)
    return np.asarray(small.convert("RGBA"), dtype=np.int16)


def _same(some: list[View], others: list[View]) -> bool:
    return len(some) == len(others) and all(
        int(np.abs(np.subtract(one.square, other.square, dtype=np.int16)).max()) <= _SAME
        for one, other in zip(some, others, strict=True)
    )

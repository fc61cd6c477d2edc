"""A model and a decoder at work. Imported in worker processes only: it parses what the internet sent."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL.Image import Resampling

from geacc_proxy.images.decode import Target, Undecodable, decode
from geacc_proxy.images.likeness import fingerprint
from geacc_proxy.models.engines import load_engine
from geacc_proxy.verdict import Scores, Unjudged, Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geacc_proxy.images.caps import Caps
    from geacc_proxy.models.engines import Engine
    from geacc_proxy.models.registry import InstalledModel
    from geacc_proxy.verdict import Picture


_DOUBT = 2.5
"""How much surer, for each part that a picture consists of, a part must be than a whole; measured, docs/formats.md."""


def weighed(malign: NDArray[np.floating], parts: NDArray[np.int_]) -> NDArray[np.floating]:
    """What each view says of the file that it comes from.

    A picture of n parts has n chances of a false alarm. As with Bonferroni's bound, each must be so many times as sure
    for the picture to have about as many false alarms as a whole one: what is missing to certainty counts more.

    Args:
        malign: shape (n,), 0…1: of each view.
        parts: shape (n,): how many such parts side by side make up its picture; 0 of a whole view.

    Returns:
        Shape (n,), 0…1.
    """
    result: NDArray[np.floating] = np.clip(1 - np.where(parts, _DOUBT * parts, 1) * (1 - malign), 0, 1)
    return result


@dataclass(frozen=True, slots=True)
class _Opinion:
    """What one model says of one picture: of its worst view."""

    model: str
    picture: Picture
    malign: float
    labels: tuple[tuple[str, float], ...]
    views: int
    decode_ms: float
    model_ms: float
    likeness: int | None


class _Expert:
    """One loaded model."""

    def __init__(self, model: InstalledModel) -> None:
        self.card = model.card
        self._engine: Engine = load_engine(model)
        self._malign = [self.card.labels.index(label) for label in self.card.malign_labels]
        self._target = Target(self.card.input_size, Resampling[self.card.resize.upper()])

    def opinion(self, body: bytes, content_type: str, caps: Caps) -> _Opinion:
        """Decode for this model and ask it.

        Raises:
            Undecodable: there is nothing to show to it.
        """
        start = time.perf_counter()
        decoded = decode(body, self._target, caps, content_type)
        ready = time.perf_counter()
        by_view = self._engine.predict(decoded.frames)
        malign = weighed(by_view[:, self._malign].sum(axis=1), decoded.parts)
        worst = int(malign.argmax())
        return _Opinion(
            model=self.card.identity,
            picture=decoded.picture,
            malign=min(1.0, float(malign[worst])),
            labels=tuple(zip(self.card.labels, map(float, by_view[worst]), strict=True)),
            views=len(decoded.frames),
            decode_ms=(ready - start) * 1e3,
            model_ms=(time.perf_counter() - ready) * 1e3,
            likeness=fingerprint(decoded.frames[0]),  # of the whole; parts come behind it
        )


class ModelJudge:
    """A loaded model, the one that it asks in doubt, and the caps they work under."""

    def __init__(self, model: InstalledModel, caps: Caps) -> None:
        self.card = model.card
        self.caps = caps
        self._first = _Expert(model)
        self._second = _Expert(model.second) if model.second else None

    def verdict(self, body: bytes, content_type: str) -> Verdict:
        """Scores of one body, or why there are none. Never raises on what a body holds."""
        try:
            first = self._first.opinion(body, content_type, self.caps)
            second = self._second_opinion(first, body, content_type)
        except Undecodable as error:
            return Unjudged(error.failure, str(error), error.picture)
        scores = Scores(
            picture=first.picture,
            model=self.card.identity,
            malign=first.malign,
            labels=first.labels,
            frames=first.views,
            decode_ms=first.decode_ms,
            model_ms=first.model_ms,
            likeness=first.likeness,
        )
        if second is None:
            return scores
        return replace(
            scores,
            malign=second.malign,
            labels=second.labels,
            decode_ms=first.decode_ms + second.decode_ms,
            model_ms=first.model_ms + second.model_ms,
            opinions=((first.model, first.malign), (second.model, second.malign)),
        )

    def _second_opinion(self, first: _Opinion, body: bytes, content_type: str) -> _Opinion | None:
        """The better model's, where the quick one is in doubt; None where it is sure.

        Raises:
            Undecodable: the time for both is over; the slow lane has more of it.
        """
        if self._second is None or self.card.second is None:
            return None
        low, high = self.card.second.doubt
        if not low <= first.malign <= high:
            return None
        left = max(0.0, self.caps.seconds - (first.decode_ms + first.model_ms) / 1e3)
        return self._second.opinion(body, content_type, replace(self.caps, seconds=left))

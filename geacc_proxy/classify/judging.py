"""A model and a decoder at work. Imported in worker processes only: it parses what the internet sent."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from PIL.Image import Resampling

from geacc_proxy.images.decode import Target, Undecodable, decode
from geacc_proxy.models.engines import load_engine
from geacc_proxy.verdict import Scores, Unjudged, Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geacc_proxy.images.caps import Caps
    from geacc_proxy.models.engines import Engine
    from geacc_proxy.models.registry import InstalledModel


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


class ModelJudge:
    """A loaded model and the caps it works under."""

    def __init__(self, model: InstalledModel, caps: Caps) -> None:
        self.card = model.card
        self.caps = caps
        self.engine: Engine = load_engine(model)
        self.malign = [self.card.labels.index(label) for label in self.card.malign_labels]
        size = self.card.input_size
        self.target = Target(size, Resampling[self.card.resize.upper()])

    def verdict(self, body: bytes, content_type: str) -> Verdict:
        """Scores of one body, or why there are none. Never raises on what a body holds."""
        start = time.perf_counter()
        try:
            decoded = decode(body, self.target, self.caps, content_type)
        except Undecodable as error:
            return Unjudged(error.failure, str(error), error.picture)
        ready = time.perf_counter()
        by_frame = self.engine.predict(decoded.frames)
        malign = weighed(by_frame[:, self.malign].sum(axis=1), decoded.parts)
        worst = int(malign.argmax())
        return Scores(
            picture=decoded.picture,
            model=self.card.identity,
            malign=min(1.0, float(malign[worst])),
            labels=tuple(zip(self.card.labels, map(float, by_frame[worst]), strict=True)),
            frames=len(decoded.frames),
            decode_ms=(ready - start) * 1e3,
            model_ms=(time.perf_counter() - ready) * 1e3,
        )

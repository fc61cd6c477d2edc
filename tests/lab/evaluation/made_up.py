"""Scores without a model, for tests of what is made of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from geacc_proxy.lab.evaluation.scored import ModelScores, Sample, Samples, Scored
from geacc_proxy.models import registry


def random_case(seed: int, most: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Truth and scores of a few pictures, both kinds among them, with many ties."""
    generator = np.random.default_rng(seed)
    number = int(generator.integers(4, most))
    truth = generator.random(number) < generator.uniform(0.1, 0.9)
    truth[:2], truth[2:4] = True, False
    steps = int(generator.integers(2, 12))
    return truth, np.round(np.clip(generator.normal(0.4 + 0.2 * truth, 0.3), 0, 1) * steps) / steps


def samples_of(labels: list[str], malign: tuple[str, ...] = ("malign",), column: list[str] | None = None) -> Samples:
    """Samples of these labels, and a group each where a column is given."""
    groups = [(("site", value),) for value in column] if column else [()] * len(labels)
    found = (
        Sample(Path(f"{number}.jpg"), label, group)
        for number, (label, group) in enumerate(zip(labels, groups, strict=True))
    )
    return Samples(tuple(found), malign)


def scores_of(
    samples: Samples, values: list[float | None], name: str = "one", names: tuple[str, ...] = ()
) -> ModelScores:
    """What a model said; None: it could not judge the picture."""
    files = tuple(
        Scored(sample, None, problem="damaged", digest=str(number))
        if value is None
        else Scored(sample, float(value), tuple((label, 0.0) for label in names), float(number), digest=str(number))
        for number, (sample, value) in enumerate(zip(samples.samples, values, strict=True))
    )
    return ModelScores(name, registry.find().card, files)

"""What goes in: labelled pictures, and what models said of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from geacc_proxy.models.card import ModelCard


@dataclass(frozen=True, slots=True)
class Sample:
    """A labelled picture.

    Attributes:
        path: the file.
        label: its class.
        groups: name and value of each group that it belongs to, in the same order for all samples.
    """

    path: Path
    label: str
    groups: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Samples:
    """All of them, and what had to be left out.

    Attributes:
        samples: one at least.
        malign: classes that count as malign; the others are benign.
        left_out: one line a row that names no usable picture.
    """

    samples: tuple[Sample, ...]
    malign: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, sorted."""
        return tuple(sorted({sample.label for sample in self.samples}))

    @property
    def benign_count(self) -> int:
        """How many samples are benign."""
        return sum(sample.label not in self.malign for sample in self.samples)


@dataclass(frozen=True, slots=True)
class Scored:
    """What a model said of one sample.

    Attributes:
        sample: the picture.
        malign: its malign score, 0…1; None where it could not be judged.
        scores: score by the model's labels, each 0…1; empty where it could not be judged.
        latency_ms: to decode it and run the model, milliseconds.
        problem: why it could not be judged; empty where it was.
        hidden: whether the proxy would hide it; only of interest where it could not be judged.
        digest: of its bytes; empty where they could not be read.
    """

    sample: Sample
    malign: float | None
    scores: tuple[tuple[str, float], ...] = ()
    latency_ms: float = 0.0
    problem: str = ""
    hidden: bool = True
    digest: str = ""


@dataclass(frozen=True, slots=True)
class ModelScores:
    """A model and what it said of every sample.

    Attributes:
        name: short, and different from those of the other models beside it.
        card: the model's card.
        files: one a sample, in the same order for all models.
    """

    name: str
    card: ModelCard
    files: tuple[Scored, ...]


def shown(path: Path) -> str:
    """A path as one printable line, whatever bytes its name is made of."""
    text = os.fsencode(path).decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)

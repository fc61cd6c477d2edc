"""More classes than two: what becomes of each, and whether the model tells them apart where it has the same ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geacc_proxy.lab.evaluation.estimate import Share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geacc_proxy.lab.evaluation.scored import Scored


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One class.

    Attributes:
        label: its name.
        malign: whether it counts as malign.
        flagged: of its pictures, those that are flagged as malign.
        precision: of the pictures taken for it, those that are; None where the model has other labels.
        recall: of its pictures, those taken for it; None likewise.
    """

    label: str
    malign: bool
    flagged: Share
    precision: Share | None = None
    recall: Share | None = None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None where the model has other labels or nothing is of this class."""
        if self.precision is None or self.recall is None:
            return None
        number = self.precision.number + self.recall.number
        return 2 * self.recall.count / number if number else None


@dataclass(frozen=True, slots=True)
class Classes:
    """All classes.

    Attributes:
        classes: sorted by label.
        table: int, shape (k, k): rows what pictures are, columns what they were taken for; None where the model has
            other labels.
    """

    classes: tuple[ClassFigures, ...]
    table: NDArray[np.int_] | None

    @property
    def accuracy(self) -> Share | None:
        """Share of pictures that were taken for what they are; None where the model has other labels."""
        return None if self.table is None else Share(int(np.trace(self.table)), int(self.table.sum()))

    @property
    def macro_f1(self) -> float | None:
        """Mean of the classes' F1; None where one of them has none."""
        found = [one.f1 for one in self.classes]
        known = [value for value in found if value is not None]
        return sum(known) / len(known) if len(known) == len(found) else None


def classes_of(files: Sequence[Scored], labels: Sequence[str], malign: Sequence[str], cut_off: float) -> Classes:
    """Figures by class.

    Args:
        files: what the model said, those that it judged.
        labels: all classes.
        malign: those that count as malign.
        cut_off: malign score from which on a picture is flagged, 0…1.
    """
    table = _table(files, labels)
    found = []
    for number, label in enumerate(labels):
        scores = [file.malign for file in files if file.sample.label == label and file.malign is not None]
        flagged = Share(sum(score >= cut_off for score in scores), len(scores))
        if table is None:
            found.append(ClassFigures(label, label in malign, flagged))
            continue
        right = int(table[number, number])
        precision, recall = Share(right, int(table[:, number].sum())), Share(right, int(table[number].sum()))
        found.append(ClassFigures(label, label in malign, flagged, precision, recall))
    return Classes(tuple(found), table)


def _table(files: Sequence[Scored], labels: Sequence[str]) -> NDArray[np.int_] | None:
    """Whatever the case of the labels; the label of the highest score is what a picture is taken for."""
    places = {label.casefold(): number for number, label in enumerate(labels)}
    table = np.zeros((len(labels), len(labels)), int)
    for file in files:
        names = [name.casefold() for name, _ in file.scores]
        if not len(names) == len(labels) == len(places) or set(names) != places.keys():
            return None
        best = max(file.scores, key=lambda one: one[1])[0]
        table[places[file.sample.label.casefold()], places[best.casefold()]] += 1
    return table

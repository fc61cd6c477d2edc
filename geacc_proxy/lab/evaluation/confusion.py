"""Counts at a cut-off and the rates that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geacc_proxy.lab.evaluation.estimate import Share

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Confusion:
    """How many of which pictures were flagged. Malign is the positive class.

    Attributes:
        caught: malign and flagged (true positives).
        missed: malign and not flagged (false negatives).
        alarms: benign and flagged (false positives).
        passed: benign and not flagged (true negatives).
    """

    caught: int
    missed: int
    alarms: int
    passed: int

    @classmethod
    def at(cls, cut_off: float, malign: NDArray[np.bool_], scores: NDArray[np.float64]) -> Confusion:
        """Counts when all that score `cut_off` or more are flagged.

        Args:
            cut_off: 0…1.
            malign: shape (n,), the truth.
            scores: shape (n,), malign scores.
        """
        flagged = scores >= cut_off
        return cls(
            caught=int((flagged & malign).sum()),
            missed=int((~flagged & malign).sum()),
            alarms=int((flagged & ~malign).sum()),
            passed=int((~flagged & ~malign).sum()),
        )

    @property
    def accuracy(self) -> Share:
        """Share of all that were told rightly."""
        return Share(self.caught + self.passed, self.caught + self.missed + self.alarms + self.passed)

    @property
    def precision(self) -> Share:
        """Share of the flagged that are malign."""
        return Share(self.caught, self.caught + self.alarms)

    @property
    def recall(self) -> Share:
        """Share of the malign that were flagged: true-positive rate, sensitivity."""
        return Share(self.caught, self.caught + self.missed)

    @property
    def misses(self) -> Share:
        """Share of the malign that were not flagged: 1 - recall."""
        return Share(self.missed, self.caught + self.missed)

    @property
    def specificity(self) -> Share:
        """Share of the benign that were not flagged: true-negative rate."""
        return Share(self.passed, self.passed + self.alarms)

    @property
    def false_alarms(self) -> Share:
        """Share of the benign that were flagged: 1 - specificity, false-positive rate."""
        return Share(self.alarms, self.passed + self.alarms)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall, 0…1; None where nothing is malign and nothing was flagged."""
        number = 2 * self.caught + self.alarms + self.missed
        return 2 * self.caught / number if number else None

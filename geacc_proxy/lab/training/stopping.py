"""When to stop, and which epoch was the best."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Stopping:
    """Early stopping on the validation loss, as Keras' callbacks EarlyStopping and ModelCheckpoint do it together.

    Attributes:
        patience: epochs without an improvement after which training stops.
        min_delta: an improvement is a loss lower by more than this.
        reference: the loss that an improvement is measured against.
        waited: epochs since the last improvement.
        best_loss: the lowest loss so far, by however little.
        best_epoch: when that was, from 1; 0 before the first epoch.
    """

    patience: int
    min_delta: float
    reference: float = math.inf
    waited: int = 0
    best_loss: float = math.inf
    best_epoch: int = 0

    @property
    def is_over(self) -> bool:
        """Whether patience has run out."""
        return self.waited >= self.patience

    def after(self, epoch: int, loss: float) -> Stopping:
        """The state after an epoch (from 1) with this validation loss, a finite number."""
        improved = loss < self.reference - self.min_delta
        best = loss < self.best_loss
        return replace(
            self,
            reference=loss if improved else self.reference,
            waited=0 if improved else self.waited + 1,
            best_loss=loss if best else self.best_loss,
            best_epoch=epoch if best else self.best_epoch,
        )

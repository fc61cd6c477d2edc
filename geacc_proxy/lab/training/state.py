"""What a run needs to go on after an interruption, in one file that is whole or not there."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from geacc_proxy.exceptions import GeaccError
from geacc_proxy.lab.training.stopping import Stopping

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_META = "meta"


@dataclass(frozen=True, slots=True)
class Epoch:
    """What an epoch gave.

    Attributes:
        epoch: from 1.
        loss: mean over the training pictures as they were shown, in training mode.
        accuracy: likewise, 0…1.
        val_loss: mean over the validation pictures.
        val_accuracy: likewise, 0…1.
        seconds: that it took.
    """

    epoch: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float


@dataclass(frozen=True, slots=True)
class State:
    """A run after an epoch.

    Attributes:
        history: all epochs so far.
        stopping: patience and the best epoch.
        variables: of the network and the optimiser, random states included, in Keras' order.
    """

    history: tuple[Epoch, ...]
    stopping: Stopping
    variables: tuple[NDArray[np.generic], ...]

    @classmethod
    def before(cls, patience: int, min_delta: float) -> Self:
        """The first epoch; there are no variables yet."""
        return cls((), Stopping(patience, min_delta), ())

    def is_finished(self, epochs: int) -> bool:
        """Whether no epoch is left to train, of so many at most."""
        return self.stopping.is_over or len(self.history) >= epochs


def save(state: State, path: Path) -> None:
    """Write the state over the last one, at once.

    Raises:
        GeaccError: it cannot be written.
    """
    meta = {"history": [asdict(epoch) for epoch in state.history], "stopping": asdict(state.stopping)}
    arrays = {f"v{number:05}": array for number, array in enumerate(state.variables)}
    partial = path.with_suffix(".partial")
    try:
        with partial.open("wb") as file:
            np.savez(file, **{_META: np.array(json.dumps(meta))}, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise GeaccError(f"cannot write {path}: {error.strerror}") from error


def load(path: Path) -> State | None:
    """Read the state; None where no epoch was finished.

    Raises:
        GeaccError: the file is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            meta = json.loads(str(file[_META]))
            variables = tuple(file[name] for name in sorted(file.files) if name != _META)
        history = tuple(Epoch(**row) for row in meta["history"])
        return State(history, Stopping(**meta["stopping"]), variables)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise GeaccError(
            f"{path} is damaged ({' '.join(str(error).split())[:200]}); begin anew in another folder"
        ) from error

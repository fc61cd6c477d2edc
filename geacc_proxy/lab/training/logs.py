"""Logs that TensorBoard reads, in the folders and under the names that Keras' own callback uses."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Self

import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geacc_proxy.lab.training.state import Epoch


class Logs:
    """Writes scalars an epoch; a context."""

    def __init__(self, folder: Path, history: Sequence[Epoch]) -> None:
        """Begin the logs anew with the epochs so far, so that none is there twice after an interruption."""
        shutil.rmtree(folder, ignore_errors=True)
        self._writers: list[tuple[str, Any]] = [
            (prefix, tf.summary.create_file_writer(str(folder / name)))
            for name, prefix in (("train", ""), ("validation", "val_"))
        ]
        for epoch in history:
            self.write(epoch)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for _prefix, writer in self._writers:
            writer.close()

    def write(self, epoch: Epoch) -> None:
        """Write an epoch; its step is one less, as Keras counts."""
        for prefix, writer in self._writers:
            with writer.as_default(step=epoch.epoch - 1):
                tf.summary.scalar("epoch_loss", getattr(epoch, f"{prefix}loss"))
                tf.summary.scalar("epoch_accuracy", getattr(epoch, f"{prefix}accuracy"))
            writer.flush()

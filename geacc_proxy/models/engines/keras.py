"""Keras: a model as it was saved, run by TensorFlow in this process.

For research and for comparing other engines with it: TensorFlow is slow to import and large, so the road of a picture
never comes here. What a file holds is looked at as for a conversion, and nothing in it is executed.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion.process import require_tensorflow
from geacc_proxy.models.conversion.sources import recognise
from geacc_proxy.models.conversion.wording import brief
from geacc_proxy.models.engines.arithmetic import FrameByFrame
from geacc_proxy.models.engines.shapes import check_input, check_output
from geacc_proxy.models.registry import InstalledModel


class KerasEngine:
    """A Keras model, SavedModel, TensorFlow.js layers model or timm model in this process."""

    def __init__(self, model: InstalledModel) -> None:
        """Load the model and compare it with its card.

        Raises:
            MissingExtraError: TensorFlow is not installed.
            ModelError: it cannot be read, is not safe to read, or is not what its card says.
        """
        require_tensorflow(f"running {model.path}")
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        from geacc_proxy.models.conversion.loading import load

        source = recognise(model.path)
        try:
            with tempfile.TemporaryDirectory(prefix="geacc-keras-") as scratch:
                self._loaded = load(source, Path(scratch), model.card.input_size)
        except OSError as error:
            raise ModelError(f"model {model.path} cannot be unpacked: {error.strerror or error}") from error
        check_input(model, [(1, *self._loaded.shape)])
        check_output(model, [(1, self._loaded.description.outputs)])
        self._path = model.path
        self._frames = FrameByFrame(model)
        self._run()  # the first call is slow; no picture should wait for it

    def predict(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Score frames; see `Engine.predict`."""
        return self._frames.predict(frames, self._run)

    def _run(self) -> NDArray[np.float32]:
        try:
            return self._loaded.predict(self._frames.buffer)
        except Exception as error:
            # TensorFlow has some thirty classes for what can go wrong in a graph.
            raise ModelError(f"model {self._path} failed: {brief(error)}") from error

"""LiteRT (what TensorFlow Lite became): one interpreter, one thread, one frame at a time.

A worker loads it after its limits are set: nothing here needs the network or writes to a disk.
"""

from __future__ import annotations

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.registry import InstalledModel

_TOLERANCE = 1e-3
"""How far a score may lie outside 0…1: arithmetic in float16 and softmax round a little."""


class LiteRtEngine:
    """A LiteRT model in this process."""

    def __init__(self, model: InstalledModel) -> None:
        """Open the model and compare it with its card.

        Raises:
            ModelError: the file is no model, or its input or output is not what the card says.
        """
        card = model.card
        self._path = model.path
        self._size = card.input_size
        self._labels = len(card.labels)
        self._reversed = card.colour_order == "BGR"
        low, high = card.value_range
        self._scale = np.float32((high - low) / 255.0)
        self._low = np.float32(low)
        try:
            # One thread: the pool of workers is what uses the cores.
            self._interpreter = Interpreter(model_path=str(model.path), num_threads=1)
            inputs = self._interpreter.get_input_details()
            outputs = self._interpreter.get_output_details()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"model {model.path} is no LiteRT model: {_one_line(error)}") from error
        self._check("input", inputs, (1, self._size, self._size, 3), "input_size")
        self._check("output", outputs, (1, self._labels), "labels")
        self._input_index: int = inputs[0]["index"]
        self._output_index: int = outputs[0]["index"]
        try:
            self._interpreter.allocate_tensors()
            self._interpreter.invoke()  # the first call is slow; no picture should wait for it
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"model {model.path} cannot be run: {_one_line(error)}") from error
        self._buffer = np.empty((1, self._size, self._size, 3), np.float32)

    def predict(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Score frames; see `Engine.predict`."""
        expected = (self._size, self._size, 3)
        if frames.ndim != 4 or frames.shape[1:] != expected or frames.dtype != np.uint8:
            raise ValueError(f"frames are {frames.dtype} {frames.shape}, not uint8 (n, {self._size}, {self._size}, 3)")
        if self._reversed:
            frames = frames[..., ::-1]
        scores = np.empty((len(frames), self._labels), np.float32)
        for index, frame in enumerate(frames):
            np.multiply(frame, self._scale, out=self._buffer[0])
            if self._low:
                self._buffer += self._low
            try:
                self._interpreter.set_tensor(self._input_index, self._buffer)
                self._interpreter.invoke()
            except (ValueError, RuntimeError) as error:
                raise ModelError(f"model {self._path} failed: {_one_line(error)}") from error
            scores[index] = self._interpreter.get_tensor(self._output_index)[0]
        # A comparison with NaN is false, and would show what nobody has judged.
        if not bool(np.all((scores >= -_TOLERANCE) & (scores <= 1 + _TOLERANCE))):
            raise ModelError(f"model {self._path} answers with numbers outside 0 to 1; they are no scores")
        return np.clip(scores, 0.0, 1.0, out=scores)

    def _check(self, side: str, details: list[dict[str, object]], shape: tuple[int, ...], key: str) -> None:
        found = [tuple(int(n) for n in np.asarray(one["shape"]).tolist()) for one in details]
        if found != [shape]:
            raise ModelError(
                f"model {self._path}: its {side} has the shape {_shapes(found)}, by its card's {key} it must be {shape}"
            )
        if details[0]["dtype"] is not np.float32:
            raise ModelError(f"model {self._path}: its {side} is not float32, which is what can be run")


def _shapes(shapes: list[tuple[int, ...]]) -> str:
    return " and ".join(str(shape) for shape in shapes) or "of nothing"


def _one_line(error: object) -> str:
    return " ".join(str(error).split())

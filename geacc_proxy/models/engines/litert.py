"""LiteRT (what TensorFlow Lite became): one interpreter, one thread, one frame at a time.

A worker loads it before its limits are set, and from then on nothing here needs a file or the network.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.engines.arithmetic import FrameByFrame, Quantisation
from geacc_proxy.models.engines.shapes import check_input, check_output
from geacc_proxy.models.registry import InstalledModel

_REAL = (np.float32, np.float16)
_WHOLE = (np.uint8, np.int8, np.int16)


class LiteRtEngine:
    """A LiteRT model in this process; its weights and its input may be real numbers or quantised ones."""

    def __init__(self, model: InstalledModel) -> None:
        """Open the model and compare it with its card.

        Raises:
            ModelError: the file is no model, or its input or output is not what the card says.
        """
        self._path = model.path
        try:
            # One thread: the pool of workers is what uses the cores.
            self._interpreter = Interpreter(model_path=str(model.path), num_threads=1)
            inputs = self._interpreter.get_input_details()
            outputs = self._interpreter.get_output_details()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"model {model.path} is no LiteRT model: {_one_line(error)}") from error
        shape = check_input(model, [_shape(one) for one in inputs])
        taken = self._quantisation("input", inputs[0])
        self._frames = FrameByFrame(model, inputs[0]["dtype"], taken)
        self._input_index: int = inputs[0]["index"]
        try:
            if tuple(inputs[0]["shape"]) != shape:  # an axis of it is open
                self._interpreter.resize_tensor_input(self._input_index, shape)
            self._interpreter.allocate_tensors()
            outputs = self._interpreter.get_output_details()
            check_output(model, [tuple(one["shape"].tolist()) for one in outputs])
            self._given = self._quantisation("output", outputs[0])
            self._output_index: int = outputs[0]["index"]
            self._run()  # the first call is slow; no picture should wait for it
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"model {model.path} cannot be run: {_one_line(error)}") from error

    def predict(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Score frames; see `Engine.predict`."""
        return self._frames.predict(frames, self._run)

    def _run(self) -> NDArray[np.float32]:
        try:
            self._interpreter.set_tensor(self._input_index, self._frames.buffer)
            self._interpreter.invoke()
            answer: NDArray[Any] = self._interpreter.get_tensor(self._output_index)
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"model {self._path} failed: {_one_line(error)}") from error
        return answer if self._given is None else self._given.real(answer)

    def _quantisation(self, side: str, details: dict[str, Any]) -> Quantisation | None:
        """How the numbers of one side are kept; None for real ones, and for bytes that stand for themselves."""
        dtype = details["dtype"]
        parameters = details["quantization_parameters"]
        if dtype in _WHOLE and len(parameters["scales"]) == 1:
            return Quantisation(float(parameters["scales"][0]), int(parameters["zero_points"][0]))
        if dtype in _REAL or (side == "input" and dtype is np.uint8):
            return None
        raise ModelError(
            f"model {self._path}: its {side} is {np.dtype(dtype)}, which cannot be run; "
            "float32, float16 and, with one scale, uint8, int8 and int16 can"
        )


def _shape(details: dict[str, Any]) -> tuple[int | None, ...]:
    signature = details["shape_signature"] if len(details["shape_signature"]) else details["shape"]
    return tuple(length if length >= 0 else None for length in signature.tolist())


def _one_line(error: object) -> str:
    return " ".join(str(error).split())

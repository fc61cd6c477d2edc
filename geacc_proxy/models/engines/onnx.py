"""ONNX Runtime: one session, one thread, one frame at a time.

A worker loads it before its limits are set, and from then on nothing here needs a file or the network.
"""

from __future__ import annotations

import os
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geacc_proxy.exceptions import MissingExtraError, ModelError
from geacc_proxy.models.engines.arithmetic import FrameByFrame
from geacc_proxy.models.engines.shapes import check_input, check_output
from geacc_proxy.models.graphs.onnx import read_onnx
from geacc_proxy.models.registry import InstalledModel

_TYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
}
_QUIET = 4  # of ORT_LOGGING_LEVEL: fatal alone; what goes wrong is raised as well
_LONGEST = 300


def load_runtime(what: str) -> Any:
    """Import ONNX Runtime, which must not be imported otherwise: from version 1.29 on it tells its makers of its use.

    It would send what it finds of the machine and of the models, over a thread of its own, and keep an identifier in
    the home folder. What stops all of that is this variable, before the import (docs/Privacy.md of
    microsoft/onnxruntime); the function after it is for builds on Windows that do not know the variable.

    Args:
        what: what needs it, for the message.

    Raises:
        MissingExtraError: it is not installed.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtraError(what, "onnx") from error
    onnxruntime.disable_telemetry_events()
    return onnxruntime


class OnnxEngine:
    """An ONNX model in this process."""

    def __init__(self, model: InstalledModel) -> None:
        """Open the model and compare it with its card.

        Raises:
            MissingExtraError: ONNX Runtime is not installed.
            ModelError: the file is no model, needs other files or operators of its own, or its input or output is not
                what the card says.
        """
        onnxruntime = load_runtime(f"running {model.path}")
        read_onnx(model.path)  # which sees weights that lie elsewhere; the runtime would go and read them
        self._path = model.path
        try:
            self._session = onnxruntime.InferenceSession(
                str(model.path), _options(onnxruntime), providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the runtime's exceptions have no common class
            raise ModelError(f"model {model.path} cannot be run by ONNX Runtime: {_one_line(error)}") from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        check_input(model, [_shape(one.shape) for one in inputs])
        self._input, self._outputs = inputs[0].name, [one.name for one in outputs]
        self._frames = FrameByFrame(model, self._type("input", inputs[0].type))
        if len(outputs) == 1:
            self._type("output", outputs[0].type)
        first = self._answers()  # the first call is slow; no picture should wait for it
        check_output(model, [answer.shape for answer in first])

    def predict(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Score frames; see `Engine.predict`."""
        return self._frames.predict(frames, self._run)

    def _run(self) -> NDArray[np.float32]:
        (answer,) = self._answers()
        return answer

    def _answers(self) -> list[NDArray[Any]]:
        try:
            answers: list[NDArray[Any]] = self._session.run(self._outputs, {self._input: self._frames.buffer})
        except Exception as error:
            raise ModelError(f"model {self._path} failed: {_one_line(error)}") from error
        return answers

    def _type(self, side: str, name: str) -> type[np.generic]:
        found = _TYPES.get(name)
        if found is None or (side == "output" and found is np.uint8):
            raise ModelError(
                f"model {self._path}: its {side} is {name}, which cannot be run; float and float16 tensors can"
            )
        return found


def _options(onnxruntime: Any) -> Any:
    options = onnxruntime.SessionOptions()
    # One thread: the pool of workers is what uses the cores.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    for which in ("intra", "inter"):
        options.add_session_config_entry(f"session.{which}_op.allow_spinning", "0")
    options.log_severity_level = _QUIET
    return options


def _shape(axes: list[int | str | None]) -> tuple[int | None, ...]:
    """Axes that have a name or none are open."""
    return tuple(axis if isinstance(axis, int) and axis >= 0 else None for axis in axes)


def _one_line(error: object) -> str:
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", " ".join(str(error).split()))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"

"""Engines: what runs a model, one file a runtime behind one small protocol."""

from __future__ import annotations

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.engines.protocol import Engine
from geacc_proxy.models.opening import CONVERTED_ENDINGS
from geacc_proxy.models.registry import InstalledModel

__all__ = ["Engine", "load_engine"]


def load_engine(model: InstalledModel) -> Engine:
    """Load a model into the engine that its file asks for.

    Args:
        model: as the registry found it; or, for comparisons, a model that the registry would have converted, as it was
            saved.

    Returns:
        An engine, ready and warm. It belongs to the process and the thread that loaded it.

    Raises:
        MissingExtraError: the runtime for this kind of file is not installed.
        ModelError: no engine for this kind of file, no model inside, or not the one on its card.
    """
    # Imported late: a process that only looks up cards has no need of a runtime, and a worker of one alone.
    ending = model.path.suffix.lower()
    if ending == ".tflite":
        from geacc_proxy.models.engines.litert import LiteRtEngine

        return LiteRtEngine(model)
    if ending == ".onnx":
        from geacc_proxy.models.engines.onnx import OnnxEngine

        return OnnxEngine(model)
    if ending in CONVERTED_ENDINGS or model.path.is_dir():
        from geacc_proxy.models.engines.keras import KerasEngine

        return KerasEngine(model)
    raise ModelError(f"no engine for the model file {model.path}; it must end in .tflite or .onnx")

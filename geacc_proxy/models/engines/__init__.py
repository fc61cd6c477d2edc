"""Engines: what runs a model, one file a runtime behind one small protocol."""

from __future__ import annotations

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.engines.protocol import Engine
from geacc_proxy.models.registry import InstalledModel

__all__ = ["Engine", "load_engine"]


def load_engine(model: InstalledModel) -> Engine:
    """Load a model into the engine that its file asks for.

    Args:
        model: as the registry found it.

    Returns:
        An engine, ready and warm. It belongs to the process and the thread that loaded it.

    Raises:
        ModelError: no engine for this kind of file, no model inside, or not the one on its card.
    """
    if model.path.suffix.lower() == ".tflite":
        # Imported late: a process that only looks up cards has no need of the runtime.
        from geacc_proxy.models.engines.litert import LiteRtEngine

        return LiteRtEngine(model)
    raise ModelError(f"no engine for the model file {model.path}; it must end in .tflite")

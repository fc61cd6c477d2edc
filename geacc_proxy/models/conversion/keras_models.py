"""Keras models out of descriptions and weights. Imports TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
from keras import ops

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion.hdf5 import check_weights_file, read_hdf5
from geacc_proxy.models.conversion.keras_file import read_keras
from geacc_proxy.models.conversion.tfjs import read_tfjs
from geacc_proxy.models.conversion.topology import modernise
from geacc_proxy.models.conversion.weights import fill_by_layer, fill_by_name, leaves


def from_hdf5(path: Path) -> Any:
    """Load a Keras HDF5 file.

    Raises:
        ModelError: it cannot be read, or is not safe to.
    """
    content = read_hdf5(path)
    model = build(content.document, content.version, str(path))
    fill_by_layer(model, content.groups, str(path))
    return model


def from_tfjs(path: Path) -> Any:
    """Load a TensorFlow.js layers model by its `model.json`.

    Raises:
        ModelError: it cannot be read, or is not safe to.
    """
    content = read_tfjs(path)
    model = build(content.document, content.version, str(path))
    fill_by_name(model, content.weights, str(path))
    return model


def from_keras(path: Path, scratch: Path) -> Any:
    """Load a `.keras` file.

    Args:
        path: the file.
        scratch: an existing folder that its weights are unpacked to for the time.

    Raises:
        ModelError: it cannot be read, or is not safe to.
        OSError: there is no room to unpack it.
    """
    document, version, weights = read_keras(path, scratch)
    try:
        check_weights_file(weights, str(path))
        model = build(document, version, str(path))
        try:
            model.load_weights(weights)
        except (ValueError, KeyError, OSError, RuntimeError, TypeError) as error:
            raise ModelError(f"model {path}: its weights do not fit its layers: {_brief(error)}") from error
        return model
    finally:
        weights.unlink(missing_ok=True)


def build(document: Any, version: str, where: str) -> Any:
    """Build a model without its weights.

    Args:
        document: as Keras wrote it, of any version.
        version: which version that was; empty where it is not known.
        where: the model's path, for messages.

    Raises:
        ModelError: it has layers that are not built, or Keras cannot build it.
    """
    topology = modernise(document, version, where)
    keras.config.set_dtype_policy("float32")
    try:
        model = keras.saving.deserialize_keras_object(topology.document, safe_mode=True)
    except Exception as error:  # layers raise whatever their arithmetic on shapes raises
        raise ModelError(f"model {where} cannot be built: {_brief(error)}") from error
    if not model.built:
        raise ModelError(f"model {where} does not say what shape its input has; save it once it is built")
    for layer in leaves(model):
        if layer.name in topology.hard_sigmoids:
            layer.activation = _hard_sigmoid_of_keras_2
    return model


def _hard_sigmoid_of_keras_2(x: Any) -> Any:
    return ops.clip(x * 0.2 + 0.5, 0.0, 1.0)


def _brief(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[0][:200]

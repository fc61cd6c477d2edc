"""Keras models out of descriptions and weights. Imports TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
from keras import ops

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion.topology import Topology
from geacc_proxy.models.conversion.weights import Weights, fill_by_layer, fill_by_name, leaves
from geacc_proxy.models.conversion.wording import brief


def from_groups(topology: Topology, groups: Mapping[str, Weights], where: str) -> Any:
    """Build a model, and fill it with weights that lie layer by layer, as in HDF5.

    Raises:
        ModelError: Keras cannot build it, or the weights do not fit.
    """
    model = build(topology, where)
    fill_by_layer(model, groups, where)
    return model


def from_list(topology: Topology, weights: Weights, where: str) -> Any:
    """Build a model, and fill it with weights that lie in one list, as in TensorFlow.js.

    Raises:
        ModelError: Keras cannot build it, or the weights do not fit.
    """
    model = build(topology, where)
    fill_by_name(model, weights, where)
    return model


def from_weights_file(topology: Topology, weights: Path, where: str) -> Any:
    """Build a model, and have Keras fill it with its own file of weights, which was looked at before.

    Raises:
        ModelError: Keras cannot build it, or the weights do not fit.
    """
    model = build(topology, where)
    try:
        model.load_weights(weights)
    except (ValueError, KeyError, OSError, RuntimeError, TypeError) as error:
        raise ModelError(f"model {where}: its weights do not fit its layers: {brief(error)}") from error
    return model


def build(topology: Topology, where: str) -> Any:
    """Build a model without its weights.

    Args:
        topology: made of layers that are known.
        where: the model's path, for messages.

    Raises:
        ModelError: Keras cannot build it.
    """
    keras.config.set_dtype_policy("float32")
    try:
        model = keras.saving.deserialize_keras_object(topology.document, safe_mode=True)
    except Exception as error:  # layers raise whatever their arithmetic on shapes raises
        raise ModelError(f"model {where} cannot be built: {brief(error)}") from error
    if not model.built:
        raise ModelError(f"model {where} does not say what shape its input has; save it once it is built")
    for layer in leaves(model):
        if layer.name in topology.hard_sigmoids:
            layer.activation = _hard_sigmoid_of_keras_2
    return model


def _hard_sigmoid_of_keras_2(x: Any) -> Any:
    return ops.clip(x * 0.2 + 0.5, 0.0, 1.0)

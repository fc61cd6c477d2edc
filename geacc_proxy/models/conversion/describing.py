"""What can be seen in a Keras model: its shapes, its end, its kind, what it does to its input. Imports TensorFlow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import chain
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion.loaded import Loaded, output_count, picture_shape
from geacc_proxy.models.conversion.weights import leaves
from geacc_proxy.models.description import Activation, Architecture, ModelDescription

_PASSING = {"Identity", "Flatten", "Reshape", "Cast", "Squeeze"}
_ARITHMETIC = {"Rescaling", "Normalization", "Add", "Subtract", "Multiply", "TrueDivide", "Divide", "GetItem"}
_WIDEST = 16.0  # what pictures are scaled to is never wider: -1…1, 0…1, or some standard deviations


def loaded_keras(model: Any, input_size: int | None, where: str) -> Loaded:
    """Check a Keras model and say what it is.

    Args:
        model: built, with its weights.
        input_size: width and height, for a model that takes any size.
        where: its path, for messages.

    Raises:
        ModelError: it does not judge pictures.
    """
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ModelError(
            f"model {where} has {len(model.inputs)} inputs and {len(model.outputs)} outputs; it must have one of each"
        )
    shape, layout, any_size = picture_shape(tuple(model.inputs[0].shape), input_size, where)
    outputs = output_count(tuple(model.outputs[0].shape), where)
    layers = list(leaves(model))
    description = ModelDescription(
        input_size=shape[1],
        layout=layout,
        outputs=outputs,
        activation=_activation(model),
        architecture=architecture_of(
            (layer.name for layer in layers), Counter(type(layer).__name__ for layer in layers)
        ),
        rescaling=_rescaling(model, shape),
    )
    return Loaded(lambda pictures: model(pictures, training=False), shape, description, model, any_size=any_size)


def architecture_of(names: Iterable[str], kinds: Counter[str]) -> Architecture:
    """Recognise what a model is built on, by the names that keras.applications gives, or by its numbers of layers."""
    known = set(names)
    if {"block_1_expand", "block_1_project", "Conv_1"} <= known:
        return "mobilenet_v2"
    if {"mixed0", "mixed10"} <= known:
        return "inception_v3"
    convolutions = kinds["Conv2D"], kinds["DepthwiseConv2D"]
    if convolutions == (35, 17) and kinds["Add"] == 10:
        return "mobilenet_v2"
    return "inception_v3" if convolutions == (94, 0) and kinds["BatchNormalization"] == 94 else ""


def within_a_picture(low: float, high: float) -> tuple[float, float] | None:
    """Return what 0 and 255 become, if that shows that the model is given bytes; None if not.

    Bytes end in a narrow range, or lose their mean.
    """
    narrow = 0 < high - low <= _WIDEST
    centred = abs(high - low - 255.0) < 1.0 and low < -50.0
    return (low, high) if narrow or centred else None


def _activation(model: Any) -> Activation:
    operation = _last(model)
    kind = type(operation).__name__
    if kind in ("Softmax", "Sigmoid"):
        return "softmax" if kind == "Softmax" else "sigmoid"
    function = getattr(operation, "activation", None)
    name = getattr(function, "__name__", "")
    if name in ("softmax", "sigmoid", "linear"):
        known: dict[str, Activation] = {"softmax": "softmax", "sigmoid": "sigmoid", "linear": "linear"}
        return known[name]
    return "unknown"


def _last(model: Any) -> Any:
    """Return the layer or operation that makes a model's answer, within whatever model it is."""
    operation = model.outputs[0]._keras_history.operation
    for _ in range(1000):
        if _is_model(operation):
            operation = operation.outputs[0]._keras_history.operation
            continue
        idle = type(operation).__name__ in _PASSING
        linear = type(operation).__name__ == "Activation" and operation.activation.__name__ == "linear"
        inputs = operation._inbound_nodes[-1].input_tensors
        if not (idle or linear) or len(inputs) != 1:
            break
        operation = inputs[0]._keras_history.operation
    return operation


def _rescaling(model: Any, shape: tuple[int, int, int]) -> tuple[float, float] | None:
    blank = np.zeros((1, *shape), np.float32)
    try:
        begun, dark = _through(model, blank)
        _, light = _through(model, blank + 255.0)
    except (ValueError, TypeError):
        return None  # a beginning that cannot be taken apart; a card will have to say it
    return within_a_picture(float(dark.mean()), float(light.mean())) if begun else None


def _through(model: Any, pictures: NDArray[np.float32]) -> tuple[bool, NDArray[np.float32]]:
    """Run only the layers at a model's beginning that scale; also say whether there are any."""
    model = getattr(model, "_functional", model)  # a Sequential keeps its graph there
    users: dict[int, list[Any]] = {}
    for node in chain.from_iterable(model._nodes_by_depth.values()):
        for tensor in node.input_tensors:
            users.setdefault(id(tensor), []).append(node)
    tensor = model.inputs[0]
    begun = False
    inner = None
    while len(users.get(id(tensor), ())) == 1:
        (node,) = users[id(tensor)]
        kinds = _kinds(node.operation)
        if not kinds <= _ARITHMETIC | _PASSING or len(node.output_tensors) != 1:
            inner = node.operation if _is_model(node.operation) else None
            break
        begun = begun or bool(kinds & _ARITHMETIC)
        tensor = node.output_tensors[0]
    if tensor is not model.inputs[0]:
        pictures = np.asarray(keras.Model(model.inputs[0], tensor)(pictures, training=False))
    if inner is None:
        return begun, pictures
    further, pictures = _through(inner, pictures)
    return begun or further, pictures


def _kinds(operation: Any) -> set[str]:
    if not _is_model(operation):
        return {type(operation).__name__}
    return {type(layer).__name__ for layer in leaves(operation)} - {"InputLayer"}


def _is_model(operation: Any) -> bool:
    return hasattr(operation, "get_layer")

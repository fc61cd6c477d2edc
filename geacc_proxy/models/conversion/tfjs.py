"""Reading a TensorFlow.js layers model: a JSON file and shards of weights, which may be quantised."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion.sources import read_json, tfjs_shards
from geacc_proxy.models.conversion.weights import Weights

_STORED = {
    "float32": "<f4",
    "float16": "<f2",
    "int32": "<i4",
    "uint8": "u1",
    "uint16": "<u2",
    "int8": "i1",
    "bool": "?",
}
"""How TensorFlow.js stores numbers: little-endian, end to end."""

_LARGEST_WEIGHT = 2**30  # numbers


@dataclass(frozen=True, slots=True)
class TfjsModel:
    """What a TensorFlow.js layers model holds.

    Attributes:
        document: the description, `class_name` and `config`, as Keras wrote it.
        version: Keras' version, such as `2.2.4`; empty where it is not Keras that wrote it.
        weights: by name, as float32.
    """

    document: Any
    version: str
    weights: Weights


def read_tfjs(path: Path) -> TfjsModel:
    """Read a model by its `model.json`.

    Weights that were quantised are scale · q + min, computed in float64
    (https://github.com/tensorflow/tfjs/tree/master/tfjs-converter).

    Raises:
        ModelError: it is no layers model, or its weights are missing, cut short, too long or of an unknown kind.
    """
    document = read_json(path)
    if document.get("format") == "graph-model" or "node" in _dict(document.get("modelTopology")):
        raise ModelError(f"model {path} is a TensorFlow.js graph model; only layers models can be converted")
    topology = _dict(document.get("modelTopology"))
    model = topology.get("model_config", topology)
    if not isinstance(model, dict) or "class_name" not in model:
        raise ModelError(f"model {path} has no modelTopology that Keras wrote; it is no TensorFlow.js layers model")
    tfjs_shards(document, path)
    weights: list[tuple[str, NDArray[Any]]] = []
    for group in document["weightsManifest"]:
        weights += _group(group, path)
    version = topology.get("keras_version")
    return TfjsModel(model, version if isinstance(version, str) else "", weights)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _group(group: dict[str, Any], path: Path) -> Weights:
    entries = group.get("weights")
    if not isinstance(entries, list):
        raise ModelError(f"model {path} does not say what is in its files of weights")
    try:
        content = b"".join((path.parent / name).read_bytes() for name in group["paths"])
    except OSError as error:
        raise ModelError(f"model {path}: {error.filename}: {error.strerror}") from error
    weights = []
    offset = 0
    for entry in entries:
        name, value, used = _weight(entry, memoryview(content)[offset:], path)
        weights.append((name, value))
        offset += used
    if offset != len(content):
        raise ModelError(f"model {path}: its weights are {len(content):,} bytes, and it describes {offset:,}")
    return weights


def _weight(entry: object, content: memoryview, path: Path) -> tuple[str, NDArray[np.float32], int]:
    try:
        fields = _dict(entry)
        name, shape = str(fields["name"]), tuple(int(size) for size in fields["shape"])
        quantisation = _dict(fields.get("quantization"))
        stored = _STORED[quantisation.get("dtype", fields["dtype"])]
        scale, low = float(quantisation.get("scale", 1.0)), float(quantisation.get("min", 0.0))
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"model {path} describes a weight in an unknown way: {str(entry)[:120]!r}") from error
    count = math.prod(shape)
    if min(shape, default=1) < 0 or count > _LARGEST_WEIGHT:
        raise ModelError(f"model {path}: weight {name!r} has the shape {shape}, which cannot be")
    used = count * np.dtype(stored).itemsize
    if used > len(content):
        raise ModelError(f"model {path}: its files of weights are cut short; {name!r} is not whole")
    numbers = np.frombuffer(content[:used], stored).reshape(shape)
    if "scale" in quantisation:
        numbers = numbers.astype(np.float64) * scale + low
    return name, numbers.astype(np.float32), used

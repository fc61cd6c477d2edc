"""A model's description, of whatever version of Keras, as today's Keras builds it. Pure: no Keras, no TensorFlow.

What comes out is made of `geacc_proxy.models.conversion.layers` alone. How weights start, regularisers and constraints
are left out: all weights come from the file. Training configurations are never looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion.layers import (
    ACTIVATIONS,
    CODE_LAYERS,
    CONTAINERS,
    IDLE_LAYERS,
    LAYERS,
    LINEAR_FUNCTIONS,
    NEUTRAL_KEYS,
    OPERATIONS,
    RENAMED_ACTIVATIONS,
    RENAMED_LAYERS,
)
from geacc_proxy.models.conversion.wording import brief, shown

_MOST_LAYERS = 20_000
_DEEPEST = 16
_LARGEST_UNITS = 2**20
_PLAIN_OBJECTS = {"__numpy__", "__tensor__", "__ellipsis__", "__slice__"}
_SIZES = ("units", "filters", "input_dim", "output_dim", "depth_multiplier", "n", "num_heads", "key_dim", "value_dim")


@dataclass(frozen=True, slots=True)
class Topology:
    """A model without its weights.

    Attributes:
        document: as `keras.saving.deserialize_keras_object` takes it.
        hard_sigmoids: layers that end in the `hard_sigmoid` of Keras 2, clip(x / 5 + 1/2, 0, 1). Keras 3 calls another
            function so; in `document` those layers have no activation.
    """

    document: dict[str, Any]
    hard_sigmoids: frozenset[str]


def modernise(document: Any, version: str, where: str) -> Topology:
    """Read a model's description.

    Args:
        document: what Keras wrote: `class_name` and `config` of a Sequential or a functional model.
        version: Keras' version that wrote it, such as `2.2.4`; empty where it is not known.
        where: the model's path, for messages.

    Raises:
        ModelError: a layer, a function or an object is not one of those that are built, or it describes no model.
    """
    reader = _Reader(where, legacy=not version.startswith("3"))
    try:
        model = reader.model(document, 0)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError, RecursionError) as error:
        raise ModelError(f"model {where} has a description that Keras did not write: {brief(error)}") from error
    return Topology(model, frozenset(reader.hard_sigmoids))


def inner_name(name: str) -> str:
    """Return what a layer is called here: Keras 3 does not take names with a slash, which MobileNetV3 once had."""
    return name.replace("/", ">")


class _Reader:
    def __init__(self, where: str, *, legacy: bool) -> None:
        self.hard_sigmoids: set[str] = set()
        self._where = where
        self._legacy = legacy
        self._layers = 0

    def model(self, document: Any, depth: int) -> dict[str, Any]:
        """Read a Sequential or functional model, or one inside another."""
        name = self._class(document)
        if name not in CONTAINERS:
            raise self._unknown(name, "")
        if depth > _DEEPEST:
            raise ModelError(f"model {self._where} has models inside models, more than {_DEEPEST} deep")
        config = document["config"]
        modern = self._sequential(config, depth) if name == "Sequential" else self._functional(config, depth)
        kept = {"name": inner_name(str(document["name"]))} if "name" in document else {}
        return {
            **kept,
            "module": CONTAINERS[name],
            "class_name": "Sequential" if name == "Sequential" else "Functional",
            "config": modern,
            "registered_name": None if name == "Sequential" else "Functional",
        }

    def _sequential(self, config: Any, depth: int) -> dict[str, Any]:
        # Before 2.2 it was the list alone.
        entries, outer = (config, {}) if isinstance(config, list) else (config["layers"], config)
        layers = [self._layer(entry, depth) for entry in entries]
        if layers and layers[0]["class_name"] != "InputLayer":
            shape = _input_shape(entries[0]) or self._plain(outer.get("build_input_shape"))
            if not isinstance(shape, list):
                raise ModelError(f"model {self._where} does not say what shape its input has; save it once it is built")
            layers.insert(0, _input_layer(shape))
        name = outer.get("name")
        return {"name": inner_name(str(name or "sequential")), "trainable": False, "layers": layers}

    def _functional(self, config: dict[str, Any], depth: int) -> dict[str, Any]:
        entries = config["layers"]
        offsets = _offsets(entries, [entry.get("inbound_nodes", []) for entry in entries])
        layers = []
        for entry in entries:
            layer = self._layer(entry, depth)
            layer["name"] = inner_name(str(entry["name"]))
            nodes = entry.get("inbound_nodes", [])
            if entry["class_name"] == "TFOpLambda":
                nodes = _without_arguments(nodes)  # they are the layer's settings now
            layer["inbound_nodes"] = [self._node(node, offsets) for node in nodes]
            layers.append(layer)
        ends = _offsets(entries, config["output_layers"])
        for layer in layers:
            if layer["class_name"] == "Functional":
                ends[layer["name"]] += 1  # which is how Keras 3 reads this one list
        return {
            "name": inner_name(str(config.get("name", "model"))),
            "trainable": False,
            "layers": layers,
            "input_layers": _single(self._references(config["input_layers"], {})),
            "output_layers": _single(self._references(config["output_layers"], ends)),
        }

    def _layer(self, entry: dict[str, Any], depth: int) -> dict[str, Any]:
        self._layers += 1
        if self._layers > _MOST_LAYERS:
            raise ModelError(f"model {self._where} has more than {_MOST_LAYERS} layers")
        found = self._class(entry)
        if found in CONTAINERS:
            return self.model(entry, depth + 1)
        config = entry["config"]
        name = RENAMED_LAYERS.get(found, found)
        title = str(config.get("name", entry.get("name", "")))
        if name in OPERATIONS and _is_operation(entry):
            return {
                "module": OPERATIONS[name],
                "class_name": name,
                "config": {key: self._plain(value) for key, value in config.items()},
                "registered_name": name,
            }
        if name in IDLE_LAYERS:
            return _layer_of_keras("Identity", {"name": inner_name(title)})
        if name == "TFOpLambda" and (linear := _linear(entry)):
            scale, offset = linear
            return _layer_of_keras("Rescaling", {"name": inner_name(title), "scale": scale, "offset": offset})
        if name not in LAYERS:
            raise self._unknown(found, title)
        modern = self._config(name, config, title)
        if name == "InputLayer":
            return _input_layer(modern.pop("batch_shape"), title)
        return _layer_of_keras(name, modern)

    def _config(self, kind: str, config: dict[str, Any], title: str) -> dict[str, Any]:
        modern: dict[str, Any] = {"name": inner_name(title)}
        for key, value in config.items():
            if key == "name":
                continue
            if key.endswith(("_initializer", "_regularizer", "_constraint")):
                continue
            if kind in NEUTRAL_KEYS.get(key, ()):
                if key == "groups" and value != 1:
                    raise ModelError(
                        f"model {self._where}: layer {shown(title)!r} has groups = {shown(value)}; only 1 is known"
                    )
                continue
            if key == "dtype":
                self._dtype(value, title)
                modern[key] = "float32"
            elif key in ("batch_input_shape", "batch_shape"):
                if kind == "InputLayer":
                    modern["batch_shape"] = self._plain(value)
            elif "activation" in key and (isinstance(value, str | dict)):
                modern[key] = self._activation(value, title)
            else:
                modern[key] = self._plain(value)
                self._sane(key, modern[key], title)
        if kind == "BatchNormalization" and isinstance(modern.get("axis"), list):
            (modern["axis"],) = modern["axis"]  # TensorFlow 2 wrote a list
        return modern

    def _sane(self, key: str, value: object, title: str) -> None:
        # A number here is multiplied into memory before any weight is looked at.
        if key in _SIZES and isinstance(value, int | float) and not 0 <= value <= _LARGEST_UNITS:
            raise ModelError(f"model {self._where}: layer {shown(title)!r} has {key} = {shown(value)}, which cannot be")

    def _activation(self, value: Any, title: str) -> str:
        if isinstance(value, dict):
            name = value.get("config") if value.get("class_name") == "function" else value.get("class_name")
            self._of_keras(value, str(name))
        else:
            name = value
        if isinstance(name, dict):
            name = name.get("name")
        known = RENAMED_ACTIVATIONS.get(str(name), str(name))
        if isinstance(value, dict) and known not in ACTIVATIONS:
            known = {"ReLU": "relu", "Softmax": "softmax"}.get(known, known)
        if known not in ACTIVATIONS:
            raise ModelError(
                f"model {self._where}: layer {shown(title)!r} ends in {shown(name)!r}, which is no function of Keras"
            )
        if known == "hard_sigmoid" and self._legacy:
            self.hard_sigmoids.add(inner_name(title))
            return "linear"
        return known

    def _dtype(self, value: Any, title: str) -> None:
        if isinstance(value, dict):
            self._of_keras(value, "dtype")
            if value.get("class_name") not in ("Policy", "DTypePolicy", "PolicyV1"):
                raise ModelError(
                    f"model {self._where}: layer {shown(title)!r} has quantised weights, which are not read"
                )

    def _node(self, node: Any, offsets: Mapping[str, int]) -> Any:
        if isinstance(node, dict):
            return {
                "args": self._references(node.get("args", []), offsets),
                "kwargs": self._references(node.get("kwargs", {}), offsets),
            }
        if isinstance(node, list) and len(node) in (3, 4) and isinstance(node[0], str):
            node = [node]
        return self._references(node, offsets)

    def _references(self, value: Any, offsets: Mapping[str, int]) -> Any:
        """Copy what a layer is called with; references to models within count as today's Keras counts them."""
        if isinstance(value, list):
            if _is_reference(value):
                rest = [self._references(one, offsets) for one in value[2:]]
                return [inner_name(value[0]), value[1] + offsets.get(value[0], 0), *rest]
            return [self._references(one, offsets) for one in value]
        if isinstance(value, dict):
            if value.get("class_name") == "__keras_tensor__":
                config = value["config"]
                history = self._references(config["keras_history"], offsets)
                kept = {"shape": self._plain(config["shape"]), "dtype": str(config["dtype"]), "keras_history": history}
                return {"class_name": "__keras_tensor__", "config": kept}
            if "class_name" not in value:
                # Whether it is for training is said by who runs the model.
                kept = {str(key): one for key, one in value.items() if key != "training"}
                return {key: self._references(one, offsets) for key, one in kept.items()}
        return self._plain(value)

    def _plain(self, value: Any) -> Any:
        """Copy numbers, text and lists of them; refuse objects."""
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, float):
            if not math.isfinite(value):
                raise ModelError(f"model {self._where} has {value} in its description")
            return value
        if isinstance(value, list):
            return [self._plain(one) for one in value]
        if isinstance(value, dict):
            if value.get("type") == "ndarray" and "value" in value:
                return self._plain(value["value"])
            kind = value.get("class_name")
            if kind in ("__tuple__", "TensorShape"):
                return self._plain(value["items"])
            if kind in _PLAIN_OBJECTS:
                return {"class_name": kind, "config": self._plain(value.get("config", {}))}
            if kind is None:
                return {str(key): self._plain(one) for key, one in value.items()}
            raise self._unknown(str(kind), "")
        raise TypeError(f"{type(value).__name__} in the description")

    def _class(self, entry: Any) -> str:
        if not isinstance(entry, dict) or not isinstance(entry.get("class_name"), str):
            raise ModelError(f"model {self._where} has a description that Keras did not write")
        name: str = entry["class_name"]
        self._of_keras(entry, name)
        return name

    def _of_keras(self, entry: Mapping[str, Any], name: str) -> None:
        module, registered = entry.get("module"), entry.get("registered_name")
        # `tf_keras` is what Keras 2 is called beside Keras 3. No module is imported by these names.
        ours = module is None or module in ("builtins", "keras") or str(module).startswith(("keras.", "tf_keras."))
        if not ours or (registered is not None and registered != name):
            what = registered if registered not in (None, name) else f"{module}.{name}"
            raise ModelError(f"model {self._where} asks for {shown(what)!r}, which is not Keras' own; it is not loaded")

    def _unknown(self, kind: str, title: str) -> ModelError:
        which = f"the layer {shown(title)!r}, a {shown(kind)}" if title else f"a {shown(kind)}"
        if kind in CODE_LAYERS:
            return ModelError(
                f"model {self._where} has {which}, which runs code from the file; it is not loaded. "
                "Save it without that layer"
            )
        return ModelError(f"model {self._where} has {which}, which is not one of Keras' own layers for pictures")


def _is_operation(entry: Mapping[str, Any]) -> bool:
    """Tell the function `keras.ops.add` from the layer `Add`; in HDF5 both are called `Add`."""
    module = entry.get("module")
    if module is not None:
        return str(module).startswith("keras.src.ops")
    return entry["class_name"] not in LAYERS or "trainable" not in entry["config"]


def _is_reference(value: list[Any]) -> bool:
    return len(value) >= 3 and isinstance(value[0], str) and type(value[1]) is int and type(value[2]) is int


def _single(references: Any) -> Any:
    return references[0] if isinstance(references, list) and len(references) == 1 else references


def _input_layer(shape: Any, name: str = "") -> dict[str, Any]:
    named = {"name": inner_name(name)} if name else {}
    return _layer_of_keras("InputLayer", {"batch_shape": shape, "dtype": "float32", **named})


def _layer_of_keras(kind: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"module": "keras.layers", "class_name": kind, "config": config, "registered_name": None}


def _without_arguments(nodes: list[Any]) -> list[Any]:
    (node,) = nodes
    first = node[0] if isinstance(node[0], list) else node
    return [[[*first[:3], {}]]]


def _linear(entry: Mapping[str, Any]) -> tuple[float, float] | None:
    """Read `x + y` and its like, with a number y, as scale and offset; None if it is something else."""
    function = LINEAR_FUNCTIONS.get(str(entry["config"].get("function")))
    (node,) = entry["inbound_nodes"]
    (*_, arguments) = node[0] if isinstance(node[0], list) else node
    y = arguments.get("y") if isinstance(arguments, dict) else None
    if function is None or isinstance(y, bool) or not isinstance(y, int | float) or not math.isfinite(y) or y == 0:
        return None
    return function(float(y))


def _input_shape(entry: Any) -> list[Any] | None:
    """Find the shape that a Sequential's first layer takes: its own, or that of the model that it is."""
    config = entry["config"]
    if entry["class_name"] not in CONTAINERS:
        shape = config.get("batch_input_shape", config.get("batch_shape"))
        if isinstance(shape, dict):
            shape = shape.get("items")
        return shape if isinstance(shape, list) else None
    layers = config if isinstance(config, list) else config["layers"]
    if entry["class_name"] == "Sequential":
        return _input_shape(layers[0])
    first = next((name for name in _names(config["input_layers"])), None)
    for layer in layers:
        if layer.get("name") == first:
            return _input_shape(layer)
    return None


def _names(references: Any) -> Iterator[str]:
    if isinstance(references, list):
        if _is_reference(references):
            yield references[0]
        else:
            for one in references:
                yield from _names(one)


def _offsets(layers: list[Any], references: Any) -> dict[str, int]:
    """Return what to add to the index of a call of each model within, so that the first call is number 0.

    Keras 2 counts the calls of models within from 1: to it the first is the one that built the model. Keras 3 counts
    from 0, and from 1 where a functional model within gives the output.
    """
    offsets: dict[str, int] = {}
    for entry in layers:
        if entry["class_name"] in CONTAINERS:
            used = [index for name, index in _uses(references) if name == entry["name"]]
            from_one = bool(used) and max(used) >= len(entry.get("inbound_nodes", []))
            offsets[entry["name"]] = -1 if from_one else 0
    return offsets


def _uses(value: Any) -> Iterator[tuple[str, int]]:
    if isinstance(value, list):
        if _is_reference(value):
            yield value[0], value[1]
        for one in value:
            yield from _uses(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _uses(one)
